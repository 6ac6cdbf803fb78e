//! A copy of the sources to mutate. Without the snapshots: they are compiled into the harness, no
//! unit test asks for them, and each mutant would be built three times as slowly.

use crate::cargo;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const LEFT_OUT: &str = "snapshots/";

/// Makes the copy anew and returns where it is.
pub(super) fn copy(folder: &Path) -> Result<PathBuf> {
    let tree = folder.join("tree");
    if tree.exists() {
        fs::remove_dir_all(&tree).with_context(|| tree.display().to_string())?;
    }
    let root = cargo::root();
    // What is there, committed or not; nothing that is ignored.
    let listed = Command::new("git")
        .current_dir(&root)
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .output()
        .context("git could not be started")?;
    if !listed.status.success() {
        bail!("git does not list the files: {}", String::from_utf8_lossy(&listed.stderr).trim());
    }
    for name in String::from_utf8(listed.stdout)?.split('\0').filter(|name| is_wanted(name)) {
        let (from, to) = (root.join(name), tree.join(name));
        // One that is deleted and not committed yet is listed all the same.
        if !from.is_file() {
            continue;
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::copy(&from, &to).with_context(|| from.display().to_string())?;
    }
    fs::create_dir_all(tree.join(LEFT_OUT))?;
    Ok(tree)
}

fn is_wanted(name: &str) -> bool {
    !name.is_empty() && !name.starts_with(LEFT_OUT)
}
