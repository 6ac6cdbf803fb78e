//! Snapshots whose server is not there: read from end to end, and mended.

use super::{
    FOLDER, Found, MANIFEST, Manifest, ManifestToWrite, find, publish, write_all, write_manifest,
};
use crate::journal;
use crate::store::snapshot::{Reads, Writer, check};
use std::cell::RefCell;
use std::convert::Infallible;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use write_ahead_log::{Files, Log, Options, RealFiles};

/// The folder of what was taken out, as a repair of the log names it.
const ASIDE: &str = "damaged";

/// How many bytes are copied at once.
const COPIED: usize = 4 << 20;

/// What is found out about a snapshot.
#[derive(Debug)]
pub struct SnapshotReport {
    /// How many files it has.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// The files that are missing or damaged, and what is wrong with each.
    pub damage: Vec<(PathBuf, String)>,
    /// How many values of fields a repair could not read any more.
    pub values_lost: u64,
    /// Where it put the damaged files.
    pub copies: Vec<PathBuf>,
}

/// Reads all files of the snapshot in a server's folder and holds them against their checksums; none
/// where there is no snapshot.
///
/// # Errors
/// The snapshot is of a newer format, the log is in use, or the file system failed.
pub fn verify_snapshot(folder: &Path) -> io::Result<Option<SnapshotReport>> {
    verify_snapshot_with(&real(), folder)
}

/// The same on another file system.
///
/// # Errors
/// As [`verify_snapshot`].
pub fn verify_snapshot_with(
    files: &Arc<dyn Files>,
    folder: &Path,
) -> io::Result<Option<SnapshotReport>> {
    match manifest_of(files, folder)? {
        Ok(found) => Ok(found.map(|manifest| report(files, &manifest, &folder.join(FOLDER)))),
        Err(damaged) => Ok(Some(damaged)),
    }
}

/// The manifest in a server's folder, or what is said where it is damaged or missing: then nobody
/// knows what is in the files.
fn manifest_of(
    files: &Arc<dyn Files>,
    folder: &Path,
) -> io::Result<Result<Option<Manifest>, SnapshotReport>> {
    let what = match find(&**files, folder) {
        Ok(Some(Found(manifest))) => return Ok(Ok(Some(manifest))),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => error.to_string(),
        Err(error) => return Err(error),
        Ok(None) => {
            let log = write_ahead_log::verify_with(Arc::clone(files), folder);
            let log = log.map_err(io::Error::other)?;
            // All is in the log: files that lie there are of a first snapshot that was cut off.
            if log.follows == 0 {
                return Ok(Ok(None));
            }
            format!("it is missing, and the log begins behind entry {}", log.follows)
        }
    };
    let snapshots = folder.join(FOLDER);
    let names = match files.list(&snapshots) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        names => names?,
    };
    Ok(Err(SnapshotReport {
        files: names.iter().filter(|name| name.ends_with(".parquet")).count(),
        bytes: 0,
        damage: vec![(snapshots.join(MANIFEST), what)],
        values_lost: 0,
        copies: Vec::new(),
    }))
}

/// Keeps what can be read of a damaged snapshot: it goes into new files, and the damaged ones are put
/// aside. What is good already is left as it is; none where there is no snapshot.
///
/// Where the manifest itself is damaged or missing nothing is changed, and the report says so.
///
/// # Errors
/// The snapshot is of a newer format, the log is damaged (which is to be repaired before) or in use, or
/// the file system failed; then nothing was changed but for new files that no manifest names.
pub fn repair_snapshot(folder: &Path) -> io::Result<Option<SnapshotReport>> {
    repair_snapshot_with(&real(), folder)
}

/// The same on another file system.
///
/// # Errors
/// As [`repair_snapshot`].
pub fn repair_snapshot_with(
    files: &Arc<dyn Files>,
    folder: &Path,
) -> io::Result<Option<SnapshotReport>> {
    let mut manifest = match manifest_of(files, folder)? {
        Ok(Some(manifest)) => manifest,
        Ok(None) => return Ok(None),
        Err(damaged) => return Ok(Some(damaged)),
    };
    // Held until all is done: nobody serves the folder meanwhile.
    let options = Options { next_at_least: manifest.next, ..journal::options() };
    let nothing = |_, _: &[u8]| Ok::<(), Infallible>(());
    let (log, _) =
        Log::open_with(Arc::clone(files), folder, options, nothing).map_err(io::Error::other)?;
    let snapshots = folder.join(FOLDER);
    let mut report = report(files, &manifest, &snapshots);
    if report.damage.is_empty() {
        return Ok(Some(report));
    }
    let told = |why: String| io::Error::new(io::ErrorKind::InvalidData, why);
    let profile =
        profiles::find(&manifest.origin.profile).map_err(|error| told(error.to_string()))?;
    let reads = Arc::new(Reads::on(Arc::clone(files)));
    let damaged: Vec<&Path> = report.damage.iter().map(|(path, _)| path.as_path()).collect();
    manifest.index.open_what_can_be(&snapshots, &reads, &damaged);
    let restored = manifest.stores.into_iter().map(|(key, saved)| {
        let store = saved.restore(&profile.facts.storage, &manifest.index).map_err(told)?;
        Ok((key, store))
    });
    let mut stores = restored.collect::<io::Result<Vec<_>>>()?;
    let prefix = free_prefix(&**files, &snapshots, manifest.next)?;
    let mut writer = Writer::new(&**files, &snapshots, prefix, &reads, &|| false);
    writer.replace(&manifest.index.damaged());
    for (_, store) in &mut stores {
        writer.write(store)?;
    }
    writer.finish()?;
    let index = RefCell::default();
    report.values_lost = manifest.index.values_lost();
    let (next, origin, catalog) = (manifest.next, manifest.origin, manifest.catalog);
    let manifest = ManifestToWrite::new(next, &origin, &catalog, &stores, &index);
    write_manifest(&**files, &snapshots, &manifest)?;
    // Before nobody names them: a start removes what nobody names.
    copy_aside(&**files, folder, &mut report)?;
    publish(&**files, &snapshots)?;
    for (path, _) in &report.damage {
        match files.remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    drop(log);
    Ok(Some(report))
}

fn real() -> Arc<dyn Files> {
    Arc::new(RealFiles)
}

fn report(system: &Arc<dyn Files>, manifest: &Manifest, folder: &Path) -> SnapshotReport {
    let files = manifest.index.files();
    let damage = files.iter().filter_map(|facts| {
        let path = folder.join(&facts.name);
        let error = check(system, &path, facts.bytes, &facts.sums).err()?;
        Some((path, error.to_string()))
    });
    SnapshotReport {
        files: files.len(),
        bytes: files.iter().map(|facts| facts.bytes).sum(),
        damage: damage.collect(),
        values_lost: 0,
        copies: Vec::new(),
    }
}

/// What the name of no file begins with, so that none is written over.
fn free_prefix(files: &dyn Files, folder: &Path, next: u64) -> io::Result<String> {
    let names = files.list(folder)?;
    let mut prefixes = (1..).map(|number: u64| format!("{next:020}-mended{number}"));
    let is_free = |prefix: &String| !names.iter().any(|name| name.starts_with(prefix.as_str()));
    prefixes.find(is_free).ok_or_else(|| io::Error::other("all names are taken"))
}

/// Copies the damaged files to where nobody looks for them.
fn copy_aside(files: &dyn Files, folder: &Path, report: &mut SnapshotReport) -> io::Result<()> {
    let aside = folder.join(ASIDE);
    files.make_folder(&aside)?;
    let mut taken = files.list(&aside)?;
    for (path, _) in &report.damage {
        let Some(name) = path.file_name() else { continue };
        let name = name.to_string_lossy();
        let length = match files.length(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            length => length?,
        };
        let mut free = (1..).map(|number: u64| format!("{name}.{number}"));
        let Some(free) = free.find(|name| !taken.contains(name)) else { continue };
        let copy = aside.join(&free);
        copy_file(files, path, &copy, length)?;
        taken.push(free);
        report.copies.push(copy);
    }
    files.sync_folder(&aside)
}

/// Copies a file of so many bytes, some at a time.
fn copy_file(files: &dyn Files, from: &Path, to: &Path, length: u64) -> io::Result<()> {
    let mut file = files.create(to)?;
    let mut offset = 0;
    while offset < length {
        let piece = usize::try_from(length - offset).unwrap_or(usize::MAX).min(COPIED);
        let bytes = files.read_at(from, offset, piece)?;
        write_all(&mut *file, offset, &bytes)?;
        offset += piece as u64;
    }
    file.sync()
}
