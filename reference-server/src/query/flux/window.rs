//! `aggregateWindow`: one value for each window of time.

use super::aggregate;
use super::error::FluxError;
use super::plan::Windows;
use super::read::{Read, SeriesPoints};
use super::table::{Cell, Column, GroupKey, Kind, Row, Table};
use super::time::{add, window_start};
use crate::store::Name;
use std::collections::BTreeMap;

/// How many windows one series may have.
const MOST: usize = 1_000_000;

/// The windows of each series that storage holds.
pub(super) fn of_series(
    windows: &Windows,
    read: &Read,
    series: Vec<SeriesPoints>,
) -> Result<Vec<Table>, FluxError> {
    let bounds = (read.start, read.stop);
    let one = |series: SeriesPoints| {
        let points = aggregated(windows, bounds, series.kind, &series.points)?;
        let kind = aggregate::kind_after(windows.aggregate, series.kind);
        Ok(read.table(&series, true, kind, &points))
    };
    series.into_iter().map(one).collect()
}

/// The windows of tables that other functions made.
pub(super) fn of_tables(windows: &Windows, tables: Vec<Table>) -> Result<Vec<Table>, FluxError> {
    tables.iter().map(|table| of_table(windows, table)).collect()
}

fn of_table(windows: &Windows, table: &Table) -> Result<Table, FluxError> {
    let place = |name: &[u8]| {
        let shown = String::from_utf8_lossy(name).into_owned();
        let message = format!("missing column \"{shown}\"");
        table.position(name).ok_or_else(|| FluxError::invalid(message))
    };
    let (time, value) = (place(b"_time")?, place(&windows.column)?);
    let bounds = match (table.key.value(b"_start"), table.key.value(b"_stop")) {
        (Some(Cell::Time(start)), Some(Cell::Time(stop))) => (*start, *stop),
        // Flux takes the bounds of the query then.
        _ => return Err(FluxError::unsupported("aggregateWindow without _start and _stop")),
    };
    if windows.aggregate.selects() {
        return selected(windows, bounds, table, time, value);
    }
    let mut points = Vec::new();
    for row in &table.rows {
        match &row[time] {
            Cell::Time(at) if !row[value].is_null() => points.push((*at, row[value].clone())),
            _ => {}
        }
    }
    points.sort_by_key(|(at, _)| *at);
    let kind = table.columns[value].kind;
    let points = aggregated(windows, bounds, kind, &points)?;
    let kind = aggregate::kind_after(windows.aggregate, kind);
    Ok(rebuilt(&table.key, &windows.column, kind, &windows.destination, points))
}

/// The row of each window that a selector takes, with all its columns. Windows without rows vanish:
/// a selector gives no row for a table without rows (docs-v2, flux/v0/stdlib/universe/
/// aggregatewindow.md, `createEmpty`); storage, which makes such windows itself, gives null.
fn selected(
    windows: &Windows,
    bounds: (i64, i64),
    table: &Table,
    time: usize,
    value: usize,
) -> Result<Table, FluxError> {
    let window = |row: &Row| match &row[time] {
        Cell::Time(at) if (bounds.0..bounds.1).contains(at) => {
            Some(window_start(*at, windows.every, windows.offset))
        }
        _ => None,
    };
    let mut inside: BTreeMap<i64, Vec<Row>> = BTreeMap::new();
    for row in &table.rows {
        if let Some(start) = window(row) {
            inside.entry(start).or_default().push(row.clone());
        }
    }
    let mut columns = table.columns.clone();
    let place = columns.iter().position(|column| column.label == windows.destination);
    if place.is_none() {
        columns.push(Column { label: windows.destination.clone(), kind: Kind::Time });
    }
    aggregate::check(windows.aggregate, table.columns[value].kind)?;
    let mut rows = Vec::new();
    for (start, mut group) in inside {
        let Some(i) = aggregate::choose(&group, value, None, windows.aggregate) else { continue };
        let mut row = group.swap_remove(i);
        let stop = add(start, windows.every);
        let at = if windows.at_start { start.max(bounds.0) } else { stop.min(bounds.1) };
        match place {
            Some(place) => row[place] = Cell::Time(at),
            None => row.push(Cell::Time(at)),
        }
        rows.push(row);
    }
    Ok(Table::new(table.key.clone(), columns, rows))
}

/// The key's columns, the value, the time.
fn rebuilt(
    key: &GroupKey,
    value: &Name,
    kind: Kind,
    time: &Name,
    points: Vec<(i64, Cell)>,
) -> Table {
    let mut columns: Vec<_> = key.0.iter().map(|(column, _)| column.clone()).collect();
    columns.push(Column { label: value.clone(), kind });
    columns.push(Column { label: time.clone(), kind: Kind::Time });
    let row = |(time, cell)| {
        let mut row: Row = key.0.iter().map(|(_, value)| value.clone()).collect();
        row.extend([cell, Cell::Time(time)]);
        row
    };
    Table::new(key.clone(), columns, points.into_iter().map(row).collect())
}

/// A time and a value for each window that has points, or for each at all.
fn aggregated(
    windows: &Windows,
    bounds: (i64, i64),
    kind: Kind,
    points: &[(i64, Cell)],
) -> Result<Vec<(i64, Cell)>, FluxError> {
    let mut made = Vec::new();
    let mut rest = points;
    let earliest = if windows.create_empty { Some(bounds.0) } else { points.first().map(|p| p.0) };
    let Some(mut at) = earliest else { return Ok(made) };
    while at < bounds.1 && (windows.create_empty || !rest.is_empty()) {
        if made.len() >= MOST {
            return Err(FluxError::invalid("aggregateWindow: too many windows for this server"));
        }
        let start = window_start(at, windows.every, windows.offset);
        let stop = add(start, windows.every);
        let count = rest.partition_point(|(time, _)| *time < stop);
        let (inside, after) = rest.split_at(count);
        rest = after;
        let time = if windows.at_start { start.max(bounds.0) } else { stop.min(bounds.1) };
        if !inside.is_empty() {
            made.push((time, aggregate::of_points(windows.aggregate, kind, inside)?.1));
        } else if windows.create_empty {
            let count = windows.aggregate == super::plan::Aggregate::Count;
            made.push((time, if count { Cell::Integer(0) } else { Cell::Null }));
        }
        if stop <= at {
            break;
        }
        at = if windows.create_empty { stop } else { rest.first().map_or(stop, |p| p.0) };
    }
    Ok(made)
}
