//! Queries that are ended by their limits: with which answer, and what is answered nevertheless.

use super::wire::{flux, send};
use super::{SOON, builder, filled, long_script, long_statement, running, write_to};
use reference_server::Server;
use rstest::rstest;
use std::time::{Duration, Instant};

/// So much time has a query here.
const TIME: Duration = Duration::from_millis(500);

/// So many bytes may it keep.
const MEMORY: usize = 2 << 20;

#[rstest]
#[case("oss-v1@1.6")]
#[case("oss-v2@2.7")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_go_products_name_the_limit_of_time(#[case] profile: &str) {
    let server = filled(builder(profile).query_timeout(TIME), profile).await;
    let statement = long_statement();
    let began = Instant::now();
    let two = format!("GET /query?db=e&q={statement}%3B{statement}");
    let answer = send(&server, &two, "", "").await;
    assert!(began.elapsed() < SOON, "ended after {:?}", began.elapsed());
    assert_eq!(answer.status, 200, "{}", answer.body);
    // The words are 1.6's (query/executor.go).
    // Of results of one number the last one stays; in chunks all are there.
    let chunked = send(&server, &format!("{two}&chunked=true"), "", "").await;
    assert_eq!(
        chunked.body,
        "{\"results\":[{\"statement_id\":0,\"error\":\"query-timeout limit exceeded\"}]}\n\
         {\"results\":[{\"statement_id\":0,\"error\":\"not executed\"}]}\n"
    );
    running(&server, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn v3_says_how_long_it_took_and_what_to_do() {
    let server = filled(builder("v3-core@3.6").query_timeout(TIME), "v3-core@3.6").await;
    let asked = format!("GET /query?db=e&q={}", long_statement());
    let answer = send(&server, &asked, "", "").await;
    assert_eq!(answer.status, 500, "{}", answer.body);
    assert!(answer.body.contains("no answer within 500ms; ask for"), "{}", answer.body);
    running(&server, 0).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_script_is_refused_as_2_x_refuses_what_exhausts_it() {
    let server = filled(builder("oss-v2@2.7").query_timeout(TIME), "oss-v2@2.7").await;
    let began = Instant::now();
    let answer = flux(&server, &long_script()).await;
    assert!(began.elapsed() < SOON, "ended after {:?}", began.elapsed());
    assert_eq!(answer.status, 400, "{}", answer.body);
    assert!(answer.body.starts_with("{\"code\":\"invalid\""), "{}", answer.body);
    assert!(answer.body.contains("no answer within 500ms"), "{}", answer.body);
    running(&server, 0).await;
}

#[rstest]
#[case("oss-v1@1.6", "GET /query?db=e&q=")]
#[case("oss-v2@2.7", "GET /query?db=e&q=")]
#[case("v3-core@3.6", "GET /query?db=e&q=")]
#[case("v3-core@3.6", "GET /api/v3/query_influxql?db=e&q=")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_would_be_kept_has_a_limit(#[case] profile: &str, #[case] path: &str) {
    let server = filled(builder(profile).query_memory(MEMORY), profile).await;
    // Rows, points side by side, windows.
    for columns in ["*", "v", "median(v)", "distinct(v)"] {
        let asked = format!("{path}SELECT+{columns}+FROM+m");
        let answer = send(&server, &asked, "", "").await;
        let said = answer.body.contains("more than the 2097152 bytes of memory");
        assert!(said, "{columns}: {} {}", answer.status, cut(&answer.body));
        assert_eq!(answer.status, if profile.starts_with("v3") { 500 } else { 200 });
    }
    let windows =
        "SELECT+count(v)+FROM+m+WHERE+time+%3E%3D+0+AND+time+%3C+60000+GROUP+BY+time(1ns)";
    let answer = send(&server, &format!("{path}{windows}"), "", "").await;
    assert!(answer.body.contains("bytes of memory"), "{}", cut(&answer.body));
    // What keeps little is answered.
    for little in ["count(v)+FROM+m", "*+FROM+m+LIMIT+1", "v+FROM+m+WHERE+time+%3C+100"] {
        let answer = send(&server, &format!("{path}SELECT+{little}"), "", "").await;
        assert_eq!(answer.status, 200, "{little}: {}", answer.body);
        assert!(!answer.body.contains("error"), "{little}: {}", answer.body);
    }
}

#[rstest]
#[case("oss-v1@1.6", &["SHOW+SERIES", "SHOW+TAG+VALUES+WITH+KEY+%3D+t", "SHOW+MEASUREMENTS"])]
#[case("v3-core@3.6", &["SHOW+TAG+VALUES+WITH+KEY+%3D+t"])]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_shown_has_a_limit_too(#[case] profile: &str, #[case] statements: &[&str]) {
    let server = builder(profile).query_memory(MEMORY).start().await.unwrap();
    let many = profile.starts_with("oss");
    let mut lines = String::new();
    for number in 0..25_000 {
        let name = if many { number } else { 0 };
        lines += &format!("m{name},t={number:020} v=1 1\n");
    }
    assert_eq!(send(&server, write_to(profile), "", &lines).await.status, 204);
    for statement in statements {
        let answer = send(&server, &format!("GET /query?db=e&q={statement}"), "", "").await;
        let said = answer.body.contains("more than the 2097152 bytes of memory");
        assert!(said, "{statement}: {} {}", answer.status, cut(&answer.body));
    }
    let one = send(&server, "GET /query?db=e&q=SHOW+FIELD+KEYS+FROM+m0", "", "").await;
    assert!(one.body.contains("\"v\",\"float\""), "{}", cut(&one.body));
}

/// Of one measurement, too many to look at all of them.
async fn with_many_series(profile: &str) -> Server {
    let server = builder(profile).query_memory(MEMORY).start().await.unwrap();
    let lines: String = (0..25_000).map(|t| format!("m,t={t:05} v=1 {t}\n")).collect();
    assert_eq!(send(&server, write_to(profile), "", &lines).await.status, 204);
    server
}

#[rstest]
#[case("oss-v1@1.6", "POST /query?db=e&q=")]
#[case("oss-v2@2.7", "POST /query?db=e&q=")]
#[case("v3-core@3.6", "GET /query?db=e&q=")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_count_where_they_may_be_meant(#[case] profile: &str, #[case] path: &str) {
    let server = with_many_series(profile).await;
    for all in ["v+FROM+m+LIMIT+1", "count(v)+FROM+m+WHERE+v+%3D+7+OR+t+%3D+'00007'"] {
        let answer = send(&server, &format!("{path}SELECT+{all}"), "", "").await;
        assert!(answer.body.contains("bytes of memory"), "{all}: {}", cut(&answer.body));
    }
    let one = "SELECT+count(v)+FROM+m+WHERE+t+%3D+'00007'";
    for one in
        [one, &format!("{one}+AND+time+%3E+6"), "SELECT+count(v)+FROM+m+WHERE+t+%3D~+/^00007/"]
    {
        let answer = send(&server, &format!("{path}{one}"), "", "").await;
        assert!(answer.body.contains(",1]"), "{one}: {}", answer.body);
    }
    let of_other = send(&server, &format!("{path}SHOW+FIELD+KEYS"), "", "").await;
    assert!(of_other.body.contains("float"), "{}", of_other.body);
    // What a statement looked at does not count for the next one.
    let half = "SELECT+count(v)+FROM+m+WHERE+t+%3D~+/^0[0-3]/";
    let statements = if profile.starts_with("v3") { 1 } else { 3 };
    let asked = [half].repeat(statements).join("%3B");
    let answer = send(&server, &format!("{path}{asked}"), "", "").await;
    assert_eq!(answer.body.matches(",4000]").count(), statements, "{}", answer.body);
    // What is removed is all that is named, or nothing.
    let seventh = "FROM+m+WHERE+t+%3D~+/7$/";
    for removal in ["DELETE", "DROP+SERIES"].iter().filter(|_| profile == "oss-v1@1.6") {
        let answer = send(&server, &format!("{path}{removal}+{seventh}"), "", "").await;
        assert!(answer.body.contains("bytes of memory"), "{removal}: {}", answer.body);
        let left = send(&server, &format!("{path}{one}"), "", "").await;
        assert!(left.body.contains(",1]"), "{}", left.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_of_a_script_count_where_they_may_be_meant() {
    let server = with_many_series("oss-v2@2.7").await;
    let from = "from(bucket: \"e\") |> range(start: 1970-01-01T00:00:00Z)";
    for (filter, is_answered) in [
        ("r._measurement == \"m\"", false),
        ("r.t == \"00007\" or r._value == 7.0", false),
        ("r._field == \"v\"", false),
        ("r._field == \"v\" and r.t == \"00007\"", true),
        ("r._measurement == \"m\" and r.t =~ /^00007/", true),
        ("r._measurement == \"n\" or r.t == \"00007\"", true),
    ] {
        let answer = flux(&server, &format!("{from} |> filter(fn: (r) => {filter})")).await;
        let (row, limit) = (",1,v,m,00007", "bytes of memory");
        let expected = if is_answered { row } else { limit };
        assert!(answer.body.contains(expected), "{filter}: {}", cut(&answer.body));
    }
}

#[cfg(feature = "sql")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn series_of_sql_count_where_they_may_be_meant() {
    let server = with_many_series("v3-core@3.6").await;
    for (q, expected) in [
        ("SELECT+count(v)+AS+n+FROM+m+WHERE+t%3D'00007'", r#"[{"n":1}]"#),
        ("SELECT+t+FROM+m+WHERE+t%3D'00007'+ORDER+BY+time+DESC+LIMIT+1", r#"[{"t":"00007"}]"#),
        (
            "SELECT+count(*)+AS+n+FROM+m+a+JOIN+m+b+ON+a.t%3Db.t+WHERE+a.t%3D'00007'+AND+b.t%3D'00007'",
            r#"[{"n":1}]"#,
        ),
        ("SELECT+count(*)+AS+n+FROM+m+WHERE+t%3D'none'", r#"[{"n":0}]"#),
        ("SELECT+count(v)+AS+n+FROM+m", "bytes of memory"),
        ("SELECT+v+FROM+m+ORDER+BY+time+LIMIT+1", "bytes of memory"),
        (
            "SELECT+column_name+FROM+information_schema.columns+WHERE+table_name%3D'm'+AND+data_type+LIKE+'F%25'",
            r#"[{"column_name":"v"}]"#,
        ),
    ] {
        let path = format!("GET /api/v3/query_sql?db=e&format=json&q={q}");
        let answer = send(&server, &path, "", "").await;
        assert!(answer.body.contains(expected), "{q}: {}", answer.body);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_script_would_keep_has_a_limit() {
    let server = filled(builder("oss-v2@2.7").query_memory(MEMORY), "oss-v2@2.7").await;
    let from = "from(bucket: \"e\") |> range(start: 1970-01-01T00:00:00Z)";
    for script in [
        from.to_owned(),
        format!("{from} |> group(columns: [\"s\"])"),
        // Each of its windows is small, all of them are not.
        format!(
            "{from} |> range(start: 1970-01-01T00:00:00Z, stop: 1970-01-01T00:00:01Z) \
                 |> aggregateWindow(every: 1ns, fn: count)"
        ),
    ] {
        let answer = flux(&server, &script).await;
        assert_eq!(answer.status, 400, "{script}: {}", cut(&answer.body));
        assert!(answer.body.contains("bytes of memory"), "{script}: {}", answer.body);
    }
    for (script, row) in [
        (format!("{from} |> limit(n: 1)"), ",1970-01-01T00:00:00Z,1,v,m"),
        (format!("{from} |> first()"), ",1970-01-01T00:00:00Z,1,v,m"),
        (
            "from(bucket: \"e\") |> range(start: 1970-01-01T00:00:00Z, stop: 1970-01-01T00:00:00.000001Z)"
                .to_owned(),
            ",1970-01-01T00:00:00.000000999Z,1,v,m",
        ),
    ] {
        let answer = flux(&server, &script).await;
        assert_eq!(answer.status, 200, "{script}: {}", cut(&answer.body));
        assert!(answer.body.contains(row), "{script}: {}", cut(&answer.body));
    }
}

fn cut(text: &str) -> &str {
    &text[..text.len().min(300)]
}
