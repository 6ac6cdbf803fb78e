//! A build as users get it knows no faults that a server could be given.

#![cfg(not(feature = "mutants"))]

use std::process::Command;

#[test]
fn no_server_can_be_given_a_fault() {
    let fault = "store.loses-last-line";
    for arguments in [
        &["run", "--profile", "oss-v1@1.6", "--mutant", fault][..],
        &["serve", "--profile", "oss-v1@1.6", "--mutant", fault],
        &["mutants", "--list"],
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
        let output = command.args(arguments).output().expect("it starts");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        let unknown = ["unexpected argument '--mutant'", "unrecognized subcommand 'mutants'"];
        assert!(unknown.iter().any(|text| said.contains(text)), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
    }
    let help = Command::new(env!("CARGO_BIN_EXE_lineproof")).arg("--help").output();
    let help = help.expect("it starts").stdout;
    assert!(!String::from_utf8_lossy(&help).contains("mutant"));
}
