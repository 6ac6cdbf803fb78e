//! `SHOW …`.

use super::columns::Columns;
use super::condition;
use super::index;
use super::node::Node;
use super::read::At;
use super::show_series;
use super::source::{self, in_all_policies, is_meant, policies as policies_of};
use super::{Context, Failure};
use crate::query::influxql::ast::{KeyFilter, Matcher, Path, Show};
use crate::query::influxql::duration;
use crate::query::influxql::expr::Expr;
use crate::query::influxql::host::Policy;
use crate::query::influxql::result::{self, Cell, Series};
use crate::store::Name;
use crate::store::view::{self, Asked, Measurement, Names};
use profiles::influxql::{Planner, Policies, TagIndex};
use std::collections::BTreeSet;

/// A series as a line of line protocol begins with it.
pub(in crate::query::influxql) fn series_key(measurement: &[u8], tags: &[(Name, Name)]) -> Vec<u8> {
    fn push_escaped(key: &mut Vec<u8>, bytes: &[u8], is_special: impl Fn(u8) -> bool) {
        // Nearly always in one piece.
        let mut rest = bytes;
        while let Some(place) = rest.iter().position(|byte| is_special(*byte)) {
            key.extend_from_slice(&rest[..place]);
            key.extend([b'\\', rest[place]]);
            rest = &rest[place + 1..];
        }
        key.extend_from_slice(rest);
    }
    let length = |(name, value): &(Name, Name)| name.len() + value.len() + 2;
    let mut key = Vec::with_capacity(measurement.len() + tags.iter().map(length).sum::<usize>());
    push_escaped(&mut key, measurement, |byte| matches!(byte, b',' | b' '));
    for (name, value) in tags {
        key.push(b',');
        push_escaped(&mut key, name, |byte| matches!(byte, b',' | b'=' | b' '));
        key.push(b'=');
        push_escaped(&mut key, value, |byte| matches!(byte, b',' | b'=' | b' '));
    }
    key
}

/// The measurements that a statement means, by name, with what it asks for of them.
fn meant(
    show: &Show,
    asked: &Asked<'_>,
    context: Context<'_>,
) -> Result<Vec<Measurement>, Failure> {
    // A source without a name leaves no condition behind, and none beside those of others
    // (1.6:query/statement_rewriter.go, `rewriteSourcesCondition`; asked of a running 1.6.7).
    let nameless =
        context.rules.planner == Planner::Go && show.sources.iter().all(|p| p.name.is_empty());
    let is_meant = |name: &[u8]| nameless || is_meant(&show.sources, name);
    let names = match show.sources.as_slice() {
        [Path { name: Matcher::Name(name), .. }] if !nameless => Names::One(name.as_bytes()),
        _ => Names::Matching(&is_meant),
    };
    let database = show.database.as_deref().unwrap_or_default();
    let mut all = in_all_policies(database, names, asked, context)?;
    all.retain(|m| is_meant(&m.name));
    Ok(all)
}

/// How many shards the database has, as far as a condition asks: all that is stored is looked at for it,
/// so it is counted once for all measurements.
fn shards_of_condition(show: &Show, context: Context<'_>) -> Result<usize, Failure> {
    if show.condition.is_none() || context.rules.planner != Planner::Go {
        return Ok(0);
    }
    Ok(source::shards(show.database.as_deref().unwrap_or_default(), context)?.len())
}

/// The series of a measurement for which the condition holds; `shards` is the number of all. Times and
/// fields are left out of it, as the products do.
fn matching<'a>(
    show: &Show,
    m: &'a Measurement,
    shards: usize,
    context: Context<'_>,
) -> Result<Vec<&'a view::Series>, Failure> {
    let Some(written) = &show.condition else { return Ok(m.series.iter().collect()) };
    let (_, rest) = condition::split(written, context.host.now(), None)?;
    let Some(rest) = rest else { return Ok(m.series.iter().collect()) };
    if context.rules.planner == Planner::Go {
        if index::names_uncertain_field(&rest, m, shards) {
            let what = "a field of some shards only in the condition of SHOW";
            return Err(Failure::Unsupported(what.to_owned()));
        }
        return Ok(m.series.iter().filter(|s| index::finds(&rest, m, s)).collect());
    }
    let node = condition::bind(&rest, &Columns::of([m]), context.rules.planner)?;
    let mut has_field = false;
    node.fields(&mut |_, _| has_field = true);
    if has_field {
        return Err(Failure::Unsupported("a field in the condition of SHOW".to_owned()));
    }
    Ok(m.series.iter().filter(|s| holds(&node, s)).collect())
}

/// Fails where a source names a policy that is not there (`SHOW SERIES` and `SHOW FIELD KEYS` are
/// selections to the Go products).
fn check_policies(show: &Show, context: Context<'_>) -> Result<(), Failure> {
    let (_, policies) = policies_of(show.database.as_deref().unwrap_or_default(), context)?;
    let known = |name: &str| name.is_empty() || policies.iter().any(|p| p.name == name);
    match show.sources.iter().find(|path| !known(&path.policy)) {
        Some(path) if context.rules.planner == Planner::Go => {
            Err(Failure::Statement(format!("retention policy not found: {}", path.policy)))
        }
        _ => Ok(()),
    }
}

fn holds(node: &Node, series: &view::Series) -> bool {
    node.holds(&At { series, time: 0 })
}

fn in_product_order(context: Context<'_>, series: Vec<Series>) -> Vec<Series> {
    let mut series = series;
    series.retain(|s| !s.rows.is_empty());
    // v3 sorts by name, as the others do; its answers turn the order round later.
    debug_assert!(
        context.rules.planner == Planner::Go || series.is_sorted_by(|a, b| a.name <= b.name)
    );
    series
}

fn named(m: &Measurement, columns: &[&str], rows: Vec<Vec<Cell>>) -> Series {
    Series { name: m.name.to_vec(), ..Series::table("", columns, rows) }
}

/// A row, if there is room for it.
fn kept(context: Context<'_>, row: Vec<Cell>) -> Option<Vec<Cell>> {
    context.allowance.keeps(result::kept(&row)).then_some(row)
}

/// `SHOW DATABASES`.
pub(super) fn databases(context: Context<'_>) -> Series {
    let rows = context.host.databases().into_iter().map(|name| vec![Cell::text(name)]).collect();
    Series::table("databases", &["name"], rows)
}

/// `SHOW MEASUREMENTS`. An unknown database has none.
pub(super) fn measurements(show: &Show, context: Context<'_>) -> Result<Vec<Series>, Failure> {
    let mut rows = Vec::new();
    let asked = match &show.condition {
        None => Asked::description(context.allowance),
        Some(_) => Asked::tags(context.allowance),
    };
    let all = match meant(show, &asked, context) {
        Err(Failure::UnknownDatabase(_)) if context.rules.planner == Planner::Go => Vec::new(),
        other => other?,
    };
    if context.rules.planner == Planner::Go
        && show.condition.as_ref().is_some_and(index::speaks_of_time)
    {
        let refused = "SHOW MEASUREMENTS doesn't support time in WHERE clause";
        // An error of the rewriter has no number (1.6:query/query_executor.go, `executeQuery`).
        return Err(Failure::OfFirst(refused.to_owned()));
    }
    if let Some(condition) = &show.condition
        && context.rules.planner == Planner::Go
    {
        // It is read even where there is nothing to be found.
        index::has(condition, &Measurement::default())?;
    }
    for m in &all {
        let found = match &show.condition {
            None => true,
            Some(condition) if context.rules.planner == Planner::Go => index::has(condition, m)?,
            // Shards are not asked for here.
            Some(_) => !matching(show, m, 0, context)?.is_empty(),
        };
        if found {
            rows.extend(kept(context, vec![Cell::text(&m.name)]));
        }
    }
    let rows = show.limits.rows(rows);
    Ok(in_product_order(context, vec![Series::table("measurements", &["name"], rows)]))
}

/// `SHOW SERIES`.
pub(super) fn series(show: &Show, context: Context<'_>) -> Result<Vec<Series>, Failure> {
    let mut keys = BTreeSet::new();
    if let Some(condition) = &show.condition
        && context.rules.planner == Planner::Go
    {
        if index::speaks_of_time(condition) {
            return show_series::with_points(show, condition, context);
        }
        // A time on the right of its comparison is overlooked: it only says which shards are asked.
        let (range, rest) = condition::split(condition, context.host.now(), None)?;
        if let Some(rest) = rest {
            condition::check_operands(&rest)?;
            index::check_operators(&rest)?;
        }
        if range != condition::Range::ALL {
            if context.rules.tag_index != TagIndex::OfDatabase {
                let what = "a time on the right in the condition of SHOW SERIES";
                return Err(Failure::Unsupported(what.to_owned()));
            }
            if !show_series::has_shards(show, range, context)? {
                return Ok(Vec::new());
            }
        }
    }
    check_policies(show, context)?;
    let shards = shards_of_condition(show, context)?;
    for m in &meant(show, &Asked::tags(context.allowance), context)? {
        let found = matching(show, m, shards, context)?.into_iter();
        let found = found.map(|s| series_key(&m.name, &s.tags));
        keys.extend(found.take_while(|key| context.allowance.keeps(size_of_val(key) + key.len())));
    }
    let rows = keys.into_iter().map_while(|key| kept(context, vec![Cell::text(key)]));
    let rows = show.limits.rows(rows.collect());
    Ok(in_product_order(context, vec![Series::table("", &["key"], rows)]))
}

/// `SHOW FIELD KEYS`.
pub(super) fn field_keys(show: &Show, context: Context<'_>) -> Result<Vec<Series>, Failure> {
    let of = |m: &Measurement| {
        let mut fields: Vec<_> =
            m.fields.iter().map(|(name, t)| (name.clone(), t.word())).collect();
        fields.sort();
        fields.dedup();
        let rows = fields
            .iter()
            .map_while(|(name, word)| kept(context, vec![Cell::text(name), Cell::text(word)]))
            .collect();
        named(m, &["fieldKey", "fieldType"], show.limits.rows(rows))
    };
    check_policies(show, context)?;
    let asked = Asked::description(context.allowance);
    Ok(in_product_order(context, meant(show, &asked, context)?.iter().map(of).collect()))
}

/// `SHOW TAG KEYS`.
pub(super) fn tag_keys(show: &Show, context: Context<'_>) -> Result<Vec<Series>, Failure> {
    let mut found = Vec::new();
    let go = context.rules.planner == Planner::Go;
    let pruned;
    let show = if go {
        let condition = show.condition.as_ref().and_then(index::without_literals_first);
        pruned = Show { condition, ..show.clone() };
        &pruned
    } else {
        show
    };
    if go {
        let (condition, has_shards) = in_shards(show, context)?;
        if !has_shards {
            return Ok(Vec::new());
        }
        if let Some(condition) = condition {
            index::check_comparisons(&condition).map_err(Failure::Told)?;
        }
    }
    let shards = shards_of_condition(show, context)?;
    for m in &meant(show, &Asked::tags(context.allowance), context)? {
        let mut keys: BTreeSet<Name> = BTreeSet::new();
        if show.condition.is_none() {
            keys.extend(m.tag_keys.iter().cloned());
        } else {
            keys.extend(
                matching(show, m, shards, context)?
                    .into_iter()
                    .flat_map(|s| s.tags.iter().map(|t| t.0.clone())),
            );
        }
        keys.retain(|k| show.key.as_ref().is_none_or(|filter| filter.is_match(k)));
        let rows = keys.iter().map_while(|k| kept(context, vec![Cell::text(k)])).collect();
        found.push(named(m, &["tagKey"], show.limits.rows(rows)));
    }
    Ok(in_product_order(context, found))
}

/// The condition of `SHOW TAG …` without time, and whether a shard lies in its range of time: only
/// then the index is asked, that of the whole database.
fn in_shards(show: &Show, context: Context<'_>) -> Result<(Option<Expr>, bool), Failure> {
    let Some(condition) = &show.condition else { return Ok((None, true)) };
    let (range, rest) = condition::split(condition, context.host.now(), None)?;
    if let Some(rest) = &rest {
        condition::check_operands(rest)?;
    }
    if range == condition::Range::ALL {
        return Ok((rest, true));
    }
    if context.rules.tag_index != TagIndex::OfDatabase {
        return Err(Failure::Unsupported("time in the condition of SHOW TAG".to_owned()));
    }
    let shards = source::shards(show.database.as_deref().unwrap_or_default(), context)?;
    Ok((rest, shards.iter().any(|shard| range.touches(*shard))))
}

/// `SHOW TAG VALUES`.
pub(super) fn tag_values(show: &Show, context: Context<'_>) -> Result<Vec<Series>, Failure> {
    let mut found = Vec::new();
    let go = context.rules.planner == Planner::Go;
    let (rest, has_shards) = if go { in_shards(show, context)? } else { (None, true) };
    if let Some(rest) = &rest {
        index::check_comparisons(rest).map_err(Failure::Told)?;
    }
    if !has_shards {
        return Ok(Vec::new());
    }
    let shards = shards_of_condition(show, context)?;
    for m in &meant(show, &Asked::tags(context.allowance), context)? {
        if let Some(rest) = &rest {
            index::check_tag_values(rest)?;
        }
        let asked =
            |key: &Name| show.key.as_ref().is_none_or(|filter: &KeyFilter| filter.is_match(key));
        let series = matching(show, m, shards, context)?;
        let values: BTreeSet<_> =
            series.into_iter().flat_map(|s| s.tags.iter()).filter(|t| asked(&t.0)).collect();
        let rows = values
            .into_iter()
            .map_while(|(k, v)| kept(context, vec![Cell::text(k), Cell::text(v)]))
            .collect();
        found.push(named(m, &["key", "value"], show.limits.rows(rows)));
    }
    Ok(in_product_order(context, found))
}

/// `SHOW RETENTION POLICIES`.
pub(super) fn policies(database: Option<&str>, context: Context<'_>) -> Result<Series, Failure> {
    let rule = context.rules.policies;
    if rule == Policies::WithoutMeasurement {
        return Err(Failure::Unsupported("SHOW RETENTION POLICIES".to_owned()));
    }
    let (name, policies) = policies_of(database.unwrap_or_default(), context)?;
    if rule == Policies::Database {
        let row = |p: Policy| {
            vec![Cell::text(&name), Cell::text(duration::go(p.duration)), Cell::boolean(true)]
        };
        let rows = policies.into_iter().map(row).collect();
        return Ok(Series::table("retention_policies", &["name", "duration", "default"], rows));
    }
    let told = rule == Policies::ShardsAndWriteLimits;
    let limits: &[&str] = if told { &["futureWriteLimit", "pastWriteLimit"] } else { &[] };
    let row = |p: Policy| {
        [
            Cell::text(&p.name),
            Cell::text(duration::go(p.duration)),
            Cell::text(duration::go(p.shard_duration)),
            Cell::integer(p.replication),
        ]
        .into_iter()
        // No statement here sets a limit.
        .chain(limits.iter().map(|_| Cell::text(duration::go(0))))
        .chain([Cell::boolean(p.default)])
        .collect()
    };
    let columns = [&["name", "duration", "shardGroupDuration", "replicaN"], limits, &["default"]];
    let columns = columns.concat();
    Ok(Series::table("", &columns, policies.into_iter().map(row).collect()))
}

/// `SHOW USERS`.
pub(super) fn users(context: Context<'_>) -> Series {
    let row = |(name, admin): (String, bool)| vec![Cell::text(name), Cell::boolean(admin)];
    Series::table("", &["user", "admin"], context.host.users().into_iter().map(row).collect())
}

/// `SHOW GRANTS FOR user`.
pub(super) fn grants(user: &str, context: Context<'_>) -> Result<Series, Failure> {
    let grants = context.host.grants(user).ok_or_else(|| "user not found".to_owned())?;
    let rows = grants
        .into_iter()
        .map(|(db, right)| vec![Cell::text(db), Cell::text(right.text())])
        .collect();
    Ok(Series::table("", &["database", "privilege"], rows))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As influxd writes keys: what line protocol would take for a separator is escaped
    /// (1.6:models/points.go, `MakeKey`, `HashKey`).
    #[test]
    fn keys_of_series_are_escaped() {
        let tag =
            |key: &str, value: &str| (Name::from(key.as_bytes()), Name::from(value.as_bytes()));
        for (measurement, tags, key) in [
            ("m", vec![], "m"),
            ("m", vec![tag("a", "b"), tag("c", "d")], "m,a=b,c=d"),
            ("m =,x", vec![tag(" a", "b ")], r"m\ =\,x,\ a=b\ "),
            ("", vec![tag("a,=", ",=,"), tag("\\", "é\"")], ",a\\,\\==\\,\\=\\,,\\=é\""),
        ] {
            let found = series_key(measurement.as_bytes(), &tags);
            assert_eq!(String::from_utf8_lossy(&found), key);
        }
    }
}
