//! `run --generate` as it is typed: what it has no use for it does not take in silence.

use rstest::rstest;
use std::process::{Command, Output};

fn generate(arguments: &[&str], run_id: Option<&str>) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    // Nothing listens there.
    command.args(["run", "--target", "http://127.0.0.1:1", "--profile", "oss-v1@1.6"]);
    command.args(["--generate", "3"]).args(arguments).env_remove("LINEPROOF_RUN_ID");
    command.envs(run_id.map(|id| ("LINEPROOF_RUN_ID", id)));
    let Output { status, stdout, stderr } = command.output().unwrap();
    (
        status.code(),
        format!("{}{}", String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr)),
    )
}

/// Each is about cases, or about a part of them. A batch that was not sent because a shard was asked for
/// would be a green run of nothing.
#[rstest]
#[case(&["--shard", "1/2"])]
#[case(&["--durations", "run.ndjson"])]
#[case(&["--run-id", "77"])]
#[case(&["--edition", "mine"])]
#[case(&["--cases", "batch"])]
#[case(&["--shuffle", "1"])]
#[case(&["--known-failing", "list"])]
fn what_is_for_cases_is_refused_with_batches(#[case] arguments: &[&str]) {
    let (code, said) = generate(arguments, None);
    assert_eq!(code, Some(2), "{said}");
    for word in ["--generate <N>", "cannot be used with", arguments[0]] {
        assert!(said.contains(word), "no \"{word}\" in: {said}");
    }
}

#[test]
fn a_variable_for_other_runs_is_in_nobodys_way() {
    let (code, said) = generate(&[], Some("77"));
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("nothing listens"), "{said}");
}
