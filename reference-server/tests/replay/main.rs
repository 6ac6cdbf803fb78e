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

/// So many differences are shown of a recording that does not agree.
const SHOWN: usize = 8;

#[rstest]
fn replay(#[files("tests/recordings/*.jsonl.gz")] path: PathBuf) -> Result<(), Failure> {
    let only = std::env::var("LINEPROOF_REPLAY_ONLY").unwrap_or_default();
    let asked = std::env::var("LINEPROOF_REPLAY_SHOW").ok().and_then(|n| n.parse().ok());
    let recording = Recording::load(&path)?;
    let list = known::load()?;
    let server = server::start(&recording.name)?;

    let mut player = play::Player::new(&recording, server.authority())?;
    let mut report = report::Report::new(&recording.name, &list);
    for (number, probe) in recording.probes.iter().enumerate() {
        if probe.id.starts_with(&only) {
            let played = player.play(number, probe).map_err(|e| format!("{}: {e}", probe.id))?;
            report.add(probe, played);
        }
    }
    if only.is_empty() {
        report.finish();
    }

    // Past the test runner's capture: the counts are of interest when all is well, too.
    let mut err = std::io::stderr();
    let _ = writeln!(err, "{}", report.summary());
    if let Some(shown) = asked {
        let _ = write!(err, "{}", report.remarks(shown));
    }
    if report.holds() { Ok(()) } else { Err(Failure(report.failures(asked.unwrap_or(SHOWN)))) }
}

/// Why a recording does not hold; the test runner prints it as it is.
struct Failure(String);

impl std::fmt::Debug for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<String> for Failure {
    fn from(text: String) -> Self {
        Self(text)
    }
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
