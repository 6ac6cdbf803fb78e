//! What is acknowledged is done in its turn, and not before.

use crate::server::{Asked, DELAY};

#[test]
fn a_write_is_seen_when_it_is_due() {
    let asked = Asked::new();
    assert_eq!(asked.write("b", "m f=1 1").status, 204);
    asked.pass(DELAY - 1);
    assert_eq!(asked.stored("b"), [""; 0]);
    asked.pass(1);
    assert_eq!(asked.stored("b"), ["1,f"]);
}

#[test]
fn writes_and_deletes_are_done_in_the_order_of_their_answers() {
    let asked = Asked::new();
    asked.write("b", "m f=1 1");
    asked.pass(DELAY);
    assert_eq!(asked.stored("b"), ["1,f"]);
    assert_eq!(asked.delete("b").status, 204);
    asked.write("b", "m f=2 2");
    assert_eq!(asked.stored("b"), ["1,f"], "the delete waits too");
    asked.pass(DELAY);
    assert_eq!(asked.stored("b"), ["2,f"]);
}

#[test]
fn a_delete_of_one_field_leaves_the_others() {
    let asked = Asked::new();
    asked.write("b", "m f=1,g=2 1\nm,t=a f=3,g=4 2");
    let body = serde_json::json!({
        "start": "1970-01-01T00:00:00Z",
        "stop": "2100-01-01T00:00:00Z",
        "predicate": "_measurement=m and _field=f",
    });
    assert_eq!(asked.json("POST", "/api/v2/delete?bucket=b", &body).status, 204);
    asked.pass(DELAY);
    assert_eq!(asked.stored("b"), ["2,g", "4,g"]);
}

#[test]
fn what_waits_for_a_bucket_that_is_dropped_is_forgotten() {
    let asked = Asked::new();
    let id = asked.bucket("gone", &serde_json::json!({}));
    asked.write("gone", "m f=1 1");
    assert_eq!(asked.send("DELETE", &format!("/api/v2/buckets/{id}"), "", "").status, 204);
    asked.pass(DELAY);
    asked.bucket("gone", &serde_json::json!({}));
    assert_eq!(asked.stored("gone"), [""; 0]);
}

#[test]
fn the_organisation_is_the_tokens_whatever_the_request_names() {
    let asked = Asked::new();
    let target = "/api/v2/write?bucket=b&org=nobody&orgID=zzz";
    assert_eq!(asked.send("POST", target, "", "m f=1").status, 204);
    let unknown = asked.send("POST", "/api/v2/write?bucket=nowhere", "", "m f=1");
    assert_eq!(unknown.status, 404);
    assert_eq!(unknown.message(), "bucket \"nowhere\" not found");
}

#[test]
fn a_write_waits_from_when_its_body_was_there() {
    let asked = Asked::new();
    let mut slow = asked.begin("/api/v2/write?bucket=b&precision=s", "m f=1 ".len() + 1, "m f=1 ");
    asked.pass(500);
    assert_eq!(asked.write("b", "m f=2 2").status, 204);
    asked.pass(100);
    asked.end(&mut slow, "1");
    asked.pass(DELAY - 100);
    assert_eq!(asked.stored("b"), ["2,f"]);
    asked.pass(100);
    assert_eq!(asked.stored("b"), ["1,f", "2,f"]);
}
