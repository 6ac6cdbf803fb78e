//! `/api/v2/buckets/{id}/schema/measurements`.

use super::{Request, json, render};
use crate::family::v2::catalog::{Action, Catalog, Column, ColumnKind, Permission};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Document, Reply};
use crate::go_json::decode::Node;
use crate::go_json::{Decoder, Place};
use crate::store::FieldType;
use serde_json::{Value, json as value};

/// The ids of a path behind `buckets/`, where it leads here: the bucket's, and the schema's.
pub(super) fn ids(inner: &str) -> Option<(&str, Option<&str>)> {
    let (bucket, rest) = inner.split_once('/')?;
    match rest.strip_prefix("schema/measurements")? {
        "" => Some((bucket, None)),
        schema => Some((bucket, Some(schema.strip_prefix('/')?))),
    }
}

/// Answers a request for the schemas of a bucket.
pub(super) fn handle(
    catalog: &mut Catalog,
    request: &Request<'_>,
    bucket: &str,
    schema: Option<&str>,
) -> Result<Reply, ApiError> {
    let bucket = bucket.parse()?;
    let schema = schema.map(str::parse).transpose()?;
    match (request.method, schema) {
        ("GET", None) => list(catalog, request, bucket),
        ("POST", None) => create(catalog, request, bucket),
        ("GET", Some(schema)) => get(catalog, request, bucket, schema),
        ("PATCH", Some(schema)) => update(catalog, request, bucket, schema),
        _ => Ok(Reply::new(405, Document::Empty)),
    }
}

/// To who may not do this the bucket does not exist (bucket-schema.md, "Troubleshoot").
fn check(
    catalog: &Catalog,
    request: &Request<'_>,
    bucket: Id,
    action: Action,
) -> Result<(), ApiError> {
    let record = catalog.bucket(bucket)?;
    let wanted = Permission::new(action, "buckets", Some(bucket), Some(record.org_id));
    if request.may(&wanted) {
        return Ok(());
    }
    Err(ApiError::not_found(format!("bucket \"{}\" not found", record.name)))
}

fn list(catalog: &Catalog, request: &Request<'_>, bucket: Id) -> Result<Reply, ApiError> {
    check(catalog, request, bucket, Action::Read)?;
    let record = catalog.bucket(bucket)?;
    let all = catalog.explicit_schema(bucket)?;
    let name = request.query.first("name");
    let found = all.measurements.iter();
    let found = found.filter(|schema| name.is_empty() || schema.name.as_bytes() == name);
    let found: Vec<Value> = found.map(|schema| render::schema(record, schema)).collect();
    tagged(catalog, bucket, 200, value!({"measurementSchemas": found}))
}

fn create(catalog: &mut Catalog, request: &Request<'_>, bucket: Id) -> Result<Reply, ApiError> {
    check(catalog, request, bucket, Action::Write)?;
    let (name, columns) = decode(request.body)?;
    let id = catalog.create_schema(bucket, name, columns, request.now)?.id;
    one(catalog, bucket, id, 201)
}

fn get(
    catalog: &Catalog,
    request: &Request<'_>,
    bucket: Id,
    schema: Id,
) -> Result<Reply, ApiError> {
    check(catalog, request, bucket, Action::Read)?;
    one(catalog, bucket, schema, 200)
}

fn update(
    catalog: &mut Catalog,
    request: &Request<'_>,
    bucket: Id,
    schema: Id,
) -> Result<Reply, ApiError> {
    check(catalog, request, bucket, Action::Write)?;
    let (_, columns) = decode(request.body)?;
    catalog.update_schema(bucket, schema, columns, request.now)?;
    one(catalog, bucket, schema, 200)
}

fn one(catalog: &Catalog, bucket: Id, schema: Id, status: u16) -> Result<Reply, ApiError> {
    let schema = catalog.measurement_schema(bucket, schema)?;
    let document = render::schema(catalog.bucket(bucket)?, schema);
    tagged(catalog, bucket, status, document)
}

/// A document with the version of the bucket's schemas.
fn tagged(catalog: &Catalog, bucket: Id, status: u16, document: Value) -> Result<Reply, ApiError> {
    let version = catalog.explicit_schema(bucket)?.version;
    Ok(Reply { etag: Some(format!("\"{version}\"")), ..Reply::tabs(status, document) })
}

type Body = (String, Option<Vec<Column>>);

fn decode(body: &[u8]) -> Result<Body, ApiError> {
    read(body).map_err(|error| ApiError::invalid(format!("failed to unmarshal json: {error}")))
}

fn read(body: &[u8]) -> Result<Body, String> {
    const NAMES: &[&str] = &["name", "columns"];
    let (mut name, mut columns) = (String::new(), None);
    let mut json = json::body(body)?;
    for (index, node) in json.fields(json.root(), Place::whole("object"), NAMES) {
        let place = |kind| Place::field("schema", NAMES[index], kind);
        if index == 0 {
            json::set(&mut name, json.string(node, place("string")));
        } else {
            let items = json.items(node, place("array"));
            let read: Result<Vec<_>, _> =
                items.into_iter().map(|item| column(&mut json, item)).collect();
            columns = Some(read?);
        }
    }
    json.finish()?;
    Ok((name, columns))
}

fn column(json: &mut Decoder<'_>, node: Node) -> Result<Column, String> {
    const NAMES: &[&str] = &["name", "type", "dataType"];
    let mut texts = [String::new(), String::new(), String::new()];
    for (index, node) in json.fields(node, Place::field("schema", "columns", "object"), NAMES) {
        let place = Place::field("columns", NAMES[index], "string");
        json::set(&mut texts[index], json.string(node, place));
    }
    let [name, kind, data_type] = texts;
    let kind = match (kind.as_str(), data_type.as_str()) {
        ("timestamp", _) => ColumnKind::Timestamp,
        ("tag", _) => ColumnKind::Tag,
        ("field", "float") => ColumnKind::Field(FieldType::Float),
        ("field", "integer") => ColumnKind::Field(FieldType::Integer),
        ("field", "unsigned") => ColumnKind::Field(FieldType::Unsigned),
        ("field", "boolean") => ColumnKind::Field(FieldType::Boolean),
        // Docs: a field without a type is a string.
        ("field", "string" | "") => ColumnKind::Field(FieldType::String),
        ("field", other) => return Err(format!("unknown dataType \"{other}\"")),
        (other, _) => return Err(format!("unknown column type \"{other}\"")),
    };
    Ok(Column { name, kind })
}
