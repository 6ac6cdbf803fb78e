//! What is read of files for the first rows of a long series: a small part of them. Counted in bytes,
//! where they are read.

use super::snapshots::{has_files, wait_until};
use super::{Running, builder, run};
use rstest::rstest;
use std::fmt::Write as _;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use write_ahead_log::{File, Files, Lock, RealFiles};

/// How many rows the series has, a millisecond apart, and when they begin.
const ROWS: i64 = 150_000;
const BEGIN: i64 = 1_700_000_000_000_000_000;

/// A file system that counts the bytes that are read of Parquet files.
#[derive(Default)]
struct Counting {
    read: AtomicU64,
}

impl Files for Counting {
    fn make_folder(&self, path: &Path) -> io::Result<()> {
        RealFiles.make_folder(path)
    }

    fn list(&self, folder: &Path) -> io::Result<Vec<String>> {
        RealFiles.list(folder)
    }

    fn read(&self, path: &Path) -> io::Result<Vec<u8>> {
        RealFiles.read(path)
    }

    fn length(&self, path: &Path) -> io::Result<u64> {
        RealFiles.length(path)
    }

    fn read_at(&self, path: &Path, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        if path.extension().is_some_and(|extension| extension == "parquet") {
            self.read.fetch_add(length as u64, Ordering::Relaxed);
        }
        RealFiles.read_at(path, offset, length)
    }

    fn create(&self, path: &Path) -> io::Result<Box<dyn File>> {
        RealFiles.create(path)
    }

    fn open(&self, path: &Path) -> io::Result<Box<dyn File>> {
        RealFiles.open(path)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        RealFiles.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        RealFiles.remove(path)
    }

    fn sync_folder(&self, folder: &Path) -> io::Result<()> {
        RealFiles.sync_folder(folder)
    }

    fn lock(&self, path: &Path, create: bool) -> io::Result<Box<dyn Lock>> {
        RealFiles.lock(path, create)
    }
}

/// A folder with one series of three fields, all of it in files.
async fn filled(profile: &'static str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = String::new();
    for row in 0..ROWS {
        let time = BEGIN + row * 1_000_000;
        // Numbers that cannot be written much shorter.
        let scattered = row * row % 999_983;
        let _ = writeln!(lines, "m a={row}.5,b={scattered}i,c={}i {time}", row * 31);
    }
    let mut server = run(profile, builder(profile).data(folder.path()).log_bytes(1)).await.unwrap();
    assert_eq!(server.write("db", &lines), 204, "{profile}");
    wait_until("a snapshot", || has_files(folder.path()));
    server.stop().await;
    folder
}

/// The part of the files, in hundredths, that is read for a question that nobody asked before.
async fn part_read(
    profile: &'static str,
    folder: &Path,
    ask: impl FnOnce(&mut Running) -> (u16, String),
) -> (u64, String) {
    let files = Arc::new(Counting::default());
    let on = Arc::<Counting>::clone(&files);
    let mut server = run(profile, builder(profile).data_on(on, folder)).await.unwrap();
    files.read.store(0, Ordering::Relaxed);
    let (status, body) = ask(&mut server);
    let read = files.read.load(Ordering::Relaxed);
    server.stop().await;
    assert_eq!(status, 200, "{body}");
    let entries = std::fs::read_dir(folder.join("snapshots")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let parquet = paths.filter(|path| path.extension().is_some_and(|e| e == "parquet"));
    let all: u64 = parquet.map(|path| path.metadata().unwrap().len()).sum();
    assert!(read > 0 && all > 500_000, "{read} of {all} bytes");
    (read * 100 / all, body)
}

#[rstest]
#[case("oss-v1@1.6", "/query?db=db&epoch=ns&q=SELECT%20*%20FROM%20m%20LIMIT%201")]
#[case(
    "oss-v1@1.6",
    "/query?db=db&epoch=ns&q=SELECT%20a,b%20FROM%20m%20WHERE%20c%20%3C%209%20LIMIT%201"
)]
#[case(
    "oss-v1@1.6",
    "/query?db=db&epoch=ns&q=SELECT%20a%20FROM%20m%20ORDER%20BY%20time%20DESC%20LIMIT%201"
)]
#[case("v3-core@3.8.0", "/query?db=db&epoch=ns&q=SELECT%20*%20FROM%20m%20LIMIT%201")]
#[case("clustered@docs", "/query?db=db&epoch=ns&q=SELECT%20*%20FROM%20m%20LIMIT%201")]
#[cfg_attr(
    feature = "sql",
    case("v3-core@3.8.0", "/api/v3/query_sql?db=db&q=SELECT%20*%20FROM%20m%20LIMIT%201")
)]
#[cfg_attr(
    feature = "sql",
    case(
        "v3-core@3.8.0",
        "/api/v3/query_sql?db=db&q=SELECT%20a,b%20FROM%20m%20WHERE%20c%20%3C%209%20LIMIT%201"
    )
)]
#[tokio::test(flavor = "multi_thread")]
async fn the_first_row_of_many_is_read_without_the_others(
    #[case] profile: &'static str,
    #[case] target: &str,
) {
    let folder = filled(profile).await;
    let ask = |server: &mut Running| server.ask("GET", target, "", "");
    let (read, body) = part_read(profile, folder.path(), ask).await;
    assert!(body.contains(if target.contains("DESC") { "149999.5" } else { "0.5" }), "{body}");
    assert!(read < 15, "{read} % of the files");
    // It is the limit that spares the rest.
    let all = target.replace("%20LIMIT%201", "").replace("SELECT%20*", "SELECT%20a,b,c");
    let ask = |server: &mut Running| {
        let (status, body) = server.ask("GET", &all, "", "");
        (status, body.len().to_string())
    };
    let (read, length) = part_read(profile, folder.path(), ask).await;
    assert!(read > 15, "{read} % of the files for {length} bytes");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_first_point_of_many_is_read_without_the_others_by_flux() {
    let folder = filled("oss-v2@2.7").await;
    let from = "from(bucket: \"db\") |> range(start: 1970-01-01T00:00:00Z)";
    for (last, least, most) in [("limit(n: 1)", 0, 15), ("first()", 0, 15), ("sum()", 30, u64::MAX)]
    {
        let ask = |server: &mut Running| {
            let headers = "Content-Type: application/vnd.flux\r\n";
            let script = format!("{from} |> {last}");
            server.ask("POST", "/api/v2/query?org=lineproof", headers, &script)
        };
        let (read, body) = part_read("oss-v2@2.7", folder.path(), ask).await;
        assert!(body.contains(",m"), "{body}");
        assert!((least..most).contains(&read), "{last}: {read} % of the files");
    }
}
