//! `aggregateWindow`: one value for each window of time.

use super::aggregate;
use super::error::FluxError;
use super::plan::Windows;
use super::read::{Read, SeriesPoints};
use super::table::{Cell, Column, GroupKey, Kind, Row, Table};
use super::time::{add, window_start};
use crate::query::allowance::Allowance;
use crate::store::Name;
use profiles::flux::WindowColumns;
use std::collections::BTreeMap;

/// How many windows one series may have.
const MOST: usize = 1_000_000;

fn too_many() -> FluxError {
    FluxError::invalid("aggregateWindow: too many windows for this server")
}

/// The windows of each series that storage holds.
pub(super) fn of_series(
    windows: &Windows,
    read: &Read<'_>,
    series: Vec<SeriesPoints>,
) -> Result<Vec<Table>, FluxError> {
    let bounds = (read.start, read.stop);
    let one = |series: SeriesPoints| {
        let points = aggregated(windows, bounds, series.kind, &series.points)?;
        let kind = aggregate::kind_after(windows.aggregate, series.kind);
        Ok(read.table(&series, true, kind, &points))
    };
    series.into_iter().take_while(|_| read.allowance.goes_on_now()).map(one).collect()
}

/// The windows of tables that other functions made.
pub(super) fn of_tables(
    windows: &Windows,
    tables: Vec<Table>,
    order: WindowColumns,
    allowance: &Allowance,
) -> Result<Vec<Table>, FluxError> {
    let tables = tables.iter().take_while(|_| allowance.goes_on_now());
    tables.map(|table| of_table(windows, table, order)).collect()
}

fn of_table(windows: &Windows, table: &Table, order: WindowColumns) -> Result<Table, FluxError> {
    let place = |name: &[u8]| {
        let shown = String::from_utf8_lossy(name).into_owned();
        let message = format!("missing column \"{shown}\"");
        table.position(name).ok_or_else(|| FluxError::invalid(message))
    };
    let (time, value) = (place(b"_time")?, place(&windows.column)?);
    // Flux's page has it that what comes of such times is generally not useful.
    if table.key.has(b"_time") {
        return Err(FluxError::unsupported("aggregateWindow of tables with _time in their key"));
    }
    if table.key.has(&windows.column) {
        return Err(FluxError::invalid("cannot aggregate columns that are part of the group key"));
    }
    let bounds = match (table.key.value(b"_start"), table.key.value(b"_stop")) {
        (Some(Cell::Time(start)), Some(Cell::Time(stop))) => (*start, *stop),
        // Flux takes the bounds of the query then.
        _ => return Err(FluxError::unsupported("aggregateWindow without _start and _stop")),
    };
    // What Flux makes of such rows is no window of the range (execute/bounds.go, Intersect).
    let outside = |row: &Row| matches!(row[time], Cell::Time(t) if t < bounds.0 || t >= bounds.1);
    if table.rows.iter().any(outside) {
        return Err(FluxError::unsupported("aggregateWindow over rows outside of the range"));
    }
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
    Ok(rebuilt(&table.key, windows, kind, order, points))
}

/// The row of each window that a selector takes, with all its columns. Windows without rows get one
/// that is null outside of the key if they are asked for, as Flux's own tests have it (flux v0.196.1,
/// stdlib/universe/aggregate_empty_window_first_test.flux; the page on `createEmpty` says that
/// selectors drop them, which was so before `_fillEmpty` was in `aggregateWindow`).
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
    if windows.create_empty {
        let mut at = bounds.0;
        while at < bounds.1 {
            let start = window_start(at, windows.every, windows.offset);
            inside.entry(start).or_default();
            if inside.len() > MOST {
                return Err(too_many());
            }
            let stop = add(start, windows.every);
            if stop <= at {
                break;
            }
            at = stop;
        }
    }
    let of_key = |column: &Column| table.key.value(&column.label).cloned().unwrap_or(Cell::Null);
    let empty: Row = table.columns.iter().map(of_key).collect();
    let mut rows = Vec::new();
    for (start, mut group) in inside {
        let mut row = match aggregate::choose(&group, value, None, windows.aggregate) {
            Some(i) => group.swap_remove(i),
            None if windows.create_empty => empty.clone(),
            None => continue,
        };
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

/// The key's columns, the value, and the time before or after them.
fn rebuilt(
    key: &GroupKey,
    windows: &Windows,
    kind: Kind,
    order: WindowColumns,
    points: Vec<(i64, Cell)>,
) -> Table {
    let mut columns: Vec<_> = key.0.iter().map(|(column, _)| column.clone()).collect();
    columns.push(Column { label: windows.column.clone(), kind });
    // One implementation for the whole of it serves only where the time is called as usual.
    let usual = windows.destination == Name::from(&b"_time"[..]);
    let first = usual && order == WindowColumns::TimeFirst;
    let place = if first { 0 } else { columns.len() };
    columns.insert(place, Column { label: windows.destination.clone(), kind: Kind::Time });
    let row = |(time, cell)| {
        let mut row: Row = key.0.iter().map(|(_, value)| value.clone()).collect();
        row.push(cell);
        row.insert(place, Cell::Time(time));
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
            return Err(too_many());
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
