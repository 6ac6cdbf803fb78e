//! Statements beside read-back, as the protocol recordings have them.

use crate::fake::Fake;
use crate::read_back::ask;
use profiles::influxql::{Influxql, OSS_V1_1_6, OSS_V2_2_7, V3_CORE_3_6};
use reference_server::query::allowance::Allowance;
use reference_server::query::influxql::ast::Privilege;
use reference_server::query::influxql::http::{self, Parameters, Request};
use reference_server::store::Value;

fn answer(rules: &Influxql, parameters: &str) -> (u16, String) {
    let answer = ask(&Fake::filled(), rules, parameters);
    (answer.status, String::from_utf8_lossy(&answer.body).into_owned())
}

#[test]
fn queries_1_6() {
    let mean = "q=SELECT%20mean%28f%29%20FROM%20cpu%20WHERE%20time%20%3E%3D%201700000000000000000%20AND%20\
                time%20%3C%201700000010000000000%20GROUP%20BY%20time%285s%29";
    for (q, expected) in [
        (
            "q=SELECT%20f%20FROM%20cpu%20GROUP%20BY%20host",
            "{\"results\":[{\"statement_id\":0,\"series\":[\
             {\"name\":\"cpu\",\"tags\":{\"host\":\"a\"},\"columns\":[\"time\",\"f\"],\"values\":[[\"2023-11-14T22:13:20Z\",1.5]]},\
             {\"name\":\"cpu\",\"tags\":{\"host\":\"b\"},\"columns\":[\"time\",\"f\"],\"values\":[[\"2023-11-14T22:13:21Z\",2]]}]}]}\n",
        ),
        (
            mean,
            "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"cpu\",\"columns\":[\"time\",\"mean\"],\
             \"values\":[[\"2023-11-14T22:13:20Z\",1.75],[\"2023-11-14T22:13:25Z\",null]]}]}]}\n",
        ),
        (
            "q=SELECT%20first%28f%29%2C%20last%28f%29%20FROM%20cpu",
            "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"cpu\",\"columns\":[\"time\",\"first\",\"last\"],\
             \"values\":[[\"1970-01-01T00:00:00Z\",1.5,2]]}]}]}\n",
        ),
        (
            "q=SELECT%20f%20FROM%20cpu%3B%20SELECT%20free%20FROM%20mem",
            "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"cpu\",\"columns\":[\"time\",\"f\"],\
             \"values\":[[\"2023-11-14T22:13:20Z\",1.5],[\"2023-11-14T22:13:21Z\",2]]}]},\
             {\"statement_id\":1,\"series\":[{\"name\":\"mem\",\"columns\":[\"time\",\"free\"],\
             \"values\":[[\"2023-11-14T22:13:20Z\",1]]}]}]}\n",
        ),
        ("q=SELECT%20%2A%20FROM%20nope", "{\"results\":[{\"statement_id\":0}]}\n"),
    ] {
        assert_eq!(answer(&OSS_V1_1_6, &format!("db=db&{q}")), (200, expected.to_owned()));
    }
}

#[test]
fn whole_errors() {
    let syntax = "found SELEC, expected SELECT, DELETE, SHOW, CREATE, DROP, EXPLAIN, GRANT, REVOKE, ALTER, SET, \
                  KILL at line 1, char 1";
    let v1 = format!("{{\"error\":\"error parsing query: {syntax}\"}}\n");
    let v2 = format!("{{\"code\":\"invalid\",\"message\":\"failed to parse query: {syntax}\"}}");
    let v3 = "error in InfluxQL statement: parsing error: invalid InfluxQL statement at pos 0. Parsing Error: \
              Nom(\"SELEC\", Tag)";
    assert_eq!(answer(&OSS_V1_1_6, "db=db&q=SELEC"), (400, v1));
    assert_eq!(answer(&OSS_V2_2_7, "db=db&q=SELEC"), (400, v2));
    assert_eq!(answer(&V3_CORE_3_6, "db=db&q=SELEC"), (500, v3.to_owned()));
    let missing = "{\"error\":\"missing required parameter \\\"q\\\"\"}\n";
    assert_eq!(answer(&OSS_V1_1_6, "db=db"), (400, missing.to_owned()));
    let missing = "{\"code\":\"invalid\",\"message\":\"mime: no media type\"}";
    assert_eq!(answer(&OSS_V2_2_7, "db=db"), (400, missing.to_owned()));
    let unknown = "{\"error\":\"query error: database not found: nope\"}";
    assert_eq!(answer(&V3_CORE_3_6, "db=nope&q=SELECT+*+FROM+cpu"), (404, unknown.to_owned()));
}

#[test]
fn errors_of_statements_2_7() {
    for (parameters, error) in [
        ("q=SELECT+*+FROM+cpu", "database name required"),
        ("db=nope&q=SELECT+*+FROM+cpu", "database not found: nope"),
        ("db=db&q=CREATE+DATABASE+x", "not implemented: CREATE DATABASE"),
    ] {
        let expected = format!("{{\"results\":[{{\"statement_id\":0,\"error\":\"{error}\"}}]}}\n");
        assert_eq!(answer(&OSS_V2_2_7, parameters), (200, expected));
    }
    assert_eq!(answer(&OSS_V2_2_7, "db=db&q=DROP%20MEASUREMENT%20cpu"), (200, "{}\n".to_owned()));
}

#[test]
fn chunks_2_7() {
    let (_, body) =
        answer(&OSS_V2_2_7, "db=db&q=SELECT%20f%20FROM%20cpu&chunked=true&chunk_size=1");
    assert_eq!(
        body,
        "{\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"cpu\",\"columns\":[\"time\",\"f\"],\
         \"values\":[[\"2023-11-14T22:13:20Z\",1.5]],\"partial\":true}],\"partial\":true}]}\n\
         {\"results\":[{\"statement_id\":0,\"series\":[{\"name\":\"cpu\",\"columns\":[\"time\",\"f\"],\
         \"values\":[[\"2023-11-14T22:13:21Z\",2]]}]}]}\n"
    );
}

#[test]
fn csv() {
    let p = Parameters::new("db=db&q=SELECT+*+FROM+cpu", None);
    let ask = |rules, accept| {
        let request = Request { parameters: &p, accept: Some(accept), read_only: true };
        let answer = http::query(request, &Fake::filled(), rules, &Allowance::unlimited());
        (answer.content_type, String::from_utf8_lossy(&answer.body).into_owned())
    };
    let go = "name,tags,time,b,f,host,i,s\ncpu,,1700000000000000000,true,1.5,a,2,x y\n\
              cpu,,1700000001000000000,,2,b,,\n";
    assert_eq!(ask(&OSS_V1_1_6, "application/csv"), (Some("text/csv"), go.to_owned()));
    assert_eq!(ask(&OSS_V2_2_7, "application/csv"), (Some("application/csv"), go.to_owned()));
    let plain = "name,tags,time,b,f,host,i,s\ncpu,,1700000000000000000,true,1.5,a,2,x y\n\
                 cpu,,1700000001000000000,null,2.0,b,null,null\n\r\n";
    assert_eq!(ask(&V3_CORE_3_6, "text/csv"), (Some("application/csv"), plain.to_owned()));
}

#[test]
fn retention_1_6() {
    let fake = Fake::with_database("db");
    let ask = |q: &str| String::from_utf8_lossy(&ask(&fake, &OSS_V1_1_6, q).body).into_owned();
    let short = ask(
        "q=CREATE%20RETENTION%20POLICY%20%22m%22%20ON%20%22db%22%20DURATION%201m%20REPLICATION%201",
    );
    let error = "retention policy duration must be at least 1h0m0s";
    assert_eq!(short, format!("{{\"results\":[{{\"statement_id\":0,\"error\":\"{error}\"}}]}}\n"));
    ask(
        "q=CREATE%20RETENTION%20POLICY%20%22one%22%20ON%20%22db%22%20DURATION%201h%20REPLICATION%201%20DEFAULT",
    );
    assert_eq!(
        ask("q=SHOW%20RETENTION%20POLICIES%20ON%20%22db%22"),
        "{\"results\":[{\"statement_id\":0,\"series\":[{\"columns\":[\"name\",\"duration\",\"shardGroupDuration\",\
         \"replicaN\",\"default\"],\"values\":[[\"autogen\",\"0s\",\"168h0m0s\",1,false],\
         [\"one\",\"1h0m0s\",\"1h0m0s\",1,true]]}]}]}\n"
    );
}

#[test]
fn rights_1_6() {
    let wo = ("wo".to_owned(), vec![(Privilege::Write, "d".to_owned())]);
    let fake = Fake { caller: Some(wo), ..Fake::with_database("d") };
    let answer = ask(&fake, &OSS_V1_1_6, "db=d&q=SELECT+*+FROM+m");
    let error = "error authorizing query: wo not authorized to execute statement 'SELECT * FROM m', requires READ on d";
    assert_eq!((answer.status, answer.error.as_deref()), (403, Some(error)));
}

#[test]
fn depth_is_refused() {
    for q in [
        "SELECT ".to_owned() + &"(".repeat(100_000),
        "SELECT a".to_owned() + &"+a".repeat(100_000) + " FROM m",
    ] {
        let parameters =
            Parameters::new("db=db", Some(format!("q={}", q.replace('+', "%2B")).as_bytes()));
        let request = Request { parameters: &parameters, accept: None, read_only: false };
        assert_eq!(
            http::query(request, &Fake::filled(), &OSS_V1_1_6, &Allowance::unlimited()).status,
            400
        );
    }
}

#[test]
fn too_many_windows_are_refused() {
    let (_, body) = answer(&OSS_V1_1_6, "db=db&q=SELECT+count(f)+FROM+cpu+GROUP+BY+time(1ns)");
    assert!(body.contains("is outside the InfluxQL that this server runs"), "{body}");
}

#[test]
fn windows_between_two_points_are_filled_in_line() {
    let fake = Fake::with_database("db");
    for (time, value) in [(0, 0.0), (3, 3.0), (5, 9.0)] {
        fake.write(b"m", &[], &[(b"v", Value::Float(value))], time);
    }
    let q = "SELECT+mean(v)+FROM+m+WHERE+time>=0+AND+time<7+GROUP+BY+time(1ns)+fill(linear)";
    let answer = ask(&fake, &OSS_V1_1_6, &format!("db=db&epoch=ns&q={q}"));
    let text = String::from_utf8_lossy(&answer.body);
    let values = "[[0,0],[1,1],[2,2],[3,3],[4,6],[5,9],[6,null]]";
    assert!(text.contains(values), "{text}");
}

#[test]
fn windows_may_lie_further_apart_than_a_time_goes() {
    let fake = Fake::with_database("db");
    fake.write(b"m", &[], &[(b"v", Value::Integer(1))], -9_000_000_000_000_000_000);
    fake.write(b"m", &[], &[(b"v", Value::Integer(1))], 9_000_000_000_000_000_000);
    let q = "SELECT+count(v)+FROM+m+WHERE+time<=9000000000000000000\
             +GROUP+BY+time(4000000000s)+fill(0)";
    let answer = ask(&fake, &OSS_V1_1_6, &format!("db=db&epoch=ns&q={q}"));
    let text = String::from_utf8_lossy(&answer.body);
    assert_eq!(text.matches(",1]").count(), 2, "{text}");
}
