//! A disk that is full, a real one: a file system of two megabytes in memory, where the machine lets
//! one be mounted.

use crate::{Running, start};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// A small file system; gone when this is dropped.
struct Small<'p>(&'p Path);

impl<'p> Small<'p> {
    /// None where this user may not mount one.
    fn mount(on: &'p Path) -> Option<Self> {
        let mut mount = Command::new("mount");
        mount.args(["-t", "tmpfs", "-o", "size=2m", "tmpfs"]).arg(on).stderr(Stdio::null());
        mount.status().is_ok_and(|status| status.success()).then_some(Self(on))
    }
}

impl Drop for Small<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

fn batch(number: i64) -> String {
    let line = |n: i64| format!("m,batch={number} v={n}i {}\n", number * 1000 + n);
    (0..500).map(line).collect()
}

fn batches(server: &mut Running) -> String {
    server.query("db", "SELECT count(v) FROM m")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_ends_the_writing_and_loses_nothing() {
    for profile in ["oss-v1@1.6", "oss-v2@2.7", "v3-core@3.8.0", "clustered@docs"] {
        let folder = tempfile::tempdir().unwrap();
        let Some(small) = Small::mount(folder.path()) else {
            eprintln!("skipped: no file system can be mounted here");
            return;
        };
        let mut server = start(profile, folder.path()).await;
        let mut kept = 0;
        let refused = loop {
            match server.write("db", &batch(kept)) {
                204 => kept += 1,
                status => break status,
            }
            assert!(kept < 1000, "{profile}: nothing is full");
        };
        assert!(kept > 5, "{profile}: {kept}");
        assert_eq!(refused, 500, "{profile}");
        // The batch that found the disk full may be seen until the server is started again, or not.
        let possible = [kept * 500, (kept + 1) * 500].map(|lines| lines.to_string());
        // Nothing is taken any more, however small; reading goes on.
        for small in ["m v=1i 1", "other v=1"] {
            assert_eq!(server.write("db", small), 500, "{profile}");
        }
        let counted = batches(&mut server);
        assert!(possible.iter().any(|lines| counted.contains(lines)), "{profile}: {counted}");
        server.stop().await;

        // With room again all that was acknowledged is there, and what was not is there as a whole or
        // not at all.
        let roomy = tempfile::tempdir().unwrap();
        let mut copy = Command::new("cp");
        copy.arg("-a").arg(folder.path().join(".")).arg(roomy.path());
        assert!(copy.status().unwrap().success());
        drop(small);
        let mut server = start(profile, roomy.path()).await;
        let counted = batches(&mut server);
        assert!(possible.iter().any(|lines| counted.contains(lines)), "{profile}: {counted}");
        assert_eq!(server.write("db", &batch(kept + 1)), 204, "{profile}");
        server.stop().await;
    }
}

/// What waits when the disk is full is not done by anybody who asks, who are answered all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_keeps_what_waits_for_the_next_start() {
    let folder = tempfile::tempdir().unwrap();
    let Some(small) = Small::mount(folder.path()) else {
        eprintln!("skipped: no file system can be mounted here");
        return;
    };
    let mut server = start("cloud@docs", folder.path()).await;
    let mut kept = 0;
    while server.write("db", &batch(kept)) == 204 {
        kept += 1;
        assert!(kept < 1000, "nothing is full");
    }
    assert!(kept > 5, "{kept}");
    let query = "/query?db=db&q=SELECT%20count(v)%20FROM%20m";
    let (end, mut seen) = (Instant::now() + Duration::from_millis(2500), String::new());
    while Instant::now() < end {
        // All of it is due by now, and what is seen stays what it was.
        let (status, counted) = server.ask("GET", query, "", "");
        assert_eq!(status, 200, "{counted}");
        assert!(seen.is_empty() || seen == counted, "{seen} {counted}");
        seen = counted;
    }
    server.stop().await;
    let roomy = tempfile::tempdir().unwrap();
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(folder.path().join(".")).arg(roomy.path());
    assert!(copy.status().unwrap().success());
    drop(small);
    let mut server = start("cloud@docs", roomy.path()).await;
    let counted = batches(&mut server);
    let possible = [kept * 500, (kept + 1) * 500].map(|lines| lines.to_string());
    assert!(possible.iter().any(|lines| counted.contains(lines)), "{kept}: {counted}");
    server.stop().await;
}
