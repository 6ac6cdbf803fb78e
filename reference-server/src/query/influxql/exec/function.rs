//! Functions over the points of one window. Not which points those are.

use super::node::{Row, as_float};
use super::read::At;
use crate::store::{FieldType, Name, Value};

/// A function that this server runs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Function {
    Count,
    CountDistinct,
    Sum,
    Mean,
    Min,
    Max,
    First,
    Last,
    Spread,
    Median,
    Mode,
    Stddev,
    Distinct,
    Percentile(f64),
}

/// A point: the row that it is of, and its value.
pub(super) type Point<'a> = (At<'a>, Value);

impl Function {
    /// The function of this name, but for those with more arguments.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "count" => Self::Count,
            "sum" => Self::Sum,
            "mean" => Self::Mean,
            "min" => Self::Min,
            "max" => Self::Max,
            "first" => Self::First,
            "last" => Self::Last,
            "spread" => Self::Spread,
            "median" => Self::Median,
            "mode" => Self::Mode,
            "stddev" => Self::Stddev,
            "distinct" => Self::Distinct,
            _ => return None,
        })
    }

    /// Whether its values are floats whatever the field is.
    pub(super) const fn is_always_float(self) -> bool {
        matches!(self, Self::Mean | Self::Median | Self::Stddev)
    }

    /// Whether it picks one of the points.
    pub(super) const fn is_selector(self) -> bool {
        matches!(self, Self::Min | Self::Max | Self::First | Self::Last | Self::Percentile(_))
    }

    /// Whether it is defined for fields of a type.
    pub(super) const fn takes(self, t: FieldType) -> bool {
        match t {
            FieldType::Float | FieldType::Integer | FieldType::Unsigned => true,
            FieldType::Boolean => self.takes_any() || matches!(self, Self::Min | Self::Max),
            FieldType::String => self.takes_any(),
        }
    }

    const fn takes_any(self) -> bool {
        matches!(
            self,
            Self::Count
                | Self::CountDistinct
                | Self::First
                | Self::Last
                | Self::Distinct
                | Self::Mode
        )
    }

    /// The point that a selector picks.
    pub(super) fn select<'a>(self, points: &[Point<'a>]) -> Option<Point<'a>> {
        if let Self::Percentile(n) = self {
            return percentile(points, n);
        }
        let mut best = points.first()?;
        for point in points {
            if self.prefers(&(point.0.time, &point.1), &(best.0.time, &best.1)) {
                best = point;
            }
        }
        Some(best.clone())
    }

    /// Whether a selector of one point, `percentile` apart, picks the new one rather than the old.
    pub(super) fn prefers(self, new: &(i64, &Value), old: &(i64, &Value)) -> bool {
        match self {
            Self::Min => less(new.1, old.1) || (same(new.1, old.1) && new.0 < old.0),
            Self::Max => less(old.1, new.1) || (same(new.1, old.1) && new.0 < old.0),
            // Of points of one time the greater value wins.
            Self::First => new.0 < old.0 || (new.0 == old.0 && wins_tie(new.1, old.1)),
            _ => new.0 > old.0 || (new.0 == old.0 && less(old.1, new.1)),
        }
    }

    /// The function's value over points, of which there is at least one. Floats are added up in the
    /// order of the points, or series by series.
    pub(super) fn value(self, points: &[Point<'_>], as_read: bool) -> Option<Value> {
        match self {
            Self::Count => Some(Value::Integer(points.len() as i64)),
            Self::CountDistinct => Some(Value::Integer(distinct(points, as_read).len() as i64)),
            Self::Sum => sum(points),
            Self::Mean => {
                Some(Value::Float(as_float(&sum_of_floats(points))? / points.len() as f64))
            }
            Self::Spread => spread(points),
            Self::Median => median(points, as_read),
            Self::Mode => mode(points),
            Self::Stddev if as_read => stddev(points.iter()),
            Self::Stddev => stddev(by_series(points).into_iter()),
            Self::Distinct => None,
            Self::Min | Self::Max | Self::First | Self::Last | Self::Percentile(_) => {
                self.select(points).map(|p| p.1)
            }
        }
    }
}

/// Different values by the times of their points. Where points come as the Go products read them, a
/// value is of the point that is read first, and the negative zero is zero
/// (1.6:query/functions.gen.go.tmpl, `FloatDistinctReducer`); elsewhere of the earliest.
pub(super) fn distinct(points: &[Point<'_>], as_read: bool) -> Vec<Value> {
    let by_time =
        |a: &&Point<'_>, b: &&Point<'_>| a.0.time.cmp(&b.0.time).then_with(|| order(&a.1, &b.1));
    let mut sorted: Vec<_> = points.iter().collect();
    if !as_read {
        sorted.sort_by(by_time);
    }
    let mut seen = std::collections::BTreeSet::new();
    let key = |value: &Value| match value {
        Value::Float(n) if *n == 0.0 && as_read => format!("{:?}", Value::Float(0.0)),
        other => format!("{other:?}"),
    };
    sorted.retain(|p| seen.insert(key(&p.1)));
    sorted.sort_by(by_time);
    sorted.into_iter().map(|p| p.1.clone()).collect()
}

fn order(a: &Value, b: &Value) -> std::cmp::Ordering {
    match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => a.cmp(b),
        (Value::Unsigned(a), Value::Unsigned(b)) => a.cmp(b),
        (Value::String(a), Value::String(b)) => a.cmp(b),
        (Value::Boolean(a), Value::Boolean(b)) => a.cmp(b),
        (a, b) => {
            let (a, b) = (as_float(a).unwrap_or_default(), as_float(b).unwrap_or_default());
            // The negative zero is zero.
            a.partial_cmp(&b).unwrap_or_else(|| a.total_cmp(&b))
        }
    }
}

fn less(a: &Value, b: &Value) -> bool {
    order(a, b).is_lt()
}

/// Which of two values of one time counts as first and last: the greater one, but false.
fn wins_tie(new: &Value, old: &Value) -> bool {
    match (new, old) {
        (Value::Boolean(new), Value::Boolean(old)) => !new & old,
        _ => less(old, new),
    }
}

fn same(a: &Value, b: &Value) -> bool {
    order(a, b).is_eq()
}

fn by_value<'p, 'a>(points: &'p [Point<'a>]) -> Vec<&'p Point<'a>> {
    let mut sorted: Vec<_> = points.iter().collect();
    sorted.sort_by(|a, b| order(&a.1, &b.1));
    sorted
}

/// Points series by series: the products add them up in this order.
fn by_series<'p, 'a>(points: &'p [Point<'a>]) -> Vec<&'p Point<'a>> {
    let mut sorted: Vec<_> = points.iter().collect();
    sorted.sort_by(|a, b| {
        let tags = |p: &Point<'a>| -> &'a [(Name, Name)] { &p.0.series.tags };
        tags(a).cmp(tags(b))
    });
    sorted
}

fn sum_of_floats(points: &[Point<'_>]) -> Value {
    let floats = by_series(points).into_iter().filter_map(|p| as_float(&p.1));
    // From zero on, as Go adds up: the library's sum of nothing but negative zeros is one.
    Value::Float(floats.fold(0.0, |sum, value| sum + value))
}

fn sum(points: &[Point<'_>]) -> Option<Value> {
    match points.first()?.1 {
        Value::Integer(_) => {
            let n = |p: &Point<'_>| if let Value::Integer(n) = p.1 { n } else { 0 };
            Some(Value::Integer(points.iter().fold(0, |total: i64, p| total.wrapping_add(n(p)))))
        }
        Value::Unsigned(_) => {
            let n = |p: &Point<'_>| if let Value::Unsigned(n) = p.1 { n } else { 0 };
            Some(Value::Unsigned(points.iter().fold(0, |total: u64, p| total.wrapping_add(n(p)))))
        }
        _ => Some(sum_of_floats(points)),
    }
}

fn spread(points: &[Point<'_>]) -> Option<Value> {
    let sorted = by_value(points);
    distance(&sorted.first()?.1, &sorted.last()?.1)
}

/// How far one value is above another.
pub(super) fn distance(low: &Value, high: &Value) -> Option<Value> {
    match (low, high) {
        (Value::Integer(low), Value::Integer(high)) => {
            Some(Value::Integer(high.wrapping_sub(*low)))
        }
        (Value::Unsigned(low), Value::Unsigned(high)) => {
            Some(Value::Unsigned(high.wrapping_sub(*low)))
        }
        (low, high) => Some(Value::Float(as_float(high)? - as_float(low)?)),
    }
}

/// The middle value. Between two integers Go takes half of their difference, which may be too great for
/// an integer (1.6:query/functions.go, `IntegerMedianReduceSlice`).
fn median(points: &[Point<'_>], as_read: bool) -> Option<Value> {
    let sorted = by_value(points);
    let at = |i: usize| as_float(&sorted.get(i)?.1);
    let middle = sorted.len() / 2;
    let high = at(middle)?;
    if sorted.len() % 2 == 1 {
        return Some(Value::Float(high));
    }
    let low = at(middle.checked_sub(1)?)?;
    if let (true, Value::Integer(a), Value::Integer(b)) =
        (as_read, &sorted.get(middle - 1)?.1, &sorted.get(middle)?.1)
    {
        return Some(Value::Float(low + b.wrapping_sub(*a) as f64 / 2.0));
    }
    Some(Value::Float(low + (high - low) / 2.0))
}

/// The most frequent value. Of equally frequent ones that of the earlier time, but a value that
/// stands alone only if it is the least.
fn mode(points: &[Point<'_>]) -> Option<Value> {
    if matches!(points.first()?.1, Value::Boolean(_)) {
        let trues = points.iter().filter(|p| p.1 == Value::Boolean(true)).count();
        return Some(Value::Boolean(2 * trues >= points.len()));
    }
    let sorted = by_value(points);
    let first = sorted.first()?;
    let (mut most, mut most_time, mut most_count) = (first, first.0.time, 0);
    let (mut current, mut current_time, mut count) = (first, first.0.time, 0);
    for point in &sorted {
        if !same(&point.1, &current.1) {
            (current, current_time, count) = (point, point.0.time, 1);
            continue;
        }
        count += 1;
        if most_count > count || (most_count == count && current_time > most_time) {
            continue;
        }
        (most, most_time, most_count) = (point, point.0.time, count);
    }
    Some(most.1.clone())
}

/// The sample's deviation; one point has none.
fn stddev<'p, 'a: 'p>(points: impl Iterator<Item = &'p Point<'a>>) -> Option<Value> {
    let values: Vec<f64> = points.filter_map(|p| as_float(&p.1)).collect();
    if values.len() < 2 {
        return None;
    }
    let mut mean = 0.0;
    for (i, value) in values.iter().enumerate() {
        mean += (value - mean) / (i + 1) as f64;
    }
    let variance: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    Some(Value::Float((variance / (values.len() - 1) as f64).sqrt()))
}

fn percentile<'a>(points: &[Point<'a>], n: f64) -> Option<Point<'a>> {
    let sorted = by_value(points);
    let i = (sorted.len() as f64 * n / 100.0 + 0.5).floor() as i64 - 1;
    usize::try_from(i).ok().and_then(|i| sorted.get(i)).map(|p| (*p).clone())
}

/// The values of functions, and of columns beside a selector, in one row.
pub(super) struct Computed<'a> {
    /// The functions' values, by number.
    pub(super) calls: &'a [Option<Value>],
    /// The point that the one selector picked.
    pub(super) selected: Option<At<'a>>,
}

impl Row for Computed<'_> {
    fn field(&self, name: &Name, as_type: FieldType) -> Option<Value> {
        self.selected.and_then(|at| at.field(name, as_type))
    }

    fn tag(&self, key: &Name) -> Option<Name> {
        self.selected.and_then(|at| at.tag(key))
    }

    fn call(&self, number: usize) -> Option<Value> {
        self.calls.get(number).cloned().flatten()
    }

    fn time(&self) -> i64 {
        self.selected.map_or(0, |at| at.time)
    }
}
