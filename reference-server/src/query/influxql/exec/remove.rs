//! `DELETE`, `DROP SERIES` and `DROP MEASUREMENT`: which series and times go.

use super::columns::Columns;
use super::condition::{self, Range};
use super::read::At;
use super::source::{in_all_policies, is_meant};
use super::{Context, Failure};
use crate::query::influxql::ast::Removal;
use crate::query::influxql::host::{Remove, SeriesKey};
use crate::store::view::{Asked, Names};

/// The database of the request, which must exist.
fn database<'a>(context: Context<'a>) -> Result<&'a str, Failure> {
    match context.host.policies(context.database) {
        Some(_) => Ok(context.database),
        None => Err(Failure::UnknownDatabase(context.database.to_owned())),
    }
}

/// `DROP MEASUREMENT`.
pub(super) fn measurement(name: &str, context: Context<'_>) -> Result<(), Failure> {
    let database = database(context)?;
    Ok(context.host.remove(database, &Remove::Measurement(name.as_bytes().into()))?)
}

/// `DROP SERIES`.
pub(super) fn series(removal: &Removal, context: Context<'_>) -> Result<(), Failure> {
    let database = database(context)?;
    let (range, series) = selected(removal, context)?;
    if range.has_first || range.has_last {
        return Err(Failure::Statement(
            "DROP SERIES doesn't support time in WHERE clause".to_owned(),
        ));
    }
    Ok(context.host.remove(database, &Remove::Series(series))?)
}

/// `DELETE`.
pub(super) fn points(removal: &Removal, context: Context<'_>) -> Result<(), Failure> {
    let database = database(context)?;
    let (range, series) = selected(removal, context)?;
    let removal = Remove::Points { series, first: range.first, last: range.last };
    Ok(context.host.remove(database, &removal)?)
}

fn selected(removal: &Removal, context: Context<'_>) -> Result<(Range, Vec<SeriesKey>), Failure> {
    let (range, rest) = match &removal.condition {
        None => (Range::ALL, None),
        Some(c) => condition::split(c, context.host.now(), None)?,
    };
    let mut keys = Vec::new();
    let is_meant = |name: &[u8]| is_meant(&removal.sources, name);
    let (names, asked) = (Names::Matching(&is_meant), Asked::tags(context.allowance));
    let stored = in_all_policies(context.database, names, &asked, context)?;
    // Some may be missing, and what is removed is all or nothing.
    context.allowance.check()?;
    for m in stored.iter().filter(|m| is_meant(&m.name)) {
        let node = rest
            .as_ref()
            .map(|e| condition::bind(e, &Columns::of([m]), context.rules.planner))
            .transpose()?;
        if let Some(node) = &node {
            let mut has_field = false;
            node.fields(&mut |_, _| has_field = true);
            if has_field {
                // The product's error names a shard by its number, which is not to be had here.
                return Err(Failure::Unsupported(
                    "a field in the condition of a removal".to_owned(),
                ));
            }
        }
        let goes = |s: &&crate::store::view::Series| {
            node.as_ref().is_none_or(|n| n.holds(&At { series: s, time: 0 }))
        };
        let key = |s: &crate::store::view::Series| SeriesKey {
            measurement: m.name.clone(),
            tags: s.tags.clone(),
        };
        keys.extend(m.series.iter().filter(goes).map(key));
    }
    Ok((range, keys))
}
