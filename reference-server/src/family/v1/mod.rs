//! The v1 family: writes, `/query`, `/ping` and what later releases have beside them; databases,
//! retention policies and users made by InfluxQL.

pub mod auth;
mod buckets;
pub mod catalog;
mod kept;
pub(in crate::family) mod query;
mod write;

use crate::clock::Clock;
use crate::http::{Body, QueryString, Request, Response};
use crate::journal::Journal;
use crate::query::influxql::messagepack;
use crate::query::running::Queries;
use crate::respond;
use crate::stage::decode::Incoming;
use crate::stage::quota::Quotas;
use crate::write_path;
use auth::Caller;
use catalog::Catalog;
use profiles::storage::{Shards, Storage};
use profiles::v1_api::{V2Routes, VerbosePing};
use profiles::write::WriteEndpoint;
use profiles::{Profile, Settings, V1Api};
use serde_json::json;
use std::sync::{Arc, Mutex};

/// A server of the v1 family.
pub struct Service {
    profile: &'static Profile,
    rules: Shards,
    api: V1Api,
    /// Whether credentials are asked for.
    auth: bool,
    clock: Arc<dyn Clock>,
    catalog: Mutex<Catalog>,
    journal: Journal,
    quotas: Quotas,
    queries: Queries,
}

impl Service {
    /// A server without databases; `None` where the profile lacks what the family needs.
    pub fn new(
        profile: &'static Profile,
        settings: &Settings,
        auth: bool,
        clock: Arc<dyn Clock>,
    ) -> Option<Self> {
        let Storage::Shards(rules) = profile.facts.storage else { return None };
        let catalog = Mutex::new(Catalog::new(rules));
        let api = *profile.facts.v1_api?;
        let quotas = Quotas::of(settings);
        let journal = Journal::default();
        let queries = Queries::default();
        Some(Self { profile, rules, api, auth, clock, catalog, journal, quotas, queries })
    }

    /// The catalog, to set a server up without asking it over HTTP.
    pub fn catalog(&self) -> &Mutex<Catalog> {
        &self.catalog
    }

    /// The queries that it runs.
    pub(crate) const fn queries(&self) -> &Queries {
        &self.queries
    }

    /// Answers one request.
    pub async fn handle(self: &Arc<Self>, mut request: Request, body: Body<'_>) -> Response {
        let raw = request.raw_query.as_deref().unwrap_or_default();
        request.query = QueryString::as_go_reads(raw);
        let origin = request.header("origin").map(str::to_owned);
        // Every handler writes through a formatter that `Accept` chooses, errors and answers
        // without a body too (1.6:services/httpd/handler.go AddRoutes, responseWriter, httpError).
        let messagepack = request.header("accept") == Some(messagepack::MIME);
        let response = self.route(request, body).await;
        let response = if messagepack { respond::in_messagepack(response) } else { response };
        self.finish(response, origin)
    }

    async fn route(self: &Arc<Self>, request: Request, body: Body<'_>) -> Response {
        let method = request.method.as_str();
        let endpoint = self.profile.facts.write.iter().find(|e| e.path == request.path);
        if let Some(endpoint) = endpoint {
            return match method {
                // The CORS filter answers before any handler does.
                "OPTIONS" => Response::new(200),
                "POST" => self.write(endpoint, request, body).await,
                _ => not_allowed("OPTIONS, POST"),
            };
        }
        match (request.path.as_str(), method) {
            ("/query" | "/ping", "OPTIONS") => Response::new(200),
            ("/query", "GET" | "POST") => self.query(request, body).await,
            ("/query", _) => not_allowed("GET, OPTIONS, POST"),
            ("/ping", "GET" | "HEAD") => self.ping(&request),
            // What it was called before (1.6:services/httpd/handler.go, `serveStatus`).
            ("/status", "GET" | "HEAD") => {
                Response::new(204).with("Content-Type", "application/json")
            }
            ("/ping" | "/status", _) => not_allowed("GET, HEAD"),
            ("/health", _) if self.api.health => self.health(method),
            (path, _) if self.api.v2_routes == V2Routes::PoliciesAsBuckets => {
                match buckets::Route::of(path) {
                    Some(route) => self.v2_route(route, request, body).await,
                    None => plain(404, "404 page not found\n"),
                }
            }
            _ => plain(404, "404 page not found\n"),
        }
    }

    fn ping(&self, request: &Request) -> Response {
        let wanted = !matches!(request.query.get("verbose"), None | Some("" | "0" | "false"));
        if wanted && self.api.verbose_ping == VerbosePing::TellsVersion {
            let version = json!({ "version": self.profile.facts.http.version });
            return json_answer(200, version.to_string());
        }
        Response::new(204).with("Content-Type", "application/json")
    }

    /// `/health`: the keys in the order of their names, as Go writes a map.
    fn health(&self, method: &str) -> Response {
        match method {
            "OPTIONS" => Response::new(200),
            "GET" => {
                let health = json!({
                    "checks": [],
                    "message": "ready for queries and writes",
                    "name": "influxdb",
                    "status": "pass",
                    "version": self.profile.facts.http.version,
                });
                json_answer(200, health.to_string())
            }
            _ => not_allowed("GET, OPTIONS"),
        }
    }

    async fn write(
        &self,
        endpoint: &'static WriteEndpoint,
        request: Request,
        body: Body<'_>,
    ) -> Response {
        let facts = &self.profile.facts;
        let caller = match self.authenticate(&request) {
            Ok(caller) => caller,
            Err(fault) => return respond::fault(&facts.http, facts.credentials, &fault.into()),
        };
        let body = Incoming::Waiting(body);
        let now = self.clock.now();
        let written =
            write_path::write(endpoint, &facts.dialect, self, &caller, &request, body, now).await;
        match written {
            Ok(()) => Response::new(204).with("Content-Type", "application/json"),
            Err(fault) => respond::fault(&facts.http, endpoint.answers, &fault),
        }
    }

    fn authenticate(&self, request: &Request) -> Result<Caller, profiles::answer::Fault> {
        let catalog = crate::lock::lock(&self.catalog);
        auth::authenticate(self.auth, self.api.token_scheme, &catalog, request)
    }

    /// The headers that every answer has.
    fn finish(&self, response: Response, origin: Option<String>) -> Response {
        let http = &self.profile.facts.http;
        let id = crate::ids::request_id();
        let response = response
            .with("X-Influxdb-Build", http.build)
            .with("X-Influxdb-Version", http.version)
            .with("Request-Id", id.as_str())
            .with("X-Request-Id", id.as_str());
        match origin {
            Some(origin) => response
                .with("Access-Control-Allow-Origin", origin)
                .with("Access-Control-Allow-Methods", http.cors.methods)
                .with("Access-Control-Allow-Headers", http.cors.headers),
            None => response,
        }
    }
}

fn json_answer(status: u16, body: impl Into<Vec<u8>>) -> Response {
    Response::new(status).with("Content-Type", "application/json").with_body(body)
}

fn not_allowed(allow: &'static str) -> Response {
    plain(405, "Method Not Allowed\n").with("Allow", allow)
}

/// A text of Go's own library (seen on 1.6.7).
fn plain(status: u16, text: &'static str) -> Response {
    Response::new(status)
        .with("Content-Type", "text/plain; charset=utf-8")
        .with("X-Content-Type-Options", "nosniff")
        .with_body(text)
}
