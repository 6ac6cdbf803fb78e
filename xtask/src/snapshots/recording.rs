//! What all ways of recording share: which cases, into which files, and what came of them.

use anyhow::{Context, Result, anyhow, bail};
use harness::case::Case;
use harness::record::{Provenance, Recorded, record};
use harness::select::Selection;
use harness::snapshot::{Snapshot, Snapshots};
use harness::target::Target;
use profiles::Profile;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

/// The folder of snapshots.
pub(crate) fn folder() -> PathBuf {
    crate::cargo::root().join("snapshots")
}

/// All cases of the folder.
pub(crate) fn cases() -> Result<Vec<Case>> {
    harness::load::load(Some(&crate::cargo::root().join("cases"))).map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(ToString::to_string).collect();
        anyhow!("wrong case files:\n{}", lines.join("\n"))
    })
}

/// The cases that the patterns name, without those whose snapshot shall stay. A snapshot of an
/// older text of its case is removed: whatever it says, nobody has seen it.
pub(crate) fn chosen(
    profile: &Profile,
    patterns: &[String],
    stays: impl Fn(&Snapshot) -> bool,
) -> Result<Vec<Case>> {
    let all = cases()?;
    let snapshots = Snapshots::new(Some(folder()));
    let selection = Selection { patterns: patterns.to_vec(), level: None };
    let mut chosen = Vec::new();
    for case in selection.choose(&all)? {
        match snapshots.find(profile, case).map_err(|why| anyhow!(why))? {
            Some(snapshot) if snapshot.case != case.digest() => {
                std::fs::remove_file(folder().join(Snapshots::path(profile, case)))?;
            }
            Some(snapshot) if stays(&snapshot) => continue,
            _ => {}
        }
        chosen.push(case.clone());
    }
    Ok(chosen)
}

/// Records the cases, tells what came of each that was not simply written, and counts.
pub(crate) fn record_all(
    target: &Target,
    cases: &[Case],
    provenance: &Provenance,
) -> Result<BTreeMap<&'static str, usize>> {
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    let mut unrecorded = Vec::new();
    let on_case = |case: &Case, recorded: &Recorded| {
        let word = match recorded {
            Recorded::New => "new",
            Recorded::Same => "same",
            Recorded::Changed => {
                println!("changed {}", case.id);
                "changed"
            }
            Recorded::Unsupported(_) => "unsupported",
            Recorded::Refused(why) if why == harness::record::NOT_RECORDED => {
                unrecorded.push(case.id.clone());
                "without a recording"
            }
            Recorded::Refused(why) => {
                println!("refused {}: {why}", case.id);
                "refused"
            }
        };
        *counts.entry(word).or_default() += 1;
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("no runtime")?;
    let done = runtime.block_on(record(target, cases, provenance, &folder(), on_case));
    for id in &unrecorded {
        println!("without a recording {id}");
    }
    let summary: Vec<_> = counts.iter().map(|(word, count)| format!("{count} {word}")).collect();
    println!("{}: {}", target.profile.name(), summary.join(", "));
    done.map_err(|why| anyhow!(why.0))?;
    Ok(counts)
}

/// Refused recordings are a failure.
pub(crate) fn ending(counts: &BTreeMap<&'static str, usize>) -> ExitCode {
    ExitCode::from(if counts.contains_key("refused") { 4 } else { 0 })
}

/// The profile of this name.
pub(crate) fn profile(name: &str) -> Result<&'static Profile> {
    match profiles::find(name) {
        Ok(profile) => Ok(profile),
        Err(why) => bail!("{why}"),
    }
}
