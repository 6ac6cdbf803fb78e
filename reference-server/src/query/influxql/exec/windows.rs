//! `GROUP BY time()` in a zone: days and what is shorter or longer than they begin when its clocks say
//! so, across changes of summer time too (1.6:query/iterator.go, `Window`).

use super::Failure;
use super::aggregate::Interval;
use super::condition::Range;
use super::source::Table;
use crate::query::influxql::zone::Zone;

const DAY: i64 = 86_400_000_000_000;

/// The window of a time: its start, and the first time behind it.
pub(super) fn of(interval: Interval, zone: Zone, t: i64) -> (i128, i128) {
    let Interval { length, offset, .. } = interval;
    let at = t.saturating_sub(offset);
    let here = zone.offset_at(at);
    let into = i64::try_from((i128::from(at) + i128::from(here)).rem_euclid(i128::from(length)))
        .unwrap_or_default();
    // A change of the clocks by less than a window makes the window shorter or longer.
    let changed = |there: i64| Some(here - there).filter(|c| *c != 0 && c.abs() < length);
    let mut start = at.saturating_sub(into);
    start = start.saturating_add(changed(zone.offset_at(start)).unwrap_or(0));
    let mut end = at.saturating_add(length - into);
    let there = zone.offset_at(end);
    if let Some(change) = changed(there) {
        let moved = end.saturating_add(change);
        // Hours that are left out count for the window in which they are left out.
        if change > 0 || zone.offset_at(moved) == there {
            end = moved;
        }
    }
    (i128::from(start) + i128::from(offset), i128::from(end) + i128::from(offset))
}

/// The starts of the windows from that of one time to that of another, as `fill()` goes through them:
/// from each to the next by the clocks, which need not be where a point would have its window
/// (1.6:query/iterator.gen.go.tmpl, `floatFillIterator`).
pub(super) fn filled(
    interval: Interval,
    zone: Zone,
    first: i64,
    last: i64,
    descending: bool,
) -> Vec<i64> {
    let (first, last) = (interval.start(first), interval.start(last));
    let mut at = if descending { last } else { first };
    let mut here = zone.offset_at(at);
    let mut times = Vec::new();
    while (first..=last).contains(&at) {
        times.push(at);
        let next = if descending {
            at.checked_sub(interval.length)
        } else {
            at.checked_add(interval.length)
        };
        let Some(mut next) = next else { break };
        let there = zone.offset_at(next.saturating_sub(1));
        if (here - there).abs() < interval.length {
            next = next.saturating_add(here - there);
        }
        here = there;
        at = next;
    }
    times
}

/// Refuses windows that overlap or leave times out where clocks change: influxd then loses points.
///
/// # Errors
/// [`odd`].
pub(super) fn check(interval: Interval, tables: &[Table], range: Range) -> Result<(), Failure> {
    let Some(zone) = interval.zone else { return Ok(()) };
    let series = tables.iter().flat_map(|table| &table.measurement.series);
    let times = series.flat_map(|series| series.columns.times());
    let Some(least) = times.filter_map(|points| points.first()).min() else {
        return Ok(());
    };
    let around = interval.length.saturating_add(DAY);
    let first = if range.has_first { range.first } else { least }.saturating_sub(around);
    let last = range.last.saturating_add(around);
    let fits = |t: i64| {
        let (start, end) = of(interval, zone, t);
        let same = |other: i128| i64::try_from(other).map(|other| of(interval, zone, other));
        (start..end).contains(&i128::from(t))
            && same(start) == Ok((start, end))
            && same(end - 1) == Ok((start, end))
            && same(end).is_ok_and(|next| next.0 == end)
            && same(start - 1).is_ok_and(|before| before.1 == start)
    };
    for change in zone.changes(first, last) {
        // What changes only the clock's name is no change.
        if zone.offset_at(change) != zone.offset_at(change - 1)
            && !(fits(change) && fits(change - 1))
        {
            return Err(odd(interval));
        }
    }
    Ok(())
}

/// Windows that do not follow each other without a gap.
pub(super) fn odd(interval: Interval) -> Failure {
    let length = interval.length;
    Failure::Unsupported(format!(
        "GROUP BY time() with windows of {length} ns that do not fit a change of the clocks of tz()"
    ))
}
