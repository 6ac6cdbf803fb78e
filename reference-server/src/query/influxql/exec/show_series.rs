//! `SHOW SERIES` with a time in its condition: the Go products make a selection of it, whose one column
//! is the key of each series and whose one row a series lies at the time 0
//! (1.6:query/statement_rewriter.go, `rewriteShowSeriesStatement`; tsdb/engine/tsm1/engine.go,
//! `buildCursor`).

use super::condition;
use super::node::Node;
use super::read::{self, At, Wanted};
use super::show::series_key;
use super::{Context, Failure, compile, source, tag_sets};
use crate::query::influxql::ast::{Matcher, Path, Show, Source};
use crate::query::influxql::expr::{Expr, Pattern};
use crate::query::influxql::result::{Cell, Series};
use crate::store::view::Which;
use std::collections::BTreeSet;

/// The series of the shards that the range of time touches.
pub(super) fn with_points(
    show: &Show,
    written: &Expr,
    context: Context<'_>,
) -> Result<Vec<Series>, Failure> {
    let (range, rest) = condition::split(written, context.host.now(), None)?;
    if let Some(rest) = &rest {
        condition::check_operands(rest)?;
        compile::no_calls(rest)?;
    }
    let mut tables = tables(show, !range.is_everything(), context)?;
    let columns = read::columns_between(&tables, range);
    let planner = context.rules.planner;
    let bound = rest.as_ref().map(|e| condition::bind(e, &columns, planner)).transpose()?;
    let mut keys = BTreeSet::new();
    let limits = show.limits;
    for table in &mut tables {
        let name = &table.measurement.name;
        table.condition = bound.as_ref().map(|c: &Node| c.for_measurement(name));
    }
    let wanted = Wanted { range, ..Wanted::everything(planner, context.allowance) };
    // The row of a series lies at 0, behind an end that is before that.
    for table in tables.iter().filter(|_| range.last >= 0) {
        for shard in tag_sets::shards(table, &wanted) {
            let series = shard.sets.into_iter().flat_map(|set| set.series);
            let holds = |series: &&crate::store::view::Series| {
                table.condition.as_ref().is_none_or(|c| c.holds(&At { series, time: 0 }))
            };
            // As of rows, one more than the offset is read of each set where there is no limit.
            let most = match (limits.limit, limits.offset) {
                (0, offset @ 1..) => offset.saturating_add(1),
                _ => usize::MAX,
            };
            let found = series.filter(holds).take(most);
            keys.extend(found.map(|s| series_key(&table.measurement.name, &s.tags)));
        }
    }
    let rows = limits.rows(keys.into_iter().map(|key| vec![Cell::text(key)]).collect());
    let series = Series::table("", &["key"], rows);
    Ok(if series.rows.is_empty() { Vec::new() } else { vec![series] })
}

/// Whether a shard of what is asked for lies in a range of time. This is no selection: a source without
/// a name says nothing (1.6:query/statement_rewriter.go, `rewriteSourcesCondition`).
pub(super) fn has_shards(
    show: &Show,
    range: condition::Range,
    context: Context<'_>,
) -> Result<bool, Failure> {
    let mut show = show.clone();
    show.sources.retain(|path| !path.name.is_empty());
    let mut shards = tables(&show, true, context)?.into_iter().map(|table| table.shards);
    Ok(shards.any(|of_table| of_table.iter().any(|shard| range.touches(*shard))))
}

fn tables(
    show: &Show,
    with_shards: bool,
    context: Context<'_>,
) -> Result<Vec<source::Table>, Failure> {
    let mut tables = Vec::new();
    let sources = sources(show)?;
    source::check_databases(&sources, context)?;
    for (number, source) in sources.iter().enumerate() {
        if let Source::Measurement(path) = source {
            tables.extend(source::tables(path, number, with_shards, Which::All, context)?);
        }
    }
    Ok(tables)
}

/// The sources that are written, or all measurements of the default policy.
fn sources(show: &Show) -> Result<Vec<Source>, Failure> {
    let database = show.database.clone().unwrap_or_default();
    let of_database = |path: &Path| {
        let mut path = path.clone();
        if path.database.is_empty() {
            path.database.clone_from(&database);
        }
        Source::Measurement(path)
    };
    if !show.sources.is_empty() {
        return Ok(show.sources.iter().map(of_database).collect());
    }
    let name = Matcher::Pattern(Pattern::new(".+")?);
    Ok(vec![Source::Measurement(Path { database, name, ..Path::default() })])
}
