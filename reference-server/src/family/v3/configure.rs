//! `/api/v3/configure/database`.

use super::catalog::Database;
use super::{Routed, Service, kept};
use crate::http::{Request, Response};
use crate::lock::lock;
use crate::names;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
struct CreateDatabase {
    db: String,
    retention_period: Option<String>,
}

impl Service {
    pub(super) fn create_database(&self, request: &Request, body: Option<Vec<u8>>) -> Routed {
        if request.header("content-type") != Some("application/json") {
            let text = "unacceptable content-type, expected: application/json";
            return failed(415, text);
        }
        let parsed: CreateDatabase = match serde_json::from_slice(&body.unwrap_or_default()) {
            Ok(parsed) => parsed,
            Err(error) => return failed(400, &format!("serde json error: {error}")),
        };
        if let Err(fault) = names::database(&self.rules.names, &parsed.db) {
            return Routed::Err(self.refusal(&self.profile.facts.write[0], &fault));
        }
        let retention = match parsed.retention_period.as_deref().map(crate::duration::parse) {
            None => None,
            Some(Ok(retention)) => Some(retention),
            Some(Err(error)) => return failed(400, &error),
        };
        let change = match self.journal.begin(0) {
            Ok(change) => change,
            Err(why) => return failed(500, &why.to_string()),
        };
        let mut catalog = lock(&self.catalog);
        if catalog.database(&parsed.db).is_some() {
            return failed(409, "attempted to create a resource that already exists");
        }
        if catalog.len() >= self.rules.databases {
            let fault = super::write::too_many_databases(&self.rules);
            return Routed::Err(self.refusal(&self.profile.facts.write[0], &fault));
        }
        catalog.insert(&parsed.db, Database { retention, ..Database::default() });
        kept::record_catalog(&change, &catalog);
        Routed::Ok(Response::new(200))
    }

    pub(super) fn delete_database(&self, request: &Request) -> Routed {
        let Some(name) = request.query.get("db") else {
            return failed(400, "serde error: missing field `db`");
        };
        let change = match self.journal.begin(0) {
            Ok(change) => change,
            Err(why) => return failed(500, &why.to_string()),
        };
        let mut catalog = lock(&self.catalog);
        if catalog.remove(name) {
            kept::record_catalog(&change, &catalog);
            return Routed::Ok(Response::new(200));
        }
        let text = "the requested resource was not found";
        if self.api.missing_database_named {
            return failed(404, &format!("{text}: {name}"));
        }
        failed(404, text)
    }

    pub(super) fn list_databases(&self, request: &Request) -> Routed {
        match request.query.get("format") {
            None => failed(400, "serde error: missing field `format`"),
            Some("json") => {
                let names = lock(&self.catalog).names();
                let rows: Vec<_> = names.iter().map(|n| json!({"iox::database": n})).collect();
                let body = serde_json::Value::from(rows).to_string();
                let response = Response::new(200).with("Content-Type", "application/json");
                Routed::Ok(response.with_body(body))
            }
            Some(other) => failed(
                400,
                &format!(
                    "serde error: unknown variant `{other}`, this server lists databases as `json`"
                ),
            ),
        }
    }
}

pub(super) fn failed(status: u16, text: &str) -> Routed {
    Routed::Err(Response::new(status).with_body(text))
}
