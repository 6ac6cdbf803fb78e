//! `/query` where each statement has its own result or error. The recordings hold one statement
//! each; what several give is read from the product's source (iox_v1_query_api, its tests).

use crate::fake::Fake;
use crate::read_back::ask;
use profiles::influxql::{Errors, Influxql};
use reference_server::query::allowance::Allowance;
use reference_server::query::influxql::http::{self, Parameters, Request};
use reference_server::store::Value;

const T: i64 = 1_700_000_000_000_000_000;

fn rules() -> &'static Influxql {
    let mut all = profiles::ALL.iter().map(|profile| profile.facts.influxql);
    match all.find(|rules| rules.errors == Errors::InStatement) {
        Some(rules) => rules,
        None => panic!("a release that answers so"),
    }
}

fn filled() -> Fake {
    let fake = Fake::with_database("db");
    let text = Value::String(b"say \"x, y\"".as_slice().into());
    fake.write(b"b", &[(b"host", b"a")], &[(b"f", Value::Float(2.0)), (b"s", text)], T);
    fake.write(b"a", &[], &[(b"f", Value::Float(-0.0))], T);
    fake
}

fn answer(fake: &Fake, parameters: &str) -> (u16, String) {
    let answer = ask(fake, rules(), parameters);
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

#[test]
fn each_statement_has_its_result_or_its_error() {
    let asked = "db=db&epoch=ns&q=SELECT%20f%20FROM%20b%3BSHOW%20TAG%20KEYS%20ON%20nope%3BSELECT%20f%20FROM%20a";
    let expected = format!(
        "{{\"results\":[{{\"statement_id\":0,\"series\":[{{\"name\":\"b\",\"columns\":[\"time\",\"f\"],\
         \"values\":[[{T},2]]}}]}},\
         {{\"statement_id\":1,\"error\":\"Cannot retrieve database: External error: database not found: nope\"}},\
         {{\"statement_id\":2,\"series\":[{{\"name\":\"a\",\"columns\":[\"time\",\"f\"],\"values\":[[{T},0]]}}]}}]}}"
    );
    assert_eq!(answer(&filled(), asked), (200, expected));
}

/// 3.8:influxdb3_internal_api/src/query_executor.rs, `show_retention_policies_tests`. A database that
/// does not exist is looked for first, as for any statement (iox_v1_query_api/src/handler.rs).
#[test]
fn a_database_is_its_own_policy() {
    let asked = "db=db&q=SHOW%20RETENTION%20POLICIES%3BSHOW%20RETENTION%20POLICIES%20ON%20nope";
    let expected = "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"retention_policies\",\
         \"columns\":[\"name\",\"duration\",\"default\"],\"values\":[[\"db\",\"0s\",true]]}]},\
         {\"statement_id\":1,\"error\":\"Cannot retrieve database: External error: database not found: nope\"}]}";
    assert_eq!(answer(&filled(), asked), (200, expected.to_owned()));
}

/// The words are the planner's (influxdb3_core:iox_query_influxql/src/plan/planner.rs).
#[test]
fn what_the_planner_does_not_do_is_said_by_the_statement() {
    let expected = "{\"results\":[{\"statement_id\":0,\"error\":\
         \"datafusion error: This feature is not implemented: DROP MEASUREMENT\"}]}";
    let asked = "db=db&q=DROP%20MEASUREMENT%20a";
    assert_eq!(answer(&filled(), asked), (200, expected.to_owned()));
}

#[test]
fn what_cannot_be_read_is_refused_as_a_whole() {
    for (parameters, why) in [
        ("", "missing query parameters 'db' and 'q'"),
        ("db=db", "expected a query to be provided in the query string or body"),
        (
            "db=db&q=x&pretty=1",
            "error decoding params from url: provided string was not `true` or `false`",
        ),
    ] {
        assert_eq!(answer(&filled(), parameters), (400, format!("{{\"error\":\"{why}\"}}")));
    }
    let (status, body) = answer(&filled(), "db=db&q=SELEC");
    let begins = "{\"results\":[{\"statement_id\":0,\"error\":\"error in InfluxQL statement: parsing error: ";
    assert!(status == 200 && body.starts_with(begins), "{body}");
}

#[test]
fn an_infinite_number_is_the_whole_answer() {
    let fake = filled();
    fake.write(b"a", &[], &[(b"f", Value::Float(f64::NEG_INFINITY))], T + 1);
    let asked = answer(&fake, "db=db&q=SELECT%20f%20FROM%20a");
    assert_eq!(asked, (200, "{\"error\":\"json: unsupported value: -Inf\"}".to_owned()));
}

#[test]
fn csv_quotes_commas_and_quotes_only() {
    let q = "SELECT%20*%20FROM%20/.*/%3BSELECT%20f%20FROM%20nope%3BSELECT%20f%20FROM%20b%20GROUP%20BY%20host";
    let parameters = Parameters::new(&format!("db=db&q={q}"), None);
    let asked = Request { parameters: &parameters, accept: Some("text/csv"), read_only: true };
    let answer = http::query(asked, &filled(), rules(), &Allowance::unlimited());
    let expected = format!(
        "name,tags,time,f,host,s\n\
         a,,{T},0,,\n\
         b,,{T},2,a,\"say \"\"x, y\"\"\"\n\
         \n\
         name,tags,time,f\n\
         b,host=a,{T},2\n"
    );
    // As Rust prints it, where JSON would have made a whole number of it.
    let expected = expected.replace(&format!("a,,{T},0,"), &format!("a,,{T},-0,"));
    assert_eq!(String::from_utf8_lossy(&answer.body), expected);
}
