//! The canary: one point, written and read first and last. A server that loses it cannot be
//! judged, and a language that does not show it cannot read back.

use super::Session;
use crate::case::Role;
use crate::diagnose::nonsense;
use crate::driver::{self, NotMade, Wanted};
use crate::outgoing::own_endpoint;
use crate::point::{Point, Value};
use crate::read_back::{Reader, query};
use crate::space::Space;
use crate::target::Unusable;
use crate::wire::{Request, Response};
use profiles::{Capability, Family, Management};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long a canary is waited for on an asynchronous server, however soon it promises it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest that is waited because the server says so, in seconds.
const LONGEST_WAIT: u64 = 60;

/// Tries the languages of the profile, best first, until one shows the canary; a program that the
/// user names stands for all of them.
pub(super) async fn choose_reader(session: &mut Session) -> Result<(), Unusable> {
    let languages = session.target.profile.read_back.languages;
    let declared = session.lacks().contains_key(&Capability::ReadBack);
    let space = place(session).await?;
    let written = write(session, &space).await;
    let outcome = match written {
        Err(error) => Err(error),
        Ok(()) if declared => Ok(None),
        Ok(()) if session.target.read_back.is_some() => by_program(session, &space).await,
        Ok(()) => choose(session, &space, languages).await,
    };
    // Trying left the last language behind; giving back needs the one that works.
    session.reader = outcome.as_ref().ok().cloned().flatten();
    if outcome.is_ok() && session.reader.is_some() && session.has_room() {
        session.first = Some(space);
    } else {
        give_back(session, &space).await;
    }
    outcome?;
    if session.reader.is_none() && !declared {
        // Nothing shows what it stores, so that all rests on its answers: they must mean something.
        let told = nonsense(&session.pool).await.and_then(|answer| answer.told);
        if let Some(told) = told.filter(|told| told.is_none) {
            return Err(Unusable(format!("{} {}", session.target.base.url(), told.words)));
        }
        let why = "none of its query languages is there".to_owned();
        session.ready.lacks.insert(Capability::ReadBack, why);
    }
    Ok(())
}

/// The program must show the canary, as far as it does not declare that the server cannot.
async fn by_program(session: &mut Session, space: &Space) -> Result<Option<Reader>, Unusable> {
    session.reader = session.program();
    read(session, space).await.map_err(|why| {
        Unusable(format!(
            "{} takes a write, and what --read-back names does not show it afterwards: {why}",
            session.target.base.url()
        ))
    })?;
    if !session.losses().is_empty() {
        let note = format!(
            "not held against the server, as declared by --read-back: {}",
            session.losses()
        );
        session.ready.notes.push(note);
    }
    Ok(session.reader.clone())
}

async fn choose(
    session: &mut Session,
    space: &Space,
    languages: &[Capability],
) -> Result<Option<Reader>, Unusable> {
    let mut failed = Vec::new();
    for language in languages {
        if session.lacks().contains_key(language) {
            continue;
        }
        if is_absent(session, space, *language).await {
            let why = "the server has no route for it".to_owned();
            session.ready.lacks.insert(*language, why);
            continue;
        }
        session.reader = Some(Reader::of(*language));
        match read(session, space).await {
            Ok(()) => return Ok(session.reader.clone()),
            Err(why) => failed.push(format!("{language}: {why}")),
        }
    }
    if failed.is_empty() { Ok(None) } else { Err(unreadable(session, &failed.join("; "))) }
}

/// The canary once more, at the end; the first one must still be there.
pub(super) async fn last(session: &Session) -> Result<(), Unusable> {
    let at_the_end = |error: Unusable| Unusable(format!("at the end of the run {}", error.0));
    if let Some(first) = &session.first {
        let age = session.opened.elapsed().as_secs_f32();
        read(session, first).await.map_err(|why| {
            Unusable(format!(
                "at the end of the run {} does not show any more what it took and showed at the \
                 beginning, {age:.1} s before ({why}): it forgets, or somebody else drops databases \
                 that begin with lp_",
                session.target.base.url()
            ))
        })?;
    }
    let space = place(session).await.map_err(at_the_end)?;
    let written = write(session, &space).await;
    let read = match (&written, &session.reader) {
        (Ok(()), Some(_)) => read(session, &space).await.map_err(|why| unreadable(session, &why)),
        _ => Ok(()),
    };
    give_back(session, &space).await;
    written.and(read).map_err(at_the_end)
}

fn unreadable(session: &Session, why: &str) -> Unusable {
    Unusable(format!(
        "{} takes a write and does not show it afterwards ({why}): nothing it says can be checked; \
         if it has another query language only, name a program with --read-back, or declare it with \
         --lacks read-back",
        session.target.base.url()
    ))
}

async fn place(session: &Session) -> Result<Space, Unusable> {
    let number = if session.first.is_some() { "2" } else { "" };
    let name = format!("{}canary{number}", session.begins);
    if session.lacks().contains_key(&Capability::CreateDatabase) {
        return Ok(session.without_database(name, &BTreeSet::new()));
    }
    let wanted = Wanted { database: &name, retention: None, schema: None, roles: &BTreeSet::new() };
    driver::create(&session.admin(), &session.ready, &wanted).await.map_err(|error| {
        let why = match error {
            NotMade::Refused(why) => why,
            NotMade::NoSuchRole(_) => String::new(),
        };
        Unusable(format!(
            "{} makes no database ({why}): check the credentials, or name an existing one with --database",
            session.target.base.url()
        ))
    })
}

pub(super) async fn give_back(session: &Session, space: &Space) {
    if !space.prefix.is_empty() && session.can_forget() {
        crate::read_back::forget(&*session.pool, &session.place(space)).await.ok();
    }
    driver::give_back(&session.admin(), space).await.ok();
}

fn line(session: &Session, space: &Space) -> String {
    format!("{}canary,run={} value=1i,text=\"a b\" {}", space.prefix, session.begins, space.now)
}

async fn write(session: &Session, space: &Space) -> Result<(), Unusable> {
    let family = session.target.profile.family;
    let path = own_endpoint(family).path();
    let target = match family {
        Family::V2 | Family::Iox(Management::Buckets) => {
            space.fill_url(&format!("{path}?bucket={{db}}&org={{org}}"))
        }
        Family::Iox(_) => space.fill_url(&format!("{path}?bucket={{db}}")),
        Family::V1 | Family::V3 => space.fill_url(&format!("{path}?db={{db}}")),
    };
    let mut request = Request::new("POST", target).body(line(session, space));
    let owner = space.roles.get(&Role::Owner).and_then(|c| c.authorization.clone());
    request.headers.extend(owner.map(|value| ("Authorization".to_owned(), value)));
    let send = async || {
        let answer = session.pool.send(&request).await;
        answer.map_err(|error| crate::diagnose::wire(&session.target.base, &error))
    };
    let mut answer = send().await?;
    // A quota that others have used up comes back.
    if let Some(wait) = told_to_wait(&answer) {
        sleep(wait).await;
        answer = send().await?;
    }
    match crate::diagnose::api(&session.target.base, path, answer)? {
        Response { status: 200..=299, .. } => Ok(()),
        answer => Err(refused(session, path, &answer)),
    }
}

/// How long a server that is busy asks to wait; none where that is too long for what comes before any
/// case: whose quota others have used up for minutes may as well begin again.
fn told_to_wait(answer: &Response) -> Option<Duration> {
    let header = answer.headers.iter().find(|(name, _)| name == "retry-after");
    let seconds = header.filter(|_| matches!(answer.status, 429 | 503))?.1.parse::<u64>().ok()?;
    (seconds <= LONGEST_WAIT).then(|| Duration::from_secs(seconds))
}

fn refused(session: &Session, path: &str, answer: &Response) -> Unusable {
    let url = session.target.base.url();
    // Hidden before it is cut: half a secret would not be found.
    let text: String = session.hide(answer.text().trim()).chars().take(200).collect();
    Unusable(match answer.status {
        401 | 403 => format!(
            "{url} wants other credentials (status {} {text}): give --token, or --user and --password",
            answer.status
        ),
        404 => format!(
            "{url}{path} is not found (status 404 {text}): check --profile, --database and the path prefix"
        ),
        429 | 503 => format!(
            "{url}{path} has no room for a line now (status {}, {text}; Retry-After: {}): run again later",
            answer.status,
            answer.header("retry-after").unwrap_or("none")
        ),
        status => format!(
            "{url}{path} refuses a plain good line (status {status} {text}): check --profile"
        ),
    })
}

/// Reads the canary; it must be there as it was written, soon enough.
async fn read(session: &Session, space: &Space) -> Result<(), String> {
    let visible = session.target.visible_within();
    let patience = if visible.is_zero() { visible } else { visible.max(PATIENCE) };
    let deadline = Instant::now() + patience;
    loop {
        let outcome = match session.read(space).await {
            Err(error) => Err(error.why().to_owned()),
            Ok(points) => {
                let shown: Vec<_> = points.iter().map(|p| p.show(&p.time.to_string())).collect();
                match shown.as_slice() {
                    [] => Err("nothing is there".to_owned()),
                    _ if points.iter().any(|point| is_canary(session, space, point)) => Ok(()),
                    all => Err(format!("it reads {}", all.join(" and "))),
                }
            }
        };
        if outcome.is_ok() || Instant::now() >= deadline {
            return outcome;
        }
        sleep(Duration::from_millis(20)).await;
    }
}

/// Whether this is the point of [`line`], as far as the server can represent it.
fn is_canary(session: &Session, space: &Space, point: &Point) -> bool {
    let losses = session.losses();
    let written = [
        ("text".to_owned(), Value::String("a b".to_owned())),
        ("value".to_owned(), Value::Integer(1)),
    ];
    let fields = losses.fields(&written.into());
    point.measurement == format!("{}canary", space.prefix)
        && point.tags == BTreeMap::from([("run".to_owned(), session.begins.clone())])
        && point.time == losses.time(space.now)
        && point.fields.len() == fields.len()
        && fields.iter().all(|(key, v)| point.fields.get(key).is_some_and(|w| w.agrees(v)))
}

/// Whether the server has no route for this language: an orderly "not found" to nonsense.
async fn is_absent(session: &Session, space: &Space, language: Capability) -> bool {
    let place = session.place(space);
    let answer = session.pool.send(&query(language, &place, "LINEPROOF IS NO STATEMENT")).await;
    answer.is_ok_and(|answer| matches!(answer.status, 404 | 405 | 501))
}
