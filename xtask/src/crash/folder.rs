//! A folder of data and the rounds on it: each begins with what the one before has left.

use super::api::{Api, Family};
use super::chance::Chance;
use super::judge::{Finding, judge};
use super::ledger::{Came, Cell, Deed, Reading};
use super::plan::{self, Planner, WRITERS};
use super::server::{Server, Setup};
use super::writer::{self, Round};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// After so many rounds comes a new folder.
pub(super) const ROUNDS: u64 = 10;

/// The longest that the writers of a round have, in milliseconds.
const LONGEST: u64 = 500;

/// A log that is put into files all the time, in bytes.
const SHORT_LOG: u64 = 16 << 10;

/// How long the first start is thought to take; later the one before tells.
const STARTING: Duration = Duration::from_millis(20);

/// What was done, for the summary.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Counts {
    pub(super) rounds: u64,
    pub(super) kills: u64,
    /// Batches that were acknowledged.
    pub(super) batches: u64,
    /// Other deeds that were.
    pub(super) others: u64,
    /// What was under way at a kill.
    pub(super) open: u64,
    /// Points that were read back and judged.
    pub(super) points: u64,
    pub(super) findings: u64,
}

/// A folder, and the server on it.
pub(super) struct Folder<'a> {
    binary: &'a Path,
    profile: &'a str,
    options: &'a [String],
    family: Family,
    seed: u64,
    path: PathBuf,
    /// Where its data is: in it, or at a URL.
    data: PathBuf,
    values: Arc<AtomicU64>,
    /// What was read last.
    before: Reading,
    server: Option<(Server, Api)>,
    /// How long the last start took.
    start: Duration,
    /// How many rounds it has seen.
    rounds: u64,
}

/// What ended a round early: the server's fault.
struct Broken(String);

impl<'a> Folder<'a> {
    /// A new one, whose rounds this seed decides.
    pub(super) fn new(
        binary: &'a Path,
        (profile, family): (&'a str, Family),
        options: &'a [String],
        url: Option<&str>,
        seed: u64,
    ) -> Result<Self> {
        let path = tempfile::Builder::new().prefix("lineproof-crash-").tempdir();
        let path = path.context("no folder for the data")?.keep();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let data = url.map_or_else(|| path.join("data"), |url| format!("{url}/{name}").into());
        Ok(Self {
            binary,
            profile,
            options,
            family,
            seed,
            path,
            data,
            values: Arc::new(AtomicU64::new(1000)),
            before: Reading::default(),
            server: None,
            start: STARTING,
            rounds: 0,
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// How many rounds it has seen.
    pub(super) fn rounds(&self) -> u64 {
        self.rounds
    }

    /// The seed of its first round.
    pub(super) fn seed(&self) -> u64 {
        self.seed
    }

    /// One round; what is wrong, each in a text.
    pub(super) fn round(&mut self, counts: &mut Counts) -> Result<Vec<String>> {
        self.rounds += 1;
        counts.rounds += 1;
        let mut chance = Chance::new(self.seed, &[self.rounds]);
        let found = match self.kill_and_read(&mut chance, counts)? {
            Ok(found) => found.iter().map(ToString::to_string).collect(),
            Err(Broken(why)) => vec![format!("{why}{}", self.last_words())],
        };
        counts.findings += found.len() as u64;
        Ok(found)
    }

    /// Inside, what the server is to blame for before it could be read.
    fn kill_and_read(
        &mut self,
        chance: &mut Chance,
        counts: &mut Counts,
    ) -> Result<std::result::Result<Vec<Finding>, Broken>> {
        let (mut server, api) = match self.server.take() {
            Some(running) => running,
            None => match self.start(chance, counts)? {
                Ok(started) => started,
                Err(broken) => return Ok(Err(broken)),
            },
        };
        // In every fourth round the server is killed with nothing under way: it must show then what it
        // showed before, in whatever order things came.
        let is_quiet = chance.one_in(4);
        let mut history = self.write(&api, &mut server, chance, is_quiet)?;
        if let Some(status) = server.ended_by_itself()? {
            return Ok(Err(Broken(format!("ENDED by itself ({status})"))));
        }
        let mut found = Vec::new();
        if is_quiet {
            match self.judged(&api, &history, counts)? {
                Ok(findings) => found = findings,
                Err(broken) => return Ok(Err(broken)),
            }
            history.clear();
        }
        server.kill()?;
        counts.kills += 1;
        let (server, api) = match self.start(chance, counts)? {
            Ok(started) => started,
            Err(broken) => return Ok(Err(broken)),
        };
        match self.judged(&api, &history, counts)? {
            Ok(findings) => found.extend(findings),
            Err(broken) => return Ok(Err(broken)),
        }
        self.server = Some((server, api));
        Ok(Ok(found))
    }

    /// Starts the server, and kills it while it starts now and then.
    fn start(
        &mut self,
        chance: &mut Chance,
        counts: &mut Counts,
    ) -> Result<std::result::Result<(Server, Api), Broken>> {
        let log = self.log();
        // Half of all lives put everything into files while they are killed, the others have a long
        // log to do again.
        let log_bytes = (chance.below(2) == 0).then_some(SHORT_LOG);
        let setup = Setup {
            binary: self.binary,
            profile: self.profile,
            family: self.family,
            data: &self.data,
            log: &log,
            log_bytes,
            options: self.options,
        };
        // The very first start makes what all others find, late in its time: it is worth more kills.
        let is_first = self.before.cells.is_empty();
        let kills = if is_first { chance.below(4) } else { chance.below(6) / 4 };
        for _ in 0..kills {
            let mut server = Server::spawn(&setup)?;
            let per_mille = chance.from(if is_first { 500 } else { 0 }, 1200);
            std::thread::sleep(self.start * u32::try_from(per_mille).unwrap_or(0) / 1000);
            server.kill()?;
            counts.kills += 1;
        }
        let began = Instant::now();
        let mut server = Server::spawn(&setup)?;
        Ok(match server.url() {
            Ok(url) => {
                self.start = began.elapsed();
                Ok((server, Api::new(self.family, &url)))
            }
            Err(why) => Err(Broken(format!("DOES NOT START: {why:#}"))),
        })
    }

    /// Has the writers write until the kill, or until they are told that it is enough.
    fn write(
        &self,
        api: &Api,
        server: &mut Server,
        chance: &mut Chance,
        is_quiet: bool,
    ) -> Result<Vec<Deed>> {
        let round = Round::default();
        let mut history = if self.rounds == 1 { self.first(api, &round) } else { Vec::new() };
        let time = Duration::from_millis(if chance.one_in(8) {
            chance.below(10)
        } else {
            chance.from(20, LONGEST)
        });
        let is_large = chance.one_in(3);
        std::thread::scope(|scope| {
            let mut writers = Vec::new();
            for number in 0..WRITERS {
                let place = [self.rounds, 1 + number as u64];
                let chance = Chance::new(self.seed, &place);
                let own = plan::own_database(number);
                let is_there = own
                    .as_ref()
                    .is_some_and(|name| self.before.cells.contains_key(&Cell::database(name)));
                let planner = Planner::new(chance, self.family, number, Arc::clone(&self.values))
                    .owning(own, is_there)
                    .large(number == 0 && is_large);
                let (api, round) = (api.apart(), &round);
                writers.push(scope.spawn(move || writer::write(&api, planner, round)));
            }
            std::thread::sleep(time);
            if !is_quiet {
                round.is_killed.store(true, Ordering::SeqCst);
                server.kill()?;
            }
            round.is_over.store(true, Ordering::SeqCst);
            for writer in writers {
                let deeds = writer.join().map_err(|_| anyhow::anyhow!("a writer panicked"))?;
                history.extend(deeds);
            }
            Ok::<_, anyhow::Error>(())
        })?;
        history.sort_by_key(|deed| deed.began);
        Ok(history)
    }

    /// What all later rounds rest on: the database that was there from the start, and a type.
    fn first(&self, api: &Api, round: &Round) -> Vec<Deed> {
        let steps = [plan::main(), plan::first(&self.values, self.family)];
        let done = steps.into_iter().enumerate().map(|(index, step)| {
            let began = round.tick();
            // The first was done by the start.
            let answer = match index {
                0 => Ok((200, String::new())),
                _ => api.perform(&step.what, &step.body, step.gzip),
            };
            let came = match answer {
                Ok((status, said)) => Came::Answer { at: round.tick(), status, said },
                Err(error) => Came::Nothing { why: format!("{error:#}") },
            };
            Deed { writer: WRITERS, began, what: step.what, came }
        });
        done.collect()
    }

    /// Reads everything and holds it against the ledger.
    fn judged(
        &mut self,
        api: &Api,
        history: &[Deed],
        counts: &mut Counts,
    ) -> Result<std::result::Result<Vec<Finding>, Broken>> {
        let now = match api.read() {
            Ok(now) => now,
            Err(why) => return Ok(Err(Broken(format!("CANNOT BE READ: {why:#}")))),
        };
        counts.points += now.points;
        for deed in history {
            let is_batch = matches!(deed.what, super::ledger::What::Write { .. });
            match deed.came {
                Came::Answer { .. } if is_batch => counts.batches += 1,
                Came::Answer { .. } => counts.others += 1,
                Came::Killed | Came::Nothing { .. } => counts.open += 1,
            }
        }
        let found = judge(self.family.habits(), &self.before, history, &now);
        self.before = now;
        Ok(Ok(found))
    }

    /// What `lineproof data verify` has to say against a folder that nobody uses.
    fn not_good(&self) -> Result<Option<String>> {
        let mut command = Command::new(self.binary);
        command.args(["data", "verify", "--format", "json"]).arg(&self.data);
        let output = command.output().context("lineproof could not be started")?;
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let is_good = output.status.success() && said["good"] == true && said["torn"].is_null();
        let told = || {
            let error = String::from_utf8_lossy(&output.stderr);
            format!("after SIGTERM the folder is not good ({}): {said} {error}", output.status)
        };
        Ok((!is_good).then(told))
    }

    fn log(&self) -> PathBuf {
        self.path.join("server.log")
    }

    /// The end of what the servers said on standard error.
    fn last_words(&self) -> String {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<_> = log.lines().collect();
        let last = &lines[lines.len().saturating_sub(5)..];
        last.iter().map(|line| format!("\n    {line}")).collect()
    }

    /// Ends it: a server that stops in order leaves nothing to be mended, and the folder goes.
    pub(super) fn close(mut self, counts: &mut Counts) -> Result<Vec<String>> {
        let mut found = Vec::new();
        if let Some((server, _)) = self.server.take() {
            let status = server.stop()?;
            if !status.success() {
                found.push(format!("after SIGTERM it ended with {status}{}", self.last_words()));
            }
            found.extend(self.not_good()?);
        }
        counts.findings += found.len() as u64;
        if found.is_empty() {
            self.remove()?;
        }
        Ok(found)
    }

    /// Takes everything away.
    pub(super) fn remove(mut self) -> Result<()> {
        if let Some((mut server, _)) = self.server.take() {
            server.kill()?;
        }
        fs::remove_dir_all(&self.path)
            .with_context(|| format!("{} cannot be removed", self.path.display()))
    }
}
