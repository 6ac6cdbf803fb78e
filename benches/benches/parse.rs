//! Parsing, in both grammars, one core, every value decoded.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use line_protocol::{Dialect, Options, parse};
use lineproof_benches::{Workload, a_tenth_bad, small, tsbs};
use std::hint::black_box;

const LINES: usize = 1000;

/// Good and bad lines of a body.
fn count(workload: &Workload, dialect: &Dialect) -> (usize, usize) {
    let mut counts = (0, 0);
    for item in parse(black_box(workload.body.as_bytes()), dialect, &Options::default()) {
        match black_box(item) {
            Ok(_) => counts.0 += 1,
            Err(_) => counts.1 += 1,
        }
    }
    counts
}

fn parsing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("parse");
    for workload in [tsbs(LINES), small(LINES), a_tenth_bad(LINES)] {
        let bad = if workload.name == "a tenth bad" { workload.lines / 10 } else { 0 };
        group.throughput(Throughput::Bytes(workload.body.len() as u64));
        for (name, dialect) in [("go", Dialect::GO_V2), ("iox", Dialect::IOX_3_6)] {
            assert_eq!(
                count(&workload, &dialect),
                (workload.lines - bad, bad),
                "{}",
                workload.name
            );
            let id = BenchmarkId::new(name, workload.name);
            group.bench_with_input(id, &workload, |bencher, workload| {
                bencher.iter(|| count(workload, &dialect));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, parsing);
criterion_main!(benches);
