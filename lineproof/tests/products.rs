//! The binary and the products: names, what is promised against what is done, servers set up for cases.

use reference_server::Server;
use serde_json::Value as Json;
use std::process::{Command, Output};

fn lineproof(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
    command.args(arguments).env_remove("LINEPROOF_TOKEN").output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

#[test]
fn a_promise_and_a_release_part() {
    let found = lineproof(&[
        "list",
        "--differences",
        "v3-core",
        "v3-core@3.6",
        "--cases",
        "batch/bad-line-between",
        "--format",
        "json",
    ]);
    let rows: Vec<Json> =
        text(&found.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let row = rows.iter().find(|row| row["first"]["says"] == "json line = 2").unwrap();
    assert_eq!(row["first"]["basis"], "documented");
    assert_eq!(row["second"]["basis"], "recorded");
    assert!(row["second"]["says"].as_str().unwrap().starts_with("no line: {\"error\""), "{row}");
    let clauses = row["clauses"].as_array().unwrap();
    assert!(clauses.iter().all(|clause| clause.as_str().unwrap().starts_with("v3")), "{row}");
}

#[test]
fn an_edition_that_is_not_there_is_told_with_those_that_are() {
    let told = |name| text(&lineproof(&["list", "--differences", name, "cloud"]).stderr);
    assert!(told("oss-v1").contains("oss-v1 has the editions 1.6 and 1.12"), "{}", told("oss-v1"));
    let none = told("v3-core@4");
    assert!(none.contains("v3-core has no edition \"4\", but 3.6"), "{none}");
}

/// A case that needs a server which is set up for it passes there, and fails on one that is not.
#[test]
fn a_server_is_set_up_or_the_case_fails() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let serve = |columns: Option<&str>| {
        let profile = profiles::find("v3-core@3.6").unwrap();
        let builder = Server::builder(profile).auth(true).token("apiv3_test");
        let builder = columns.into_iter().fold(builder, |b, n| b.set("columns", n).unwrap());
        runtime.block_on(builder.start()).unwrap()
    };
    let (plain, set_up) = (serve(None), serve(Some("10")));
    let run = |setup: Option<&Server>| {
        let url = plain.url();
        let setup = setup.map(|server| format!("--setup=small-tables={}", server.url()));
        let mut arguments = vec!["run", "--profile", "v3-core@3.6", "--token", "apiv3_test"];
        arguments.extend(["--target", &url, "--cases", "limits/one-column-more-than-is-set"]);
        arguments.extend(setup.as_deref());
        let output = lineproof(&arguments);
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let (code, said) = run(Some(&set_up));
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = run(Some(&plain));
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("promised 422"), "{said}");
    let (code, said) = run(None);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("--setup small-tables=URL"), "{said}");
}
