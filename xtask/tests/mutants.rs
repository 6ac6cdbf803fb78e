//! The faults that embedded servers can be given, held against what cases promise to kill. Read off the
//! files: the faults themselves are only in a build with a feature that this test does not need.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    // Asked for at run time: a target folder that two clones share may hold the other one's test.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo");
    Path::new(&here).parent().expect("xtask is in a folder").to_owned()
}

/// The files below a folder that end so, with their text.
fn files(folder: &Path, end: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("the folder is there") {
        let path = entry.expect("it can be read").path();
        if path.is_dir() {
            found.extend(files(&path, end));
        } else if path.to_string_lossy().ends_with(end) {
            let text = fs::read_to_string(&path).expect("it is text");
            found.push((path, text));
        }
    }
    found
}

/// The ids in the tables, in their order: the first argument of each entry.
fn ids() -> Vec<String> {
    let tables = files(&root().join("reference-server/src/mutant/table"), ".rs");
    let entry = |rest: &str| {
        let rest = rest.trim_start().strip_prefix('"')?;
        rest.split_once('"').map(|(id, _)| id.to_owned())
    };
    let entries = |text: &str| text.split(" mutant(").skip(1).filter_map(entry).collect::<Vec<_>>();
    tables.iter().flat_map(|(_, text)| entries(text)).collect()
}

#[test]
fn there_are_enough_faults_and_each_has_a_name_of_its_own() {
    let ids = ids();
    assert!(ids.len() >= 150, "{} faults", ids.len());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '.';
    let mut seen = BTreeSet::new();
    for id in &ids {
        assert!(seen.insert(id), "{id} is there twice");
        assert!(id.chars().all(plain) && id.matches('.').count() == 1, "{id} is not stage.fault");
    }
}

#[test]
fn what_cases_promise_to_kill_is_a_fault() {
    let ids: BTreeSet<_> = ids().into_iter().collect();
    let mut unknown = Vec::new();
    for (path, text) in files(&root().join("cases"), ".toml") {
        let case: toml::Table = text.parse().expect("a case is TOML");
        let kills = case.get("kills").and_then(toml::Value::as_array);
        for name in kills.into_iter().flatten().filter_map(toml::Value::as_str) {
            if !ids.contains(name) {
                unknown.push(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "no such faults:\n{}", unknown.join("\n"));
}
