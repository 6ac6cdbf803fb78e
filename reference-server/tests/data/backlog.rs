//! Servers whose snapshots cannot be made: what is in memory and in no file has a limit.

use super::snapshots::{next, wait_until};
use super::{builder, run};

/// Half a mebibyte, of which nearly all is a comment.
fn batch(number: i64) -> String {
    format!("#{}\nm v={number}i {number}\n", "-".repeat(512 << 10))
}

#[tokio::test(flavor = "multi_thread")]
async fn without_snapshots_writers_are_refused_and_with_them_go_on() {
    for profile in ["oss-v1@1.6", "oss-v2@2.7", "v3-core@3.8.0", "clustered@docs"] {
        let folder = tempfile::tempdir().unwrap();
        let in_the_way = folder.path().join("snapshots");
        let server = run(profile, builder(profile).data(folder.path()).log_bytes(16 << 20));
        let mut server = server.await.unwrap();
        std::fs::write(&in_the_way, "no folder").unwrap();
        let mut kept = 0;
        let (status, answer) = loop {
            let (status, answer) = server.write_and_see("db", &batch(kept));
            if status != 204 {
                break (status, answer);
            }
            kept += 1;
            assert!(kept < 300, "{profile}: half a mebibyte each, and no end");
        };
        assert_eq!(status, 500, "{profile}: {answer}");
        assert!(answer.contains("snapshot"), "{profile}: {answer}");
        // 64 MiB, and what comes before the first attempt has failed.
        assert!(kept >= 128, "{profile}: {kept}");
        let count = |text: String| assert!(text.contains(&kept.to_string()), "{profile}: {text}");
        count(server.query("db", "SELECT count(v) FROM m"));

        std::fs::remove_file(&in_the_way).unwrap();
        wait_until("a snapshot", || next(folder.path()) > 1);
        wait_until("room", || server.write("db", "other v=1 1") == 204);
        count(server.query("db", "SELECT count(v) FROM m"));
        server.stop().await;
    }
}
