//! One step of a case.

use super::again::{pause, wait};
use super::{Executed, Expected};
use crate::case::{Action, Asked, Case, Endpoint, Step};
use crate::claim::{Claim, claims};
use crate::generate::{Rules, Wrote};
use crate::ledger::{Entry, Fate, Ledger, Unit, Write, judge};
use crate::model::items;
use crate::outgoing::{Outgoing, outgoing};
use crate::point::Point;
use crate::read_back::{Reading, Unreadable, encode};
use crate::redact::Redactor;
use crate::session::Session;
use crate::space::{Space, unit};
use crate::support::Exchange;
use crate::transcript::{Answer, Outcome, Record};
use crate::wire::{Response, curl};
use profiles::Family;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, sleep, sleep_until};

/// How long a synchronous server is given before a line that is not there is lost, not late.
const LATE: Duration = Duration::from_secs(1);

/// A case under way.
pub(super) struct Run<'r> {
    pub(super) session: &'r Session,
    pub(super) case: &'r Case,
    pub(super) space: &'r Space,
    pub(super) expected: Option<&'r Expected<'r>>,
    pub(super) redactor: Redactor,
    /// What is stored, as far as it is known.
    pub(super) stored: Option<Arc<Vec<Point>>>,
    /// The last reading, as long as nothing was sent since: the same rows have the same types then.
    pub(super) reading: Option<Reading>,
    /// The rules that need no snapshot, for cases that are judged by them.
    pub(super) rules: Option<Rules>,
    /// That nothing can be read is not held against the server.
    pub(super) may_spoil: bool,
    /// The exchange of each step, the last one where it is asked again.
    pub(super) sent: Vec<(usize, usize)>,
    pub(super) done: Executed,
}

impl Run<'_> {
    pub(super) async fn step(&mut self, number: usize, step: &Step) -> Record {
        match (&step.action, step.asked) {
            (Action::Wait(time), _) => wait(*time, self.retry_after()).await,
            // What an asynchronous product has accepted comes later.
            (Action::ReadBack, Asked::Once) if !self.session.target.visible_within().is_zero() => {
                self.eventually(number, step).await
            }
            (_, Asked::Once) => self.once(number, step).await,
            (_, Asked::Eventually) => self.eventually(number, step).await,
            (_, Asked::Throughout) => self.throughout(number, step).await,
        }
    }

    /// Does it once.
    pub(super) async fn once(&mut self, number: usize, step: &Step) -> Record {
        let action = step.action.word().to_owned();
        let Some(out) = outgoing(self.session.target.profile.family, step, self.space) else {
            let outcome = self.read_back(number).await;
            return Record { action, outcome, ledger: Vec::new() };
        };
        let unit = unit(step.sending.precision.as_deref());
        self.redactor.learn(&out.times, unit, self.session.losses().resolution());
        self.note_curl(&out);
        let is_write = matches!(step.action, Action::Write(_));
        // Without it a ledger could not tell what this write has changed.
        if is_write && self.stored.is_none() {
            self.stored = self.read().await.ok();
        }
        // What is sent may change types that rows alone do not show.
        self.reading = None;
        let pool = &self.session.pool;
        let began = Instant::now();
        // On a kept connection that ends without an answer a request is sent again: what changes
        // something must not be.
        let (answer, exchange) = if out.request.method == "GET" {
            pool.send_numbered(&out.request).await
        } else {
            pool.send_fresh_numbered(&out.request).await
        };
        self.sent.retain(|(step, _)| *step != number);
        self.sent.push((number, exchange));
        if self.session.is_watched {
            let took = began.elapsed();
            let mut exchange = Exchange::new(number, &step.action, &out, &answer, took);
            let secrets = self.space.secrets();
            exchange.change(&|text: &mut String| *text = secrets.hide(text));
            self.done.exchanges.push(exchange);
        }
        let mut ledger = Vec::new();
        if is_write {
            if let Ok(response) = &answer {
                self.keep_rules(number, &out, response);
            }
            if let Some(made) = self.ledger(number, &out, answer.as_ref().ok()).await {
                ledger = made.differences().iter().map(|d| self.redactor.text(d)).collect();
                self.done.ledgers.push((number, self.redacted(made)));
            }
        } else if out.request.method != "GET" {
            self.stored = None;
        }
        let outcome = match answer {
            Ok(response) => Outcome::Answer(Answer::from_wire(&response, &self.redactor)),
            Err(error) => {
                self.done.timed_out |= error.is_late();
                Outcome::NoAnswer(self.redactor.text(&error.to_string()))
            }
        };
        Record { action, outcome, ledger }
    }

    /// An answer after which more bytes came than it declares is none, whether they came with it or
    /// some time after it.
    pub(super) async fn settle(&mut self) {
        let sent = std::mem::take(&mut self.sent);
        let is_own = |exchange| sent.iter().any(|(_, own)| *own == exchange);
        while let Some((exchange, error)) = self.session.pool.excess_after(is_own).await {
            let step = sent.iter().find(|(_, own)| *own == exchange).map_or(0, |(step, _)| *step);
            if let Some(record) = self.done.transcript.steps.get_mut(step.wrapping_sub(1)) {
                record.outcome = Outcome::NoAnswer(error.to_string());
                record.ledger.clear();
                self.done.ledgers.retain(|(of, _)| *of != step);
            }
        }
    }

    async fn read_back(&mut self, number: usize) -> Outcome {
        if self.session.reader.is_none() {
            self.done.unread = true;
            return Outcome::NotAsked;
        }
        // Asked again even where a ledger has just read it: this is what is there now.
        match self.read().await {
            Ok(points) => {
                let shown = shown(&points, &self.redactor);
                self.stored = Some(points);
                Outcome::Stored(shown)
            }
            Err(why) => {
                self.note_unreadable(number, &why);
                Outcome::Unreadable(self.redactor.text(why.why()))
            }
        }
    }

    /// Everything that is stored at this moment.
    async fn read(&mut self) -> Result<Arc<Vec<Point>>, Unreadable> {
        let known = self.reading.take();
        let reading = self.session.read_again(self.space, known.as_ref()).await?;
        let points = Arc::clone(&reading.points);
        self.reading = Some(reading);
        Ok(points)
    }

    /// A reading that failed: where it took too long nothing certain is known, else it is a fault
    /// that must not go unseen.
    fn note_unreadable(&mut self, number: usize, why: &Unreadable) {
        match why {
            Unreadable::Late(_) => self.done.timed_out = true,
            Unreadable::Wrong(why) if !self.may_spoil => {
                self.done.unreadable.push((number, self.redactor.text(why)));
            }
            Unreadable::Wrong(_) => {}
        }
    }

    /// The ledger of a write that goes to the case's own database and can be read back.
    async fn ledger(
        &mut self,
        number: usize,
        out: &Outgoing,
        answer: Option<&Response>,
    ) -> Option<Ledger> {
        let before = self.stored.take();
        if self.session.reader.is_none() {
            self.done.unread = true;
            return None;
        }
        let mut after = self.read().await;
        let response = answer?;
        let addressed = address(self.session.target.profile.family, out, self.space);
        if !addressed.own {
            self.stored = after.ok();
            return None;
        }
        let visible = self.session.target.visible_within();
        let is_final = self.session.target.profile.read_back.success_is_final;
        // Of a generated case it is asked hundreds of times.
        let late = if self.rules.is_some() { LATE / 10 } else { LATE };
        let deadline = Instant::now() + if is_final { visible.max(late) } else { visible };
        let pause = if visible.is_zero() { Duration::from_millis(100) } else { pause(visible) };
        // A reading that fails is asked for once more; a second failure is none of bad luck, where
        // the product is not asynchronous.
        let patience = Instant::now() + visible;
        let mut again = true;
        while after.is_err() && (again || Instant::now() < patience) {
            again = false;
            sleep(Duration::from_millis(100)).await;
            after = self.read().await;
        }
        if let Err(why) = &after {
            self.note_unreadable(number, why);
        }
        let (before, mut after) = (before?, after.ok());
        let losses = self.session.losses();
        let written = items(out.lines());
        let mut claims = claims(response, &written);
        if self.rules.is_some() {
            Rules::doubt(response, &written, addressed.unit, &mut claims);
        }
        let nanoseconds = |t| addressed.unit.and_then(|unit| unit.nanoseconds(t));
        let note = losses.note(&written, &claims.items, nanoseconds);
        self.done.tolerated.extend(note.map(|note| format!("step {number}: {note}")));
        let items = losses.items(written);
        let retention = self.case.retention.as_ref().map(|r| r.duration);
        let oldest = retention.map(|d| self.space.now - i64::try_from(d.as_nanos()).unwrap_or(0));
        let make = |after: &[Point], claims: &crate::claim::Claims| {
            judge(&Write {
                items: &items,
                claims,
                before: &before,
                after,
                unit: addressed.unit,
                now: self.space.now,
                oldest,
                resolution: losses.resolution(),
            })
        };
        let mut ledger = make(after.as_deref()?, &claims);
        // What was refused, or not spoken of, may still be on its way: only time can tell.
        let all_accepted = claims.items.iter().all(|claim| *claim == Claim::Accepted);
        if !visible.is_zero() && !all_accepted {
            sleep_until(deadline).await;
            if let Ok(points) = self.read().await {
                ledger = make(&points, &claims);
                after = Some(points);
            }
        }
        // A Go product answers as soon as one shard refuses, while the others still write
        // (influxdb 1.6 and 2.x, coordinator/points_writer.go, WritePointsPrivileged).
        let is_refusal = self.rules.is_some() && !(200..300).contains(&response.status);
        let open = |ledger: &Ledger| {
            let is_open = |(entry, claim): (&Entry, &Claim)| {
                entry.fate == Fate::Absent && *claim != Claim::Rejected
            };
            ledger.entries.iter().zip(&claims.items).any(is_open)
        };
        if is_refusal && open(&ledger) {
            sleep(pause / 2).await;
            if let Ok(points) = self.read().await {
                ledger = make(&points, &claims);
                after = Some(points);
            }
        }
        let mut lost = ledger.misses_something();
        let at_first = ledger.clone();
        while lost && Instant::now() < deadline {
            sleep(pause).await;
            if let Ok(points) = self.read().await {
                ledger = make(&points, &claims);
                after = Some(points);
            }
            lost = ledger.misses_something();
        }
        // Waited for, but not promised.
        if let (false, Some(points)) = (is_final, &after) {
            claims.without_promises();
            ledger = make(points, &claims);
        }
        if visible.is_zero() && !is_refusal {
            mark_late(&at_first, &mut ledger);
        }
        self.stored = after;
        Some(ledger)
    }

    /// Holds a write and its answer against the rules, where the case is judged by them.
    fn keep_rules(&mut self, number: usize, out: &Outgoing, response: &Response) {
        let Some(rules) = &mut self.rules else { return };
        let profile = self.session.target.profile;
        let judged = rules.judge(&Wrote {
            body: out.lines(),
            items: &items(out.lines()),
            unit: address(profile.family, out, self.space).unit,
            now: self.space.now,
            response,
            is_final: profile.read_back.success_is_final,
        });
        self.done.may_fail.extend(judged.may_fail.then_some(number));
        self.done.may_lie.extend(judged.may_lie.then_some(number));
        self.may_spoil = judged.may_spoil;
        for (kind, expected, got) in judged.broken {
            self.done.broken.push((number, (kind, expected, self.redactor.text(&got))));
        }
    }

    fn redacted(&self, mut ledger: Ledger) -> Ledger {
        for entry in &mut ledger.entries {
            entry.text = self.redactor.text(&entry.text);
            if let Fate::Mutated(how) = &mut entry.fate {
                *how = self.redactor.text(how);
            }
        }
        for stray in &mut ledger.strays {
            *stray = self.redactor.text(stray);
        }
        ledger
    }

    fn note_curl(&mut self, out: &Outgoing) {
        let secrets = self.session.secrets(self.space);
        let line = curl(&self.session.target.base, &out.request, &secrets);
        // A database that was there before keeps its name: the line runs as it was sent.
        let line = if self.space.prefix.is_empty() {
            line.replace(&self.space.database, crate::explain::DATABASE)
        } else {
            line
        };
        self.done.curl.push(line);
    }
}

/// What was lost at first and is there now came late.
fn mark_late(at_first: &Ledger, ledger: &mut Ledger) {
    for (first, now) in at_first.entries.iter().zip(&mut ledger.entries) {
        if first.fate == Fate::Lost && now.fate == Fate::Stored {
            now.fate = Fate::Late;
        }
    }
}

/// Stored points as lines: those of one measurement in the order of their times, where all times
/// that the server chose count as one.
fn shown(points: &[Point], redactor: &Redactor) -> Vec<String> {
    const MOST: usize = 200;
    let mut lines: Vec<_> = points
        .iter()
        .map(|point| {
            let time = redactor.time(point.time);
            let order = if time.starts_with('{') { i64::MAX } else { point.time };
            ((point.measurement.clone(), order), redactor.text(&point.show(&time)))
        })
        .collect();
    lines.sort();
    let lines: Vec<_> = lines.into_iter().map(|(_, line)| line).collect();
    if lines.len() <= MOST {
        return lines;
    }
    let digest = crate::digest::fnv64(lines.join("\n").as_bytes());
    let middle = format!("… {} more, {digest:016X} …", lines.len() - 20);
    let (head, tail) = (&lines[..10], &lines[lines.len() - 10..]);
    head.iter().cloned().chain([middle]).chain(tail.iter().cloned()).collect()
}

/// Where a write goes, as far as every product reads its query string alike.
struct Address {
    /// To the case's own database, by a plain POST to a write endpoint.
    own: bool,
    unit: Option<Unit>,
}

fn address(family: Family, out: &Outgoing, space: &Space) -> Address {
    let (path, query) = out.request.target.split_once('?').unwrap_or((&out.request.target, ""));
    let first = |name: &str| {
        let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
    };
    let named = match out.endpoint {
        Endpoint::V2 => first("bucket"),
        Endpoint::V1 | Endpoint::V3 => first("db"),
    };
    let is = |name: &str| named == Some(encode(name).as_str());
    let is_ours = is(&space.database)
        || (out.endpoint == Endpoint::V2 && space.bucket_id.as_deref().is_some_and(is));
    let own = is_ours
        && path == out.endpoint.path()
        && out.request.method == "POST"
        && first("rp").is_none()
        && !query.contains(';')
        // Only the server knows what it makes of a body that is not what its header says.
        && (out.request.get("content-encoding").is_none() || out.request.body != out.lines());
    let unit = match (out.endpoint, first("precision")) {
        (Endpoint::V3, None | Some("auto")) => Some(Unit::Auto),
        (_, None | Some("ns")) => Some(Unit::Of(1)),
        (Endpoint::V1, Some("n")) | (Endpoint::V3, Some("n" | "nanosecond")) => Some(Unit::Of(1)),
        (Endpoint::V1, Some("us")) if matches!(family, Family::Iox(_)) => Some(Unit::Of(1_000)),
        (Endpoint::V2, Some("us")) | (Endpoint::V3, Some("u" | "us" | "microsecond")) => {
            Some(Unit::Of(1_000))
        }
        (_, Some("ms")) | (Endpoint::V3, Some("millisecond")) => Some(Unit::Of(1_000_000)),
        (_, Some("s")) | (Endpoint::V3, Some("second")) => Some(Unit::Of(1_000_000_000)),
        (Endpoint::V1, Some("u")) if family == Family::V1 => Some(Unit::Of(1_000)),
        (Endpoint::V1, Some("m")) if family == Family::V1 => Some(Unit::Of(60_000_000_000)),
        (Endpoint::V1, Some("h")) if family == Family::V1 => Some(Unit::Of(3_600_000_000_000)),
        _ => None,
    };
    Address { own, unit }
}
