//! The v3 family: `/api/v3/write_lp` and the compatible write paths; databases that a write makes;
//! tokens.
//!
//! The body is read before anything else, then come `OPTIONS`, the credentials, and only then the
//! path (3.6:influxdb3_server/src/unified_service/service.rs:98-116, http.rs:2264-2459).

pub mod auth;
pub mod catalog;
mod configure;
#[cfg(feature = "flight")]
pub(crate) mod flight;
mod kept;
mod persistence;
pub(in crate::family) mod query;
pub mod rights;
mod tokens;
mod write;

use crate::clock::Clock;
use crate::http::{Body, BodyError, Request, Response};
use crate::journal::Journal;
use crate::lock::lock;
use crate::query::running::Queries;
use crate::respond;
use crate::stage::WriteFault;
use crate::stage::decode::{self, Incoming};
use crate::stage::quota::Quotas;
use crate::write_path;
use catalog::Catalog;
use persistence::Persistence;
use profiles::answer::Fault;
use profiles::storage::{Names, Storage, Tables};
use profiles::write::{SizeLimit, WriteEndpoint};
use profiles::{Profile, Setting, Settings, V3Api};
use rights::Rights;
use std::sync::{Arc, Mutex};

/// How much of a body this server reads to throw it away, where the product reads on for ever.
const PATIENCE: u64 = 256 << 20;

/// A server of the v3 family.
pub struct Service {
    profile: &'static Profile,
    /// The write endpoints, with the limits that are set.
    endpoints: Vec<WriteEndpoint>,
    rules: Tables,
    api: V3Api,
    /// Whether tokens are asked for.
    auth: bool,
    clock: Arc<dyn Clock>,
    catalog: Arc<Mutex<Catalog>>,
    quotas: Quotas,
    persistence: Persistence,
    journal: Journal,
    /// The process as `/ping` names it.
    process_id: String,
    /// The catalog as later releases name it in every answer.
    catalog_id: String,
    queries: Queries,
}

/// An answer, and whether it is one of those that carry the CORS header.
enum Routed {
    /// The handler answered.
    Ok(Response),
    /// The handler failed: no CORS header.
    Err(Response),
}

impl Service {
    /// A server without databases; `None` where the profile lacks what the family needs.
    pub fn new(
        profile: &'static Profile,
        settings: &Settings,
        auth: bool,
        clock: Arc<dyn Clock>,
    ) -> Option<Self> {
        let Storage::Tables(rules) = profile.facts.storage else { return None };
        let rules = limited(rules, settings);
        let endpoints = profile.facts.write.iter().map(|e| decode::sized(*e, settings)).collect();
        let api = *profile.facts.v3_api?;
        Some(Self {
            profile,
            endpoints,
            rules,
            api,
            auth,
            clock,
            catalog: Arc::default(),
            quotas: Quotas::of(settings),
            persistence: Persistence::of(settings),
            journal: Journal::default(),
            process_id: crate::ids::request_id(),
            catalog_id: crate::ids::request_id(),
            queries: Queries::default(),
        })
    }

    /// The catalog, to set a server up without asking it over HTTP.
    pub fn catalog(&self) -> &Mutex<Catalog> {
        &self.catalog
    }

    /// Which names a database may have.
    pub fn names(&self) -> &Names {
        &self.rules.names
    }

    /// The queries that it runs.
    pub(crate) const fn queries(&self) -> &Queries {
        &self.queries
    }

    /// Answers one request.
    pub async fn handle(&self, request: Request, body: Body<'_>) -> Response {
        let limit = self.largest_body();
        let body = match body.read_keeping(limit, PATIENCE).await {
            Ok(body) => body,
            Err(BodyError::TooLarge(_)) => None,
            Err(BodyError::Broken(how)) => {
                let text = format!("Failed to read request body: {how}");
                return Response { close: true, ..Response::new(400) }.with_body(text);
            }
            Err(error @ BodyError::NoRoom) => {
                return Response { close: true, ..Response::new(503) }.with_body(error.to_string());
            }
        };
        let response = self.answer(&request, body).await;
        if self.api.cluster_uuid {
            return response.with("Cluster-Uuid", self.catalog_id.as_str());
        }
        response
    }

    /// Answers a request whose body was read.
    async fn answer(&self, request: &Request, body: Option<Vec<u8>>) -> Response {
        if request.method == "OPTIONS" {
            let cors = &self.profile.facts.http.cors;
            return Response::new(204)
                .with("Access-Control-Allow-Origin", "*")
                .with("Access-Control-Allow-Methods", cors.methods)
                .with("Access-Control-Allow-Headers", cors.headers)
                .with("Access-Control-Max-Age", "86400");
        }
        let no_auth_needed = request.path == tokens::ADMIN;
        let rights = match self.authenticate(request) {
            Ok(rights) => rights,
            Err(_) if no_auth_needed => Rights::Databases(Vec::new()),
            Err(fault) => {
                let facts = &self.profile.facts;
                return respond::fault(&facts.http, facts.credentials, &fault.into());
            }
        };
        match self.route(request, rights, body).await {
            Routed::Ok(response) => response.with("Access-Control-Allow-Origin", "*"),
            Routed::Err(response) => response,
        }
    }

    async fn route(&self, request: &Request, rights: Rights, body: Option<Vec<u8>>) -> Routed {
        let endpoint = self.endpoints.iter().find(|e| e.path == request.path);
        let method = request.method.as_str();
        match (method, request.path.as_str()) {
            ("POST", _) if endpoint.is_some() => match endpoint {
                Some(endpoint) => self.write(endpoint, &rights, request, body).await,
                None => self.not_found(),
            },
            ("GET", "/health" | "/api/v1/health") => self.health(),
            ("GET" | "POST", "/ping") => Routed::Ok(self.ping()),
            ("GET" | "POST", "/api/v3/query_sql") => self.query_sql(request, rights, body).await,
            ("GET" | "POST", "/query" | "/api/v3/query_influxql") => {
                self.influxql(request, rights, body).await
            }
            ("POST", tokens::ADMIN) => self.create_admin_token(),
            // Nobody is authenticated on that path, so nobody lacks a right there: other methods
            // are no route (recorded).
            (_, path)
                if path.starts_with("/api/v3/")
                    && path != tokens::ADMIN
                    && rights != Rights::All =>
            {
                tokens::admins_only()
            }
            ("POST", "/api/v3/configure/database") => self.create_database(request, body),
            ("DELETE", "/api/v3/configure/database") => self.delete_database(request),
            ("GET", "/api/v3/configure/database") => self.list_databases(request),
            ("POST", tokens::CREATE) if self.api.resource_tokens => self.create_token(body),
            ("DELETE", tokens::DELETE) if self.api.resource_tokens => self.delete_token(request),
            _ => self.not_found(),
        }
    }

    fn health(&self) -> Routed {
        let response = Response::new(200).with_body("OK");
        Routed::Ok(match self.api.health_content_type {
            Some(content_type) => response.with("Content-Type", content_type),
            None => response,
        })
    }

    /// Any path that is not routed, and any other method on one that is.
    fn not_found(&self) -> Routed {
        let unknown = self.api.unknown_route;
        let response = Response::new(404).with_body(unknown.text);
        if unknown.cors { Routed::Ok(response) } else { Routed::Err(response) }
    }

    async fn write(
        &self,
        endpoint: &WriteEndpoint,
        rights: &Rights,
        request: &Request,
        body: Option<Vec<u8>>,
    ) -> Routed {
        let facts = &self.profile.facts;
        let body = Incoming::Read(body);
        let now = self.clock.now();
        let written =
            write_path::write(endpoint, &facts.dialect, self, rights, request, body, now).await;
        match written {
            Ok(()) => Routed::Ok(Response::new(204)),
            Err(fault) => Routed::Err(self.refusal(endpoint, &fault)),
        }
    }

    fn refusal(&self, endpoint: &WriteEndpoint, fault: &WriteFault) -> Response {
        let response = respond::fault(&self.profile.facts.http, endpoint.answers, fault);
        // Here the body was read in full: the connection can go on.
        Response { close: false, ..response }
    }

    fn authenticate(&self, request: &Request) -> Result<Rights, Fault> {
        auth::authenticate(self.auth, &lock(&self.catalog), request, self.clock.now())
    }

    fn ping(&self) -> Response {
        let http = &self.profile.facts.http;
        let product = self.api.ping_product.map(|product| ("product_name", product));
        let rest = [
            ("version", http.version),
            ("revision", env!("CARGO_PKG_NAME")),
            ("process_id", self.process_id.as_str()),
        ];
        let members = product.into_iter().chain(rest);
        let body: serde_json::Map<_, _> =
            members.map(|(name, value)| (name.to_owned(), value.into())).collect();
        let id = crate::ids::request_id();
        Response::new(200)
            .with("Content-Type", "application/json")
            .with("Request-Id", id.as_str())
            .with("X-Request-Id", id.as_str())
            .with("X-Influxdb-Version", http.version)
            .with("X-Influxdb-Build", http.build)
            .with_body(serde_json::Value::from(body).to_string())
    }

    /// The largest body of any write endpoint.
    fn largest_body(&self) -> u64 {
        let limit = |endpoint: &WriteEndpoint| match endpoint.size {
            SizeLimit::Sent(limit)
            | SizeLimit::SentAndInflated(limit)
            | SizeLimit::Each { sent: limit, .. } => limit,
            SizeLimit::None => PATIENCE,
        };
        self.endpoints.iter().map(limit).max().unwrap_or(PATIENCE)
    }
}

/// The product's rules with the limits that are set.
fn limited(rules: Tables, settings: &Settings) -> Tables {
    let or = |setting, own| settings.most(setting, own);
    Tables {
        databases: or(Setting::Databases, rules.databases),
        tables: or(Setting::Tables, rules.tables),
        columns: or(Setting::Columns, rules.columns),
        tag_columns: or(Setting::TagColumns, rules.tag_columns),
        ..rules
    }
}
