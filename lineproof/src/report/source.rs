//! Where saved reports are: files, folders, object storage.

use super::storage;
use crate::exit::Failure;
use harness::merge::Report;
use harness::saved;
use std::fs::{self, File};
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

/// Larger files are no reports of ours.
pub(super) const LARGEST: u64 = 1 << 30;

/// How the name of a report ends that is looked for in a folder.
pub(super) const ENDING: &str = ".ndjson";

/// Deeper folders are a circle.
const DEEPEST: usize = 8;

/// All reports that are named, in that order.
pub(super) fn all(sources: &[String]) -> Result<Vec<Report>, Failure> {
    let mut reports = Vec::new();
    for source in sources {
        if let Some(path) = storage::local(source)? {
            for path in files(&path)? {
                reports.push(Report { name: path.display().to_string(), events: file(&path)? });
            }
            continue;
        }
        if source.contains("://") {
            reports.extend(storage::all(source)?);
            continue;
        }
        for path in files(Path::new(source))? {
            reports.push(Report { name: path.display().to_string(), events: file(&path)? });
        }
    }
    Ok(reports)
}

/// The events of the report in this file.
pub(crate) fn file(path: &Path) -> Result<Vec<harness::event::Event>, Failure> {
    let fail = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let file = File::open(path).map_err(|error| fail(error.to_string()))?;
    let metadata = file.metadata().map_err(|error| fail(error.to_string()))?;
    if metadata.is_dir() {
        return Err(fail("this is a folder".to_owned()));
    }
    if metadata.len() > LARGEST {
        return Err(fail(format!("larger than {LARGEST} bytes: this is no report")));
    }
    saved::whole(BufReader::new(file.take(LARGEST))).map_err(fail)
}

/// The file itself, or the reports in the folder and below, by name.
fn files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut found = Vec::new();
    below(path, 0, &mut found)
        .map_err(|error| Failure::usage(format!("{}: {error}", path.display())))?;
    found.sort();
    if found.is_empty() {
        return Err(Failure::usage(format!("{}: there is no *{ENDING} in it", path.display())));
    }
    Ok(found)
}

fn below(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> std::io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            if depth < DEEPEST {
                below(&path, depth + 1, found)?;
            }
        } else if path.to_string_lossy().ends_with(ENDING) {
            found.push(path);
        }
    }
    Ok(())
}
