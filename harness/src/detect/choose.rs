//! Which cases are asked: few and cheap ones that part the profiles most, and one of each area, so
//! that a server which is none of them shows it.

use super::Knowledge;
use crate::case::{Action, Asked, Body, Case, Role, Step};
use crate::compare::between;
use crate::snapshot::Snapshot;
use crate::transcript::Transcript;
use profiles::{Capability, Family, Profile};
use std::collections::BTreeSet;

/// By how many probes two profiles are to be told apart, where there are so many.
const ENOUGH: u8 = 4;

/// And no more than so many in all.
const MOST: usize = 60;

/// Bodies from this size on are not cheap.
const LARGE: usize = 16 * 1024;

/// A case that is asked, and the families of which somebody has said what they answer to it.
pub(super) struct Probe<'k> {
    pub(super) case: &'k Case,
    pub(super) families: Vec<Family>,
}

/// A case with what the profiles say of it, in their order; none where nothing certain is known.
struct Known<'k> {
    case: &'k Case,
    says: Vec<Option<Transcript>>,
}

/// Chooses the probes that part these profiles.
///
/// # Errors
/// A snapshot cannot be read.
pub(super) fn choose<'k>(
    knowledge: &Knowledge<'k>,
    profiles: &[&'static Profile],
    anonymous: bool,
) -> Result<Vec<Probe<'k>>, String> {
    let mut known = Vec::new();
    for case in knowledge.cases.iter().filter(|case| is_cheap(case, anonymous)) {
        let says: Result<Vec<_>, _> =
            profiles.iter().map(|profile| certain(knowledge, profile, case)).collect();
        let says: Vec<_> = says?.into_iter().map(|s| s.map(|s| s.transcript)).collect();
        if says.iter().any(Option::is_some) {
            known.push(Known { case, says });
        }
    }
    let mut chosen = parting(&known, profiles.len());
    chosen.extend(one_of_each_area(&known));
    let probe = |index: &usize| {
        let Known { case, says } = &known[*index];
        let told = profiles.iter().zip(says).filter(|(_, says)| says.is_some());
        let mut families: Vec<_> = told.map(|(profile, _)| profile.family).collect();
        families.dedup();
        Probe { case, families }
    };
    Ok(chosen.iter().map(probe).collect())
}

/// What is known of a profile with a ground that counts. What an edition inherits may be of a case
/// that it has nothing for.
pub(super) fn certain(
    knowledge: &Knowledge<'_>,
    profile: &Profile,
    case: &Case,
) -> Result<Option<Snapshot>, String> {
    let offers = |need: &&Capability| **need == Capability::ReadBack || profile.offers(**need);
    if !case.needs.iter().all(|need| offers(&need)) {
        return Ok(None);
    }
    let found = knowledge.snapshots.find(profile, case)?;
    Ok(found.filter(|snapshot| super::weigh::weight(snapshot.basis) > 0.0))
}

/// Whether a case costs little: no wait, no large body, no rights to be made, no second database.
fn is_cheap(case: &Case, anonymous: bool) -> bool {
    let cheap = |step: &Step| {
        let small = |body: &Body| match body {
            Body::Text(text) => text.len() < LARGE,
            Body::Bytes(bytes) => bytes.len() < LARGE,
            Body::Repeat(_) => false,
        };
        let body = match &step.action {
            Action::Write(body) | Action::Request { body: Some(body), .. } => small(body),
            Action::Request { body: None, .. } | Action::Query { .. } | Action::ReadBack => true,
            Action::Wait(_) => false,
        };
        let who = matches!(step.sending.role, Role::Owner | Role::None | Role::Wrong);
        body && who && step.asked == Asked::Once && (!anonymous || asks_as_nobody(step))
    };
    case.setup.is_none()
        && case.steps.len() <= 4
        && !case.needs.contains(&Capability::Limits)
        && crate::outgoing::named_databases(case).is_empty()
        && case.steps.iter().all(cheap)
        // Ours may be anywhere in a request: in its URL too.
        && !(anonymous && case.source.contains("{token"))
}

/// Whether a step needs no credentials of ours, and reads nothing back.
fn asks_as_nobody(step: &Step) -> bool {
    let nobody = match &step.sending.authorization {
        Some(text) => !text.contains('{'),
        None => step.sending.role == Role::None,
    };
    nobody && !matches!(step.action, Action::ReadBack)
}

/// The cases in which most pairs of profiles part that are not parted yet, one after the other.
fn parting(known: &[Known<'_>], profiles: usize) -> BTreeSet<usize> {
    let pairs: Vec<(usize, usize)> =
        (0..profiles).flat_map(|a| (a + 1..profiles).map(move |b| (a, b))).collect();
    let parted_by: Vec<Vec<usize>> = known
        .iter()
        .map(|known| {
            let parts = |(_, (a, b)): &(usize, &(usize, usize))| {
                matches!((&known.says[*a], &known.says[*b]), (Some(a), Some(b)) if part(a, b))
            };
            pairs.iter().enumerate().filter(parts).map(|(index, _)| index).collect()
        })
        .collect();
    let mut parted = vec![0; pairs.len()];
    let mut chosen = BTreeSet::new();
    while chosen.len() < MOST {
        let gain = |index: &usize| {
            let gain = parted_by[*index].iter().filter(|pair| parted[**pair] < ENOUGH).count();
            // Of two that part as many, the shorter one; of these, the first.
            (gain, std::cmp::Reverse((known[*index].case.steps.len(), *index)))
        };
        let left = (0..known.len()).filter(|index| !chosen.contains(index));
        let Some(best) = left.max_by_key(gain) else { break };
        if gain(&best).0 == 0 {
            break;
        }
        parted_by[best].iter().for_each(|pair| parted[*pair] = parted[*pair].saturating_add(1));
        chosen.insert(best);
    }
    chosen
}

/// Whether answers alone tell two expectations apart.
fn part(a: &Transcript, b: &Transcript) -> bool {
    use crate::transcript::Outcome;
    let answered = |n: usize, t: &Transcript| {
        let outcome = t.steps.get(n - 1).map(|step| &step.outcome);
        matches!(outcome, Some(Outcome::Answer(_) | Outcome::Promised(_) | Outcome::NoAnswer(_)))
    };
    a != b && between(a, b).iter().any(|found| answered(found.step, a))
}

/// Of each area the case of which most profiles have something to say.
fn one_of_each_area(known: &[Known<'_>]) -> BTreeSet<usize> {
    let areas: BTreeSet<&str> = known.iter().map(|known| known.case.area()).collect();
    let best = |area: &str| {
        let of_area = (0..known.len()).filter(|index| known[*index].case.area() == area);
        of_area.max_by_key(|index| {
            let Known { case, says } = &known[*index];
            let told = says.iter().flatten().count();
            (told, std::cmp::Reverse((case.level, case.steps.len(), *index)))
        })
    };
    areas.into_iter().filter_map(best).collect()
}
