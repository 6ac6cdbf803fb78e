//! Reading some points where reading everything would be too much: each by its series, which one tag
//! tells apart, and its time; and counting all of them.

use super::{Ask, Only, Place, Reader, Unreadable, flux, influxql, sql};
use crate::point::{Point, canonical};
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;
use tokio::time::Instant;

/// How many points one request asks for at most, each by a condition of its own.
const MOST_AT_ONCE: usize = 25;

/// So many points of neighbouring times are asked for by one stretch of time at most.
const BLOCK: usize = 64;

/// An answer that has more points than this has enough: those of a stretch of time that nobody asked for
/// are among them, and some servers cut off what is long.
const MOST_ROWS: usize = 2000;

/// A request that takes longer than this asks for enough.
const LONG: Duration = Duration::from_millis(250);

/// The same of a request for a stretch of time: most of that is for the request, whatever it asks for.
const LONG_STRETCH: Duration = Duration::from_secs(2);

/// How points are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Those of neighbouring times together, by a stretch of time and their series: for languages in which
    /// each point would be a query of its own.
    Together,
    /// Each by its series and time.
    Alone,
}

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

impl Way {
    /// The faster one for what reads. SQL has conditions for many points in one query.
    pub(crate) const fn of(reader: &Reader) -> Self {
        match reader {
            Reader::Influxql | Reader::Flux => Self::Together,
            Reader::Sql | Reader::Program(_) => Self::Alone,
        }
    }
}

/// In the order in which they are asked for: neighbours in time one after the other, and stretches of them
/// from everywhere, so that where time is short no part of the whole is left out.
pub(crate) fn arranged(mut wanted: Vec<Point>) -> Vec<Point> {
    wanted.sort_by_key(|point| point.time);
    let mut blocks: Vec<_> = wanted.chunks(BLOCK).map(<[Point]>::to_vec).enumerate().collect();
    // Steps of the golden section fill a stretch evenly, however many are made. A short block is the last:
    // the others begin at multiples of their length.
    let step = |n: usize| (n as u32).wrapping_mul(0x9E37_79B9);
    blocks.sort_by_key(|(n, block)| (block.len() < BLOCK, step(*n)));
    blocks.into_iter().flat_map(|(_, block)| block).collect()
}

/// What is stored of these points of one measurement, whose series this tag tells apart, as far as it
/// can be read until then; `on` hears how many were asked for.
pub(crate) async fn read_some(
    ask: &impl Ask,
    reader: &Reader,
    place: &Place,
    (tag, wanted, way): (&str, &[Point], Way),
    until: Instant,
    mut on: impl FnMut(usize),
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
    let together = way == Way::Together;
    let long = if together { LONG_STRETCH } else { LONG };
    let is_wanted: HashSet<_> = wanted.iter().map(|point| key(point, tag)).collect();
    // Few at first: how much a server takes at once, and how fast it is, is not known yet.
    let (mut at_once, mut most) = (2, if together { BLOCK } else { MOST_AT_ONCE });
    while read.asked < wanted.len() && (Instant::now() < until || read.asked == 0) {
        let mut end = wanted.len().min(read.asked + at_once);
        if together {
            // The next block is of another time.
            end = end.min((read.asked / BLOCK + 1) * BLOCK);
        }
        let some = &wanted[read.asked..end];
        let began = Instant::now();
        let points = match &columns {
            Columns::Influxql(columns) if together => {
                influxql::stretch(ask, place, tag, some, columns).await
            }
            Columns::Influxql(columns) => influxql::some(ask, place, tag, some, columns).await,
            Columns::Sql(columns) => sql::some(ask, place, tag, some, columns).await,
            Columns::Told if together => flux::stretch(ask, place, tag, some).await,
            Columns::Told => flux::some(ask, place, tag, some).await,
        };
        match points {
            Ok(points) => {
                read.asked += some.len();
                let rows = points.len();
                read.points.extend(points.into_iter().filter(|p| is_wanted.contains(&key(p, tag))));
                // Twice as long a stretch of twice as many series has four times as many points.
                if began.elapsed() < long && (!together || rows <= MOST_ROWS / 4) {
                    at_once = (at_once * 2).min(most);
                } else if together && rows > MOST_ROWS {
                    at_once = (at_once / 2).max(1);
                }
                on(read.asked);
            }
            // Some servers take one statement only, and some less than others.
            Err(_) if at_once > 1 && together => (at_once, most) = (at_once / 2, at_once / 2),
            Err(_) if at_once > 1 => (at_once, most) = (1, 1),
            Err(why) => return Err(why),
        }
    }
    read.points = canonical(read.points);
    Ok(read)
}

/// What tells a point from others of its measurement, where this tag tells the series apart.
fn key<'p>(point: &'p Point, tag: &str) -> (i64, &'p str) {
    (point.time, value_of(point, tag))
}

/// The first and the last time of points in the order of their times, and the values that they have of
/// the tag.
pub(super) fn span<'p>(points: &'p [Point], tag: &str) -> (i64, i64, BTreeSet<&'p str>) {
    let times = points.iter().map(|point| point.time);
    let (from, until) = (times.clone().min(), times.max());
    let values = points.iter().map(|point| value_of(point, tag)).collect();
    (from.unwrap_or_default(), until.unwrap_or_default(), values)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn point(time: i64) -> Point {
        let (tags, fields) = (BTreeMap::new(), BTreeMap::new());
        Point { measurement: "m".to_owned(), tags, fields, time }
    }

    #[test]
    fn any_front_of_what_is_asked_for_is_of_the_whole() {
        let arranged = arranged((0..1000).rev().map(point).collect());
        let mut times: Vec<_> = arranged.iter().map(|point| point.time).collect();
        for block in times.chunks(BLOCK) {
            assert!(block.is_sorted_by(|a, b| a + 1 == *b), "{block:?}");
        }
        // A quarter of it has something of each third.
        for third in [0..334, 334..667, 667..1000] {
            assert!(times[..256].iter().any(|time| third.contains(time)), "{third:?}");
        }
        times.sort_unstable();
        assert!(times.into_iter().eq(0..1000));
    }
}
