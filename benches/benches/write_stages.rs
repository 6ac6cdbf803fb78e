//! The path of a write by stages: the answered request, decoding, parsing, holding lines against the
//! schema, the log, the store, and the body of an answer that refuses. Each is measured alone, with what
//! the stage before it makes, and checks while it runs that it did all of its work.
//!
//! A stage's share of the whole is not only its time here: over a socket (`write_throughput`) several
//! requests are under way, and the log's wait for the disk is shared.

use criterion::measurement::WallTime;
use criterion::{
    BenchmarkGroup, Criterion, SamplingMode, Throughput, criterion_group, criterion_main,
};
use flate2::Compression;
use flate2::write::GzEncoder;
use line_protocol::{Line, Options as ParseOptions, Precision, parse};
use lineproof_benches::{Moving, Workload, small, tsbs};
use profiles::Profile;
use profiles::answer::Fault;
use profiles::storage::Storage;
use profiles::write::WriteEndpoint;
use reference_server::http::{Body, Handler, Request, Response, serve_connection};
use reference_server::respond;
use reference_server::stage::decode::{Announced, decode};
use reference_server::stage::{Failed, RejectedLine, WriteFault, parse as parsing};
use reference_server::store::shards::ShardedBucket;
use reference_server::store::tables::{Row, TableSet, TimeUnit};
use reference_server::store::view::Measurement;
use std::hint::black_box;
use std::io::{Cursor, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncReadExt;
use tokio::sync::watch;
use write_ahead_log::{Log, Options};

/// Lines of a body.
const LINES: usize = 1000;

/// So many bodies go into a store before it is counted and another one begun: what is measured must not
/// depend on how long criterion stays.
const BODIES: usize = 100;

/// All times are before it, and after it in no product's future.
const NOW: i64 = 1_800_000_000_000_000_000;

/// A Go product, and one with tables.
fn products() -> [&'static Profile; 2] {
    ["oss-v1@1.6", "v3-core@3.8.0"].map(|name| profiles::find(name).expect("a known profile"))
}

fn workloads() -> [Workload; 2] {
    [tsbs(LINES), small(LINES)]
}

/// The product's own write endpoint.
fn endpoint(profile: &'static Profile) -> &'static WriteEndpoint {
    profile.facts.write.first().expect("it takes writes")
}

/// Short: noise is seen by repeating the whole, not by staying longer with one.
fn group<'c>(criterion: &'c mut Criterion, name: &str) -> BenchmarkGroup<'c, WallTime> {
    let mut group = criterion.benchmark_group(name);
    group.warm_up_time(Duration::from_millis(300)).measurement_time(Duration::from_secs(1));
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    group.throughput(Throughput::Elements(LINES as u64));
    group
}

/// Answers a write when all of it has come.
struct Taker;

impl Handler for Taker {
    async fn handle(&self, _: Request, body: Body<'_>) -> Response {
        let read = body.read(1 << 30).await;
        let length = read.map_or(0, |body| body.len());
        Response::new(204).with("X-Length", length.to_string())
    }
}

/// From the bytes of a request to its body, and from an outcome to bytes: what HTTP costs without any of
/// the stages.
fn answering(criterion: &mut Criterion) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.expect("a runtime");
    let mut group = group(criterion, "answer");
    for workload in workloads() {
        let length = workload.body.len();
        let head = format!(
            "POST /write?db=bench HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
        );
        let request: Arc<[u8]> = [head.as_bytes(), workload.body.as_bytes()].concat().into();
        let told = format!("X-Length: {length}\r\n");
        group.bench_function(format!("204/{}", workload.name), |bencher| {
            bencher.iter(|| {
                let (_stop, stopped) = watch::channel(false);
                let (mut client, answers) = tokio::io::duplex(4 << 10);
                let stream = tokio::io::join(Cursor::new(Arc::clone(&request)), answers);
                let served = runtime.block_on(serve_connection(stream, &Taker, stopped));
                served.expect("nothing breaks in memory");
                let mut answer = Vec::new();
                let read = runtime.block_on(client.read_to_end(&mut answer));
                read.expect("nothing breaks in memory");
                assert!(answer.starts_with(b"HTTP/1.1 204 "));
                assert!(memchr::memmem::find(&answer, told.as_bytes()).is_some());
            });
        });
    }
    let line = |number| RejectedLine {
        message:
            "invalid column type for column 'usage', expected iox::column_type::field::integer, \
                  got iox::column_type::field::float"
                .to_owned(),
        number,
        original: "cpu,hostname=host_0 usage=1.5 1700000000000000000".to_owned(),
        failed: Failed::Writing,
    };
    for profile in products() {
        let mut fault = WriteFault::with(Fault::PartialLines, "detail", "the first of them");
        fault.lines = (1..=LINES).map(line).collect();
        let (http, answers) = (&profile.facts.http, endpoint(profile).answers);
        let answer = respond::fault(http, answers, &fault);
        // One answer tells of each line, the other of the first.
        let told = memchr::memmem::find_iter(&answer.body, b"\"line_number\":").count();
        let expected = if profile.facts.v3_api.is_some() { LINES } else { 0 };
        assert_eq!((answer.status, told), (400, expected), "{}", profile.name());
        group.bench_function(format!("400/{}", profile.name()), |bencher| {
            bencher.iter(|| {
                let again = respond::fault(http, answers, black_box(&fault));
                assert_eq!(again.body.len(), answer.body.len());
            });
        });
    }
}

fn decoding(criterion: &mut Criterion) {
    let mut group = group(criterion, "decode");
    for workload in workloads() {
        let text = workload.body.as_bytes();
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text).expect("memory takes it");
        let compressed = encoder.finish().expect("memory takes it");
        for profile in products() {
            let endpoint = endpoint(profile);
            for (name, announced, sent) in
                [("plain", Announced::Plain, text), ("gzip", Announced::Gzip, &*compressed)]
            {
                let once = decode(endpoint, &announced, sent.to_vec()).expect("it is whole");
                assert!(once == text, "{}: what was decoded is another text", profile.name());
                let id = format!("{name}/{}/{}", workload.name, profile.name());
                group.bench_function(id, |bencher| {
                    bencher.iter_custom(|count| {
                        timed(
                            count,
                            || sent.to_vec(),
                            |body| {
                                let decoded =
                                    decode(endpoint, &announced, body).expect("it is whole");
                                assert_eq!(decoded.len(), text.len());
                                decoded
                            },
                        )
                    });
                });
            }
        }
    }
}

/// How long `work` takes so many times; what it needs is made, and what it makes dropped, while the clock
/// stands.
fn timed<I, O>(count: u64, mut input: impl FnMut() -> I, mut work: impl FnMut(I) -> O) -> Duration {
    let mut taken = Duration::ZERO;
    for _ in 0..count {
        let input = input();
        let begun = Instant::now();
        let output = black_box(work(black_box(input)));
        taken += begun.elapsed();
        drop(output);
    }
    taken
}

fn parsing_stage(criterion: &mut Criterion) {
    let mut group = group(criterion, "parse");
    for workload in workloads() {
        let text = workload.body.as_bytes();
        for profile in products() {
            let (dialect, bad_lines) = (&profile.facts.dialect, endpoint(profile).bad_lines);
            let read = || {
                let batch = parsing::parse(text, dialect, Precision::Nanosecond, NOW, bad_lines);
                let batch = batch.expect("all lines are good");
                assert_eq!((batch.count(), batch.rejected.len()), (LINES, 0));
                batch
            };
            let fields: usize = read().lines().iter().map(|line| line.fields.len()).sum();
            assert_eq!(fields, fields_of(&workload), "{}", profile.name());
            group.bench_function(format!("{}/{}", workload.name, profile.name()), |bencher| {
                bencher.iter(|| drop(black_box(read())));
            });
        }
    }
}

/// Fields of a workload, as it was composed.
fn fields_of(workload: &Workload) -> usize {
    let fields = workload.tally(lineproof_benches::Grammar::Iox).fields;
    usize::try_from(fields).expect("some thousands")
}

/// The lines of a text, all good.
fn lines<'t>(profile: &Profile, text: &'t [u8]) -> Vec<Line<'t>> {
    let options = ParseOptions { precision: Precision::Nanosecond, default_time: NOW };
    let lines = parse(text, &profile.facts.dialect, &options);
    lines.map(|line| line.expect("a good line")).collect()
}

/// Lets the times of the lines go on.
fn advance(lines: &mut [Line<'_>], step: i64) {
    for line in lines {
        line.timestamp = line.timestamp.map(|time| time + step);
    }
}

/// Holds lines against the tables that they go to: what comes of it is rows. The Go products do it as they
/// store; see `buffer`.
fn validating(criterion: &mut Criterion) {
    let mut group = group(criterion, "validate");
    for workload in workloads() {
        for profile in products() {
            let Storage::Tables(rules) = profile.facts.storage else { continue };
            let lines = lines(profile, workload.body.as_bytes());
            let mut tables = TableSet::default();
            // The series are known, as they are to a server that was written to before.
            for row in rows(&mut tables, &rules, &lines) {
                tables.insert(row);
            }
            group.bench_function(format!("{}/{}", workload.name, profile.name()), |bencher| {
                bencher.iter(|| {
                    let rows = rows(&mut tables, &rules, black_box(&lines));
                    assert_eq!(rows.len(), LINES);
                    drop(black_box(rows));
                });
            });
        }
    }
}

fn rows(tables: &mut TableSet, rules: &profiles::storage::Tables, lines: &[Line<'_>]) -> Vec<Row> {
    let unit = TimeUnit::Given(Precision::Nanosecond);
    let row = |line| tables.row(rules, 0, line, unit, NOW, None).expect("it fits");
    lines.iter().map(row).collect()
}

/// How many points there are of all fields.
fn points(stored: &[Measurement]) -> usize {
    let series = stored.iter().flat_map(|measurement| &measurement.series);
    series.flat_map(|series| series.columns.all()).map(|column| column.points.len()).sum()
}

/// Lines, or rows, into the store. The Go products look at the types of fields there, shard by shard.
fn buffering(criterion: &mut Criterion) {
    let mut group = group(criterion, "buffer");
    for workload in workloads() {
        let mut moving = Moving::new(&workload);
        let step = moving.step();
        let text = moving.next_body();
        for profile in products() {
            let mut lines = lines(profile, text);
            let id = match profile.facts.storage {
                Storage::Tables(_) => format!("{}/{}", workload.name, profile.name()),
                _ => format!("{}/{}, validate too", workload.name, profile.name()),
            };
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|count| {
                    let mut taken = Duration::ZERO;
                    let mut left = usize::try_from(count).expect("criterion stays for a second");
                    while left > 0 {
                        let bodies = left.min(BODIES);
                        left -= bodies;
                        let (time, stored) = buffered(profile, &mut lines, step, bodies);
                        taken += time;
                        // No time came twice, so nothing may have taken the place of another.
                        assert_eq!(points(&stored), fields_of(&workload) * bodies);
                    }
                    taken
                });
            });
        }
    }
}

/// How long so many bodies take into a store that is empty at first, and what is in it then.
fn buffered(
    profile: &Profile,
    lines: &mut [Line<'_>],
    step: i64,
    bodies: usize,
) -> (Duration, Vec<Measurement>) {
    const WEEK: i64 = 7 * 86_400 * 1_000_000_000;
    let mut taken = Duration::ZERO;
    match profile.facts.storage {
        Storage::Shards(rules) => {
            let mut bucket = ShardedBucket::new(rules, None, WEEK);
            for _ in 0..bodies {
                let begun = Instant::now();
                bucket.write(black_box(lines), NOW).expect("nothing is dropped");
                taken += begun.elapsed();
                advance(lines, step);
            }
            (taken, bucket.view())
        }
        Storage::Tables(rules) => {
            let mut tables = TableSet::default();
            for _ in 0..bodies {
                let rows = rows(&mut tables, &rules, lines);
                let begun = Instant::now();
                for row in black_box(rows) {
                    tables.insert(row);
                }
                taken += begun.elapsed();
                advance(lines, step);
            }
            (taken, tables.view())
        }
        Storage::Partitions(_) => unreachable!("none of the products that are measured"),
    }
}

/// Bodies into the log, until they are on disk: one at a time, and eight that wait for one sync.
fn logging(criterion: &mut Criterion) {
    let mut group = group(criterion, "log");
    // About what the server puts before a body.
    let head = [b' '; 100];
    for workload in workloads() {
        let body = workload.body.as_bytes();
        for together in [1, 8] {
            group.throughput(Throughput::Elements(LINES as u64 * together));
            let id = format!("{}/{together} on disk", workload.name);
            group.bench_function(id, |bencher| {
                bencher.iter_custom(|count| {
                    let folder = tempfile::tempdir().expect("a folder");
                    let none = |_, _: &[u8]| std::io::Result::Ok(());
                    let opened = Log::open(folder.path(), Options::default(), none);
                    let (log, _) = opened.expect("a new log");
                    let begun = Instant::now();
                    for _ in 0..count {
                        let mut last = 0;
                        for _ in 0..together {
                            last = log.append(&[&head, body]).expect("it is taken");
                        }
                        log.wait(last).expect("the disk takes it");
                    }
                    let taken = begun.elapsed();
                    drop(log);
                    let mut found = 0;
                    let count_all = |_, entry: &[u8]| {
                        found += u64::from(entry.len() == head.len() + body.len());
                        std::io::Result::Ok(())
                    };
                    drop(
                        Log::open(folder.path(), Options::default(), count_all)
                            .expect("it is whole"),
                    );
                    assert_eq!(found, count * together, "what was acknowledged is on disk");
                    taken
                });
            });
        }
    }
}

criterion_group!(benches, answering, decoding, parsing_stage, validating, logging, buffering);
criterion_main!(benches);
