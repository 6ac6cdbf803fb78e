//! Databases and tokens.

use crate::client::Running;
use rstest::rstest;

#[rstest]
#[case("cloud-dedicated@docs", "/api/v0/accounts/a/clusters/c")]
#[case("clustered@docs", "/api/v0")]
fn tokens_have_rights_to_databases(#[case] profile: &str, #[case] prefix: &str) {
    let server = Running::start(profile, &[]);
    let databases = format!("{prefix}/databases");
    assert_eq!(server.own("POST", &databases, r#"{"name":"other"}"#).status, 200);
    assert_eq!(server.own("POST", &databases, r#"{"name":"other"}"#).status, 409);
    let listed = server.own("GET", &databases, "").json();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|d| d["name"].clone()).collect();
    assert_eq!(names, ["db", "hour", "other"]);

    let token = |action: &str, database: &str| {
        let body = format!(
            r#"{{"description":"x","permissions":[{{"action":"{action}","resource":"{database}"}}]}}"#
        );
        let made = server.own("POST", &format!("{prefix}/tokens"), &body);
        assert_eq!(made.status, 200, "{made:?}");
        let text = |key: &str| made.json()[key].as_str().unwrap().to_owned();
        (text("id"), text("accessToken"))
    };
    let write = |token: &str| server.as_token(token, "POST", "/write?db=db", "m f=1 1").status;
    let read =
        |token: &str| server.as_token(token, "GET", "/query?db=db&q=SELECT+*+FROM+m", "").status;
    let (id, writer) = token("write", "db");
    assert_eq!((write(&writer), read(&writer)), (204, 401));
    let (_, reader) = token("read", "db");
    assert_eq!((write(&reader), read(&reader)), (401, 200));
    let (_, all) = token("write", "*");
    assert_eq!((write(&all), read(&all)), (204, 401));
    let (_, elsewhere) = token("write", "other");
    assert_eq!((write(&elsewhere), read(&elsewhere)), (401, 401));
    // A token with rights to points makes no databases.
    assert_eq!(server.as_token(&all, "GET", &databases, "").status, 401);

    assert_eq!(server.own("DELETE", &format!("{prefix}/tokens/{id}"), "").status, 204);
    assert_eq!(write(&writer), 401);
    assert_eq!(server.own("DELETE", &format!("{databases}/db"), "").status, 204);
    assert_eq!(server.own("DELETE", &format!("{databases}/db"), "").status, 404);
    assert_eq!(server.own("POST", &databases, r#"{"name":"db"}"#).status, 200);
    assert_eq!(server.times("m"), [0; 0], "the points went with the database");
}

#[test]
fn organisations_are_managed_as_in_v2() {
    let server = Running::start("cloud-serverless@docs", &[]);
    let orgs = server.own("GET", "/api/v2/orgs", "").json();
    let org = orgs["orgs"][0]["id"].as_str().unwrap().to_owned();
    let body = format!(r#"{{"orgID":"{org}","name":"more"}}"#);
    let bucket = server.own("POST", "/api/v2/buckets", &body);
    assert_eq!(bucket.status, 201);
    let bucket = bucket.json()["id"].as_str().unwrap().to_owned();
    let body = format!(
        r#"{{"orgID":"{org}","permissions":[{{"action":"read","resource":{{"type":"buckets","id":"{bucket}","orgID":"{org}"}}}}]}}"#
    );
    let token = server.own("POST", "/api/v2/authorizations", &body);
    assert_eq!(token.status, 201);
    let token = token.json()["token"].as_str().unwrap().to_owned();
    let target = "/api/v2/write?bucket=more&org=lineproof";
    let refused = server.as_token(&token, "POST", target, "m f=1 1");
    assert_eq!((refused.status, refused.body.as_str()), (401, ""));
    assert_eq!(server.own("POST", target, "m f=1 1").status, 204);
    assert_eq!(server.own("POST", "/write?db=more", "m f=1 1").status, 404, "no mapping");
    let body = format!(
        r#"{{"orgID":"{org}","bucketID":"{bucket}","database":"more","retention_policy":"x","default":true}}"#
    );
    assert_eq!(server.own("POST", "/api/v2/dbrps", &body).status, 201);
    assert_eq!(server.own("POST", "/write?db=more", "m f=1 2").status, 204);
    // One that may only read is told that, not that there is nothing.
    assert_eq!(server.as_token(&token, "POST", "/write?db=more", "m f=1 3").status, 401);
    let read = server.own("GET", "/query?db=more&q=SELECT+*+FROM+m", "");
    assert!(read.body.contains("\"values\":[["), "{read:?}");
    assert_eq!(server.own("DELETE", &format!("/api/v2/buckets/{bucket}"), "").status, 204);
    assert_eq!(server.own("POST", target, "m f=1 1").status, 404);
}

#[test]
fn a_bucket_that_is_there_from_the_start_is_a_database_too() {
    let server = Running::start("cloud-serverless@docs", &[]);
    assert_eq!(server.own("POST", "/write?db=db", "m f=1 1").status, 204);
    let read = server.own("GET", "/query?db=db&q=SELECT+f+FROM+m", "").json();
    assert_eq!(read["results"][0]["series"][0]["values"][0][1], 1.0, "{read}");
}
