//! Reading some points where reading everything would be too much: each by its series, which one tag
//! tells apart, and its time; and counting all of them.

use super::{Ask, Only, Place, Reader, Unreadable, flux, influxql, sql};
use crate::point::{Point, canonical};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::time::Instant;

/// How many points one request asks for at most.
const MOST_AT_ONCE: usize = 25;

/// A request that takes longer than this asks for enough.
const LONG: Duration = Duration::from_millis(250);

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Series<'s> {
    pub(crate) measurement: &'s str,
    /// A field that every line has.
    pub(crate) field: &'s str,
}

/// What was read.
#[derive(Debug, Default)]
pub(crate) struct Portion {
    /// Points of the series and times that were asked for, with whatever fields; others may be among
    /// them.
    pub(crate) points: Vec<Point>,
    /// How many of the points that were wanted were asked for: time may not have been enough for all.
    pub(crate) asked: usize,
}

/// What columns hold, as far as a language must be asked for it.
enum Columns {
    Influxql(influxql::Columns),
    Sql(sql::Columns),
    Told,
}

/// What is stored of these points of one measurement, whose series this tag tells apart, as far as it
/// can be read until then.
pub(crate) async fn read_some(
    ask: &impl Ask,
    reader: &Reader,
    place: &Place,
    (tag, wanted): (&str, &[Point]),
    until: Instant,
) -> Result<Portion, Unreadable> {
    let mut read = Portion::default();
    let Some(first) = wanted.first() else { return Ok(read) };
    let measurement = first.measurement.as_str();
    if let Reader::Program(runner) = reader {
        for only in series_of(tag, wanted) {
            let place = Place { only: Some(only), ..place.clone() };
            read.points.extend(runner.read(&place).await?.points);
        }
        return Ok(Portion { points: canonical(read.points), asked: wanted.len() });
    }
    let columns = match reader {
        Reader::Influxql => Columns::Influxql(influxql::columns(ask, place, measurement).await?),
        Reader::Sql => Columns::Sql(sql::columns(ask, place, measurement).await?),
        Reader::Flux | Reader::Program(_) => Columns::Told,
    };
    // Few at first: how much a server takes at once, and how fast it is, is not known yet.
    let (mut at_once, mut most) = (2, MOST_AT_ONCE);
    while read.asked < wanted.len() && (Instant::now() < until || read.asked == 0) {
        let rest = &wanted[read.asked..];
        let some = &rest[..rest.len().min(at_once)];
        let began = Instant::now();
        let points = match &columns {
            Columns::Influxql(columns) => influxql::some(ask, place, tag, some, columns).await,
            Columns::Sql(columns) => sql::some(ask, place, tag, some, columns).await,
            Columns::Told => flux::some(ask, place, tag, some).await,
        };
        match points {
            Ok(points) => {
                read.asked += some.len();
                read.points.extend(points);
                at_once = if began.elapsed() < LONG { (at_once * 2).min(most) } else { at_once };
            }
            // Some servers take one statement only.
            Err(_) if at_once > 1 => (at_once, most) = (1, 1),
            Err(why) => return Err(why),
        }
    }
    read.points = canonical(read.points);
    Ok(read)
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
