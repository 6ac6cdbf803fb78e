//! `/api/v2/authorizations`.

use super::{Request, json, render};
use crate::family::v2::catalog::{Action, Catalog, NewToken, Permission, Resource, Token};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Code, Reply};
use crate::go_json::decode::Node;
use crate::go_json::{Decoder, Place};
use serde_json::{Value, json as value};

/// The rights that handling a token takes: to it, and to its user.
fn rights(action: Action, token: &Token) -> [Permission; 2] {
    [
        Permission::new(action, "authorizations", Some(token.id), Some(token.org_id)),
        Permission::new(action, "users", Some(token.user_id), None),
    ]
}

fn check(request: &Request<'_>, action: Action, token: &Token) -> Result<(), ApiError> {
    rights(action, token).iter().try_for_each(|right| request.check(right))
}

pub(super) fn list(catalog: &Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let query = request.query;
    let id_of = |key| match query.first(key) {
        b"" => Ok(None),
        text => Id::parse(text).map(Some).map_err(ApiError::from),
    };
    let mut user = id_of("userID")?;
    let mut org = id_of("orgID")?;
    let id = id_of("id")?;
    let (user_name, org_name) = (query.first("user"), query.first("org"));
    if user.is_none() && !user_name.is_empty() {
        user = Some(catalog.user_by_name(user_name)?.id);
    }
    if org.is_none() && !org_name.is_empty() {
        org = Some(catalog.org_by_name(org_name)?.id);
    }
    let wanted = |token: &Token| match id {
        Some(id) => token.id == id,
        None => {
            org.is_none_or(|org| token.org_id == org)
                && user.is_none_or(|user| token.user_id == user)
        }
    };
    if let Some(id) = id {
        catalog.token(id)?;
    }
    let found: Vec<Value> = catalog
        .tokens()
        .filter(|token| wanted(token))
        .filter(|token| rights(Action::Read, token).iter().all(|right| request.may(right)))
        .filter_map(|token| render::token(catalog, token))
        .collect();
    let links = value!({"self": "/api/v2/authorizations"});
    Ok(Reply::tabs(200, value!({"links": links, "authorizations": found})))
}

pub(super) fn create(catalog: &mut Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let body = decode(request.body)
        .map_err(|error| ApiError::invalid(format!("invalid json structure: {error}")))?;
    let permissions = body.permissions(catalog.release().permission_resources)?;
    let Some(org_id) = body.org else {
        return Err(ApiError::invalid("org id required: invalid ID"));
    };
    let active = match body.status.as_str() {
        "" | "active" => true,
        "inactive" => false,
        _ => return Err(ApiError::invalid("invalid status: must be active or inactive")),
    };
    let user_id = body.user.unwrap_or(request.caller()?.user_id);
    request.check(&Permission::new(Action::Write, "authorizations", None, Some(org_id)))?;
    request.check(&Permission::new(Action::Write, "users", Some(user_id), None))?;
    for permission in &permissions {
        request.check(permission).map_err(|error| ApiError {
            code: Code::Forbidden,
            ..error.behind(&format!("permission {permission} is not allowed"))
        })?;
    }
    let new = NewToken {
        token: None,
        active,
        description: body.description,
        org_id,
        user_id,
        permissions,
    };
    let id = catalog.create_token(new, request.now)?;
    shown(catalog, catalog.token(id)?, 201)
}

pub(super) fn get(catalog: &Catalog, request: &Request<'_>, id: Id) -> Result<Reply, ApiError> {
    let token = catalog.token(id)?;
    check(request, Action::Read, token)?;
    shown(catalog, token, 200)
}

pub(super) fn update(
    catalog: &mut Catalog,
    request: &Request<'_>,
    id: Id,
) -> Result<Reply, ApiError> {
    let (status, description) =
        decode_update(request.body).map_err(|error| ApiError::new(Code::Internal, error))?;
    let token = catalog.token(id)?;
    check(request, Action::Read, token)?;
    check(request, Action::Write, token)?;
    let active = match status.as_deref() {
        None => None,
        Some("active" | "") => Some(true),
        Some("inactive") => Some(false),
        Some(_) => return Err(ApiError::invalid("unknown authorization status")),
    };
    catalog.update_token(id, active, description, request.now)?;
    shown(catalog, catalog.token(id)?, 200)
}

pub(super) fn delete(
    catalog: &mut Catalog,
    request: &Request<'_>,
    id: Id,
) -> Result<Reply, ApiError> {
    check(request, Action::Write, catalog.token(id)?)?;
    catalog.delete_token(id)?;
    Ok(Reply::no_content())
}

fn shown(catalog: &Catalog, token: &Token, status: u16) -> Result<Reply, ApiError> {
    let document = render::token(catalog, token);
    let document = document.ok_or_else(|| ApiError::not_found("organization not found"))?;
    Ok(Reply::tabs(status, document))
}

/// A permission of a body, not checked yet.
#[derive(Default)]
struct RawPermission {
    action: String,
    kind: String,
    id: Option<Id>,
    org: Option<Id>,
}

#[derive(Default)]
struct Body {
    status: String,
    org: Option<Id>,
    user: Option<Id>,
    description: String,
    permissions: Vec<RawPermission>,
}

impl Body {
    fn permissions(&self, kinds: &[&str]) -> Result<Vec<Permission>, ApiError> {
        if self.permissions.is_empty() {
            return Err(ApiError::invalid("authorization must include permissions"));
        }
        let mut out = Vec::with_capacity(self.permissions.len());
        for raw in &self.permissions {
            let wrong = |what: &str| {
                let message = format!("unknown {what} for permission");
                let start =
                    if what == "action" { "invalid action type" } else { "invalid resource type" };
                ApiError::invalid(message).behind(&format!("{start} for permission"))
            };
            if !kinds.contains(&raw.kind.as_str()) {
                return Err(wrong("resource type"));
            }
            let action = match raw.action.as_str() {
                "read" => Action::Read,
                "write" => Action::Write,
                _ => return Err(wrong("action")),
            };
            let resource = Resource { kind: raw.kind.clone(), id: raw.id, org_id: raw.org };
            out.push(Permission { action, resource });
        }
        Ok(out)
    }
}

fn decode(text: &[u8]) -> Result<Body, String> {
    const NAMES: &[&str] = &["status", "orgID", "userID", "description", "permissions"];
    const STRUCT: &str = "postAuthorizationRequest";
    let mut body = Body::default();
    let mut json = json::body(text)?;
    let whole = Place::whole("authorization.postAuthorizationRequest");
    for (index, node) in json.fields(json.root(), whole, NAMES) {
        let place = |go_type| Place::field(STRUCT, NAMES[index], go_type);
        match index {
            0 => json::set(&mut body.status, json.string(node, place("influxdb.Status"))),
            1 => body.org = json::id(&mut json, node, place("platform.ID"))?.or(body.org),
            2 => {
                let user = json::id(&mut json, node, place("*platform.ID"))?;
                json::point(&mut body.user, &json, node, user);
            }
            3 => json::set(&mut body.description, json.string(node, place("string"))),
            _ => {
                let items = json.items(node, place("[]influxdb.Permission"));
                body.permissions.clear();
                for item in items {
                    let permission = decode_permission(&mut json, item)?;
                    body.permissions.push(permission);
                }
            }
        }
    }
    json.finish()?;
    Ok(body)
}

fn decode_permission(json: &mut Decoder<'_>, item: Node) -> Result<RawPermission, String> {
    let mut raw = RawPermission::default();
    let place = Place::field("postAuthorizationRequest", "permissions", "influxdb.Permission");
    for (index, node) in json.fields(item, place, &["action", "resource"]) {
        if index == 0 {
            let place = Place::field("Permission", "permissions.action", "influxdb.Action");
            json::set(&mut raw.action, json.string(node, place));
            continue;
        }
        let place = Place::field("Permission", "permissions.resource", "influxdb.Resource");
        for (index, node) in json.fields(node, place, &["type", "id", "orgID"]) {
            let at = |path, go_type| Place::field("Resource", path, go_type);
            match index {
                0 => {
                    let place = at("permissions.resource.type", "influxdb.ResourceType");
                    json::set(&mut raw.kind, json.string(node, place));
                }
                1 => {
                    let place = at("permissions.resource.id", "*platform.ID");
                    let id = json::id(json, node, place)?;
                    json::point(&mut raw.id, json, node, id);
                }
                _ => {
                    let place = at("permissions.resource.orgID", "*platform.ID");
                    let id = json::id(json, node, place)?;
                    json::point(&mut raw.org, json, node, id);
                }
            }
        }
    }
    Ok(raw)
}

fn decode_update(text: &[u8]) -> Result<(Option<String>, Option<String>), String> {
    const NAMES: &[&str] = &["status", "description"];
    let mut found = (None, None);
    let mut json = json::body(text)?;
    for (index, node) in
        json.fields(json.root(), Place::whole("influxdb.AuthorizationUpdate"), NAMES)
    {
        let go_type = if index == 0 { "influxdb.Status" } else { "string" };
        let place = Place::field("AuthorizationUpdate", NAMES[index], go_type);
        let text = json.string(node, place);
        let field = if index == 0 { &mut found.0 } else { &mut found.1 };
        json::point(field, &json, node, text);
    }
    json.finish()?;
    Ok(found)
}
