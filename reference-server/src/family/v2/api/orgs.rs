//! `/api/v2/orgs`.

use super::paging::Paging;
use super::{Request, json, render};
use crate::family::v2::catalog::{Action, Catalog, Org, Permission};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Reply};
use crate::go_json::Place;
use serde_json::{Value, json as value};

fn one(action: Action, id: Id) -> Permission {
    Permission::new(action, "orgs", Some(id), None)
}

pub(super) fn list(catalog: &Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let paging = Paging::of(request.query)?;
    let name = request.query.first("org");
    let found: Vec<&Org> = match Id::parse(request.query.first("orgID")) {
        Ok(id) => vec![catalog.org(id)?],
        Err(_) if !name.is_empty() => vec![catalog.org_by_name(name)?],
        Err(_) => {
            let offset = usize::try_from(paging.offset).unwrap_or(0);
            let limit = usize::try_from(paging.limit).unwrap_or(usize::MAX);
            catalog.orgs().skip(offset).take(limit).collect()
        }
    };
    let visible: Vec<Value> = found
        .into_iter()
        .filter(|org| request.may(&one(Action::Read, org.id)))
        .map(render::org)
        .collect();
    let document = value!({"links": {"self": "/api/v2/orgs"}, "orgs": visible});
    Ok(Reply::tabs(200, document))
}

pub(super) fn create(catalog: &mut Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let (name, description) = decode(request.body, "Organization", &["name", "description", "id"])?;
    request.check(&Permission::new(Action::Write, "orgs", None, None))?;
    let name = name.unwrap_or_default();
    let id = catalog.create_org(&name, &description.unwrap_or_default(), request.now)?;
    Ok(Reply::tabs(201, render::org(catalog.org(id)?)))
}

pub(super) fn get(catalog: &Catalog, request: &Request<'_>, id: Id) -> Result<Reply, ApiError> {
    request.check(&one(Action::Read, id))?;
    Ok(Reply::tabs(200, render::org(catalog.org(id)?)))
}

pub(super) fn update(
    catalog: &mut Catalog,
    request: &Request<'_>,
    id: Id,
) -> Result<Reply, ApiError> {
    let (name, description) = decode(request.body, "OrganizationUpdate", &["name", "description"])?;
    request.check(&one(Action::Write, id))?;
    let org = catalog.update_org(id, name, description, request.now)?;
    Ok(Reply::tabs(200, render::org(org)))
}

pub(super) fn delete(
    catalog: &mut Catalog,
    request: &Request<'_>,
    id: Id,
) -> Result<Reply, ApiError> {
    request.check(&one(Action::Write, id))?;
    let dropped = catalog.delete_org(id)?;
    Ok(Reply { dropped, ..Reply::no_content() })
}

/// Name and description; an `id` in the body is checked and not used.
fn decode(
    body: &[u8],
    name: &str,
    names: &[&str],
) -> Result<(Option<String>, Option<String>), ApiError> {
    let read = || -> Result<_, String> {
        let mut found = (None, None);
        let mut json = json::body(body)?;
        let whole = format!("influxdb.{name}");
        for (index, node) in json.fields(json.root(), Place::whole(&whole), names) {
            let place = |go_type| Place::field(name, names[index], go_type);
            match index {
                0 => found.0 = json.string(node, place("string")).or(found.0),
                1 => found.1 = json.string(node, place("string")).or(found.1),
                _ => drop(json::id(&mut json, node, place("platform.ID"))?),
            }
        }
        json.finish()?;
        Ok(found)
    };
    read().map_err(|error| ApiError::invalid(format!("failed to unmarshal json: {error}")))
}
