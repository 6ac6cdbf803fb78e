//! Records as the documents of the management API, keys in the product's order.

use crate::family::v2::catalog::{
    Bucket, Catalog, ColumnKind, Mapping, Org, Permission, Schema, Token, User,
};
use crate::go_text::rfc3339_nano;
use profiles::v2_api::VirtualMappings;
use serde_json::{Map, Value, json};

const SECOND: i64 = 1_000_000_000;

pub(super) fn bucket(bucket: &Bucket) -> Value {
    let mut out = Map::new();
    let mut put = |key: &str, value: Value| drop(out.insert(key.to_owned(), value));
    let (id, org) = (bucket.id.to_string(), bucket.org_id.to_string());
    put("id", json!(id));
    put("orgID", json!(org));
    put("type", json!(if bucket.system { "system" } else { "user" }));
    if !bucket.description.is_empty() {
        put("description", json!(bucket.description));
    }
    put("name", json!(bucket.name));
    if !bucket.rp.is_empty() {
        put("rp", json!(bucket.rp));
    }
    let rules = if bucket.retention > 0 || bucket.shard_group > 0 {
        json!([{
            "type": "expire",
            "everySeconds": bucket.retention / SECOND,
            "shardGroupDurationSeconds": bucket.shard_group / SECOND,
        }])
    } else {
        json!([])
    };
    put("retentionRules", rules);
    if let Some(schema) = &bucket.schema {
        put("schemaType", json!(schema.word()));
    }
    put("createdAt", json!(rfc3339_nano(bucket.created_at)));
    put("updatedAt", json!(rfc3339_nano(bucket.updated_at)));
    put(
        "links",
        json!({
            "labels": format!("/api/v2/buckets/{id}/labels"),
            "members": format!("/api/v2/buckets/{id}/members"),
            "org": format!("/api/v2/orgs/{org}"),
            "owners": format!("/api/v2/buckets/{id}/owners"),
            "self": format!("/api/v2/buckets/{id}"),
            "write": format!("/api/v2/write?org={org}&bucket={id}"),
        }),
    );
    put("labels", json!([]));
    Value::Object(out)
}

pub(super) fn schema(bucket: &Bucket, schema: &Schema) -> Value {
    let columns = schema.columns.iter().map(|column| match column.kind {
        ColumnKind::Timestamp => json!({"name": column.name, "type": "timestamp"}),
        ColumnKind::Tag => json!({"name": column.name, "type": "tag"}),
        ColumnKind::Field(field_type) => {
            json!({"name": column.name, "type": "field", "dataType": field_type.word()})
        }
    });
    json!({
        "id": schema.id.to_string(),
        "orgID": bucket.org_id.to_string(),
        "bucketID": bucket.id.to_string(),
        "name": schema.name,
        "columns": columns.collect::<Vec<_>>(),
        "createdAt": rfc3339_nano(schema.created_at),
        "updatedAt": rfc3339_nano(schema.updated_at),
    })
}

pub(super) fn org(org: &Org) -> Value {
    let (id, name) = (org.id.to_string(), &org.name);
    json!({
        "links": {
            "buckets": format!("/api/v2/buckets?org={name}"),
            "dashboards": format!("/api/v2/dashboards?org={name}"),
            "labels": format!("/api/v2/orgs/{id}/labels"),
            "logs": format!("/api/v2/orgs/{id}/logs"),
            "members": format!("/api/v2/orgs/{id}/members"),
            "owners": format!("/api/v2/orgs/{id}/owners"),
            "secrets": format!("/api/v2/orgs/{id}/secrets"),
            "self": format!("/api/v2/orgs/{id}"),
            "tasks": format!("/api/v2/tasks?org={name}"),
        },
        "id": id,
        "name": name,
        "description": org.description,
        "createdAt": rfc3339_nano(org.created_at),
        "updatedAt": rfc3339_nano(org.updated_at),
    })
}

pub(super) fn user(user: &User) -> Value {
    let id = user.id.to_string();
    json!({
        "links": {"self": format!("/api/v2/users/{id}")},
        "id": id,
        "name": user.name,
        "status": "active",
    })
}

pub(super) fn mapping(catalog: &Catalog, mapping: &Mapping) -> Value {
    let mut out = json!({
        "id": mapping.id.to_string(),
        "database": mapping.database,
        "retention_policy": mapping.retention_policy,
        "default": mapping.default,
        "virtual": mapping.virtual_mapping,
        "orgID": mapping.org_id.to_string(),
        "bucketID": mapping.bucket_id.to_string(),
    });
    if catalog.release().virtual_mappings == VirtualMappings::None
        && let Some(fields) = out.as_object_mut()
    {
        fields.shift_remove("virtual");
    }
    out
}

/// A token as `/api/v2/authorizations` shows it; none where its organisation or user is gone.
pub(super) fn token(catalog: &Catalog, token: &Token) -> Option<Value> {
    let org = catalog.org(token.org_id).ok()?;
    let user = catalog.user(token.user_id).ok()?;
    let permissions: Vec<Value> =
        token.permissions.iter().map(|p| permission(p, Some(catalog))).collect();
    Some(json!({
        "id": token.id.to_string(),
        "token": token.token,
        "status": status(token),
        "description": token.description,
        "orgID": org.id.to_string(),
        "org": org.name,
        "userID": user.id.to_string(),
        "user": user.name,
        "permissions": permissions,
        "links": token_links(token),
        "createdAt": rfc3339_nano(token.created_at),
        "updatedAt": rfc3339_nano(token.updated_at),
    }))
}

/// A token as the first set-up shows it: without names, and with the links at its end.
pub(super) fn setup_token(token: &Token) -> Value {
    let permissions: Vec<Value> = token.permissions.iter().map(|p| permission(p, None)).collect();
    json!({
        "id": token.id.to_string(),
        "token": token.token,
        "status": status(token),
        "description": token.description,
        "orgID": token.org_id.to_string(),
        "userID": token.user_id.to_string(),
        "permissions": permissions,
        "createdAt": rfc3339_nano(token.created_at),
        "updatedAt": rfc3339_nano(token.updated_at),
        "links": token_links(token),
    })
}

fn status(token: &Token) -> &'static str {
    if token.active { "active" } else { "inactive" }
}

fn token_links(token: &Token) -> Value {
    json!({
        "self": format!("/api/v2/authorizations/{}", token.id),
        "user": format!("/api/v2/users/{}", token.user_id),
    })
}

/// A permission; with a catalog, also the names of what it is about.
fn permission(permission: &Permission, names: Option<&Catalog>) -> Value {
    let mut out = Map::new();
    let resource = &permission.resource;
    out.insert("type".to_owned(), json!(resource.kind));
    if let Some(id) = resource.id {
        out.insert("id".to_owned(), json!(id.to_string()));
    }
    if let Some(org) = resource.org_id {
        out.insert("orgID".to_owned(), json!(org.to_string()));
    }
    if let Some(catalog) = names {
        name_resource(catalog, permission, &mut out);
    }
    json!({"action": permission.action.word(), "resource": out})
}

/// Adds `name` and `org`. Where the resource is gone, neither is told.
fn name_resource(catalog: &Catalog, permission: &Permission, out: &mut Map<String, Value>) {
    let resource = &permission.resource;
    if let Some(id) = resource.id {
        let name = match resource.kind.as_str() {
            "buckets" => catalog.bucket(id).ok().map(|b| b.name.as_str()),
            "orgs" => catalog.org(id).ok().map(|o| o.name.as_str()),
            "users" => catalog.user(id).ok().map(|u| u.name.as_str()),
            _ => Some(""),
        };
        let Some(name) = name else { return };
        if !name.is_empty() {
            out.insert("name".to_owned(), json!(name));
        }
    }
    if let Some(org) = resource.org_id.and_then(|id| catalog.org(id).ok()) {
        out.insert("org".to_owned(), json!(org.name));
    }
}
