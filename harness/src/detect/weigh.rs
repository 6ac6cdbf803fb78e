//! What was heard, held against what each profile is known to answer.

use super::Knowledge;
use crate::case::Case;
use crate::compare::{Finding, Kind, between};
use crate::snapshot::{Basis, Snapshot};
use crate::transcript::{Outcome, Transcript};
use profiles::{Family, Profile};
use serde::Serialize;

/// Below this nobody is recognised.
const ENOUGH: f64 = 0.7;

/// A distance that is clear where two profiles were not asked the same.
const CLEAR: f64 = 0.1;

/// What a server gave to a probe.
pub(super) struct Heard<'k> {
    pub(super) family: Family,
    pub(super) case: &'k Case,
    pub(super) transcript: Transcript,
    pub(super) curl: Vec<String>,
}

/// How well a profile fits.
#[derive(Clone, Debug, Serialize)]
pub struct Candidate {
    /// The profile.
    pub profile: String,
    /// How much of what is known of it the server does, from 0 to 100: recordings and sources count
    /// whole, promises of the documentation half, guesses not at all.
    pub percent: f64,
    /// In how many probes the server does just what it does.
    pub agrees: usize,
    /// Of how many.
    pub probes: usize,
    /// Whether it was seen running, or in its source: else only its documentation is known.
    pub seen: bool,
}

/// A probe in which the best profile and the next one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Telling {
    /// The case.
    pub case: String,
    /// Its summary.
    pub summary: String,
    /// The step, from 1.
    pub step: usize,
    /// What the server did.
    pub did: String,
    /// Who does so.
    pub like: String,
    /// Who does otherwise.
    pub unlike: String,
    /// And what.
    pub instead: String,
}

/// Something that the best profile would not do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Contradiction {
    /// The case.
    pub case: String,
    /// Its summary.
    pub summary: String,
    /// The step, from 1.
    pub step: usize,
    /// What kind of difference it is.
    pub kind: &'static str,
    /// What the profile does.
    pub expected: String,
    /// What that rests on.
    pub basis: Basis,
    /// What the server did.
    pub did: String,
    /// The requests of the case, for a shell.
    pub curl: Vec<String>,
}

/// What came of it.
pub(super) struct Weighed {
    pub(super) clear: bool,
    pub(super) somebody: bool,
    pub(super) best: Vec<&'static Profile>,
    pub(super) candidates: Vec<Candidate>,
    pub(super) telling: Vec<Telling>,
    pub(super) against: Vec<Contradiction>,
    pub(super) notes: Vec<String>,
}

impl Weighed {
    /// Takes secrets out of what the server said.
    pub(super) fn hide(&mut self, hide: impl Fn(&str) -> String) {
        for telling in &mut self.telling {
            telling.did = hide(&telling.did);
        }
        for against in &mut self.against {
            against.did = hide(&against.did);
        }
    }
}

/// How much an expectation counts here.
pub(super) const fn weight(basis: Basis) -> f64 {
    match basis {
        Basis::Recorded | Basis::Source => 1.0,
        Basis::Documented => 0.5,
        Basis::Inferred => 0.0,
    }
}

/// One probe against one profile.
struct Held<'h, 'k> {
    heard: &'h Heard<'k>,
    snapshot: Snapshot,
    findings: Vec<Finding>,
    /// From 0 to 1.
    share: f64,
}

/// One profile, held against everything that was heard.
struct Weight<'h, 'k> {
    profile: &'static Profile,
    held: Vec<Held<'h, 'k>>,
}

impl Weight<'_, '_> {
    fn known(&self) -> f64 {
        self.held.iter().map(|held| weight(held.snapshot.basis)).sum()
    }

    fn score(&self) -> f64 {
        let done: f64 = self.held.iter().map(|h| h.share * weight(h.snapshot.basis)).sum();
        done / self.known()
    }

    fn is_seen(&self) -> bool {
        let promised = |held: &&Held<'_, '_>| held.snapshot.basis == Basis::Documented;
        self.held.iter().filter(promised).count() * 2 < self.held.len()
    }

    fn of(&self, case: &Case) -> Option<&Held<'_, '_>> {
        self.held.iter().find(|held| held.heard.case.id == case.id)
    }

    fn candidate(&self) -> Candidate {
        Candidate {
            profile: self.profile.name(),
            percent: (self.score() * 1000.0).round() / 10.0,
            agrees: self.held.iter().filter(|held| held.findings.is_empty()).count(),
            probes: self.held.len(),
            seen: self.is_seen(),
        }
    }
}

/// Holds everything against everybody.
///
/// # Errors
/// A snapshot cannot be read.
pub(super) fn weigh(knowledge: &Knowledge<'_>, heard: &[Heard<'_>]) -> Result<Weighed, String> {
    let mut all = Vec::new();
    for profile in knowledge.profiles {
        let mut held = Vec::new();
        for heard in heard.iter().filter(|heard| heard.family == profile.family) {
            let known = super::choose::certain(knowledge, profile, heard.case)?;
            held.extend(known.and_then(|snapshot| hold(snapshot, heard)));
        }
        if !held.is_empty() {
            all.push(Weight { profile, held });
        }
    }
    // Of two that fit alike, the one of which more is known.
    all.sort_by(|a, b| b.score().total_cmp(&a.score()).then(b.known().total_cmp(&a.known())));
    Ok(judged(&all))
}

/// One answer against one expectation; none where there is nothing to hold against each other.
fn hold<'h, 'k>(snapshot: Snapshot, heard: &'h Heard<'k>) -> Option<Held<'h, 'k>> {
    let steps = snapshot.transcript.steps.iter().zip(&heard.transcript.steps);
    let mut both = steps.map(|(e, g)| (&e.outcome, &g.outcome));
    both.find(|(e, g)| {
        matches!(e, Outcome::Answer(_) | Outcome::Promised(_) | Outcome::NoAnswer(_))
            && matches!(g, Outcome::Answer(_) | Outcome::NoAnswer(_))
    })?;
    let findings = between(&snapshot.transcript, &heard.transcript);
    let share = findings.iter().map(|finding| share(finding.kind)).fold(1.0, f64::min);
    Some(Held { heard, snapshot, findings, share })
}

/// What is left of an agreement: other words are half of one.
const fn share(kind: Kind) -> f64 {
    match kind {
        Kind::Header | Kind::Bytes => 0.75,
        Kind::Message => 0.5,
        _ => 0.0,
    }
}

fn judged(all: &[Weight<'_, '_>]) -> Weighed {
    let candidates = all.iter().map(Weight::candidate).collect();
    let nobody = |candidates, why: &str| {
        let (best, telling, against) = (Vec::new(), Vec::new(), Vec::new());
        Weighed {
            clear: false,
            somebody: false,
            best,
            candidates,
            telling,
            against,
            notes: vec![why.to_owned()],
        }
    };
    let Some(first) = all.first() else {
        return nobody(candidates, "no probe had an answer that anything is known of");
    };
    // Even the nearest is not near: all of them being equally wrong says nothing.
    if first.score() <= 0.0 {
        return nobody(candidates, "no answer is one that any of the profiles gives");
    }
    let mut notes = Vec::new();
    let (mut like, mut rival) = (vec![first], None);
    for other in &all[1..] {
        match against(first, other) {
            Rivalry::Behind => {
                rival = rival.or(Some(other));
            }
            Rivalry::Same if other.is_seen() || !first.is_seen() => like.push(other),
            // What the documentation promises, many releases do.
            Rivalry::Same => {
                notes.push(format!("it also does what {} promises", other.profile.name()));
            }
            Rivalry::Close => like.push(other),
        }
    }
    let is_somebody = first.score() >= ENOUGH;
    if !is_somebody {
        notes.push(format!(
            "it acts like none of the profiles: {} is only the nearest",
            first.profile.name()
        ));
    }
    Weighed {
        clear: is_somebody && like.len() == 1,
        somebody: is_somebody,
        best: like.iter().map(|weight| weight.profile).collect(),
        candidates,
        telling: rival
            .or_else(|| like.get(1).copied())
            .map(|r| telling(first, r))
            .unwrap_or_default(),
        against: first.held.iter().flat_map(contradictions).collect(),
        notes,
    }
}

/// How another profile stands to the best one.
enum Rivalry {
    /// No probe tells them apart.
    Same,
    /// Some probes are for this one, others for that one.
    Close,
    /// It is clear who is better.
    Behind,
}

fn against(first: &Weight<'_, '_>, other: &Weight<'_, '_>) -> Rivalry {
    let gap = first.score() - other.score();
    let (mut for_first, mut for_other) = (0.0, 0.0);
    if first.profile.family == other.profile.family {
        for held in &first.held {
            let Some(theirs) = other.of(held.heard.case) else { continue };
            for_first += (held.share - theirs.share).max(0.0);
            for_other += (theirs.share - held.share).max(0.0);
        }
    }
    // One that nothing contradicts, and one that something does.
    let faultless = gap > 0.0 && first.held.iter().all(|held| held.findings.is_empty());
    if gap >= CLEAR || faultless || (for_first > 0.0 && for_first > 2.0 * for_other) {
        Rivalry::Behind
    } else if gap < f64::EPSILON && for_first == 0.0 && for_other == 0.0 {
        Rivalry::Same
    } else {
        Rivalry::Close
    }
}

/// The probes in which the server does what only one of the two does.
fn telling(first: &Weight<'_, '_>, other: &Weight<'_, '_>) -> Vec<Telling> {
    let mut found = Vec::new();
    if first.profile.family != other.profile.family {
        return found;
    }
    for ours in &first.held {
        let Some(theirs) = other.of(ours.heard.case).filter(|t| t.share != ours.share) else {
            continue;
        };
        let (like, (unlike, broken)) = if ours.share > theirs.share {
            (first, (other, theirs))
        } else {
            (other, (first, ours))
        };
        let worst = broken.findings.iter().min_by(|a, b| share(a.kind).total_cmp(&share(b.kind)));
        found.extend(worst.map(|finding| Telling {
            case: ours.heard.case.id.clone(),
            summary: ours.heard.case.summary.clone(),
            step: finding.step,
            did: finding.got.clone(),
            like: like.profile.name(),
            unlike: unlike.profile.name(),
            instead: finding.expected.clone(),
        }));
    }
    found
}

/// One for each step, the first: another status has other words too.
fn contradictions(held: &Held<'_, '_>) -> Vec<Contradiction> {
    let contradiction = |finding: &Finding| Contradiction {
        case: held.heard.case.id.clone(),
        summary: held.heard.case.summary.clone(),
        step: finding.step,
        kind: finding.kind.title(),
        expected: finding.expected.clone(),
        basis: held.snapshot.basis,
        did: finding.got.clone(),
        curl: held.heard.curl.clone(),
    };
    let mut found: Vec<_> = held.findings.iter().map(contradiction).collect();
    found.dedup_by_key(|contradiction| contradiction.step);
    found
}
