//! Pages 003 and 004: what they promise of OSS v2 and no release does.

use crate::start;
use crate::wire::{Answer, send};
use reference_server::Server;

async fn write(server: &Server, bucket: &str, body: &str) -> Answer {
    let to = format!("POST /api/v2/write?org=acme&bucket={bucket}");
    send(server, &to, Some("owner"), body).await
}

async fn stored(server: &Server) -> String {
    let path = "GET /query?db=e&epoch=ns&q=SELECT+f+FROM+m";
    let answer = send(server, path, Some("owner"), "").await;
    answer.json()["results"][0]["series"][0]["values"].to_string()
}

#[tokio::test]
async fn a_type_holds_for_the_whole_bucket() {
    let week = 604_800_000_000_000_i64;
    let body = format!("m f=\"x\" {}", 1_700_000_000_000_000_000 + 2 * week);
    for (profile, status) in [("oss-v2@2.7", 204), ("oss-v2", 422), ("oss-v2@docs-2.1", 204)] {
        let server = start(profile).await;
        assert_eq!(write(&server, "e", "m f=1 1700000000000000000").await.status, 204);
        let answer = write(&server, "e", &body).await;
        assert_eq!(answer.status, status, "{profile}");
        if status == 422 {
            assert_eq!(answer.json()["code"], "unprocessable entity");
            assert!(answer.body.contains("partial write: "), "{}", answer.body);
            assert!(answer.body.contains("dropped=1"), "{}", answer.body);
        }
    }
}

#[tokio::test]
async fn page_003_lets_conflicts_pass_and_drops_them() {
    let server = start("oss-v2@docs-2.1").await;
    let answer = write(&server, "e", "m f=1 1\nm f=\"x\" 2\nm f=3 3").await;
    assert_eq!((answer.status, &*answer.body), (204, ""));
    assert_eq!(stored(&server).await, "[[1,1],[3,3]]");
    // Malformed lines are told, and reject the batch.
    let answer = write(&server, "e", "m f=4 4\nm f=\nm f=5 5").await;
    assert_eq!(answer.status, 400);
    assert!(answer.body.contains("'m f='"), "{}", answer.body);
    assert_eq!(stored(&server).await, "[[1,1],[3,3]]");
}

/// Page 004's example: four points outside of a retention period.
#[tokio::test]
async fn the_message_about_retention_has_the_pages_form() {
    let server = start("oss-v2").await;
    let times = ["1541000000", "1541000200", "1541000400", "1541000600"];
    let body = times.map(|time| format!("home,room=Living\\ Room temp=21 {time}")).join("\n");
    let answer = write(&server, "d", &body).await;
    assert_eq!(answer.status, 422);
    let message = answer.json()["message"].as_str().unwrap().to_owned();
    let start = "failure writing points to database: partial write: dropped 4 points outside \
        retention policy of duration 1h0m0s - oldest point home,room=Living\\ Room at \
        1970-01-01T00:00:01.541Z dropped because it violates a Retention Policy Lower Bound at ";
    assert!(message.starts_with(start), "{message}");
    let newest = ", newest point home,room=Living\\ Room at 1970-01-01T00:00:01.5410006Z dropped \
        because it violates a Retention Policy Lower Bound at ";
    assert!(message.contains(newest), "{message}");
    assert!(message.contains(" dropped=4 for database: "), "{message}");
    assert!(message.ends_with(" for retention policy: autogen"), "{message}");
}

/// A point that is not too old opens no door for one that is.
#[tokio::test]
async fn each_old_point_is_dropped() {
    let server = start("oss-v2").await;
    let now = jiff_now();
    let old = now - 2 * crate::HOUR;
    let answer = write(&server, "d", &format!("m f=1 {now}\nm f=2 {old}")).await;
    assert_eq!(answer.status, 422, "{}", answer.body);
    assert!(answer.body.contains("dropped=1"), "{}", answer.body);
}

fn jiff_now() -> i64 {
    let since = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_nanos()).unwrap()
}

#[tokio::test]
async fn what_is_missing_is_named_with_its_type() {
    for profile in ["oss-v2", "oss-v2@docs-2.1"] {
        let server = start(profile).await;
        for (query, kind, name) in [
            ("org=acme&bucket=nowhere", "bucket", "nowhere"),
            ("org=nobody&bucket=e", "organization", "nobody"),
            ("orgID=00000000000000aa&bucket=e", "organization", "00000000000000aa"),
        ] {
            let to = format!("POST /api/v2/write?{query}");
            let answer = send(&server, &to, Some("owner"), "m f=1").await;
            assert_eq!(answer.status, 404, "{profile} {query}");
            let message = answer.json()["message"].to_string();
            assert!(message.contains(kind) && message.contains(name), "{profile} {message}");
        }
    }
}

#[tokio::test]
async fn what_may_not_write_is_401() {
    for profile in ["oss-v2", "oss-v2@docs-2.1"] {
        let server = start(profile).await;
        let buckets = send(&server, "GET /api/v2/buckets?name=e", Some("owner"), "").await.json();
        let bucket = &buckets["buckets"][0];
        let permission = serde_json::json!({"action": "read", "resource": {
            "type": "buckets", "id": bucket["id"], "orgID": bucket["orgID"],
        }});
        let body = serde_json::json!({"orgID": bucket["orgID"], "permissions": [permission]});
        let to = "POST /api/v2/authorizations";
        let made = send(&server, to, Some("owner"), &body.to_string()).await.json();
        let to = "POST /api/v2/write?org=acme&bucket=e";
        let token = made["token"].as_str().unwrap();
        assert_eq!(send(&server, to, Some(token), "m f=1").await.status, 401, "{profile}");
        assert_eq!(send(&server, to, Some("wrong"), "m f=1").await.status, 401, "{profile}");
        assert_eq!(send(&server, to, None, "m f=1").await.status, 401, "{profile}");
    }
}
