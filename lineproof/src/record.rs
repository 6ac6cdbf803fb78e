//! `lineproof record`.

use crate::cli::{RecordArgs, RecordFormat};
use crate::embedded::Fault;
use crate::exit::Failure;
use crate::streams::print;
use crate::{list, run};
use harness::case::Case;
use harness::record::{Ended, Place, Provenance, Recorded, record_into};
use harness::snapshot::Snapshots;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, IsTerminal};
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn record(args: &RecordArgs) -> Result<ExitCode, Failure> {
    if args.target.target.is_none() {
        return Err(Failure::usage("only a real product is recorded: give --target URL"));
    }
    if args.from.trim().is_empty() {
        return Err(Failure::usage(
            "--from is empty: say which release this is and how it was run",
        ));
    }
    let cases = list::load(&args.select)?;
    let chosen = list::selection(&args.select).choose(&cases).map_err(Failure::usage)?;
    let profiles = run::chosen_profiles(&args.target)?;
    let profile = profiles[0];
    let edition = args.edition.as_deref().unwrap_or(profile.edition);
    let is_there = |case: &Case| {
        args.snapshots_dir.join(Snapshots::path_in(profile.product, edition, case)).exists()
    };
    let chosen: Vec<_> =
        chosen.into_iter().filter(|case| !(args.missing && is_there(case))).cloned().collect();
    if !args.dry_run {
        check_folder(&args.snapshots_dir)?;
    }
    let provenance = Provenance { basis: args.basis, from: args.from.clone() };
    let place =
        Place { dir: &args.snapshots_dir, edition: args.edition.as_deref(), dry_run: args.dry_run };
    let mut told = Told::new(args.format, chosen.len());
    let done = run::runtime()?.block_on(async {
        let (target, _server) = run::target(&args.target, profile, Fault::default()).await?;
        let on_case = |case: &Case, recorded: &Recorded| told.case(case, recorded);
        record_into(&target, &chosen, &provenance, place, run::interrupts(), on_case)
            .await
            .map_err(Failure::unusable)
    });
    let counts = told.end(&format!("{}@{edition}", profile.product), args, done.as_ref().ok());
    let ended = done?;
    let is_kept = ["new", "same", "changed"].iter().any(|word| counts.contains_key(word));
    Ok(ExitCode::from(match () {
        () if ended.interrupted => 130,
        () if counts.contains_key("refused") => 4,
        () if is_kept || chosen.is_empty() => 0,
        () => 2,
    }))
}

/// That files can be made in a folder, which is made if it is not there: before a server is asked for
/// minutes.
fn check_folder(folder: &Path) -> Result<(), Failure> {
    let fail = |error: io::Error| {
        let folder = folder.display();
        Failure::usage(format!("{folder}: {error}; choose another with --snapshots-dir"))
    };
    fs::create_dir_all(folder).map_err(fail)?;
    let file = folder.join(format!(".lineproof-{}", std::process::id()));
    fs::File::create_new(&file).and_then(|_| fs::remove_file(&file)).map_err(fail)
}

/// What is told on the way and in the end.
struct Told {
    format: RecordFormat,
    bar: ProgressBar,
    counts: BTreeMap<&'static str, usize>,
    /// Why cases were not asked, with how many.
    lacking: BTreeMap<String, usize>,
}

impl Told {
    fn new(format: RecordFormat, cases: usize) -> Self {
        let visible = io::stderr().is_terminal();
        let draw =
            if visible { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let bar = ProgressBar::with_draw_target(Some(cases as u64), draw);
        if let Ok(style) =
            ProgressStyle::with_template("[{bar:30}] {pos}/{len} {elapsed} {wide_msg}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { format, bar, counts: BTreeMap::new(), lacking: BTreeMap::new() }
    }

    fn case(&mut self, case: &Case, recorded: &Recorded) {
        let (word, why) = match recorded {
            Recorded::New => ("new", None),
            Recorded::Same => ("same", None),
            Recorded::Changed => ("changed", None),
            Recorded::Unsupported(why) => ("unsupported", Some(why)),
            Recorded::Refused(why) => ("refused", Some(why)),
        };
        *self.counts.entry(word).or_default() += 1;
        self.bar.inc(1);
        self.bar.set_message(case.id.clone());
        if let Recorded::Unsupported(why) = recorded {
            *self.lacking.entry(why.clone()).or_default() += 1;
        }
        let line = match (self.format, recorded) {
            (RecordFormat::Json, _) => {
                serde_json::json!({"case": case.id, "is": word, "why": why}).to_string()
            }
            (RecordFormat::Text, Recorded::Changed) => format!("changed {}", case.id),
            (RecordFormat::Text, Recorded::Refused(why)) => format!("refused {}: {why}", case.id),
            (RecordFormat::Text, _) => return,
        };
        self.bar.suspend(|| told(&line));
    }

    /// The summary.
    fn end(
        &self,
        name: &str,
        args: &RecordArgs,
        ended: Option<&Ended>,
    ) -> BTreeMap<&'static str, usize> {
        self.bar.finish_and_clear();
        // The failure says it all.
        if ended.is_none() && self.counts.is_empty() {
            return BTreeMap::new();
        }
        let left = ended.and_then(|ended| ended.left_behind.as_ref());
        let stopped = ended.is_none_or(|ended| ended.interrupted);
        let server = ended.map(|ended| ended.server.clone()).unwrap_or_default();
        if self.format == RecordFormat::Json {
            let line = serde_json::json!({
                "edition": name, "counts": self.counts, "server": server, "whole": !stopped,
                "dry_run": args.dry_run, "left_behind": left,
            });
            told(&line.to_string());
            return self.counts.clone();
        }
        for (why, count) in &self.lacking {
            told(&format!("unsupported, {count}: {why}"));
        }
        for line in &server {
            told(&format!("server: {line}"));
        }
        let counts: Vec<_> = self.counts.iter().map(|(word, n)| format!("{n} {word}")).collect();
        let dry = if args.dry_run { " (nothing was written)" } else { "" };
        let part = if stopped { ", interrupted" } else { "" };
        let dir = args.snapshots_dir.display();
        told(&format!("{name} in {dir}: {}{part}{dry}", counts.join(", ")));
        if let Some(left) = left {
            told(&format!("left behind on the target: {left}"));
        }
        self.counts.clone()
    }
}

/// A line on standard output, which only tells of the files: whoever listens.
fn told(line: &str) {
    print(&format!("{line}\n")).ok();
}
