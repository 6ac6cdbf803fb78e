//! What a function keeps of the points that it has seen.

use super::function::Function;
use super::node::{as_float, cast};
use super::read::At;
use super::reduce::Sample;
use crate::store::Slice;
use crate::store::view::Series;
use crate::store::{FieldType, Value};
use profiles::influxql::Planner;
use std::cmp::Ordering;

/// A function over some points, of points or of parts.
pub(super) struct Part<'a> {
    function: Function,
    planner: Planner,
    count: u64,
    /// The sum of floats, or of what parts gave.
    float: f64,
    integer: i64,
    unsigned: u64,
    /// The type of the values that were added up.
    summed: FieldType,
    /// The point that a selector picks; of a spread the least value.
    picked: Option<(At<'a>, Value)>,
    /// Of a spread the greatest value.
    greatest: Option<(At<'a>, Value)>,
    /// Any point.
    any: Option<At<'a>>,
}

impl<'a> Part<'a> {
    pub(super) const fn new(function: Function, planner: Planner) -> Self {
        Self {
            function,
            planner,
            count: 0,
            float: 0.0,
            integer: 0,
            unsigned: 0,
            summed: FieldType::Float,
            picked: None,
            greatest: None,
            any: None,
        }
    }

    /// Takes what a part gave.
    pub(super) fn take(&mut self, sample: Sample<'a>) {
        self.count += sample.count;
        self.any = Some(sample.at);
        match self.function {
            Function::Count => {}
            // v3 adds up and divides once (datafusion: functions-aggregate/src/average.rs,
            // `AvgAccumulator`).
            Function::Mean if self.planner == Planner::Iox => self.add(&sample.value),
            // A mean of several weighs as many (1.6:query/functions.go, `FloatMeanReducer`).
            Function::Mean => {
                let mean = as_float(&sample.value).unwrap_or_default();
                self.float += if sample.count > 1 { mean * sample.count as f64 } else { mean };
                self.summed = FieldType::Float;
            }
            Function::Sum => self.add(&sample.value),
            Function::Spread => {
                if let Some(greatest) = sample.greatest {
                    self.pick_greatest((sample.at, greatest));
                }
                self.pick(Function::Min, (sample.at, sample.value));
            }
            function => self.pick(function, (sample.at, sample.value)),
        }
    }

    /// Takes a point, its value as the type that it is read as.
    pub(super) fn take_point(&mut self, at: At<'a>, value: Value) {
        self.count += 1;
        self.any = Some(at);
        match self.function {
            Function::Count => {}
            Function::Mean | Function::Sum => self.add(&value),
            Function::Spread => {
                self.pick_greatest((at, value.clone()));
                self.pick(Function::Min, (at, value));
            }
            function => self.pick(function, (at, value)),
        }
    }

    /// Takes so many points, of which only their number is wanted; one of them may be this.
    pub(super) fn take_count(&mut self, at: At<'a>, count: usize) {
        if count > 0 {
            self.count += count as u64;
            self.any = Some(at);
        }
    }

    /// Takes points of one series, by time.
    pub(super) fn take_slice(
        &mut self,
        series: &'a Series,
        times: &[i64],
        values: Slice<'_>,
        read_as: FieldType,
    ) {
        let Some(last) = times.last() else { return };
        self.any = Some(At { series, time: *last });
        let point = |(time, value)| (At { series, time }, value);
        let extreme = |function| extreme(times, values, read_as, function, self.planner).map(point);
        match (self.function, values, read_as) {
            (Function::Count, ..) => {}
            (Function::Mean | Function::Sum, Slice::Float(list), FieldType::Float) => {
                list.iter().for_each(|value| self.float += value);
            }
            (Function::Mean | Function::Sum, Slice::Integer(list), FieldType::Integer)
                if !self.adds_as_floats() =>
            {
                self.summed = FieldType::Integer;
                list.iter().for_each(|v| self.integer = self.integer.wrapping_add(*v));
            }
            (Function::Min | Function::Max, ..) => {
                if let Some(point) = extreme(self.function) {
                    self.pick(self.function, point);
                }
            }
            (Function::Spread, ..) => {
                let (least, greatest) = (extreme(Function::Min), extreme(Function::Max));
                least.into_iter().for_each(|point| self.pick(Function::Min, point));
                greatest.into_iter().for_each(|point| self.pick_greatest(point));
            }
            (Function::First | Function::Last, ..) => {
                let index = if self.function == Function::First { 0 } else { times.len() - 1 };
                let value = values.get(index).and_then(|value| cast(&value, read_as));
                if let Some(value) = value {
                    self.pick(self.function, point((times[index], value)));
                }
            }
            _ => {
                for value in values.iter().filter_map(|value| cast(&value, read_as)) {
                    self.add(&value);
                }
            }
        }
        self.count += times.len() as u64;
    }

    /// Whether numbers of every type are added up as floats, as v3 does it for a mean.
    fn adds_as_floats(&self) -> bool {
        self.function == Function::Mean && self.planner == Planner::Iox
    }

    fn add(&mut self, value: &Value) {
        if self.adds_as_floats() {
            self.float += as_float(value).unwrap_or_default();
            return;
        }
        match value {
            Value::Integer(v) => self.integer = self.integer.wrapping_add(*v),
            Value::Unsigned(v) => self.unsigned = self.unsigned.wrapping_add(*v),
            other => self.float += as_float(other).unwrap_or_default(),
        }
        self.summed = value.field_type();
    }

    fn pick(&mut self, function: Function, new: (At<'a>, Value)) {
        let is_better = |old: &(At<'a>, Value)| match (&new.1, &old.1, function) {
            // To arrow the negative zero is less than zero (its kernels `min` and `max`).
            (Value::Float(new), Value::Float(old), Function::Min | Function::Max)
                if self.planner == Planner::Iox && new.total_cmp(old) != Ordering::Equal =>
            {
                (new.total_cmp(old) == Ordering::Less) == (function == Function::Min)
            }
            _ => function.prefers(&(new.0.time, &new.1), &(old.0.time, &old.1)),
        };
        if self.picked.as_ref().is_none_or(is_better) {
            self.picked = Some(new);
        }
    }

    fn pick_greatest(&mut self, new: (At<'a>, Value)) {
        std::mem::swap(&mut self.picked, &mut self.greatest);
        self.pick(Function::Max, new);
        std::mem::swap(&mut self.picked, &mut self.greatest);
    }

    /// The function's value, of which there is one where there was a point.
    pub(super) fn sample(self, group: usize, window: i64) -> Option<Sample<'a>> {
        let any = self.any?;
        let sum = match self.summed {
            FieldType::Integer => Value::Integer(self.integer),
            FieldType::Unsigned => Value::Unsigned(self.unsigned),
            _ => Value::Float(self.float),
        };
        let (at, value) = match self.function {
            Function::Count => (any, Value::Integer(i64::try_from(self.count).unwrap_or(i64::MAX))),
            Function::Sum => (any, sum),
            Function::Mean if self.adds_as_floats() => (any, sum),
            Function::Mean => (any, Value::Float(as_float(&sum)? / self.count as f64)),
            _ => self.picked?,
        };
        let greatest = self.greatest.map(|(_, value)| value);
        Some(Sample { group, window, count: self.count, at, value, greatest })
    }
}

/// The least or greatest value of points of one series, at its first time.
fn extreme(
    times: &[i64],
    values: Slice<'_>,
    read_as: FieldType,
    function: Function,
    planner: Planner,
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
    let go = planner == Planner::Go;
    let float = |a: f64, b: f64| match go {
        true => a.partial_cmp(&b) == Some(wanted),
        false => a.total_cmp(&b) == wanted,
    };
    let at = match (values, read_as) {
        (Slice::Float(list), FieldType::Float) => best(list, float),
        (Slice::Integer(list), FieldType::Integer) => best(list, |a, b| a.cmp(&b) == wanted),
        (Slice::Unsigned(list), FieldType::Unsigned) => best(list, |a, b| a.cmp(&b) == wanted),
        (values, _) => {
            let mut picked: Option<(i64, Value)> = None;
            for (time, value) in times.iter().zip(values.iter()) {
                let Some(value) = cast(&value, read_as) else { continue };
                let new = (*time, value);
                let is_better =
                    |old: &(i64, Value)| function.prefers(&(new.0, &new.1), &(old.0, &old.1));
                if picked.as_ref().is_none_or(is_better) {
                    picked = Some(new);
                }
            }
            return picked;
        }
    };
    times.get(at).copied().zip(values.get(at))
}
