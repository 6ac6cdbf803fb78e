//! `/api/v3/query_influxql`: what no recording has is from the release's own tests
//! (3.6:influxdb3/tests/server/query.rs) and, for 3.10, its source.

use crate::fake::Fake;
use profiles::influxql::{Influxql, V3_CORE_3_6 as RULES};
use profiles::sql::{self, Sql};
use reference_server::query::allowance::Allowance;
use reference_server::query::influxql::rows::query_influxql;
use reference_server::query::v3_request::Request;

fn run(release: &Sql, request: Request<'_>, accept: Option<&[u8]>) -> (u16, String) {
    const RELEASE: &Influxql = &RULES;
    let answer = query_influxql(
        request,
        accept,
        &Fake::filled(),
        RELEASE,
        &release.refusals,
        &Allowance::unlimited(),
    );
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

fn get(q: &str) -> String {
    run(&sql::V3_CORE_3_6, Request::Get(Some(q)), None).1
}

#[test]
fn objects() {
    assert_eq!(
        get("db=db&q=SELECT%20%2A%20FROM%20/.%2A/&format=json"),
        "[{\"iox::measurement\":\"cpu\",\"time\":\"2023-11-14T22:13:20\",\"b\":true,\"f\":1.5,\"host\":\"a\",\"i\":2,\
         \"s\":\"x y\"},{\"iox::measurement\":\"cpu\",\"time\":\"2023-11-14T22:13:21\",\"f\":2.0,\"host\":\"b\"},\
         {\"iox::measurement\":\"mem\",\"time\":\"2023-11-14T22:13:20\",\"free\":1}]"
    );
}

#[test]
fn a_body_of_json_is_read_and_accept_heeded() {
    let body = br#"{"db":"db","q":"SELECT f FROM cpu WHERE host = $h","params":{"h":"a"}}"#;
    let csv = "iox::measurement,time,f\ncpu,2023-11-14T22:13:20,1.5\n";
    let asked = run(&sql::V3_CORE_3_6, Request::Post(body), Some(b"text/csv"));
    assert_eq!(asked, (200, csv.to_owned()));
    let list = br#"{"db":"db","q":"SELECT f FROM cpu","params":{"h":[]}}"#;
    assert_eq!(run(&sql::V3_CORE_3_6, Request::Post(list), None).0, 400);
    let asked = run(&sql::V3_CORE_3_6, Request::Post(body), Some(b"image/png"));
    assert_eq!(asked, (500, "invalid mime type (image/png)".to_owned()));
}

#[test]
fn groups_have_their_tags_in_every_form() {
    let grouped = "db=db&q=SELECT%20f%20FROM%20cpu%20GROUP%20BY%20host&format=";
    assert_eq!(
        get(&format!("{grouped}csv")),
        "iox::measurement,time,host,f\ncpu,2023-11-14T22:13:20,a,1.5\ncpu,2023-11-14T22:13:21,b,2.0\n"
    );
    assert_eq!(
        get(&format!("{grouped}pretty")),
        "+------------------+---------------------+------+-----+\n\
         | iox::measurement | time                | host | f   |\n\
         +------------------+---------------------+------+-----+\n\
         | cpu              | 2023-11-14T22:13:20 | a    | 1.5 |\n\
         | cpu              | 2023-11-14T22:13:21 | b    | 2.0 |\n\
         +------------------+---------------------+------+-----+"
    );
    assert_eq!(
        run(&sql::V3_CORE_3_6, Request::Get(Some(&format!("{grouped}parquet"))), None),
        (501, "the format parquet is outside the InfluxQL that this server runs".to_owned())
    );
}

#[test]
fn databases_and_their_policies_need_no_database() {
    assert_eq!(
        get("q=SHOW%20DATABASES&format=jsonl"),
        "{\"iox::database\":\"db\",\"deleted\":false}\n"
    );
    let policies = "{\"iox::database\":\"db\",\"name\":\"autogen\"}\n";
    assert_eq!(get("q=SHOW%20RETENTION%20POLICIES&format=jsonl"), policies);
    assert_eq!(get("q=SHOW%20RETENTION%20POLICIES%20ON%20db&format=jsonl"), policies);
    assert_eq!(
        run(&sql::V3_CORE_3_6, Request::Get(Some("q=SHOW%20RETENTION%20POLICIES&db=no")), None),
        (404, "{\"error\":\"query error: database not found: no\"}".to_owned())
    );
}

#[test]
fn releases_differ_in_whose_fault_it_is() {
    let ask = |release: &Sql, q: &str| run(release, Request::Get(Some(q)), None);
    let (old, new) = (&sql::V3_CORE_3_6, &sql::V3_CORE_3_10);
    let mismatch = "provided a database in both the parameters (db) and query string (other) that do not match, \
                    if providing a query that specifies the database, you can omit the 'database' parameter from \
                    your request";
    for (q, text) in [
        (
            "db=db&q=SELEC",
            "error in InfluxQL statement: parsing error: invalid InfluxQL statement at pos 0. \
             Parsing Error: Nom(\"SELEC\", Tag)",
        ),
        (
            "db=db&q=SHOW%20MEASUREMENTS;SHOW%20MEASUREMENTS",
            "must provide only one InfluxQl statement per query",
        ),
        ("db=db&q=SHOW%20MEASUREMENTS%20ON%20other", mismatch),
        (
            "q=SHOW%20MEASUREMENTS",
            "must specify a 'db' parameter, or provide the database in the InfluxQL query",
        ),
    ] {
        assert_eq!(ask(old, q), (500, text.to_owned()));
        assert_eq!(ask(new, q), (400, text.to_owned()));
    }
    let wrong = "db=db&q=SELECT%20nope(f)%20FROM%20cpu";
    let planning = "query error: error while planning query: ";
    let (status, text) = ask(old, wrong);
    assert!(status == 500 && text.starts_with(&format!("{planning}Error during planning: ")));
    let (status, bare) = ask(new, wrong);
    assert_eq!((status, format!("{planning}{bare}")), (400, text));
    let text = "This feature is not implemented: DROP MEASUREMENT".to_owned();
    let drop = "db=db&q=DROP%20MEASUREMENT%20cpu";
    assert_eq!(ask(old, drop), (500, format!("{planning}{text}")));
    assert_eq!(ask(new, drop), (405, text));
    let series = "db=db&q=SHOW%20SERIES";
    let text = "SHOW SERIES is outside the InfluxQL that this server runs".to_owned();
    assert_eq!(ask(new, series), (501, text));
}
