//! The IOx family: `/api/v2/write`, `/write` and `/query` of the hosted products; databases and tokens
//! from an API beside them.
//!
//! - [`accounts`]: what there is, and who may use it
//! - [`catalog`]: databases and tokens of products that have no organisations
//! - `auth`: from a request to a token
//! - `flight`: reading back over gRPC
//! - `kept`: what goes into the log, and how it is done again
//! - `manage`: `/api/v0`, which makes databases and tokens
//! - `query`: reading back
//! - `write`: how a write finds its database

pub mod accounts;
mod auth;
pub mod catalog;
#[cfg(feature = "flight")]
pub(crate) mod flight;
mod kept;
mod manage;
mod query;
mod write;

use crate::clock::Clock;
use crate::family::v2;
use crate::go_text::Query;
use crate::http::{Body, Request, Response};
use crate::journal::{Change, Journal};
use crate::lock::lock;
use crate::query::running::Queries;
use crate::respond;
use crate::stage::decode::Incoming;
use crate::stage::decode::sized;
use crate::stage::quota::Quotas;
use crate::store::partitions::PartitionedTables;
use crate::write_path;
use accounts::{Accounts, Saved};
use auth::Caller;
#[cfg(feature = "flight")]
pub(crate) use auth::from_header as token_of_header;
use profiles::answer::Fault;
use profiles::storage::{Names, Partitions, Storage};
use profiles::write::WriteEndpoint;
use profiles::{Family, Management, Profile, Setting, Settings};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};

/// The largest body of a request to a management API or of a query.
const LARGEST_REQUEST: u64 = 16 << 20;

/// A server of the IOx family.
pub struct Service {
    profile: &'static Profile,
    /// The write endpoints, with the limits that are set.
    endpoints: Vec<WriteEndpoint>,
    /// The rules, with the limits that are set.
    rules: Partitions,
    management: Management,
    /// Whether tokens are asked for.
    auth: bool,
    clock: Arc<dyn Clock>,
    accounts: Accounts,
    /// By the key that [`Accounts`] has for a database.
    tables: Mutex<HashMap<String, PartitionedTables>>,
    quotas: Quotas,
    /// Whether the good lines of a bad batch are stored.
    partial_writes: bool,
    /// How the time of a point tells its partition, where its database does not say.
    template: String,
    /// How many databases there may be.
    databases: Option<usize>,
    journal: Journal,
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
        let Storage::Partitions(rules) = profile.facts.storage else { return None };
        let rules = Partitions {
            tables: settings.most(Setting::Tables, rules.tables),
            columns: settings.most(Setting::Columns, rules.columns),
            ..rules
        };
        let Family::Iox(management) = profile.family else { return None };
        let accounts = match (management, profile.facts.v2_api) {
            (Management::Buckets, Some(api)) => Accounts::Organisations(Mutex::new(
                v2::Catalog::new(api, crate::ids::unique_bits()),
            )),
            (Management::Buckets, None) => return None,
            (Management::Cluster | Management::Account, _) => Accounts::Cluster(Mutex::default()),
        };
        Some(Self {
            profile,
            endpoints: profile.facts.write.iter().map(|e| sized(*e, settings)).collect(),
            rules,
            management,
            auth,
            clock,
            accounts,
            tables: Mutex::default(),
            quotas: Quotas::of(settings),
            partial_writes: settings.is_on(Setting::PartialWrites),
            template: settings.text(Setting::PartitionTemplate).unwrap_or_default().to_owned(),
            databases: settings.count(Setting::Databases),
            journal: Journal::default(),
            queries: Queries::default(),
        })
    }

    /// Who and what there is, to set a server up without asking it over HTTP.
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// Which names a database may have.
    pub(crate) const fn names(&self) -> &Names {
        &self.rules.names
    }

    /// The queries that it runs.
    pub(crate) const fn queries(&self) -> &Queries {
        &self.queries
    }

    /// Answers one request. Paths and methods are exact, and nothing is 405
    /// (metrico/influxdb_iox ab17bbc9:router/src/server/http.rs:307-345).
    pub async fn handle(self: &Arc<Self>, request: Request, body: Body<'_>) -> Response {
        let endpoint = self.endpoints.iter().find(|e| e.path == request.path);
        match (request.method.as_str(), request.path.as_str(), endpoint) {
            ("POST", _, Some(endpoint)) => self.write(endpoint, &request, body).await,
            ("POST", "/api/v2/delete", _) => self.refuse(Fault::DeletesUnsupported),
            ("GET" | "POST", "/query", _) => self.influxql(&request, body).await,
            ("GET" | "HEAD", "/ping", _) => self.ping(),
            ("GET", "/health", _) => Response::new(200).with_body("OK"),
            _ => self.manage(&request, body).await,
        }
    }

    async fn write(&self, endpoint: &WriteEndpoint, request: &Request, body: Body<'_>) -> Response {
        let facts = &self.profile.facts;
        let caller = match self.caller(request) {
            Ok(caller) => caller,
            Err(fault) => return respond::fault(&facts.http, endpoint.answers, &fault.into()),
        };
        let body = Incoming::Waiting(body);
        let now = self.clock.now();
        let written =
            write_path::write(endpoint, &facts.dialect, self, &caller, request, body, now).await;
        match written {
            Ok(()) => Response::new(204),
            Err(fault) => respond::fault(&facts.http, endpoint.answers, &fault),
        }
    }

    /// influxdata/influxdb3_core c7612d1:iox_v1_query_api/src/handler.rs:124-133.
    fn ping(&self) -> Response {
        let http = &self.profile.facts.http;
        Response::new(204)
            .with("X-Influxdb-Build", http.build)
            .with("X-Influxdb-Version", http.version)
    }

    /// The management API of the product, and every path that is not there.
    async fn manage(&self, request: &Request, body: Body<'_>) -> Response {
        match (&self.accounts, self.management) {
            (Accounts::Organisations(catalog), _) if request.path.starts_with("/api/v2/") => {
                self.manage_organisations(catalog, request, body).await
            }
            (Accounts::Cluster(catalog), Management::Cluster | Management::Account) => {
                let Some(rest) = self.below_management(&request.path) else {
                    return self.refuse(Fault::RouteUnknown);
                };
                let body = match body.read(LARGEST_REQUEST).await {
                    Ok(body) => body,
                    Err(error) => return manage::failed(error.status(), &error.to_string()),
                };
                self.manage_cluster(catalog, request, rest, &body)
            }
            _ => self.refuse(Fault::RouteUnknown),
        }
    }

    /// The v2 family's management API over the same organisations.
    async fn manage_organisations(
        &self,
        catalog: &Mutex<v2::Catalog>,
        request: &Request,
        body: Body<'_>,
    ) -> Response {
        let http = &self.profile.facts.http;
        let token = if v2::api::is_open(&request.method, &request.path) {
            None
        } else {
            match self.caller(request) {
                Ok(Caller::Token(token)) => Some(token),
                Ok(_) => None,
                Err(fault) => return self.refuse(fault),
            }
        };
        let body = match body.read(LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error) => return manage::failed(error.status(), &error.to_string()),
        };
        let query = Query::parse(request.raw_query.as_deref().unwrap_or_default());
        let asked = v2::api::Request {
            method: &request.method,
            path: &request.path,
            query: &query,
            body: &body,
            token: token.as_ref(),
            now: self.clock.now(),
        };
        let reads = matches!(asked.method, "GET" | "HEAD");
        let begun = if reads { Ok(Change::none()) } else { self.journal.begin(0) };
        let change = match begun {
            Ok(change) => change,
            Err(why) => return manage::failed(500, &why.to_string()),
        };
        let replied = v2::api::handle(&mut lock(catalog), &asked);
        if !reads {
            // A request that fails may have changed something too.
            let saved = lock(catalog).saved();
            kept::record_accounts(&change, Saved::Organisations(saved));
        }
        match replied {
            Ok(reply) => {
                let mut tables = lock(&self.tables);
                for id in &reply.dropped {
                    tables.remove(&id.to_string());
                }
                respond::reply(http, &reply)
            }
            Err(error) => respond::api_error(http, &error),
        }
    }

    /// A fault that is no write's.
    fn refuse(&self, fault: Fault) -> Response {
        let facts = &self.profile.facts;
        respond::fault(&facts.http, facts.credentials, &fault.into())
    }
}
