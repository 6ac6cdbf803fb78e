//! `lineproof diff` of two servers, over real sockets: what is said of each of them is heeded.

#[path = "../../harness/tests/self/fake.rs"]
#[allow(dead_code, reason = "other tests meet its other faults")]
mod fake;

use fake::{Fake, Fault};
use std::path::Path;
use std::process::{Command, Output};

fn cases(folder: &Path, setup: &str) {
    std::fs::create_dir_all(folder.join("batch")).unwrap();
    let text = format!(
        "id = 'batch/two'\nsummary = 'A case of the test.'\nlevel = 'must'\nclauses = []\n\
         needs = ['write', 'read-back']\n{setup}[[step]]\nwrite = '''\n\
         cpu,host=a v=1i 1700000000000000001\ncpu,host=b v=2i 1700000000000000002\n'''\n\
         [[step]]\nread_back = true\n"
    );
    std::fs::write(folder.join("batch/two.toml"), text).unwrap();
    let setups =
        "[small-tables]\nsummary = 'Tables have few columns.'\nsettings = { columns = '2' }\n";
    std::fs::write(folder.join("setups.toml"), setups).unwrap();
}

/// The servers of both sides, and options.
fn diff(folder: &Path, sides: [&str; 2], options: &[&str]) -> (Output, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_lineproof"))
        .args(["diff", "--a", sides[0], "--b", sides[1], "--cases-dir"])
        .arg(folder)
        .args(options)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output, said)
}

const BOTH: [&str; 4] = ["--profile-a", "oss-v1@1.6", "--profile-b", "oss-v1@1.6"];

#[tokio::test(flavor = "multi_thread")]
async fn each_side_runs_in_its_own_database() {
    let folder = tempfile::tempdir().unwrap();
    cases(folder.path(), "");
    let (one, two) = (Fake::start(Fault::None).await, Fake::start(Fault::LosesSecondLine).await);
    let sides = [one.url.as_str(), &two.url];
    let (output, said) = diff(folder.path(), sides, &BOTH);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert_eq!((one.databases(), two.databases()), (Vec::new(), Vec::new()));
    // Without reading back nobody sees the difference.
    let blind = [&BOTH[..], &["--lacks-a", "read-back", "--lacks-b", "read-back"]].concat();
    let (output, said) = diff(folder.path(), sides, &blind);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let named = [&blind[..], &["--database-a", "here", "--database-b", "there"]].concat();
    let (output, said) = diff(folder.path(), sides, &named);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert_eq!(one.databases(), ["here"]);
    assert_eq!(two.databases(), ["there"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn each_side_has_servers_that_are_set_up() {
    let folder = tempfile::tempdir().unwrap();
    cases(folder.path(), "setup = 'small-tables'\n");
    let (one, two) = (Fake::start(Fault::None).await, Fake::start(Fault::None).await);
    let (set_up, other) = (Fake::start(Fault::None).await, Fake::start(Fault::None).await);
    let sides = [one.url.as_str(), &two.url];
    let (output, said) = diff(folder.path(), sides, &BOTH);
    assert_eq!(output.status.code(), Some(4), "no case runs on both: {said}");
    let setup = |fake: &Fake| format!("small-tables={}", fake.url);
    let (a, b) = (setup(&set_up), setup(&other));
    let named = [&BOTH[..], &["--setup-a", &a, "--setup-b", &b]].concat();
    let (output, said) = diff(folder.path(), sides, &named);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(set_up.writes() > 1 && other.writes() > 1);
}

#[test]
fn a_server_in_the_binary_is_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    cases(folder.path(), "");
    let url = "http://127.0.0.1:1";
    let (output, said) = diff(folder.path(), ["oss-v1@1.6", url], &["--database-a", "x"]);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("--database-a is for a server at a URL, and --a names one"), "{said}");
    let saved = Command::new(env!("CARGO_BIN_EXE_lineproof"))
        .args(["diff", "x.ndjson", "y.ndjson", "--database-a", "x"])
        .output()
        .unwrap();
    assert_eq!(saved.status.code(), Some(2));
}
