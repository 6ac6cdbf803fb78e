//! `/api/v2/buckets`.

use super::paging::Paging;
use super::{Request, json, render};
use crate::family::v2::catalog::{
    Action, Bucket, BucketUpdate, Catalog, NewBucket, Permission, SchemaKind,
};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Code, Reply};
use crate::go_json::decode::Node;
use crate::go_json::{Decoder, Place};
use profiles::v2_api::BucketSchemas;
use serde_json::{Value, json as value};

const SECOND: i64 = 1_000_000_000;

/// The right to read a bucket; a system bucket is read by whom the organisation is.
fn read(bucket: &Bucket) -> Permission {
    if bucket.system {
        Permission::new(Action::Read, "orgs", Some(bucket.org_id), None)
    } else {
        Permission::new(Action::Read, "buckets", Some(bucket.id), Some(bucket.org_id))
    }
}

fn write(bucket: &Bucket) -> Permission {
    Permission::new(Action::Write, "buckets", Some(bucket.id), Some(bucket.org_id))
}

pub(super) fn list(catalog: &Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let query = request.query;
    let paging = Paging::of(query)?;
    let id_of = |key| match query.first(key) {
        b"" => Ok(None),
        text => Id::parse(text).map(Some).map_err(ApiError::from),
    };
    let org_id = id_of("orgID")?;
    let (org, name) = (query.first("org"), query.first("name"));
    let id = id_of("id")?;
    let in_org = match org_id {
        None if id.is_none() && !org.is_empty() => Some(catalog.org_by_name(org)?.id),
        given => given,
    };
    let found = match (id, in_org) {
        (Some(id), _) => vec![catalog.bucket(id)?],
        (None, Some(org)) if !name.is_empty() => vec![catalog.bucket_by_name(org, name)?],
        (None, Some(org)) => page_of_org(catalog, org, &paging),
        (None, None) => page_of_all(catalog, name, &paging),
    };
    let visible: Vec<Value> =
        found.into_iter().filter(|bucket| request.may(&read(bucket))).map(render::bucket).collect();
    let mut filter: Vec<(&str, Vec<u8>)> = Vec::new();
    filter.extend(id.map(|id| ("id", id.to_string().into())));
    filter.push(("bucket", name.to_vec()));
    filter.extend(org_id.map(|id| ("orgID", id.to_string().into())));
    filter.push(("org", org.to_vec()));
    let links = paging.links("/api/v2/buckets", &filter, visible.len());
    Ok(Reply::tabs(200, value!({"links": links, "buckets": visible})))
}

/// A page of an organisation's buckets, by name. `after` is looked for behind the offset.
fn page_of_org<'c>(catalog: &'c Catalog, org: Id, paging: &Paging) -> Vec<&'c Bucket> {
    let mut all = catalog.buckets_of(org);
    if paging.descending {
        all.reverse();
    }
    let behind = all.into_iter().skip(usize::try_from(paging.offset).unwrap_or(0));
    let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
    match paging.after {
        Some(after) => behind.skip_while(|b| b.id != after).skip(1).take(limit).collect(),
        None => behind.take(limit).collect(),
    }
}

/// A page of all buckets, by id. The offset counts those of other names too.
fn page_of_all<'c>(catalog: &'c Catalog, name: &[u8], paging: &Paging) -> Vec<&'c Bucket> {
    let mut all: Vec<&Bucket> = catalog.buckets().collect();
    if paging.descending {
        // The product goes backwards from the first id behind `after`.
        all.retain(|b| {
            paging.after.is_none_or(|after| {
                let next = catalog.buckets().map(|b| b.id).find(|id| *id > after);
                next.is_some_and(|next| b.id <= next)
            })
        });
        all.reverse();
    } else {
        all.retain(|b| paging.after.is_none_or(|after| b.id > after));
    }
    all.into_iter()
        .skip(usize::try_from(paging.offset).unwrap_or(0))
        .filter(|b| name.is_empty() || b.name.as_bytes() == name)
        .take(usize::try_from(paging.limit).unwrap_or(usize::MAX))
        .collect()
}

pub(super) fn create(catalog: &mut Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let explicit = catalog.release().bucket_schemas == BucketSchemas::ImplicitOrExplicit;
    let (org_id, mut new) = decode_new(request.body, explicit).map_err(unmarshal)?;
    let rule = new.rules.pop();
    let org_id = org_id.ok_or_else(|| ApiError::invalid("organization id must be provided"))?;
    check_rules(new.rules.is_empty(), rule.as_ref())?;
    request.check(&Permission::new(Action::Write, "buckets", None, Some(org_id)))?;
    let rule = rule.unwrap_or_default();
    let schema = match new.schema_type.as_deref() {
        None => SchemaKind::Implicit,
        // Our words.
        Some(word) => {
            let unknown = || ApiError::invalid(format!("invalid schemaType \"{word}\""));
            SchemaKind::of(word).ok_or_else(unknown)?
        }
    };
    let bucket = NewBucket {
        name: new.name,
        description: new.description,
        rp: new.rp,
        retention: rule.every.unwrap_or(0).wrapping_mul(SECOND),
        shard_group: rule.shard_group.unwrap_or(0).wrapping_mul(SECOND),
        schema,
        ..NewBucket::default_of(org_id)
    };
    let id = catalog.create_bucket(bucket, request.now)?;
    Ok(Reply::tabs(201, render::bucket(catalog.bucket(id)?)))
}

pub(super) fn get(catalog: &Catalog, request: &Request<'_>, id: Id) -> Result<Reply, ApiError> {
    let bucket = catalog.bucket(id)?;
    request.check(&read(bucket))?;
    Ok(Reply::tabs(200, render::bucket(bucket)))
}

pub(super) fn update(
    catalog: &mut Catalog,
    request: &Request<'_>,
    id: Id,
) -> Result<Reply, ApiError> {
    let (name, description, mut rules) = decode_update(request.body).map_err(unmarshal)?;
    let rule = rules.pop();
    check_rules(rules.is_empty(), rule.as_ref())?;
    let bucket = catalog.bucket(id)?;
    if name.is_some() {
        request.check(&read(bucket))?;
    }
    request.check(&write(bucket))?;
    let rule = rule.unwrap_or_default();
    let update = BucketUpdate {
        name,
        description,
        retention: rule.every.map(|seconds| seconds.wrapping_mul(SECOND)),
        shard_group: rule.shard_group.map(|seconds| seconds.wrapping_mul(SECOND)),
    };
    let bucket = catalog.update_bucket(id, update, request.now)?;
    Ok(Reply::tabs(200, render::bucket(bucket)))
}

pub(super) fn delete(
    catalog: &mut Catalog,
    request: &Request<'_>,
    id: Id,
) -> Result<Reply, ApiError> {
    request.check(&write(catalog.bucket(id)?))?;
    catalog.delete_bucket(id)?;
    Ok(Reply { dropped: vec![id], ..Reply::no_content() })
}

fn unmarshal(error: String) -> ApiError {
    ApiError::invalid(format!("failed to unmarshal json: {error}"))
}

/// A retention rule of a body, in seconds.
#[derive(Clone, Debug, Default)]
struct Rule {
    every: Option<i64>,
    shard_group: Option<i64>,
}

fn check_rules(single: bool, rule: Option<&Rule>) -> Result<(), ApiError> {
    let message = match rule {
        _ if !single => "buckets cannot have more than one retention rule at this time",
        Some(Rule { every: Some(..0), .. }) => "expiration seconds cannot be negative",
        Some(Rule { shard_group: Some(..0), .. }) => {
            "shard-group duration seconds cannot be negative"
        }
        _ => return Ok(()),
    };
    Err(ApiError::new(Code::Unprocessable, message))
}

#[derive(Default)]
struct NewBody {
    name: String,
    description: String,
    rp: String,
    rules: Vec<Rule>,
    schema_type: Option<String>,
}

/// Reads a body; `schemaType` only where buckets have one.
fn decode_new(body: &[u8], explicit: bool) -> Result<(Option<Id>, NewBody), String> {
    const NAMES: &[&str] = &["orgID", "name", "description", "rp", "retentionRules", "schemaType"];
    let names = if explicit { NAMES } else { NAMES.split_at(5).0 };
    let (mut org, mut new) = (None, NewBody::default());
    let mut json = json::body(body)?;
    for (index, node) in json.fields(json.root(), Place::whole("tenant.postBucketRequest"), names) {
        let place = |go_type| Place::field("postBucketRequest", NAMES[index], go_type);
        match index {
            0 => org = json::id(&mut json, node, place("platform.ID"))?.or(org),
            1 => json::set(&mut new.name, json.string(node, place("string"))),
            2 => json::set(&mut new.description, json.string(node, place("string"))),
            3 => json::set(&mut new.rp, json.string(node, place("string"))),
            4 => new.rules = rules(&mut json, node, "postBucketRequest", "retentionRule", "int64"),
            _ => new.schema_type = json.string(node, place("string")),
        }
    }
    json.finish()?;
    Ok((org, new))
}

type Update = (Option<String>, Option<String>, Vec<Rule>);

fn decode_update(body: &[u8]) -> Result<Update, String> {
    const NAMES: &[&str] = &["name", "description", "retentionRules"];
    let mut found: Update = (None, None, Vec::new());
    let mut json = json::body(body)?;
    for (index, node) in json.fields(json.root(), Place::whole("tenant.bucketUpdate"), NAMES) {
        let place = |go_type| Place::field("bucketUpdate", NAMES[index], go_type);
        match index {
            0 | 1 => {
                let text = json.string(node, place("string"));
                let field = if index == 0 { &mut found.0 } else { &mut found.1 };
                json::point(field, &json, node, text);
            }
            _ => found.2 = rules(&mut json, node, "bucketUpdate", "retentionRuleUpdate", "int64"),
        }
    }
    json.finish()?;
    Ok(found)
}

fn rules(json: &mut Decoder<'_>, node: Node, owner: &str, name: &str, integer: &str) -> Vec<Rule> {
    const NAMES: &[&str] = &["type", "everySeconds", "shardGroupDurationSeconds"];
    let list = format!("[]tenant.{name}");
    let element = format!("tenant.{name}");
    let items = json.items(node, Place::field(owner, "retentionRules", &list));
    let mut rules = Vec::with_capacity(items.len());
    for item in items {
        let mut rule = Rule::default();
        let place = Place::field(owner, "retentionRules", &element);
        for (index, node) in json.fields(item, place, NAMES) {
            let path = format!("retentionRules.{}", NAMES[index]);
            let place = |go_type| Place::field(name, &path, go_type);
            match index {
                0 => drop(json.string(node, place("string"))),
                1 => {
                    let value = json.integer(node, place(integer));
                    json::point(&mut rule.every, json, node, value);
                }
                _ => {
                    let value = json.integer(node, place(integer));
                    json::point(&mut rule.shard_group, json, node, value);
                }
            }
        }
        rules.push(rule);
    }
    rules
}
