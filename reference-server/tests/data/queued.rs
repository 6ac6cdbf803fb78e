//! A product that acknowledges before it stores: what it has acknowledged is done in its turn, however
//! often the server was started meanwhile, as a server does it that was never stopped.

use crate::snapshots::{next, wait_until};
use crate::{Running, builder, run};
use reference_server::clock::Clock;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tempfile::TempDir;

/// 2026-11-21T03:00:00Z.
const NOW: i64 = 1_795_230_000_000_000_000;

/// What the product waits before it does what it acknowledged.
const DELAY: i64 = 1_000 * MILLISECOND;

const MILLISECOND: i64 = 1_000_000;
const HOUR: i64 = 3_600_000 * MILLISECOND;

/// A clock that goes on only when told.
struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// How the server that keeps its data is stopped and started between two requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stops {
    /// It does all again from its log.
    Log,
    /// From files.
    Files,
}

const BOTH: [Stops; 2] = [Stops::Log, Stops::Files];

/// A server that keeps its data and is stopped again and again, beside one that lives in memory.
struct Pair {
    kept: Option<Running>,
    held: Running,
    folder: TempDir,
    stops: Stops,
    settings: Vec<(&'static str, &'static str)>,
    clock: Arc<Still>,
}

impl Pair {
    async fn start(stops: Stops, settings: &[(&'static str, &'static str)]) -> Self {
        let clock = Arc::new(Still(AtomicI64::new(NOW)));
        let folder = tempfile::tempdir().unwrap();
        let held = server(None, settings, &clock).await;
        let kept = Some(server(Some((folder.path(), false)), settings, &clock).await);
        Self { kept, held, folder, stops, settings: settings.to_vec(), clock }
    }

    /// Stops the one that keeps its data, and starts it again.
    async fn stop_and_start(&mut self) {
        self.kept.take().unwrap().stop().await;
        let folder = self.folder.path();
        if self.stops == Stops::Files {
            let before = next(folder);
            if write_ahead_log::verify(folder).unwrap().next_sequence != before {
                let server = server(Some((folder, true)), &self.settings, &self.clock).await;
                wait_until("a snapshot", || next(folder) > before);
                server.stop().await;
            }
            let report = write_ahead_log::verify(folder).unwrap();
            assert_eq!(report.next_sequence, next(folder), "something is not in files");
        }
        self.kept = Some(server(Some((folder, false)), &self.settings, &self.clock).await);
    }

    fn pass(&self, nanoseconds: i64) {
        self.clock.0.fetch_add(nanoseconds, Ordering::SeqCst);
    }

    /// The same of both; afterwards the one is stopped and started.
    async fn ask(&mut self, what: impl Fn(&mut Running) -> (u16, String)) -> (u16, String) {
        let expected = what(&mut self.held);
        let found = what(self.kept.as_mut().unwrap());
        assert_eq!(found, expected, "{:?}", self.stops);
        self.stop_and_start().await;
        found
    }

    async fn write(&mut self, bucket: &str, lines: &str) -> u16 {
        self.ask(|server| (server.write(bucket, lines), String::new())).await.0
    }

    /// Queues the deletion of all that the predicate tells, of all times.
    async fn delete(&mut self, bucket: &str, predicate: &str) -> u16 {
        let body = json!({
            "start": "1970-01-01T00:00:00Z",
            "stop": "2100-01-01T00:00:00Z",
            "predicate": predicate,
        });
        let target = format!("/api/v2/delete?bucket={bucket}");
        self.ask(|server| server.ask("POST", &target, "", &body.to_string())).await.0
    }

    /// Makes a bucket.
    async fn bucket(&mut self, name: &str, extra: &Json) {
        self.ask(|server| {
            let orgs = server.ask("GET", "/api/v2/orgs", "", "").1;
            let orgs: Json = serde_json::from_str(&orgs).unwrap();
            let org = &orgs["orgs"][0]["id"];
            let mut new = json!({"orgID": org, "name": name, "retentionRules": []});
            for (key, value) in extra.as_object().into_iter().flatten() {
                new[key] = value.clone();
            }
            let (status, made) = server.ask("POST", "/api/v2/buckets", "", &new.to_string());
            assert_eq!(status, 201, "{made}");
            (status, String::new())
        })
        .await;
    }

    /// Drops a bucket.
    async fn drop_bucket(&mut self, name: &str) {
        self.ask(|server| {
            let id = id_of(server, name);
            let (status, _) = server.ask("DELETE", &format!("/api/v2/buckets/{id}"), "", "");
            (status, String::new())
        })
        .await;
    }

    /// All points of a bucket, which both servers have to have.
    async fn stored(&mut self, bucket: &str) -> Vec<String> {
        self.rows(bucket).await
    }

    /// The rows of what was not stored.
    async fn log(&mut self) -> Vec<String> {
        self.rows("_monitoring").await
    }

    async fn rows(&mut self, bucket: &str) -> Vec<String> {
        let flux = format!(
            "from(bucket: \"{bucket}\")
             |> range(start: 1970-01-01T00:00:00Z, stop: 2100-01-01T00:00:00Z)
             |> drop(columns: [\"_start\", \"_stop\", \"bucket\"])"
        );
        let rows = |server: &mut Running| {
            let kind = "Content-Type: application/vnd.flux\r\n";
            let (status, body) = server.ask("POST", "/api/v2/query", kind, &flux);
            assert_eq!(status, 200, "{body}");
            // Tables are numbered in whatever order they come.
            let rows = body.lines().filter(|line| line.starts_with(",_result,"));
            let mut rows: Vec<_> = rows.filter_map(|row| row.splitn(4, ',').nth(3)).collect();
            rows.sort_unstable();
            (status, rows.join("\n"))
        };
        let (_, rows) = self.ask(rows).await;
        rows.lines().map(str::to_owned).collect()
    }
}

fn id_of(server: &mut Running, bucket: &str) -> String {
    let (_, listed) = server.ask("GET", &format!("/api/v2/buckets?name={bucket}"), "", "");
    let listed: Json = serde_json::from_str(&listed).unwrap();
    listed["buckets"][0]["id"].as_str().unwrap().to_owned()
}

async fn server(
    data: Option<(&Path, bool)>,
    settings: &[(&'static str, &'static str)],
    clock: &Arc<Still>,
) -> Running {
    let mut builder = builder("cloud@docs").clock(Arc::clone(clock) as _);
    builder = builder.database("hour", Some(HOUR));
    for (name, value) in settings {
        builder = builder.set(name, value).unwrap();
    }
    if let Some((folder, in_files)) = data {
        builder = builder.data(folder);
        if in_files {
            builder = builder.log_bytes(1);
        }
    }
    run("cloud@docs", builder).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_is_done_in_its_turn() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[]).await;
        assert_eq!(pair.write("db", "m,t=a f=0.1,i=-7i,u=7u,s=\"x\\\"ü\",b=t 1").await, 204);
        // Without a time: what it was then is what it will be.
        assert_eq!(pair.write("db", "now f=1").await, 204);
        pair.pass(DELAY - 1);
        assert_eq!(pair.stored("db").await.len(), 0);
        pair.pass(1);
        assert_eq!(pair.stored("db").await.len(), 6, "{stops:?}");
        // Once and not again.
        pair.pass(HOUR);
        assert_eq!(pair.stored("db").await.len(), 6);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn writes_and_deletes_are_done_in_the_order_of_their_answers() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[]).await;
        assert_eq!(pair.write("db", "m f=1 1").await, 204);
        assert_eq!(pair.delete("db", "_measurement=m").await, 204);
        assert_eq!(pair.write("db", "m f=2 2\nn,t=a f=1,g=2 1").await, 204);
        pair.pass(1);
        assert_eq!(pair.delete("db", "_measurement=n AND _field=f").await, 204);
        pair.pass(DELAY - 1);
        assert_eq!(pair.stored("db").await.len(), 3, "{stops:?}: the last one waits");
        pair.pass(1);
        let left = pair.stored("db").await;
        assert_eq!(left.len(), 2, "{stops:?}: {left:?}");
    }
}

/// An InfluxQL statement is done at once, between what was done before it and what still waits.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_done_has_its_place_among_other_changes() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[]).await;
        assert_eq!(pair.write("db", "m f=1 1").await, 204);
        pair.pass(DELAY);
        // Somebody asks, and so it is done.
        assert_eq!(pair.stored("db").await.len(), 1);
        assert_eq!(pair.write("db", "m f=2 2").await, 204);
        let removed =
            pair.ask(|server| server.ask("POST", "/query?db=db&q=DELETE%20FROM%20m", "", "")).await;
        assert_eq!(removed.0, 200, "{}", removed.1);
        assert!(!removed.1.contains("error"), "{}", removed.1);
        assert_eq!(pair.stored("db").await.len(), 0);
        pair.pass(DELAY);
        let left = pair.stored("db").await;
        assert_eq!(left.len(), 1, "{stops:?}: {left:?}");
        assert!(left[0].contains(",2,"), "{stops:?}: {left:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_for_a_bucket_that_is_dropped_is_nobodys() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[]).await;
        pair.bucket("other", &json!({})).await;
        assert_eq!(pair.write("other", "m f=1 1").await, 204);
        pair.drop_bucket("other").await;
        pair.bucket("other", &json!({})).await;
        assert_eq!(pair.write("other", "m f=2 2").await, 204);
        pair.pass(DELAY);
        let left = pair.stored("other").await;
        assert!(left.len() == 1 && left[0].contains(",2,"), "{stops:?}: {left:?}");
    }
}

/// What was young enough when it was due is stored, and what was not is told as it was then.
#[tokio::test(flavor = "multi_thread")]
async fn the_clock_of_the_start_changes_nothing() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[]).await;
        let lines = format!(
            "m young=1 {}\nm old=1 {}\nm now=1",
            NOW - HOUR + DELAY,
            NOW - HOUR + DELAY - 1
        );
        assert_eq!(pair.write("hour", &lines).await, 204);
        // Nobody asks for a long time.
        pair.pass(20 * HOUR);
        pair.stop_and_start().await;
        let left = pair.stored("hour").await;
        assert_eq!(left.len(), 2, "{stops:?}: {left:?}");
        let log = pair.log().await;
        assert_eq!(log.len(), 1, "{stops:?}: {log:?}");
        assert!(log[0].contains("old"), "{stops:?}: {log:?}");
        // The next one finds what is too old by now, and has it dropped.
        assert_eq!(pair.write("hour", "m now=2").await, 204);
        pair.pass(DELAY);
        assert_eq!(pair.stored("hour").await.len(), 1, "{stops:?}");
    }
}

/// A field has the type that its series gave it first, as long as the series has any point.
#[tokio::test(flavor = "multi_thread")]
async fn the_types_of_series_are_there_again() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[]).await;
        assert_eq!(pair.write("db", "m,t=a f=1,g=1 1\nm,t=b f=1i 1").await, 204);
        pair.pass(DELAY);
        assert_eq!(pair.stored("db").await.len(), 3);
        assert_eq!(pair.delete("db", "_field=f AND t=a").await, 204);
        pair.pass(DELAY);
        assert_eq!(pair.stored("db").await.len(), 2);
        // No point tells the type of this field any more.
        assert_eq!(pair.write("db", "m,t=a f=2i 2\nm,t=b f=2i 2\nm,t=c f=t 2").await, 204);
        pair.pass(DELAY);
        assert_eq!(pair.stored("db").await.len(), 4, "{stops:?}");
        assert_eq!(pair.log().await.len(), 1, "{stops:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_of_the_log_are_never_written_over() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[]).await;
        assert_eq!(pair.write("db", "m f=1 1").await, 204);
        pair.pass(DELAY);
        // All of them of one time and one set of tags.
        for _ in 0..2 {
            let lines = "m f=1i 1\nm f=2i 2\nm f=3i 3";
            assert_eq!(pair.write("db", lines).await, 204);
        }
        pair.pass(DELAY);
        assert_eq!(pair.log().await.len(), 6, "{stops:?}");
        // A batch that is refused at once has its row too.
        assert_eq!(pair.write("db", "m f=1 1\nm f= 2").await, 400);
        assert_eq!(pair.log().await.len(), 7, "{stops:?}");
    }
}

/// What a schema refused stays refused, though it would allow it by now.
#[tokio::test(flavor = "multi_thread")]
async fn a_schema_judges_what_came_under_it() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[]).await;
        pair.bucket("explicit", &json!({"schemaType": "explicit"})).await;
        let columns = |fields: &[&str]| {
            let mut columns = vec![json!({"name": "time", "type": "timestamp"})];
            columns.extend(
                fields.iter().map(|f| json!({"name": f, "type": "field", "dataType": "float"})),
            );
            json!({"name": "m", "columns": columns}).to_string()
        };
        let (few, more) = (columns(&["f"]), columns(&["f", "g"]));
        let schemas = |server: &mut Running| {
            let id = id_of(server, "explicit");
            format!("/api/v2/buckets/{id}/schema/measurements")
        };
        pair.ask(|server| {
            let target = schemas(server);
            let (status, made) = server.ask("POST", &target, "", &few);
            assert_eq!(status, 201, "{made}");
            (status, String::new())
        })
        .await;
        assert_eq!(pair.write("explicit", "m f=1,g=1 1").await, 400);
        pair.ask(|server| {
            let target = schemas(server);
            let (_, listed) = server.ask("GET", &target, "", "");
            let listed: Json = serde_json::from_str(&listed).unwrap();
            let id = listed["measurementSchemas"][0]["id"].as_str().unwrap().to_owned();
            let (status, changed) = server.ask("PATCH", &format!("{target}/{id}"), "", &more);
            assert_eq!(status, 200, "{changed}");
            (status, String::new())
        })
        .await;
        assert_eq!(pair.write("explicit", "m f=2,g=2 2").await, 204);
        pair.pass(DELAY);
        assert_eq!(pair.stored("explicit").await.len(), 3, "{stops:?}");
        assert_eq!(pair.log().await.len(), 1, "{stops:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn series_that_were_counted_are_counted_again() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[("cardinality", "3")]).await;
        pair.bucket("other", &json!({})).await;
        assert_eq!(pair.write("db", "m,t=a f=1 1\nm,t=b f=1 1").await, 204);
        assert_eq!(pair.write("other", "m,t=a f=1 1").await, 204);
        assert_eq!(pair.write("db", "m,t=c f=1 1").await, 503, "{stops:?}");
        pair.pass(DELAY);
        assert_eq!(pair.write("db", "m,t=c f=1 1").await, 503, "{stops:?}");
        assert_eq!(pair.write("db", "m,t=b f=2 2").await, 204);
        // A bucket takes its series with it.
        pair.drop_bucket("other").await;
        assert_eq!(pair.write("db", "m,t=c f=1 1").await, 204, "{stops:?}");
        assert_eq!(pair.write("db", "m,t=d f=1 1").await, 503, "{stops:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_waits_has_an_end() {
    for stops in BOTH {
        let mut pair = Pair::start(stops, &[]).await;
        let large = format!("m f=\"{}\" 1", "x".repeat(33 << 20));
        assert_eq!(pair.write("db", &large).await, 204);
        assert_eq!(pair.write("db", &large).await, 503, "{stops:?}");
        pair.pass(DELAY);
        assert_eq!(pair.write("db", &large).await, 204, "{stops:?}");
    }
}

/// While it is written to, a snapshot has what waits too.
#[tokio::test(flavor = "multi_thread")]
async fn a_snapshot_that_is_made_meanwhile_has_what_waits() {
    let clock = Arc::new(Still(AtomicI64::new(NOW)));
    let folder = tempfile::tempdir().unwrap();
    let mut kept = server(Some((folder.path(), true)), &[], &clock).await;
    let query = "/query?db=db&epoch=ns&q=SELECT%20count(v)%20FROM%20m";
    for round in 0..20 {
        let before = next(folder.path());
        assert_eq!(kept.write("db", &format!("m v={round}i {round}")), 204);
        wait_until("a snapshot", || next(folder.path()) > before);
        clock.0.fetch_add(DELAY / 3, Ordering::SeqCst);
        if round % 3 == 0 {
            kept.stop().await;
            kept = server(Some((folder.path(), true)), &[], &clock).await;
        }
    }
    clock.0.fetch_add(DELAY, Ordering::SeqCst);
    let (_, all) = kept.ask("GET", query, "", "");
    assert!(all.contains(",20]"), "{all}");
    kept.stop().await;
    let mut kept = server(Some((folder.path(), false)), &[], &clock).await;
    assert_eq!(kept.ask("GET", query, "", "").1, all);
    kept.stop().await;
}

/// Nothing is done that waits where it would be built upon damage; once that is mended, it is.
#[tokio::test(flavor = "multi_thread")]
async fn damage_is_told_and_nothing_is_built_upon_it() {
    let clock = Arc::new(Still(AtomicI64::new(NOW)));
    let folder = tempfile::tempdir().unwrap();
    let mut kept = server(Some((folder.path(), true)), &[], &clock).await;
    let lines: String = (0..20_000).map(|n| format!("m v={n},w={} {n}\n", n * n % 997)).collect();
    assert_eq!(kept.write("db", &lines), 204);
    clock.0.fetch_add(DELAY, Ordering::SeqCst);
    let before = next(folder.path());
    let query = "/query?db=db&q=SELECT%20sum(v),sum(w)%20FROM%20m";
    assert_eq!(kept.ask("GET", query, "", "").0, 200);
    wait_until("a snapshot", || next(folder.path()) > before);
    let before = next(folder.path());
    assert_eq!(kept.write("db", "m v=1 1\nother v=1 1"), 204);
    wait_until("a snapshot", || next(folder.path()) > before);
    kept.stop().await;
    let snapshots = std::fs::read_dir(folder.path().join("snapshots")).unwrap();
    let files = snapshots.map(|entry| entry.unwrap().path());
    let file = files.max_by_key(|path| path.metadata().unwrap().len()).unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let middle = bytes.len() / 3;
    bytes[middle] ^= 1;
    std::fs::write(&file, bytes).unwrap();

    let mut kept = server(Some((folder.path(), false)), &[], &clock).await;
    clock.0.fetch_add(DELAY, Ordering::SeqCst);
    let (status, body) = kept.ask("GET", query, "", "");
    assert!(status == 500 && body.contains(".parquet"), "{status} {body}");
    for target in ["/api/v2/write?bucket=db", "/api/v2/write?bucket=hour"] {
        let (status, body) = kept.ask("POST", target, "", "m v=1 1");
        assert!(status == 500 && body.contains(".parquet"), "{status} {body}");
    }
    kept.stop().await;
    // A repair has no point of what waits, and keeps it.
    let report = reference_server::repair_snapshot(folder.path()).unwrap().unwrap();
    assert_eq!(report.damage.len(), 1, "{report:?}");
    let mut kept = server(Some((folder.path(), false)), &[], &clock).await;
    let (status, other) = kept.ask("GET", "/query?db=db&q=SELECT%20v%20FROM%20other", "", "");
    assert!(status == 200 && other.contains("values"), "{status} {other}");
    assert_eq!(kept.write("db", "m v=1 1"), 204);
    kept.stop().await;
}
