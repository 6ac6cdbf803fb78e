//! The v1 family: `/write`, `/query` and `/ping`; databases, retention policies and users made by
//! InfluxQL.

pub mod auth;
pub mod catalog;
pub(in crate::family) mod query;
mod write;

use crate::clock::Clock;
use crate::http::{Body, QueryString, Request, Response};
use crate::respond;
use crate::stage::decode::Incoming;
use crate::write_path;
use auth::Caller;
use catalog::Catalog;
use profiles::Profile;
use profiles::storage::{Shards, Storage};
use std::sync::{Arc, Mutex};

/// The methods that CORS allows, and the headers (1.6:services/httpd/handler.go cors; recorded).
const CORS_METHODS: &str = "DELETE, GET, OPTIONS, POST, PUT";
const CORS_HEADERS: &str = "Accept, Accept-Encoding, Authorization, Content-Length, Content-Type, \
    X-CSRF-Token, X-HTTP-Method-Override";

/// A server of the v1 family.
pub struct Service {
    profile: &'static Profile,
    rules: Shards,
    /// Whether credentials are asked for.
    auth: bool,
    clock: Arc<dyn Clock>,
    catalog: Mutex<Catalog>,
}

impl Service {
    /// A server without databases; `None` where the profile does not keep points in shards.
    pub fn new(profile: &'static Profile, auth: bool, clock: Arc<dyn Clock>) -> Option<Self> {
        let Storage::Shards(rules) = profile.facts.storage else { return None };
        let catalog = Mutex::new(Catalog::new(rules));
        Some(Self { profile, rules, auth, clock, catalog })
    }

    /// The catalog, to set a server up without asking it over HTTP.
    pub fn catalog(&self) -> &Mutex<Catalog> {
        &self.catalog
    }

    /// Answers one request.
    pub async fn handle(&self, mut request: Request, body: Body<'_>) -> Response {
        let raw = request.raw_query.as_deref().unwrap_or_default();
        request.query = QueryString::as_go_reads(raw);
        let origin = request.header("origin").map(str::to_owned);
        let response = self.route(request, body).await;
        self.finish(response, origin)
    }

    async fn route(&self, request: Request, body: Body<'_>) -> Response {
        let method = request.method.as_str();
        match (request.path.as_str(), method) {
            // The CORS filter answers before any handler does.
            ("/write" | "/query" | "/ping", "OPTIONS") => Response::new(200),
            ("/write", "POST") => self.write(request, body).await,
            ("/write", _) => not_allowed("OPTIONS, POST"),
            ("/query", "GET" | "HEAD" | "POST") => self.query(request, body).await,
            ("/query", _) => not_allowed("GET, OPTIONS, POST"),
            ("/ping", "GET" | "HEAD") => {
                Response::new(204).with("Content-Type", "application/json")
            }
            ("/ping", _) => not_allowed("GET, HEAD"),
            _ => plain(404, "404 page not found\n"),
        }
    }

    async fn write(&self, request: Request, body: Body<'_>) -> Response {
        let facts = &self.profile.facts;
        let caller = match self.authenticate(&request) {
            Ok(caller) => caller,
            Err(fault) => return respond::fault(&facts.http, facts.credentials, &fault.into()),
        };
        let [endpoint] = facts.write else { return plain(404, "404 page not found\n") };
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
        auth::authenticate(self.auth, &catalog, request)
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
                .with("Access-Control-Allow-Methods", CORS_METHODS)
                .with("Access-Control-Allow-Headers", CORS_HEADERS),
            None => response,
        }
    }
}

fn not_allowed(allow: &'static str) -> Response {
    plain(405, "Method Not Allowed\n").with("Allow", allow)
}

fn plain(status: u16, text: &'static str) -> Response {
    Response::new(status).with("Content-Type", "text/plain; charset=utf-8").with_body(text)
}
