//! Servers whose log is put into Parquet files all the time: they answer as those do that never wrote
//! a file, while it happens and after a start.

use super::{Running, builder, run};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

const PROFILES: [&str; 6] = [
    "oss-v1@1.6",
    "oss-v2@2.7",
    "oss-v2@2.9",
    "v3-core@3.8.0",
    "clustered@docs",
    "cloud-serverless@router-2023",
];

/// One that makes a snapshot after each change.
async fn start(profile: &'static str, folder: &Path) -> Running {
    run(profile, builder(profile).data(folder).log_bytes(1)).await.unwrap()
}

fn manifest(folder: &Path) -> Option<serde_json::Value> {
    let text = std::fs::read_to_string(folder.join("snapshots/manifest.json")).ok()?;
    serde_json::from_str(text.lines().nth(1)?).ok()
}

/// The first entry of the log that no snapshot has.
pub(super) fn next(folder: &Path) -> u64 {
    manifest(folder).map_or(0, |manifest| manifest["next"].as_u64().unwrap())
}

/// Whether there is a snapshot with points.
pub(super) fn has_files(folder: &Path) -> bool {
    manifest(folder).is_some_and(|manifest| manifest["index"]["files"] != serde_json::json!([]))
}

/// Waits until `is_so`, which it has to be soon.
pub(super) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !is_so() {
        assert!(begin.elapsed() < Duration::from_secs(60), "{what} did not come");
        std::thread::sleep(Duration::from_millis(5));
    }
}

/// The files in the folder of the snapshots.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder.join("snapshots")) else { return Vec::new() };
    let mut files: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn parquet(folder: &Path) -> Vec<PathBuf> {
    let is_one = |path: &PathBuf| path.extension().is_some_and(|e| e == "parquet");
    files(folder).into_iter().filter(is_one).collect()
}

/// Batches that make every kind of part: all types, several shards, points in the past, values again,
/// fields that come and go, refused lines, many points.
fn batches() -> Vec<String> {
    let mut many = String::new();
    for point in 0..3000 {
        many += &format!("many,s={} i={point}i,f={point}.5 {}\n", point % 3, 1000 + 7 * point);
    }
    let days: String = (0..20)
        .map(|day| format!("days,t=a v={day},n={day}i {}\n", day * 86_400_000_000_000_i64))
        .collect();
    vec![
        "m,t=a f=1.5,i=2i,s=\"x\",b=t 1000\nm,t=b f=2 1000\nother x=1 5".to_owned(),
        many.clone(),
        "m,t=a f=2.5,s=\"a\\\"b\" 3000\nm,t=a f=9 1000\nm,t=ü s=\"ü\" 7".to_owned(),
        days,
        "m,t=a f=-1,i=-9i 500\nm,t=a f=-2 100\nm f=0 1\nm,u=1,t=a f=4 2000".to_owned(),
        "m,t=a f=\"text\" 3000\nm,t=a f=7 4000".to_owned(),
        // All in the middle of what is in files by now.
        many.replace("many,s=1", "many,s=0").replace(".5 ", ".25 "),
        "many,s=2 f=0 1008\nmany,s=2 new=true 99999999".to_owned(),
    ]
}

const QUERIES: [&str; 12] = [
    "SELECT * FROM m",
    "SELECT * FROM many",
    "SELECT * FROM days",
    "SELECT f FROM many ORDER BY time DESC LIMIT 5",
    "SELECT i FROM many LIMIT 3 OFFSET 1500",
    "SELECT count(*) FROM many GROUP BY s",
    "SELECT mean(f),max(i) FROM many WHERE time > 5000 AND time < 9000 GROUP BY time(1us)",
    "SELECT sum(n) FROM days WHERE time > 1d GROUP BY time(7d)",
    "SELECT * FROM many WHERE f > 2990 AND i < 2995",
    "SELECT last(f), first(f) FROM m GROUP BY t",
    "SHOW FIELD KEYS",
    "SHOW TAG KEYS",
];

fn answers(server: &mut Running) -> Vec<String> {
    QUERIES.map(|query| server.query("db", query)).to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn points_in_files_are_answered_like_points_in_memory() {
    for profile in PROFILES {
        let folder = tempfile::tempdir().unwrap();
        let mut kept = start(profile, folder.path()).await;
        let mut held = run(profile, builder(profile)).await.unwrap();
        for batch in batches() {
            let before = next(folder.path());
            let statuses = (kept.write("db", &batch), held.write("db", &batch));
            assert_eq!(statuses.0, statuses.1, "{profile}: {batch:.60}");
            // A batch of which nothing is stored changes the v3 products' schemas at most.
            wait_until("a snapshot", || next(folder.path()) > before);
            assert_eq!(answers(&mut kept), answers(&mut held), "{profile}: {batch:.60}");
        }
        let expected = answers(&mut held);
        assert!(expected[1].len() > 10_000, "{profile}: {}", expected[1]);
        kept.stop().await;
        for start_again in 0..2 {
            let mut kept = start(profile, folder.path()).await;
            assert_eq!(answers(&mut kept), expected, "{profile}: start {start_again}");
            kept.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_is_forgotten_and_so_are_files_that_nobody_needs() {
    for profile in PROFILES {
        let folder = tempfile::tempdir().unwrap();
        let mut server = start(profile, folder.path()).await;
        let batch: String = (0..2000).map(|n| format!("m v={n} {n}\n")).collect();
        let log_bytes = || {
            let entries = std::fs::read_dir(folder.path().join("log")).unwrap();
            entries.map(|entry| entry.unwrap().metadata().map_or(0, |m| m.len())).sum::<u64>()
        };
        for _ in 0..5 {
            let before = next(folder.path());
            assert_eq!(server.write("db", &batch), 204);
            wait_until("a snapshot", || next(folder.path()) > before);
            wait_until("a short log", || log_bytes() < 4000);
            // The same points again: those before are of no use.
            wait_until("one file", || parquet(folder.path()).len() == 1);
        }
        assert!(server.query("db", "SELECT count(v) FROM m").contains("2000"), "{profile}");
        server.stop().await;
        // What an end in the middle of a snapshot leaves.
        let left = folder.path().join("snapshots/00000000000000000099-3-000001.parquet");
        std::fs::write(left, "half of it").unwrap();
        std::fs::write(folder.path().join("snapshots/manifest.tmp"), "half of it").unwrap();
        let mut server = start(profile, folder.path()).await;
        assert!(server.query("db", "SELECT count(v) FROM m").contains("2000"), "{profile}");
        assert_eq!(parquet(folder.path()).len(), 1);
        assert_eq!(files(folder.path()).len(), 2, "{:?}", files(folder.path()));
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn files_of_others_are_never_removed() {
    let profile = "oss-v1@1.6";
    let refused = async |folder: &Path, words: &str| {
        let before = all_in(folder);
        let error = run(profile, builder(profile).data(folder)).await.err().unwrap();
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(all_in(folder), before);
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("notes.txt"), "mine").unwrap();
    refused(folder.path(), "\"notes.txt\"; name an empty folder").await;

    // What a file system has by itself is nobody's.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("lost+found")).unwrap();
    let mut server = start(profile, folder.path()).await;
    assert_eq!(server.write("db", "m v=1 1"), 204);
    wait_until("a snapshot", || has_files(folder.path()));
    server.stop().await;
    let mine = folder.path().join("snapshots/2025.parquet");
    std::fs::write(&mine, "mine").unwrap();
    start(profile, folder.path()).await.stop().await;
    assert_eq!(std::fs::read(&mine).unwrap(), b"mine");

    // All that says what the files are is lost.
    for name in ["FORMAT", "snapshots/manifest.json"] {
        std::fs::remove_file(folder.path().join(name)).unwrap();
    }
    std::fs::remove_dir_all(folder.path().join("log")).unwrap();
    refused(folder.path(), "put a copy of the folder in its place").await;
}

/// The names of all files under a folder.
fn all_in(folder: &Path) -> Vec<PathBuf> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            all.append(&mut all_in(&path));
        }
        all.push(path);
    }
    all.sort();
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_from_files_stays_deleted() {
    for profile in ["oss-v1@1.6", "oss-v2@2.7"] {
        let folder = tempfile::tempdir().unwrap();
        let mut server = start(profile, folder.path()).await;
        let batch: String =
            (0..100).map(|n| format!("m,t=a v={n} {n}\nm,t=b v={n} {n}\n")).collect();
        assert_eq!(server.write("db", &batch), 204);
        wait_until("a snapshot", || has_files(folder.path()));
        let before = next(folder.path());
        if profile.starts_with("oss-v1") {
            server.change("DELETE FROM m WHERE t = 'a' AND time >= 10 AND time < 95");
        } else {
            let body = r#"{"start":"1970-01-01T00:00:00.00000001Z","stop":"1970-01-01T00:00:00.000000094Z","predicate":"t=a"}"#;
            let target = "/api/v2/delete?org=lineproof&bucket=db";
            let (status, answer) =
                server.ask("POST", target, "Content-Type: application/json\r\n", body);
            assert_eq!(status, 204, "{answer}");
        }
        let query = "SELECT count(v) FROM m GROUP BY t";
        let expected = server.query("db", query);
        assert!(expected.contains("15]") && expected.contains("100]"), "{expected}");
        wait_until("a snapshot", || next(folder.path()) > before);
        assert_eq!(server.query("db", query), expected, "{profile}");
        server.stop().await;
        let mut server = start(profile, folder.path()).await;
        assert_eq!(server.query("db", query), expected, "{profile}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_file_is_named_and_nobody_is_told_less_than_all() {
    for profile in PROFILES {
        let folder = tempfile::tempdir().unwrap();
        let mut server = start(profile, folder.path()).await;
        let batch: String =
            (0..20_000).map(|n| format!("m v={n},w={} {n}\n", n * n % 997)).collect();
        assert_eq!(server.write("db", &batch), 204);
        wait_until("a snapshot", || has_files(folder.path()));
        let before = next(folder.path());
        server.stop().await;

        let file = parquet(folder.path()).remove(0);
        let good = std::fs::read(&file).unwrap();
        let mut bad = good.clone();
        let middle = bad.len() / 3;
        bad[middle] ^= 1;
        std::fs::write(&file, &bad).unwrap();
        let report = reference_server::verify_snapshot(folder.path()).unwrap().unwrap();
        assert_eq!(report.damage.len(), 1, "{report:?}");
        assert_eq!(report.damage[0].0, file);
        // It starts, since it does not read all of it, and tells the first who does.
        let mut server = start(profile, folder.path()).await;
        let target = "/query?db=db&q=SELECT%20sum(v),sum(w)%20FROM%20m";
        let (status, body) = server.ask("GET", target, "", "");
        assert_eq!(status, 500, "{profile}: {body}");
        assert!(body.contains(".parquet"), "{profile}: {body}");
        // What would be built upon it is refused, too.
        assert!(server.write("db", "m v=1 1") >= 500, "{profile}");
        server.stop().await;
        assert_eq!(next(folder.path()), before, "no snapshot is made of it");

        for (what, content) in [("cut short", &good[..good.len() - 9]), ("empty", &[])] {
            std::fs::write(&file, content).unwrap();
            let refused = run(profile, builder(profile).data(folder.path())).await;
            let error = refused.err().unwrap().to_string();
            assert!(error.contains(".parquet: it has"), "{profile}, {what}: {error}");
        }
        std::fs::remove_file(&file).unwrap();
        let error = run(profile, builder(profile).data(folder.path())).await.err().unwrap();
        assert!(error.to_string().contains(".parquet"), "{profile}: {error}");
        std::fs::write(&file, &good).unwrap();
        let manifest = folder.path().join("snapshots/manifest.json");
        let text = std::fs::read_to_string(&manifest).unwrap();
        for (changed, word) in [
            (text.replacen("\"format\":2", "\"format\":3", 1), "newer"),
            (text.replacen("\"next\":", "\"next\": ", 1), "damaged"),
            (text[..text.len() / 2].to_owned(), "damaged"),
            (text[..text.len() - 1].to_owned(), "damaged"),
            (String::new(), "first line"),
        ] {
            std::fs::write(&manifest, changed).unwrap();
            let error = run(profile, builder(profile).data(folder.path())).await.err().unwrap();
            let error = error.to_string();
            assert!(error.contains("manifest.json") && error.contains(word), "{word}: {error}");
            match reference_server::verify_snapshot(folder.path()) {
                Ok(report) => assert_eq!(report.unwrap().damage.len(), 1, "{word}"),
                Err(error) => assert!(word == "newer", "{error}"),
            }
        }
        std::fs::write(&manifest, text).unwrap();
        let mut server = start(profile, folder.path()).await;
        assert!(server.query("db", "SELECT count(v) FROM m").contains("20000"), "{profile}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_repair_keeps_what_can_be_read() {
    for profile in PROFILES {
        let folder = tempfile::tempdir().unwrap();
        let mut server = start(profile, folder.path()).await;
        let points = |series: &str, from: i64| -> String {
            // Such that they take some room.
            let any = |n: i64| n * 2_654_435_761 % 1_000_003;
            let line = |n| format!("m,s={series} v={}.5,i={}i {n}\n", any(n), any(n + 7));
            (from..from + 4000).map(line).collect()
        };
        let batches = [("a", 0), ("a", 4000), ("b", 0), ("c", 0)];
        for (number, (series, from)) in (1..).zip(batches) {
            assert_eq!(server.write("db", &points(series, from)), 204);
            let values = || values_by_file(folder.path()).values().sum::<u64>();
            wait_until("a file with these points", || values() >= number * 8000);
        }
        let all = answers_of_repair(&mut server);
        assert_eq!(server.write("db", "m,s=d v=1 1"), 204);
        server.stop().await;
        let good = reference_server::repair_snapshot(folder.path()).unwrap().unwrap();
        assert!(good.damage.is_empty() && good.copies.is_empty(), "{good:?}");

        // One file with a bad block, another one gone.
        let files = parquet(folder.path());
        assert!(files.len() >= 3, "{profile}: {files:?}");
        let values = values_by_file(folder.path());
        let values_of = |file: &Path| values[file.file_name().unwrap().to_str().unwrap()];
        let (damaged, gone) = (values_of(&files[0]), values_of(&files[2]));
        let mut bytes = std::fs::read(&files[0]).unwrap();
        let place = bytes.len() * 9 / 10;
        bytes[place] ^= 1;
        std::fs::write(&files[0], bytes).unwrap();
        std::fs::remove_file(&files[2]).unwrap();
        let report = reference_server::repair_snapshot(folder.path()).unwrap().unwrap();
        assert_eq!(report.damage.len(), 2, "{report:?}");
        assert_eq!(report.copies.len(), 1, "{report:?}");
        assert!(report.copies[0].starts_with(folder.path().join("damaged")), "{report:?}");
        // All that is in the one, and something of the other.
        let lost = gone + 1..=gone + damaged;
        assert!(lost.contains(&report.values_lost), "{profile}: {lost:?} {report:?}");
        let now = reference_server::verify_snapshot(folder.path()).unwrap().unwrap();
        assert!(now.damage.is_empty(), "{now:?}");

        let mut server = start(profile, folder.path()).await;
        let left = answers_of_repair(&mut server);
        assert_ne!(left, all, "{profile}");
        let same = left.iter().zip(&all).filter(|(one, other)| one == other).count();
        assert!(same >= 2, "{profile}: {left:?} of {all:?}");
        assert!(server.query("db", "SELECT v FROM m WHERE s = 'd'").contains('1'), "{profile}");
        assert_eq!(server.write("db", "m,s=a v=1 1"), 204, "{profile}");
        server.stop().await;
    }
}

/// How many values the files of a snapshot have, by their names.
fn values_by_file(folder: &Path) -> BTreeMap<String, u64> {
    let manifest = manifest(folder);
    let files = manifest.iter().flat_map(|manifest| manifest["index"]["files"].as_array());
    let file = |file: &serde_json::Value| {
        (file["name"].as_str().unwrap().to_owned(), file["values"].as_u64().unwrap())
    };
    files.flatten().map(file).collect()
}

/// How many values each series has of each field, and their sums.
fn answers_of_repair(server: &mut Running) -> Vec<String> {
    ["a", "b", "c"]
        .iter()
        .flat_map(|series| ["v", "i"].map(|field| (series, field)))
        .map(|(series, field)| {
            let query = format!("SELECT count({field}),sum({field}) FROM m WHERE s = '{series}'");
            server.query("db", &query.replace('\'', "%27").replace('=', "%3D"))
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_in_files_is_not_in_memory() {
    for profile in PROFILES {
        let folder = tempfile::tempdir().unwrap();
        let mut server = start(profile, folder.path()).await;
        let batch: String = (0..3000).map(|n| format!("m v={n} {n}\n")).collect();
        assert_eq!(server.write("db", &batch), 204);
        wait_until("a snapshot", || has_files(folder.path()));
        // The manifest is there a moment before the memory is given back.
        let file = parquet(folder.path()).remove(0);
        let mut bytes = std::fs::read(&file).unwrap();
        bytes.iter_mut().for_each(|byte| *byte ^= 0x55);
        std::fs::write(&file, bytes).unwrap();
        let target = "/query?db=db&q=SELECT%20sum(v)%20FROM%20m";
        wait_until("an answer from the file", || server.ask("GET", target, "", "").0 == 500);
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_series_that_gets_few_points_has_few_parts() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = start("v3-core@3.8.0", folder.path()).await;
    for time in 0..40 {
        let before = next(folder.path());
        assert_eq!(server.write("db", &format!("m v={time} {time}")), 204);
        wait_until("a snapshot", || next(folder.path()) > before);
    }
    let counts = || -> Vec<u64> {
        let manifest = manifest(folder.path()).unwrap();
        let rows = &manifest["stores"][0][1]["Tables"][0]["series"][0][1];
        rows.as_array().unwrap().iter().map(|rows| rows[2].as_u64().unwrap()).collect()
    };
    // A snapshot may have been under way when a point came, which is in the next one.
    wait_until("all points in files", || counts().iter().sum::<u64>() == 40);
    let counts = counts();
    assert!(counts.len() <= 6, "{counts:?}");
    // They go a moment after the manifest that does not name them any more.
    wait_until("few files", || parquet(folder.path()).len() <= counts.len() + 1);
    assert!(server.query("db", "SELECT count(v) FROM m").contains("40"));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_without_its_manifest_is_refused_and_keeps_its_files() {
    for profile in PROFILES {
        let folder = tempfile::tempdir().unwrap();
        let mut server = start(profile, folder.path()).await;
        let before = next(folder.path());
        assert_eq!(server.write("db", "m v=1 1"), 204);
        wait_until("a snapshot", || has_files(folder.path()) && next(folder.path()) > before);
        server.stop().await;
        let manifest = folder.path().join("snapshots/manifest.json");
        let aside = folder.path().join("manifest");
        std::fs::rename(&manifest, &aside).unwrap();
        let error = run(profile, builder(profile).data(folder.path())).await.err().unwrap();
        assert!(error.to_string().contains("manifest.json lost?"), "{profile}: {error}");
        let report = reference_server::verify_snapshot(folder.path()).unwrap().unwrap();
        assert!(report.damage[0].0.ends_with("manifest.json"), "{report:?}");
        std::fs::rename(&aside, &manifest).unwrap();
        let mut server = start(profile, folder.path()).await;
        assert!(server.query("db", "SELECT v FROM m").contains('1'), "{profile}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_snapshot_that_was_cut_off_is_no_damage() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = run("oss-v1@1.6", builder("oss-v1@1.6").data(folder.path())).await.unwrap();
    assert_eq!(server.write("db", "m v=1 1"), 204);
    server.stop().await;
    std::fs::create_dir(folder.path().join("snapshots")).unwrap();
    std::fs::write(folder.path().join("snapshots/1-0-000000.parquet"), "half of it").unwrap();
    let report = reference_server::verify_snapshot(folder.path()).unwrap();
    assert!(report.is_none(), "{report:?}");
    let mut server = start("oss-v1@1.6", folder.path()).await;
    assert!(server.query("db", "SELECT v FROM m").contains('1'));
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_crash_before_the_log_is_forgotten_is_no_riddle() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let aside = folder.path().join("aside");
    let mut server = run("oss-v1@1.6", builder("oss-v1@1.6").data(folder.path())).await.unwrap();
    // The first of them does not fit what comes of all.
    assert_eq!(server.write("db", "m v=1 1"), 204);
    server.change("DROP MEASUREMENT m");
    assert_eq!(server.write("db", "m v=\"text\" 1"), 204);
    server.stop().await;
    std::fs::create_dir(&aside).unwrap();
    for entry in std::fs::read_dir(&log).unwrap() {
        let entry = entry.unwrap();
        std::fs::copy(entry.path(), aside.join(entry.file_name())).unwrap();
    }
    let server = start("oss-v1@1.6", folder.path()).await;
    wait_until("a snapshot", || has_files(folder.path()));
    server.stop().await;
    // A crash after the manifest was there, and before the log was forgotten.
    std::fs::remove_dir_all(&log).unwrap();
    std::fs::rename(&aside, &log).unwrap();
    let mut server = start("oss-v1@1.6", folder.path()).await;
    assert!(server.query("db", "SELECT v FROM m").contains("text"));
    assert_eq!(server.write("db", "m v=\"more\" 2"), 204);
    server.stop().await;
    let mut server = start("oss-v1@1.6", folder.path()).await;
    let all = server.query("db", "SELECT v FROM m");
    assert!(all.contains("text") && all.contains("more"), "{all}");
    server.stop().await;
}
