//! What is counted while a load runs: latencies, lines, errors, and which of the acknowledged lines are
//! looked for in the end. Each thread counts by itself, so that none waits for another or takes what it
//! counts with out of its processor's cache; what they counted is joined each second and in the end.

use super::random::Random;
use super::workload::{Body, Workload};
use hdrhistogram::Histogram;
use std::collections::BTreeMap;
use std::time::Duration;

/// The longest latency that is told apart from longer ones, in microseconds: an hour.
const LONGEST: u64 = 3_600_000_000;

/// Of the text of an error no more is kept.
const MOST_SAID: usize = 200;

/// How long something took, for many requests.
#[derive(Clone, Debug)]
pub(super) struct Latencies(Histogram<u64>);

impl Latencies {
    pub(super) fn new() -> Self {
        // Three digits, from a microsecond on; the bounds are sound.
        let bounded = Histogram::new_with_bounds(1, LONGEST, 3);
        Self(bounded.unwrap_or_else(|_| unreachable!("the bounds of a histogram are sound")))
    }

    pub(super) fn record(&mut self, latency: Duration) {
        self.0.saturating_record(u64::try_from(latency.as_micros()).unwrap_or(LONGEST));
    }

    /// Milliseconds that so many of a thousand requests took at most; none of no request.
    #[allow(clippy::cast_precision_loss, reason = "at most an hour")]
    pub(super) fn permille(&self, of: u32) -> Option<f64> {
        let quantile = f64::from(of) / 1000.0;
        let value = self.0.value_at_quantile(quantile).min(self.0.max());
        (!self.0.is_empty()).then(|| value as f64 / 1000.0)
    }

    /// Milliseconds of the longest one.
    #[allow(clippy::cast_precision_loss, reason = "at most an hour")]
    pub(super) fn max(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.max() as f64 / 1000.0)
    }

    /// Milliseconds in the mean.
    pub(super) fn mean(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.mean() / 1000.0)
    }

    fn add(&mut self, other: &Self) {
        // The bounds are the same.
        self.0.add(&other.0).ok();
    }
}

/// What came of some requests.
#[derive(Clone, Debug)]
pub(super) struct Part {
    /// Of requests that succeeded.
    pub(super) latencies: Latencies,
    /// All that were sent.
    pub(super) requests: u64,
    /// Lines that were acknowledged.
    pub(super) lines: u64,
    /// Bytes of these lines.
    pub(super) bytes: u64,
    /// The same as they were sent.
    pub(super) sent: u64,
    /// Requests that did not succeed.
    pub(super) errors: u64,
}

impl Part {
    pub(super) fn new() -> Self {
        let latencies = Latencies::new();
        Self { latencies, requests: 0, lines: 0, bytes: 0, sent: 0, errors: 0 }
    }

    fn count(&mut self, done: &Done<'_>) {
        self.requests += 1;
        if done.is_ok {
            self.latencies.record(done.latency);
            self.lines += done.lines;
            self.bytes += done.body.len() as u64;
            self.sent += done.sent;
        } else {
            self.errors += 1;
        }
    }

    /// With what another part has.
    pub(super) fn add(&mut self, other: &Self) {
        self.latencies.add(&other.latencies);
        self.requests += other.requests;
        self.lines += other.lines;
        self.bytes += other.bytes;
        self.sent += other.sent;
        self.errors += other.errors;
    }

    /// What it has, and begins anew.
    pub(super) fn take(&mut self) -> Self {
        std::mem::replace(self, Self::new())
    }
}

/// Why a request did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failed {
    /// An answer that is none of 2xx, and its text.
    Status(u16, String),
    /// No answer, or none that can be read.
    NoAnswer(String),
}

/// A request that has come to its end.
pub(super) struct Done<'d> {
    pub(super) body: &'d Body,
    pub(super) lines: u64,
    /// Bytes as they were sent.
    pub(super) sent: u64,
    pub(super) latency: Duration,
    /// It began after the time that does not count.
    pub(super) counts: bool,
    /// It succeeded.
    pub(super) is_ok: bool,
}

/// A line that was acknowledged, to be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Sampled {
    /// Its number in the workload.
    pub(super) line: usize,
    /// Its time.
    pub(super) time: i64,
}

/// Some of the acknowledged lines, each as likely as any other (algorithm R, Vitter 1985).
#[derive(Clone, Debug)]
pub(super) struct Sample {
    most: usize,
    seed: u64,
    random: Random,
    seen: u64,
    pub(super) lines: Vec<Sampled>,
    /// Whether lines of this series are taken; empty where all are.
    series: Vec<bool>,
}

impl Sample {
    /// Of at most so many lines, of so many of all series where not all are to be looked at.
    pub(super) fn new(most: usize, seed: u64, (some, all): (Option<usize>, usize)) -> Self {
        let mut random = Random::new(seed ^ 0x5A4D_504C);
        let mut series = Vec::new();
        if let Some(some) = some.filter(|some| *some < all) {
            series = vec![false; all];
            for _ in 0..some {
                let one = random.below(all as u64);
                series[usize::try_from(one).unwrap_or(0)] = true;
            }
        }
        Self { most, seed, random, seen: 0, lines: Vec::new(), series }
    }

    /// Of the same series, for the thread of this number: what it takes is a matter of its own chance.
    pub(super) fn of_thread(&self, number: usize) -> Self {
        let own = (number as u64).wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        Self { random: Random::new(self.seed ^ own), ..self.clone() }
    }

    /// One sample of what both have seen: as many of each as a sample of all would have.
    fn join(&mut self, mut other: Self) {
        let mut joined = Vec::new();
        let (mut own_left, mut other_left) = (self.seen, other.seen);
        while joined.len() < self.most && own_left + other_left > 0 {
            let is_own = self.random.below(own_left + other_left) < own_left;
            let (from, left) = if is_own {
                (&mut self.lines, &mut own_left)
            } else {
                (&mut other.lines, &mut other_left)
            };
            *left -= 1;
            let at = self.random.below(from.len() as u64);
            joined.push(from.swap_remove(usize::try_from(at).unwrap_or(0)));
        }
        self.lines = joined;
        self.seen += other.seen;
    }

    fn take(&mut self, workload: &Workload, body: &Body, lines: u64) {
        for place in 0..usize::try_from(lines).unwrap_or(0) {
            if !self.series.is_empty() && !self.series[workload.series_of(body, place)] {
                continue;
            }
            self.seen += 1;
            let at = if self.lines.len() < self.most {
                self.lines.len()
            } else {
                match usize::try_from(self.random.below(self.seen)) {
                    Ok(at) if at < self.most => at,
                    _ => continue,
                }
            };
            let (line, time) = workload.at(body, place);
            let sampled = Sampled { line, time };
            if at == self.lines.len() { self.lines.push(sampled) } else { self.lines[at] = sampled }
        }
    }
}

/// All that is counted on one thread.
#[derive(Debug)]
pub(super) struct Tally {
    /// What counts, up to the last second.
    pub(super) total: Part,
    /// What came to its end in this second: what counts, and what does not.
    second: [Part; 2],
    /// Lines that were acknowledged, by connection. These and the following hold for everything that was
    /// sent, whether it counts or not.
    pub(super) acknowledged: Vec<u64>,
    /// Lines that were sent and not acknowledged.
    pub(super) unknown: u64,
    pub(super) sample: Sample,
}

impl Tally {
    pub(super) fn new(connections: usize, sample: Sample) -> Self {
        Self {
            total: Part::new(),
            second: [Part::new(), Part::new()],
            acknowledged: vec![0; connections],
            unknown: 0,
            sample,
        }
    }

    /// Counts a request of this connection.
    pub(super) fn count(&mut self, workload: &Workload, connection: usize, done: &Done<'_>) {
        self.second[usize::from(!done.counts)].count(done);
        if done.is_ok {
            self.acknowledged[connection] += done.lines;
            if self.sample.most > 0 {
                self.sample.take(workload, done.body, done.lines);
            }
        } else {
            self.unknown += done.lines;
        }
    }

    /// Ends a second; what came to its end in it.
    pub(super) fn tick(&mut self) -> Part {
        let [mut second, rest] = [self.second[0].take(), self.second[1].take()];
        self.total.add(&second);
        second.add(&rest);
        second
    }

    /// With what another thread counted.
    pub(super) fn join(&mut self, mut other: Self) {
        other.tick();
        self.tick();
        self.total.add(&other.total);
        for (own, more) in self.acknowledged.iter_mut().zip(other.acknowledged) {
            *own += more;
        }
        self.unknown += other.unknown;
        self.sample.join(other.sample);
    }
}

/// What did not succeed, on all threads: it is rare, and which was the first is told.
#[derive(Debug, Default)]
pub(super) struct Failures {
    /// Answers that are none of 2xx by status, and the text of the first.
    pub(super) statuses: BTreeMap<u16, (u64, String)>,
    /// Requests without an answer, by why.
    pub(super) silences: BTreeMap<String, u64>,
}

impl Failures {
    pub(super) fn count(&mut self, failed: Failed) {
        match failed {
            Failed::Status(status, text) => {
                let first = || (0, text.chars().take(MOST_SAID).collect());
                self.statuses.entry(status).or_insert_with(first).0 += 1;
            }
            Failed::NoAnswer(why) => *self.silences.entry(why).or_default() += 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::workload::{Ring, Shape};
    use std::sync::Arc;

    #[test]
    fn latencies_have_three_digits() {
        let mut latencies = Latencies::new();
        assert_eq!((latencies.permille(500), latencies.max()), (None, None));
        for n in 1..=1000 {
            latencies.record(Duration::from_millis(n));
        }
        let near = |value: Option<f64>, wanted: f64| {
            assert!((value.unwrap() - wanted).abs() <= wanted / 1000.0, "{value:?} {wanted}");
        };
        near(latencies.permille(500), 500.0);
        near(latencies.permille(990), 990.0);
        near(latencies.permille(999), 999.0);
        near(latencies.max(), 1000.0);
        near(latencies.mean(), 500.5);
    }

    /// How often each line is taken, of 2000 in bodies of 100.
    fn taken(seeds: u64, some: Option<usize>) -> Vec<u64> {
        let shape = Shape { batch: 100, series: 100, fields: 1, gzip: false, seed: 1 };
        let workload = Arc::new(Workload::new(&shape, "cpu", 1_700_000_000_000_000_000));
        let mut counts = vec![0; 2000];
        for seed in 0..seeds {
            let mut sample = Sample::new(50, seed, (some, 100));
            let mut ring = Ring::new(&workload, 0, 1);
            for n in 0..20 {
                let body = ring.body(n);
                sample.take(&workload, &body, 100);
            }
            assert_eq!(sample.lines.len(), 50);
            sample.lines.iter().for_each(|sampled| counts[sampled.line] += 1);
        }
        counts
    }

    #[test]
    fn each_line_is_as_likely_as_any_other() {
        // 50 of 2000 in 400 draws: each ten times, in the mean.
        let counts = taken(400, None);
        let thirds: Vec<u64> = counts.chunks(667).map(|third| third.iter().sum()).collect();
        assert_eq!(thirds.iter().sum::<u64>(), 20_000);
        assert!(thirds.iter().all(|third| third.abs_diff(6_667) < 500), "{thirds:?}");
        assert!(counts.iter().all(|count| *count < 40));
    }

    #[test]
    fn samples_of_threads_are_joined_to_one_of_all() {
        let shape = Shape { batch: 100, series: 100, fields: 1, gzip: false, seed: 1 };
        let workload = Arc::new(Workload::new(&shape, "cpu", 1_700_000_000_000_000_000));
        // One thread sees 300 lines, another 1700; a third sees none.
        let mut of_first = 0;
        for seed in 0..400 {
            let all = Sample::new(50, seed, (None, 100));
            let mut tallies: Vec<_> = (0..3).map(|n| Tally::new(2, all.of_thread(n))).collect();
            let mut ring = Ring::new(&workload, 0, 1);
            for n in 0..20 {
                let body = ring.body(n);
                let thread = usize::from(n >= 3);
                let latency = Duration::from_millis(n + 1);
                let done =
                    Done { body: &body, lines: 100, sent: 7, latency, counts: n >= 2, is_ok: true };
                tallies[thread].count(&workload, thread, &done);
            }
            assert_eq!(tallies[0].tick().requests, 3);
            let mut joined = tallies.remove(2);
            tallies.into_iter().for_each(|tally| joined.join(tally));
            assert_eq!(joined.acknowledged, [300, 1700]);
            let total = &joined.total;
            assert_eq!((total.requests, total.lines, total.sent), (18, 1800, 126));
            assert!((total.latencies.max().unwrap() - 20.0).abs() < 0.1);
            assert_eq!(joined.sample.seen, 2000);
            let lines: std::collections::BTreeSet<_> =
                joined.sample.lines.iter().map(|sampled| sampled.line).collect();
            assert_eq!(lines.len(), 50, "none twice");
            of_first += lines.iter().filter(|line| **line < 300).count();
        }
        // 15 % of 400 × 50; the deviation of that is some 50.
        assert!(of_first.abs_diff(3000) < 250, "{of_first}");
    }

    #[test]
    fn a_sample_of_some_series_has_no_others() {
        let counts = taken(1, Some(8));
        let series: std::collections::BTreeSet<_> =
            (0..2000).filter(|n| counts[*n] > 0).map(|n| n % 100).collect();
        assert!((2..=8).contains(&series.len()), "{series:?}");
    }
}
