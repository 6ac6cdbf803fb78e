//! Writing over a socket by one connection, keep-alive: to the reference servers in this process, in
//! memory and on disk, or with `LINEPROOF_TARGET=URL` to any running server. No point is written twice,
//! and in the end a server must say that it has as many lines as it acknowledged.
//!
//! | variable | says |
//! |---|---|
//! | `LINEPROOF_TARGET` | where the server is (http only) |
//! | `LINEPROOF_PROFILE` | what it is taken for; `oss-v1@1.6` if nothing is said |
//! | `LINEPROOF_TOKEN`, or `LINEPROOF_USER` and `LINEPROOF_PASSWORD` | who we are there |
//! | `LINEPROOF_ORG` | the organisation (v2) |
//! | `LINEPROOF_DATABASE` | an empty database or bucket that is there; otherwise one is made and dropped |
//! | `LINEPROOF_UNCOUNTED` | anything: the server cannot say how many lines it has |
//!
//! How much a server takes from many connections, `lineproof bench` measures.

mod target;

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use lineproof_benches::{Moving, Workload, small, tsbs};
use profiles::Family;
use reference_server::Server;
use std::time::{Duration, Instant};
use target::Target;

/// Lines of a body.
const LINES: usize = 1000;

fn writing(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("write");
    group.warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(LINES as u64));
    match Target::of_environment(|name| std::env::var(name).ok()) {
        Err(why) => panic!("{why}"),
        Ok(Some(target)) => all(&mut group, "target", &target),
        Ok(None) => embedded(&mut group),
    }
    group.finish();
}

/// The workloads, each with a measurement of its name and a field that all its lines have.
fn all(group: &mut BenchmarkGroup<'_, WallTime>, name: &str, target: &Target) {
    let _made = target.made();
    for (workload, measurement, field) in
        [(tsbs(LINES), "cpu", "usage_user"), (small(LINES), "sensor", "value")]
    {
        let written = write(group, (name, target), &workload);
        if written > 0 {
            target.must_have(measurement, field, written);
        }
    }
}

/// Measures a server with a workload; how many lines it acknowledged.
fn write(
    group: &mut BenchmarkGroup<'_, WallTime>,
    (name, target): (&str, &Target),
    workload: &Workload,
) -> u64 {
    let mut moving = Moving::new(workload);
    let url = target.write_url();
    let mut written = 0;
    group.bench_function(format!("{name}/{}", workload.name), |bencher| {
        bencher.iter_custom(|count| {
            let mut taken = Duration::ZERO;
            for _ in 0..count {
                let body = moving.next_body();
                let begun = Instant::now();
                let (status, text) = target.write(&url, body);
                taken += begun.elapsed();
                assert!((200..300).contains(&status), "{url}: status {status} {text}");
                written += workload.lines as u64;
            }
            taken
        });
    });
    written
}

/// The servers in this process.
fn embedded(group: &mut BenchmarkGroup<'_, WallTime>) {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for name in ["oss-v1@1.6", "oss-v2@2.7", "v3-core@3.8.0"] {
        let profile = profiles::find(name).expect("a known profile");
        for keeps in [false, true] {
            // After the server, when it is dropped.
            let folder = tempfile::tempdir().expect("a folder");
            let mut builder = Server::builder(profile);
            if keeps {
                builder = builder.data(folder.path());
            }
            let server = runtime.block_on(builder.start()).expect("a free port");
            let mut target = Target::new(server.url(), profile);
            target.authorization = server.token().map(|token| match profile.family {
                Family::V3 => format!("Bearer {token}"),
                _ => format!("Token {token}"),
            });
            "lineproof".clone_into(&mut target.organisation);
            let name = if keeps { format!("{name}, on disk") } else { name.to_owned() };
            all(group, &name, &target);
            runtime.block_on(server.stop());
        }
    }
}

criterion_group!(benches, writing);
criterion_main!(benches);
