//! `/api/v2/dbrps`.

use super::paging::boolean;
use super::{Request, json, render};
use crate::family::v2::catalog::{
    Action, Bucket, Catalog, Mapping, MappingFilter, NewMapping, Permission,
};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Reply};
use crate::go_json::Place;
use crate::go_text::quote;
use profiles::v2_api::MappingVisibility;
use serde_json::{Value, json as value};

fn to_bucket(action: Action, bucket: Id, org: Id) -> Permission {
    Permission::new(action, "buckets", Some(bucket), Some(org))
}

/// Whether the caller may read a bucket: only such buckets have virtual mappings.
fn readable(request: &Request<'_>, bucket: &Bucket) -> bool {
    request.may(&if bucket.system {
        Permission::new(Action::Read, "orgs", Some(bucket.org_id), None)
    } else {
        to_bucket(Action::Read, bucket.id, bucket.org_id)
    })
}

/// The organisation of `orgID`, else of the name `org`.
fn org_of(catalog: &Catalog, request: &Request<'_>) -> Result<Id, ApiError> {
    match request.query.first("orgID") {
        b"" => org_named(catalog, request.query.first("org")),
        text => Id::parse(text).map_err(|error| ApiError::from(error).behind(&bad("org", text))),
    }
}

fn org_named(catalog: &Catalog, name: &[u8]) -> Result<Id, ApiError> {
    if name.is_empty() {
        return Err(ApiError::invalid("either 'org' or 'orgID' must be provided"));
    }
    match catalog.org_by_name(name) {
        Ok(org) => Ok(org.id),
        Err(_) => Err(ApiError::not_found("organization not found")
            .behind(&format!("invalid org {}", quote(name)))),
    }
}

fn bad(what: &str, text: &[u8]) -> String {
    format!("invalid {what} ID {}", quote(text))
}

pub(super) fn list(catalog: &Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let query = request.query;
    let org = org_of(catalog, request)?;
    let id_of = |key, what| match query.first(key) {
        b"" => Ok(None),
        text => {
            let id = Id::parse(text).map(Some);
            id.map_err(|error| ApiError::from(error).behind(&bad(what, text)))
        }
    };
    let given = |key| Some(query.first(key)).filter(|value| !value.is_empty());
    let filter = MappingFilter {
        id: id_of("id", "DBRP")?,
        bucket_id: id_of("bucketID", "bucket")?,
        database: given("db"),
        retention_policy: given("rp"),
        default: match given("default") {
            None => None,
            Some(text) => {
                let value = boolean(text);
                Some(value.ok_or_else(|| ApiError::invalid("invalid default parameter"))?)
            }
        },
    };
    let either = catalog.release().mapping_visibility == MappingVisibility::ReadOrWrite;
    let found: Vec<Value> = catalog
        .mappings(org, filter, |bucket| readable(request, bucket))
        .iter()
        .filter(|m| {
            request.may(&to_bucket(Action::Read, m.bucket_id, m.org_id))
                || either && request.may(&to_bucket(Action::Write, m.bucket_id, m.org_id))
        })
        .map(|mapping| render::mapping(catalog, mapping))
        .collect();
    Ok(Reply::tabs(200, value!({"content": found})))
}

pub(super) fn create(catalog: &mut Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let body = decode(request.body).map_err(structure)?;
    let org_id = match body.org_id.as_bytes() {
        b"" => org_named(catalog, body.org.as_bytes())?,
        text => Id::parse(text).map_err(|error| ApiError::from(error).behind(&bad("org", text)))?,
    };
    let text = body.bucket_id.as_bytes();
    let bucket_id =
        Id::parse(text).map_err(|error| ApiError::from(error).behind(&bad("bucket", text)))?;
    request.check(&to_bucket(Action::Write, bucket_id, org_id))?;
    Catalog::check_mapping(&body.database, &body.retention_policy)?;
    let bucket = catalog.bucket(bucket_id)?;
    if !readable(request, bucket) {
        request.check(&to_bucket(Action::Read, bucket_id, bucket.org_id))?;
    }
    let mapping = catalog.create_mapping(NewMapping {
        database: body.database,
        retention_policy: body.retention_policy,
        default: body.default,
        org_id,
        bucket_id,
    })?;
    Ok(Reply::tabs(201, render::mapping(catalog, &mapping)))
}

fn find(catalog: &Catalog, request: &Request<'_>, id: Id) -> Result<(Id, Mapping), ApiError> {
    let org = org_of(catalog, request)?;
    let mapping = catalog.mapping(org, id, |bucket| readable(request, bucket))?;
    Ok((org, mapping))
}

pub(super) fn get(catalog: &Catalog, request: &Request<'_>, id: Id) -> Result<Reply, ApiError> {
    let (org, mapping) = find(catalog, request, id)?;
    request.check(&to_bucket(Action::Read, mapping.bucket_id, org))?;
    Ok(Reply::tabs(200, value!({"content": render::mapping(catalog, &mapping)})))
}

pub(super) fn update(
    catalog: &mut Catalog,
    request: &Request<'_>,
    id: Id,
) -> Result<Reply, ApiError> {
    let (org, mut mapping) = find(catalog, request, id)?;
    request.check(&to_bucket(Action::Read, mapping.bucket_id, org))?;
    let (default, retention_policy) = decode_update(request.body).map_err(structure)?;
    json::set(&mut mapping.default, default);
    json::set(&mut mapping.retention_policy, retention_policy);
    request.check(&to_bucket(Action::Write, mapping.bucket_id, mapping.org_id))?;
    catalog.update_mapping(&mapping)?;
    Ok(Reply::tabs(200, value!({"content": render::mapping(catalog, &mapping)})))
}

pub(super) fn delete(
    catalog: &mut Catalog,
    request: &Request<'_>,
    id: Id,
) -> Result<Reply, ApiError> {
    let (org, mapping) = find(catalog, request, id)?;
    request.check(&to_bucket(Action::Write, mapping.bucket_id, org))?;
    catalog.delete_mapping(org, id);
    Ok(Reply::no_content())
}

fn structure(error: String) -> ApiError {
    ApiError::invalid(format!("invalid json structure: {error}"))
}

#[derive(Default)]
struct Body {
    database: String,
    retention_policy: String,
    default: bool,
    org: String,
    org_id: String,
    bucket_id: String,
}

fn decode(text: &[u8]) -> Result<Body, String> {
    const NAMES: &[&str] = &["database", "retention_policy", "org", "orgID", "bucketID", "default"];
    let mut body = Body::default();
    let mut json = json::body(text)?;
    for (index, node) in json.fields(json.root(), Place::whole("dbrp.createDBRPRequest"), NAMES) {
        let place = |go_type| Place::field("createDBRPRequest", NAMES[index], go_type);
        if index == 5 {
            json::set(&mut body.default, json.boolean(node, place("bool")));
            continue;
        }
        let field = match index {
            0 => &mut body.database,
            1 => &mut body.retention_policy,
            2 => &mut body.org,
            3 => &mut body.org_id,
            _ => &mut body.bucket_id,
        };
        json::set(field, json.string(node, place("string")));
    }
    json.finish()?;
    Ok(body)
}

fn decode_update(text: &[u8]) -> Result<(Option<bool>, Option<String>), String> {
    const NAMES: &[&str] = &["default", "retention_policy"];
    // The product decodes into a struct without a name.
    const WHOLE: &str = "struct { Default *bool \"json:\\\"default\\\"\"; RetentionPolicy *string \"json:\\\"retention_policy\\\"\" }";
    let mut found = (None, None);
    let mut json = json::body(text)?;
    for (index, node) in json.fields(json.root(), Place::whole(WHOLE), NAMES) {
        if index == 0 {
            let value = json.boolean(node, Place::field("", "default", "bool"));
            json::point(&mut found.0, &json, node, value);
        } else {
            let value = json.string(node, Place::field("", "retention_policy", "string"));
            json::point(&mut found.1, &json, node, value);
        }
    }
    json.finish()?;
    Ok(found)
}
