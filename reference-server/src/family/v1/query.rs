//! `/query` of v1: reading, and all administration.

use super::Service;
use super::auth::Caller;
use super::catalog::{self, DEFAULT_POLICY, PolicyChange};
use super::kept;
use crate::go_text::is_print;
use crate::http::{Body, BodyError, Request, Response, multipart};
use crate::lock::lock;
use crate::query::allowance::Allowance;
use crate::query::influxql::ast::{Admin, PolicyOptions, Privilege};
use crate::query::influxql::host::{self, Host, Policy, Remove};
use crate::query::influxql::http::{self as influxql, Parameters};
use crate::query::running::Early;
use crate::respond;
use crate::store::shards::{self, ShardedBucket};
use crate::store::view::{Asked, Measurement, Names};
use std::sync::{Arc, Mutex};

/// The largest form body of a query.
pub(in crate::family) const LARGEST_FORM: u64 = 16 << 20;

impl Service {
    pub(super) async fn query(self: &Arc<Self>, request: Request, body: Body<'_>) -> Response {
        let facts = &self.profile.facts;
        let caller = match self.authenticate(&request) {
            Ok(caller) => caller,
            Err(fault) => return respond::fault(&facts.http, facts.credentials, &fault.into()),
        };
        let parameters = match parameters_or_parts(&request, body).await {
            Ok(parameters) => parameters,
            Err(response) => return response,
        };
        let (service, accept) = (Arc::clone(self), request.header("accept").map(str::to_owned));
        let read_only = request.method == "GET" || request.method == "HEAD";
        let rules = facts.influxql;
        let work = move |allowance: &Allowance, early: Early<influxql::Answer>| {
            let host = QueryHost { service: &service, caller: &caller };
            let accept = accept.as_deref();
            let asked = influxql::Request { parameters: &parameters, accept, read_only };
            influxql::query_early(asked, &host, rules, allowance, early)
        };
        let (mut answer, running) = self.queries.run_early(&request.client, work).await;
        answer.more = answer.more.map(|more| more.holding(running));
        let error = answer.error.take();
        let gzip = request.header("accept-encoding").is_some_and(|names| names.contains("gzip"));
        let mut response = respond::influxql(answer);
        if let Some(error) = error {
            let header = &error.as_bytes()[..error.len().min(respond::LONGEST_ERROR_HEADER)];
            response = response.with("X-Influxdb-Error", header);
        }
        // However short it is (recorded from 1.6.7).
        if gzip { respond::gzipped(response) } else { response }
    }
}

/// The parameters of a query, those of `multipart/form-data` too: they come after those of the query
/// string, and a file named `q` is the query where no parameter is
/// (1.6:services/httpd/handler.go, `serveQuery`; asked of a running 1.6.7).
async fn parameters_or_parts(request: &Request, body: Body<'_>) -> Result<Parameters, Response> {
    let kind = request.header("content-type").unwrap_or_default();
    if request.method != "POST" || !kind.starts_with("multipart/form-data") {
        return parameters(request, body).await;
    }
    let mut known = Parameters::new(request.raw_query.as_deref().unwrap_or_default(), None);
    let body = body.read(LARGEST_FORM).await.map_err(|error| unreadable(&error))?;
    let parts = multipart::parts(kind, &body);
    for part in parts.iter().filter(|part| !part.is_file) {
        if known.get(&part.name).is_none() {
            known = known.or(&part.name, part.value.to_vec());
        }
    }
    let file = parts.iter().find(|part| part.is_file && part.name == "q");
    Ok(match file {
        Some(file) if known.get("q").is_none_or(|q| q.trim_ascii().is_empty()) => {
            known.with("q", String::from_utf8_lossy(file.value).into_owned())
        }
        _ => known,
    })
}

/// The parameters of a query: those of the query string and of a form.
pub(in crate::family) async fn parameters(
    request: &Request,
    body: Body<'_>,
) -> Result<Parameters, Response> {
    let query = request.raw_query.as_deref().unwrap_or_default();
    let form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if request.method != "POST" || !form {
        return Ok(Parameters::new(query, None));
    }
    match body.read(LARGEST_FORM).await {
        Ok(form) => Ok(Parameters::new(query, Some(&form))),
        Err(error) => Err(unreadable(&error)),
    }
}

fn unreadable(error: &BodyError) -> Response {
    Response { close: true, ..Response::new(error.status()) }
        .with("Content-Type", "text/plain; charset=utf-8")
        .with_body(format!("{error}\n"))
}

/// That a database or policy may have this name (1.6:services/meta/data.go, `ValidName`).
fn check_name(name: &str) -> Result<(), String> {
    let valid = !matches!(name, "" | "." | "..")
        && name.chars().all(|c| is_print(c) && c != '/' && c != '\\');
    if valid { Ok(()) } else { Err("invalid name".to_owned()) }
}

struct QueryHost<'s> {
    service: &'s Service,
    caller: &'s Caller,
}

impl QueryHost<'_> {
    fn catalog(&self) -> std::sync::MutexGuard<'_, catalog::Catalog> {
        lock(&self.service.catalog)
    }

    fn bucket(&self, database: &str, policy: &str) -> Option<Arc<Mutex<ShardedBucket>>> {
        let catalog = self.catalog();
        Some(Arc::clone(&catalog.database(database)?.policy(policy)?.bucket))
    }
}

impl Host for QueryHost<'_> {
    fn now(&self) -> i64 {
        self.service.clock.now()
    }

    fn databases(&self) -> Vec<String> {
        let names = self.catalog().databases();
        match self.caller {
            Caller::User(user) => {
                let visible = |name: &String| user.may_read(name) || user.may_write(name);
                names.into_iter().filter(visible).collect()
            }
            Caller::Anyone | Caller::FirstAdmin => names,
        }
    }

    fn policies(&self, database: &str) -> Option<Vec<Policy>> {
        let catalog = self.catalog();
        let database = catalog.database(database)?;
        let policy = |policy: &catalog::Policy| Policy {
            name: policy.name.clone(),
            duration: policy.duration,
            shard_duration: policy.shard_duration,
            replication: i64::from(policy.replication),
            default: policy.name == database.default_policy,
        };
        Some(database.policies.iter().map(policy).collect())
    }

    fn measurements(
        &self,
        database: &str,
        policy: &str,
        names: Names<'_>,
        asked: &Asked<'_>,
    ) -> Vec<Measurement> {
        let bucket = self.bucket(database, policy);
        bucket.map(|bucket| shards::view_of(&bucket, names, asked)).unwrap_or_default()
    }

    fn shards(&self, database: &str, policy: &str) -> Option<Vec<(i64, i64)>> {
        lock(&*self.bucket(database, policy)?).shard_bounds()
    }

    fn users(&self) -> Vec<(String, bool)> {
        self.catalog().users().map(|user| (user.name.clone(), user.admin)).collect()
    }

    fn grants(&self, user: &str) -> Option<Vec<(String, Privilege)>> {
        let catalog = self.catalog();
        let privileges = catalog.user(user)?.privileges.iter();
        Some(privileges.map(|(database, p)| (database.clone(), spoken(*p))).collect())
    }

    fn caller(&self) -> host::Caller {
        match self.caller {
            Caller::Anyone => host::Caller::Unchecked,
            Caller::FirstAdmin => host::Caller::NoAdministratorYet,
            Caller::User(user) => host::Caller::User(user.name.clone()),
        }
    }

    fn may(&self, privilege: Privilege, database: Option<&str>) -> bool {
        let Caller::User(user) = self.caller else { return true };
        match (privilege, database) {
            (_, None) => user.admin,
            (Privilege::None, Some(_)) => true,
            (Privilege::Read, Some(database)) => user.may_read(database),
            (Privilege::Write, Some(database)) => user.may_write(database),
            (Privilege::All, Some(database)) => user.may_read(database) && user.may_write(database),
        }
    }

    fn administer(&self, statement: &Admin) -> Result<(), String> {
        let change = self.service.journal.begin(0).map_err(|why| why.to_string())?;
        let mut catalog = self.catalog();
        let before = catalog.saved();
        let done = administer(&mut catalog, statement);
        // Some clients make their database at every start.
        if catalog.saved() != before {
            self.service.record_catalog(&change, &catalog);
        }
        done
    }

    fn remove(&self, database: &str, removal: &Remove) -> Result<(), String> {
        let change = self.service.journal.begin(0).map_err(|why| why.to_string())?;
        self.service.remove(database, removal);
        kept::record_removal(&change, database, removal);
        Ok(())
    }
}

/// Does what a statement says to the catalog.
fn administer(catalog: &mut catalog::Catalog, statement: &Admin) -> Result<(), String> {
    match statement {
        Admin::CreateDatabase { name, policy } => {
            check_name(name)?;
            if let Some(name) = policy.as_ref().and_then(|policy| policy.name.as_deref())
                && !name.is_empty()
            {
                check_name(name)?;
            }
            let change = policy.as_ref().map(|policy| change(policy, true));
            let named = policy.as_ref().and_then(|policy| policy.name.as_deref());
            let policy = change.as_ref().map(|c| (named.unwrap_or(DEFAULT_POLICY), c));
            catalog.create_database(name, policy)
        }
        Admin::DropDatabase(name) => {
            catalog.drop_database(name);
            Ok(())
        }
        Admin::CreateRetentionPolicy { database, policy, default } => {
            let name = policy.name.as_deref().unwrap_or_default();
            check_name(name)?;
            catalog.create_policy(database, name, &change(policy, *default))
        }
        Admin::AlterRetentionPolicy { database, policy, default } => {
            let name = policy.name.as_deref().unwrap_or_default();
            catalog.alter_policy(database, name, &change(policy, *default))
        }
        Admin::DropRetentionPolicy { database, name } => {
            catalog.drop_policy(database, name);
            Ok(())
        }
        Admin::CreateUser { name, password, admin } => catalog.create_user(name, password, *admin),
        Admin::DropUser(name) => catalog.drop_user(name),
        Admin::SetPassword { name, password } => catalog.set_password(name, password),
        Admin::Grant { privilege, database, user } => {
            catalog.set_privilege(user, database, kept(*privilege))
        }
        Admin::GrantAdmin(user) => catalog.set_admin(user, true),
        Admin::Revoke { privilege, database, user } => {
            let held = catalog.user(user).and_then(|u| u.privileges.get(database).copied());
            catalog.set_privilege(user, database, without(held, *privilege))
        }
        Admin::RevokeAdmin(user) => catalog.set_admin(user, false),
    }
}

fn change(options: &PolicyOptions, default: bool) -> PolicyChange {
    PolicyChange {
        duration: options.duration,
        replication: options.replication.and_then(|n| u32::try_from(n).ok()),
        shard_duration: options.shard_duration,
        default,
    }
}

fn spoken(privilege: catalog::Privilege) -> Privilege {
    match privilege {
        catalog::Privilege::Read => Privilege::Read,
        catalog::Privilege::Write => Privilege::Write,
        catalog::Privilege::All => Privilege::All,
    }
}

fn kept(privilege: Privilege) -> Option<catalog::Privilege> {
    match privilege {
        Privilege::None => None,
        Privilege::Read => Some(catalog::Privilege::Read),
        Privilege::Write => Some(catalog::Privilege::Write),
        Privilege::All => Some(catalog::Privilege::All),
    }
}

/// What is left of a right when another is taken away.
fn without(held: Option<catalog::Privilege>, taken: Privilege) -> Option<catalog::Privilege> {
    match (held?, taken) {
        (catalog::Privilege::All, Privilege::Read) => Some(catalog::Privilege::Write),
        (catalog::Privilege::All, Privilege::Write) => Some(catalog::Privilege::Read),
        (held, taken) if kept(taken) == Some(held) || taken == Privilege::All => None,
        (held, _) => Some(held),
    }
}
