//! A target that is ready: what it can do, what reads it back, and everything on it
//! that must be given back in the end.

mod canary;
pub(crate) mod opening;

use crate::case::{Case, Role};
use crate::driver::{self, Admin, Lacks, NotMade, Ready, Wanted};
use crate::event::CaseResult;
use crate::ledger::Fate;
use crate::losses::Losses;
use crate::outgoing::named_databases;
use crate::point::Point;
use crate::read_back::{Place, Reader, Reading, Runner, Unreadable, read_all};
use crate::redact::Secrets;
use crate::space::{Made, Space};
use crate::target::{Target, Unusable};
use crate::wire::Pool;
use profiles::{Capability, Family, Management};
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Instant;

/// A target that is ready.
pub(crate) struct Session {
    pub(crate) target: Target,
    pub(crate) pool: Arc<Pool>,
    pub(crate) ready: Ready,
    /// What reads back; none where the target has nothing for it.
    pub(crate) reader: Option<Reader>,
    /// What the server cannot represent, as the first reading has declared it.
    losses: OnceLock<Losses>,
    /// How the names of everything that this run makes begin.
    pub(crate) begins: String,
    /// Whether the server is one that was set up for the cases that need it so.
    is_setup: bool,
    /// Whether each request and its answer are kept as they were.
    pub(crate) is_watched: bool,
    /// What no result may hold.
    secrets: Secrets,
    next: AtomicUsize,
    live: Mutex<Vec<Space>>,
    /// Where the first canary is, as long as it is kept.
    first: Option<Space>,
    opened: Instant,
}

impl Session {
    /// Makes a target ready, and writes a canary that must be readable.
    pub(crate) async fn open(target: &Target) -> Result<Self, Unusable> {
        Self::open_as(target, false, begins()).await
    }

    /// The same for a server that is set up as some cases need it (`is_setup`), and with the beginning
    /// of all names that it makes.
    pub(crate) async fn open_as(
        target: &Target,
        is_setup: bool,
        begins: String,
    ) -> Result<Self, Unusable> {
        let given = Secrets::new(target.credentials.secrets());
        let opened = Self::open_unhidden(target, is_setup, begins).await;
        opened.map_err(|error| Unusable(given.hide(&error.0)))
    }

    /// The same session, in which each request and its answer are kept.
    pub(crate) fn watched(self) -> Self {
        Self { is_watched: true, ..self }
    }

    /// A session that makes nothing on the target and has no credentials: for what may be asked by
    /// anybody.
    pub(crate) fn bare(target: &Target) -> Self {
        let why = "nothing is made without credentials".to_owned();
        let lacks = [Capability::CreateDatabase, Capability::ReadBack, Capability::Retention];
        let ready = Ready {
            authorization: None,
            token: String::new(),
            org: target.org.clone(),
            org_id: None,
            lacks: lacks.into_iter().map(|lacking| (lacking, why.clone())).collect(),
            held: 0,
            notes: Vec::new(),
        };
        let pool = Arc::new(Pool::new(target.base.clone(), target.timeout));
        let target = Target { database: None, ..target.clone() };
        Self::new(&target, pool, ready, false, begins())
    }

    /// Nothing has been asked yet of what reads back.
    fn new(target: &Target, pool: Arc<Pool>, ready: Ready, is_setup: bool, begins: String) -> Self {
        Self {
            target: target.clone(),
            pool,
            secrets: secrets_of(target, &ready),
            ready,
            reader: None,
            losses: OnceLock::new(),
            begins,
            is_setup,
            is_watched: false,
            next: AtomicUsize::new(0),
            live: Mutex::new(Vec::new()),
            first: None,
            opened: Instant::now(),
        }
    }

    async fn open_unhidden(
        target: &Target,
        is_setup: bool,
        begins: String,
    ) -> Result<Self, Unusable> {
        let pool = Arc::new(Pool::new(target.base.clone(), target.timeout));
        let opened = Self::open_on(target, &pool, is_setup, begins).await;
        match opened {
            Ok(session) => Ok(session),
            Err(error) => Err(crate::diagnose::explained(target, &pool, error).await),
        }
    }

    async fn open_on(
        target: &Target,
        pool: &Arc<Pool>,
        is_setup: bool,
        begins: String,
    ) -> Result<Self, Unusable> {
        let pool = Arc::clone(pool);
        let mut ready = driver::prepare(target, &pool).await?;
        for lacking in &target.lacks {
            ready.lacks.insert(*lacking, "declared".to_owned());
        }
        for lacking in Capability::ALL.iter().filter(|c| !target.profile.offers(**c)) {
            ready.lacks.insert(*lacking, format!("{} has none", target.profile.name()));
        }
        if target.database.is_some() {
            let why = "everything runs in one existing database (--database)";
            for lacking in
                [Capability::CreateDatabase, Capability::Retention, Capability::Permissions]
            {
                ready.lacks.entry(lacking).or_insert_with(|| why.to_owned());
            }
        }
        let mut session = Self::new(target, pool, ready, is_setup, begins);
        let chosen = canary::choose_reader(&mut session).await;
        match chosen.and(session.in_step().await) {
            Ok(()) => Ok(session),
            Err(error) => {
                session.close().await.ok();
                Err(Unusable(session.hide(&error.0)))
            }
        }
    }

    /// An error where more bytes came than an answer to a request of ours declares.
    async fn in_step(&self) -> Result<(), Unusable> {
        match self.pool.excess_after(|_| true).await {
            Some((_, error)) => Err(crate::diagnose::wire(&self.target.base, &error)),
            None => Ok(()),
        }
    }

    /// Writes and reads once more: is the server still there, and still honest?
    pub(crate) async fn canary(&self) -> Result<(), Unusable> {
        canary::last(self)
            .await
            .and(self.in_step().await)
            .map_err(|error| Unusable(self.hide(&error.0)))
    }

    /// A text that no secret of the target is in.
    pub(crate) fn hide(&self, text: &str) -> String {
        self.secrets.hide(text)
    }

    /// What no text may hold that is shown.
    pub(crate) fn hidden(&self) -> Secrets {
        self.secrets.clone()
    }

    /// Whether a secret of the target, longer than a word that answers have, is in the text.
    pub(crate) fn is_known(&self, text: &str) -> bool {
        let own = self.target.credentials.secrets().map(|(secret, _)| secret);
        let long = own.chain([self.ready.token.as_str()]).filter(|secret| secret.len() > 3);
        long.into_iter().any(|secret| text.contains(secret))
    }

    /// A result that no secret of the target is in: it is only shown from here on.
    pub(crate) fn hide_in(&self, result: &mut CaseResult) {
        let hide = |text: &mut String| *text = self.hide(text);
        result.reason.iter_mut().for_each(hide);
        hide(&mut result.transcript);
        result.notes.iter_mut().for_each(hide);
        for finding in &mut result.findings {
            hide(&mut finding.expected);
            hide(&mut finding.got);
        }
        for (_, ledger) in &mut result.ledgers {
            for entry in &mut ledger.entries {
                hide(&mut entry.text);
                if let Fate::Mutated(how) = &mut entry.fate {
                    hide(how);
                }
            }
            ledger.strays.iter_mut().for_each(hide);
        }
    }

    pub(crate) fn admin(&self) -> Admin<'_> {
        Admin {
            target: &self.target,
            pool: &self.pool,
            authorization: self.ready.authorization.clone(),
        }
    }

    fn lacks(&self) -> &Lacks {
        &self.ready.lacks
    }

    /// Why this case cannot run here; none where it can. Reading back is no reason: without it the
    /// answers can still be judged.
    pub(crate) fn unsupported(&self, case: &Case) -> Option<String> {
        let names_others = !named_databases(case).is_empty();
        let also = names_others.then_some(Capability::CreateDatabase);
        let needs = case.needs.iter().chain(&also).filter(|need| **need != Capability::ReadBack);
        for need in needs {
            if let Some(why) = self.lacks().get(need) {
                return Some(format!("needs {need}: {why}"));
            }
        }
        if let Some(name) = case.setup.as_ref().filter(|_| !self.is_setup) {
            return Some(format!("needs a server set up as \"{name}\""));
        }
        if self.target.database.is_some() {
            return crate::shared::cannot_share(case).map(str::to_owned);
        }
        None
    }

    /// Whether this case runs alone: by the next rule, or because its bodies are so large that
    /// several of them at once would need much memory.
    pub(crate) fn runs_alone(&self, case: &Case) -> bool {
        case.needs.contains(&Capability::Limits) || self.is_exclusive(case)
    }

    /// Whether this case sees what others do: it counts databases, or makes some besides its own, where
    /// a server has only a few of them or makes them for whoever writes.
    pub(crate) fn is_exclusive(&self, case: &Case) -> bool {
        self.counts_databases()
            && (case.needs.contains(&Capability::Limits) || !named_databases(case).is_empty())
    }

    /// Whether the target holds only a few databases, as far as it is known.
    pub(crate) fn holds_few(&self) -> bool {
        // What the user or the profile says; that databases are there already makes the room smaller.
        self.target.profile.offers(Capability::Limits)
            && !self.target.lacks.contains(&Capability::Limits)
    }

    /// Whether one database more is in nobody's way until the run ends.
    fn has_room(&self) -> bool {
        !(self.is_setup || self.counts_databases() && self.holds_few())
    }

    /// Whether a server of this family has only a few databases, or makes them for whoever writes.
    fn counts_databases(&self) -> bool {
        match self.target.profile.family {
            Family::V3 => true,
            Family::Iox(management) => management != Management::Buckets,
            Family::V1 | Family::V2 => false,
        }
    }

    /// What is to be said of the release that the target claims to be, where that is another than it
    /// is judged as.
    pub(crate) async fn doubt(&self) -> Option<String> {
        let own = self.ready.authorization.as_deref();
        crate::diagnose::release::doubt(&self.target, &self.pool, own, |text| self.hide(text)).await
    }

    /// Makes a place for a case.
    pub(crate) async fn begin(&self, case: &Case) -> Result<Space, NotMade> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let name = format!("{}{number:04}", self.begins);
        let roles: BTreeSet<Role> = case.steps.iter().map(|step| step.sending.role).collect();
        let space = if self.lacks().contains_key(&Capability::CreateDatabase) {
            self.without_database(name, &roles)
        } else {
            let retention = case.retention.as_ref().map(|r| r.duration);
            let schema = case.schema;
            let wanted = Wanted { database: &name, retention, schema, roles: &roles };
            driver::create(&self.admin(), &self.ready, &wanted).await?
        };
        self.live().push(space.clone());
        Ok(space)
    }

    /// A place in a database that exists already, or in none where the target has none.
    fn without_database(&self, name: String, roles: &BTreeSet<Role>) -> Space {
        let mut space = Space {
            database: self.target.database.clone().unwrap_or_else(|| name.clone()),
            org: self.ready.org.clone(),
            org_id: self.ready.org_id.clone(),
            token: self.ready.token.clone(),
            now: crate::clock::now(),
            prefix: self.target.database.as_ref().map_or_else(String::new, |_| format!("{name}_")),
            ..Space::default()
        };
        let owner = driver::credential(self.ready.authorization.clone(), "{token}");
        space.roles.insert(Role::Owner, owner);
        if roles.contains(&Role::Wrong) {
            let wrong = driver::credential(Some("Token lineproof-wrong".to_owned()), "{wrong}");
            space.roles.insert(Role::Wrong, wrong);
        }
        space
    }

    /// Gives a case's place back, and what the case itself has made.
    pub(crate) async fn end(
        &self,
        case: &Case,
        space: &Space,
        before: &Result<Vec<String>, String>,
    ) -> Result<(), String> {
        let mut result = driver::give_back(&self.admin(), space).await;
        if !space.prefix.is_empty() && self.can_forget() {
            let forgotten = crate::read_back::forget(&*self.pool, &self.place(space)).await;
            result = result.and_then(|()| forgotten.map_err(|error| error.why().to_owned()));
        }
        self.live().retain(|live| live.database != space.database || live.prefix != space.prefix);
        if self.is_exclusive(case) {
            result = self.drop_new(case, before).await.and(result);
        }
        result.map_err(|why| self.hide(&space.secrets().hide(&why)))
    }

    /// The databases there are, where a case may make more of them by writing.
    pub(crate) async fn databases_before(&self, case: &Case) -> Result<Vec<String>, String> {
        if self.is_exclusive(case) {
            driver::databases(&self.admin(), &self.ready).await
        } else {
            Ok(Vec::new())
        }
    }

    /// Drops databases that were not there before and that the case names; where either list is
    /// not known nothing is dropped, for it could be somebody else's.
    async fn drop_new(
        &self,
        case: &Case,
        before: &Result<Vec<String>, String>,
    ) -> Result<(), String> {
        let before = before.as_ref().map_err(|why| format!("databases not listed: {why}"))?;
        let named = named_databases(case);
        let now = driver::databases(&self.admin(), &self.ready).await;
        let now = now.map_err(|why| format!("databases not listed: {why}"))?;
        let ours = |name: &String| {
            !before.contains(name)
                && (name.starts_with(&self.begins)
                    || named.iter().any(|n| n == name || name.starts_with(&format!("{n}/"))))
        };
        let made = now.into_iter().filter(ours).map(Made::Database).collect();
        driver::give_back(&self.admin(), &Space { made, ..Space::default() }).await
    }

    /// Gives back everything that this run has made and that is still there.
    pub(crate) async fn close(&self) -> Result<(), String> {
        let live = std::mem::take(&mut *self.live());
        for space in live.iter().chain(&self.first) {
            canary::give_back(self, space).await;
        }
        if self.lacks().contains_key(&Capability::CreateDatabase) {
            return self.kept();
        }
        driver::sweep(&self.admin(), &self.ready, &self.begins).await
    }

    /// Gives back everything but this place, which stays.
    pub(crate) async fn close_but(&self, space: &Space) {
        let live = std::mem::take(&mut *self.live());
        let is_other =
            |live: &&Space| live.database != space.database || live.prefix != space.prefix;
        for space in live.iter().filter(is_other).chain(&self.first) {
            canary::give_back(self, space).await;
        }
    }

    /// What stays in a database that others use too: only InfluxQL can drop it.
    fn kept(&self) -> Result<(), String> {
        match &self.target.database {
            Some(database) if !self.can_forget() => Err(format!(
                "the measurements that begin with {} stay in {database}: drop them by hand",
                self.begins
            )),
            _ => Ok(()),
        }
    }

    fn can_forget(&self) -> bool {
        self.reader.as_ref().is_some_and(Reader::can_forget)
    }

    /// What the server cannot represent.
    pub(crate) fn losses(&self) -> &Losses {
        self.losses.get_or_init(Losses::default)
    }

    /// The program that the user names to read this target back.
    fn program(&self) -> Option<Reader> {
        let program = self.target.read_back.as_ref()?;
        let runner = Runner::new(program, &self.target, self.secrets.clone());
        Some(Reader::Program(Arc::new(runner)))
    }

    /// Where and as whom this place is read.
    pub(crate) fn place(&self, space: &Space) -> Place {
        Place {
            database: space.database.clone(),
            prefix: space.prefix.clone(),
            org: space.org.clone(),
            authorization: self.ready.authorization.clone(),
            only: None,
        }
    }

    /// What is stored in this place.
    pub(crate) async fn read(&self, space: &Space) -> Result<Arc<Vec<Point>>, Unreadable> {
        self.read_again(space, None).await.map(|reading| reading.points)
    }

    /// The same, where it was read before.
    pub(crate) async fn read_again(
        &self,
        space: &Space,
        known: Option<&Reading>,
    ) -> Result<Reading, Unreadable> {
        let Some(reader) = &self.reader else { return Ok(Reading::default()) };
        let mut reading = read_all(&*self.pool, reader, &self.place(space), known).await?;
        let losses = self.losses.get_or_init(|| reading.losses.clone());
        if *losses != reading.losses {
            return Err(Unreadable::Wrong(format!(
                "{} declares other losses than at first ({losses}): {}",
                reader.name(),
                reading.losses
            )));
        }
        if !space.prefix.is_empty() {
            let is_ours = |point: &Point| point.measurement.starts_with(&space.prefix);
            Arc::make_mut(&mut reading.points).retain(is_ours);
        }
        Ok(reading)
    }

    /// Secrets, and the shell variables that stand for them in a line for a shell.
    pub(crate) fn secrets(&self, space: &Space) -> Vec<(String, String)> {
        let mut secrets = Vec::new();
        let mut add =
            |secret: &str, variable: &str| secrets.push((secret.to_owned(), variable.to_owned()));
        if let Some(own) = &self.ready.authorization {
            match own.split_once(' ') {
                Some(("Basic", pair)) => add(pair, "LINEPROOF_USER:LINEPROOF_PASSWORD"),
                Some((_, token)) => add(token, "LINEPROOF_TOKEN"),
                None => {}
            }
        }
        for (role, credential) in &space.roles {
            for (secret, _) in credential.secrets.iter().filter(|_| *role != Role::Owner) {
                add(secret, &format!("{role:?}_TOKEN").to_uppercase());
            }
        }
        if !self.ready.token.is_empty() {
            add(&self.ready.token, "LINEPROOF_TOKEN");
        }
        secrets
    }

    fn live(&self) -> std::sync::MutexGuard<'_, Vec<Space>> {
        self.live.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// How the names of what a session makes begin.
pub(crate) fn begins() -> String {
    let run = format!("{}{}", crate::clock::now(), std::process::id());
    format!("lp_{}_", four_characters(crate::digest::fnv64(run.as_bytes())))
}

/// Of always the same length: where a name is counted in an error, the count is in snapshots.
fn four_characters(mut number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let mut next = || {
        let digit = DIGITS[usize::try_from(number % 36).unwrap_or(0)];
        number /= 36;
        char::from(digit)
    };
    [next(), next(), next(), next()].iter().collect()
}

/// Those that were given, and those that were made on the way.
fn secrets_of(target: &Target, ready: &Ready) -> Secrets {
    let own = ready.authorization.as_deref().and_then(|v| v.split_whitespace().last());
    let own = own.into_iter().chain([ready.token.as_str()]);
    Secrets::new(own.map(|s| (s, "{token}")).chain(target.credentials.secrets()))
}
