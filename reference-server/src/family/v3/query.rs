//! Reading back: SQL, and InfluxQL in its two forms.

use super::catalog::Catalog;
use super::rights::{Action, Rights};
use super::{Routed, Service};
use crate::http::{Request, Response};
use crate::lock::lock;
use crate::query::allowance::Allowance;
use crate::query::influxql::ast::{Admin, Privilege};
use crate::query::influxql::host::{Caller, Host, Policy, Remove};
use crate::query::influxql::http::{self as influxql, Parameters};
use crate::query::influxql::rows::query_influxql;
use crate::query::v3_request;
use crate::respond;
use crate::store::tables::Viewed;
use crate::store::view::{Asked, MANY_SERIES, Measurement, Names, SERIES_AT_ONCE, give_way};
use profiles::influxql::PostBody;
use std::sync::{Arc, Mutex};

/// What InfluxQL sees of the catalog: each database has one policy.
pub(super) struct InfluxqlHost {
    pub(super) catalog: Arc<Mutex<Catalog>>,
    /// To who may not read it a database does not exist.
    pub(super) rights: Rights,
    pub(super) now: i64,
}

const POLICY: &str = "autogen";

/// What queries see of a table that others write to: it is theirs between two looks. Where the query was
/// ended meanwhile there is nothing of it.
fn view_of(
    catalog: &Mutex<Catalog>,
    database: &str,
    table: &[u8],
    asked: &Asked<'_>,
) -> Option<Measurement> {
    let mut viewed = Viewed::of(*asked);
    let mut counted = 0;
    let look = |viewed: &mut Viewed<'_>| {
        lock(catalog).database_mut(database)?.tables.look(table, viewed, SERIES_AT_ONCE)
    };
    loop {
        // Nothing that grows with what was seen is done under the lock.
        viewed.measurement.series.reserve(SERIES_AT_ONCE);
        let are_more = look(&mut viewed)?;
        let count = viewed.measurement.series.len();
        let more = count - std::mem::replace(&mut counted, count);
        asked.allowance.keeps(more * asked.size_of_series());
        if !asked.allowance.goes_on_now() {
            return None;
        }
        if !are_more {
            return Some(viewed.measurement);
        }
        give_way();
        if viewed.seen > MANY_SERIES {
            asked.allowance.take_turns();
        }
    }
}

impl Host for InfluxqlHost {
    fn now(&self) -> i64 {
        self.now
    }

    fn databases(&self) -> Vec<String> {
        let mut names = lock(&self.catalog).names();
        names.retain(|name| self.rights.allow(Action::Read, name));
        names
    }

    fn policies(&self, database: &str) -> Option<Vec<Policy>> {
        if !self.rights.allow(Action::Read, database) {
            return None;
        }
        let catalog = lock(&self.catalog);
        let duration = catalog.database(database)?.retention.unwrap_or_default();
        let name = POLICY.to_owned();
        Some(vec![Policy { name, duration, shard_duration: 0, replication: 1, default: true }])
    }

    fn measurements(
        &self,
        database: &str,
        _: &str,
        names: Names<'_>,
        asked: &Asked<'_>,
    ) -> Vec<Measurement> {
        if !self.rights.allow(Action::Read, database) {
            return Vec::new();
        }
        let tables = lock(&self.catalog).database(database).map(|database| database.tables.names());
        let tables = tables.unwrap_or_default().into_iter().filter(|table| names.has(table));
        tables.filter_map(|table| view_of(&self.catalog, database, &table, asked)).collect()
    }

    fn users(&self) -> Vec<(String, bool)> {
        Vec::new()
    }

    fn grants(&self, _: &str) -> Option<Vec<(String, Privilege)>> {
        None
    }

    fn caller(&self) -> Caller {
        Caller::Unchecked
    }

    fn may(&self, _: Privilege, _: Option<&str>) -> bool {
        true
    }

    fn administer(&self, _: &Admin) -> Result<(), String> {
        Err("this statement is not part of the product's InfluxQL".to_owned())
    }

    fn remove(&self, _: &str, _: &Remove) -> Result<(), String> {
        Err("this statement is not part of the product's InfluxQL".to_owned())
    }
}

impl Service {
    /// `/query` and `/api/v3/query_influxql`.
    pub(super) async fn influxql(
        &self,
        request: &Request,
        rights: Rights,
        body: Option<Vec<u8>>,
    ) -> Routed {
        let query = request.raw_query.as_deref().unwrap_or_default();
        let body = body.unwrap_or_default();
        let rules = self.profile.facts.influxql;
        let (catalog, now) = (Arc::clone(&self.catalog), self.clock.now());
        let host = InfluxqlHost { catalog, rights, now };
        if request.path != "/query" {
            let Some(sql) = self.profile.facts.sql else { return self.not_found() };
            let (get, raw_query) = (request.method == "GET", request.raw_query.clone());
            let accept = request.header("accept").map(str::to_owned);
            let work = move |allowance: &Allowance| {
                let asked = match get {
                    true => v3_request::Request::Get(raw_query.as_deref()),
                    false => v3_request::Request::Post(&body),
                };
                let accept = accept.as_deref().map(str::as_bytes);
                query_influxql(asked, accept, &host, rules, &sql.refusals, allowance)
            };
            return routed(self.queries.run(&request.client, work).await);
        }
        let parameters = match (request.method.as_str(), rules.post_body) {
            ("POST", PostBody::FormOrStatements) => match by_type(request, query, body) {
                Ok(parameters) => parameters,
                Err(refusal) => return Routed::Err(refusal),
            },
            ("POST", PostBody::Form | PostBody::FormIfTyped) => Parameters::new(query, Some(&body)),
            _ => Parameters::new(query, None),
        };
        let accept = request.header("accept").map(str::to_owned);
        let read_only = request.method == "GET";
        let work = move |allowance: &Allowance| {
            let accept = accept.as_deref();
            let asked = influxql::Request { parameters: &parameters, accept, read_only };
            influxql::query(asked, &host, rules, allowance)
        };
        routed(self.queries.run(&request.client, work).await)
    }
}

fn routed(answer: influxql::Answer) -> Routed {
    let ok = answer.status == 200;
    let response = respond::influxql(answer);
    if ok { Routed::Ok(response) } else { Routed::Err(response) }
}

/// The parameters of a POST whose body is a form or, without a type too, statements
/// (influxdb3_core c7612d1:iox_v1_query_api/src/handler.rs).
pub(in crate::family) fn by_type(
    request: &Request,
    query: &str,
    body: Vec<u8>,
) -> Result<Parameters, Response> {
    let kind = request.header("content-type").unwrap_or("application/vnd.influxql");
    let essence = kind.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "application/x-www-form-urlencoded" => Ok(Parameters::new(query, Some(&body))),
        "application/vnd.influxql" if query.is_empty() => Ok(Parameters::new(query, None)),
        "application/vnd.influxql" => Ok(Parameters::new(query, None).or("q", body)),
        "multipart/form-data" => Err(Response::new(501)
            .with_body("a query as multipart/form-data is not part of this server")),
        _ => {
            let error = serde_json::json!({ "error": format!("invalid mime type ({kind})") });
            Err(Response::new(400).with_body(error.to_string()))
        }
    }
}

#[cfg(feature = "sql")]
pub(super) mod sql_host {
    use super::view_of;
    use crate::family::v3::catalog::Catalog;
    use crate::family::v3::rights::{Action, Rights};
    use crate::lock::lock;
    use crate::query::sql::host::{Host, NoSuchDatabase};
    use crate::store::Name;
    use crate::store::view::{Asked, Measurement};
    use std::sync::{Arc, Mutex};

    /// What SQL sees of the catalog.
    pub(in crate::family::v3) struct SqlHost {
        pub(in crate::family::v3) catalog: Arc<Mutex<Catalog>>,
        pub(in crate::family::v3) rights: Rights,
    }

    impl Host for SqlHost {
        fn table_names(&self, database: &str) -> Result<Vec<Name>, NoSuchDatabase> {
            if !self.rights.allow(Action::Read, database) {
                return Err(NoSuchDatabase);
            }
            let catalog = lock(&self.catalog);
            let database = catalog.database(database).ok_or(NoSuchDatabase)?;
            let mut names = database.tables.names();
            names.sort();
            Ok(names)
        }

        fn table(&self, database: &str, name: &str, asked: &Asked<'_>) -> Option<Measurement> {
            if !self.rights.allow(Action::Read, database) {
                return None;
            }
            view_of(&self.catalog, database, name.as_bytes(), asked)
        }
    }
}

impl Service {
    #[cfg(feature = "sql")]
    pub(super) async fn query_sql(
        &self,
        request: &Request,
        rights: Rights,
        body: Option<Vec<u8>>,
    ) -> Routed {
        use crate::query::sql;
        use std::sync::Arc;
        let Some(product) = self.profile.facts.sql else { return self.not_found() };
        let host: Arc<dyn sql::Host> =
            Arc::new(sql_host::SqlHost { catalog: Arc::clone(&self.catalog), rights });
        let body = body.unwrap_or_default();
        let asked = match request.method.as_str() {
            "GET" => sql::Request::Get(request.raw_query.as_deref()),
            _ => sql::Request::Post(&body),
        };
        let accept = request.header("accept").map(str::as_bytes);
        let limits = sql::run::Limits::of(self.queries.limits());
        let answer = tokio::select! {
            biased;
            answer = sql::answer(&host, product, asked, accept, limits) => answer,
            // With its future the query ends.
            () = request.client.left() => {
                return Routed::Err(Response { close: true, ..Response::new(503) });
            }
        };
        let response = Response { more: answer.more, ..Response::new(answer.status) };
        let mut response = response.with_body(answer.body);
        if let Some(content_type) = answer.content_type {
            response = response.with("Content-Type", content_type);
        }
        if answer.status == 200 { Routed::Ok(response) } else { Routed::Err(response) }
    }

    #[cfg(not(feature = "sql"))]
    #[expect(clippy::unused_async, reason = "the same signature as with SQL")]
    pub(super) async fn query_sql(&self, _: &Request, _: Rights, _: Option<Vec<u8>>) -> Routed {
        Routed::Err(Response::new(501).with_body("this server was built without SQL"))
    }
}
