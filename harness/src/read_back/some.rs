//! Reading some points where reading everything would be too much: each by its series, which one tag
//! tells apart, and its time; and counting all of them.

use super::{Ask, Only, Place, Reader, Unreadable, flux, influxql, sql};
use crate::point::{Point, canonical};
use std::collections::BTreeMap;

/// How many points one request asks for.
const AT_ONCE: usize = 25;

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series<'s> {
    pub(crate) measurement: &'s str,
    /// A field that every line has.
    pub(crate) field: &'s str,
}

/// What is stored of these points of one measurement, whose series this tag tells apart: those of
/// their series and times, with whatever fields. Others may be among them.
pub(crate) async fn read_some(
    ask: &impl Ask,
    reader: &Reader,
    place: &Place,
    tag: &str,
    wanted: &[Point],
) -> Result<Vec<Point>, Unreadable> {
    if let Reader::Program(runner) = reader {
        let mut stored = Vec::new();
        for only in series_of(tag, wanted) {
            let place = Place { only: Some(only), ..place.clone() };
            stored.extend(runner.read(&place).await?.points);
        }
        return Ok(canonical(stored));
    }
    let mut stored = Vec::new();
    for some in wanted.chunks(AT_ONCE) {
        stored.extend(match reader {
            Reader::Flux => flux::some(ask, place, tag, some).await?,
            Reader::Sql => sql::some(ask, place, tag, some).await?,
            Reader::Influxql | Reader::Program(_) => influxql::some(ask, place, tag, some).await?,
        });
    }
    Ok(canonical(stored))
}

/// How many lines there are; none where what reads cannot count.
pub(crate) async fn count(
    ask: &impl Ask,
    reader: &Reader,
    place: &Place,
    series: Series<'_>,
) -> Result<Option<u64>, Unreadable> {
    match reader {
        Reader::Influxql => influxql::count(ask, place, series).await.map(Some),
        Reader::Flux => flux::count(ask, place, series).await.map(Some),
        Reader::Sql => sql::count(ask, place, series).await.map(Some),
        Reader::Program(_) => Ok(None),
    }
}

/// The series that the points belong to, each with the time that its points take.
fn series_of(tag: &str, points: &[Point]) -> Vec<Only> {
    let mut series: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    for point in points {
        let value = point.tags.get(tag).map(String::as_str).unwrap_or_default();
        let (from, until) = series.entry(value).or_insert((point.time, point.time));
        *from = point.time.min(*from);
        *until = point.time.max(*until);
    }
    let only = |(value, (from, until)): (&str, (i64, i64))| Only {
        tag: tag.to_owned(),
        value: value.to_owned(),
        from,
        until,
    };
    series.into_iter().map(only).collect()
}

/// The points' values of the tag.
pub(super) fn value_of<'p>(point: &'p Point, tag: &str) -> &'p str {
    point.tags.get(tag).map(String::as_str).unwrap_or_default()
}
