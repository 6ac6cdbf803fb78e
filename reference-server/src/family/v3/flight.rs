//! What Flight sees of the catalog.

use super::Service;
use super::query::InfluxqlHost;
use super::query::sql_host::SqlHost;
use super::rights::{Action, Rights};
use crate::flight::{Denied, Host};
use crate::http::Client;
use crate::lock::lock;
use crate::query::allowance::Allowance;
use crate::query::influxql::exec::Failure;
use crate::query::influxql::question::Question;
use crate::query::influxql::result::Outcome;
use crate::query::sql;
use futures::future::{BoxFuture, FutureExt};
use profiles::flight::Flight;
use std::sync::Arc;

/// A service of a release that has Flight.
pub(crate) struct FlightHost {
    pub(crate) service: Arc<Service>,
    pub(crate) flight: &'static Flight,
}

impl FlightHost {
    /// Who asks. Unlike in the HTTP API an `authorization` that cannot be read is none.
    fn rights(&self, token: Option<&[u8]>) -> Result<Rights, Denied> {
        let service = &self.service;
        if !service.auth {
            return Ok(Rights::All);
        }
        let token = std::str::from_utf8(token.ok_or(Denied::NoToken)?);
        let token = token.map_err(|_| Denied::WrongToken)?;
        lock(&service.catalog).rights(token, service.clock.now()).ok_or(Denied::WrongToken)
    }
}

impl Host for FlightHost {
    fn flight(&self) -> &'static Flight {
        self.flight
    }

    fn tables(
        self: Arc<Self>,
        token: Option<&[u8]>,
        database: &str,
    ) -> Result<Arc<dyn sql::Host>, Denied> {
        let rights = self.rights(token)?;
        if !rights.allow(Action::Read, database) {
            return Err(Denied::Forbidden);
        }
        Ok(Arc::new(SqlHost { catalog: Arc::clone(&self.service.catalog), rights }))
    }

    fn damage(&self) -> Option<String> {
        self.service.journal.damage().map(str::to_owned)
    }

    fn influxql(
        self: Arc<Self>,
        token: Option<Vec<u8>>,
        question: Question,
    ) -> BoxFuture<'static, Result<Outcome, Failure>> {
        let asked = Arc::clone(&self);
        let work = move |allowance: &Allowance| {
            let service = &asked.service;
            let nothing = |_| Failure::UnknownDatabase(question.database.clone());
            let rights = asked.rights(token.as_deref()).map_err(nothing)?;
            let (catalog, now) = (Arc::clone(&service.catalog), service.clock.now());
            let host = InfluxqlHost { catalog, rights, now };
            question.answer(&host, service.profile.facts.influxql, allowance)
        };
        async move { self.service.queries.run(&Client::default(), work).await }.boxed()
    }
}
