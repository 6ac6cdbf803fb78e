//! Core after 3.8.0, from its source.

use crate::start;
use crate::wire::send;
use serde_json::json;

const BAD_SECOND_LINE: &str = "cpu f=1 1\ncpu,host f=1 2";

#[tokio::test]
async fn the_compatible_path_says_why_since_3_8_1() {
    for (profile, message) in [
        ("v3-core@3.8.0", "write buffer error: parsing for line protocol failed"),
        ("v3-core@3.8", "write buffer error: line protocol parse failed: Tag Set Malformed"),
        (
            "v3-core@3.10",
            "write buffer error: line protocol parse failed: Tag set malformed: could not find \
             equals sign in `host f=1 2`",
        ),
    ] {
        let server = start(profile).await;
        let answer =
            send(&server, "POST /api/v2/write?bucket=d", Some("owner"), BAD_SECOND_LINE).await;
        assert_eq!(answer.status, 400, "{profile}");
        assert_eq!(answer.json(), json!({"code": "invalid", "message": message}), "{profile}");
    }
}

#[tokio::test]
async fn a_body_that_cannot_be_read_is_the_clients_fault_since_3_10() {
    let large = "#".repeat(10_485_761);
    for (profile, status) in [("v3-core@3.8", 500), ("v3-core@3.10", 413)] {
        let server = start(profile).await;
        for path in ["/api/v3/write_lp?db=d", "/write?db=d"] {
            let answer = send(&server, &format!("POST {path}"), Some("owner"), &large).await;
            assert_eq!(answer.status, status, "{profile} {path}");
            assert_eq!(answer.body, "max request size (10485760 bytes) exceeded");
        }
    }
}

#[tokio::test]
async fn a_first_bad_line_has_another_title_since_3_10() {
    for (profile, title) in [
        ("v3-core@3.8", "parsing failed for write_lp endpoint"),
        ("v3-core@3.10", "line protocol parsing error"),
    ] {
        let server = start(profile).await;
        let answer = send(&server, "POST /write?db=d", Some("owner"), BAD_SECOND_LINE).await;
        assert_eq!(answer.json()["error"], title, "{profile}");
        assert_eq!(answer.json()["data"]["line_number"], 2, "{profile}");
    }
}

#[tokio::test]
async fn names_may_be_longer_since_3_10_but_not_for_the_routing_layer() {
    let name = "d".repeat(65);
    for (profile, status, refused) in
        [("v3-core@3.8", 400, "is not whitelisted"), ("v3-core@3.10", 204, "is not allowed")]
    {
        let server = start(profile).await;
        let to = format!("POST /api/v3/write_lp?db={name}");
        assert_eq!(send(&server, &to, Some("owner"), "m f=1 1").await.status, status, "{profile}");
        let to = format!("POST /write?db={name}");
        assert_eq!(send(&server, &to, Some("owner"), "m f=1 1").await.status, 400, "{profile}");
        let answer = send(&server, "POST /write?db=a.b", Some("owner"), "m f=1 1").await;
        assert!(answer.body.contains(refused), "{profile} {}", answer.body);
    }
}

#[tokio::test]
async fn columns_are_counted_without_time_since_3_10() {
    let line = |count: usize| {
        let fields: Vec<_> = (0..count).map(|n| format!("f{n}=1")).collect();
        format!("m {} 1", fields.join(","))
    };
    for (profile, second) in [("v3-core@3.8", 422), ("v3-core@3.10", 204)] {
        let server = start(profile).await;
        let to = "POST /api/v3/write_lp?db=e";
        assert_eq!(send(&server, to, Some("owner"), &line(499)).await.status, 204, "{profile}");
        assert_eq!(send(&server, to, Some("owner"), "m f499=1 2").await.status, second);
        assert_eq!(send(&server, to, Some("owner"), "m f500=1 3").await.status, 422, "{profile}");
    }
}

#[tokio::test]
async fn keys_may_hold_control_characters_since_3_10() {
    for (profile, status) in [("v3-core@3.8", 400), ("v3-core@3.10", 204)] {
        let server = start(profile).await;
        let to = "POST /api/v3/write_lp?db=e";
        assert_eq!(send(&server, to, Some("owner"), "m a\u{1}b=1 1").await.status, status);
    }
}

#[tokio::test]
async fn ping_names_the_product_first_since_3_9() {
    let server = start("v3-core@3.10").await;
    let answer = send(&server, "GET /ping", Some("owner"), "").await;
    assert!(
        answer.body.starts_with("{\"product_name\":\"InfluxDB 3 Core\",\"version\":\"3.10.1\"")
    );
    let server = start("v3-core@3.8").await;
    let answer = send(&server, "GET /ping", Some("owner"), "").await;
    assert!(answer.body.starts_with("{\"version\":\"3.8.2\""), "{}", answer.body);
}

#[tokio::test]
async fn the_catalog_says_how_many_tables_there_are_since_3_9() {
    let body: Vec<_> = (0..2001).map(|n| format!("t{n} f=1 1")).collect();
    let server = start("v3-core@3.10").await;
    let answer = send(&server, "POST /api/v3/write_lp?db=d", Some("owner"), &body.join("\n")).await;
    assert_eq!(answer.status, 422);
    let message = answer.json()["data"][0]["error_message"].clone();
    assert_eq!(
        message,
        "Update to schema would exceed number of tables limit: attempted to create table but \
         already have 2000 table(s) (limit: 2000)"
    );
}

#[tokio::test]
async fn the_path_of_the_admin_token_asks_for_no_token_whatever_the_method() {
    for profile in ["v3-core@3.6", "v3-core@3.8.0", "v3-core", "v3-enterprise"] {
        let server = start(profile).await;
        for method in ["GET", "DELETE"] {
            let to = format!("{method} /api/v3/configure/token/admin");
            assert_eq!(send(&server, &to, None, "").await.status, 404, "{profile} {method}");
        }
        let others = "GET /api/v3/configure/database?format=json";
        assert_eq!(send(&server, others, None, "").await.status, 401, "{profile}");
    }
}

#[tokio::test]
async fn the_owners_token_cannot_be_deleted() {
    let server = start("v3-enterprise").await;
    let delete = "DELETE /api/v3/configure/token?token_name=_admin";
    assert_eq!(send(&server, delete, Some("owner"), "").await.status, 405);
    let again = send(&server, "POST /api/v3/configure/token/admin", None, "").await;
    assert_eq!(again.status, 409, "{}", again.body);
}

#[tokio::test]
async fn no_limit_is_none() {
    let profile = profiles::find("v3-core").unwrap();
    let server = reference_server::Server::builder(profile).token("owner").database("e", None);
    let server = server.set("tables", "off").unwrap().set("request-limit", "off").unwrap();
    let server = server.start().await.unwrap();
    let body: Vec<_> = (0..2001).map(|n| format!("t{n} f=1 1")).collect();
    let body = format!("{}\n#{}", body.join("\n"), "x".repeat(11 << 20));
    let answer = send(&server, "POST /api/v3/write_lp?db=e", Some("owner"), &body).await;
    assert_eq!(answer.status, 204, "{}", answer.body);
}
