//! `/query` of v2: InfluxQL over the buckets that mappings lead to.

use super::Service;
use super::catalog::{Action, Mapping, Token};
use super::id::Id;
use crate::family::v1::query::parameters;
use crate::http::{Body, Request, Response};
use crate::lock::lock;
use crate::query::allowance::Allowance;
use crate::query::influxql::ast::{Admin, Privilege};
use crate::query::influxql::host::{Caller, Host, Policy, Remove};
use crate::query::influxql::http as influxql;
use crate::query::running::Early;
use crate::respond;
use crate::store::shards;
use crate::store::view::{Asked, Measurement, Names};
use std::sync::Arc;

impl Service {
    pub(super) async fn influxql(
        self: &Arc<Self>,
        request: &Request,
        body: Body<'_>,
        token: &Arc<Token>,
    ) -> Response {
        let parameters = match parameters(request, body).await {
            Ok(parameters) => parameters,
            Err(response) => return response,
        };
        let (service, token) = (Arc::clone(self), Arc::clone(token));
        let accept = request.header("accept").map(str::to_owned);
        let (read_only, rules) = (request.method == "GET", self.profile.facts.influxql);
        let work = move |allowance: &Allowance, early: Early<influxql::Answer>| {
            let host = QueryHost { service: &service, token: &token };
            let accept = accept.as_deref();
            let asked = influxql::Request { parameters: &parameters, accept, read_only };
            influxql::query_early(asked, &host, rules, allowance, early)
        };
        let (mut answer, running) = self.queries.run_early(&request.client, work).await;
        answer.more = answer.more.map(|more| more.holding(running));
        let failed = answer.error.is_some();
        let response = respond::influxql(answer);
        if failed { response.with("X-Platform-Error-Code", "invalid") } else { response }
    }
}

struct QueryHost<'s> {
    service: &'s Service,
    token: &'s Token,
}

impl QueryHost<'_> {
    fn mappings(&self, database: Option<&str>) -> Vec<Mapping> {
        let catalog = lock(&self.service.catalog);
        catalog.mappings_for_query(self.token, database.map(str::as_bytes))
    }

    fn bucket(&self, database: &str, policy: &str) -> Option<Id> {
        let mappings = self.mappings(Some(database));
        let mapping = mappings.iter().find(|mapping| mapping.retention_policy == policy);
        mapping.map(|mapping| mapping.bucket_id)
    }
}

impl Host for QueryHost<'_> {
    fn now(&self) -> i64 {
        self.service.clock.now()
    }

    fn databases(&self) -> Vec<String> {
        let mut names: Vec<String> =
            self.mappings(None).into_iter().map(|mapping| mapping.database).collect();
        names.sort();
        names.dedup();
        names
    }

    fn policies(&self, database: &str) -> Option<Vec<Policy>> {
        let mappings = self.mappings(Some(database));
        if mappings.is_empty() {
            return None;
        }
        let catalog = lock(&self.service.catalog);
        let policy = |mapping: Mapping| {
            let bucket = catalog.bucket(mapping.bucket_id).ok()?;
            Some(Policy {
                name: mapping.retention_policy,
                duration: bucket.retention,
                shard_duration: bucket.shard_group,
                replication: 1,
                default: mapping.default,
            })
        };
        Some(mappings.into_iter().filter_map(policy).collect())
    }

    fn measurements(
        &self,
        database: &str,
        policy: &str,
        names: Names<'_>,
        asked: &Asked<'_>,
    ) -> Vec<Measurement> {
        let bucket = self.bucket(database, policy).map(|id| self.service.points(id));
        bucket.map(|bucket| shards::view_of(&bucket, names, asked)).unwrap_or_default()
    }

    fn shards(&self, database: &str, policy: &str) -> Option<Vec<(i64, i64)>> {
        let bucket = self.service.points(self.bucket(database, policy)?);
        lock(&bucket).shard_bounds()
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
        Err("not implemented".to_owned())
    }

    fn remove(&self, database: &str, removal: &Remove) -> Result<(), String> {
        for mapping in self.mappings(Some(database)) {
            let (bucket, org) = (mapping.bucket_id, mapping.org_id);
            if !self.token.may(Action::Write, "buckets", Some(bucket), Some(org)) {
                return Err("insufficient permissions".to_owned());
            }
            self.service.remove_and_record(bucket, removal)?;
        }
        Ok(())
    }
}
