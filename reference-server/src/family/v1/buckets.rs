//! Paths of v2 in a v1 server: retention policies as buckets `db/rp`, to list, to make and to empty.
//! Not writes, which are an endpoint of the profile.
//!
//! Texts and order are those of 1.12:services/httpd/handler.go.

use super::catalog::{Catalog, Policy, PolicyChange};
use super::write::as_database_and_policy;
use super::{Caller, Service, json_answer, not_allowed};
use crate::go_json::{self, Decoder, Document, Place};
use crate::go_text::quote;
use crate::http::{Body, QueryString, Request, Response};
use crate::journal::Change;
use crate::lock::lock;
use crate::respond;
use serde_json::{Value, json};

/// The largest body of a request that is not a write.
const LARGEST_REQUEST: u64 = 16 << 20;

/// How many buckets a list has where nothing is said.
const DEFAULT_LIMIT: usize = 100;

const SECOND: i64 = 1_000_000_000;

/// A path.
#[derive(Clone, Copy, Debug)]
pub(super) enum Route {
    /// `/api/v2/query`.
    Query,
    /// `/api/v2/delete`.
    Delete,
    /// `/api/v2/buckets`.
    Buckets,
}

impl Route {
    /// What is at this path.
    pub(super) fn of(path: &str) -> Option<Self> {
        match path {
            "/api/v2/query" => Some(Self::Query),
            "/api/v2/delete" => Some(Self::Delete),
            "/api/v2/buckets" => Some(Self::Buckets),
            _ => None,
        }
    }
}

/// Status and text of an error.
type Refusal = (u16, String);

impl Service {
    pub(super) async fn v2_route(
        &self,
        route: Route,
        request: Request,
        body: Body<'_>,
    ) -> Response {
        let facts = &self.profile.facts;
        let read = match (route, request.method.as_str()) {
            // The CORS filter answers before the handler does.
            (Route::Query, "OPTIONS") => return Response::new(200),
            (Route::Query | Route::Delete | Route::Buckets, "POST") => false,
            (Route::Buckets, "GET") => true,
            (Route::Query, _) => return not_allowed("OPTIONS, POST"),
            (Route::Delete, _) => return not_allowed("POST"),
            (Route::Buckets, _) => return not_allowed("GET, POST"),
        };
        let caller = match self.authenticate(&request) {
            Ok(caller) => caller,
            Err(fault) => return respond::fault(&facts.http, facts.credentials, &fault.into()),
        };
        let body = if read {
            Vec::new()
        } else {
            match body.read(LARGEST_REQUEST).await {
                Ok(body) => body,
                Err(error) => {
                    return respond::error_line(&facts.http, error.status(), &error.to_string());
                }
            }
        };
        let change = match (route, read) {
            (Route::Buckets, false) => self.journal.begin(0),
            _ => Ok(Change::none()),
        };
        let change = match change {
            Ok(change) => change,
            Err(why) => return respond::error_line(&facts.http, 500, &why.to_string()),
        };
        let mut catalog = lock(&self.catalog);
        let answered = match route {
            Route::Query => Err((
                403,
                "Flux query service disabled. Verify flux-enabled=true in the [http] section of \
                 the InfluxDB config."
                    .to_owned(),
            )),
            Route::Delete => delete(&catalog, &caller, &request.query, &body),
            Route::Buckets if read => list(&catalog, &caller, &request.query).map(|b| (200, b)),
            Route::Buckets => create(&mut catalog, &caller, &body).map(|b| (201, b)),
        };
        self.record_catalog(&change, &catalog);
        match answered {
            Ok((status, document)) => {
                json_answer(status, go_json::compact(&document, facts.http.control_escapes))
            }
            Err((status, text)) => respond::error_line(&facts.http, status, &text),
        }
    }
}

/// The names that a bucket's stands for.
fn named(bucket: &str) -> Result<(&str, &str), String> {
    match as_database_and_policy(bucket) {
        ("", _) if bucket.is_empty() => Err(format!(
            "bucket name {} is missing a slash; not in \"database/retention-policy\" format",
            quote(bucket.as_bytes())
        )),
        ("", _) => Err(format!(
            "bucket name {} is in db/rp form but has an empty database",
            quote(bucket.as_bytes())
        )),
        names => Ok(names),
    }
}

/// What stands in the way of a deletion. The deletion itself is not part of this server.
fn delete(
    catalog: &Catalog,
    caller: &Caller,
    query: &QueryString,
    body: &[u8],
) -> Result<(u16, Value), Refusal> {
    let (name, policy) = named(query.get("bucket").unwrap_or_default())
        .map_err(|why| (404, format!("delete - bucket: {why}")))?;
    let quoted = quote(name.as_bytes());
    let database = catalog
        .database(name)
        .ok_or_else(|| (404, format!("delete - database not found: {quoted}")))?;
    if database.policy(policy).is_none() {
        let policy = quote(policy.as_bytes());
        return Err((404, format!("delete - retention policy not found in {quoted}: {policy}")));
    }
    if let Caller::User(user) = caller
        && !user.may_write(name)
    {
        let user = quote(user.name.as_bytes());
        let text = format!("delete - {user} is not authorized to delete from {quoted}: ");
        return Err((403, text + "not authorized"));
    }
    let mut times = [false, false];
    let mut json = Document::whole(body)
        .map(Decoder::new)
        .map_err(|why| (400, format!("delete - cannot parse request body: {why}")))?;
    let names = ["start", "stop"];
    for (index, node) in json.fields(json.root(), Place::whole("httpd.DeleteBody"), &names) {
        let place = Place::field("DeleteBody", names[index], "string");
        times[index] |= json.string(node, place).is_some_and(|time| !time.is_empty());
    }
    json.finish().map_err(|why| (400, format!("delete - cannot parse request body: {why}")))?;
    for (name, given) in names.iter().zip(times) {
        if !given {
            return Err((400, format!("delete - {name} field in RFC3339Nano format required")));
        }
    }
    Err((501, "/api/v2/delete is not part of this server".to_owned()))
}

/// The buckets that the caller may read, in the order in which they were made.
fn list(catalog: &Catalog, caller: &Caller, query: &QueryString) -> Result<Value, Refusal> {
    let get = |name| query.get(name).unwrap_or_default();
    let name = match (get("id"), get("name")) {
        ("", name) => name,
        (id, "") => id,
        (id, name) if id == name => id,
        (id, name) => {
            let (id, name) = (quote(id.as_bytes()), quote(name.as_bytes()));
            let text = format!("list buckets: name: {name} and id: {id} do not match");
            return Err((400, text));
        }
    };
    if !name.is_empty() {
        let (database, policy) = named(name)
            .map_err(|why| (404, format!("bucket {}: {why}", quote(name.as_bytes()))))?;
        let found = catalog.database(database).and_then(|known| known.policy(policy));
        let found =
            found.ok_or_else(|| (404, format!("bucket not found: {}", quote(name.as_bytes()))))?;
        return Ok(json!({ "buckets": [bucket(database, found)] }));
    }
    let limit = match number("limit", get("limit"))? {
        None => DEFAULT_LIMIT,
        Some(limit) => usize::try_from(limit).ok().filter(|n| *n > 0).unwrap_or(usize::MAX),
    };
    let offset = number("offset", get("offset"))?.unwrap_or_default();
    let readable = |name: &String| match caller {
        Caller::User(user) => user.may_read(name),
        Caller::Anyone | Caller::FirstAdmin => true,
    };
    let mut buckets = Vec::new();
    for name in catalog.databases().iter().filter(|name| readable(name)) {
        let policies = catalog.database(name).into_iter().flat_map(|d| &d.policies);
        buckets.extend(policies.map(|policy| bucket(name, policy)));
    }
    let offset = usize::try_from(offset).unwrap_or_default();
    let shown: Vec<_> = buckets.into_iter().skip(offset).take(limit).collect();
    Ok(json!({ "buckets": shown }))
}

/// A parameter that is a number, where it is there.
fn number(name: &str, text: &str) -> Result<Option<i64>, Refusal> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| {
        let text = quote(text.as_bytes());
        let why = format!("strconv.ParseInt: parsing {text}: invalid syntax");
        (400, format!("list buckets parameter is not an integer - {name}={text}: {why}"))
    })
}

/// Makes a policy, and its database where that is not there.
fn create(catalog: &mut Catalog, caller: &Caller, body: &[u8]) -> Result<Value, Refusal> {
    let wanted = Wanted::read(body)
        .map_err(|why| (400, format!("buckets - cannot parse request body: {why}")))?;
    let quoted = quote(wanted.name.as_bytes());
    let (database, policy) = named(&wanted.name)
        .map_err(|why| (400, format!("buckets - illegal bucket name: {why}")))?;
    if policy.is_empty() {
        return Err((400, format!("buckets - illegal bucket name: {quoted}")));
    }
    if !wanted.policy.is_empty() && wanted.policy != policy {
        let (rp, other) = (quote(policy.as_bytes()), quote(wanted.policy.as_bytes()));
        let text = format!("buckets - two retention policies specified: {rp} differs from {other}");
        return Err((400, text));
    }
    if policy.contains(['/', '\\']) || matches!(policy, "." | "..") {
        let rp = quote(policy.as_bytes());
        return Err((400, format!("buckets - retention policy {rp}: invalid name")));
    }
    if let Caller::User(user) = caller
        && !user.admin
    {
        let user = quote(user.name.as_bytes());
        let text = format!("buckets - {user} is not authorized to create {quoted}: ");
        return Err((403, text + "not authorized"));
    }
    let made = match catalog.database(database) {
        None => catalog.create_database(database, Some((policy, &wanted.change))),
        Some(_) => catalog.create_policy(database, policy, &wanted.change),
    };
    made.map_err(|why| (400, format!("buckets - cannot create bucket {quoted}: {why}")))?;
    let made = catalog.database(database).and_then(|known| known.policy(policy));
    Ok(made.map(|made| bucket(database, made)).unwrap_or_default())
}

/// The body of a request for a new bucket.
#[derive(Default)]
struct Wanted {
    name: String,
    policy: String,
    change: PolicyChange,
}

impl Wanted {
    fn read(body: &[u8]) -> Result<Self, String> {
        const NAMES: &[&str] = &["name", "rp", "retentionRules"];
        const RULE: &[&str] = &["everySeconds", "shardGroupDurationSeconds"];
        let mut wanted = Self::default();
        let mut json = Decoder::new(Document::whole(body)?);
        for (index, node) in json.fields(json.root(), Place::whole("httpd.BucketsBody"), NAMES) {
            let place = |go_type| Place::field("BucketsBody", NAMES[index], go_type);
            match index {
                0 => wanted.name = json.string(node, place("string")).unwrap_or_default(),
                1 => wanted.policy = json.string(node, place("string")).unwrap_or_default(),
                _ => {
                    // The first rule counts.
                    let rules = json.items(node, place("[]httpd.RetentionRule"));
                    let Some(rule) = rules.first() else { continue };
                    let whole = Place::whole("httpd.RetentionRule");
                    for (index, node) in json.fields(*rule, whole, RULE) {
                        let place = Place::field("RetentionRule", RULE[index], "int64");
                        let time = json.integer(node, place).map(|n| n.saturating_mul(SECOND));
                        match index {
                            0 => wanted.change.duration = time,
                            _ => wanted.change.shard_duration = time,
                        }
                    }
                }
            }
        }
        json.finish()?;
        Ok(wanted)
    }
}

/// A policy as a bucket.
fn bucket(database: &str, policy: &Policy) -> Value {
    const NEVER: &str = "0001-01-01T00:00:00Z";
    let name = format!("{database}/{}", policy.name);
    json!({
        "description": "",
        "name": name,
        "retentionRules": [{
            "type": "",
            "everySeconds": policy.duration / SECOND,
            "shardGroupDurationSeconds": policy.shard_duration / SECOND,
        }],
        "orgId": "",
        "schemaType": "implicit",
        "id": name,
        "type": "",
        "rp": policy.name,
        "createdAt": NEVER,
        "updatedAt": NEVER,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use profiles::storage::Storage;

    fn catalog() -> Catalog {
        let shards = profiles::ALL.iter().find_map(|profile| match profile.facts.storage {
            Storage::Shards(shards) => Some(shards),
            Storage::Tables(_) | Storage::Partitions(_) => None,
        });
        match shards {
            Some(shards) => Catalog::new(shards),
            None => panic!("a profile with shards"),
        }
    }

    #[test]
    fn a_bucket_is_made_listed_and_named() {
        let mut catalog = catalog();
        let body = br#"{"name":"d/one","retentionRules":[{"everySeconds":7200}]}"#;
        let made = create(&mut catalog, &Caller::Anyone, body);
        let Ok(made) = made else { panic!("{made:?}") };
        let expected = r#"{"description":"","name":"d/one","retentionRules":[{"type":"","everySeconds":7200,"shardGroupDurationSeconds":3600}],"orgId":"","schemaType":"implicit","id":"d/one","type":"","rp":"one","createdAt":"0001-01-01T00:00:00Z","updatedAt":"0001-01-01T00:00:00Z"}"#;
        assert_eq!(made.to_string(), expected);
        assert!(create(&mut catalog, &Caller::Anyone, br#"{"name":"d/two"}"#).is_ok());
        let list = |text| list(&catalog, &Caller::Anyone, &QueryString::as_go_reads(text));
        let names = |text| {
            let listed = list(text).map(|all| {
                let buckets = all["buckets"].as_array().cloned().unwrap_or_default();
                buckets.iter().map(|bucket| bucket["name"].to_string()).collect::<Vec<_>>()
            });
            listed.unwrap_or_else(|(status, text)| vec![format!("{status} {text}")])
        };
        assert_eq!(names(""), ["\"d/one\"", "\"d/two\""]);
        assert_eq!(names("offset=1"), ["\"d/two\""]);
        assert_eq!(names("limit=1"), ["\"d/one\""]);
        assert_eq!(names("name=d/two"), ["\"d/two\""]);
        assert_eq!(names("id=d/three"), ["404 bucket not found: \"d/three\""]);
    }

    #[test]
    fn what_is_no_bucket_is_refused() {
        let mut catalog = catalog();
        for (body, why) in [
            ("", "buckets - cannot parse request body: unexpected end of JSON input"),
            (r#"{"name":"d"}"#, "buckets - illegal bucket name: \"d\""),
            (
                r#"{"name":"d/a","rp":"b"}"#,
                "buckets - two retention policies specified: \"a\" differs from \"b\"",
            ),
        ] {
            let made = create(&mut catalog, &Caller::Anyone, body.as_bytes());
            assert_eq!(made, Err((400, why.to_owned())));
        }
        let delete = |text| {
            delete(&catalog, &Caller::Anyone, &QueryString::as_go_reads(text), b"{}").map(drop)
        };
        let missing = "delete - database not found: \"d\"".to_owned();
        assert_eq!(delete("bucket=d"), Err((404, missing)));
    }
}
