//! Reading back: InfluxQL over the databases, or over the buckets that mappings lead to.

use super::LARGEST_REQUEST;
use super::Service;
use super::accounts::Accounts;
use super::auth::Caller as Asker;
use super::catalog::Action;
use crate::family::v3::query::by_type;
use crate::http::{Body, Request, Response};
use crate::lock::lock;
use crate::query::allowance::Allowance;
use crate::query::influxql::ast::{Admin, Privilege};
use crate::query::influxql::host::{Caller, Host, Policy, Remove};
use crate::query::influxql::http::{self as influxql, Parameters};
use crate::respond;
use crate::stage::admit::with_policy;
use crate::store::partitions::PartitionedTables;
use crate::store::view::{Asked, Measurement, Names};
use profiles::answer::Fault;
use profiles::write::Address;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The retention policy of a database that has none.
const POLICY: &str = "autogen";

impl Service {
    /// `/query`.
    pub(super) async fn influxql(self: &Arc<Self>, request: &Request, body: Body<'_>) -> Response {
        let query = request.raw_query.as_deref().unwrap_or_default();
        let body = match body.read(LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error) => return super::manage::failed(error.status(), &error.to_string()),
        };
        let parameters = match request.method.as_str() {
            "POST" => match by_type(request, query, body) {
                Ok(parameters) => parameters,
                Err(refusal) => return refusal,
            },
            _ => Parameters::new(query, None),
        };
        let asker = match self.caller(request) {
            Ok(asker) => asker,
            Err(fault) => return self.refuse(fault),
        };
        // What a write with these two parameters made is found with the same two.
        let together = self.endpoints.iter().any(|e| e.address == Address::DatabaseWithPolicy);
        let parameters = match parameters.text("db") {
            database if together && !database.is_empty() => {
                let name = with_policy(&database, &parameters.text("rp"));
                parameters.with("db", name).with("rp", String::new())
            }
            _ => parameters,
        };
        let host = QueryHost {
            service: self,
            asker,
            #[cfg(feature = "flight")]
            named: Named::Mapping,
        };
        if let Err(fault) = host.admitted(&parameters.text("db")) {
            return self.refuse(fault);
        }
        let (service, asker) = (Arc::clone(self), host.asker);
        let accept = request.header("accept").map(str::to_owned);
        let (read_only, rules) = (request.method == "GET", self.profile.facts.influxql);
        let work = move |allowance: &Allowance| {
            let host = QueryHost {
                service: &service,
                asker,
                #[cfg(feature = "flight")]
                named: Named::Mapping,
            };
            let accept = accept.as_deref();
            let asked = influxql::Request { parameters: &parameters, accept, read_only };
            influxql::query(asked, &host, rules, allowance)
        };
        respond::influxql(self.queries.run(&request.client, work).await)
    }
}

/// What the name of a database means in an organisation.
#[cfg(feature = "flight")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named {
    /// The mapping of a database to a bucket.
    Mapping,
    /// A bucket.
    Bucket,
}

/// What one caller sees.
pub(super) struct QueryHost<'s> {
    pub(super) service: &'s Service,
    pub(super) asker: Asker,
    #[cfg(feature = "flight")]
    pub(super) named: Named,
}

impl QueryHost<'_> {
    /// Whether the caller may read the request's database; one that is not there is nobody's secret.
    fn admitted(&self, database: &str) -> Result<(), Fault> {
        match &self.service.accounts {
            Accounts::Cluster(_) => self.service.may(&self.asker, Action::Read, database),
            Accounts::Organisations(_) => Ok(()),
        }
    }

    /// Something of the tables of a database that the caller may read, if it has any.
    pub(super) fn stored<T>(
        &self,
        database: &str,
        what: impl FnOnce(&PartitionedTables) -> T,
    ) -> Option<T> {
        let (key, _) = self.found(database)?;
        lock(&self.service.tables).get(&key).map(what)
    }

    /// The key of a database that the caller may read, and how long it keeps its points.
    fn found(&self, database: &str) -> Option<(String, Option<i64>)> {
        match (&self.service.accounts, &self.asker) {
            (Accounts::Cluster(catalog), _) => {
                let retention = lock(catalog).databases().get(database)?.retention;
                let may = self.service.may(&self.asker, Action::Read, database).is_ok();
                may.then(|| (database.to_owned(), retention))
            }
            #[cfg(feature = "flight")]
            (Accounts::Organisations(catalog), Asker::Token(token))
                if self.named == Named::Bucket =>
            {
                let catalog = lock(catalog);
                let bucket = catalog.bucket_by_name(token.org_id, database.as_bytes()).ok()?;
                let key = bucket.id.to_string();
                let may = self.service.may(&self.asker, Action::Read, &key).is_ok();
                may.then_some((key, Some(bucket.retention)))
            }
            (Accounts::Organisations(catalog), Asker::Token(token)) => {
                let catalog = lock(catalog);
                let mappings = catalog.mappings_for_query(token, Some(database.as_bytes()));
                let mapping = mappings.iter().find(|m| m.default).or_else(|| mappings.first())?;
                let retention = catalog.bucket(mapping.bucket_id).ok()?.retention;
                Some((mapping.bucket_id.to_string(), Some(retention)))
            }
            (Accounts::Organisations(_), _) => None,
        }
    }
}

impl Host for QueryHost<'_> {
    fn now(&self) -> i64 {
        self.service.clock.now()
    }

    fn databases(&self) -> Vec<String> {
        let names: BTreeSet<String> = match (&self.service.accounts, &self.asker) {
            (Accounts::Cluster(catalog), _) => lock(catalog).databases().keys().cloned().collect(),
            (Accounts::Organisations(catalog), Asker::Token(token)) => {
                let mappings = lock(catalog).mappings_for_query(token, None);
                mappings.into_iter().map(|mapping| mapping.database).collect()
            }
            (Accounts::Organisations(_), _) => BTreeSet::new(),
        };
        names.into_iter().filter(|name| self.found(name).is_some()).collect()
    }

    fn policies(&self, database: &str) -> Option<Vec<Policy>> {
        let (_, retention) = self.found(database)?;
        let duration = retention.unwrap_or_default();
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
        self.stored(database, |tables| tables.view(names, asked)).unwrap_or_default()
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
