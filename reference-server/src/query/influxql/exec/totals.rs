//! Functions that need no point twice: their totals are made as the columns are read.
//!
//! What [`super::aggregate`] does with points put together, this does without keeping any. It serves
//! where the order of rows cannot show: sums are added up series by series and by time, as there, and
//! of points of one time and value nobody asks which it was.

use super::Failure;
use super::aggregate::{Groups, Interval, MOST_WINDOWS, Outcome, too_many_windows};
use super::calls::{Applied, Plan};
use super::function::Function;
use super::node::{Node, as_float, cast, converts};
use super::read::{At, Wanted, group_of};
use super::source::Table;
use crate::store::points::{Points, Slice};
use crate::store::view::{Column, Series};
use crate::store::{FieldType, Name, Value};
use std::cmp::Ordering;
use std::collections::BTreeMap;

/// Whether totals are all that a plan asks for.
pub(super) fn suffice(tables: &[Table], plan: &Plan, wanted: &Wanted<'_>) -> bool {
    use Function::{Count, First, Last, Max, Mean, Min, Spread, Sum};
    let runs = |call: &Applied| {
        matches!(call.function, Count | Sum | Mean | Min | Max | First | Last | Spread)
    };
    let decided = |series: &Series| {
        let any = At { series, time: wanted.range.first };
        wanted.condition.is_none_or(|condition| condition.decided(&any).is_some())
    };
    // Where several columns can be read as one field, which is read depends on the row.
    let is_plain = |series: &Series| {
        plan.calls.iter().filter_map(|call| call.field.as_ref()).all(|field| {
            series.columns.iter().filter(|column| can_be_read(column, field)).count() < 2
        })
    };
    let mut names: Vec<_> = tables.iter().map(|table| &table.measurement.name).collect();
    names.sort();
    !wanted.descending
        && plan.calls.iter().all(runs)
        && plan.columns.iter().all(|column| reads_functions_only(&column.node))
        && names.windows(2).all(|pair| pair[0] != pair[1])
        && tables.iter().flat_map(|t| &t.measurement.series).all(|s| decided(s) && is_plain(s))
}

fn reads_functions_only(node: &Node) -> bool {
    match node {
        Node::Call(_) | Node::Literal(_) => true,
        Node::Binary(_, left, right) => reads_functions_only(left) && reads_functions_only(right),
        _ => false,
    }
}

fn can_be_read(column: &Column, (name, field_type): &(Name, FieldType)) -> bool {
    column.name == *name && converts(column.field_type, *field_type)
}

/// The totals of each group.
pub(super) fn of<'a>(
    tables: &'a [Table],
    plan: &Plan,
    wanted: &Wanted<'_>,
    interval: Option<Interval>,
) -> Result<Groups<'a>, Failure> {
    // Of all groups together.
    let mut windows = 0;
    let mut totals: BTreeMap<(Name, Vec<Name>), BTreeMap<i64, Vec<Total>>> = BTreeMap::new();
    for table in tables {
        // Sorted by their tags, as sums want them.
        for series in &table.measurement.series {
            let any = At { series, time: wanted.range.first };
            if wanted.condition.is_some_and(|condition| condition.decided(&any) == Some(false)) {
                continue;
            }
            let key = (table.measurement.name.clone(), group_of(series, wanted.group));
            let group = totals.entry(key).or_default();
            for (number, call) in plan.calls.iter().enumerate() {
                let Some(field) = &call.field else { continue };
                let column = series.columns.iter().find(|column| can_be_read(column, field));
                let Some(column) = column else { continue };
                let mut add = |start, times: &[i64], values: Slice<'_>| {
                    // One series alone may have more windows than there may be.
                    if windows > MOST_WINDOWS {
                        return;
                    }
                    let new = || {
                        windows += 1;
                        vec![Total::default(); plan.calls.len()]
                    };
                    let window = group.entry(start).or_insert_with(new);
                    window[number].add(call.function, field.1, times, values);
                };
                by_window(&column.points, wanted, interval, &mut add);
                if windows > MOST_WINDOWS {
                    return Err(too_many_windows());
                }
            }
        }
    }
    let outcomes = |totals: Vec<Total>| {
        totals.into_iter().zip(&plan.calls).map(|(total, call)| total.outcome(call)).collect()
    };
    let windowed = |windows: BTreeMap<i64, Vec<Total>>| {
        windows.into_iter().map(|(start, totals)| (start, outcomes(totals))).collect()
    };
    Ok(totals.into_iter().map(|(group, windows)| (group, windowed(windows))).collect())
}

/// Calls `add` with the points of each window, by time.
fn by_window(
    points: &Points,
    wanted: &Wanted<'_>,
    interval: Option<Interval>,
    add: &mut impl FnMut(i64, &[i64], Slice<'_>),
) {
    for (mut times, mut values) in points.slices(wanted.range.first, wanted.range.last) {
        let Some(interval) = interval else {
            add(0, times, values);
            continue;
        };
        while let Some(first) = times.first() {
            let start = interval.start(*first);
            let end = interval.end(*first);
            let count = times.partition_point(|time| i128::from(*time) < end);
            let (inside, rest) = times.split_at(count);
            let (of_window, others) = values.split_at(count);
            add(start, inside, of_window);
            (times, values) = (rest, others);
        }
    }
}

/// What a function keeps of the points that it has seen.
#[derive(Clone, Debug, Default)]
struct Total {
    count: u64,
    float: f64,
    integer: i64,
    unsigned: u64,
    /// The point that a selector picks; of a spread the least value.
    picked: Option<(i64, Value)>,
    /// Of a spread the greatest value.
    greatest: Option<(i64, Value)>,
}

impl Total {
    /// Takes points of one series, all later than those that it had of this series.
    fn add(&mut self, function: Function, read_as: FieldType, times: &[i64], values: Slice<'_>) {
        self.count += times.len() as u64;
        match function {
            Function::Count => {}
            Function::Sum | Function::Mean => self.add_up(read_as, values),
            Function::First | Function::Last => {
                let last = times.len().saturating_sub(1);
                let at = if function == Function::First { 0 } else { last };
                let point = times.get(at).zip(values.get(at));
                self.pick(function, point.and_then(|(t, v)| Some((*t, cast(&v, read_as)?))));
            }
            Function::Spread => {
                self.pick(Function::Min, extreme(times, values, read_as, Function::Min));
                let greatest = extreme(times, values, read_as, Function::Max);
                std::mem::swap(&mut self.picked, &mut self.greatest);
                self.pick(Function::Max, greatest);
                std::mem::swap(&mut self.picked, &mut self.greatest);
            }
            _ => self.pick(function, extreme(times, values, read_as, function)),
        }
    }

    fn add_up(&mut self, read_as: FieldType, values: Slice<'_>) {
        match (values, read_as) {
            (Slice::Float(list), FieldType::Float) => list.iter().for_each(|v| self.float += v),
            (Slice::Integer(list), FieldType::Integer) => {
                for value in list {
                    self.integer = self.integer.wrapping_add(*value);
                    self.float += *value as f64;
                }
            }
            (Slice::Unsigned(list), FieldType::Unsigned) => {
                for value in list {
                    self.unsigned = self.unsigned.wrapping_add(*value);
                    self.float += *value as f64;
                }
            }
            (values, _) => {
                for value in values.iter().filter_map(|value| cast(&value, read_as)) {
                    match value {
                        Value::Integer(v) => self.integer = self.integer.wrapping_add(v),
                        Value::Unsigned(v) => self.unsigned = self.unsigned.wrapping_add(v),
                        _ => {}
                    }
                    self.float += as_float(&value).unwrap_or_default();
                }
            }
        }
    }

    /// Takes a point if the function prefers it to the one that it has.
    fn pick(&mut self, function: Function, new: Option<(i64, Value)>) {
        let Some(new) = new else { return };
        let is_better = self.picked.as_ref().is_none_or(|old| function.prefers(&new, old));
        if is_better {
            self.picked = Some(new);
        }
    }

    fn outcome<'a>(self, call: &Applied) -> Outcome<'a> {
        if self.count == 0 {
            return Outcome::default();
        }
        let read_as = call.field.as_ref().map(|(_, read_as)| *read_as);
        let picked = |point: &Option<(i64, Value)>| point.as_ref().map(|(_, value)| value.clone());
        let value = match call.function {
            Function::Count => Some(Value::Integer(i64::try_from(self.count).unwrap_or(i64::MAX))),
            Function::Mean => Some(Value::Float(self.float / self.count as f64)),
            Function::Sum => Some(match read_as {
                Some(FieldType::Integer) => Value::Integer(self.integer),
                Some(FieldType::Unsigned) => Value::Unsigned(self.unsigned),
                _ => Value::Float(self.float),
            }),
            Function::Spread => match (&self.picked, &self.greatest) {
                (Some((_, low)), Some((_, high))) => super::function::distance(low, high),
                _ => None,
            },
            _ => picked(&self.picked),
        };
        let time = self.picked.filter(|_| call.function.is_selector()).map(|(time, _)| time);
        Outcome { occupied: true, value, several: Vec::new(), time, row: None }
    }
}

/// The least or greatest value of points of one series, at its first time.
fn extreme(
    times: &[i64],
    values: Slice<'_>,
    read_as: FieldType,
    function: Function,
) -> Option<(i64, Value)> {
    let wanted = if function == Function::Min { Ordering::Less } else { Ordering::Greater };
    // Of equal values the first is kept: that of the earliest time.
    fn best<T: Copy>(list: &[T], is_better: impl Fn(T, T) -> bool) -> usize {
        let mut at = 0;
        for (index, value) in list.iter().enumerate() {
            if is_better(*value, list[at]) {
                at = index;
            }
        }
        at
    }
    let at = match (values, read_as) {
        (Slice::Float(list), FieldType::Float) => best(list, |a, b| a.total_cmp(&b) == wanted),
        (Slice::Integer(list), FieldType::Integer) => best(list, |a, b| a.cmp(&b) == wanted),
        (Slice::Unsigned(list), FieldType::Unsigned) => best(list, |a, b| a.cmp(&b) == wanted),
        (values, _) => {
            let mut picked: Option<(i64, Value)> = None;
            for (time, value) in times.iter().zip(values.iter()) {
                let Some(value) = cast(&value, read_as) else { continue };
                let new = (*time, value);
                if picked.as_ref().is_none_or(|old| function.prefers(&new, old)) {
                    picked = Some(new);
                }
            }
            return picked;
        }
    };
    times.get(at).copied().zip(values.get(at))
}
