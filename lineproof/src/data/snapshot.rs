//! What `lineproof data` says of the Parquet files of a folder. Only a build with the servers can read
//! them.

use super::{Done, counted};
use crate::exit::Failure;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use write_ahead_log::Files as Disk;

/// What was found out about the files of a folder.
pub(super) enum Snapshot {
    /// There are none.
    None,
    /// This build cannot read those that are there.
    #[cfg_attr(feature = "embedded", expect(dead_code, reason = "the other build makes it"))]
    NotRead,
    /// They were read.
    #[cfg_attr(not(feature = "embedded"), expect(dead_code, reason = "the other build makes it"))]
    Read(Files),
}

/// Files that were read.
pub(super) struct Files {
    count: usize,
    bytes: u64,
    damage: Vec<(PathBuf, String)>,
    values_lost: u64,
    copies: Vec<PathBuf>,
}

#[cfg(feature = "embedded")]
pub(super) fn verify(files: &Arc<dyn Disk>, folder: &Path) -> Result<Snapshot, Failure> {
    reference_server::verify_snapshot_with(files, folder).map(of).map_err(Failure::usage)
}

#[cfg(feature = "embedded")]
pub(super) fn repair(files: &Arc<dyn Disk>, folder: &Path) -> Result<Snapshot, Failure> {
    reference_server::repair_snapshot_with(files, folder).map(of).map_err(Failure::usage)
}

#[cfg(feature = "embedded")]
fn of(report: Option<reference_server::SnapshotReport>) -> Snapshot {
    report.map_or(Snapshot::None, |report| {
        Snapshot::Read(Files {
            count: report.files,
            bytes: report.bytes,
            damage: report.damage,
            values_lost: report.values_lost,
            copies: report.copies,
        })
    })
}

#[cfg(not(feature = "embedded"))]
pub(super) fn verify(files: &Arc<dyn Disk>, folder: &Path) -> Result<Snapshot, Failure> {
    match files.list(&folder.join("snapshots")) {
        Ok(names) if names.is_empty() => Ok(Snapshot::None),
        Ok(_) => Ok(Snapshot::NotRead),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Snapshot::None),
        Err(error) => Err(Failure::usage(error)),
    }
}

#[cfg(not(feature = "embedded"))]
pub(super) fn repair(files: &Arc<dyn Disk>, folder: &Path) -> Result<Snapshot, Failure> {
    verify(files, folder)
}

impl Snapshot {
    /// Whether nothing is wrong, as far as it was looked at.
    pub(super) fn is_good(&self) -> bool {
        match self {
            Self::None => true,
            Self::NotRead => false,
            Self::Read(files) => files.damage.is_empty(),
        }
    }

    /// That this build can look at it.
    ///
    /// # Errors
    /// It cannot: nobody is to take its word for the whole.
    pub(super) fn must_be_read(&self, folder: &Path) -> Result<(), Failure> {
        match self {
            Self::NotRead => Err(Failure::usage(format!(
                "{}/snapshots: this build has no servers, and so cannot look at Parquet files: build \
                 it without --no-default-features",
                folder.display()
            ))),
            Self::None | Self::Read(_) => Ok(()),
        }
    }

    pub(super) fn text(&self, folder: &Path, done: Done) -> String {
        let folder = folder.display();
        let files = match self {
            Self::None => return String::new(),
            Self::NotRead => return format!("{folder}/snapshots: not looked at\n"),
            Self::Read(files) => files,
        };
        let count = counted(files.count as u64, "Parquet file", "Parquet files");
        let mut text = match (files.damage.len(), done) {
            (0, _) => format!("{folder}/snapshots: good: {count}, {} bytes\n", files.bytes),
            (bad, Done::Verified) => {
                format!("{folder}/snapshots: {bad} of {count} damaged\n")
            }
            (_, Done::InVain) => format!("{folder}/snapshots: cannot be mended\n"),
            (_, Done::Repaired) => {
                let lost = counted(files.values_lost, "value", "values");
                format!("{folder}/snapshots: mended; {lost} lost\n")
            }
        };
        for (path, what) in &files.damage {
            let _ = writeln!(text, "  {}: {what}", path.display());
        }
        for copy in &files.copies {
            let _ = writeln!(text, "  copied to {}", copy.display());
        }
        // Nothing else says which rows are whose.
        let is_manifest = |(path, _): &(PathBuf, String)| path.ends_with("snapshots/manifest.json");
        if files.damage.iter().any(is_manifest) && done == Done::Verified {
            text += "no repair can help there: put a copy of the folder in its place\n";
        } else if !files.damage.is_empty() && done == Done::Verified {
            let _ = writeln!(text, "keep what is good with:\n  lineproof data repair {folder}");
        }
        text
    }

    pub(super) fn json(&self) -> Value {
        let path = |path: &PathBuf| path.display().to_string();
        match self {
            Self::None => Value::Null,
            Self::NotRead => json!("not read"),
            Self::Read(files) => json!({
                "files": files.count,
                "bytes": files.bytes,
                "damage": files.damage.iter()
                    .map(|(file, what)| json!({"file": path(file), "what": what}))
                    .collect::<Vec<_>>(),
                "values_lost": files.values_lost,
                "copies": files.copies.iter().map(path).collect::<Vec<_>>(),
            }),
        }
    }
}
