//! Parsing on one core: every workload by every parser, and the ceilings that none can break.
//!
//! Before anything is timed, what a parser found is held against what the workload is made of.
//! `cargo xtask bench-table` makes the table of the README from this.

mod contenders;

use contenders::Contender;
use cpu_time::ThreadTime;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{
    BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use line_protocol::{Dialect, Parser};
use lineproof_benches::{Workload, all};
use std::hint::black_box;
use std::time::Duration;

/// The time that this thread had a core. Nothing measured here waits, so on a machine of its own it
/// is what a clock on the wall shows; on a shared one it leaves out the others' turns.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = ThreadTime;
    type Value = Duration;

    fn start(&self) -> ThreadTime {
        ThreadTime::now()
    }

    fn end(&self, start: ThreadTime) -> Duration {
        start.elapsed()
    }

    fn add(&self, one: &Duration, other: &Duration) -> Duration {
        *one + *other
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        value.as_nanos() as f64
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        WallTime.formatter()
    }
}

fn parsing(criterion: &mut Criterion<CpuTime>) {
    let mut parsers = contenders::parsers();
    for workload in all() {
        let mut group = criterion.benchmark_group(workload.name);
        // Short: noise is seen by repeating the whole, not by staying longer with one.
        group.warm_up_time(Duration::from_millis(100)).measurement_time(Duration::from_millis(400));
        group.sample_size(20).sampling_mode(SamplingMode::Flat);
        group.throughput(Throughput::Bytes(workload.body.len() as u64));
        ceilings(&mut group, &workload);
        for parser in &mut parsers {
            parser.check(&workload);
            let Contender { name, run, .. } = parser;
            group.bench_function(name.as_str(), |bencher| {
                bencher.iter(|| run(black_box(&workload)));
            });
        }
        group.finish();
    }
}

/// What is not parsing, but must be done by all who parse.
fn ceilings(group: &mut BenchmarkGroup<'_, CpuTime>, workload: &Workload) {
    let feeds = |body: &[u8]| memchr::memchr_iter(b'\n', body).count();
    let found: usize = workload.bodies().map(feeds).sum();
    assert_eq!(found, workload.body.bytes().filter(|byte| *byte == b'\n').count());
    group.bench_function("line feeds", |bencher| {
        bencher.iter(|| black_box(workload).bodies().map(feeds).sum::<usize>());
    });
    let is_utf8 = |body: &[u8]| std::str::from_utf8(body).is_ok();
    assert!(workload.bodies().all(is_utf8));
    group.bench_function("utf-8", |bencher| {
        bencher.iter(|| black_box(workload).bodies().all(is_utf8));
    });
    // Either grammar: the scan knows none.
    let mut parser = Parser::new(Dialect::IOX_3_9);
    let mut structural = |body: &[u8]| parser.count_structural(body);
    let found: usize = workload.bodies().map(&mut structural).sum();
    assert_eq!(found, workload.body.bytes().filter(|byte| b", =\"\\\n\t\0".contains(byte)).count());
    group.bench_function("scan", |bencher| {
        bencher.iter(|| black_box(workload).bodies().map(&mut structural).sum::<usize>());
    });
}

criterion_group! {
    name = benches;
    config = Criterion::default().with_measurement(CpuTime);
    targets = parsing
}
criterion_main!(benches);
