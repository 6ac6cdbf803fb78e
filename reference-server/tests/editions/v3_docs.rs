//! Pages 000 and 001: what they promise and no release of Core does.

use crate::start;
use crate::wire::{Answer, send};
use reference_server::Server;
use serde_json::json;

const PATHS: [&str; 3] = ["/api/v3/write_lp?db=", "/api/v2/write?bucket=", "/write?db="];

async fn write(server: &Server, path: &str, token: &str, body: &str) -> Answer {
    send(server, &format!("POST {path}"), Some(token), body).await
}

/// The values of `f` in a database, by time.
async fn stored(server: &Server, database: &str) -> String {
    let path = format!("GET /query?db={database}&epoch=ns&q=SELECT+f+FROM+m");
    let answer = send(server, &path, Some("owner"), "").await;
    answer.json()["results"][0]["series"][0]["values"].to_string()
}

#[tokio::test]
async fn all_endpoints_store_what_they_do_not_reject_and_say_so() {
    for profile in ["v3-core", "v3-enterprise"] {
        for path in PATHS {
            let server = start(profile).await;
            let body = "m f=1 1000000000000000001\nm f= 2\nm f=\"x\" 1000000000000000003";
            let answer = write(&server, &format!("{path}e"), "owner", body).await;
            assert_eq!(answer.status, 400, "{profile} {path}");
            let json = answer.json();
            assert_eq!(json["line"], 2, "{profile} {path}");
            let message = json["message"].as_str().unwrap();
            let lines: Vec<_> = message.lines().collect();
            assert!(lines[0].starts_with("partial write"), "{message}");
            assert!(lines[1].contains("line 2") && lines[2].contains("line 3"), "{message}");
            assert_eq!(stored(&server, "e").await, "[[1000000000000000001,1.0]]", "{path}");

            let answer = write(&server, &format!("{path}e"), "owner", "m f=").await;
            let message = answer.json()["message"].to_string();
            assert!(message.starts_with("\"no data was written"), "{message}");
        }
    }
}

#[tokio::test]
async fn a_hundred_rejected_lines_are_told_of() {
    let server = start("v3-core").await;
    let body = ["m f="; 150].join("\n");
    let answer = write(&server, "/api/v3/write_lp?db=e", "owner", &body).await;
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    assert_eq!(message.lines().count(), 101, "{message}");
}

#[tokio::test]
async fn what_falls_outside_of_the_retention_period_is_rejected() {
    let server = start("v3-core").await;
    for path in PATHS {
        let answer = write(&server, &format!("{path}d"), "owner", "m f=1\nm f=2 1000000000").await;
        assert_eq!((answer.status, &answer.json()["line"]), (400, &json!(2)), "{path}");
        let answer = write(&server, &format!("{path}e"), "owner", "m f=2 1000000000").await;
        assert_eq!(answer.status, 204, "{path}");
    }
    let server = start("v3-core@3.10").await;
    let answer = write(&server, "/write?db=d", "owner", "m f=2 1000000000").await;
    assert_eq!(answer.status, 204);
}

#[tokio::test]
async fn a_rejected_line_leaves_no_column() {
    let server = start("v3-core").await;
    let body = "m,t=x f=1,g=1,f=2 1\nn,t=x,t=y f=1 1";
    assert_eq!(write(&server, "/write?db=e", "owner", body).await.status, 400);
    let keys = send(&server, "GET /query?db=e&q=SHOW+TAG+KEYS", Some("owner"), "").await;
    assert_eq!(keys.json()["results"][0]["series"], json!(null), "{}", keys.body);
    // The columns of before stay.
    assert_eq!(
        write(&server, "/write?db=e", "owner", "m,a=1 f=1 1\nm,b=1 f=2i 2").await.status,
        400
    );
    let keys = send(&server, "GET /query?db=e&q=SHOW+TAG+KEYS", Some("owner"), "").await;
    assert_eq!(keys.json()["results"][0]["series"][0]["values"], json!([["a"]]));
}

#[tokio::test]
async fn what_no_answer_could_hold_is_not_stored() {
    let server = start("v3-core").await;
    let answer = write(&server, "/write?db=e", "owner", "m f=1e400 1\nm f=-1e400 2").await;
    assert_eq!(answer.status, 400);
    let server = start("v3-core@3.10").await;
    assert_eq!(write(&server, "/write?db=e", "owner", "m f=1e400 1").await.status, 204);
}

#[tokio::test]
async fn credentials_that_are_missing_or_malformed_are_401() {
    let server = start("v3-core").await;
    for path in PATHS {
        let to = format!("POST {path}e");
        assert_eq!(send(&server, &to, None, "m f=1").await.status, 401, "{path}");
        assert_eq!(send(&server, &to, Some("two words"), "m f=1").await.status, 401, "{path}");
        assert_eq!(send(&server, &to, Some("wrong"), "m f=1").await.status, 401, "{path}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_there_is_named() {
    let server = start("v3-core").await;
    for path in PATHS {
        let answer = write(&server, &format!("{path}nowhere"), "owner", "m f=1").await;
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.json()["message"], "database \"nowhere\" not found", "{path}");
    }
}

/// Makes a token of Enterprise with these rights on a database.
async fn token(server: &Server, name: &str, database: &str, actions: &[&str]) -> String {
    let body = json!({
        "token_name": name,
        "permissions": [{
            "resource_type": "db", "resource_identifier": [database], "actions": actions,
        }],
    });
    let to = "POST /api/v3/enterprise/configure/token";
    let answer = send(server, to, Some("owner"), &body.to_string()).await;
    assert_eq!(answer.status, 201, "{}", answer.body);
    answer.json()["token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn tokens_of_enterprise_write_where_they_may() {
    let server = start("v3-enterprise").await;
    let reads = token(&server, "reads", "e", &["read"]).await;
    let writes = token(&server, "writes", "e", &["write"]).await;
    let other = token(&server, "other", "d", &["read", "write"]).await;
    for path in PATHS {
        let to = format!("{path}e");
        assert_eq!(write(&server, &to, &writes, "m f=1 1").await.status, 204, "{path}");
        for token in [&reads, &other] {
            let answer = write(&server, &to, token, "m f=1 1").await;
            assert_eq!(answer.status, 401, "{path}");
            assert!(answer.body.contains("\\\"e\\\""), "{}", answer.body);
        }
    }
    let select = "GET /query?db=e&q=SELECT+*+FROM+m";
    assert!(send(&server, select, Some(&reads), "").await.body.contains("series"));
    assert!(!send(&server, select, Some(&writes), "").await.body.contains("series"));
    let list = "GET /api/v3/configure/database?format=json";
    assert_eq!(send(&server, list, Some(&writes), "").await.status, 401);
    let delete = "DELETE /api/v3/configure/token?token_name=writes";
    assert_eq!(send(&server, delete, Some("owner"), "").await.status, 200);
    assert_eq!(write(&server, "/write?db=e", &writes, "m f=1 1").await.status, 401);
    assert_eq!(send(&server, delete, Some("owner"), "").await.status, 404);
    // Core has no such tokens.
    let core = start("v3-core").await;
    let to = "POST /api/v3/enterprise/configure/token";
    assert_eq!(send(&core, to, Some("owner"), "{}").await.status, 404);
}
