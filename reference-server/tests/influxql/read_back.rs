//! The queries that read everything back, as recorded from each release.

use crate::fake::Fake;
use profiles::influxql::{Influxql, OSS_V1_1_6, OSS_V2_2_7, V3_CORE_3_6};
use reference_server::query::allowance::Allowance;
use reference_server::query::influxql::http::{self, Answer, Parameters, Request};
use reference_server::store::Value;
use reference_server::store::view::Unreadable;

const T: i64 = 1_700_000_000_000_000_000;

pub(crate) fn ask(fake: &Fake, rules: &Influxql, parameters: &str) -> Answer {
    let parameters = Parameters::new(parameters, None);
    http::query(
        Request { parameters: &parameters, accept: None, read_only: true },
        fake,
        rules,
        &Allowance::unlimited(),
    )
}

fn body(fake: &Fake, rules: &Influxql, parameters: &str) -> String {
    String::from_utf8_lossy(&ask(fake, rules, parameters).body).into_owned()
}

fn read(fake: &Fake, rules: &Influxql) -> [String; 3] {
    ["SELECT+*+FROM+/.*/", "SHOW+FIELD+KEYS", "SHOW+TAG+KEYS"]
        .map(|q| body(fake, rules, &format!("db=db&epoch=ns&q={q}")))
}

fn two_tables() -> Fake {
    let fake = Fake::with_database("db");
    fake.write(b"cpu", &[(b"host", b"a")], &[(b"v", Value::Float(1.5))], T);
    fake.write(b"mem", &[(b"host", b"a")], &[(b"v", Value::Integer(1))], T + 1);
    fake
}

#[test]
fn two_measurements_1_6() {
    let [select, fields, tags] = read(&two_tables(), &OSS_V1_1_6);
    assert_eq!(
        select,
        "{\"results\":[{\"statement_id\":0,\"series\":[\
         {\"name\":\"cpu\",\"columns\":[\"time\",\"host\",\"v\"],\"values\":[[1700000000000000000,\"a\",1.5]]},\
         {\"name\":\"mem\",\"columns\":[\"time\",\"host\",\"v\"],\"values\":[[1700000000000000001,\"a\",1]]}]}]}\n"
    );
    assert_eq!(
        fields,
        "{\"results\":[{\"statement_id\":0,\"series\":[\
         {\"name\":\"cpu\",\"columns\":[\"fieldKey\",\"fieldType\"],\"values\":[[\"v\",\"float\"]]},\
         {\"name\":\"mem\",\"columns\":[\"fieldKey\",\"fieldType\"],\"values\":[[\"v\",\"integer\"]]}]}]}\n"
    );
    assert_eq!(
        tags,
        "{\"results\":[{\"statement_id\":0,\"series\":[\
         {\"name\":\"cpu\",\"columns\":[\"tagKey\"],\"values\":[[\"host\"]]},\
         {\"name\":\"mem\",\"columns\":[\"tagKey\"],\"values\":[[\"host\"]]}]}]}\n"
    );
}

#[test]
fn two_measurements_3_6() {
    // Backwards, and the integer is read as the float that the other table has.
    let [select, _, tags] = read(&two_tables(), &V3_CORE_3_6);
    assert_eq!(
        select,
        "{\"results\":[{\"statement_id\":0,\"series\":[\
         {\"name\":\"mem\",\"columns\":[\"time\",\"host\",\"v\"],\"values\":[[1700000000000000001,\"a\",1.0]]},\
         {\"name\":\"cpu\",\"columns\":[\"time\",\"host\",\"v\"],\"values\":[[1700000000000000000,\"a\",1.5]]}]}]}\r\n"
    );
    assert_eq!(
        tags,
        "{\"results\":[{\"statement_id\":0,\"series\":[\
         {\"name\":\"mem\",\"columns\":[\"tagKey\"],\"values\":[[\"host\"]]},\
         {\"name\":\"cpu\",\"columns\":[\"tagKey\"],\"values\":[[\"host\"]]}]}]}\r\n"
    );
}

#[test]
fn an_empty_database() {
    let fake = Fake::with_database("db");
    for rules in [&OSS_V1_1_6, &OSS_V2_2_7] {
        assert_eq!(read(&fake, rules), ["{\"results\":[{\"statement_id\":0}]}\n"; 3]);
    }
    assert_eq!(read(&fake, &V3_CORE_3_6), ["{\"results\":[{\"statement_id\":0}]}\r\n"; 3]);
}

#[test]
fn two_types_in_two_weeks() {
    let fake = Fake::with_database("db");
    fake.write(b"cpu", &[(b"host", b"a")], &[(b"v", Value::Float(1.5))], T);
    fake.write(b"cpu", &[(b"host", b"a")], &[(b"v", Value::Integer(1))], 1_702_592_000_000_000_000);
    for rules in [&OSS_V1_1_6, &OSS_V2_2_7] {
        let [select, fields, _] = read(&fake, rules);
        assert_eq!(
            select,
            "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"cpu\",\"columns\":[\"time\",\"host\",\"v\"],\
             \"values\":[[1700000000000000000,\"a\",1.5],[1702592000000000000,\"a\",1]]}]}]}\n"
        );
        assert_eq!(
            fields,
            "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"cpu\",\"columns\":[\"fieldKey\",\"fieldType\"],\
             \"values\":[[\"v\",\"float\"],[\"v\",\"integer\"]]}]}]}\n"
        );
    }
}

#[test]
fn unreadable_tables_3_6() {
    let fake = Fake::with_database("db");
    fake.write(b"cpu", &[(b"host", b"a")], &[(b"a", Value::Float(1.0))], T);
    fake.state.borrow_mut().unreadable = Some(Unreadable::NoTimeColumn);
    let answer = ask(&fake, &V3_CORE_3_6, "db=db&q=SELECT+*+FROM+/.*/");
    assert_eq!((answer.status, answer.content_type), (500, None));
    assert_eq!(
        String::from_utf8_lossy(&answer.body),
        "query error: error while planning query: Schema error: No field named time. Valid fields are cpu.a, cpu.host."
    );
    fake.state.borrow_mut().unreadable = Some(Unreadable::UnevenColumns);
    assert_eq!(
        body(&fake, &V3_CORE_3_6, "db=db&q=SELECT+*+FROM+/.*/"),
        "query error: error while planning query: Execution error: error getting batches Error creating record \
         batch: Invalid argument error: all columns in a record batch must have the same length"
    );
}

#[test]
fn an_infinite_float_breaks_3_6_off() {
    let fake = Fake::with_database("db");
    fake.write(b"cpu", &[], &[(b"v", Value::Float(f64::INFINITY))], T);
    assert!(ask(&fake, &V3_CORE_3_6, "db=db&q=SELECT+*+FROM+cpu").breaks_off);
}

#[test]
fn rows_of_one_time_come_as_the_heap_gives_them_1_6() {
    // Asked of a running 1.6.7.
    let fake = Fake::with_database("db");
    for (t, f, time) in
        [(b"2", 1.0, 10), (b"1", 2.0, 10), (b"3", 3.0, 10), (b"1", 4.0, 5), (b"0", 0.0, 10)]
    {
        fake.write(b"b", &[(b"t", t)], &[(b"f", Value::Float(f))], time);
    }
    assert_eq!(
        body(&fake, &OSS_V1_1_6, "db=db&epoch=ns&q=SELECT+f+FROM+b"),
        "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"b\",\"columns\":[\"time\",\"f\"],\
         \"values\":[[5,4],[10,3],[10,2],[10,1],[10,0]]}]}]}\n"
    );
    assert_eq!(
        body(&fake, &OSS_V1_1_6, "db=db&epoch=ns&q=SELECT+f+FROM+b+WHERE+time+%3D+10"),
        "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"b\",\"columns\":[\"time\",\"f\"],\
         \"values\":[[10,0],[10,3],[10,1],[10,2]]}]}]}\n"
    );
}
