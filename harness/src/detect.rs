//! Which product and edition a server is: by what it does, held against what the snapshots say of
//! each profile. Nothing in here knows a product; the probes are cases, chosen when they are needed
//! as those in which the profiles part most.
//!
//! [`look`] asks what the server says of itself, `doors` which API families answer, `choose` picks
//! the probes, [`weigh`] holds the answers against the snapshots of each profile.

mod choose;
mod doors;
pub mod look;
pub mod weigh;

use crate::case::Case;
use crate::execute::execute;
use crate::run::Interrupt;
use crate::session::Session;
use crate::session::opening::{LONG_PATIENCE, Until, given_back};
use crate::snapshot::Snapshots;
use crate::target::Target;
use doors::Door;
use look::Claim;
use profiles::{Family, Profile};
use serde::Serialize;
use weigh::{Candidate, Contradiction, Heard, Telling};

/// A server that leaves so many probes without an answer in time cannot be asked.
const MOST_TIMEOUTS: usize = 3;

/// What a server is asked with.
#[derive(Clone, Copy, Debug)]
pub struct Knowledge<'k> {
    /// The cases to choose probes from.
    pub cases: &'k [Case],
    /// What is known of the profiles.
    pub snapshots: &'k Snapshots,
    /// Whom it may be.
    pub profiles: &'k [&'static Profile],
}

/// What was found out.
#[derive(Clone, Debug, Serialize)]
pub struct Detection {
    /// The server.
    pub target: String,
    /// What it says of itself.
    pub claim: Claim,
    /// How the families' APIs answer.
    pub families: Vec<FamilySeen>,
    /// How many probes were answered.
    pub probes: usize,
    /// Whether only what is answered without credentials was asked.
    pub anonymous: bool,
    /// Whether one product and edition is clearly the best.
    pub clear: bool,
    /// Whether the best agrees with enough of what the server did to be like it at all.
    pub somebody: bool,
    /// The best profile, and those that the probes cannot tell from it.
    pub best: Vec<String>,
    /// Every profile that something certain is known of, the best first.
    pub candidates: Vec<Candidate>,
    /// Where the best and the next one part, and what the server did.
    pub telling: Vec<Telling>,
    /// What contradicts the best one.
    pub against: Vec<Contradiction>,
    /// What the server claims and does not act like.
    pub warnings: Vec<String>,
    /// What a reader should know besides.
    pub notes: Vec<String>,
}

/// One API family at the server.
#[derive(Clone, Debug, Serialize)]
pub struct FamilySeen {
    /// The routes that it is known by.
    pub api: &'static str,
    /// Whether it was used.
    pub open: bool,
    /// What was seen of it.
    pub why: String,
}

/// Why nothing was found out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Undetected {
    /// The server cannot be asked, or is none of those that are looked for.
    #[error("{0}")]
    Unusable(String),
    /// The user has interrupted it; what is left behind.
    #[error("interrupted{}", .0.as_ref().map_or(String::new(), |why| format!("; left behind on the target: {why}")))]
    Interrupted(Option<String>),
}

/// Finds out which of the profiles this server is. Of the target its profile is not looked at.
///
/// # Errors
/// Why nothing can be found out.
pub async fn detect(
    target: &Target,
    knowledge: &Knowledge<'_>,
    interrupt: &Interrupt,
) -> Result<Detection, Undetected> {
    let looked = look::look(target).await.map_err(|error| Undetected::Unusable(error.0))?;
    let mut notes = Vec::new();
    let mut families = Vec::new();
    let mut open = Vec::new();
    let (mut bare, mut closed) = (Vec::new(), None);
    for (family, profile) in representatives(knowledge.profiles) {
        if *interrupt.borrow() {
            return Err(stopped(&open, None).await);
        }
        let own = Target { profile, ..target.clone() };
        let door = doors::try_door(&own, interrupt).await;
        if let Door::Interrupted(left_behind) = door {
            return Err(stopped(&open, left_behind).await);
        }
        let why = match &door {
            Door::Open(session) => {
                let said = session.ready.notes.iter().map(|note| session.hide(note));
                said.chain(["answers".to_owned()]).collect::<Vec<_>>().join("; ")
            }
            Door::Refuses(why) | Door::Fresh(why) | Door::Absent(why) => why.clone(),
            Door::Interrupted(_) => String::new(),
        };
        families.push(FamilySeen { api: api(family), open: matches!(door, Door::Open(_)), why });
        match door {
            Door::Open(session) => open.push(*session),
            Door::Refuses(why) => {
                closed.get_or_insert(why);
                bare.push(Session::bare(&own));
            }
            // Who gives credentials to a server that has none yet only wonders.
            Door::Fresh(why) => {
                closed = Some(why);
                bare.push(Session::bare(&own));
            }
            // Who is not let in may see no route.
            Door::Absent(_) | Door::Interrupted(_) => bare.push(Session::bare(&own)),
        }
    }
    let anonymous = open.is_empty();
    if anonymous {
        let Some(why) = closed else {
            return Err(Undetected::Unusable(looked.looks_like(&target.base)));
        };
        notes.push(format!("only what is answered without credentials was asked: {why}"));
        open = bare;
    }
    let asked = ask(&open, knowledge, anonymous, interrupt).await;
    if let Err(Undetected::Interrupted(_)) = asked {
        return Err(stopped(&open, None).await);
    }
    close(&open, &mut notes).await;
    let heard = asked?;
    let mut weighed = weigh::weigh(knowledge, &heard).map_err(Undetected::Unusable)?;
    // So little is no proof.
    weighed.clear &= !anonymous;
    for session in &open {
        weighed.hide(|text| session.hide(text));
    }
    let warnings = look::warnings(&looked.claim, &weighed.best, knowledge.profiles);
    notes.extend(weighed.notes);
    Ok(Detection {
        target: target.base.url(),
        claim: looked.claim,
        families,
        probes: heard.len(),
        anonymous,
        clear: weighed.clear,
        somebody: weighed.somebody,
        best: weighed.best.iter().map(|profile| profile.name()).collect(),
        candidates: weighed.candidates,
        telling: weighed.telling,
        against: weighed.against,
        warnings,
        notes,
    })
}

/// The user has had enough: everything that was made is given back, and what cannot be is named.
async fn stopped(sessions: &[Session], left_behind: Option<String>) -> Undetected {
    let mut left: Vec<_> = left_behind.into_iter().collect();
    let until = Until::after(LONG_PATIENCE);
    for session in sessions {
        left.extend(given_back(session, Some(until)).await.err());
    }
    Undetected::Interrupted((!left.is_empty()).then(|| left.join("; ")))
}

/// Everything that was made is given back.
async fn close(sessions: &[Session], notes: &mut Vec<String>) {
    for session in sessions {
        if let Err(why) = session.close().await {
            notes.push(format!("not given back: {}", session.hide(&why)));
        }
    }
}

/// One profile of each family, that which can do most: what a family's driver needs of it is the
/// same for all of them.
fn representatives(profiles: &[&'static Profile]) -> Vec<(Family, &'static Profile)> {
    let mut found: Vec<(Family, &'static Profile)> = Vec::new();
    for profile in profiles {
        match found.iter_mut().find(|(family, _)| *family == profile.family) {
            Some((_, best)) if best.capabilities.len() < profile.capabilities.len() => {
                *best = profile;
            }
            Some(_) => {}
            None => found.push((profile.family, profile)),
        }
    }
    found
}

/// The routes that a family is known by.
const fn api(family: Family) -> &'static str {
    use profiles::Management;
    match family {
        Family::V1 => "/write with /query",
        Family::V2 => "/api/v2 with /api/v2/buckets",
        Family::V3 => "/api/v3 with /api/v3/configure",
        Family::Iox(Management::Cluster) => "/api/v2/write with /api/v0/databases",
        Family::Iox(Management::Account) => "/api/v2/write with /api/v0/accounts",
        Family::Iox(Management::Buckets) => "/api/v2/write with /api/v2/buckets, without a shard",
    }
}

/// Asks the probes of every family that answers.
async fn ask<'k>(
    sessions: &[Session],
    knowledge: &Knowledge<'k>,
    anonymous: bool,
    interrupt: &Interrupt,
) -> Result<Vec<Heard<'k>>, Undetected> {
    let is_open = |profile: &&&'static Profile| {
        sessions.iter().any(|session| session.target.profile.family == profile.family)
    };
    let profiles: Vec<_> = knowledge.profiles.iter().filter(is_open).copied().collect();
    let probes = choose::choose(knowledge, &profiles, anonymous).map_err(Undetected::Unusable)?;
    let mut heard = Vec::new();
    let mut timeouts = 0;
    for session in sessions {
        let family = session.target.profile.family;
        for probe in probes.iter().filter(|probe| probe.families.contains(&family)) {
            if *interrupt.borrow() {
                return Err(Undetected::Interrupted(None));
            }
            if session.unsupported(probe.case).is_some() {
                continue;
            }
            // A place that cannot be made is no answer to the probe.
            let Ok(done) = execute(session, probe.case, None).await else { continue };
            if done.timed_out {
                timeouts += 1;
                if timeouts >= MOST_TIMEOUTS {
                    return Err(Undetected::Unusable(format!(
                        "{} left {timeouts} requests without an answer in time: is the server well? \
                         --timeout gives it longer",
                        session.target.base.url()
                    )));
                }
                continue;
            }
            let transcript = done.transcript;
            heard.push(Heard { family, case: probe.case, transcript, curl: done.curl });
        }
    }
    Ok(heard)
}
