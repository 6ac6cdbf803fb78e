//! Routes, headers, and the points of each bucket.
//!
//! Under `/api/v2` come CORS, then the credentials, then the path (2.7:http/platform_handler.go);
//! the paths of v1 have credentials of their own and no CORS.

use super::accept::Malformed;
use super::catalog::{Bucket, Catalog, LookupError, Token};
use super::queue::Queue;
use super::{ApiError, Code, Id, Reply, api, auth, delete};
use crate::clock::Clock;
use crate::go_text::Query;
use crate::http::{Body, QueryString, Request, Response};
use crate::journal::{Change, Journal};
use crate::lock::lock;
use crate::query::running::Queries;
use crate::respond;
use crate::stage::decode::{self, Incoming};
use crate::stage::quota::Quotas;
use crate::store::shards::ShardedBucket;
use crate::write_path;
use profiles::storage::{Shards, Storage};
use profiles::v2_api::{Acknowledgement, Compressed, OrganisationParameter};
use profiles::write::WriteEndpoint;
use profiles::{Profile, Setting, Settings, V2Api};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The methods of the paths that are not the management API's.
const POST_ONLY: &str = "OPTIONS, POST";
const GET_AND_POST: &str = "GET, OPTIONS, POST";

/// The largest body of a request to the management API or of a query.
pub(super) const LARGEST_REQUEST: u64 = 16 << 20;

/// A server of the v2 family.
pub struct Service {
    pub(super) profile: &'static Profile,
    /// The write endpoints, with the limits that are set.
    endpoints: Vec<WriteEndpoint>,
    pub(super) rules: Shards,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) catalog: Mutex<Catalog>,
    buckets: Mutex<HashMap<Id, Arc<Mutex<ShardedBucket>>>>,
    pub(super) api: &'static V2Api,
    pub(super) quotas: Quotas,
    pub(super) malformed: Malformed,
    /// How long what is acknowledged waits, in nanoseconds.
    pub(super) queue_delay: i64,
    pub(super) journal: Journal,
    pub(super) queue: Mutex<Queue>,
    /// The time of the last row that was logged.
    pub(super) logged: Mutex<i64>,
    started: i64,
    pub(super) queries: Queries,
}

impl Service {
    /// A server that was not set up; `None` where the profile lacks what the family needs.
    pub fn new(
        profile: &'static Profile,
        settings: &Settings,
        clock: Arc<dyn Clock>,
    ) -> Option<Self> {
        let Storage::Shards(rules) = profile.facts.storage else { return None };
        let api = profile.facts.v2_api?;
        let delay = settings.duration(Setting::QueueDelay).unwrap_or_default();
        let catalog = Catalog::new(api, crate::ids::unique_bits());
        Some(Self {
            profile,
            rules,
            started: clock.now(),
            clock,
            catalog: Mutex::new(catalog),
            buckets: Mutex::default(),
            api,
            endpoints: profile.facts.write.iter().map(|e| decode::sized(*e, settings)).collect(),
            quotas: Quotas::of(settings),
            malformed: Malformed::of(settings),
            queue_delay: i64::try_from(delay.as_nanos()).unwrap_or(i64::MAX),
            queue: Mutex::default(),
            journal: Journal::default(),
            logged: Mutex::default(),
            queries: Queries::default(),
        })
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
        self.settle();
        let raw = request.raw_query.as_deref().unwrap_or_default();
        request.query = QueryString::as_go_reads(raw);
        let http = &self.profile.facts.http;
        let is_api = request.path == "/api/v2" || request.path.starts_with("/api/v2/");
        let origin = request.header("origin").filter(|_| is_api).map(str::to_owned);
        let preflight = is_api && request.method == "OPTIONS";
        let mut response = match &origin {
            None if preflight => Response::new(405),
            Some(_) if preflight => Response::new(204)
                .with("Access-Control-Allow-Methods", http.cors.methods)
                .with("Access-Control-Allow-Headers", http.cors.headers),
            _ if is_api => self.api(&request, body).await,
            _ => self.other(&request, body).await,
        };
        if self.compresses(&request.path) && request.method != "OPTIONS" {
            let takes = request.header("accept-encoding").is_some_and(respond::takes_gzip);
            if takes && response.body.len() >= Compressed::LEAST {
                response = respond::gzipped(response);
            }
            response = response.with("Vary", "Accept-Encoding");
        }
        if let Some(origin) = origin {
            response = response.with("Access-Control-Allow-Origin", origin);
        }
        let pinged = request.path == "/ping" && response.status == 204;
        let response =
            response.with("X-Influxdb-Build", http.build).with("X-Influxdb-Version", http.version);
        match self.profile.facts.v2_api.and_then(|api| api.second_ping_build) {
            Some(build) if pinged => {
                response.with("X-Influxdb-Build", build).with("X-Influxdb-Version", http.version)
            }
            _ => response,
        }
    }

    /// Whether answers of this path may be compressed.
    fn compresses(&self, path: &str) -> bool {
        let rule = self.profile.facts.v2_api.map(|api| api.compressed);
        match path {
            "/api/v2/query" => rule.is_some(),
            "/query" => rule == Some(Compressed::FluxAndInfluxql),
            _ => false,
        }
    }

    /// A path under `/api/v2`.
    async fn api(self: &Arc<Self>, request: &Request, body: Body<'_>) -> Response {
        let authorization = header_bytes(request, "authorization");
        let token = if api::is_open(&request.method, &request.path) {
            None
        } else {
            match auth::api_token(&lock(&self.catalog), authorization) {
                Ok(token) => Some(token),
                Err(failure) => return self.error(&failure.into()),
            }
        };
        match (request.path.as_str(), request.method.as_str(), token) {
            ("/api/v2/write", "POST", Some(token)) => self.write(request, body, token).await,
            ("/api/v2/delete", "POST", Some(token)) => self.delete(request, body, &token).await,
            ("/api/v2/query", "POST", Some(token)) => {
                self.metered(&token, self.flux(request, body, &token)).await
            }
            ("/api/v2/write" | "/api/v2/delete" | "/api/v2/query", _, Some(_)) => {
                self.error(&not_allowed(POST_ONLY))
            }
            (path @ ("/api/v2/write/" | "/api/v2/delete/" | "/api/v2/query/"), _, Some(_)) => {
                let without = path.trim_end_matches('/').to_owned();
                Response::new(308).with("Location", without)
            }
            (_, _, token) => self.manage(request, body, token.as_ref()).await,
        }
    }

    /// Any other path.
    async fn other(self: &Arc<Self>, request: &Request, body: Body<'_>) -> Response {
        let http = &self.profile.facts.http;
        let now = self.clock.now();
        let endpoint = |methods| Response::new(200).with("Allow", methods);
        match (request.path.as_str(), request.method.as_str()) {
            ("/ping", method) => respond::reply(http, &api::probes::ping(method)),
            ("/health", _) => {
                respond::reply(http, &api::probes::health(lock(&self.catalog).release()))
            }
            ("/ready", _) => respond::reply(http, &api::probes::ready(self.started, now)),
            ("/write", "OPTIONS") => endpoint(POST_ONLY),
            ("/query", "OPTIONS") => endpoint(GET_AND_POST),
            ("/write" | "/query", _) => self.compatible(request, body).await,
            _ => respond::reply(http, &api::probes::no_assets()),
        }
    }

    /// `/write` and `/query`.
    async fn compatible(self: &Arc<Self>, request: &Request, body: Body<'_>) -> Response {
        let query = Query::parse(request.raw_query.as_deref().unwrap_or_default());
        let authorization = header_bytes(request, "authorization");
        let token = match auth::compat_token(&lock(&self.catalog), &query, authorization) {
            Ok(token) => token,
            Err(failure) => return self.error(&failure.into()),
        };
        match (request.path.as_str(), request.method.as_str()) {
            ("/write", "POST") => self.write(request, body, token).await,
            ("/write", _) => self.error(&not_allowed(POST_ONLY)),
            ("/query", "GET" | "POST") => {
                self.metered(&token, self.influxql(request, body, &token)).await
            }
            _ => self.error(&not_allowed(GET_AND_POST)),
        }
    }

    /// The answer to a query, which counts for the organisation that asks.
    async fn metered(&self, token: &Token, answer: impl Future<Output = Response>) -> Response {
        let organisation = token.org_id.to_string();
        if let Err(fault) = self.quotas.may_read(&organisation, self.clock.now()) {
            return respond::fault(&self.profile.facts.http, self.api.query_answers, &fault);
        }
        let response = answer.await;
        self.quotas.count_read(&organisation, response.body.len() as u64);
        response
    }

    async fn write(&self, request: &Request, body: Body<'_>, token: Arc<Token>) -> Response {
        let facts = &self.profile.facts;
        let Some(endpoint) = self.endpoints.iter().find(|e| e.path == request.path) else {
            return respond::reply(&facts.http, &api::probes::no_assets());
        };
        self.write_to(endpoint, request, body, token).await
    }

    async fn write_to(
        &self,
        endpoint: &WriteEndpoint,
        request: &Request,
        body: Body<'_>,
        token: Arc<Token>,
    ) -> Response {
        let facts = &self.profile.facts;
        let body = Incoming::Waiting(body);
        let now = self.clock.now();
        let written =
            write_path::write(endpoint, &facts.dialect, self, &token, request, body, now).await;
        match written {
            Ok(()) => Response::new(204),
            Err(fault) => respond::fault(&facts.http, endpoint.answers, &fault),
        }
    }

    /// The management API.
    async fn manage(
        &self,
        request: &Request,
        body: Body<'_>,
        token: Option<&Arc<Token>>,
    ) -> Response {
        let http = &self.profile.facts.http;
        let body = match body.read(LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error) => return self.error(&ApiError::unreadable(&error)),
        };
        let query = Query::parse(request.raw_query.as_deref().unwrap_or_default());
        let asked = api::Request {
            method: &request.method,
            path: &request.path,
            query: &query,
            body: &body,
            token,
            now: self.clock.now(),
        };
        let reads = matches!(asked.method, "GET" | "HEAD");
        let begun = if reads { Ok(Change::none()) } else { self.journal.begin(0) };
        let change = match begun {
            Ok(change) => change,
            Err(why) => return self.error(&ApiError::new(Code::Internal, why.to_string())),
        };
        let replied = api::handle(&mut lock(&self.catalog), &asked);
        if !reads {
            self.apply_rules();
            // A request that fails may have changed something too.
            self.record_catalog(&change);
        }
        match replied {
            Ok(reply) => {
                self.forget(&reply);
                respond::reply(http, &reply)
            }
            Err(error) => respond::api_error(http, &error),
        }
    }

    /// Drops the points of buckets that are no more.
    fn forget(&self, reply: &Reply) {
        if !reply.dropped.is_empty() {
            self.forget_dropped();
        }
    }

    /// Drops the points of all buckets that the catalog does not have.
    pub(super) fn forget_dropped(&self) {
        let catalog = lock(&self.catalog);
        lock(&self.buckets).retain(|id, _| catalog.bucket(*id).is_ok());
        self.quotas.forget_buckets(|id| id.parse().is_ok_and(|id| catalog.bucket(id).is_ok()));
    }

    async fn delete(&self, request: &Request, body: Body<'_>, token: &Token) -> Response {
        let body = match body.read(LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error) => return self.error(&ApiError::unreadable(&error)),
        };
        let query = Query::parse(request.raw_query.as_deref().unwrap_or_default());
        let wanted = {
            let catalog = lock(&self.catalog);
            let organisation = |query: &Query| self.organisation_of(&catalog, token, query);
            delete::read(&catalog, organisation, token, &query, &body)
        };
        let wanted = match wanted {
            Ok(wanted) => wanted,
            Err(error) => return self.error(&error),
        };
        let now = self.clock.now();
        if let Err(fault) = self.quotas.take_delete(&wanted.org.to_string(), now) {
            return respond::fault(&self.profile.facts.http, self.api.delete_answers, &fault);
        }
        let done = match self.api.acknowledgement {
            Acknowledgement::Stored => self.delete_and_record(wanted),
            Acknowledgement::Queued => self.enqueue_and_record(wanted),
        };
        match done {
            Ok(()) => Response::new(204),
            Err(fault) => respond::fault(&self.profile.facts.http, self.api.delete_answers, &fault),
        }
    }

    /// The organisation that a write, a delete or a query is about.
    pub(super) fn organisation_of(
        &self,
        catalog: &Catalog,
        token: &Token,
        query: &Query,
    ) -> Result<Id, LookupError> {
        match self.api.organisation {
            OrganisationParameter::Required => catalog.org_of(query).map(|org| org.id),
            OrganisationParameter::Ignored => Ok(token.org_id),
        }
    }

    /// The points of a bucket.
    pub(super) fn points(&self, id: Id) -> Arc<Mutex<ShardedBucket>> {
        let catalog = lock(&self.catalog);
        let new = || {
            let (retention, width) = catalog.bucket(id).map_or((None, 0), rules_of);
            Arc::new(Mutex::new(ShardedBucket::new(self.rules, retention, width)))
        };
        Arc::clone(lock(&self.buckets).entry(id).or_insert_with(new))
    }

    /// The points of all buckets.
    pub(super) fn all_points(&self) -> Vec<(Id, Arc<Mutex<ShardedBucket>>)> {
        let buckets = lock(&self.buckets);
        buckets.iter().map(|(id, points)| (*id, Arc::clone(points))).collect()
    }

    /// Makes all points be kept as the records of their buckets say: after each change of these.
    pub(super) fn apply_rules(&self) {
        let all: Vec<_> = {
            let catalog = lock(&self.catalog);
            let buckets = lock(&self.buckets);
            let rules = |(id, points): (&Id, &Arc<Mutex<ShardedBucket>>)| {
                Some((rules_of(catalog.bucket(*id).ok()?), Arc::clone(points)))
            };
            buckets.iter().filter_map(rules).collect()
        };
        for ((retention, width), points) in all {
            let mut bucket = lock(&points);
            bucket.retention = retention;
            bucket.shard_duration = width.max(1);
        }
    }

    pub(super) fn error(&self, error: &ApiError) -> Response {
        respond::api_error(&self.profile.facts.http, error)
    }
}

/// How long a bucket's points are kept, where not for ever, and how wide its shards are.
fn rules_of(record: &Bucket) -> (Option<i64>, i64) {
    (Some(record.retention).filter(|retention| *retention != 0), record.shard_group)
}

fn not_allowed(methods: &'static str) -> ApiError {
    let mut error = ApiError::new(Code::MethodNotAllowed, format!("allow: {methods}"));
    error.allow = Some(methods);
    error
}

fn header_bytes<'r>(request: &'r Request, name: &str) -> Option<&'r [u8]> {
    let header = request.headers.iter().find(|(known, _)| known == name);
    header.map(|(_, value)| value.as_slice())
}
