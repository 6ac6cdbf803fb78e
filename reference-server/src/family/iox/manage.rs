//! `/api/v0`: databases and tokens of a cluster (docs-v2 api-docs/influxdb3/cloud-dedicated/management
//! and clustered/management). The words of its errors are our own.

use super::Service;
use super::accounts::Saved;
use super::auth::Caller;
use super::catalog::{self, Action, Catalog, Database, Right, Token};
use super::kept;
use crate::http::{Request, Response};
use crate::journal::Change;
use crate::lock::lock;
use crate::names;
use jiff::Timestamp;
use profiles::Management;
use profiles::answer::Fault;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::sync::Mutex;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct NewDatabase {
    name: String,
    max_tables: Option<usize>,
    max_columns_per_table: Option<usize>,
    /// Nanoseconds; 0 is for ever.
    retention_period: Option<i64>,
    partition_template: Option<Vec<Part>>,
}

/// A part of a partition template.
#[derive(Deserialize)]
struct Part {
    r#type: String,
    value: Json,
}

#[derive(Deserialize)]
struct NewToken {
    description: String,
    permissions: Vec<Permission>,
}

#[derive(Deserialize)]
struct Permission {
    action: String,
    resource: String,
}

impl Service {
    /// What of a path lies below the management API; none where it does not.
    pub(super) fn below_management<'p>(&self, path: &'p str) -> Option<&'p str> {
        let rest = path.strip_prefix("/api/v0/")?;
        if self.management != Management::Account {
            return Some(rest);
        }
        // There is one account and one cluster, whatever they are called.
        let (account, rest) = rest.strip_prefix("accounts/")?.split_once('/')?;
        let (cluster, rest) = rest.strip_prefix("clusters/")?.split_once('/')?;
        (!account.is_empty() && !cluster.is_empty()).then_some(rest)
    }

    pub(super) fn manage_cluster(
        &self,
        catalog: &Mutex<Catalog>,
        request: &Request,
        rest: &str,
        body: &[u8],
    ) -> Response {
        let begun =
            if request.method == "GET" { Ok(Change::none()) } else { self.journal.begin(0) };
        let change = match begun {
            Ok(change) => change,
            Err(why) => return failed(500, &why.to_string()),
        };
        let mut catalog = lock(catalog);
        if let Err(fault) = self.may_manage(&catalog, request) {
            return self.refuse(fault);
        }
        let response = self.managed(&mut catalog, request, rest, body);
        if response.status < 300 && request.method != "GET" {
            kept::record_accounts(&change, Saved::Cluster(catalog.clone()));
        }
        response
    }

    fn managed(
        &self,
        catalog: &mut Catalog,
        request: &Request,
        rest: &str,
        body: &[u8],
    ) -> Response {
        let (resource, id) = rest.split_once('/').unwrap_or((rest, ""));
        let id = percent_encoding::percent_decode_str(id).decode_utf8_lossy();
        match (request.method.as_str(), resource, &*id) {
            ("GET", "databases", "") => {
                let listed = catalog.databases().iter().map(|(name, d)| self.shown(name, d));
                answer(200, &listed.collect())
            }
            ("POST", "databases", "") => self.create_database(catalog, body),
            ("DELETE", "databases", name) if !name.is_empty() => {
                if !catalog.drop_database(name) {
                    return failed(404, "there is no such database");
                }
                lock(&self.tables).remove(name);
                Response::new(204)
            }
            ("GET", "tokens", "") => {
                let listed = catalog.tokens().iter().map(|(id, token)| shown_token(id, token));
                answer(200, &listed.collect())
            }
            ("POST", "tokens", "") => self.create_token(catalog, body),
            ("DELETE", "tokens", id) if !id.is_empty() => {
                if catalog.remove_token(id) {
                    Response::new(204)
                } else {
                    failed(404, "there is no such token")
                }
            }
            _ => self.refuse(Fault::RouteUnknown),
        }
    }

    fn may_manage(&self, catalog: &Catalog, request: &Request) -> Result<(), Fault> {
        match self.caller(request)? {
            Caller::Anyone => Ok(()),
            Caller::Secret(None) => Err(Fault::CredentialsMissing),
            Caller::Secret(Some(secret)) => {
                let token = catalog.token(&secret).ok_or(Fault::CredentialsWrong)?;
                token.manages.then_some(()).ok_or(Fault::Forbidden)
            }
            Caller::Token(_) => Err(Fault::Forbidden),
        }
    }

    fn create_database(&self, catalog: &mut Catalog, body: &[u8]) -> Response {
        let new: NewDatabase = match serde_json::from_slice(body) {
            Ok(new) => new,
            Err(error) => return failed(400, &error.to_string()),
        };
        if names::namespace(&self.rules.names, &new.name).is_err() {
            return failed(400, "a database may not have this name");
        }
        if self.databases.is_some_and(|limit| catalog.databases().len() >= limit) {
            return failed(400, "there may be no more databases");
        }
        let template = match new.partition_template.as_deref().map(template).transpose() {
            Ok(template) => template,
            Err(why) => return failed(400, &why),
        };
        let database = Database {
            retention: new.retention_period.filter(|period| *period > 0),
            tables: new.max_tables,
            columns: new.max_columns_per_table,
            template,
        };
        let shown = self.shown(&new.name, &database);
        if catalog.create(&new.name, database) {
            answer(200, &shown)
        } else {
            failed(409, "there is a database of this name")
        }
    }

    fn create_token(&self, catalog: &mut Catalog, body: &[u8]) -> Response {
        let new: NewToken = match serde_json::from_slice(body) {
            Ok(new) => new,
            Err(error) => return failed(400, &error.to_string()),
        };
        let right = |permission: &Permission| -> Option<Right> {
            let all = permission.resource == "*";
            Some((Action::named(&permission.action)?, (!all).then(|| permission.resource.clone())))
        };
        let Some(rights) = new.permissions.iter().map(right).collect() else {
            return failed(400, "an action is read or write");
        };
        let secret = format!("apiv1_{}", crate::ids::request_id());
        let hash = catalog::hash(secret.as_bytes());
        let token = Token { hash, description: new.description, rights, manages: false };
        let mut shown = Json::Null;
        let id = catalog.add_token(token);
        if let Some(token) = catalog.tokens().get(&id) {
            shown = shown_token(&id, token);
        }
        shown["accessToken"] = secret.into();
        let now = Timestamp::from_nanosecond(i128::from(self.clock.now()));
        shown["createdAt"] = now.map(|time| time.to_string()).unwrap_or_default().into();
        answer(200, &shown)
    }

    fn shown(&self, name: &str, database: &Database) -> Json {
        let parts = database.template.iter().map(|t| json!({"type": "time", "value": t}));
        json!({
            "accountId": NOBODY,
            "clusterId": NOBODY,
            "name": name,
            "maxTables": database.tables.unwrap_or(self.rules.tables),
            "maxColumnsPerTable": database.columns.unwrap_or(self.rules.columns),
            "retentionPeriod": database.retention.unwrap_or_default(),
            "partitionTemplate": parts.collect::<Json>(),
        })
    }
}

/// The one account and the one cluster.
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// The part of a template that tells a time; this server cuts by no tag.
fn template(parts: &[Part]) -> Result<String, String> {
    match parts {
        [Part { r#type, value: Json::String(value) }] if r#type == "time" => {
            let formats = profiles::settings::formats_time(value).then(|| value.clone());
            formats.ok_or_else(|| format!("\"{value}\" is not a format of the time"))
        }
        _ => Err("this server cuts tables by one time format alone".to_owned()),
    }
}

fn shown_token(id: &str, token: &Token) -> Json {
    let permissions = token.rights.iter().map(|(action, database)| {
        json!({"action": action.word(), "resource": database.as_deref().unwrap_or("*")})
    });
    json!({
        "accountId": NOBODY,
        "clusterId": NOBODY,
        "id": id,
        "description": token.description,
        "permissions": permissions.collect::<Json>(),
    })
}

fn answer(status: u16, body: &Json) -> Response {
    Response::new(status).with("Content-Type", "application/json").with_body(body.to_string())
}

/// An error of the API.
pub(super) fn failed(status: u16, message: &str) -> Response {
    answer(status, &json!({"code": status, "message": message}))
}
