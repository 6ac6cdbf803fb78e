//! `SELECT` with functions: points are put into windows, functions give their values, `fill` the rest.

use super::calls::{Applied, Plan};
use super::condition::Range;
use super::function::{Computed, Function, Point, distinct};
use super::node::Row;
use super::read::{self, At, Wanted};
use super::source::Table;
use super::{Context, Failure};
use crate::query::influxql::ast::{Fill, Select};
use crate::query::influxql::result::Cell;
use crate::store::{FieldType, Name, Value};
use std::collections::BTreeMap;

/// What would be more windows than anyone reads is a slip in the query, and would fill the memory.
const MAX_WINDOWS: i64 = 1_000_000;

/// `time(interval, offset)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) length: i64,
    pub(super) offset: i64,
}

impl Interval {
    /// Where the window of a time starts.
    fn start(self, t: i64) -> i64 {
        shown(self.exact_start(t))
    }

    /// The same, which may be before the first time that there is.
    fn exact_start(self, t: i64) -> i128 {
        let since = i128::from(t) - i128::from(self.offset);
        let start = since.div_euclid(i128::from(self.length)) * i128::from(self.length);
        start + i128::from(self.offset)
    }
}

/// The start of a window as a time.
fn shown(start: i128) -> i64 {
    i64::try_from(start).unwrap_or(i64::MIN)
}

/// The rows of each group.
pub(super) type Rows = BTreeMap<(Name, Vec<Name>), Vec<Vec<Cell>>>;

/// Points of one group, by function.
type Group<'a> = Vec<Vec<Point<'a>>>;

/// Runs the functions of a plan.
pub(super) fn rows(
    select: &Select,
    context: Context<'_>,
    tables: &[Table],
    plan: &Plan,
    wanted: &Wanted<'_>,
    interval: Option<Interval>,
) -> Result<Rows, Failure> {
    let mut range = wanted.range;
    if interval.is_some() && !range.has_last {
        range.last = context.host.now();
    }
    let mut groups: BTreeMap<(Name, Vec<Name>), Group<'_>> = BTreeMap::new();
    for (number, call) in plan.calls.iter().enumerate() {
        let Some(field) = &call.field else { continue };
        let fields = [field.clone()];
        for (group, rows) in read::rows(tables, &Wanted { fields: &fields, range, ..*wanted }) {
            let points = rows.into_iter().filter_map(|at| Some((at, at.field(&field.0, field.1)?)));
            let calls = groups.entry(group).or_insert_with(|| vec![Vec::new(); plan.calls.len()]);
            calls[number] = points.collect();
        }
    }
    let mut answer = Rows::new();
    for (group, calls) in groups {
        let windows = Windows { select, plan, range, interval, descending: wanted.descending };
        let rows = windows.rows(&calls)?;
        if !rows.is_empty() {
            answer.insert(group, rows);
        }
    }
    Ok(answer)
}

struct Windows<'s> {
    select: &'s Select,
    plan: &'s Plan,
    range: Range,
    interval: Option<Interval>,
    descending: bool,
}

impl Windows<'_> {
    fn rows(&self, calls: &[Vec<Point<'_>>]) -> Result<Vec<Vec<Cell>>, Failure> {
        let lone = match self.plan.calls.as_slice() {
            [one] => Some(one.function),
            _ => None,
        };
        match self.interval {
            None if lone == Some(Function::Distinct) => {
                Ok(self.distinct_rows(self.whole(), &calls[0]))
            }
            None if !self.plan.calls.iter().zip(calls).any(|(c, points)| gives(c, points)) => {
                Ok(Vec::new())
            }
            None => Ok(vec![self.row(calls, lone)]),
            Some(interval) => self.windows(interval, calls, lone),
        }
    }

    /// The time of a row that no window and no selector gives one.
    const fn whole(&self) -> i64 {
        if self.range.has_first { self.range.first } else { 0 }
    }

    fn distinct_rows(&self, time: i64, points: &[Point<'_>]) -> Vec<Vec<Cell>> {
        let row = |value| vec![Cell::Time(time), Cell::Value(value)];
        distinct(points).into_iter().map(row).collect()
    }

    /// The one row of a statement without windows.
    fn row(&self, calls: &[Vec<Point<'_>>], lone: Option<Function>) -> Vec<Cell> {
        let selected = match lone {
            Some(f) if f.is_selector() => f.select(&calls[0]),
            _ => None,
        };
        let time = selected.as_ref().map_or_else(|| self.whole(), |p| p.0.time);
        let values: Vec<_> = self
            .plan
            .calls
            .iter()
            .zip(calls)
            .map(|(c, points)| value(c, points).or_else(|| c.absent(self.select.fill)))
            .collect();
        self.cells(time, &Computed { calls: &values, selected: selected.map(|p| p.0) })
    }

    fn cells(&self, time: i64, row: &Computed<'_>) -> Vec<Cell> {
        let cells =
            self.plan.columns.iter().map(|c| c.node.value(row).map_or(Cell::Null, Cell::Value));
        std::iter::once(Cell::Time(time)).chain(cells).collect()
    }

    fn windows(
        &self,
        interval: Interval,
        calls: &[Vec<Point<'_>>],
        lone: Option<Function>,
    ) -> Result<Vec<Vec<Cell>>, Failure> {
        let mut windows: BTreeMap<i64, Vec<Vec<Point<'_>>>> = BTreeMap::new();
        for (number, points) in calls.iter().enumerate() {
            for point in points {
                let start = interval.start(point.0.time);
                let window = windows.entry(start).or_insert_with(|| vec![Vec::new(); calls.len()]);
                window[number].push(point.clone());
            }
        }
        // A window in which no function gives a point is as empty as one without points.
        for window in windows.values_mut() {
            for (call, points) in self.plan.calls.iter().zip(window) {
                if !gives(call, points) {
                    points.clear();
                }
            }
        }
        windows.retain(|_, window| window.iter().any(|points| !points.is_empty()));
        let times = self.window_times(interval, &windows)?;
        let mut values: Vec<Vec<Option<Value>>> = Vec::new();
        let mut selected: Vec<Option<At<'_>>> = Vec::new();
        let mut occupied: Vec<Vec<bool>> = Vec::new();
        let mut rows = Vec::new();
        for time in &times {
            let empty = vec![Vec::new(); calls.len()];
            let window = windows.get(time).unwrap_or(&empty);
            if lone == Some(Function::Distinct) {
                rows.extend(self.distinct_rows(*time, &window[0]));
                continue;
            }
            occupied.push(
                self.plan.calls.iter().zip(window).map(|(c, points)| gives(c, points)).collect(),
            );
            values.push(
                self.plan.calls.iter().zip(window).map(|(c, points)| value(c, points)).collect(),
            );
            selected.push(
                lone.filter(|f| f.is_selector()).and_then(|f| f.select(&window[0])).map(|p| p.0),
            );
        }
        if lone == Some(Function::Distinct) {
            return Ok(rows);
        }
        for (number, call) in self.plan.calls.iter().enumerate() {
            if !occupied.iter().any(|window| window[number]) {
                let constant = call.absent(self.select.fill);
                values.iter_mut().for_each(|row| row[number] = constant.clone());
            } else if call.field.is_some() {
                fill(&mut values, &occupied, number, call, self.select.fill);
            }
        }
        // All windows that there are without `fill` have points; their values may be null.
        let filled = times.iter().zip(&values).zip(selected);
        Ok(filled
            .map(|((t, row), at)| self.cells(*t, &Computed { calls: row, selected: at }))
            .collect())
    }

    /// The starts of all windows, in the order in which they are shown.
    fn window_times<T>(
        &self,
        interval: Interval,
        windows: &BTreeMap<i64, T>,
    ) -> Result<Vec<i64>, Failure> {
        let (Some(earliest), Some(latest)) = (windows.keys().next(), windows.keys().next_back())
        else {
            return Ok(Vec::new());
        };
        let mut times: Vec<i64> = if self.select.fill == Fill::None {
            windows.keys().copied().collect()
        } else {
            // Without a bound, windows begin with the first point seen.
            let unbounded_end = self.descending && !self.range.has_last;
            let first = if self.range.has_first { self.range.first } else { *earliest };
            let last = if unbounded_end { *latest } else { self.range.last };
            let first = interval.exact_start(first);
            let length = i128::from(interval.length);
            let count = (interval.exact_start(last) - first) / length + 1;
            if count > i128::from(MAX_WINDOWS) {
                return Err(Failure::Unsupported(format!("GROUP BY time() with {count} windows")));
            }
            // From the first to the last may be further than a time goes.
            (0..count).map(|i| shown(first + i * length)).collect()
        };
        if self.descending {
            times.reverse();
        }
        Ok(times)
    }
}

/// Whether a function gives a point, be it a null: a percentile of too few points gives none.
fn gives(call: &Applied, points: &[Point<'_>]) -> bool {
    match call.function {
        Function::Percentile(_) => call.function.select(points).is_some(),
        _ => !points.is_empty(),
    }
}

fn value(call: &Applied, points: &[Point<'_>]) -> Option<Value> {
    if points.is_empty() { None } else { call.function.value(points) }
}

/// What stands for a value that no window fills: the number of `fill()`, as far as the type takes it
/// (1.6:query/cast.go, `castToType`).
pub(super) fn absent(fill: Fill, field_type: Option<FieldType>) -> Option<Value> {
    let written = match fill {
        Fill::Integer(n) => Value::Integer(n),
        Fill::Number(n) => Value::Float(n),
        _ => return None,
    };
    field_type.and_then(|t| super::node::cast(&written, t)).or(Some(written))
}

impl Applied {
    fn absent(&self, fill: Fill) -> Option<Value> {
        let field_type = match (self.function, &self.field) {
            (Function::Count | Function::CountDistinct, _) => Some(FieldType::Integer),
            (Function::Mean | Function::Median | Function::Stddev, _) => Some(FieldType::Float),
            // Of a column that does not exist nothing is known, not even a type.
            (_, None) if !self.is_tag => return None,
            (_, field) => field.as_ref().map(|f| f.1),
        };
        absent(fill, field_type)
    }
}

/// Gives a function's empty windows their values.
fn fill(
    values: &mut [Vec<Option<Value>>],
    occupied: &[Vec<bool>],
    number: usize,
    call: &Applied,
    fill: Fill,
) {
    let as_field = |n: f64| match call.field {
        Some((_, FieldType::Integer)) if call.function != Function::Mean => {
            Value::Integer(n as i64)
        }
        Some((_, FieldType::Unsigned)) if call.function != Function::Mean => {
            Value::Unsigned(n as u64)
        }
        // A number is no boolean and no string: their empty values stand in.
        Some((_, FieldType::Boolean)) => Value::Boolean(false),
        Some((_, FieldType::String)) => Value::String(Name::from(b"".as_slice())),
        _ => Value::Float(n),
    };
    let counts = matches!(call.function, Function::Count | Function::CountDistinct);
    let constant = match fill {
        Fill::Null if counts => Some(Value::Integer(0)),
        Fill::Integer(n) if counts => Some(Value::Integer(n)),
        Fill::Integer(n) => Some(as_field(n as f64)),
        Fill::Number(n) if counts => Some(Value::Integer(n as i64)),
        Fill::Number(n) => Some(as_field(n)),
        _ => None,
    };
    let mut previous: Option<(usize, Value)> = None;
    // The next window that has a value of its own; looked for again once it is passed.
    let mut next: Option<(usize, Value)> = None;
    let mut looked_to = 0;
    for i in 0..values.len() {
        if let Some(value) = &values[i][number] {
            previous = Some((i, value.clone()));
            continue;
        }
        // A function may have no value of points that are there.
        if occupied[i][number] {
            previous = None;
            continue;
        }
        values[i][number] = match (fill, &previous) {
            (Fill::Previous, Some((_, value))) => Some(value.clone()),
            (Fill::Linear, Some((from, value))) => {
                if looked_to <= i {
                    next = (i + 1..values.len())
                        .find_map(|j| values[j][number].clone().map(|v| (j, v)));
                    looked_to = next.as_ref().map_or(values.len(), |(j, _)| *j);
                }
                next.as_ref().and_then(|(to, end)| between(*from, value, *to, end, i))
            }
            _ => constant.clone(),
        };
    }
}

/// The value at `i` on the line between two windows.
fn between(from: usize, start: &Value, to: usize, end: &Value, i: usize) -> Option<Value> {
    let (low, high) = (super::node::as_float(start)?, super::node::as_float(end)?);
    let value = low + (high - low) * (i - from) as f64 / (to - from) as f64;
    Some(match start {
        Value::Integer(_) => Value::Integer(value as i64),
        Value::Unsigned(_) => Value::Unsigned(value as u64),
        _ => Value::Float(value),
    })
}
