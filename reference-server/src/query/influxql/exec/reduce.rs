//! Functions whose value over many points comes from their values over parts of them.
//!
//! The parts are those of the Go products, put together in the same order, so that sums of floats are
//! rounded alike and of points that are equal the same one is picked: each series of each shard by
//! itself, these over the shard, the shards over the measurement, and then over each source and the
//! statement (1.6:tsdb/engine/tsm1/engine.go, `createCallIterator`; query/iterator.go, `Merge`). They
//! read some series side by side, as many as there are cores; here it is one after another, as they do
//! it on one core.
//!
//! What is kept does not grow with the number of rows: for each series in each shard where it is read,
//! and one point of it. The shards and their sets are opened once for all functions.

use super::aggregate::{Interval, Outcome};
use super::calls::Applied;
use super::function::Function;
use super::heap;
use super::node::{as_float, cast, converts};
use super::part::Part;
use super::read::{self, At, Wanted};
use super::source::Table;
use super::tag_sets::{Directions, Numbered, Opened};
use crate::store::view::{Column, Series};
use crate::store::{FieldType, Name, Value};
use profiles::influxql::Planner;

/// A function's value over the points of one window.
#[derive(Clone, Debug)]
pub(super) struct Sample<'a> {
    /// The number of the group.
    pub(super) group: usize,
    /// Where the window starts.
    pub(super) window: i64,
    /// Over so many points.
    pub(super) count: u64,
    /// The point that a selector picked; elsewhere any.
    pub(super) at: At<'a>,
    /// Of a mean in v3 the sum: it is divided at the end.
    pub(super) value: Value,
    /// The greatest value, of a spread whose least is `value`.
    pub(super) greatest: Option<Value>,
}

/// Whether the function is one of these.
pub(super) const fn is_of_parts(function: Function) -> bool {
    use Function::{Count, First, Last, Max, Mean, Min, Spread, Sum};
    matches!(function, Count | Sum | Mean | Min | Max | First | Last | Spread)
}

type Samples<'a> = Box<dyn Iterator<Item = Sample<'a>> + 'a>;

/// A function as it is run.
#[derive(Clone, Copy)]
struct Run<'a> {
    function: Function,
    field: &'a (Name, FieldType),
    interval: Option<Interval>,
    wanted: Wanted<'a>,
    /// `first()` and `last()` without windows: how rows are read for them.
    from_rows: Option<Wanted<'a>>,
}

/// Calls `take` with what a function gives in each group and window; until it says no.
pub(super) fn each<'a, E>(
    directions: &Directions<'a>,
    call: &'a Applied,
    wanted: &Wanted<'a>,
    interval: Option<Interval>,
    mut take: impl FnMut(&(Name, Vec<Name>), i64, Outcome<'a>) -> Result<(), E>,
) -> Result<(), E> {
    let Some(field) = &call.field else { return Ok(()) };
    let function = call.function;
    let fields = std::slice::from_ref(field);
    let wanted = Wanted { fields, ..*wanted };
    let ends = matches!(function, Function::First | Function::Last) && interval.is_none();
    // Two rows of each set of series are read in their order, a limit of one being passed by one
    // (1.6:tsdb/engine/tsm1/engine.go, `CreateIterator`; iterator.gen.go.tmpl, `floatLimitIterator`).
    let is_last = function == Function::Last;
    let most_of_set = if wanted.repeated { 1 } else { 2 };
    let from_rows = Wanted { descending: is_last, reversed: is_last, most_of_set, ..wanted };
    let from_rows = (ends && wanted.goes_by_shards()).then_some(from_rows);
    let run = Run { function, field, interval, wanted, from_rows };
    let opened = directions.opened(&from_rows.unwrap_or(wanted));
    for sample in run.all(opened) {
        let (group, window) = (sample.group, sample.window);
        let picked = Some(sample.at).filter(|_| function.is_selector());
        let outcome = Outcome {
            occupied: true,
            several: Vec::new(),
            time: picked.map(|at| at.time),
            row: picked,
            value: sample.shown(function, wanted.planner),
        };
        take(&opened.groups[group], window, outcome)?;
    }
    Ok(())
}

impl Sample<'_> {
    /// The function's value in the answer.
    fn shown(self, function: Function, planner: Planner) -> Option<Value> {
        match (function, &self.greatest) {
            (Function::Spread, Some(high)) => super::function::distance(&self.value, high),
            (Function::Mean, _) if planner == Planner::Iox => {
                Some(Value::Float(as_float(&self.value)? / self.count as f64))
            }
            _ => Some(self.value),
        }
    }
}

impl<'a> Run<'a> {
    fn all(self, opened: &Opened<'a>) -> impl Iterator<Item = Sample<'a>> + use<'a> {
        let mut sources: Vec<(usize, bool, Vec<Samples<'a>>)> = Vec::new();
        for (table, shards) in &opened.tables {
            let of_table = self.reduced(shards.iter().map(|shard| self.shard(table, shard)));
            match sources.last_mut().filter(|(source, ..)| *source == table.source) {
                Some((.., tables)) => tables.push(of_table),
                None => sources.push((table.source, table.by_pattern, vec![of_table])),
            }
        }
        let of_source =
            |(_, by_pattern, mut tables): (_, bool, Vec<Samples<'a>>)| match tables.pop() {
                Some(only) if tables.is_empty() && !by_pattern => only,
                last => {
                    tables.extend(last);
                    self.reduced(tables.into_iter())
                }
            };
        self.reduced(sources.into_iter().map(of_source))
    }

    /// Samples merged and put together window by window.
    fn reduced(self, inputs: impl Iterator<Item = Samples<'a>>) -> Samples<'a> {
        let mut samples = self.merged(inputs).peekable();
        Box::new(std::iter::from_fn(move || {
            let first = samples.next()?;
            let (group, window) = (first.group, first.window);
            let mut part = Part::new(self.function, self.wanted.planner);
            part.take(first);
            while let Some(more) = samples.next_if(|s| (s.group, s.window) == (group, window)) {
                part.take(more);
            }
            part.sample(group, window)
        }))
    }

    fn merged(self, inputs: impl Iterator<Item = Samples<'a>>) -> Samples<'a> {
        let place = |s: &Sample<'a>| (s.group, s.window);
        let descending = self.wanted.descending;
        let before = move |a: &Sample<'a>, b: &Sample<'a>| match descending {
            false => place(a) < place(b),
            true => place(a) > place(b),
        };
        Box::new(heap::merge_by_window(inputs.collect(), before, move |s| Some(place(s))))
    }

    fn shard(self, table: &'a Table, shard: &Numbered<'a>) -> Samples<'a> {
        let (first, last) = (shard.first, shard.last);
        let set = |(group, series): &(usize, Vec<&'a Series>)| -> Samples<'a> {
            let group = *group;
            match self.from_rows {
                Some(wanted) => {
                    let rows = read::of_set(table, series, first, last, &wanted);
                    Box::new(rows.filter_map(move |at| self.sample(group, at)))
                }
                None => {
                    let of_series = |s: &'a Series| {
                        let of_column = move |c| self.column(group, table, (s, c), first, last);
                        self.columns(s, first, last).map(of_column)
                    };
                    self.merged(series.iter().copied().flat_map(of_series))
                }
            }
        };
        self.reduced(shard.sets.iter().map(set))
    }

    /// A point as a window of its own.
    fn sample(self, group: usize, at: At<'a>) -> Option<Sample<'a>> {
        use super::node::Row as _;
        let value = at.field(&self.field.0, self.field.1)?;
        Some(Sample { group, window: 0, count: 1, at, value, greatest: None })
    }

    /// The columns of a series that have points of the field between two times: one in a shard, which
    /// has one type of a field; where there are no shards, each partition of a table has its own.
    fn columns(
        self,
        series: &'a Series,
        first: i64,
        last: i64,
    ) -> impl Iterator<Item = &'a Column> + use<'a> {
        let (name, read_as) = self.field;
        series
            .columns
            .named(name)
            .filter(move |c| converts(c.field_type, *read_as) && c.points.any_between(first, last))
    }

    /// The windows of one column of a series in one shard.
    fn column(
        self,
        group: usize,
        table: &'a Table,
        (series, column): (&'a Series, &'a Column),
        first: i64,
        last: i64,
    ) -> Samples<'a> {
        let (read_as, allowance) = (self.field.1, self.wanted.allowance);
        let condition = table.condition.as_ref();
        let decided = condition.map_or(Some(true), |c| c.decided(&At { series, time: first }));
        match decided {
            Some(false) => return Box::new(std::iter::empty()),
            // How many there are is known without reading them.
            Some(true) if self.function == Function::Count && self.interval.is_none() => {
                let mut part = Part::new(self.function, self.wanted.planner);
                if allowance.goes_on_now() {
                    part.take_count(At { series, time: first }, column.points.count(first, last));
                }
                return Box::new(part.sample(group, 0).into_iter());
            }
            Some(true) if !self.wanted.descending => {
                let pieces = column.points.pieces(first, last);
                let mut pieces = pieces.take_while(move |_| allowance.goes_on_now());
                let mut current = pieces.next();
                return Box::new(std::iter::from_fn(move || {
                    let (window, end) = self.window(*current.as_ref()?.times().first()?);
                    let mut part = Part::new(self.function, self.wanted.planner);
                    while let Some(piece) = &mut current {
                        let times = piece.times();
                        let count = times.partition_point(|time| i128::from(*time) < end);
                        if count == 0 {
                            break;
                        }
                        let (inside, _) = piece.values().split_at(count);
                        part.take_slice(series, &times[..count], inside, read_as);
                        piece.skip(count);
                        if piece.is_empty() {
                            current = pieces.next();
                        }
                    }
                    part.sample(group, window)
                }));
            }
            _ => {}
        }
        let condition = condition.filter(|_| decided.is_none());
        let points = column.points.between(first, last);
        let points: Box<dyn Iterator<Item = (i64, Value)>> =
            if self.wanted.descending { Box::new(points.rev()) } else { Box::new(points) };
        let points = points.take_while(move |_| allowance.goes_on());
        let points = points.filter_map(move |(time, value)| {
            let at = At { series, time };
            let holds = condition.is_none_or(|c| super::node::Node::holds(c, &at));
            if holds { Some((at, cast(&value, read_as)?)) } else { None }
        });
        let mut points = points.peekable();
        Box::new(std::iter::from_fn(move || {
            let (window, end) = self.window(points.peek()?.0.time);
            let mut part = Part::new(self.function, self.wanted.planner);
            let inside = |time: i64| time >= window && i128::from(time) < end;
            let is_inside = |(at, _): &(At<'a>, Value)| self.interval.is_none() || inside(at.time);
            while let Some((at, value)) = points.next_if(is_inside) {
                part.take_point(at, value);
            }
            part.sample(group, window)
        }))
    }

    /// The start of the window of a time, and the first time behind it.
    fn window(self, time: i64) -> (i64, i128) {
        match self.interval {
            Some(interval) => (interval.start(time), interval.end(time)),
            None => (0, i128::from(i64::MAX) + 1),
        }
    }
}
