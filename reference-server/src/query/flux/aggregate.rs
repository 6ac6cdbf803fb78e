//! Functions of many values to one, and those that choose a row.

use super::error::FluxError;
use super::plan::Aggregate;
use super::read::SeriesPoints;
use super::table::{Cell, Column, Kind, Row, Table};
use std::cmp::Ordering;

/// The sum of values of one type.
pub(super) fn sum<'a>(kind: Kind, values: impl Iterator<Item = &'a Cell>) -> Cell {
    let (mut integer, mut unsigned, mut float) = (0_i64, 0_u64, 0.0);
    for value in values {
        match value {
            Cell::Integer(v) => integer = integer.wrapping_add(*v),
            Cell::Unsigned(v) => unsigned = unsigned.wrapping_add(*v),
            Cell::Float(v) => float += v,
            _ => {}
        }
    }
    match kind {
        Kind::Integer => Cell::Integer(integer),
        Kind::Unsigned => Cell::Unsigned(unsigned),
        _ => Cell::Float(float),
    }
}

/// The mean of numbers; null of none.
fn mean<'a>(values: impl Iterator<Item = &'a Cell>) -> Cell {
    let (mut count, mut total) = (0_u64, 0.0);
    for value in values {
        total += match value {
            Cell::Integer(v) => *v as f64,
            Cell::Unsigned(v) => *v as f64,
            Cell::Float(v) => *v,
            _ => continue,
        };
        count += 1;
    }
    if count == 0 { Cell::Null } else { Cell::Float(total / count as f64) }
}

/// The row that a selector takes. With a column of times, first and last go by it.
pub(super) fn choose(
    rows: &[Row],
    value: usize,
    time: Option<usize>,
    aggregate: Aggregate,
) -> Option<usize> {
    let mut chosen: Option<usize> = None;
    for (i, row) in rows.iter().enumerate().filter(|(_, row)| !row[value].is_null()) {
        let Some(old) = chosen else {
            chosen = Some(i);
            continue;
        };
        let by_time = time.map(|t| row[t].order(&rows[old][t]));
        let better = match aggregate {
            Aggregate::First => by_time == Some(Ordering::Less),
            Aggregate::Last => by_time.is_none_or(Ordering::is_ge),
            Aggregate::Min => row[value].order(&rows[old][value]).is_lt(),
            _ => row[value].order(&rows[old][value]).is_gt(),
        };
        if better {
            chosen = Some(i);
        }
    }
    chosen
}

/// The type of the result, or that there is none for this type. Times have an order, but nobody
/// counts them (flux v0.196.1, execute/aggregate.go, simpleAggregateTransformation.Process).
fn result_kind(aggregate: Aggregate, kind: Kind) -> Option<Kind> {
    let number = matches!(kind, Kind::Integer | Kind::Unsigned | Kind::Float);
    match aggregate {
        Aggregate::Count => (kind != Kind::Time).then_some(Kind::Integer),
        Aggregate::Min | Aggregate::Max if kind == Kind::Time => Some(kind),
        Aggregate::First | Aggregate::Last => Some(kind),
        Aggregate::Mean => number.then_some(Kind::Float),
        Aggregate::Sum | Aggregate::Min | Aggregate::Max => number.then_some(kind),
    }
}

/// One value, with its time, of the points of a series: what storage makes itself.
pub(super) fn of_points(
    aggregate: Aggregate,
    kind: Kind,
    points: &[(i64, Cell)],
) -> Result<(i64, Cell), FluxError> {
    if result_kind(aggregate, kind).is_none() {
        let (name, kind) = (aggregate.word(), storage_word(kind));
        let message = format!("unsupported input type for {name} aggregate: {kind}");
        return Err(FluxError::invalid(message));
    }
    let values = || points.iter().map(|(_, value)| value);
    let value = match aggregate {
        Aggregate::Count => Cell::Integer(i64::try_from(points.len()).unwrap_or(i64::MAX)),
        Aggregate::Sum => sum(kind, values()),
        Aggregate::Mean => mean(values()),
        _ => {
            let rows: Vec<Row> = values().map(|v| vec![v.clone()]).collect();
            let chosen = choose(&rows, 0, None, aggregate).and_then(|i| points.get(i));
            return Ok(chosen.cloned().unwrap_or((0, Cell::Null)));
        }
    };
    Ok((points.first().map_or(0, |(time, _)| *time), value))
}

/// The type after [`of_points`].
pub(super) fn kind_after(aggregate: Aggregate, kind: Kind) -> Kind {
    result_kind(aggregate, kind).unwrap_or(kind)
}

const fn storage_word(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Integer => "integer",
        Kind::Unsigned => "unsigned",
        Kind::Float => "float",
        Kind::Text | Kind::Time => "string",
    }
}

/// Each series made one point.
pub(super) fn of_series(
    aggregate: Aggregate,
    series: Vec<SeriesPoints>,
) -> Result<Vec<SeriesPoints>, FluxError> {
    let one = |s: SeriesPoints| {
        let point = of_points(aggregate, s.kind, &s.points)?;
        let kind = kind_after(aggregate, s.kind);
        Ok(SeriesPoints { tags: s.tags, kind, points: vec![point] })
    };
    series.into_iter().map(one).collect()
}

/// One row of each table.
pub(super) fn tables(
    aggregate: Aggregate,
    label: &[u8],
    tables: Vec<Table>,
) -> Result<Vec<Table>, FluxError> {
    if aggregate.selects() {
        let one = |table| selected(aggregate, label, table);
        let mut chosen: Vec<_> = tables.into_iter().map(one).collect::<Result<_, _>>()?;
        chosen.sort_by(|a, b| a.key.order(&b.key));
        return Ok(chosen);
    }
    let one = |table| aggregated(aggregate, label, table);
    let mut totals: Vec<_> = tables.iter().map(one).collect::<Result<_, _>>()?;
    // As with `distinct`, whose order is recorded: both hold their tables in one kind of cache (flux
    // v0.196.1, execute/aggregate.go, NewSimpleAggregateTransformation).
    totals.sort_by(|a, b| a.key.order(&b.key));
    Ok(totals)
}

fn selected(aggregate: Aggregate, label: &[u8], mut table: Table) -> Result<Table, FluxError> {
    let name = String::from_utf8_lossy(label).into_owned();
    let missing = || FluxError::invalid(format!("no column \"{name}\" exists"));
    let value = table.position(label).ok_or_else(missing)?;
    check(aggregate, table.columns[value].kind)?;
    let chosen = choose(&table.rows, value, None, aggregate);
    table.rows = chosen.map(|i| table.rows.swap_remove(i)).into_iter().collect();
    table.parts = vec![table.rows.len()];
    Ok(table)
}

/// Whether a selector can choose among values of this type.
pub(super) fn check(aggregate: Aggregate, kind: Kind) -> Result<(), FluxError> {
    if result_kind(aggregate, kind).is_some() {
        return Ok(());
    }
    let selector = if aggregate == Aggregate::Min { "Min" } else { "Max" };
    Err(FluxError::invalid(format!(
        "invalid use of function: *universe.{selector}Selector has no implementation for type {}",
        kind.word()
    )))
}

fn aggregated(aggregate: Aggregate, label: &[u8], table: &Table) -> Result<Table, FluxError> {
    let name = String::from_utf8_lossy(label);
    let missing = || FluxError::invalid(format!("column \"{name}\" does not exist"));
    let value = table.position(label).ok_or_else(missing)?;
    if table.key.has(label) {
        return Err(FluxError::invalid("cannot aggregate columns that are part of the group key"));
    }
    let kind = table.columns[value].kind;
    let values = || table.rows.iter().map(|row| &row[value]).filter(|cell| !cell.is_null());
    let unsupported = || {
        let message = format!("unsupported aggregate column type {}", kind.word());
        FluxError::invalid(message)
    };
    let result = result_kind(aggregate, kind).ok_or_else(unsupported)?;
    let cell = match aggregate {
        Aggregate::Count => Cell::Integer(i64::try_from(table.rows.len()).unwrap_or(i64::MAX)),
        Aggregate::Mean => mean(values()),
        _ if values().next().is_none() => Cell::Null,
        _ => sum(kind, values()),
    };
    let mut columns: Vec<_> = table.key.0.iter().map(|(column, _)| column.clone()).collect();
    let mut row: Row = table.key.0.iter().map(|(_, value)| value.clone()).collect();
    columns.push(Column::new(label, result));
    row.push(cell);
    Ok(Table::new(table.key.clone(), columns, vec![row]))
}
