//! `lineproof data`: the folder, or bucket, of a server that keeps its data, when the server is not there.

pub(crate) mod place;
mod snapshot;

use crate::cli::data::{DataArgs, DataCommand, DataFormat, FolderArgs};
use crate::exit::Failure;
use crate::streams::print;
use place::place;
use serde_json::json;
use snapshot::Snapshot;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use write_ahead_log::{Damage, Report, Torn, repair_with, verify_with};

pub(crate) fn data(args: &DataArgs) -> Result<ExitCode, Failure> {
    match &args.command {
        DataCommand::Verify(args) => verify(&args.folder),
        DataCommand::Repair(args) => repair(&args.folder),
    }
}

fn verify(args: &FolderArgs) -> Result<ExitCode, Failure> {
    let (files, folder) = place(&args.folder)?;
    let report = verify_with(Arc::clone(&files), &folder).map_err(Failure::usage)?;
    let snapshot = snapshot::verify(&files, &folder)?;
    print(&match args.format {
        DataFormat::Text => {
            text(&folder, &report, Done::Verified) + &snapshot.text(&folder, Done::Verified)
        }
        DataFormat::Json => json(&folder, &report, &snapshot),
    })?;
    snapshot.must_be_read(&folder)?;
    let is_good = report.damage.is_empty() && snapshot.is_good();
    Ok(if is_good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn repair(args: &FolderArgs) -> Result<ExitCode, Failure> {
    let (files, folder) = place(&args.folder)?;
    let report = repair_with(Arc::clone(&files), &folder).map_err(Failure::usage)?;
    // The log has to be good before anybody may write beside it.
    let snapshot = snapshot::repair(&files, &folder)?;
    // What they say was found before; whether it is good now is seen by looking again.
    let now = verify_with(Arc::clone(&files), &folder).map_err(Failure::usage)?;
    let snapshot_now = snapshot::verify(&files, &folder)?;
    let of_files = if snapshot_now.is_good() { Done::Repaired } else { Done::InVain };
    print(&match args.format {
        DataFormat::Text => {
            text(&folder, &report, Done::Repaired) + &snapshot.text(&folder, of_files)
        }
        DataFormat::Json => json(&folder, &report, &snapshot),
    })?;
    snapshot.must_be_read(&folder)?;
    if now.damage.is_empty() && snapshot_now.is_good() {
        return Ok(ExitCode::SUCCESS);
    }
    say!("lineproof: {} is still damaged: put a copy of it in its place", folder.display());
    Ok(ExitCode::FAILURE)
}

/// What was done with the folder.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Done {
    Verified,
    Repaired,
    /// It was to be repaired, and is not.
    InVain,
}

fn text(folder: &Path, report: &Report, done: Done) -> String {
    let folder = folder.display();
    let is_good = report.damage.is_empty();
    let entries = counted(report.entries, "entry", "entries");
    let segments = counted(report.segments as u64, "segment", "segments");
    let bytes = report.bytes;
    let mut text = match (is_good, done) {
        (true, Done::Repaired) if report.torn.is_none() => {
            format!("{folder}: good, nothing was changed: {entries} in {segments}, {bytes} bytes\n")
        }
        (true, _) => format!("{folder}: good: {entries} in {segments}, {bytes} bytes\n"),
        (false, Done::Verified) => {
            let places = counted(report.damage.len() as u64, "place", "places");
            format!("{folder}: damaged at {places}; {entries} in {segments} are good\n")
        }
        (false, _) => format!("{folder}: mended; {entries} kept\n"),
    };
    let next = report.damage.iter().skip(1).map(Some).chain([None]);
    for (damage, next) in report.damage.iter().zip(next) {
        let Damage { file, offset, bytes, what, entries_lost, .. } = damage;
        let lost = match entries_lost {
            None if next.is_some() => "what is lost is counted with the next".to_owned(),
            None => "nothing says how many entries are lost".to_owned(),
            Some(0) => "no entry is lost".to_owned(),
            Some(lost) => format!("{} lost", counted(*lost, "entry", "entries")),
        };
        let _ =
            writeln!(text, "  {} at byte {offset}, {bytes} bytes: {what}; {lost}", file.display());
    }
    if let Some(Torn { file, offset, bytes }) = &report.torn {
        let _ = writeln!(
            text,
            "  {} at byte {offset}, {bytes} bytes: a write that was not finished, of which nobody \
             was told that it is kept (unless somebody has cut the file since)",
            file.display()
        );
    }
    for copy in &report.copies {
        let _ = writeln!(text, "  copied to {}", copy.display());
    }
    if report.lost > 0 {
        let lost = counted(report.lost, "entry was", "entries were");
        let _ = writeln!(text, "  {lost} lost before, and left out by an earlier repair");
    }
    if !is_good && done == Done::Verified {
        let _ = writeln!(text, "keep what is good with:\n  lineproof data repair {folder}");
    }
    text
}

fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { several })
}

fn json(folder: &Path, report: &Report, snapshot: &Snapshot) -> String {
    let path = |path: &Path| path.display().to_string();
    let damage = report.damage.iter().map(|damage| {
        json!({
            "file": path(&damage.file),
            "offset": damage.offset,
            "bytes": damage.bytes,
            "what": damage.what.to_string(),
            "entries_lost": damage.entries_lost,
        })
    });
    let torn = report
        .torn
        .as_ref()
        .map(|torn| json!({"file": path(&torn.file), "offset": torn.offset, "bytes": torn.bytes}));
    let report = json!({
        "folder": path(folder),
        "good": report.damage.is_empty() && snapshot.is_good(),
        "entries": report.entries,
        "segments": report.segments,
        "bytes": report.bytes,
        "first_sequence": report.first_sequence,
        "next_sequence": report.next_sequence,
        "lost_before": report.lost,
        "torn": torn,
        "damage": damage.collect::<Vec<_>>(),
        "copies": report.copies.iter().map(|copy| path(copy)).collect::<Vec<_>>(),
        "snapshot": snapshot.json(),
    });
    format!("{report:#}\n")
}
