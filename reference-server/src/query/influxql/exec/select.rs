//! `SELECT`: from its columns to rows.

use super::aggregate::{self, Interval};
use super::calls::{self, Column};
use super::chosen::{can_choose, chosen};
use super::columns::{self, Columns, Found};
use super::compile;
use super::condition::{self, Range};
use super::filled::{Filled, Seen};
use super::header;
use super::node::Node;
use super::read::{self, Wanted};
use super::source::{self, Table};
use super::tag_sets;
use super::types;
use super::{Context, Failure};
use crate::query::allowance::Stopped;
use crate::query::influxql::ast::{Field, Fill, Limits, Select, Source};
use crate::query::influxql::expr::{Cast, Expr, Kind, Var};
use crate::query::influxql::result::{self, Cell, Series};
use crate::query::influxql::time;
use crate::query::influxql::zone::{Named, Zone};
use crate::store::view::{Fields, Which};
use crate::store::{FieldType, Name, TagSet};
use profiles::influxql::Planner;

/// The zone that `tz()` names; `None` for UTC.
pub(super) fn zone(select: &Select) -> Result<Option<Zone>, Failure> {
    match select.zone.as_deref().map(Zone::named) {
        None | Some(Named::Utc) => Ok(None),
        Some(Named::Other(zone)) => Ok(Some(zone)),
        Some(Named::NotHere | Named::Unknown) => {
            let name = select.zone.as_deref().unwrap_or_default();
            Err(Failure::Unsupported(format!("tz('{name}')")))
        }
    }
}

/// Who takes rows as they are made.
pub(super) struct Pieces<'p> {
    /// How many rows of a series a piece has at most.
    pub(super) size: usize,
    pub(super) give: Give<'p>,
}

/// Takes rows of one series; whether that goes on, whether any goes on. Says whether more are wanted.
type Give<'p> = &'p mut dyn FnMut(Series, bool, bool) -> bool;

/// Runs a `SELECT`: what it gives, apart from what it gives in pieces.
pub(super) fn select(
    select: &Select,
    context: Context<'_>,
    pieces: Option<&mut Pieces<'_>>,
) -> Result<Vec<Series>, Failure> {
    if select.into.is_some() {
        return Err(Failure::Unsupported("SELECT … INTO".to_owned()));
    }
    // How v3 prints the times of other zones was not seen.
    if zone(select)?.is_some() && context.rules.planner == Planner::Iox {
        return Err(Failure::Unsupported("tz() with a zone other than UTC".to_owned()));
    }
    let has_calls = calls::has_calls(select);
    let go = context.rules.planner == Planner::Go;
    if go {
        source::check_databases(&select.sources, context)?;
        compile::check(select, context.host.now())?;
    }
    if let Some(offset) = time_as_offset(select) {
        let text = match go {
            true => format!("invalid time dimension offset: {offset}"),
            false => "time dimension offset must be duration or now()".to_owned(),
        };
        return Err(text.into());
    }
    let split = match &select.condition {
        None => Ok((Range::ALL, None)),
        Some(c) => condition::split(c, context.host.now(), select.zone.as_deref()),
    };
    // Only a range of time asks which shards it reaches into.
    let with_shards = go && split.as_ref().is_ok_and(|(range, _)| !range.is_everything());
    let chosen_by = split.as_ref().ok().and_then(|(_, rest)| rest.as_ref());
    let chosen_by = chosen_by.filter(|rest| can_choose(select, rest));
    let mut tables = Vec::new();
    for (number, source) in select.sources.iter().enumerate() {
        match source {
            Source::Measurement(path) => {
                let chooser = |name: &Name, fields: Fields<'_>| match &chosen_by {
                    Some(rest) => chosen(rest, context.rules.planner, name, &fields()),
                    None => Box::new(|_: &TagSet| true),
                };
                let series = if chosen_by.is_some() { Which::Some(&chooser) } else { Which::All };
                tables.extend(source::tables(path, number, with_shards, series, context)?);
            }
            Source::Subquery(_) => return Err(Failure::Unsupported("a subquery".to_owned())),
        }
    }
    if !go {
        check(select, has_calls)?;
    }
    let (range, rest) = split?;
    let mut time_alias = time_alias(select)?;
    let without_times;
    let select = if go {
        (without_times, time_alias) = without_time_columns(select);
        &without_times
    } else {
        select
    };
    if context.rules.planner == Planner::Iox {
        for table in &tables {
            source::check_readable(&table.measurement)?;
        }
    }
    let series = tables.iter().map(|t| tag_sets::openings(&t.measurement, t.shard_duration));
    let openings = series.sum();
    let asked = Asked { range, rest, time_alias, has_calls };
    read::beside_others(openings, context.allowance);
    run(select, context, tables, asked, pieces)
}

/// A time in place of the offset of windows: the compiler takes it, what runs the statement does not
/// (influxql 1.0:ast.go, `GroupByOffset`).
fn time_as_offset(select: &Select) -> Option<&Expr> {
    let call = select.dimensions.iter().find_map(|dimension| match dimension.bare() {
        Expr::Call(call) if call.name == "time" => Some(call),
        _ => None,
    })?;
    match call.args.as_slice() {
        [Expr::Duration(1..), offset @ Expr::Str(text)] => {
            time::parse(text, None).is_some().then_some(offset)
        }
        _ => None,
    }
}

/// What a statement asks for beside its columns.
struct Asked {
    range: Range,
    /// The condition without the range.
    rest: Option<Expr>,
    time_alias: Name,
    has_calls: bool,
}

/// Runs a `SELECT` over tables.
fn run(
    select: &Select,
    context: Context<'_>,
    mut tables: Vec<Table>,
    asked: Asked,
    pieces: Option<&mut Pieces<'_>>,
) -> Result<Vec<Series>, Failure> {
    let Asked { range, rest, time_alias, has_calls } = asked;
    let columns = if context.rules.planner == Planner::Go {
        let columns = read::columns_between(&tables, range);
        types::check(select, &columns)?;
        columns
    } else {
        Columns::of(tables.iter().map(|t| &t.measurement))
    };
    let condition =
        rest.as_ref().map(|e| condition::bind(e, &columns, context.rules.planner)).transpose()?;
    for table in &mut tables {
        table.condition = condition.as_ref().map(|c| c.for_measurement(&table.measurement.name));
    }
    let (mut group, interval) = dimensions(select, &columns, context.host.now())?;
    // What has no length is no window (1.6:query/iterator.go, `newIteratorOptionsStmt`).
    if interval.is_some_and(|i| i.length <= 0) && context.rules.planner == Planner::Iox {
        return Err(Failure::Unsupported("GROUP BY time() with windows of no length".to_owned()));
    }
    let interval = interval.filter(|i| i.length > 0);
    let named = group.len();
    group.dedup();
    let repeated = group.len() < named;
    let scope = Scope { range, group, repeated, time_alias };
    if has_calls {
        return aggregates(select, context, &tables, &columns, &scope, interval);
    }
    raw(select, context, &tables, &columns, &scope, pieces)
}

/// What holds for all columns of a statement.
struct Scope {
    range: Range,
    /// Sorted.
    group: Vec<Name>,
    /// Whether a tag is named twice among them.
    repeated: bool,
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

/// The statement without its columns that are the time, and what that is called. Of two that follow
/// each other only the first is taken out, and the other has no value
/// (influxql 1.0:ast.go, `RewriteTimeFields`).
fn without_time_columns(select: &Select) -> (Select, Name) {
    let mut select = select.clone();
    let mut alias = String::new();
    let is_time = |field: &Field| matches!(&field.expr, Expr::Var(var) if var.name == "time");
    let mut i = 0;
    while i < select.fields.len() {
        if is_time(&select.fields[i]) {
            alias = select.fields.remove(i).alias;
        }
        i += 1;
    }
    for field in select.fields.iter_mut().filter(|f| is_time(f)) {
        if field.alias.is_empty() {
            "time".clone_into(&mut field.alias);
        }
        field.expr = Expr::Var(Var { name: String::new(), cast: Some(Cast::Kind(Kind::Field)) });
    }
    if alias.is_empty() {
        "time".clone_into(&mut alias);
    }
    (select, alias.as_bytes().into())
}

/// The tags to group by, sorted, each as often as it is named, and the windows.
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
                    _ if interval.is_some_and(|i: Interval| i.length != 0) => {
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
                        (*length, tag_sets::since_year_1(now, *length))
                    }
                    [_, Expr::Call(_)] => {
                        return say("time dimension offset function must be now()");
                    }
                    [Expr::Duration(length), Expr::Str(text)]
                        if time::parse(text, None).is_some() =>
                    {
                        (*length, 0)
                    }
                    _ => return say("time dimension offset must be duration or now()"),
                };
                if length == 0 && offset != 0 {
                    return Err(Failure::Unsupported(
                        "an offset of windows of no length".to_owned(),
                    ));
                }
                // Of several the first counts, be it of no length.
                interval = interval.or(Some(Interval { length, offset, zone: zone(select)? }));
            }
            _ => return say("only time and tag dimensions allowed"),
        }
    }
    group.sort();
    Ok((group, interval))
}

/// A `SELECT` without functions.
fn raw(
    select: &Select,
    context: Context<'_>,
    tables: &[Table],
    known: &Columns,
    scope: &Scope,
    pieces: Option<&mut Pieces<'_>>,
) -> Result<Vec<Series>, Failure> {
    let all = known.all(&scope.group, all_tags_grouped(select));
    let shown = shown_columns(select, known, &all)?;
    let go = context.rules.planner == Planner::Go;
    let plain = |c: &Column| matches!(c.node, Node::Field(..) | Node::Tag(_) | Node::Null);
    let is_number = matches!(select.fill, Fill::Integer(_) | Fill::Number(_));
    if is_number && !go && !shown.iter().all(plain) {
        return Err(Failure::Unsupported("fill() of arithmetic without a function".to_owned()));
    }
    let (fields, shown_tags) = read_by(&shown);
    let limits = select.limits;
    let descending = select.order.is_some_and(|o| o.descending);
    // A row more than is asked for is read of each set, and no row is asked for without LIMIT; where a
    // tag is named twice in GROUP BY, of each series, and of the set the offset is taken away already
    // (1.6:tsdb/engine/tsm1/engine.go, `createVarRefIterator`; iterator.gen.go.tmpl,
    // `floatLimitIterator`).
    let a_row_more = limits.limit.saturating_add(limits.offset).saturating_add(1);
    let is_limited = limits.limit > 0 || limits.offset > 0;
    let repeated = go && scope.repeated && is_limited;
    let wanted = Wanted {
        allowance: context.allowance,
        fields: &fields,
        range: scope.range,
        group: &scope.group,
        descending,
        planner: context.rules.planner,
        tie_columns: &tie_columns(&fields, &shown_tags, &missing(select, known)),
        shown_tags: &shown_tags,
        reversed: descending,
        repeated,
        most: (limits.limit > 0).then(|| limits.limit.saturating_add(limits.offset)),
        most_of_series: if repeated { a_row_more } else { usize::MAX },
        skipped_of_set: if repeated { limits.offset } else { 0 },
        most_of_set: match (limits.limit, limits.offset) {
            (0, 1..) if go && !repeated => a_row_more,
            (1.., _) if repeated => limits.limit,
            _ => usize::MAX,
        },
        sets: sets(limits, go),
    };
    let rows = || read::at_most(tables, &wanted);
    let groups = match scope.group.is_empty() {
        true => tables.len(),
        false => tables.iter().map(|table| table.measurement.series.len()).sum(),
    };
    // Without a condition no row is read that is not given.
    let has_condition = tables.iter().any(|table| table.condition.is_some());
    let looked_at = match wanted.most {
        Some(of_each_group) if !has_condition => groups.saturating_mul(of_each_group),
        _ => rows(),
    };
    read::beside_others(looked_at, context.allowance);
    let planner = context.rules.planner;
    let header = header::names(select, &scope.time_alias, &shown, known, &all, planner);
    let row_of = |at: &read::At<'_>, seen: &Seen| {
        let before = go.then_some(seen);
        let row = Filled { row: at, fill: select.fill, everything: go, before };
        let cell = |c: &Column| c.node.value(&row).map_or(Cell::Null, Cell::Value);
        let times = std::iter::once(Cell::Time(at.time));
        let cells: Vec<Cell> = times.chain(shown.iter().map(cell)).collect();
        context.allowance.keeps(result::kept(&cells)).then_some(cells)
    };
    let series_with = |(name, values): (Name, Vec<Name>), rows: Vec<Vec<Cell>>| Series {
        name: name.to_vec(),
        tags: scope.group.iter().cloned().zip(values).collect(),
        columns: header.clone(),
        rows,
    };
    if let Some(pieces) = pieces.filter(|_| go) {
        in_pieces(tables, &wanted, limits, &row_of, &series_with, pieces)?;
        return Ok(Vec::new());
    }
    let series_of = |(group, rows): ((Name, Vec<Name>), Vec<read::At<'_>>)| {
        let seen = Seen::default();
        let rows = limits.rows(rows);
        series_with(group, rows.iter().map_while(|at| row_of(at, &seen)).collect())
    };
    let mut series: Vec<_> = read::rows(tables, &wanted).into_iter().map(series_of).collect();
    series.retain(|s| !s.rows.is_empty());
    if wanted.descending {
        series.reverse();
    }
    if go {
        return Ok(series);
    }
    Ok(limit_series(select, series))
}

/// Makes a series of a measurement and the values of its tags, and of rows.
type SeriesWith<'a> = dyn Fn((Name, Vec<Name>), Vec<Vec<Cell>>) -> Series + 'a;

/// The rows of a Go product's `SELECT` without functions, given while they are read: of what was given
/// nothing is kept.
fn in_pieces<'t>(
    tables: &'t [Table],
    wanted: &Wanted<'t>,
    limits: Limits,
    row_of: &dyn Fn(&read::At<'t>, &Seen) -> Option<Vec<Cell>>,
    series_with: &SeriesWith<'_>,
    pieces: &mut Pieces<'_>,
) -> Result<(), Failure> {
    let allowance = wanted.allowance;
    let most = wanted.most.unwrap_or(usize::MAX);
    let mut sequences: Vec<_> = read::sequences(tables, wanted).into_iter().collect();
    if wanted.descending {
        sequences.reverse();
    }
    // What is left of those that have rows.
    let mut groups = sequences.into_iter().filter_map(|(group, rows)| {
        let rows = rows.take_while(|_| allowance.goes_on()).take(most).skip(limits.offset);
        let mut rows = rows.peekable();
        rows.peek().is_some().then_some((group, rows))
    });
    let before = allowance.kept();
    let mut next = groups.next();
    while let Some((group, mut rows)) = next.take() {
        let seen = Seen::default();
        let mut series_goes_on = true;
        while series_goes_on {
            let piece = rows.by_ref().take(pieces.size.max(1));
            let cells = piece.map_while(|at| row_of(&at, &seen)).collect();
            series_goes_on = rows.peek().is_some();
            if !series_goes_on {
                next = groups.next();
            }
            // Where the query was ended it is not known what goes on.
            allowance.check_kept()?;
            let statement_goes_on = series_goes_on || next.is_some();
            let series = series_with(group.clone(), cells);
            if !(pieces.give)(series, series_goes_on, statement_goes_on) {
                return Err(Stopped::Left.into());
            }
            allowance.settle(before);
        }
    }
    Ok(())
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
    let all = known.all(&scope.group, all_tags_grouped(select));
    let plan = calls::plan(select, known, &all, context.rules.planner)?;
    let missing = missing(select, known);
    let (fields, shown_tags) = read_by(&plan.columns);
    let descending = select.order.is_some_and(|o| o.descending);
    let go = context.rules.planner == Planner::Go;
    let wanted = Wanted {
        fields: &[],
        range: scope.range,
        group: &scope.group,
        descending,
        planner: context.rules.planner,
        tie_columns: if go { &tie_columns(&fields, &shown_tags, &missing) } else { &[] },
        shown_tags: &[],
        reversed: descending,
        repeated: scope.repeated,
        sets: sets(select.limits, go),
        ..Wanted::everything(context.rules.planner, context.allowance)
    };
    let opened = std::cell::OnceCell::<Vec<_>>::new();
    for (name, t, refusal) in &plan.refused {
        // A shard that knows the field opens each of its series for it, with points or without.
        let read = |(table, shards): &(&Table, Vec<tag_sets::Shard<'_>>)| {
            let opens = |shard: &tag_sets::Shard<'_>| {
                let (start, end) = tag_sets::shard_bounds(shard.first, table.shard_duration);
                let mut declared = table.measurement.declared.iter();
                let knows = declared.any(|(at, field, of_type)| {
                    start <= *at && *at <= end && field == name && of_type == t
                });
                knows && !shard.sets.is_empty()
            };
            shards.iter().any(opens)
        };
        let opened = opened.get_or_init(|| {
            tables.iter().map(|table| (table, tag_sets::shards(table, &wanted))).collect()
        });
        if !go || opened.iter().any(read) {
            return Err(refusal.clone().into());
        }
    }
    let planner = context.rules.planner;
    let header = header::names(select, &scope.time_alias, &plan.columns, known, &all, planner);
    let fields: Vec<_> = plan.calls.iter().filter_map(|call| call.field.clone()).collect();
    let most = read::at_most(tables, &Wanted { fields: &fields, ..wanted });
    read::beside_others(most, context.allowance);
    let rows = aggregate::rows(select, context, tables, &plan, &wanted, interval)?;
    let series_of = |((name, values), rows): ((Name, Vec<Name>), Vec<Vec<Cell>>)| Series {
        name: name.to_vec(),
        tags: scope.group.iter().cloned().zip(values).collect(),
        columns: header.clone(),
        rows,
    };
    let mut series: Vec<_> = rows.into_iter().map(series_of).collect();
    series.retain(|s| !s.rows.is_empty());
    if wanted.descending {
        series.reverse();
    }
    if go {
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

/// The columns that are named but do not exist.
fn missing(select: &Select, known: &Columns) -> Vec<Name> {
    fn collect(expr: &Expr, known: &Columns, names: &mut Vec<Name>) {
        match expr {
            Expr::Paren(inner) => collect(inner, known, names),
            Expr::Binary(b) => {
                collect(&b.left, known, names);
                collect(&b.right, known, names);
            }
            Expr::Var(var) if matches!(known.resolve(var), Node::Null) => {
                names.push(var.name.as_bytes().into());
            }
            _ => {}
        }
    }
    let mut names = Vec::new();
    select.fields.iter().for_each(|field| collect(&field.expr, known, &mut names));
    names
}

/// Fields and tags by name, a tag behind a field of its name, and what there is none of.
fn tie_columns(fields: &[(Name, FieldType)], tags: &[Name], missing: &[Name]) -> Vec<Node> {
    let fields = fields.iter().map(|(name, t)| (name.clone(), 0, Node::Field(name.clone(), *t)));
    let tags = tags.iter().map(|key| (key.clone(), 1, Node::Tag(key.clone())));
    let missing = missing.iter().map(|name| (name.clone(), 2, Node::Null));
    let mut columns: Vec<_> = fields.chain(tags).chain(missing).collect();
    columns.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
    columns.into_iter().map(|c| c.2).collect()
}

/// `SLIMIT` and `SOFFSET` as the Go products count them.
const fn sets(limits: Limits, go: bool) -> (usize, usize) {
    if go { (limits.series_limit, limits.series_offset) } else { (0, 0) }
}

/// The fields and tags that columns are read from.
fn read_by(columns: &[Column]) -> (Vec<(Name, FieldType)>, Vec<Name>) {
    let mut fields: Vec<(Name, FieldType)> = Vec::new();
    let mut tags: Vec<Name> = Vec::new();
    for column in columns {
        column.node.fields(&mut |name, t| {
            if !fields.iter().any(|f| f.0 == *name && f.1 == t) {
                fields.push((name.clone(), t));
            }
        });
        if let Node::Tag(key) = &column.node {
            tags.push(key.clone());
        }
    }
    (fields, tags)
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
fn shown_columns(select: &Select, known: &Columns, all: &[Found]) -> Result<Vec<Column>, Failure> {
    let mut shown = Vec::new();
    for field in &select.fields {
        match &field.expr {
            Expr::Var(var) if var.name == "time" => {}
            Expr::Wildcard(_) | Expr::Regex(_) => shown.extend(calls::expanded(&field.expr, all)),
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
