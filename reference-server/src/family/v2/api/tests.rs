//! Expectations recorded from 2.7 but where another ground is named.

use crate::family::v2::catalog::Action;
use crate::family::v2::fixture::{self, call};

const CREATED: &str = "2026-11-21T03:34:31.5Z";

fn error(code: &str, message: &str) -> String {
    let message = message.replace('"', "\\\"");
    format!("{{\n\t\"code\": \"{code}\",\n\t\"message\": \"{message}\"\n}}")
}

/// A bucket's document, indented by `tabs`.
fn bucket(org: &str, id: &str, name: &str, description: &str, every: u64, shard: u64) -> String {
    let description = match description {
        "" => String::new(),
        text => format!("\t\"description\": \"{text}\",\n"),
    };
    format!(
        "{{\n\t\"id\": \"{id}\",\n\t\"orgID\": \"{org}\",\n\t\"type\": \"user\",\n{description}\
         \t\"name\": \"{name}\",\n\t\"retentionRules\": [\n\t\t{{\n\t\t\t\"type\": \"expire\",\n\
         \t\t\t\"everySeconds\": {every},\n\t\t\t\"shardGroupDurationSeconds\": {shard}\n\t\t}}\n\
         \t],\n\t\"createdAt\": \"{CREATED}\",\n\t\"updatedAt\": \"{CREATED}\",\n\t\"links\": {{\n\
         \t\t\"labels\": \"/api/v2/buckets/{id}/labels\",\n\
         \t\t\"members\": \"/api/v2/buckets/{id}/members\",\n\
         \t\t\"org\": \"/api/v2/orgs/{org}\",\n\
         \t\t\"owners\": \"/api/v2/buckets/{id}/owners\",\n\
         \t\t\"self\": \"/api/v2/buckets/{id}\",\n\
         \t\t\"write\": \"/api/v2/write?org={org}\\u0026bucket={id}\"\n\t}},\n\t\"labels\": []\n}}"
    )
}

/// The first id of a document.
fn id_in(body: &str) -> String {
    body.split("\"id\": \"").nth(1).and_then(|rest| rest.get(..16)).unwrap().to_owned()
}

#[test]
fn buckets_are_made() {
    let mut f = fixture::ready();
    let org = f.org.to_string();
    for (rules, description, every, shard) in [
        ("", "", 0, 604_800),
        (r#","description":"x","retentionRules":[]"#, "x", 0, 604_800),
        (r#","retentionRules":[{"type":"expire","everySeconds":3600}]"#, "", 3600, 3600),
    ] {
        let name = format!("b{}", rules.len());
        let body = format!(r#"{{"orgID":"{org}","name":"{name}"{rules}}}"#);
        let (status, document) = f.call("POST", "/api/v2/buckets", &body);
        let id = id_in(&document);
        assert_eq!(
            (status, &document),
            (201, &bucket(&org, &id, &name, description, every, shard))
        );
        let again = f.call("POST", "/api/v2/buckets", &body);
        let message = format!("bucket with name {name} already exists");
        assert_eq!(again, (422, error("conflict", &message)));
        assert_eq!(f.call("GET", &format!("/api/v2/buckets/{id}"), ""), (200, document));
    }
}

#[test]
fn buckets_that_are_refused() {
    let mut f = fixture::ready();
    let org = f.org.to_string();
    let rule =
        |rules: &str| format!(r#"{{"orgID":"{org}","name":"z","retentionRules":[{rules}]}}"#);
    for (body, status, code, message) in [
        (r#"{"name":"z"}"#.to_owned(), 400, "invalid", "organization id must be provided"),
        (
            rule(r#"{"everySeconds":3600},{"everySeconds":7200}"#),
            422,
            "unprocessable entity",
            "buckets cannot have more than one retention rule at this time",
        ),
        (
            rule(r#"{"everySeconds":-1}"#),
            422,
            "unprocessable entity",
            "expiration seconds cannot be negative",
        ),
        (
            rule(r#"{"everySeconds":60}"#),
            500,
            "internal error",
            "retention policy duration must be at least 1h0m0s",
        ),
        (
            format!(r#"{{"orgID":"{org}","name":"_x"}}"#),
            400,
            "invalid",
            "bucket name _x is invalid. Buckets may not start with underscore",
        ),
        (r#"{"orgID":"00000000000000ff"}"#.to_owned(), 404, "not found", "organization not found"),
        (String::new(), 400, "invalid", "failed to unmarshal json: EOF"),
        // Source: encoding/json and kit/platform/id.go.
        (
            r#"{"orgID":"zz"}"#.to_owned(),
            400,
            "invalid",
            "failed to unmarshal json: id must have a length of 16 bytes",
        ),
        (
            rule(r#"{"everySeconds":"1h"}"#),
            400,
            "invalid",
            "failed to unmarshal json: json: cannot unmarshal string into Go struct field \
             retentionRule.retentionRules.everySeconds of type int64",
        ),
    ] {
        let got = f.call("POST", "/api/v2/buckets", &body);
        assert_eq!(got, (status, error(code, message)), "{body}");
    }
    assert_eq!(f.catalog.buckets().count(), 3, "nothing was made");
}

#[test]
fn buckets_are_listed_changed_and_deleted() {
    let mut f = fixture::ready();
    let id = f.bucket("db");
    let org = f.org.to_string();
    let list = |name: &str, items: &str| {
        format!(
            "{{\n\t\"links\": {{\n\t\t\"self\": \"/api/v2/buckets?bucket={name}\\u0026descending=false\
             \\u0026limit=20\\u0026offset=0\"\n\t}},\n\t\"buckets\": [{items}]\n}}"
        )
    };
    let one = bucket(&org, &id.to_string(), "db", "", 0, 604_800).replace('\n', "\n\t\t");
    let found = f.call("GET", "/api/v2/buckets?name=db", "");
    assert_eq!(found, (200, list("db", &format!("\n\t\t{one}\n\t"))));
    assert_eq!(f.call("GET", "/api/v2/buckets?name=nope", ""), (200, list("nope", "")));
    let by_org = f.call("GET", "/api/v2/buckets?name=nope&org=acme", "");
    assert_eq!(by_org, (404, error("not found", "bucket \"nope\" not found")));

    let target = format!("/api/v2/buckets/{id}");
    let renamed = f.call("PATCH", &target, r#"{"name":"p"}"#);
    assert_eq!(renamed, (200, bucket(&org, &id.to_string(), "p", "", 0, 604_800)));
    let taken = f.call("PATCH", &target, r#"{"name":"first"}"#);
    assert_eq!(taken, (422, error("conflict", "bucket name is not unique")));

    let not_found = (404, error("not found", "bucket not found"));
    assert_eq!(f.call("DELETE", &target, ""), (204, String::new()));
    assert_eq!(f.call("DELETE", &target, ""), not_found);
    assert_eq!(f.call("GET", "/api/v2/buckets/00000000000000ff", ""), not_found);
    let bad = (400, error("invalid", "id must have a length of 16 bytes"));
    assert_eq!(f.call("GET", "/api/v2/buckets/zz", ""), bad);
}

#[test]
fn a_token_sees_what_it_may_read() {
    let mut f = fixture::ready();
    let id = f.bucket("db");
    let other = f.bucket("other");
    let seen = [
        (f.token(id, &[Action::Read]), true),
        (f.token(id, &[Action::Read, Action::Write]), true),
        (f.token(id, &[Action::Write]), false),
        (f.token(other, &[Action::Read, Action::Write]), false),
    ];
    for (token, expected) in seen {
        let secret = f.catalog.token(token).unwrap().token.clone();
        let (status, body) = f.call_as(&secret, "GET", "/api/v2/buckets?name=db", "");
        assert_eq!((status, body.contains("\"name\": \"db\"")), (200, expected));
        let target = format!("/api/v2/authorizations/{token}");
        f.call("PATCH", &target, r#"{"status":"inactive"}"#);
        let (status, body) = f.call_as(&secret, "GET", "/api/v2/buckets?name=db", "");
        assert_eq!((status, body.contains("\"buckets\": []")), (200, true));
    }
    // Source: 2.7 authorizer/authorize.go.
    let secret = f.catalog.token(f.catalog.tokens().nth(1).unwrap().id).unwrap().token.clone();
    let refused = f.call_as(&secret, "GET", &format!("/api/v2/buckets/{id}"), "");
    assert_eq!(refused, (401, error("unauthorized", "token is inactive")));
}

#[test]
fn orgs() {
    let mut f = fixture::ready();
    let id = f.org.to_string();
    let (status, body) = f.call("GET", "/api/v2/orgs?org=acme", "");
    let expected = format!(
        "{{\n\t\"links\": {{\n\t\t\"self\": \"/api/v2/orgs\"\n\t}},\n\t\"orgs\": [\n\t\t{{\n\
         \t\t\t\"links\": {{\n\t\t\t\t\"buckets\": \"/api/v2/buckets?org=acme\",\n\
         \t\t\t\t\"dashboards\": \"/api/v2/dashboards?org=acme\",\n\
         \t\t\t\t\"labels\": \"/api/v2/orgs/{id}/labels\",\n\
         \t\t\t\t\"logs\": \"/api/v2/orgs/{id}/logs\",\n\
         \t\t\t\t\"members\": \"/api/v2/orgs/{id}/members\",\n\
         \t\t\t\t\"owners\": \"/api/v2/orgs/{id}/owners\",\n\
         \t\t\t\t\"secrets\": \"/api/v2/orgs/{id}/secrets\",\n\
         \t\t\t\t\"self\": \"/api/v2/orgs/{id}\",\n\
         \t\t\t\t\"tasks\": \"/api/v2/tasks?org=acme\"\n\t\t\t}},\n\t\t\t\"id\": \"{id}\",\n\
         \t\t\t\"name\": \"acme\",\n\t\t\t\"description\": \"\",\n\
         \t\t\t\"createdAt\": \"{CREATED}\",\n\t\t\t\"updatedAt\": \"{CREATED}\"\n\t\t}}\n\t]\n}}"
    );
    assert_eq!((status, body), (200, expected));
    let unknown = f.call("GET", "/api/v2/orgs?org=nope", "");
    assert_eq!(unknown, (404, error("not found", "organization name \"nope\" not found")));
    let twice = f.call("POST", "/api/v2/orgs", r#"{"name":"acme"}"#);
    let message = "organization with name acme already exists";
    assert_eq!(twice, (422, error("conflict", message)));

    let (status, body) = f.call("POST", "/api/v2/orgs", r#"{"name":"second"}"#);
    assert_eq!(status, 201);
    let second = id_in(&body).parse().unwrap();
    let names: Vec<_> = f.catalog.buckets_of(second).iter().map(|b| b.name.as_str()).collect();
    assert_eq!(names, ["_monitoring", "_tasks"]);
    assert_eq!(f.call("DELETE", &format!("/api/v2/orgs/{second}"), "").0, 204);
    assert_eq!(f.catalog.buckets().count(), 3);
}

#[test]
fn mappings() {
    let mut f = fixture::ready();
    let (org, id) = (f.org, f.bucket("db"));
    let body = format!(
        r#"{{"orgID":"{org}","bucketID":"{id}","database":"m","retention_policy":"rp1","default":true}}"#
    );
    let (status, document) = f.call("POST", "/api/v2/dbrps", &body);
    let made = id_in(&document);
    let expected = format!(
        "{{\n\t\"id\": \"{made}\",\n\t\"database\": \"m\",\n\t\"retention_policy\": \"rp1\",\n\
         \t\"default\": true,\n\t\"virtual\": false,\n\t\"orgID\": \"{org}\",\n\
         \t\"bucketID\": \"{id}\"\n}}"
    );
    assert_eq!((status, &document), (201, &expected));
    let inner = expected.replace('\n', "\n\t\t");
    let listed = f.call("GET", "/api/v2/dbrps?org=acme&db=m", "");
    assert_eq!(listed, (200, format!("{{\n\t\"content\": [\n\t\t{inner}\n\t]\n}}")));

    let slash = f.bucket("s/one");
    let operator = f.catalog.token_by_secret(b"op-token").unwrap();
    let find = |db: &str, rp: &str| {
        let found = f.catalog.bucket_for_compat_write(operator, db.as_bytes(), rp.as_bytes());
        found.map(|bucket| bucket.id).ok()
    };
    for (db, rp, bucket) in [
        ("m", "", Some(id)),
        ("m", "rp1", Some(id)),
        ("m", "rp2", None),
        ("db", "", Some(id)),
        ("db", "autogen", Some(id)),
        ("s", "one", Some(slash)),
        ("s", "", None),
        ("s/one", "", None),
        ("nope", "", None),
        (&id.to_string(), "", None),
    ] {
        assert_eq!(find(db, rp), bucket, "{db} {rp}");
    }
    let shown = f.catalog.mappings_for_query(operator, Some(b"db"));
    let shown: Vec<_> = shown.iter().map(|m| (m.retention_policy.as_str(), m.default)).collect();
    assert_eq!(shown, [("autogen", true)]);
    assert_eq!(f.call("DELETE", &format!("/api/v2/dbrps/{made}?org=acme"), "").0, 204);
    let gone = f.call("GET", &format!("/api/v2/dbrps/{made}?org=acme"), "");
    assert_eq!(gone, (404, error("not found", "unable to find DBRP")));
}

#[test]
fn tokens() {
    let mut f = fixture::ready();
    let (org, user, bucket) = (f.org, f.user, f.bucket("db"));
    let body = format!(
        r#"{{"orgID":"{org}","permissions":[{{"action":"write","resource":{{"type":"buckets","id":"{bucket}","orgID":"{org}"}}}}]}}"#
    );
    let (status, document) = f.call("POST", "/api/v2/authorizations", &body);
    let id = id_in(&document);
    let secret = f.catalog.token(id.parse().unwrap()).unwrap().token.clone();
    let expected = format!(
        "{{\n\t\"id\": \"{id}\",\n\t\"token\": \"{secret}\",\n\t\"status\": \"active\",\n\
         \t\"description\": \"\",\n\t\"orgID\": \"{org}\",\n\t\"org\": \"acme\",\n\
         \t\"userID\": \"{user}\",\n\t\"user\": \"admin\",\n\t\"permissions\": [\n\t\t{{\n\
         \t\t\t\"action\": \"write\",\n\t\t\t\"resource\": {{\n\t\t\t\t\"type\": \"buckets\",\n\
         \t\t\t\t\"id\": \"{bucket}\",\n\t\t\t\t\"orgID\": \"{org}\",\n\t\t\t\t\"name\": \"db\",\n\
         \t\t\t\t\"org\": \"acme\"\n\t\t\t}}\n\t\t}}\n\t],\n\t\"links\": {{\n\
         \t\t\"self\": \"/api/v2/authorizations/{id}\",\n\
         \t\t\"user\": \"/api/v2/users/{user}\"\n\t}},\n\t\"createdAt\": \"{CREATED}\",\n\
         \t\"updatedAt\": \"{CREATED}\"\n}}"
    );
    assert_eq!((status, document), (201, expected));
    let none = f.call("POST", "/api/v2/authorizations", &format!(r#"{{"orgID":"{org}"}}"#));
    assert_eq!(none, (400, error("invalid", "authorization must include permissions")));

    // Source: 2.7 authorization/middleware_auth.go.
    let refused = f.call_as(&secret, "POST", "/api/v2/authorizations", &body).1;
    let message = format!("write:orgs/{org}/authorizations is unauthorized");
    assert_eq!(refused, error("unauthorized", &message));
    assert_eq!(f.call("GET", "/api/v2/authorizations", "").1.matches("\"token\"").count(), 2);
    assert_eq!(f.call("DELETE", &format!("/api/v2/authorizations/{id}"), "").0, 204);
}

#[test]
fn setup() {
    let mut catalog = fixture::empty();
    let target = "/api/v2/setup";
    let allowed = call(&mut catalog, None, "GET", target, "");
    assert_eq!(allowed, (200, "{\n\t\"allowed\": true\n}".to_owned()));
    // Source: 2.7 tenant/service_onboarding.go.
    let missing = call(&mut catalog, None, "POST", target, "{}").1;
    let message = "onboarding failed: missing required fields [username,org,bucket]";
    assert_eq!(missing, error("unprocessable entity", message));
    // Recorded: a body that is not there.
    let nothing = call(&mut catalog, None, "POST", target, "");
    assert_eq!(nothing, (500, error("internal error", "EOF")));

    let body = r#"{"username":"admin","password":"password","org":"acme","bucket":"first","token":"op-token"}"#;
    let (status, document) = call(&mut catalog, None, "POST", target, body);
    let read: serde_json::Value = serde_json::from_str(&document).unwrap();
    let keys: Vec<_> = read.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!((status, keys), (201, vec!["user", "bucket", "org", "auth"]));
    assert_eq!(read["auth"]["token"], "op-token");
    assert_eq!(read["auth"]["permissions"].as_array().unwrap().len(), 44);
    assert_eq!(read["bucket"]["name"], "first");

    let again = call(&mut catalog, None, "POST", target, "{}");
    let message = "onboarding has already been completed";
    assert_eq!(again, (422, error("conflict", message)));
    let allowed = call(&mut catalog, None, "GET", target, "");
    assert_eq!(allowed, (200, "{\n\t\"allowed\": false\n}".to_owned()));
}

#[test]
fn paths() {
    let mut f = fixture::ready();
    let user = f.user.to_string();
    let me = format!(
        "{{\n\t\"links\": {{\n\t\t\"self\": \"/api/v2/users/{user}\"\n\t}},\n\
         \t\"id\": \"{user}\",\n\t\"name\": \"admin\",\n\t\"status\": \"active\"\n}}"
    );
    assert_eq!(f.call("GET", "/api/v2/me", ""), (200, me));
    for method in ["HEAD", "POST"] {
        assert_eq!(f.call(method, "/api/v2/me", ""), (405, String::new()));
    }
    let unknown = (404, error("not found", "path not found"));
    for path in ["/api/v2/nope", "/api/v2/ping", "/api/v2/health", "/api/v2x"] {
        assert_eq!(f.call("POST", path, ""), unknown, "{path}");
    }
    for path in ["/api/v2", "/api/v2/"] {
        let (status, body) = f.call("POST", path, "");
        assert!(
            status == 200 && body.starts_with(r#"{"authorizations":"/api/v2/authorizations","#)
        );
        assert!(body.ends_with("\"write\":\"/api/v2/write\"}\n"));
    }
    // This server's own words for what it has not.
    let (status, body) = f.call("GET", "/api/v2/tasks", "");
    assert!(status == 501 && body.contains("/api/v2/tasks is not part of this server"));
}

#[test]
fn probes() {
    use super::probes;
    use profiles::v2_api::OSS_V2_2_7 as RELEASE;
    let escapes = RELEASE.control_escapes;
    let text = |reply: crate::family::v2::Reply| {
        (reply.status, String::from_utf8(reply.document.bytes(escapes)).unwrap())
    };
    let health = text(probes::health(&RELEASE)).1;
    let start = r#"{"name":"influxdb", "message":"ready for queries and writes", "status":"pass", "checks":[], "version": "v2.7.12", "commit": "#;
    assert!(health.starts_with(start) && health.ends_with("\"}\n"));
    let ready = text(probes::ready(1_795_228_453_514_559_510, 1_795_232_053_514_559_510));
    let body = "{\n    \"status\": \"ready\",\n    \"started\": \"2026-11-21T02:34:13.51455951Z\",\n    \"up\": \"1h0m0s\"\n}\n";
    assert_eq!(ready, (200, body.to_owned()));
    assert_eq!(text(probes::ping("HEAD")), (204, String::new()));
    assert_eq!(text(probes::ping("POST")), (405, "Method Not Allowed\n".to_owned()));
    assert_eq!(text(probes::no_assets()), (404, "no assets included in binary\n".to_owned()));
}
