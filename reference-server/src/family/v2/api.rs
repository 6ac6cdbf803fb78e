//! The management API: from a request, whose token is known, to a [`Reply`] or an [`ApiError`].
//! `/api/v2/write`, `/api/v2/query` and `/api/v2/delete` are not here.
//!
//! Routing follows the product: each resource is a router of its own, so that a wrong method on
//! it is 405 without a body, and a path behind it plain text.

mod authorizations;
mod buckets;
mod dbrps;
mod json;
mod orgs;
mod paging;
pub mod probes;
mod render;
mod schemas;
mod setup;

use super::catalog::{Catalog, Permission, Token};
use super::reply::{ApiError, Code, Document, Reply};
use crate::go_text::Query;
use profiles::v2_api::{BucketSchemas, MeRoutes};
use std::sync::Arc;

/// A request to the management API.
#[derive(Clone, Copy, Debug)]
pub struct Request<'r> {
    /// The method, in upper case.
    pub method: &'r str,
    /// The path, from its first slash.
    pub path: &'r str,
    /// The query string's parameters.
    pub query: &'r Query,
    /// The body.
    pub body: &'r [u8],
    /// Whose request it is; none only where [`is_open`] says so.
    pub token: Option<&'r Arc<Token>>,
    /// Nanoseconds since 1970.
    pub now: i64,
}

impl Request<'_> {
    /// That the caller may do this.
    fn check(&self, wanted: &Permission) -> Result<(), ApiError> {
        self.caller()?.allows(wanted)
    }

    /// Whether the caller may do this.
    fn may(&self, wanted: &Permission) -> bool {
        self.check(wanted).is_ok()
    }

    fn caller(&self) -> Result<&Token, ApiError> {
        let nobody = || ApiError::new(Code::Internal, "authorizer not found on context");
        self.token.map(Arc::as_ref).ok_or_else(nobody)
    }
}

/// Whether a request under `/api/v2` needs no token.
pub fn is_open(method: &str, path: &str) -> bool {
    matches!(
        (method, path),
        ("GET", "/api/v2" | "/api/v2/setup" | "/api/v2/swagger.json")
            | ("POST", "/api/v2/setup" | "/api/v2/signin" | "/api/v2/signout")
    )
}

/// Resources of the product that this server does not have.
const ABSENT: &[&str] = &[
    "annotations",
    "backup",
    "checks",
    "config",
    "dashboards",
    "debug",
    "documents",
    "flags",
    "labels",
    "notebooks",
    "notebooksets",
    "notificationEndpoints",
    "notificationRules",
    "remotes",
    "replications",
    "resources",
    "restore",
    "scrapers",
    "signin",
    "signout",
    "sources",
    "stacks",
    "swagger.json",
    "tasks",
    "telegraf",
    "telegrafs",
    "templates",
    "users",
    "variables",
];

/// Answers a request under `/api/v2`.
///
/// # Errors
/// The product's error, laid out as its management API does.
pub fn handle(catalog: &mut Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    route(catalog, request).map_err(ApiError::tabs)
}

fn route(catalog: &mut Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let path = request.path.strip_suffix('/').unwrap_or(request.path);
    let Some(rest) = path.strip_prefix("/api/v2") else { return Err(not_a_path()) };
    let Some(rest) = rest.strip_prefix('/') else {
        return if rest.is_empty() { Ok(probes::links()) } else { Err(not_a_path()) };
    };
    let (resource, inner) = rest.split_once('/').unwrap_or((rest, ""));
    let inner = inner.strip_suffix('/').unwrap_or(inner);
    let on = |methods: &[&str]| methods.contains(&request.method);
    let one = !inner.is_empty() && !inner.contains('/');
    let explicit = catalog.release().bucket_schemas == BucketSchemas::ImplicitOrExplicit;
    let schema = schemas::ids(inner).filter(|_| explicit && resource == "buckets");
    if let Some((bucket, schema)) = schema {
        return schemas::handle(catalog, request, bucket, schema);
    }
    match (resource, inner) {
        ("setup", "") if on(&["GET", "POST"]) => setup::handle(catalog, request),
        ("me", "") if on(&["GET"]) => setup::me(catalog, request),
        ("me", "") if on(&["POST"]) && catalog.release().me == MeRoutes::AsUsers => {
            // What cannot be read is an error before there is a user to make.
            json::body(request.body).map_err(|error| ApiError::new(Code::Internal, error))?;
            Err(absent(path))
        }
        ("orgs" | "buckets" | "authorizations" | "dbrps", "") if on(&["GET", "POST"]) => {
            collection(catalog, request, resource)
        }
        ("orgs" | "buckets" | "authorizations" | "dbrps", id)
            if one && on(&["GET", "PATCH", "DELETE"]) =>
        {
            item(catalog, request, resource, id)
        }
        ("setup" | "me" | "orgs" | "buckets" | "authorizations" | "dbrps", "") => {
            Ok(Reply::new(405, Document::Empty))
        }
        ("orgs" | "buckets" | "authorizations" | "dbrps", _) if one => {
            Ok(Reply::new(405, Document::Empty))
        }
        ("orgs" | "buckets", inner) if is_link(inner) => Err(absent(path)),
        ("me", "password") => Err(absent(path)),
        ("setup" | "me" | "orgs" | "buckets" | "authorizations" | "dbrps", _) => {
            Ok(Reply::new(404, Document::Text("404 page not found\n")))
        }
        (name, _) if ABSENT.contains(&name) => Err(absent(path)),
        _ => Err(not_a_path()),
    }
}

fn collection(
    catalog: &mut Catalog,
    request: &Request<'_>,
    resource: &str,
) -> Result<Reply, ApiError> {
    match (resource, request.method) {
        ("orgs", "GET") => orgs::list(catalog, request),
        ("orgs", _) => orgs::create(catalog, request),
        ("buckets", "GET") => buckets::list(catalog, request),
        ("buckets", _) => buckets::create(catalog, request),
        ("authorizations", "GET") => authorizations::list(catalog, request),
        ("authorizations", _) => authorizations::create(catalog, request),
        (_, "GET") => dbrps::list(catalog, request),
        _ => dbrps::create(catalog, request),
    }
}

fn item(
    catalog: &mut Catalog,
    request: &Request<'_>,
    resource: &str,
    id: &str,
) -> Result<Reply, ApiError> {
    let id = id.parse()?;
    match (resource, request.method) {
        ("orgs", "GET") => orgs::get(catalog, request, id),
        ("orgs", "PATCH") => orgs::update(catalog, request, id),
        ("orgs", _) => orgs::delete(catalog, request, id),
        ("buckets", "GET") => buckets::get(catalog, request, id),
        ("buckets", "PATCH") => buckets::update(catalog, request, id),
        ("buckets", _) => buckets::delete(catalog, request, id),
        ("authorizations", "GET") => authorizations::get(catalog, request, id),
        ("authorizations", "PATCH") => authorizations::update(catalog, request, id),
        ("authorizations", _) => authorizations::delete(catalog, request, id),
        (_, "GET") => dbrps::get(catalog, request, id),
        (_, "PATCH") => dbrps::update(catalog, request, id),
        _ => dbrps::delete(catalog, request, id),
    }
}

/// Whether this is one of the lists that hang on a resource.
fn is_link(inner: &str) -> bool {
    let link = inner.split('/').nth(1).unwrap_or_default();
    matches!(link, "members" | "owners" | "labels" | "secrets")
}

fn not_a_path() -> ApiError {
    ApiError::not_found("path not found")
}

/// The product has it, this server has not: said, not guessed.
fn absent(path: &str) -> ApiError {
    ApiError::new(Code::NotImplemented, format!("{path} is not part of this server"))
}

#[cfg(test)]
mod tests;
