//! `lineproof known`.

use crate::cli::known::{KnownArgs, KnownCommand, UpdateArgs};
use crate::exit::Failure;
use crate::streams::print;
use crate::{list, report};
use harness::event::{CaseResult, Event};
use harness::known::HEADER;
use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// A longer list was written by nobody.
const LARGEST: u64 = 16 << 20;

pub(crate) fn known(args: &KnownArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        KnownCommand::Update(args) => update(args),
    }
}

fn update(args: &UpdateArgs) -> Result<ExitCode, Failure> {
    let path = &args.known_failing;
    let fail = |why: String| Failure::usage(format!("{}: {why}", path.display()));
    let before = read(path).map_err(|error| fail(error.to_string()))?;
    let cases = list::cases(args.cases_dir.as_deref())?;
    let ids: Vec<_> = cases.iter().map(|case| case.id.as_str()).collect();
    let events = report::file(&args.run)?;
    let results: Vec<&CaseResult> = events
        .iter()
        .filter_map(|event| match event {
            Event::Case(result) => Some(result.as_ref()),
            _ => None,
        })
        .collect();
    let text = before.as_deref().unwrap_or(HEADER);
    let (after, changes) = harness::known::update(text, &ids, &results).map_err(fail)?;
    let lines: String = changes.iter().map(|change| format!("{change}\n")).collect();
    print(&lines)?;
    if changes.is_empty() && (before.is_some() || args.check) {
        say!("{}: nothing changes", path.display());
        return Ok(ExitCode::SUCCESS);
    }
    if args.check {
        say!("{}: {} changes to make", path.display(), changes.len());
        return Ok(ExitCode::FAILURE);
    }
    replace(path, &after).map_err(|error| fail(error.to_string()))?;
    match changes.len() {
        0 => say!("{}: made, with nothing in it", path.display()),
        1 => say!("{}: 1 change made", path.display()),
        several => say!("{}: {several} changes made", path.display()),
    }
    Ok(ExitCode::SUCCESS)
}

/// The list; none where it is not there yet.
fn read(path: &Path) -> std::io::Result<Option<String>> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.len() > LARGEST => {
            Err(std::io::Error::other("too large for a list of known failures"))
        }
        Ok(_) => fs::read_to_string(path).map(Some),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Puts the text in the place of the file, all of it or nothing.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // What a link names is replaced, not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let name = path.file_name().ok_or_else(|| std::io::Error::other("this is no file"))?;
    let beside = format!(".{}.{}.new", name.to_string_lossy(), std::process::id());
    let beside: PathBuf = path.with_file_name(beside);
    let written = (|| {
        let mut file = File::options().write(true).create_new(true).open(&beside)?;
        file.write_all(text.as_bytes())?;
        if let Ok(metadata) = fs::metadata(&path) {
            file.set_permissions(metadata.permissions())?;
        }
        file.sync_all()?;
        fs::rename(&beside, &path)
    })();
    if written.is_err() {
        fs::remove_file(&beside).ok();
    }
    written
}
