//! `cargo xtask crash`: a server that keeps its data is killed while it is written to, again and
//! again, and what it has then is held against what it had acknowledged.
//!
//! The ledger of `harness/src/concurrent` is of one round on a server that lives; here a history goes
//! over kills, and holds removals, databases and batches that are there in part.

mod api;
mod chance;
mod folder;
mod judge;
mod ledger;
mod plan;
mod server;
mod writer;

use crate::cargo::{self, Build};
use anyhow::{Context, Result};
use api::Family;
use clap::Args;
use folder::{Counts, Folder};
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// So many folders with findings are kept, those of later ones are not.
const KEPT: u64 = 5;

/// So many findings of a round are shown.
const SHOWN: usize = 8;

/// Kills a server that keeps its data, starts it again, and holds what it has against what it
/// acknowledged
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask crash
  cargo xtask crash --rounds 500 --profile oss-v2@2.7
  cargo xtask crash --profile oss-v1@1.6 --seed 3 --rounds 7        (again what a finding names)
  cargo xtask crash --lineproof target/release/lineproof
  cargo xtask crash --rounds 20 --data s3://bucket/crash            (with AWS_… in the environment)

In each round six writers write, remove, and make and drop databases, until the server gets SIGKILL
at a random instant; then it is started again, killed while it starts now and then, and all that it
has is read by its own API. After ten rounds comes a new folder.

A finding names its round and the command that repeats it: what is written is the same then, which
of the writers comes first is chance. Its folder is kept.
Exit codes: 0 no findings; 1 findings; 130 ended by Ctrl-C.")]
pub(crate) struct Arguments {
    /// How many rounds each profile has
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Whom the server acts like; may be repeated
    #[arg(
        long = "profile",
        value_name = "PROFILE",
        default_values = ["oss-v1@1.6", "oss-v2@2.7", "v3-core@3.6", "clustered@docs", "cloud@docs"]
    )]
    profiles: Vec<String>,
    /// What is written and when it is killed: the first folder has this seed, each after it the next
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// This binary, instead of one that is built now
    #[arg(long, value_name = "FILE")]
    lineproof: Option<PathBuf>,
    /// Keep the data under this URL, and not in folders; nothing is removed there
    #[arg(long, value_name = "URL")]
    data: Option<String>,
    /// More options of `lineproof serve`, after `--`
    #[arg(last = true, value_name = "OPTIONS")]
    options: Vec<String>,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let families: Option<Vec<_>> = arguments.profiles.iter().map(|p| Family::of(p)).collect();
    let families =
        families.context("only oss-v1, oss-v2, v3, clustered and cloud profiles can be killed")?;
    let binary = match &arguments.lineproof {
        Some(path) => {
            // Relative to where the command was typed, not to a folder of data.
            let path = path.canonicalize();
            path.context("--lineproof names no file")?
        }
        None => cargo::build(Build::Embedded)?,
    };
    let is_asked = Arc::new(AtomicBool::new(false));
    let asked = Arc::clone(&is_asked);
    ctrlc::set_handler(move || {
        // Who asks twice does not want to wait for the round.
        if asked.swap(true, Ordering::SeqCst) {
            std::process::exit(130);
        }
    })
    .context("Ctrl-C cannot be watched")?;
    let mut is_fine = true;
    for (profile, family) in arguments.profiles.iter().zip(families) {
        let began = Instant::now();
        let counts = profile_rounds(arguments, &binary, (profile, family), &is_asked)?;
        clear();
        println!("{profile}: {} ({:.0} s)", summary(&counts), began.elapsed().as_secs_f64());
        is_fine &= counts.findings == 0;
        if is_asked.load(Ordering::SeqCst) {
            return Ok(ExitCode::from(130));
        }
    }
    Ok(if is_fine { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// All rounds of one profile.
fn profile_rounds(
    arguments: &Arguments,
    binary: &Path,
    (profile, family): (&str, Family),
    is_asked: &AtomicBool,
) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut folders = 0;
    let mut kept = 0;
    let mut folder: Option<Folder<'_>> = None;
    while counts.rounds < arguments.rounds && !is_asked.load(Ordering::SeqCst) {
        let mut current = match folder.take() {
            Some(folder) => folder,
            None => {
                let seed = arguments.seed.wrapping_add(folders);
                folders += 1;
                let data = arguments.data.as_deref();
                Folder::new(binary, (profile, family), &arguments.options, data, seed)?
            }
        };
        progress(profile, &counts, arguments.rounds);
        let found = current.round(&mut counts)?;
        if !found.is_empty() {
            tell(profile, &current, &found, kept < KEPT);
            kept += 1;
            if kept > KEPT {
                current.remove()?;
            }
        } else if current.rounds() < folder::ROUNDS {
            folder = Some(current);
        } else {
            close(profile, current, &mut counts)?;
        }
    }
    if let Some(last) = folder {
        close(profile, last, &mut counts)?;
    }
    Ok(counts)
}

/// The end of a folder, which may show something too.
fn close(profile: &str, folder: Folder<'_>, counts: &mut Counts) -> Result<()> {
    let (path, seed, rounds) = (folder.path().to_owned(), folder.seed(), folder.rounds());
    let found = folder.close(counts)?;
    if !found.is_empty() {
        report(profile, (seed, rounds), &path, &found);
    }
    Ok(())
}

fn tell(profile: &str, folder: &Folder<'_>, found: &[String], is_kept: bool) {
    let path = if is_kept { folder.path() } else { Path::new("") };
    report(profile, (folder.seed(), folder.rounds()), path, found);
}

/// What was found in a round, and how to see it again.
fn report(profile: &str, (seed, round): (u64, u64), folder: &Path, found: &[String]) {
    clear();
    println!("{profile}, seed {seed}, round {round}: {} findings", found.len());
    for finding in found.iter().take(SHOWN) {
        println!("  {finding}");
    }
    if found.len() > SHOWN {
        println!("  and {} more", found.len() - SHOWN);
    }
    println!("  again: cargo xtask crash --profile {profile} --seed {seed} --rounds {round}");
    if !folder.as_os_str().is_empty() {
        println!("  kept: {}", folder.display());
    }
}

fn summary(counts: &Counts) -> String {
    let findings = match counts.findings {
        0 => "no findings".to_owned(),
        1 => "1 finding".to_owned(),
        several => format!("{several} findings"),
    };
    format!(
        "{} rounds, {} kills, {} batches and {} other requests acknowledged, {} under way at a kill, \
         {} points checked, {findings}",
        counts.rounds, counts.kills, counts.batches, counts.others, counts.open, counts.points
    )
}

/// On a terminal one line, which the next one takes the place of.
fn progress(profile: &str, counts: &Counts, rounds: u64) {
    if std::io::stderr().is_terminal() {
        let mut stderr = std::io::stderr();
        let _ = write!(
            stderr,
            "\r\x1b[K{profile}: round {} of {rounds}, {} batches, {} findings",
            counts.rounds + 1,
            counts.batches,
            counts.findings
        );
        let _ = stderr.flush();
    }
}

fn clear() {
    if std::io::stderr().is_terminal() {
        eprint!("\r\x1b[K");
    }
}
