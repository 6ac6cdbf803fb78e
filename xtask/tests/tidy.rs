//! The invariants of ARCHITECTURE.md that can be read off the files.

use std::fs;
use std::path::{Path, PathBuf};

const LONGEST_FILE: usize = 700;

fn root() -> PathBuf {
    // Asked for at run time: a target folder that two clones share may hold the other one's test.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").expect("run by cargo");
    Path::new(&here).parent().expect("xtask is in a folder").to_owned()
}

/// All Rust files below a folder, with their text.
fn sources(folder: &str) -> Vec<(PathBuf, String)> {
    let mut found = Vec::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).expect("the folder is there") {
            let path = entry.expect("it can be read").path();
            if path.is_dir() && path.file_name().is_some_and(|name| name != "target") {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).expect("it is text");
                found.push((path, text));
            }
        }
    }
    assert!(!found.is_empty(), "{folder} has no source files");
    found
}

/// The lines that are code, without comments, up to the file's tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    let tests = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..tests].lines().filter(|line| !line.trim_start().starts_with("//"))
}

#[test]
fn only_profiles_names_a_product() {
    let products = ["oss-v1", "oss-v2", "v3-core", "v3-enterprise", "cloud-", "clustered"];
    for folder in ["line-protocol/src", "reference-server/src", "harness/src"] {
        for (path, text) in sources(folder) {
            if path.components().any(|part| part.as_os_str() == "tests") {
                continue;
            }
            for line in code(&text) {
                let named = products.iter().find(|product| line.contains(&format!("\"{product}")));
                assert!(named.is_none(), "{} names a product: {line}", path.display());
            }
        }
    }
}

#[test]
fn the_harness_does_not_know_the_server() {
    let manifest = fs::read_to_string(root().join("harness/Cargo.toml")).expect("a manifest");
    for forbidden in ["line-protocol", "reference-server"] {
        assert!(!manifest.contains(forbidden), "harness depends on {forbidden}");
    }
    for (path, text) in sources("harness/src") {
        for line in code(&text) {
            for forbidden in [".facts", "profiles::answer", "profiles::write", "profiles::storage"]
            {
                assert!(!line.contains(forbidden), "{} reads {forbidden}", path.display());
            }
        }
    }
}

#[test]
fn the_oracle_does_not_know_the_parser() {
    let manifest = root().join("line-protocol/oracle/Cargo.toml");
    let manifest = fs::read_to_string(manifest).expect("a manifest");
    assert!(!manifest.contains("dependencies]"), "the oracle depends on something");
}

#[test]
fn unsafe_code_is_forbidden_by_every_manifest() {
    let workspace = fs::read_to_string(root().join("Cargo.toml")).expect("a manifest");
    assert!(workspace.contains("unsafe_code = \"forbid\""));
    let members = [
        "profiles",
        "write-ahead-log",
        "object-files",
        "reference-server",
        "harness",
        "lineproof",
        "benches",
        "xtask",
        "line-protocol/oracle",
    ];
    for member in members {
        let path = root().join(member).join("Cargo.toml");
        let manifest = fs::read_to_string(&path).expect("a manifest");
        assert!(manifest.contains("[lints]\nworkspace = true"), "{}", path.display());
    }
    for (path, text) in sources("line-protocol/src") {
        let in_scan = path.components().any(|part| part.as_os_str() == "scan");
        let unsafe_code = code(&text).any(|line| line.contains("unsafe "));
        assert!(in_scan || !unsafe_code, "{} has unsafe code", path.display());
    }
}

#[test]
fn no_file_is_too_long_and_every_file_says_what_it_is() {
    for folder in [
        "line-protocol",
        "profiles",
        "write-ahead-log",
        "object-files",
        "reference-server",
        "harness",
        "lineproof",
        "xtask",
        "fuzz",
    ] {
        for (path, text) in sources(folder) {
            let lines = text.lines().count();
            assert!(lines <= LONGEST_FILE, "{}: {lines} lines", path.display());
            assert!(text.starts_with("//!"), "{} has no //! at its top", path.display());
        }
    }
}

#[test]
fn main_files_only_dispatch() {
    for path in ["lineproof/src/main.rs", "xtask/src/main.rs"] {
        let text = fs::read_to_string(root().join(path)).expect("a main file");
        assert!(text.lines().count() <= 60, "{path} does more than dispatch");
    }
}
