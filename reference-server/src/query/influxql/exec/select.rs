//! `SELECT`: from its columns to rows.

use super::aggregate::{self, Interval};
use super::calls::{self, Column};
use super::columns::{self, Columns, Found};
use super::compile;
use super::condition::{self, Range};
use super::node::Node;
use super::read::{self, Wanted};
use super::source::{self, Table};
use super::types;
use super::{Context, Failure};
use crate::query::influxql::ast::{Fill, Limits, Select, Source};
use crate::query::influxql::expr::{Expr, Kind};
use crate::query::influxql::result::{Cell, Series};
use crate::store::{FieldType, Name, Value, view};
use profiles::influxql::Planner;

/// Runs a `SELECT`.
pub(super) fn select(select: &Select, context: Context<'_>) -> Result<Vec<Series>, Failure> {
    if select.into.is_some() {
        return Err(Failure::Unsupported("SELECT … INTO".to_owned()));
    }
    let has_calls = calls::has_calls(select);
    let go = context.rules.planner == Planner::Go;
    if go {
        source::check_databases(&select.sources, context)?;
        compile::check(select, context.host.now())?;
    }
    let mut tables = Vec::new();
    for source in &select.sources {
        match source {
            Source::Measurement(path) => tables.extend(source::tables(path, context)?),
            Source::Subquery(_) => return Err(Failure::Unsupported("a subquery".to_owned())),
        }
    }
    if !go {
        check(select, has_calls)?;
    }
    let (range, rest) = match &select.condition {
        None => (Range::ALL, None),
        Some(c) => condition::split(c, context.host.now(), select.zone.as_deref())?,
    };
    let time_alias = time_alias(select)?;
    if context.rules.planner == Planner::Iox {
        for table in &tables {
            source::check_readable(&table.measurement)?;
        }
    }
    let limits = select.limits;
    if (limits.series_limit > 0 || limits.series_offset > 0)
        && select.dimensions.iter().any(|d| !matches!(d.bare(), Expr::Call(_)))
        && context.rules.planner == Planner::Go
        && tables.iter().any(read::spans_shards)
    {
        // The products count the series of each shard group for itself.
        return Err(Failure::Unsupported("SLIMIT over several shard groups".to_owned()));
    }
    if limits.limit == 0 && limits.offset > 0 && !has_calls && context.rules.planner == Planner::Go
    {
        // 1.6.7 cuts off rows by groups of series of which it makes as many as the machine has cores.
        return Err(Failure::Unsupported("OFFSET without LIMIT".to_owned()));
    }
    let columns = if go {
        let columns = read::columns_between(&tables, range);
        types::check(select, &columns)?;
        columns
    } else {
        Columns::of(tables.iter().map(|t| &t.measurement))
    };
    let condition =
        rest.as_ref().map(|e| condition::bind(e, &columns, context.rules.planner)).transpose()?;
    let (group, interval) = dimensions(select, &columns, context.host.now())?;
    let scope = Scope { range, condition, group, time_alias };
    if has_calls {
        return aggregates(select, context, &tables, &columns, &scope, interval);
    }
    raw(select, context, &tables, &columns, &scope)
}

/// What holds for all columns of a statement.
struct Scope {
    range: Range,
    condition: Option<Node>,
    /// Sorted.
    group: Vec<Name>,
    time_alias: Name,
}

/// The name of the first column.
fn time_alias(select: &Select) -> Result<Name, Failure> {
    let is_time = |e: &Expr| matches!(e, Expr::Var(var) if var.name == "time");
    let times = || select.fields.iter().filter(|f| is_time(&f.expr));
    if times().count() == select.fields.len() {
        return Err(Failure::Statement("at least 1 non-time field must be queried".to_owned()));
    }
    let alias = times().map(|f| f.alias.as_str()).rfind(|a| !a.is_empty()).unwrap_or("time");
    Ok(alias.as_bytes().into())
}

/// The tags to group by, sorted, and the windows.
pub(super) fn dimensions(
    select: &Select,
    columns: &Columns,
    now: i64,
) -> Result<(Vec<Name>, Option<Interval>), Failure> {
    let mut group: Vec<Name> = Vec::new();
    let mut interval = None;
    let say = |text: &str| Err(Failure::Statement(text.to_owned()));
    for dimension in &select.dimensions {
        match dimension.bare() {
            Expr::Wildcard(_) => group.extend(columns.tags.iter().cloned()),
            Expr::Regex(p) => group.extend(columns.tags.iter().filter(|t| p.is_match(t)).cloned()),
            Expr::Var(var) if var.name.eq_ignore_ascii_case("time") => {
                return say("time() is a function and expects at least one argument");
            }
            Expr::Var(var) => group.push(var.name.as_bytes().into()),
            Expr::Call(call) if call.name != "time" => {
                return say("only time() calls allowed in dimensions");
            }
            Expr::Call(call) => {
                let args: Vec<_> = call.args.iter().map(condition::sum_of_durations).collect();
                let (length, offset) = match args.as_slice() {
                    [] | [_, _, _, ..] => return say("time dimension expected 1 or 2 arguments"),
                    [first, ..] if !matches!(first, Expr::Duration(_)) => {
                        return say("time dimension must have duration argument");
                    }
                    _ if interval.is_some() => {
                        return say("multiple time dimensions not allowed");
                    }
                    [Expr::Duration(length)] => (*length, 0),
                    [Expr::Duration(length), Expr::Duration(offset)] => (*length, *offset),
                    [Expr::Duration(length), Expr::Call(c)] if c.name == "now" => {
                        if !c.args.is_empty() {
                            return say(
                                "time dimension offset now() function requires no arguments",
                            );
                        }
                        (*length, read::since_year_1(now, *length))
                    }
                    [_, Expr::Call(_)] => {
                        return say("time dimension offset function must be now()");
                    }
                    _ => return say("time dimension offset must be duration or now()"),
                };
                if length <= 0 {
                    return say("time dimension must have duration argument");
                }
                interval = Some(Interval { length, offset });
            }
            _ => return say("only time and tag dimensions allowed"),
        }
    }
    group.sort();
    group.dedup();
    Ok((group, interval))
}

/// How many rows an answer may have: it is made in memory, a few hundred bytes a row.
const MOST_GIVEN: usize = 2_000_000;

/// How many rows may be looked at, a few dozen bytes each.
const MOST_READ: usize = 30_000_000;

/// A `SELECT` without functions.
fn raw(
    select: &Select,
    context: Context<'_>,
    tables: &[Table],
    known: &Columns,
    scope: &Scope,
) -> Result<Vec<Series>, Failure> {
    let shown = shown_columns(select, known, &scope.group)?;
    let plain = |c: &Column| matches!(c.node, Node::Field(..) | Node::Tag(_) | Node::Null);
    match select.fill {
        Fill::Previous if context.rules.planner == Planner::Go => {
            return Err(Failure::Unsupported("fill(previous) without a function".to_owned()));
        }
        Fill::Integer(_) | Fill::Number(_) if !shown.iter().all(plain) => {
            return Err(Failure::Unsupported("fill() of arithmetic without a function".to_owned()));
        }
        _ => {}
    }
    let mut fields: Vec<(Name, FieldType)> = Vec::new();
    let mut shown_tags: Vec<Name> = Vec::new();
    for column in &shown {
        column.node.fields(&mut |name, t| {
            if !fields.iter().any(|f| f.0 == *name && f.1 == t) {
                fields.push((name.clone(), t));
            }
        });
        if let Node::Tag(key) = &column.node {
            shown_tags.push(key.clone());
        }
    }
    let wanted = Wanted {
        fields: &fields,
        range: scope.range,
        condition: scope.condition.as_ref(),
        group: &scope.group,
        descending: select.order.is_some_and(|o| o.descending),
        planner: context.rules.planner,
        tie_columns: &tie_columns(&fields, &shown_tags),
        shown_tags: &shown_tags,
    };
    let rows = read::at_most(tables, &wanted);
    let groups = match scope.group.is_empty() {
        true => tables.len(),
        false => tables.iter().map(|table| table.measurement.series.len()).sum(),
    };
    let given = match select.limits.limit {
        0 => rows,
        of_each_group => rows.min(groups.saturating_mul(of_each_group)),
    };
    let too_many = |what: &str, count: usize, most: usize| {
        let text = format!("a SELECT that {what} {count} rows, more than {most},");
        Err(Failure::Unsupported(text))
    };
    if rows > MOST_READ {
        return too_many("reads", rows, MOST_READ);
    }
    if given > MOST_GIVEN {
        return too_many("gives", given, MOST_GIVEN);
    }
    let names: Vec<_> = shown.iter().map(|c| (c.name.clone(), c.is_alias)).collect();
    let mut header = vec![scope.time_alias.clone()];
    header.extend(columns::unique_names(&names));
    let series_of = |((name, values), rows): ((Name, Vec<Name>), Vec<read::At<'_>>)| {
        let cells = |at: &read::At<'_>| {
            let cell = |c: &Column| {
                let value = c.node.value(at).or_else(|| filled(&c.node, select.fill));
                value.map_or(Cell::Null, Cell::Value)
            };
            std::iter::once(Cell::Time(at.time)).chain(shown.iter().map(cell)).collect()
        };
        Series {
            name: name.to_vec(),
            tags: scope.group.iter().cloned().zip(values).collect(),
            columns: header.clone(),
            rows: select.limits.rows(rows).iter().map(cells).collect(),
        }
    };
    let series = || read::rows(tables, &wanted).into_iter().map(series_of).collect();
    let mut series: Vec<_> = read::beside_others(rows, series);
    series.retain(|s| !s.rows.is_empty());
    if wanted.descending {
        series.reverse();
    }
    if context.rules.planner == Planner::Go {
        keep_sets(select, tables, scope, &mut series);
        return Ok(series);
    }
    Ok(limit_series(select, series))
}

/// A `SELECT` with functions.
fn aggregates(
    select: &Select,
    context: Context<'_>,
    tables: &[Table],
    known: &Columns,
    scope: &Scope,
    interval: Option<Interval>,
) -> Result<Vec<Series>, Failure> {
    let plan = calls::plan(select, known)?;
    for (name, t, refusal) in &plan.refused {
        let read = |table: &Table| {
            let here = read::columns_between(std::slice::from_ref(table), scope.range);
            let meant = |s: &view::Series| {
                let at = read::At { series: s, time: 0 };
                scope.condition.as_ref().is_none_or(|c| c.may_hold(&at))
            };
            here.fields.get(name) == Some(t) && table.measurement.series.iter().any(meant)
        };
        let none = select.limits.series_offset > 0
            && (select.limits.series_limit == 0 || scope.group.is_empty());
        if context.rules.planner != Planner::Go || !none && tables.iter().any(read) {
            return Err(refusal.clone().into());
        }
    }
    let wanted = Wanted {
        fields: &[],
        range: scope.range,
        condition: scope.condition.as_ref(),
        group: &scope.group,
        descending: select.order.is_some_and(|o| o.descending),
        planner: context.rules.planner,
        tie_columns: &[],
        shown_tags: &[],
    };
    let names: Vec<_> = plan.columns.iter().map(|c| (c.name.clone(), c.is_alias)).collect();
    let mut header = vec![scope.time_alias.clone()];
    header.extend(columns::unique_names(&names));
    let fields: Vec<_> = plan.calls.iter().filter_map(|call| call.field.clone()).collect();
    let most = read::at_most(tables, &Wanted { fields: &fields, ..wanted });
    let rows = || aggregate::rows(select, context, tables, &plan, &wanted, interval);
    let rows = read::beside_others(most, rows)?;
    let series_of = |((name, values), rows): ((Name, Vec<Name>), Vec<Vec<Cell>>)| Series {
        name: name.to_vec(),
        tags: scope.group.iter().cloned().zip(values).collect(),
        columns: header.clone(),
        rows: select.limits.rows(rows),
    };
    let mut series: Vec<_> = rows.into_iter().map(series_of).collect();
    series.retain(|s| !s.rows.is_empty());
    if wanted.descending {
        series.reverse();
    }
    if context.rules.planner == Planner::Go {
        keep_sets(select, tables, scope, &mut series);
        return Ok(series);
    }
    Ok(limit_series(select, series))
}

/// What a statement must be, whatever is stored.
fn check(select: &Select, has_calls: bool) -> Result<(), Failure> {
    let say = |text: &str| Err(Failure::Statement(text.to_owned()));
    for field in &select.fields {
        let (mut columns, mut wildcard) = (0, false);
        let is_binary = matches!(field.expr.bare(), Expr::Binary(_));
        field.expr.walk(&mut |e| match e {
            Expr::Var(_) | Expr::Call(_) | Expr::Distinct(_) => columns += 1,
            Expr::Wildcard(_) | Expr::Regex(_) => wildcard = true,
            _ => {}
        });
        if is_binary && wildcard {
            return say("unable to use wildcard in a binary expression");
        }
        if columns == 0 && !wildcard {
            return say("field must contain at least one variable");
        }
    }
    if has_calls {
        return calls::check(select);
    }
    let is_time = |e: &Expr| matches!(e.bare(), Expr::Call(call) if call.name == "time");
    if select.dimensions.iter().any(is_time) {
        return say("GROUP BY requires at least one aggregate function");
    }
    Ok(())
}

/// What `fill()` shows for a column without a value in a statement without functions.
fn filled(node: &Node, fill: Fill) -> Option<Value> {
    match node {
        Node::Field(_, t) => aggregate::absent(fill, Some(*t)),
        Node::Tag(_) => aggregate::absent(fill, None),
        _ => None,
    }
}

/// Fields and tags by name, a tag behind a field of its name.
fn tie_columns(fields: &[(Name, FieldType)], tags: &[Name]) -> Vec<Node> {
    let fields = fields.iter().map(|(name, t)| (name.clone(), 0, Node::Field(name.clone(), *t)));
    let tags = tags.iter().map(|key| (key.clone(), 1, Node::Tag(key.clone())));
    let mut columns: Vec<_> = fields.chain(tags).collect();
    columns.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    columns.into_iter().map(|c| c.2).collect()
}

/// By what sets of tags are sorted: the keys that there are, then the values
/// (1.6:tsdb/meta.go, `MakeTagsKey`).
fn set_key(group: &[Name], values: &[Name]) -> Vec<u8> {
    let there = || group.iter().zip(values).filter(|(_, value)| !value.is_empty());
    let parts: Vec<Name> = there().map(|t| t.0).chain(there().map(|t| t.1)).cloned().collect();
    parts.join(&b'|')
}

/// `SLIMIT` and `SOFFSET` of the Go products: they count the sets of tags that there are, with rows or
/// without, in ascending order; without `SLIMIT`, `SOFFSET` leaves nothing
/// (1.6:query/iterator.go, `LimitTagSets`).
fn keep_sets(select: &Select, tables: &[Table], scope: &Scope, series: &mut Vec<Series>) {
    let Limits { series_limit, series_offset, .. } = select.limits;
    if series_limit == 0 && series_offset == 0 {
        return;
    }
    for table in tables {
        let m = &table.measurement;
        let meant = |s: &&view::Series| {
            scope.condition.as_ref().is_none_or(|c| c.may_hold(&read::At { series: s, time: 0 }))
        };
        let sets = m.series.iter().filter(meant).map(|s| read::group_of(s, &scope.group));
        let mut sets: Vec<_> =
            sets.map(|values| (set_key(&scope.group, &values), values)).collect();
        sets.sort();
        sets.dedup();
        let kept: Vec<_> =
            sets.into_iter().skip(series_offset).take(series_limit).map(|s| s.1).collect();
        series.retain(|s| {
            *s.name != *m.name || kept.iter().any(|k| k.iter().eq(s.tags.iter().map(|t| &t.1)))
        });
    }
}

/// `SLIMIT` and `SOFFSET` count the groups of each measurement.
fn limit_series(select: &Select, series: Vec<Series>) -> Vec<Series> {
    let mut kept = Vec::new();
    let mut rest = series.into_iter().peekable();
    while let Some(first) = rest.next() {
        let mut same = vec![first];
        while let Some(next) = rest.next_if(|s| s.name == same[0].name) {
            same.push(next);
        }
        kept.extend(select.limits.series(same));
    }
    kept
}

/// Whether a wildcard or pattern in `GROUP BY` takes the tags out of the wildcards of the columns.
fn all_tags_grouped(select: &Select) -> bool {
    select.dimensions.iter().any(|d| matches!(d.bare(), Expr::Wildcard(_) | Expr::Regex(_)))
}

/// The columns to show, wildcards replaced by what they stand for.
fn shown_columns(select: &Select, known: &Columns, group: &[Name]) -> Result<Vec<Column>, Failure> {
    let mut shown = Vec::new();
    let all = known.all(group, all_tags_grouped(select));
    for field in &select.fields {
        let found = |f: &Found| Column {
            name: f.name().clone(),
            is_alias: false,
            node: match f {
                Found::Field(name, t) => Node::Field(name.clone(), *t),
                Found::Tag(key) => Node::Tag(key.clone()),
            },
        };
        match &field.expr {
            Expr::Var(var) if var.name == "time" => {}
            Expr::Wildcard(kind) => {
                let meant = |f: &&Found| match kind {
                    None => true,
                    Some(Kind::Tag) => matches!(f, Found::Tag(_)),
                    Some(Kind::Field) => matches!(f, Found::Field(..)),
                };
                shown.extend(all.iter().filter(meant).map(found));
            }
            Expr::Regex(p) => shown.extend(all.iter().filter(|f| p.is_match(f.name())).map(found)),
            expr => {
                let is_alias = !field.alias.is_empty();
                let name = if is_alias { field.alias.clone() } else { expr.column_name() };
                shown.push(Column {
                    name: name.as_bytes().into(),
                    is_alias,
                    node: value(expr, known)?,
                });
            }
        }
    }
    Ok(shown)
}

/// Binds a shown expression to columns.
fn value(expr: &Expr, known: &Columns) -> Result<Node, Failure> {
    match expr {
        Expr::Paren(inner) => value(inner, known),
        Expr::Var(var) => Ok(known.resolve(var)),
        Expr::Binary(b) => {
            let (left, right) = (value(&b.left, known)?, value(&b.right, known)?);
            Ok(Node::Binary(b.op, Box::new(left), Box::new(right)))
        }
        Expr::Call(call) => Err(Failure::Unsupported(format!("the function {}()", call.name))),
        Expr::Distinct(_) => Err(Failure::Unsupported("DISTINCT".to_owned())),
        Expr::Wildcard(_) => Err(format!("unsupported expression with wildcard: {expr}").into()),
        Expr::Regex(_) => Err(format!("unsupported expression with regex field: {expr}").into()),
        other => columns::literal(other)
            .ok_or_else(|| Failure::Unsupported(format!("the expression {other}"))),
    }
}
