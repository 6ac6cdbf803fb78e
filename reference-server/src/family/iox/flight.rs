//! What Flight sees of the databases. In an organisation it names buckets, not what maps to them.

use super::Service;
use super::accounts::Accounts;
use super::auth::Caller;
use super::catalog::Action;
use super::query::{Named, QueryHost};
use crate::flight::{Denied, Host};
use crate::http::Client;
use crate::lock::lock;
use crate::query::allowance::Allowance;
use crate::query::influxql::exec::Failure;
use crate::query::influxql::host::Host as _;
use crate::query::influxql::question::Question;
use crate::query::influxql::result::Outcome;
use crate::query::sql::{self, NoSuchDatabase};
use crate::store::Name;
use crate::store::partitions::PartitionedTables;
use crate::store::view::{Asked, Measurement};
use futures::future::{BoxFuture, FutureExt};
use profiles::answer::Fault;
use profiles::flight::Flight;
use std::sync::Arc;

/// A service of a release that has Flight.
pub(crate) struct FlightHost {
    pub(crate) service: Arc<Service>,
    pub(crate) flight: &'static Flight,
}

/// What one caller may read.
struct Tables {
    service: Arc<Service>,
    asker: Caller,
}

impl Tables {
    fn host(&self) -> QueryHost<'_> {
        QueryHost { service: &self.service, asker: self.asker.clone(), named: Named::Bucket }
    }
}

impl sql::Host for Tables {
    fn table_names(&self, database: &str) -> Result<Vec<Name>, NoSuchDatabase> {
        self.host().policies(database).ok_or(NoSuchDatabase)?;
        let mut names = self.host().stored(database, PartitionedTables::names).unwrap_or_default();
        names.sort();
        Ok(names)
    }

    fn table(&self, database: &str, name: &str, asked: &Asked<'_>) -> Option<Measurement> {
        self.host().stored(database, |tables| tables.view_of(name.as_bytes(), asked)).flatten()
    }
}

impl FlightHost {
    fn tables_of(&self, token: Option<&[u8]>, database: &str) -> Result<Tables, Denied> {
        let denied = |fault| match fault {
            Fault::CredentialsMissing => Denied::NoToken,
            Fault::CredentialsWrong => Denied::WrongToken,
            _ => Denied::Forbidden,
        };
        let service = &self.service;
        let asker = service.asker(token.map(<[u8]>::to_vec)).map_err(denied)?;
        match (&service.accounts, &asker) {
            (Accounts::Cluster(_), _) => {
                service.may(&asker, Action::Read, database).map_err(denied)?;
            }
            (Accounts::Organisations(catalog), Caller::Token(token)) => {
                let found =
                    lock(catalog).bucket_by_name(token.org_id, database.as_bytes()).map(|b| b.id);
                // A bucket that is not there is told from one that may not be read.
                if let Ok(id) = found {
                    service.may(&asker, Action::Read, &id.to_string()).map_err(denied)?;
                }
            }
            (Accounts::Organisations(_), _) => return Err(Denied::NoToken),
        }
        Ok(Tables { service: Arc::clone(service), asker })
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
        Ok(Arc::new(self.tables_of(token, database)?))
    }

    fn damage(&self) -> Option<String> {
        self.service.journal().damage().map(str::to_owned)
    }

    fn influxql(
        self: Arc<Self>,
        token: Option<Vec<u8>>,
        question: Question,
    ) -> BoxFuture<'static, Result<Outcome, Failure>> {
        let asked = Arc::clone(&self);
        let work = move |allowance: &Allowance| {
            let nothing = |_| Failure::UnknownDatabase(question.database.clone());
            let tables = asked.tables_of(token.as_deref(), &question.database).map_err(nothing)?;
            question.answer(&tables.host(), asked.service.profile.facts.influxql, allowance)
        };
        async move { self.service.queries().run(&Client::default(), work).await }.boxed()
    }
}
