//! Two servers: the same cases on both, what differs a second time.

use super::Compared;
use crate::cli::{DiffArgs, TargetArgs};
use crate::detect;
use crate::embedded::{Embedded, Fault};
use crate::exit::Failure;
use crate::progress::Progress;
use crate::{list, run};
use harness::case::Case;
use harness::compare::Kind;
use harness::detect::Undetected;
use harness::diff::{Change, Changes, Given, changes};
use harness::event::Event;
use harness::known::Known;
use harness::run::{Interrupt, Part, Plan};
use harness::snapshot::Snapshots;
use harness::target::{Credentials, Target};
use harness::verdict::Ending;
use profiles::Profile;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::sync::Arc;

/// One side, ready to run cases on.
struct Side {
    /// What reports call it.
    name: String,
    profile: &'static Profile,
    target: Target,
    /// Kept until both runs are over: an embedded server stops when it is dropped.
    _servers: Vec<Embedded>,
}

/// Compares two servers; none where the user has interrupted it.
pub(super) async fn compare(
    args: &DiffArgs,
    first: &str,
    second: &str,
) -> Result<Option<Compared>, Failure> {
    let interrupt = run::interrupts();
    let cases = list::load(&args.select)?;
    let chosen = list::selection(&args.select).choose(&cases).map_err(Failure::usage)?;
    let all: Arc<[Case]> = chosen.into_iter().cloned().collect();
    let jobs = std::thread::available_parallelism().map_or(4, |cores| cores.get() * 2);
    let jobs = args.jobs.map_or(jobs, usize::from);
    let (Some((one, profile_one)), Some((two, profile_two))) = (
        taken(args, first, of_first(args, first)?, args.profile_a.as_deref(), &interrupt).await?,
        taken(args, second, of_second(args, second)?, args.profile_b.as_deref(), &interrupt)
            .await?,
    ) else {
        return Ok(None);
    };
    let whole = plan(args, Arc::clone(&all), jobs);
    let one = side(args, &one, profile_one, &whole).await?;
    let two = side(args, &two, profile_two, &whole).await?;
    let Some((a, b)) = both(&one, &two, &whole, &interrupt).await? else { return Ok(None) };
    let mut changes = changes(&a, &b, args.strict);
    let differ: BTreeSet<_> = changes.found.iter().map(|change| change.case.as_str()).collect();
    let again: Arc<[Case]> =
        all.iter().filter(|case| differ.contains(case.id.as_str())).cloned().collect();
    let mut unstable = Vec::new();
    if !again.is_empty() {
        let plan = plan(args, again, jobs);
        let Some((a, b)) = both(&one, &two, &plan, &interrupt).await? else { return Ok(None) };
        let second = harness::diff::changes(&a, &b, args.strict);
        let same = |change: &Change| second.found.iter().any(|other| is_same(change, other));
        unstable = changes.found.iter().filter(|c| !same(c)).map(|c| c.case.clone()).collect();
        unstable.dedup();
        changes.found.retain(same);
        add_undecided(&mut changes, second);
    }
    let own = own_variables(&one.target.credentials, |name| std::env::var(name).ok());
    let requests = changes.found.iter_mut().flat_map(|change| &mut change.request);
    requests.for_each(|request| name_own(request, &own));
    Ok(Some(Compared { names: [one.name, two.name], changes, unstable }))
}

/// The variables whose values the first server did not get, since it has others.
fn own_variables(
    credentials: &Credentials,
    variable: impl Fn(&str) -> Option<String>,
) -> Vec<&'static str> {
    let all = [
        ("LINEPROOF_TOKEN", &credentials.token),
        ("LINEPROOF_USER", &credentials.user),
        ("LINEPROOF_PASSWORD", &credentials.password),
    ];
    let is_common =
        |name: &str, value: &Option<String>| value.is_some() && variable(name) == *value;
    all.into_iter().filter(|(name, value)| !is_common(name, value)).map(|(name, _)| name).collect()
}

/// Has the line name those that this command reads for the first server in the place of these.
fn name_own(request: &mut String, variables: &[&str]) {
    for variable in variables {
        for end in ["\"", ":"] {
            let ours = format!("${variable}_A{end}");
            *request = request.replace(&format!("${variable}{end}"), &ours);
        }
    }
}

/// Whether two runs show the same difference. A request names what was made for it alone.
fn is_same(a: &Change, b: &Change) -> bool {
    let at = |change: &Change| (change.case.clone(), change.step, change.kind);
    let says = |change: &Change| (change.first.clone(), change.second.clone());
    // How far an answer came that never ended is left to chance.
    at(a) == at(b) && (a.kind == Kind::NoAnswer.title() || says(a) == says(b))
}

/// A difference that could not be seen again because nothing certain came of its case is none that
/// is gone.
fn add_undecided(changes: &mut Changes, mut again: Changes) {
    for (own, more) in changes.lists_mut().zip(again.lists_mut()) {
        own.append(more);
        own.sort_unstable();
        own.dedup();
    }
}

fn plan(args: &DiffArgs, cases: Arc<[Case]>, jobs: usize) -> Plan {
    Plan {
        cases,
        snapshots: Snapshots::new(None),
        strict: args.strict,
        jobs,
        fail_fast: false,
        shuffle: None,
        known: Known::default(),
        stale: Vec::new(),
        part: Part::default(),
        deadline: None,
    }
}

/// Runs the plan on both at the same time; none where it was interrupted.
async fn both(
    one: &Side,
    two: &Side,
    plan: &Plan,
    interrupt: &Interrupt,
) -> Result<Option<(Given, Given)>, Failure> {
    let progress = RefCell::new(Progress::new(&[one.profile, two.profile], plan.cases.len()));
    let given = async |side: &Side| {
        let (mut given, mut wrong, mut reason) = (Given::default(), None, None);
        let on_event = |event: &Event| {
            progress.borrow_mut().show(event);
            wrong = wrong.take().or_else(|| given.add(event).err());
            if let Event::Finished(finished) = event {
                reason.clone_from(&finished.reason);
            }
        };
        let ending =
            harness::run::run(&side.target, plan.clone(), interrupt.clone(), on_event).await;
        match (ending, wrong) {
            (Ending::Unusable, _) => {
                let reason = reason.unwrap_or_default();
                Err(Failure::unusable(format!("{}: {reason}", side.name)))
            }
            (Ending::Interrupted, _) => Ok(None),
            (_, Some(why)) => Err(Failure::internal(why)),
            _ => Ok(Some(given)),
        }
    };
    let (a, b) = tokio::join!(given(one), given(two));
    Ok(a?.zip(b?))
}

/// The first side, as the arguments of a run name a target.
fn of_first(args: &DiffArgs, place: &str) -> Result<TargetArgs, Failure> {
    let (own, blank) = (&args.sides, blank(args, place));
    let given = TargetArgs {
        token: args.token_a.clone(),
        user: args.user_a.clone(),
        password: args.password_a.clone(),
        org: args.org_a.clone(),
        database: own.database_a.clone(),
        read_back: own.read_back_a.clone(),
        lacks: own.lacks_a.clone(),
        setups: own.setup_a.clone(),
        ..blank
    };
    checked(given, 'a')
}

/// The second side.
fn of_second(args: &DiffArgs, place: &str) -> Result<TargetArgs, Failure> {
    let (own, blank) = (&args.sides, blank(args, place));
    let given = TargetArgs {
        token: args.token_b.clone(),
        user: args.user_b.clone(),
        password: args.password_b.clone(),
        org: args.org_b.clone(),
        database: own.database_b.clone(),
        read_back: own.read_back_b.clone(),
        lacks: own.lacks_b.clone(),
        setups: own.setup_b.clone(),
        ..blank
    };
    checked(given, 'b')
}

/// What both sides have in common.
fn blank(args: &DiffArgs, place: &str) -> TargetArgs {
    TargetArgs {
        target: is_url(place).then(|| place.to_owned()),
        profiles: Vec::new(),
        token: None,
        user: None,
        password: None,
        org: None,
        database: None,
        read_back: None,
        lacks: Vec::new(),
        setups: Vec::new(),
        visible_within: args.sides.visible_within,
        timeout: args.timeout,
    }
}

/// A server in the binary is as it is; and an empty variable is as good as none.
fn checked(mut given: TargetArgs, side: char) -> Result<TargetArgs, Failure> {
    if given.target.is_none() {
        for (option, is_given) in [
            ("database", given.database.is_some()),
            ("read-back", given.read_back.is_some()),
            ("lacks", !given.lacks.is_empty()),
            ("setup", !given.setups.is_empty()),
        ] {
            if is_given {
                return Err(Failure::usage(format!(
                    "--{option}-{side} is for a server at a URL, and --{side} names one in the binary"
                )));
            }
        }
    }
    for (text, common) in [
        (&mut given.token, "LINEPROOF_TOKEN"),
        (&mut given.user, "LINEPROOF_USER"),
        (&mut given.password, "LINEPROOF_PASSWORD"),
        (&mut given.org, "LINEPROOF_ORG"),
    ] {
        // What both servers take need not be said twice.
        let own = text.take().filter(|text| !text.is_empty());
        let common = given.target.as_ref().and_then(|_| std::env::var(common).ok());
        *text = own.or(common).filter(|text| !text.is_empty());
    }
    Ok(given)
}

/// Anything else is a profile.
fn is_url(place: &str) -> bool {
    place.contains("://")
}

/// What a side is taken for: as it was said, else what its server acts like; none where the search
/// was interrupted.
async fn taken(
    args: &DiffArgs,
    place: &str,
    own: TargetArgs,
    profile: Option<&str>,
    interrupt: &Interrupt,
) -> Result<Option<(TargetArgs, &'static Profile)>, Failure> {
    let named = if is_url(place) { profile } else { Some(place) };
    if let Some(name) = named {
        return Ok(Some((own, profiles::find(name).map_err(Failure::usage)?)));
    }
    let mut target = Target::new(place, profiles::ALL[0]).map_err(Failure::usage)?;
    target.credentials = Credentials {
        token: own.token.clone(),
        user: own.user.clone(),
        password: own.password.clone(),
    };
    target.org.clone_from(&own.org);
    target.database.clone_from(&own.database);
    target.timeout = run::timeout(args.timeout)?;
    let found = match detect::of_target(&target, interrupt).await {
        Ok(found) => found,
        Err(Undetected::Unusable(why)) => return Err(Failure::unusable(why)),
        Err(stopped @ Undetected::Interrupted(_)) => {
            say!("lineproof: {stopped}");
            return Ok(None);
        }
    };
    let Some(best) = found.best.first() else {
        return Err(Failure::unusable(format!(
            "{place} acts like nothing that is known: say with --profile-a or --profile-b what it is"
        )));
    };
    let sure = if found.clear { "it acts like it" } else { "the nearest of all" };
    say!("{place} is taken for {best}: {sure}");
    Ok(Some((own, profiles::find(best).map_err(Failure::internal)?)))
}

/// Makes a side ready, with the servers that its cases need.
async fn side(
    args: &DiffArgs,
    own: &TargetArgs,
    profile: &'static Profile,
    plan: &Plan,
) -> Result<Side, Failure> {
    let (mut target, server) = run::target(own, profile, Fault::default()).await?;
    let mut servers = run::set_up(own, &args.select, &mut target, plan, Fault::default()).await?;
    servers.extend(server);
    let name = match &own.target {
        Some(_) => format!("{} ({})", target.base.url(), profile.name()),
        None => profile.name(),
    };
    Ok(Side { name, profile, target, _servers: servers })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_of_both_servers_is_that_of_the_first_where_it_got_its_value() {
        let mut given = Credentials { token: Some("common".to_owned()), ..Credentials::default() };
        let variable = |name: &str| (name == "LINEPROOF_TOKEN").then(|| "common".to_owned());
        let others = ["LINEPROOF_USER", "LINEPROOF_PASSWORD"];
        assert_eq!(own_variables(&given, variable), others);
        given.token = Some("own".to_owned());
        assert_eq!(own_variables(&given, variable), ["LINEPROOF_TOKEN", others[0], others[1]]);
    }

    #[test]
    fn a_line_names_the_variable_that_was_read() {
        let mut line = r#"curl -H 'Authorization: Token '"$LINEPROOF_TOKEN" -u "$LINEPROOF_USER:$LINEPROOF_PASSWORD""#.to_owned();
        name_own(&mut line, &["LINEPROOF_USER", "LINEPROOF_PASSWORD"]);
        let own = r#"-u "$LINEPROOF_USER_A:$LINEPROOF_PASSWORD_A""#;
        assert!(line.contains(r#""$LINEPROOF_TOKEN""#) && line.ends_with(own), "{line}");
    }
}
