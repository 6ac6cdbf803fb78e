//! What is refused, and in which words.

use super::sample::{bytes, refusal, sample};
use crate::query::flux::ErrorCode;

#[test]
fn names_and_arguments() {
    assert_eq!(
        refusal(r#"from(bucket:"abcde") |> range(start: 0) |> zzz()"#),
        "error @1:44-1:47: undefined identifier zzz"
    );
    assert_eq!(
        refusal(r#"from(bucket:"abcde") |> range(start: 0) |> limit(n: "1")"#),
        "error @1:53-1:56: expected int but found string (argument n)"
    );
    assert_eq!(
        refusal("from(bucket: params.b) |> range(start: 0) |> count()"),
        "error @1:14-1:20: undefined identifier params"
    );
}

#[test]
fn syntax_errors_come_from_the_outside_in() {
    assert_eq!(
        refusal("from(bucket:"),
        "compilation failed: error @1:1-1:13: expected RPAREN, got EOF\n\nerror @1:6-1:12: missing property value"
    );
    let script = b"\x1f\x8b";
    let query = super::super::Query {
        script,
        package: Default::default(),
        dialect: Default::default(),
        now: None,
    };
    let error = super::super::run(
        &sample(),
        &profiles::flux::OSS_V2_2_7,
        &query,
        &crate::query::allowance::Allowance::unlimited(),
    )
    .unwrap_err();
    assert_eq!(
        error.message,
        "compilation failed: error @0:0-0:0: flux source: invalid utf-8 sequence of 1 bytes from index 1"
    );
}

#[test]
fn plans_that_cannot_be() {
    assert_eq!(
        refusal(r#"from(bucket:"abcde")"#),
        "error in building plan while starting program: cannot submit unbounded read to \"abcde\"; try bounding 'from' with a call to 'range'"
    );
    assert_eq!(
        refusal(r#"from(bucket:"abcde") |> range(start: 10, stop: 1)"#),
        "error in building plan while starting program: cannot query an empty range"
    );
    let error = bytes(&sample(), r#"from(bucket:"x") |> range(start: 0)"#).unwrap_err();
    assert_eq!(error.code, ErrorCode::NotFound);
    assert_eq!(error.message, "failed to initialize execute state: could not find bucket \"x\"");
}

#[test]
fn tables_that_do_not_fit_together() {
    assert_eq!(
        refusal(r#"from(bucket:"abcde") |> range(start: 0) |> keep(columns: ["_time", "_value"])"#),
        "runtime error @1:44-1:78: keep: schema collision detected: column \"_value\" is both of type float and bool"
    );
}

/// Not recorded: what this subset lacks is named.
#[test]
fn beyond_the_subset() {
    let data = r#"from(bucket:"abcde") |> range(start: 0)"#;
    assert!(refusal(&format!("{data} |> histogram(bins: [1.0])")).contains("\"histogram\""));
    assert!(refusal("import \"strings\"\nstrings.toUpper(v: \"a\")").contains("\"strings\""));
    assert!(refusal("x = [\"a\": 1]").contains("dictionary"));
    assert!(refusal("x = \"a ${1} b\"").contains("string interpolation"));
    let inside = format!("{data} |> map(fn: (r) => ({{r with s: \"h ${{r.host}}\"}}))");
    assert!(refusal(&inside).starts_with("string interpolation is not supported"));
    let bounds =
        "|> keep(columns: [\"_time\", \"_value\"]) |> aggregateWindow(every: 1s, fn: mean)";
    let only_f = "|> filter(fn: (r) => r._field == \"f\")";
    assert!(refusal(&format!("{data} {only_f} {bounds}")).contains("without _start and _stop"));
    assert!(
        refusal(&format!("{data} |> filter(fn: (x) => x.host == \"a\")")).contains("parameter r")
    );
}

/// Not recorded: whatever the script, there is an answer, soon.
#[test]
fn hostile_scripts_end() {
    for script in [
        "(".repeat(100_000),
        "[".repeat(100_000),
        "{a:".repeat(100_000),
        "-".repeat(100_000),
        "not ".repeat(100_000),
        "1+".repeat(100_000) + "1",
        "a.b".repeat(100_000),
        "if ".repeat(100_000),
        "() => ".repeat(100_000),
        "()=>{".repeat(100_000),
        format!("x{}", " |> x()".repeat(100_000)),
        "x = 1\n".repeat(10_000),
        format!(
            "f0 = () => 1\n{}f99()",
            (1..100)
                .map(|i| format!("f{i} = () => f{}() + f{}()\n", i - 1, i - 1))
                .collect::<String>()
        ),
        format!(
            "x0 = \"a\"\n{}",
            (1..100).map(|i| format!("x{i} = x{} + x{}\n", i - 1, i - 1)).collect::<String>()
        ),
        r#"from(bucket:"abcde") |> range(start: 0) |> aggregateWindow(every: 1ns, fn: count)"#
            .to_owned(),
        ",".repeat(1000),
        "f(a: 1 b: 2".to_owned(),
        "f(:1, 2, \"x\", y)".to_owned(),
        "a[".to_owned(),
        "a |> 1".to_owned(),
        "2020-01-01T00:00:00".to_owned(),
        "99999999999999999999 + 99999999999999999999w".to_owned(),
        "/(/".to_owned(),
        "x =~ /(/".to_owned(),
        "\u{0}é@?".to_owned(),
    ] {
        let start: String = script.chars().take(40).collect();
        assert!(bytes(&sample(), &script).is_err(), "{start}");
    }
}
