//! `SELECT` with functions: points are put into windows, functions give their values, `fill` the rest.

use super::calls::{Applied, Plan};
use super::condition::Range;
use super::filled::{Filled, Seen};
use super::function::{Computed, Function, Point, distinct};
use super::node::{Node, Row};
use super::read::{self, At, Wanted};
use super::source::Table;
use super::tag_sets::Directions;
use super::{Context, Failure, heap, reduce, windows};
use crate::query::influxql::ast::{Fill, Limits, Select};
use crate::query::influxql::result::{self, Cell};
use crate::query::influxql::zone::Zone;
use crate::store::{FieldType, Name, Value};
use std::collections::{BTreeMap, BTreeSet};

/// What would be more windows than anyone reads is a slip in the query, and would fill the memory; of
/// groups without windows there may be as many.
const MOST_WINDOWS: usize = 1_000_000;

/// The refusal of more than that.
fn too_many(interval: Option<Interval>) -> Failure {
    Failure::Unsupported(match interval {
        Some(_) => format!("GROUP BY time() with more than {MOST_WINDOWS} windows"),
        None => format!("GROUP BY with more than {MOST_WINDOWS} groups"),
    })
}

/// What a group or window takes beside what its functions give.
const ENTRY: usize = 64;

/// How many points a function may need side by side, some fifty bytes each.
const MOST_COLLECTED: usize = 10_000_000;

/// `time(interval, offset)`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) length: i64,
    pub(super) offset: i64,
    pub(super) zone: Option<Zone>,
}

impl Interval {
    /// Where the window of a time starts.
    pub(super) fn start(self, t: i64) -> i64 {
        shown(self.exact_start(t))
    }

    /// The same, which may be before the first time that there is.
    fn exact_start(self, t: i64) -> i128 {
        if let Some(zone) = self.zone {
            return windows::of(self, zone, t).0;
        }
        let since = i128::from(t) - i128::from(self.offset);
        let start = since.div_euclid(i128::from(self.length)) * i128::from(self.length);
        start + i128::from(self.offset)
    }

    /// Where the window of a time ends: the first time that is not in it.
    pub(super) fn end(self, t: i64) -> i128 {
        if let Some(zone) = self.zone {
            return windows::of(self, zone, t).1;
        }
        self.exact_start(t) + i128::from(self.length)
    }
}

/// The start of a window as a time.
fn shown(start: i128) -> i64 {
    i64::try_from(start).unwrap_or(i64::MIN)
}

/// The rows of each group.
pub(super) type Rows = BTreeMap<(Name, Vec<Name>), Vec<Vec<Cell>>>;

/// What the functions give in one window, by number.
pub(super) type Window<'a> = Vec<Outcome<'a>>;

/// What the functions of one group give, by the start of their window; 0 where there are none.
pub(super) type Windowed<'a> = BTreeMap<i64, Window<'a>>;

/// The same for each group.
pub(super) type Groups<'a> = BTreeMap<(Name, Vec<Name>), Windowed<'a>>;

/// What one function gives in one window.
#[derive(Clone, Debug, Default)]
pub(super) struct Outcome<'a> {
    /// Whether there was a point.
    pub(super) occupied: bool,
    pub(super) value: Option<Value>,
    /// The values of a function that gives several.
    pub(super) several: Vec<Value>,
    /// The time of the point that a selector picked.
    pub(super) time: Option<i64>,
    /// That point's row, where other columns are read from it.
    pub(super) row: Option<At<'a>>,
}

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
    let wanted = Wanted { range, ..*wanted };
    if let Some(interval) = interval {
        windows::check(interval, tables, range)?;
    }
    let groups = groups(tables, plan, &wanted, interval)?;
    let mut answer = Rows::new();
    let mut made = 0;
    for (group, windows) in groups {
        let fills_all = wanted.goes_by_shards();
        let descending = wanted.descending;
        let layout = Layout { select, plan, range, interval, descending, fills_all };
        // They are made before LIMIT leaves out any.
        let laid_out = layout.laid_out(&windows)?;
        made += laid_out;
        if interval.is_some() && made > MOST_WINDOWS {
            return Err(too_many(interval));
        }
        let rows = layout.rows(&windows);
        for row in &rows {
            wanted.allowance.keeps(result::kept(row));
        }
        wanted.allowance.check()?;
        // Of a window there may be several rows.
        made += rows.len().saturating_sub(laid_out);
        if !rows.is_empty() {
            answer.insert(group, rows);
        }
    }
    Ok(answer)
}

/// What the functions give in each group and window.
fn groups<'a>(
    tables: &'a [Table],
    plan: &'a Plan,
    wanted: &Wanted<'a>,
    interval: Option<Interval>,
) -> Result<Groups<'a>, Failure> {
    let mut groups = Groups::new();
    // Of all groups together.
    let mut made = 0;
    let calls = plan.calls.len();
    let opened = Directions::of(tables);
    let alone = plan.columns.iter().all(|column| reads_functions_only(&column.node));
    for (number, call) in plan.calls.iter().enumerate() {
        let mut put = |group: &(Name, Vec<Name>), start, outcome| {
            let of_group = match groups.get_mut(group) {
                Some(known) => known,
                None => groups.entry(group.clone()).or_default(),
            };
            let new = || {
                made += 1;
                wanted.allowance.keeps(calls * size_of::<Outcome<'_>>() + ENTRY);
                vec![Outcome::default(); calls]
            };
            let window: &mut Window<'a> = of_group.entry(start).or_insert_with(new);
            window[number] = outcome;
            // One series alone may have more windows than there may be.
            if made > MOST_WINDOWS {
                return Err(too_many(interval));
            }
            Ok(wanted.allowance.check_kept()?)
        };
        // Which one of equal points v3 picks was not seen; where columns beside its selectors would tell,
        // it is the one that comes first where all points are put together.
        if reduce::is_of_parts(call.function) && (alone || wanted.goes_by_shards()) {
            reduce::each(&opened, call, wanted, interval, &mut put)?;
        } else {
            collected(tables, call, wanted, interval, &mut put)?;
        }
    }
    Ok(groups)
}

fn reads_functions_only(node: &Node) -> bool {
    match node {
        Node::Call(_) | Node::Literal(_) => true,
        Node::Binary(_, left, right) => reads_functions_only(left) && reads_functions_only(right),
        _ => false,
    }
}

/// Puts the points of a function together, window by window, then runs it on them.
fn collected<'a>(
    tables: &'a [Table],
    call: &'a Applied,
    wanted: &Wanted<'a>,
    interval: Option<Interval>,
    put: &mut impl FnMut(&(Name, Vec<Name>), i64, Outcome<'a>) -> Result<(), Failure>,
) -> Result<(), Failure> {
    let Some(field) = &call.field else { return Ok(()) };
    let wanted = Wanted { fields: std::slice::from_ref(field), ..*wanted };
    let most = read::at_most(tables, &wanted);
    if most > MOST_COLLECTED {
        let what = format!("a function over {most} points, more than {MOST_COLLECTED},");
        return Err(Failure::Unsupported(what));
    }
    let start = |at: &At<'a>| interval.map_or(0, |interval| interval.start(at.time));
    // The sources are read apart and put together window by window
    // (1.6:query/select.go, `buildVarRefIterator`).
    let mut groups: BTreeMap<_, Vec<std::vec::IntoIter<At<'a>>>> = BTreeMap::new();
    let by_source = |a: &Table, b: &Table| !wanted.goes_by_shards() || a.source == b.source;
    for source in tables.chunk_by(by_source) {
        for (group, rows) in read::rows(source, &wanted) {
            groups.entry(group).or_default().push(rows.into_iter());
        }
    }
    for (group, sources) in groups {
        let before = |a: &At<'a>, b: &At<'a>| match wanted.descending {
            false => start(a) < start(b),
            true => start(a) > start(b),
        };
        let rows = heap::merge_by_window(sources, before, |at| Some(start(at)));
        let mut windows: BTreeMap<i64, Vec<Point<'a>>> = BTreeMap::new();
        for at in rows {
            let Some(value) = at.field(&field.0, field.1) else { continue };
            if !wanted.allowance.keeps(size_of::<Point<'_>>()) {
                break;
            }
            windows.entry(start(&at)).or_default().push((at, value));
        }
        // A window in which no function gives a point is as empty as one without points.
        for (start, points) in windows.into_iter().filter(|(_, points)| gives(call, points)) {
            put(&group, start, outcome(call, &points, wanted.goes_by_shards()))?;
        }
    }
    Ok(())
}

/// What a function gives of points, of which there is at least one.
fn outcome<'a>(call: &Applied, points: &[Point<'a>], as_read: bool) -> Outcome<'a> {
    let function = call.function;
    let several =
        if function == Function::Distinct { distinct(points, as_read) } else { Vec::new() };
    let selected = if function.is_selector() { function.select(points) } else { None };
    Outcome {
        occupied: true,
        value: function.value(points, as_read),
        several,
        time: selected.as_ref().map(|(at, _)| at.time),
        row: selected.map(|(at, _)| at),
    }
}

/// How the outcomes of one group become rows.
struct Layout<'s> {
    select: &'s Select,
    plan: &'s Plan,
    range: Range,
    interval: Option<Interval>,
    descending: bool,
    /// Whether `fill()` fills columns beside functions too: seen of the Go products.
    fills_all: bool,
}

impl Layout<'_> {
    fn rows(&self, windows: &Windowed<'_>) -> Vec<Vec<Cell>> {
        let lone = match self.plan.calls.as_slice() {
            [one] => Some(one.function),
            _ => None,
        };
        let rows = match (self.interval, windows.values().next()) {
            (Some(interval), _) => self.windows(interval, windows, lone),
            (None, None) => Vec::new(),
            (None, Some(whole)) if lone == Some(Function::Distinct) => {
                self.distinct_rows(self.whole(), whole)
            }
            (None, Some(whole)) => vec![self.row(whole, lone)],
        };
        if self.limits_each() && self.interval.is_some() && lone != Some(Function::Distinct) {
            return rows;
        }
        self.select.limits.rows(rows)
    }

    /// The time of a row that no window and no selector gives one.
    const fn whole(&self) -> i64 {
        if self.range.has_first { self.range.first } else { 0 }
    }

    /// The one row of a statement without windows.
    fn row(&self, window: &Window<'_>, lone: Option<Function>) -> Vec<Cell> {
        let picked = window.first().filter(|_| lone.is_some_and(Function::is_selector));
        let time = picked.and_then(|outcome| outcome.time).unwrap_or_else(|| self.whole());
        let values: Vec<_> = self
            .plan
            .calls
            .iter()
            .zip(window)
            .map(|(c, outcome)| match outcome.occupied {
                // It may be none though there are points.
                true => outcome.value.clone(),
                false => c.absent(self.select.fill),
            })
            .collect();
        let row = Computed { calls: &values, selected: picked.and_then(|o| o.row) };
        self.cells(time, &row, None)
    }

    fn cells(&self, time: i64, row: &Computed<'_>, before: Option<&Seen>) -> Vec<Cell> {
        let filled = Filled { row, fill: self.select.fill, everything: true, before };
        let row: &dyn Row = if self.fills_all { &filled } else { row };
        let cells =
            self.plan.columns.iter().map(|c| c.node.value(row).map_or(Cell::Null, Cell::Value));
        std::iter::once(Cell::Time(time)).chain(cells).collect()
    }

    /// A row for each value of a function that gives several; it is the only one.
    fn distinct_rows(&self, time: i64, window: &Window<'_>) -> Vec<Vec<Cell>> {
        let values = window.iter().flat_map(|outcome| &outcome.several);
        let row = |value: &Value| {
            self.cells(time, &Computed { calls: &[Some(value.clone())], selected: None }, None)
        };
        values.map(row).collect()
    }

    fn windows(
        &self,
        interval: Interval,
        windows: &Windowed<'_>,
        lone: Option<Function>,
    ) -> Vec<Vec<Cell>> {
        let times = self.window_times(interval, windows);
        let empty = vec![Outcome::default(); self.plan.calls.len()];
        let at = |time: &i64| windows.get(time).unwrap_or(&empty);
        if lone == Some(Function::Distinct) {
            return times.iter().flat_map(|time| self.distinct_rows(*time, at(time))).collect();
        }
        let mut values: Vec<Vec<Option<Value>>> =
            times.iter().map(|time| at(time).iter().map(|o| o.value.clone()).collect()).collect();
        let occupied: Vec<Vec<bool>> =
            times.iter().map(|time| at(time).iter().map(|o| o.occupied).collect()).collect();
        for (number, call) in self.plan.calls.iter().enumerate() {
            if !occupied.iter().any(|window| window[number]) {
                let constant = call.absent(self.select.fill);
                values.iter_mut().for_each(|row| row[number] = constant.clone());
            } else if call.field.is_some() {
                let line = self.line(&times, interval);
                fill(&mut values, &occupied, number, call, self.select.fill, line);
            }
        }
        // All windows that there are without `fill` have points; their values may be null.
        let picks = lone.is_some_and(Function::is_selector);
        let filled = times.iter().zip(&values);
        let kept = self.kept(&occupied);
        let seen = Seen::default();
        let row = |(i, (time, row)): (usize, (&i64, &Vec<Option<Value>>))| {
            let is_kept = |number: &usize| kept.get(i).is_none_or(|window| window[*number]);
            if !(0..row.len()).any(|number| is_kept(&number)) {
                return None;
            }
            let values = row.iter().zip(&self.plan.calls).enumerate();
            let calls: Vec<_> = values
                .map(|(number, (value, call))| match is_kept(&number) {
                    true => value.clone(),
                    false => call.absent(self.select.fill),
                })
                .collect();
            let selected = at(time).first().filter(|_| picks).and_then(|o| o.row);
            // What is passed over is not seen.
            Some(self.cells(*time, &Computed { calls: &calls, selected }, Some(&seen)))
        };
        filled.enumerate().filter_map(row).collect()
    }

    /// Whether `LIMIT` and `OFFSET` count the windows of each function for itself
    /// (1.6:query/select.go, `buildFieldIterator`).
    const fn limits_each(&self) -> bool {
        self.fills_all
    }

    /// Which functions have which windows after `LIMIT` and `OFFSET`; empty where all have all.
    fn kept(&self, occupied: &[Vec<bool>]) -> Vec<Vec<bool>> {
        let Limits { limit, offset, .. } = self.select.limits;
        if !self.limits_each() || (limit == 0 && offset == 0) {
            return Vec::new();
        }
        let last = if limit == 0 { usize::MAX } else { offset.saturating_add(limit) };
        let mut kept = vec![vec![false; self.plan.calls.len()]; occupied.len()];
        for number in 0..self.plan.calls.len() {
            let filled = self.select.fill != Fill::None && occupied.iter().any(|w| w[number]);
            let is_there = |i: &usize| filled || occupied[*i][number];
            let windows = (0..occupied.len()).filter(is_there).enumerate();
            for (_, i) in windows.filter(|(nth, _)| (offset..last).contains(nth)) {
                kept[i][number] = true;
            }
        }
        kept
    }

    /// How values between two windows are found.
    const fn line<'t>(&self, times: &'t [i64], interval: Interval) -> Line<'t> {
        if self.fills_all { Line::Slope(times, interval.length) } else { Line::Share }
    }

    /// Where the first window starts, and how many there are with those that `fill` adds.
    fn filled_windows(&self, interval: Interval, windows: &Windowed<'_>) -> (i128, i128) {
        if windows.is_empty() {
            return (0, 0);
        }
        let (first, last) = self.filled_between(windows);
        let first = interval.exact_start(first);
        let count = (interval.exact_start(last) - first) / i128::from(interval.length) + 1;
        (first, count)
    }

    /// Times in the first and in the last window with those that `fill` adds.
    fn filled_between(&self, windows: &Windowed<'_>) -> (i64, i64) {
        let earliest = windows.keys().next().copied().unwrap_or_default();
        // Without a bound, windows begin with the earliest point, and end now in either order
        // (asked of a running 1.6.7).
        (if self.range.has_first { self.range.first } else { earliest }, self.range.last)
    }

    /// How many windows are made of a group.
    fn laid_out(&self, windows: &Windowed<'_>) -> Result<usize, Failure> {
        let Some(interval) = self.interval else { return Ok(0) };
        if self.select.fill == Fill::None {
            return Ok(windows.len());
        }
        match self.filled_windows(interval, windows).1 {
            count if count > MOST_WINDOWS as i128 => {
                Err(Failure::Unsupported(format!("GROUP BY time() with {count} windows")))
            }
            count => {
                if interval.zone.is_some() {
                    let times: BTreeSet<i64> =
                        self.window_times(interval, windows).into_iter().collect();
                    if windows.keys().any(|start| !times.contains(start)) {
                        return Err(windows::odd(interval));
                    }
                }
                Ok(usize::try_from(count).unwrap_or_default())
            }
        }
    }

    /// The starts of all windows, in the order in which they are shown.
    fn window_times(&self, interval: Interval, windows: &Windowed<'_>) -> Vec<i64> {
        let mut times: Vec<i64> = if self.select.fill == Fill::None {
            windows.keys().copied().collect()
        } else {
            if let Some(zone) = interval.zone {
                let (first, last) = self.filled_between(windows);
                return windows::filled(interval, zone, first, last, self.descending);
            }
            let (first, count) = self.filled_windows(interval, windows);
            // From the first to the last may be further than a time goes.
            (0..count).map(|i| shown(first + i * i128::from(interval.length))).collect()
        };
        if self.descending {
            times.reverse();
        }
        times
    }
}

/// Whether a function gives a point, be it a null: a percentile of too few points gives none.
fn gives(call: &Applied, points: &[Point<'_>]) -> bool {
    match call.function {
        Function::Percentile(_) => call.function.select(points).is_some(),
        _ => !points.is_empty(),
    }
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
    line: Line<'_>,
) {
    let as_field = |n: f64| match call.field {
        Some((_, FieldType::Integer)) if !call.function.is_always_float() => {
            Value::Integer(n as i64)
        }
        Some((_, FieldType::Unsigned)) if !call.function.is_always_float() => {
            Value::Unsigned(n as u64)
        }
        // A number is no boolean and no string: their empty values stand in for it between the points of
        // a function. A column without any point has the number itself (`Applied::absent`), whatever its
        // type: asked of a running 1.6.7.
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
                next.as_ref().and_then(|(to, end)| between(*from, value, *to, end, i, line))
            }
            _ => constant.clone(),
        };
    }
}

/// How a value between two others is found: the ways are rounded differently.
#[derive(Clone, Copy)]
enum Line<'t> {
    /// By how steep it is, the starts of windows being counted in their length, towards zero
    /// (1.6:query/linear.go; iterator.gen.go.tmpl, `floatFillIterator`).
    Slope(&'t [i64], i64),
    /// By how far along it lies.
    Share,
}

/// The value at `i` on the line between two windows.
fn between(
    from: usize,
    start: &Value,
    to: usize,
    end: &Value,
    i: usize,
    line: Line<'_>,
) -> Option<Value> {
    let (low, high) = (super::node::as_float(start)?, super::node::as_float(end)?);
    let value = match line {
        Line::Slope(times, length) => {
            let rise = match (start, end) {
                (Value::Integer(low), Value::Integer(high)) => high.wrapping_sub(*low) as f64,
                (Value::Unsigned(low), Value::Unsigned(high)) => high.wrapping_sub(*low) as f64,
                _ => high - low,
            };
            let at = |i: usize| times[i] / length;
            rise / (at(to) - at(from)) as f64 * (at(i) - at(from)) as f64 + low
        }
        Line::Share => low + (high - low) * (i - from) as f64 / (to - from) as f64,
    };
    match start {
        Value::Integer(_) => super::node::cast(&Value::Float(value), FieldType::Integer),
        Value::Unsigned(_) => Some(Value::Unsigned(value as u64)),
        _ if value.is_nan() => None,
        _ => Some(Value::Float(value)),
    }
}
