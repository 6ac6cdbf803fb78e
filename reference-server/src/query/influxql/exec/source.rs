//! Which measurements a statement reads.

use super::node::Node;
use super::read::beside_others;
use super::tag_sets::{bounds_of, openings, shard_bounds};
use super::{Context, Failure};
use crate::query::allowance::Allowance;
use crate::query::influxql::ast::{Matcher, Path, Source};
use crate::query::influxql::host::Policy;
use crate::store::Name;
use crate::store::view::{Asked, Measurement, Names, Unreadable, Which};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A measurement and how long the shard groups are that its points lie in.
#[derive(Debug)]
pub(super) struct Table {
    pub(super) measurement: Measurement,
    pub(super) shard_duration: i64,
    /// The shards in which anything of the policy is stored: their first and last times, by time. None
    /// where they were not asked for.
    pub(super) shards: Rc<[(i64, i64)]>,
    /// By which source of the statement it is meant.
    pub(super) source: usize,
    /// Whether it is meant by a pattern, so that there may be others of this source.
    pub(super) by_pattern: bool,
    /// The statement's condition for this measurement.
    pub(super) condition: Option<Node>,
}

/// The policies of a database; the request's database where none is named.
pub(super) fn policies(
    named: &str,
    context: Context<'_>,
) -> Result<(String, Vec<Policy>), Failure> {
    let database = if named.is_empty() { context.database } else { named };
    if database.is_empty() {
        return Err(Failure::Statement("database name required".to_owned()));
    }
    match context.host.policies(database) {
        Some(policies) => Ok((database.to_owned(), policies)),
        None => Err(Failure::UnknownDatabase(database.to_owned())),
    }
}

/// Fails where a source names a database that is not there: the Go products look for it first.
pub(super) fn check_databases(sources: &[Source], context: Context<'_>) -> Result<(), Failure> {
    for source in sources {
        if let Source::Measurement(path) = source {
            if path.name.is_empty() {
                return Err(Failure::Statement("invalid measurement".to_owned()));
            }
            policies(&path.database, context)?;
        }
    }
    Ok(())
}

/// The measurements that a path of a `FROM` means, by name; it is the source of this number. Where the store
/// does not know the shards of the policy, all that it holds is looked at for them.
pub(super) fn tables<'a>(
    path: &Path,
    source: usize,
    with_shards: bool,
    series: Which<'a>,
    context: Context<'a>,
) -> Result<Vec<Table>, Failure> {
    let (database, policies) = policies(&path.database, context)?;
    // The request's policy goes with the request's database only.
    let wanted = if path.policy.is_empty() && path.database.is_empty() {
        context.policy
    } else {
        &path.policy
    };
    let policy = match wanted {
        "" => policies
            .iter()
            .find(|p| p.default)
            .ok_or_else(|| "default retention policy not set for: ".to_owned() + &database)?,
        name => policies
            .iter()
            .find(|p| p.name == name)
            .ok_or_else(|| Failure::Statement(format!("retention policy not found: {name}")))?,
    };
    let shard_duration = policy.shard_duration;
    let known = match with_shards {
        true => context.host.shards(&database, &policy.name),
        false => Some(Vec::new()),
    };
    let is_meant = |name: &[u8]| path.name.is_match(name);
    let names = match &path.name {
        Matcher::Name(name) => Names::One(name.as_bytes()),
        Matcher::Pattern(_) => Names::Matching(&is_meant),
    };
    let (mut stored, shards) = match known {
        Some(shards) => {
            let asked = Asked { series, points: true, allowance: context.allowance };
            (context.host.measurements(&database, &policy.name, names, &asked), shards)
        }
        None => {
            let asked = Asked::everything(context.allowance);
            let all = context.host.measurements(&database, &policy.name, Names::All, &asked);
            let shards = shards_of(&all, shard_duration, context.allowance);
            (all, shards)
        }
    };
    let shards: Rc<[(i64, i64)]> = shards.into();
    stored.retain(|m| path.name.is_match(&m.name));
    stored.sort_by(|a, b| a.name.cmp(&b.name));
    let by_pattern = matches!(path.name, Matcher::Pattern(_));
    let table = |measurement| Table {
        measurement,
        shard_duration,
        shards: Rc::clone(&shards),
        source,
        by_pattern,
        condition: None,
    };
    Ok(stored.into_iter().map(table).collect())
}

/// The first and last times of the shards of a database, those of each policy for themselves.
pub(super) fn shards(database: &str, context: Context<'_>) -> Result<Vec<(i64, i64)>, Failure> {
    let (database, policies) = policies(database, context)?;
    let mut all = Vec::new();
    for policy in &policies {
        all.extend(context.host.shards(&database, &policy.name).unwrap_or_else(|| {
            let everything = Asked::everything(context.allowance);
            let stored =
                context.host.measurements(&database, &policy.name, Names::All, &everything);
            shards_of(&stored, policy.shard_duration, context.allowance)
        }));
    }
    Ok(all)
}

/// The first and last times of the shards that know measurements, by time.
fn shards_of(
    stored: &[Measurement],
    shard_duration: i64,
    allowance: &Allowance,
) -> Vec<(i64, i64)> {
    let mut shards = Vec::new();
    let openings = stored.iter().map(|m| openings(m, shard_duration)).sum();
    let series = stored.iter().flat_map(|m| &m.series);
    beside_others(openings, allowance);
    bounds_of(series, shard_duration, allowance, &mut shards);
    for (start, ..) in stored.iter().flat_map(|m| &m.declared) {
        let bounds = shard_bounds(*start, shard_duration);
        if let Err(place) = shards.binary_search(&bounds) {
            shards.insert(place, bounds);
        }
    }
    shards
}

/// The measurements of a database, in every policy, each name once, by name, with what is asked for of them.
pub(super) fn in_all_policies(
    database: &str,
    names: Names<'_>,
    asked: &Asked<'_>,
    context: Context<'_>,
) -> Result<Vec<Measurement>, Failure> {
    let (database, policies) = policies(database, context)?;
    let mut all: BTreeMap<Name, Measurement> = BTreeMap::new();
    for policy in &policies {
        for m in context.host.measurements(&database, &policy.name, names, asked) {
            match all.get_mut(&m.name) {
                Some(known) => join(known, m),
                None => {
                    all.insert(m.name.clone(), m);
                }
            }
        }
    }
    Ok(all.into_values().collect())
}

/// What is stored under one name in two policies, as one measurement.
fn join(known: &mut Measurement, other: Measurement) {
    known.tag_keys.extend(other.tag_keys);
    known.tag_keys.sort();
    known.tag_keys.dedup();
    known.declared.extend(other.declared);
    known.fields.extend(other.fields);
    known.fields.sort();
    known.fields.dedup();
    let mut new = Vec::new();
    for series in other.series {
        match known.series.binary_search_by(|s| s.tags.cmp(&series.tags)) {
            Ok(same) => known.series[same].columns.extend(series.columns),
            Err(_) => new.push(series),
        }
    }
    known.series.extend(new);
    known.series.sort_by(|a, b| a.tags.cmp(&b.tags));
    known.unreadable = known.unreadable.or(other.unreadable);
}

/// Whether a path of a `SHOW … FROM` means this measurement; all are meant where there is none.
pub(super) fn is_meant(paths: &[Path], name: &[u8]) -> bool {
    paths.is_empty() || paths.iter().any(|p| p.name.is_match(name))
}

/// Fails where a v3 product cannot read a table's rows.
pub(super) fn check_readable(m: &Measurement) -> Result<(), Failure> {
    let text = match m.unreadable {
        None => return Ok(()),
        // A table with tags alone has nothing to select: it is passed over before it is looked at.
        Some(_) if m.fields.is_empty() => return Ok(()),
        Some(Unreadable::NoTimeColumn) => {
            let mut names: Vec<_> =
                m.tag_keys.iter().chain(m.fields.iter().map(|f| &f.0)).collect();
            names.sort();
            names.dedup();
            let table = sql_name(&m.name);
            let valid: Vec<_> = names.iter().map(|n| format!("{table}.{}", sql_name(n))).collect();
            format!("Schema error: No field named time. Valid fields are {}.", valid.join(", "))
        }
        Some(Unreadable::UnevenColumns) => {
            "Execution error: error getting batches Error creating record batch: \
             Invalid argument error: all columns in a record batch must have the same length"
                .to_owned()
        }
    };
    Err(Failure::Planning(text))
}

/// A name as DataFusion prints it.
fn sql_name(name: &[u8]) -> String {
    let text = String::from_utf8_lossy(name);
    let plain = text.chars().next().is_some_and(|c| c.is_ascii_lowercase() || c == '_')
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if plain { text.into_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
}
