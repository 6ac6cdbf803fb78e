//! What happens when a case, or a body of the user's own, is sent now.

use super::exchange::parameter;
use super::{Exchange, Incident};
use crate::case::{Action, Body, Case, Level, Role, Sending, Step};
use crate::driver;
use crate::event::CaseResult;
use crate::execute::{Expected, execute};
use crate::explain::{self, DATABASE};
use crate::findings::{Setting, of_executed};
use crate::outgoing::outgoing;
use crate::redact::Secrets;
use crate::run::{Interrupt, Stop};
use crate::session::Session;
use crate::session::opening::{LONG_PATIENCE, Stopped, Until, given_back, open_until};
use crate::snapshot::Snapshots;
use crate::space::Space;
use crate::target::{Target, Unusable};
use crate::wire::{Pool, Request, curl};
use profiles::{Capability, Family, Management};
use std::time::Instant;

/// Why nothing happened that could be told.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotSent {
    /// The target cannot be asked.
    #[error("{0}")]
    Unusable(String),
    /// The target lacks what the case needs, or an argument is missing.
    #[error("{0}")]
    Unsupported(String),
    /// The user has had enough; what is left behind on the target.
    #[error("interrupted")]
    Interrupted(Option<String>),
}

impl From<Unusable> for NotSent {
    fn from(error: Unusable) -> Self {
        Self::Unusable(error.0)
    }
}

/// A body of the user's own.
#[derive(Clone, Debug)]
pub struct Own {
    /// The name of its file.
    pub name: String,
    /// Its bytes.
    pub body: Vec<u8>,
    /// The unit of its timestamps.
    pub precision: Option<String>,
}

/// Sends a case in a database of its own, and judges it like a run does.
///
/// # Errors
/// Why it was not sent.
pub async fn of_case(
    target: &Target,
    case: &Case,
    snapshots: &Snapshots,
    strict: u8,
    interrupt: Interrupt,
) -> Result<Incident, NotSent> {
    let mut stop = Stop::of(interrupt);
    let target = match &case.setup {
        Some(_) => target.setup_for(case).map_err(NotSent::Unsupported)?,
        None => target,
    };
    let session = match open_until(target, case.setup.is_some(), stop.asked()).await {
        Ok(session) => session?.watched(),
        Err(Stopped { left_behind, .. }) => return Err(NotSent::Interrupted(left_behind)),
    };
    let sent = tokio::select! {
        sent = send(&session, case, snapshots, strict) => sent,
        _ = stop.asked() => {
            let until = Until::after(LONG_PATIENCE);
            return Err(NotSent::Interrupted(given_back(&session, Some(until)).await.err()));
        }
    };
    let closed = session.close().await;
    let mut incident = sent?;
    if let Err(why) = closed {
        incident.notes.push(format!("left behind on the target: {why}"));
    }
    incident.hide(|text| session.hide(text));
    Ok(incident)
}

async fn send(
    session: &Session,
    case: &Case,
    snapshots: &Snapshots,
    strict: u8,
) -> Result<Incident, NotSent> {
    if let Some(why) = session.unsupported(case) {
        return Err(NotSent::Unsupported(format!("{} cannot run here: {why}", case.id)));
    }
    let target = &session.target;
    let server = server(target, &session.pool, session.ready.authorization.as_deref()).await;
    let snapshot = snapshots.find(target.profile, case).map_err(NotSent::Unsupported)?;
    let expected = snapshot.as_ref().map(|s| Expected { transcript: &s.transcript, strict });
    let done = execute(session, case, expected.as_ref()).await;
    let mut done = done.map_err(|error| match error {
        driver::NotMade::Refused(why) => {
            NotSent::Unusable(format!("the database of the case could not be made: {why}"))
        }
        driver::NotMade::NoSuchRole(role) => {
            NotSent::Unsupported(format!("there are no credentials of the kind \"{role:?}\""))
        }
    })?;
    let exchanges = std::mem::take(&mut done.exchanges);
    let profile = target.profile.name();
    let setting = Setting { profile: &profile, strict, known: None };
    let mut result = of_executed(&setting, case, done, snapshot.as_ref(), session.losses());
    session.hide_in(&mut result);
    let mut incident = of_result(result);
    incident.target = target.base.url();
    incident.lineproof = env!("CARGO_PKG_VERSION").to_owned();
    incident.timeout = Some(target.timeout.as_secs_f64());
    incident.exchanges = settled(exchanges, &incident.ledgers);
    incident.server = server;
    incident.notes.extend(session.ready.notes.clone());
    place(&mut incident, case, target);
    Ok(incident.told)
}

/// An incident while the ledgers are still needed.
pub(super) struct Known {
    pub(super) told: Incident,
    pub(super) ledgers: Vec<(usize, crate::ledger::Ledger)>,
}

impl std::ops::Deref for Known {
    type Target = Incident;
    fn deref(&self) -> &Incident {
        &self.told
    }
}

impl std::ops::DerefMut for Known {
    fn deref_mut(&mut self) -> &mut Incident {
        &mut self.told
    }
}

/// What the result of a case tells.
pub(super) fn of_result(result: CaseResult) -> Known {
    let basis = result.basis.map(|basis| {
        format!("{}: {}", basis.word(), result.from.as_deref().unwrap_or("nobody says where"))
    });
    let mut summary = result.summary;
    if !result.clauses.is_empty() {
        summary += &format!("\n\nClauses of the products' pages: {}", result.clauses.join(", "));
    }
    let told = Incident {
        subject: result.id,
        summary,
        profile: result.profile,
        verdict: Some(result.verdict),
        reason: result.reason,
        commands: result.curl,
        findings: result.findings,
        basis,
        transcript: result.transcript,
        notes: result.notes,
        ..Incident::default()
    };
    Known { told, ledgers: result.ledgers }
}

/// The exchanges, with what became of each line.
pub(super) fn settled(
    mut exchanges: Vec<Exchange>,
    ledgers: &[(usize, crate::ledger::Ledger)],
) -> Vec<Exchange> {
    for exchange in exchanges.iter_mut().filter(|exchange| exchange.is_write) {
        let own = ledgers.iter().find(|(step, _)| *step == exchange.step);
        own.into_iter().for_each(|(_, ledger)| exchange.settle(ledger));
    }
    exchanges
}

/// Where a case happens, and how to make such a place.
pub(super) fn place(incident: &mut Incident, case: &Case, target: &Target) {
    match &target.database {
        Some(database) => {
            incident.place = format!("It happened in the existing database `{database}`.");
            incident.retention = format!("that of the database {database}");
        }
        None => {
            incident.place = format!(
                "It happened in a database of its own, which was dropped; the commands call it `{DATABASE}`."
            );
            let of_case = case.retention.as_ref().map(|retention| retention.text.clone());
            incident.retention =
                of_case.unwrap_or_else(|| "unlimited: the case's database has none".to_owned());
            let url = target.base.url();
            incident.preparation = vec![explain::make_database(case, target.profile.family, &url)];
        }
    }
    if let Some(setup) = &case.setup {
        incident.notes.push(format!(
            "the server is set up as \"{setup}\" (`lineproof list --setups` tells what that is); that it is, was taken on trust"
        ));
    }
}

/// Sends a body of the user's own once. In a database that is there already nothing but the body
/// itself is written; without one a database is made for it, and what is then stored is read back.
///
/// # Errors
/// Why it was not sent.
pub async fn of_body(
    target: &Target,
    own: &Own,
    interrupt: Interrupt,
) -> Result<Incident, NotSent> {
    let case = case_of(own);
    let mut incident = match &target.database {
        Some(database) => once(target, &case, database, interrupt).await?,
        None => of_case(target, &case, &Snapshots::default(), 0, interrupt).await?,
    };
    incident.subject.clone_from(&own.name);
    incident.commands = vec![command(target, &case, &own.name)];
    Ok(incident)
}

/// The case that sends this body.
fn case_of(own: &Own) -> Case {
    let step = |action, precision| Step {
        line: 0,
        action,
        asked: crate::case::Asked::Once,
        sending: Sending { precision, ..Sending::default() },
    };
    Case {
        id: format!("own/{}", own.name),
        summary: "A body of the user's own.".to_owned(),
        level: Level::May,
        clauses: Vec::new(),
        needs: [Capability::Write, Capability::ReadBack].into(),
        kills: Vec::new(),
        retention: None,
        schema: None,
        setup: None,
        steps: vec![
            step(Action::Write(Body::Bytes(own.body.clone())), own.precision.clone()),
            step(Action::ReadBack, None),
        ],
        file: own.name.clone(),
        source: String::new(),
    }
}

/// The line for a shell that sends the user's file.
fn command(target: &Target, case: &Case, name: &str) -> String {
    let family = target.profile.family;
    let mut space = explain::space(family);
    if let Some(database) = &target.database {
        space.database.clone_from(database);
    }
    if let Some(org) = &target.org {
        space.org = Some(org.clone());
    }
    let secrets = [("LINEPROOF_TOKEN".to_owned(), "LINEPROOF_TOKEN".to_owned())];
    let mut request = outgoing(family, &case.steps[0], &space)
        .map_or_else(|| Request::new("POST", "/"), |out| out.request);
    request.body.clear();
    let own = &target.credentials;
    let user = match (request.get("authorization"), &own.user, &own.token) {
        (None, Some(_), _) => " -u \"$LINEPROOF_USER:$LINEPROOF_PASSWORD\"",
        (None, None, Some(_)) => " -H \"Authorization: Token $LINEPROOF_TOKEN\"",
        _ => "",
    };
    let name = name.replace('\'', r"'\''");
    // curl's own type would change what is sent.
    let line = curl(&target.base, &request, &secrets);
    format!("{line} -H 'Content-Type:'{user} --data-binary '@{name}'")
}

/// One request into a database that others use too: no canary, nothing read, nothing dropped.
async fn once(
    target: &Target,
    case: &Case,
    database: &str,
    mut interrupt: Interrupt,
) -> Result<Incident, NotSent> {
    let pool = Pool::new(target.base.clone(), target.timeout);
    let authorization = driver::authorization(target);
    let mut space = Space {
        database: database.to_owned(),
        org: target.org.clone(),
        now: crate::clock::now(),
        ..Space::default()
    };
    let has_orgs = matches!(target.profile.family, Family::V2 | Family::Iox(Management::Buckets));
    if has_orgs && space.org.is_none() {
        return Err(NotSent::Unsupported(format!(
            "{} has organisations: name the one of the bucket with --org",
            target.profile.name()
        )));
    }
    let owner = driver::credential(authorization.clone(), "{token}");
    let mut secrets = owner.secrets.clone();
    secrets.extend(target.credentials.secrets().map(|(secret, name)| (secret.to_owned(), name)));
    let secrets = Secrets::new(secrets.iter().map(|(secret, name)| (secret.as_str(), *name)));
    space.roles.insert(Role::Owner, owner);
    let step = &case.steps[0];
    let Some(out) = outgoing(target.profile.family, step, &space) else {
        return Err(NotSent::Unsupported("there is nothing to send".to_owned()));
    };
    let began = Instant::now();
    let answer = tokio::select! {
        answer = pool.send_fresh(&out.request) => answer,
        Ok(_) = interrupt.wait_for(|stop| *stop) => return Err(NotSent::Interrupted(None)),
    };
    let exchange = Exchange::new(1, &step.action, &out, &answer, began.elapsed());
    let mut incident = Incident {
        summary: case.summary.clone(),
        profile: target.profile.name(),
        target: target.base.url(),
        lineproof: env!("CARGO_PKG_VERSION").to_owned(),
        exchanges: vec![exchange],
        server: server(target, &pool, authorization.as_deref()).await,
        timeout: Some(target.timeout.as_secs_f64()),
        notes: vec![format!(
            "sent once into the existing database {database}; what is stored there was not read"
        )],
        ..Incident::default()
    };
    place(&mut incident, case, target);
    incident.hide(|text| secrets.hide(text));
    Ok(incident)
}

/// What the server says of itself, where it has a `/ping`: headers, and a body that is JSON.
pub(crate) async fn server(
    target: &Target,
    pool: &Pool,
    authorization: Option<&str>,
) -> Vec<String> {
    let mut request = Request::new("GET", "/ping");
    request.headers.extend(authorization.map(|v| ("Authorization".to_owned(), v.to_owned())));
    let answer = match pool.send(&request).await {
        Ok(answer) => answer,
        Err(error) => return vec![format!("GET /ping: {error}")],
    };
    let mut lines = vec![format!("GET {}/ping: status {}", target.base.prefix, answer.status)];
    for name in ["server", "x-influxdb-version", "x-influxdb-build", "cluster-uuid"] {
        lines.extend(answer.header(name).map(|value| format!("{name}: {value}")));
    }
    if answer.body.starts_with(b"{") && answer.body.len() < 1_000 {
        lines.push(format!("it says: {}", super::one_line(&answer.text(), 1_000)));
    }
    lines
}

/// The precision that a request asks for.
pub(super) fn precision(request: &str) -> Option<String> {
    parameter(request, "precision")
}
