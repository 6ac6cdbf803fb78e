//! Replays what the running products answered, and compares answer by answer.
//!
//! Each file of `tests/recordings/` is one test, named after it: `cargo test --test replay
//! v2_2_7_auth` runs one. A fresh server of the recording's profile gets every recorded request over
//! a real socket; status, body, headers and what is then stored must equal the recording, except for
//! what `known_differences.toml` lists.
//!
//! | variable | does |
//! |---|---|
//! | `LINEPROOF_REPLAY_ONLY=v2/params` | only the probes whose id begins so |
//! | `LINEPROOF_REPLAY_SHOW=50` | shows so many differences, also of probes that are only reported |
//! | `LINEPROOF_REPLAY_URL=http://127.0.0.1:8086` | asks this server, a real one for instance |

mod answer;
mod bodies;
mod client;
mod compare;
mod family;
mod known;
mod placeholders;
mod play;
mod recording;
mod report;
mod server;
mod wire;

use recording::Recording;
use rstest::rstest;
use std::io::Write as _;
use std::path::PathBuf;

/// Lines up to here are shown of a recording that does not agree.
const SHOWN: usize = 8;

#[rstest]
fn replay(#[files("tests/recordings/*.jsonl.gz")] path: PathBuf) {
    let only = std::env::var("LINEPROOF_REPLAY_ONLY").unwrap_or_default();
    let asked = std::env::var("LINEPROOF_REPLAY_SHOW").ok().and_then(|n| n.parse().ok());
    let recording = Recording::load(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    let list = known::load().unwrap_or_else(|e| panic!("{e}"));
    let server = server::start(&recording.name).unwrap_or_else(|e| panic!("{e}"));

    let mut player = play::Player::new(&recording, server.authority())
        .unwrap_or_else(|e| panic!("{}: cannot make the server ready: {e}", recording.name));
    let mut report = report::Report::new(&recording.name, &list);
    for (number, probe) in recording.probes.iter().enumerate() {
        if !probe.id.starts_with(&only) {
            continue;
        }
        let played = player
            .play(number, probe)
            .unwrap_or_else(|e| panic!("{} {}: {e}", recording.name, probe.id));
        report.add(probe, played);
    }
    if only.is_empty() {
        report.finish();
    }

    // Past the test runner's capture: the counts are of interest when all is well, too.
    let mut err = std::io::stderr();
    let _ = writeln!(err, "{}", report.summary());
    if asked.is_some() {
        let _ = write!(err, "{}", report.remarks(asked.unwrap_or(SHOWN)));
    }
    assert!(
        report.holds(),
        "{} differs from what was recorded\n{}",
        recording.name,
        report.failures(asked.unwrap_or(SHOWN))
    );
}

#[test]
fn known_differences_name_recordings_that_exist() {
    let list = known::load().unwrap_or_else(|e| panic!("{e}"));
    for known in &list.difference {
        let path = recording::folder().join(format!("{}.jsonl.gz", known.recording));
        assert!(path.exists(), "no recording {} (of {})", known.recording, known.id);
        assert!(known.reason.len() > 20, "{} {}: say why", known.recording, known.id);
    }
}
