//! What is written: lines like those that the Time Series Benchmark Suite makes of machines' processors
//! (github.com/timescale/tsbs, `cpu-only`): ten tags, fields of small integers that walk up and down.
//!
//! Lines are made once. A connection has all of them, in a ring, and sends one stretch after the other;
//! only the times are written anew, in place, so that every line is a point of its own. Where bodies are
//! short, all connections share one ring, and each copies its stretch: rings of their own would be read
//! from memory each time, where the copy and the one ring stay in the processor's cache.

use super::random::Random;
use crate::point::{Point, Value};
use flate2::{Compression, write::GzEncoder};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::ops::Range;
use std::sync::Arc;

/// How long before the present the points begin: old enough that none is of the future, young enough
/// that no server drops it.
const BEFORE: i64 = 3_600 * STEP * 1000;

/// Between two points of one series, in nanoseconds: what every server can tell apart.
const STEP: i64 = 1_000_000;

/// A time as it is written: 19 digits, from 2001 to 2286.
const DIGITS: usize = 19;

/// At least so many different lines, so that compression finds no more to save than it should.
const LEAST: usize = 4000;

/// Bodies of up to so many bytes are short.
const SHORT: usize = 64 * 1024;

const REGIONS: [(&str, &str); 9] = [
    ("us-east-1", "abce"),
    ("us-west-1", "ab"),
    ("us-west-2", "abc"),
    ("eu-west-1", "abc"),
    ("eu-central-1", "ab"),
    ("ap-southeast-1", "ab"),
    ("ap-southeast-2", "ab"),
    ("ap-northeast-1", "ac"),
    ("sa-east-1", "abc"),
];
const SYSTEMS: [&str; 3] = ["Ubuntu16.10", "Ubuntu16.04LTS", "Ubuntu15.10"];
const ARCHITECTURES: [&str; 2] = ["x64", "x86"];
const TEAMS: [&str; 4] = ["SF", "NYC", "LON", "CHI"];
const ENVIRONMENTS: [&str; 3] = ["production", "staging", "test"];
const FIELDS: [&str; 10] =
    ["user", "system", "idle", "nice", "iowait", "irq", "softirq", "steal", "guest", "guest_nice"];

/// The field that is counted: every line has it.
pub(super) const COUNTED: &str = "usage_user";
/// The tag that tells the series apart.
pub(super) const HOST: &str = "hostname";

/// What the lines are like.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Lines of a body.
    pub batch: usize,
    /// How many series the lines belong to.
    pub series: usize,
    /// Fields of a line, at least one.
    pub fields: usize,
    /// Bodies are compressed.
    pub gzip: bool,
    /// What they are made from.
    pub seed: u64,
}

impl Shape {
    /// How many bytes the lines of all connections take in memory, at most.
    pub(super) fn memory(&self, connections: usize) -> usize {
        let line = 190 + 17 * self.fields;
        let lines = self.batch.max(LEAST).max(self.series).saturating_add(self.series);
        let ring = lines.saturating_mul(line);
        let own = if self.is_short() { self.batch.saturating_mul(line) } else { ring };
        ring.saturating_add(own.saturating_mul(connections))
    }

    /// Whether a body is copied for each request.
    const fn is_short(&self) -> bool {
        self.batch.saturating_mul(190 + 17 * self.fields) <= SHORT
    }
}

/// The lines.
#[derive(Debug)]
pub(super) struct Workload {
    shape: Shape,
    pub(super) measurement: String,
    /// Each line with its end, one after the other, as long as all of them are.
    text: Vec<u8>,
    /// Where each line begins, and where the last one ends.
    starts: Vec<usize>,
    /// The time of the first point.
    origin: i64,
}

/// A body: a stretch of lines of a ring, which may go over its end.
#[derive(Clone, Debug)]
pub(super) struct Body {
    /// The number of its first line.
    first: usize,
    /// The time of its first line.
    time: i64,
    parts: [Range<usize>; 2],
}

impl Workload {
    /// Lines of this measurement; `now` in nanoseconds since 1970.
    pub(super) fn new(shape: &Shape, measurement: &str, now: i64) -> Self {
        let mut random = Random::new(shape.seed);
        let hosts: Vec<_> =
            (0..shape.series).map(|host| tags(measurement, host, &mut random)).collect();
        let mut values: Vec<Vec<u64>> = vec![Vec::new(); shape.series];
        for own in &mut values {
            own.extend((0..shape.fields).map(|_| random.below(101)));
        }
        let rounds = shape.batch.max(LEAST).div_ceil(shape.series);
        let origin = (now - BEFORE) / (1000 * STEP) * (1000 * STEP);
        let mut text = Vec::new();
        let mut starts = vec![0];
        for _ in 0..rounds {
            for (host, own) in hosts.iter().zip(&mut values) {
                text.extend_from_slice(host.as_bytes());
                for (n, value) in own.iter_mut().enumerate() {
                    // A step up, down or none, as far as a share in hundredths goes.
                    *value = (*value + random.below(3)).saturating_sub(1).min(100);
                    let before = if n == 0 { ' ' } else { ',' };
                    // Writing into memory does not fail.
                    write!(text, "{before}{}={value}i", field(n)).ok();
                }
                writeln!(text, " {origin}").ok();
                starts.push(text.len());
            }
        }
        let measurement = measurement.to_owned();
        Self { shape: shape.clone(), measurement, text, starts, origin }
    }

    /// How many bytes a line has in the mean, its end included.
    #[allow(clippy::cast_precision_loss)]
    pub(super) fn bytes_per_line(&self) -> f64 {
        self.text.len() as f64 / self.lines() as f64
    }

    fn lines(&self) -> usize {
        self.starts.len() - 1
    }

    /// The series of the line at this place of a body.
    pub(super) fn series_of(&self, body: &Body, place: usize) -> usize {
        (body.first + place) % self.shape.series
    }

    /// Which line of the workload is at this place of a body, and its time.
    pub(super) fn at(&self, body: &Body, place: usize) -> (usize, i64) {
        let round = i64::try_from(place / self.shape.series).unwrap_or(0);
        ((body.first + place) % self.lines(), body.time + round * STEP)
    }

    /// The point that is this line at this time.
    pub(super) fn point(&self, line: usize, time: i64) -> Point {
        let text = String::from_utf8_lossy(&self.text[self.starts[line]..self.starts[line + 1]]);
        // Nothing in it is escaped.
        let mut parts = text.split(' ');
        let mut part = || parts.next().unwrap_or_default().split(',');
        let pair = |text: &str| {
            let (key, value) = text.split_once('=').unwrap_or_default();
            (key.to_owned(), value.to_owned())
        };
        let tags = part().skip(1).map(pair).collect();
        let integer = |(key, value): (String, String)| {
            (key, Value::Integer(value.trim_end_matches('i').parse().unwrap_or_default()))
        };
        let fields: BTreeMap<_, _> = part().map(pair).map(integer).collect();
        Point { measurement: self.measurement.clone(), tags, fields, time }
    }
}

/// Writes the times of lines that end at these places of the text, the same for so many of them, then one
/// step later. No division for each line, and `for_each`, which looks at each part of the ring by itself:
/// this is most of what a long body costs.
fn stamp(text: &mut [u8], ends: impl Iterator<Item = usize>, series: usize, mut time: i64) {
    let (mut written, mut left) = (digits(time), series);
    ends.for_each(|end| {
        if left == 0 {
            time += STEP;
            (written, left) = (digits(time), series);
        }
        left -= 1;
        text[end - 1 - DIGITS..end - 1].copy_from_slice(&written);
    });
}

/// A time as it is written.
fn digits(time: i64) -> [u8; DIGITS] {
    let (mut digits, mut rest) = ([b'0'; DIGITS], time.unsigned_abs());
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    digits
}

/// Measurement and tags of a series.
fn tags(measurement: &str, host: usize, random: &mut Random) -> String {
    let (region, zones) = *random.of(&REGIONS);
    let zone = char::from(*random.of(zones.as_bytes()));
    let (rack, service, version) = (random.below(100), random.below(20), random.below(2));
    let (system, architecture) = (random.of(&SYSTEMS), random.of(&ARCHITECTURES));
    let (team, environment) = (random.of(&TEAMS), random.of(&ENVIRONMENTS));
    format!(
        "{measurement},{HOST}=host_{host},region={region},datacenter={region}{zone},rack={rack},os={system},\
         arch={architecture},team={team},service={service},service_version={version},\
         service_environment={environment}"
    )
}

/// The name of a field: those of the suite, then more of the kind.
fn field(n: usize) -> String {
    FIELDS.get(n).map_or_else(|| format!("usage_{n}"), |name| format!("usage_{name}"))
}

/// The lines of one connection.
#[derive(Debug)]
pub(super) struct Ring {
    pub(super) workload: Arc<Workload>,
    /// All lines; where bodies are short, those of the last one.
    text: Vec<u8>,
    /// The line with which the next body begins.
    next: usize,
    compressed: Vec<u8>,
}

impl Ring {
    /// For the connection of this number, of so many: each begins elsewhere.
    pub(super) fn new(workload: &Arc<Workload>, number: usize, of: usize) -> Self {
        let next = workload.lines() / of.max(1) * number % workload.lines();
        let text = if workload.shape.is_short() { Vec::new() } else { workload.text.clone() };
        Self { workload: Arc::clone(workload), text, next, compressed: Vec::new() }
    }

    /// Makes the next body. Its points are those of no other number.
    pub(super) fn body(&mut self, number: u64) -> Body {
        let work = &*self.workload;
        let (batch, series, lines) = (work.shape.batch, work.shape.series, work.lines());
        let rounds = i64::try_from(batch.div_ceil(series)).unwrap_or(1);
        let number = i64::try_from(number).unwrap_or(i64::MAX);
        let time = work.origin.saturating_add(number.saturating_mul(rounds * STEP));
        let first = self.next;
        self.next = (first + batch) % lines;
        let start = work.starts[first];
        let mut parts = match first + batch {
            last if last <= lines => [start..work.starts[last], 0..0],
            last => [start..work.text.len(), 0..work.starts[last - lines]],
        };
        let ends = work.starts[first + 1..].iter().chain(&work.starts[1..]).take(batch).copied();
        if work.shape.is_short() {
            self.text.clear();
            for part in parts {
                self.text.extend_from_slice(&work.text[part]);
            }
            parts = [0..self.text.len(), 0..0];
            let over = work.text.len() - start;
            let place = |end| if end > start { end - start } else { end + over };
            stamp(&mut self.text, ends.map(place), series, time);
        } else {
            stamp(&mut self.text, ends, series, time);
        }
        let body = Body { first, time, parts };
        if work.shape.gzip {
            self.compress(&body);
        }
        body
    }

    fn compress(&mut self, body: &Body) {
        let mut into = std::mem::take(&mut self.compressed);
        into.clear();
        let mut encoder = GzEncoder::new(into, Compression::fast());
        for part in self.plain(body) {
            encoder.write_all(part).ok();
        }
        self.compressed = encoder.finish().unwrap_or_default();
    }

    fn plain(&self, body: &Body) -> [&[u8]; 2] {
        body.parts.clone().map(|part| &self.text[part])
    }

    /// The bytes of the body that was made last, as they are sent.
    pub(super) fn sent(&self, body: &Body) -> [&[u8]; 2] {
        if self.workload.shape.gzip { [&self.compressed, &[]] } else { self.plain(body) }
    }
}

impl Body {
    /// How many bytes its lines have.
    pub(super) fn len(&self) -> usize {
        self.parts.iter().map(ExactSizeIterator::len).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Meaning, items};
    use std::collections::BTreeSet;

    fn shape() -> Shape {
        Shape { batch: 1000, series: 1000, fields: 10, gzip: false, seed: 1 }
    }

    const NOW: i64 = 1_700_000_000_000_000_000;

    fn bodies(shape: &Shape, connections: usize, each: u64) -> Vec<Vec<u8>> {
        let workload = Arc::new(Workload::new(shape, "cpu", NOW));
        let mut bodies = Vec::new();
        for connection in 0..connections {
            let mut ring = Ring::new(&workload, connection, connections);
            for n in 0..each {
                let body = ring.body(n * connections as u64 + connection as u64);
                let sent = ring.sent(&body).concat();
                assert!(shape.gzip || sent.len() == body.len());
                bodies.push(sent);
            }
        }
        bodies
    }

    /// Read by the harness's own model of line protocol.
    fn keys(body: &[u8]) -> Vec<(String, i64)> {
        let key = |item: crate::model::Item| match item.meaning {
            Meaning::Point(written) => {
                let fields = written.fields.values();
                assert!(fields.clone().all(|value| matches!(value, Value::Integer(0..=100))));
                let tags = format!("{} {:?}", written.fields.len(), written.tags);
                (format!("{} {tags}", written.measurement), written.timestamp.unwrap())
            }
            other => panic!("{other:?}"),
        };
        items(body).into_iter().map(key).collect()
    }

    #[test]
    fn a_body_is_like_those_of_the_suite() {
        let body = &bodies(&shape(), 1, 1)[0];
        let lines = keys(body);
        assert_eq!(lines.len(), 1000);
        let series: BTreeSet<_> = lines.iter().map(|(series, _)| series).collect();
        assert_eq!(series.len(), 1000);
        let mean = body.len() / 1000;
        assert!((334..=354).contains(&mean), "{mean} bytes a line");
        let first = items(body).swap_remove(0);
        let Meaning::Point(written) = first.meaning else { panic!() };
        assert_eq!((written.tags.len(), written.fields.len()), (10, 10));
    }

    #[test]
    fn every_line_is_a_point_of_its_own() {
        for (batch, series, fields) in
            [(1000, 1000, 10), (7, 3, 1), (5000, 10, 2), (999, 1000, 12), (1, 1000, 10)]
        {
            let shape = Shape { batch, series, fields, ..shape() };
            let bodies = bodies(&shape, 3, 12);
            let all: Vec<_> = bodies.iter().flat_map(|body| keys(body)).collect();
            assert_eq!(all.len(), batch * 36);
            let different: BTreeSet<_> = all.iter().collect();
            assert_eq!(different.len(), all.len(), "{batch} {series}");
            let hosts: BTreeSet<_> = all.iter().map(|(series, _)| series).collect();
            assert_eq!(hosts.len(), series.min(batch * 36), "{batch} {series}");
            assert_eq!(shape.is_short(), batch < 100, "{batch}");
        }
    }

    #[test]
    fn the_same_seed_makes_the_same_bodies() {
        let other = Shape { seed: 2, ..shape() };
        assert_eq!(bodies(&shape(), 2, 3), bodies(&shape(), 2, 3));
        assert_ne!(bodies(&shape(), 2, 3), bodies(&other, 2, 3));
    }

    #[test]
    fn a_line_is_known_by_its_place() {
        // So many that bodies go over the end of the ring: long ones, and short ones.
        for (batch, count) in [(2500, 4), (7, 600)] {
            let shape = Shape { batch, ..shape() };
            let workload = Arc::new(Workload::new(&shape, "cpu", NOW));
            let mut ring = Ring::new(&workload, 0, 1);
            for n in 0..count {
                let body = ring.body(n);
                let lines = items(&ring.sent(&body).concat());
                assert_eq!(lines.len(), batch);
                for (place, item) in lines.into_iter().enumerate() {
                    let Meaning::Point(written) = item.meaning else { panic!() };
                    let (line, time) = workload.at(&body, place);
                    let point = workload.point(line, time);
                    assert_eq!(point.tags, written.tags.clone().into_iter().collect());
                    assert_eq!(point.fields, written.fields.clone().into_iter().collect());
                    assert_eq!(Some(point.time), written.timestamp);
                    let host = format!("host_{}", workload.series_of(&body, place));
                    assert_eq!(point.tags[HOST], host, "place {place} of {batch}");
                }
            }
        }
    }

    #[test]
    fn what_is_compressed_is_the_same() {
        use std::io::Read as _;
        let plain = bodies(&shape(), 1, 2);
        let gzip = bodies(&Shape { gzip: true, ..shape() }, 1, 2);
        for (plain, gzip) in plain.iter().zip(gzip) {
            assert!(gzip.len() < plain.len() / 4);
            let mut inflated = Vec::new();
            flate2::read::GzDecoder::new(&gzip[..]).read_to_end(&mut inflated).unwrap();
            assert!(inflated == *plain);
        }
    }
}
