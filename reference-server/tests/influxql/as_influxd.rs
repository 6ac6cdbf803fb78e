//! One query for each kind of difference that random queries found between influxd 1.6.7 and this
//! server (`tests/influxql_property`); what is expected is what influxd answered.

use crate::fake::{Fake, HOUR, T};
use profiles::influxql::OSS_V1_1_6;
use reference_server::query::allowance::Allowance;
use reference_server::query::influxql::http::{self, Parameters, Request};
use reference_server::store::Value;

fn data() -> Fake {
    let fake = Fake::with_database("db");
    fake.write(b"cpu", &[(b"host", b"a")], &[(b"n", Value::Integer(3))], T);
    fake.write(b"cpu", &[], &[(b"v", Value::Float(1.5))], T + 1);
    fake.write(b"cpu", &[], &[(b"late", Value::Boolean(true))], T + 24 * 14 * HOUR);
    fake
}

fn ask(fake: &Fake, parameters: &str, accept: Option<&str>) -> String {
    let parameters = Parameters::new(&format!("db=db&{parameters}"), None);
    let request = Request { parameters: &parameters, accept, read_only: true };
    String::from_utf8_lossy(&http::query(request, fake, &OSS_V1_1_6, &Allowance::unlimited()).body)
        .into_owned()
}

fn asked(parameters: &str, accept: Option<&str>) -> String {
    ask(&data(), parameters, accept)
}

/// What stands between `{"results":[` and `]}`.
fn results(query: &str) -> String {
    results_of(&data(), query)
}

fn results_of(fake: &Fake, query: &str) -> String {
    let query: String = query.bytes().map(|b| format!("%{b:02X}")).collect();
    let body = ask(fake, &format!("epoch=ns&q={query}"), None);
    let inner = body.strip_prefix("{\"results\":[").and_then(|b| b.strip_suffix("]}\n"));
    inner.unwrap_or(&body).to_owned()
}

fn error_of(query: &str, message: &str) {
    assert_eq!(
        results(query),
        format!("{{\"statement_id\":0,\"error\":\"{message}\"}}"),
        "{query}"
    );
}

const NOTHING: &str = "{\"statement_id\":0}";

#[test]
fn statements_are_checked_in_the_compilers_order() {
    error_of("SELECT sum(*) + v FROM cpu", "unsupported expression with wildcard: sum()");
    error_of("SELECT distinct(v, n) FROM cpu", "distinct function can only have one argument");
    error_of(
        "SELECT sum(v), n FROM cpu GROUP BY time(1m, v)",
        "time dimension offset must be duration or now()",
    );
    error_of(
        "SELECT v FROM no.cpu GROUP BY time(1m)",
        "GROUP BY requires at least one aggregate function",
    );
    error_of("SELECT v FROM cpu fill(none)", "fill(none) must be used with a function");
    error_of(
        "SELECT v FROM cpu WHERE time > hit() - 1h",
        "invalid operation: time and *influxql.BinaryExpr are not compatible",
    );
    error_of(
        "SELECT v FROM cpu WHERE time < now() * - 1h",
        "invalid operation: time and *influxql.BinaryExpr are not compatible",
    );
    // influxd takes it for a time; what it makes of that here was seen in part.
    let now = results("SELECT n FROM cpu WHERE -(time < now() - 1h AND host = 'a')");
    assert!(now.contains("now() beside other columns than time in a condition is out"), "{now}");
    error_of(
        "SELECT v FROM cpu WHERE time <= *",
        "invalid operation: time and *influxql.Wildcard are not compatible",
    );
}

#[test]
fn operators_refuse_types() {
    error_of(
        "SELECT v & 7 FROM cpu",
        "type error: v::float \\u0026 7: incompatible types: float and integer",
    );
    error_of(
        "SELECT -host FROM cpu",
        "type error: -1 * host::tag: incompatible types: integer and tag",
    );
    error_of(
        "SELECT percentile(late, 50) FROM cpu",
        "unsupported percentile iterator type: *query.booleanInterruptIterator",
    );
    // Nobody reads a series, so nobody finds that it is of the wrong type.
    assert_eq!(results("SELECT mean(late) FROM cpu WHERE host = 'none'"), NOTHING);
}

#[test]
fn fields_are_those_of_the_shards_asked() {
    assert_eq!(
        results(&format!("SELECT * FROM cpu WHERE time <= {T}")),
        format!(
            "{{\"statement_id\":0,\"series\":[{{\"name\":\"cpu\",\"columns\":[\"time\",\"host\",\"n\",\"v\"],\
             \"values\":[[{T},\"a\",3,null]]}}]}}"
        )
    );
}

#[test]
fn fill_without_windows() {
    let row = |values: &str| {
        format!(
            "{{\"statement_id\":0,\"series\":[{{\"name\":\"cpu\",\"columns\":[\"time\",{values}]}}]}}"
        )
    };
    assert_eq!(
        results("SELECT sum(n), max(v) FROM cpu WHERE host = 'a' fill(7)"),
        row("\"sum\",\"max\"],\"values\":[[0,3,7]")
    );
    assert_eq!(
        results("SELECT n, v FROM cpu fill(7)"),
        row(&format!("\"n\",\"v\"],\"values\":[[{T},3,7],[{},7,1.5]", T + 1))
    );
}

#[test]
fn fill_of_what_is_no_number() {
    let fake = Fake::with_database("db");
    let x = || Value::String(b"x".as_slice().into());
    for (time, n) in [(1, 3), (120_000_000_000, 4)] {
        let b = Value::Boolean(true);
        fake.write(b"m", &[], &[(b"b", b), (b"s", x()), (b"n", Value::Integer(n))], time);
    }
    let windows = "WHERE time >= 0 AND time < 4m GROUP BY time(1m) fill(5)";
    for (columns, expected) in [
        ("last(b)", "[0,true],[60000000000,false],[120000000000,true],[180000000000,false]"),
        ("last(s)", "[0,\"x\"],[60000000000,\"\"],[120000000000,\"x\"],[180000000000,\"\"]"),
        // A column without any point has the number itself.
        (
            "last(n), last(no::boolean)",
            "[0,3,5],[60000000000,5,5],[120000000000,4,5],[180000000000,5,5]",
        ),
    ] {
        let answer = results_of(&fake, &format!("SELECT {columns} FROM m {windows}"));
        assert!(answer.contains(&format!("\"values\":[{expected}]")), "{columns}: {answer}");
    }
}

#[test]
fn a_point_without_a_value_and_no_point() {
    let windows = format!("WHERE time >= {T} AND time < {} GROUP BY time(1d)", T + HOUR);
    assert_eq!(results(&format!("SELECT percentile(n, 1) FROM cpu {windows}")), NOTHING);
    assert_eq!(results("SELECT percentile(n, 1) FROM cpu"), NOTHING);
    let deviation = results(&format!("SELECT stddev(n) FROM cpu {windows} fill(none)"));
    assert!(deviation.contains(",null]]"), "{deviation}");
}

#[test]
fn the_index_compares_tags() {
    let count = |condition: &str| results(&format!("SELECT v FROM cpu WHERE {condition}"));
    assert_eq!(count("host > 'a'"), NOTHING);
    assert_eq!(count("host = other"), NOTHING);
    assert!(count("host != other").contains("1.5"));
    error_of(
        "SHOW TAG VALUES WITH KEY = host WHERE 'a' = host",
        "left side of '=' must be a tag key",
    );
    error_of("SHOW SERIES WHERE host > 'a'", "invalid tag comparison operator");
    assert_eq!(results("SHOW MEASUREMENTS WHERE other != 'x'"), NOTHING);
    assert_eq!(results("SHOW TAG KEYS WHERE 'x' = host"), results("SHOW TAG KEYS"));
    // Such an error is a result like another: the next statement is run.
    assert!(results("SHOW MEASUREMENTS WHERE 'a' = host; SHOW TAG KEYS").contains("tagKey"));
}

#[test]
fn series_are_counted_whether_they_have_rows_or_not() {
    let fake = Fake::with_database("db");
    for (host, field) in [(b"a", b"v"), (b"b", b"n"), (b"c", b"n")] {
        fake.write(b"cpu", &[(b"host", host)], &[(field, Value::Integer(3))], T);
    }
    let hosts = |limits: &str| {
        let answer = results_of(&fake, &format!("SELECT n FROM cpu GROUP BY host {limits}"));
        ["a", "b", "c"].map(|host| answer.contains(&format!("\"host\":\"{host}\"")))
    };
    assert_eq!(hosts("SLIMIT 2"), [false, true, false]);
    assert_eq!(hosts("ORDER BY time DESC SLIMIT 2"), [false, true, false]);
    assert_eq!(hosts("SLIMIT 1 SOFFSET 2"), [false, false, true]);
    assert_eq!(hosts("SOFFSET 1"), [false, false, false]);
}

#[test]
fn a_source_without_a_name_says_nothing() {
    let fake = data();
    fake.write(b"mem", &[], &[(b"v", Value::Float(1.0))], T);
    let same = |nameless: &str, named: &str| {
        let expected = results_of(&fake, named);
        assert!(expected.contains("values"), "{named}: {expected}");
        assert_eq!(results_of(&fake, nameless), expected, "{nameless}");
    };
    for show in ["SERIES", "TAG KEYS", "FIELD KEYS"] {
        same(&format!("SHOW {show} FROM \"\""), &format!("SHOW {show}"));
        // Beside another it is as if it were not there.
        same(&format!("SHOW {show} FROM \"\", cpu"), &format!("SHOW {show} FROM cpu"));
        same(&format!("SHOW {show} FROM cpu, \"\""), &format!("SHOW {show} FROM cpu"));
    }
    same("SHOW MEASUREMENTS WITH MEASUREMENT = \"\"", "SHOW MEASUREMENTS");
    same("SHOW TAG VALUES FROM \"\" WITH KEY = host", "SHOW TAG VALUES WITH KEY = host");
    same("SHOW SERIES FROM \"\" WHERE 0 < time", "SHOW SERIES WHERE 0 < time");
    same("SHOW SERIES FROM cpu, \"\" WHERE 0 < time", "SHOW SERIES FROM cpu WHERE 0 < time");
    // A selection it is not allowed in.
    for sources in ["\"\"", "\"\", cpu"] {
        error_of(&format!("SHOW SERIES FROM {sources} WHERE time > 0"), "invalid measurement");
    }
}

#[test]
fn infinite_numbers_in_csv() {
    let fake = Fake::with_database("db");
    fake.write(b"cpu", &[], &[(b"v", Value::Float(1.7e308))], 1);
    assert_eq!(
        ask(&fake, "q=SELECT+v*10,v*-10+FROM+cpu&epoch=ns", Some("application/csv")),
        "name,tags,time,v,v_1\ncpu,,1,+Inf,-Inf\n"
    );
}

#[test]
fn printing() {
    let time = |unit: &str| asked(&format!("q=SELECT+v+FROM+cpu&epoch={unit}"), None);
    assert_eq!(time("d"), time("ns"));
    let csv = |q: &str| asked(&format!("q={q}"), Some("application/csv"));
    assert_eq!(
        csv("SELECT+v+FROM+cpu+GROUP+BY+host"),
        format!("name,tags,time,v\ncpu,,{},1.5\n", T + 1)
    );
    assert!(csv("SHOW+RETENTION+POLICIES").ends_with(",168h0m0s,replicaN,true\n"));
    assert!(csv("SELECT+integral(v)+FROM+cpu").contains("integral() is outside the InfluxQL"));
    // What is no SELECT comes row set by row set, without a word that there is more.
    let chunks = asked("q=SHOW+MEASUREMENTS&chunked=true&chunk_size=1", None);
    assert!(!chunks.contains("partial"), "{chunks}");
    // Blanks before the query do not count.
    assert!(asked("q=+TAG", None).contains("at line 1, char 1"));
}

/// Around the days on which New York changes to summer time and back.
fn around_changes() -> Fake {
    const MARCH_7_2020: i64 = 1_583_539_200_000_000_000;
    const OCTOBER_31_2020: i64 = 1_604_102_400_000_000_000;
    let fake = Fake::with_database("db");
    for base in [MARCH_7_2020, OCTOBER_31_2020] {
        for i in (0..96).step_by(5) {
            fake.write(b"cpu", &[], &[(b"v", Value::Integer(i))], base + i * HOUR + 7);
        }
    }
    fake
}

/// The values of the one series that a query gives, without `epoch`.
fn values_of(fake: &Fake, query: &str) -> String {
    let query: String = query.bytes().map(|b| format!("%{b:02X}")).collect();
    let body = ask(fake, &format!("q={query}"), None);
    let values = body.split_once("\"values\":").map(|(_, rest)| rest.trim_end());
    values.and_then(|v| v.strip_suffix("}]}]}")).unwrap_or(&body).to_owned()
}

#[test]
fn times_are_printed_in_the_zone_of_tz() {
    let fake = around_changes();
    for (zone, printed) in [
        ("Europe/Berlin", "2020-03-07T01:00:00.000000007+01:00"),
        ("EST5EDT", "2020-03-06T19:00:00.000000007-05:00"),
        ("Asia/Kolkata", "2020-03-07T05:30:00.000000007+05:30"),
        ("UTC", "2020-03-07T00:00:00.000000007Z"),
        ("", "2020-03-07T00:00:00.000000007Z"),
    ] {
        let query = format!("SELECT v FROM cpu LIMIT 1 tz('{zone}')");
        assert_eq!(values_of(&fake, &query), format!("[[\"{printed}\",0]]"));
    }
    for zone in ["europe/berlin", "../Europe/Berlin", "Europe", "tzdata.zi"] {
        let query = format!("SELECT v FROM cpu LIMIT 1 tz('{zone}')");
        let error = format!("error parsing query: unable to find time zone {zone}");
        assert_eq!(values_of(&fake, &query), format!("{{\"error\":\"{error}\"}}\n"));
    }
}

#[test]
fn windows_begin_by_the_clocks_of_the_zone() {
    let fake = around_changes();
    for (columns, ends, values) in [
        (
            "time >= '2020-03-07' AND time < '2020-03-11' GROUP BY time(1d)",
            "",
            "[[\"2020-03-07T00:00:00-05:00\",5],[\"2020-03-08T00:00:00-05:00\",5],\
             [\"2020-03-09T00:00:00-04:00\",5],[\"2020-03-10T00:00:00-04:00\",4]]",
        ),
        (
            "time >= '2020-10-31' AND time < '2020-11-03' GROUP BY time(1d)",
            "ORDER BY time DESC",
            "[[\"2020-11-02T00:00:00-05:00\",5],[\"2020-11-01T00:00:00-04:00\",5],\
             [\"2020-10-31T00:00:00-04:00\",5]]",
        ),
        (
            "time >= '2020-03-08' AND time < '2020-03-09' GROUP BY time(6h)",
            "",
            "[[\"2020-03-08T00:00:00-05:00\",1],[\"2020-03-08T06:00:00-04:00\",1],\
             [\"2020-03-08T12:00:00-04:00\",2],[\"2020-03-08T18:00:00-04:00\",1]]",
        ),
        (
            "time >= '2020-11-01' AND time < '2020-11-02' GROUP BY time(12h)",
            "fill(none)",
            "[[\"2020-11-01T00:00:00-04:00\",3],[\"2020-11-01T12:00:00-05:00\",2]]",
        ),
    ] {
        let query =
            format!("SELECT count(v) FROM cpu WHERE {columns} {ends} tz('America/New_York')");
        assert_eq!(values_of(&fake, &query), values, "{query}");
    }
}

#[test]
fn a_time_that_clocks_show_twice_or_never_is_read_as_go_reads_it() {
    let fake = around_changes();
    for (zone, from, first) in [
        ("Europe/Berlin", "2020-10-25 02:30:00", "2020-10-25T02:30:00+01:00"),
        ("Europe/Berlin", "2020-03-29 02:30:00", "2020-03-29T03:30:00+02:00"),
        ("America/New_York", "2020-11-01 01:30:00", "2020-11-01T01:30:00-04:00"),
        ("America/New_York", "2020-03-08 02:30:00", "2020-03-08T01:30:00-05:00"),
    ] {
        fake.write(b"late", &[], &[(b"v", Value::Integer(1))], 1_700_000_000_000_000_000);
        let query = format!("SELECT count(v) FROM late WHERE time >= '{from}' tz('{zone}')");
        assert_eq!(values_of(&fake, &query), format!("[[\"{first}\",1]]"));
    }
}

#[test]
fn times_that_cannot_be_stored_are_named() {
    for (time, says) in [
        ("9223372036854775807 + 1h", "time 2262-04-12T00:47:16Z overflows time literal"),
        ("-9223372036854775806 - 1h", "time 1677-09-20T23:12:43Z underflows time literal"),
        ("-9223372036854775806 - 0s", "time 1677-09-21T00:12:43Z underflows time literal"),
        ("'2262-04-11T23:47:16.854775807Z'", "time 2262-04-11T23:47:16Z overflows time literal"),
        ("'2300-01-01'", "time 2300-01-01T00:00:00Z overflows time literal"),
        (
            "10s - 100000000000",
            "invalid operation: time and *influxql.BinaryExpr are not compatible",
        ),
    ] {
        error_of(&format!("SELECT v FROM cpu WHERE time > {time}"), says);
    }
    error_of("SELECT v FROM cpu WHERE v and time > 'x'", "invalid condition expression: v");
    assert_eq!(results("SELECT v FROM cpu WHERE time > 9223372036854775807 + 1h - 2h"), NOTHING);
}

#[test]
fn an_integer_field_is_not_combined_with_a_greater_number() {
    let says = |query: &str, of: &str, op: &str| {
        let text =
            format!("type error: {of}: cannot use {op} with an integer and unsigned literal");
        error_of(query, &text);
    };
    says("SELECT 9223372036854775808 + n FROM cpu", "9223372036854775808 + n::integer", "+");
    says("SELECT n / 9223372036854775808 FROM cpu", "n::integer / 9223372036854775808", "/");
    says(
        "SELECT sum(n) + 9223372036854775808 FROM cpu",
        "sum(n::integer) + 9223372036854775808",
        "+",
    );
}

#[test]
fn windows_of_no_length_are_none() {
    for time in ["0s", "-1m", "-1m, 5s", "0s, now()"] {
        let one = "{\"statement_id\":0,\"series\":[{\"name\":\"cpu\",\
                   \"columns\":[\"time\",\"count\"],\"values\":[[0,1]]}]}";
        assert_eq!(results(&format!("SELECT count(v) FROM cpu GROUP BY time({time})")), one);
    }
    assert_eq!(
        results("SELECT count(v) FROM cpu GROUP BY time(0s), time(1m)"),
        results("SELECT count(v) FROM cpu")
    );
    assert_eq!(
        results("SELECT v FROM cpu GROUP BY time(0s) LIMIT 1"),
        results("SELECT v FROM cpu LIMIT 1")
    );
    error_of(
        "SELECT v FROM cpu GROUP BY time(-1m) LIMIT 1",
        "GROUP BY requires at least one aggregate function",
    );
}

#[test]
fn numbers_are_put_together_before_a_statement_is_checked() {
    for constant in ["1 + 1", "2 * 3", "1 / 0", "7 & 1", "'a' + 'b'", "-1", "(1)"] {
        error_of(
            &format!("SELECT {constant} FROM cpu"),
            "field must contain at least one variable",
        );
    }
    error_of("SELECT 'a' + 1 FROM cpu", "cannot perform a binary expression on two literals");
    for (column, value) in [("1 + 1 + n", "5"), ("7/2 + n", "6.5"), ("(1 + 1) + v", "3.5")] {
        let answer = results(&format!("SELECT {column} FROM cpu"));
        assert!(answer.contains(&format!(",{value}]")), "{column}: {answer}");
    }
}

#[test]
fn a_time_is_no_offset_of_windows() {
    let windows = "GROUP BY time(12h, '2020-01-01T01:00:00Z')";
    let says = "invalid time dimension offset: '2020-01-01T01:00:00Z'";
    error_of(&format!("SELECT count(v) FROM cpu {windows}"), says);
    error_of(&format!("SELECT count(v) FROM none {windows}"), says);
    error_of(
        &format!("SELECT v FROM cpu {windows}"),
        "GROUP BY requires at least one aggregate function",
    );
    error_of(
        "SELECT count(v) FROM cpu GROUP BY time(12h, 'x')",
        "time dimension offset must be duration or now()",
    );
}

#[test]
fn windows_end_now_in_either_order() {
    let windows = |starts: &[(i64, i64)]| {
        let rows: Vec<_> =
            starts.iter().map(|(at, count)| format!("[{at}000000000,{count}]")).collect();
        format!(
            "{{\"statement_id\":0,\"series\":[{{\"name\":\"cpu\",\"columns\":[\"time\",\"count\"],\
             \"values\":[{}]}}]}}",
            rows.join(",")
        )
    };
    let last = [(1_788_480_000, 0), (1_762_560_000, 0)];
    let first = [(1_736_640_000, 0), (1_710_720_000, 0), (1_684_800_000, 1)];
    let all = [&last[..], &first].concat();
    let count = "SELECT count(n) FROM cpu GROUP BY time(300d) ORDER BY time";
    assert_eq!(results(&format!("{count} DESC")), windows(&all));
    assert_eq!(results(&format!("{count} DESC LIMIT 2")), windows(&last));
    let ascending: Vec<_> = all.iter().rev().copied().collect();
    assert_eq!(results(&format!("{count} ASC")), windows(&ascending));
    let bounded = "SELECT count(n) FROM cpu WHERE time > 0 GROUP BY time(300d)";
    assert!(results(&format!("{bounded} ORDER BY time DESC")).contains("[[1788480000000000000,0]"));
}
