//! `cargo xtask report-pages`: the HTML report in a real browser.
//!
//! VictoriaMetrics and influxd, each held against a profile that it does not keep, give a run with
//! failures. Its report is opened in Debian's Chromium, wide and narrow, light and dark, and used with keys alone.
//! A second report is of the same events with what a hostile server might say; a third is as large
//! as one of all profiles.

mod browser;
mod checks;
mod pages;

use crate::cargo::{self, Build};
use crate::peer::Peer;
use anyhow::{Context, Result, bail};
use browser::Browser;
use clap::Args;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Opens HTML reports in Chromium and uses them; screenshots go into target/report-pages
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask report-pages
  cargo xtask report-pages --run run.ndjson     (a saved run with failures, and no server)

The packages: apt-get install chromium chromium-driver influxdb victoria-metrics.")]
pub(crate) struct Arguments {
    /// Use this saved run, of `lineproof run --format json`, instead of running the suite
    #[arg(long, value_name = "FILE")]
    run: Option<PathBuf>,
}

/// What the servers are held against, each another release than it is.
const VICTORIA_METRICS_AS: &str = "oss-v1@1.6";
const INFLUXD_AS: &str = "oss-v1@1.12";

/// Widths of a desktop and of a phone.
const WIDTHS: [u32; 2] = [1280, 375];

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binary = cargo::build(Build::SuiteOnly)?;
    let folder = cargo::target_folder()?.join("report-pages");
    std::fs::create_dir_all(&folder).context("no folder for the screenshots")?;
    let events = if let Some(path) = &arguments.run {
        std::fs::read_to_string(path).with_context(|| path.display().to_string())?
    } else {
        let mut events =
            saved_run(&binary, &folder, &Peer::victoria_metrics(&[])?, VICTORIA_METRICS_AS)?;
        // Can be read back, so that there are ledgers.
        events += &saved_run(&binary, &folder, &Peer::influxdb(false)?, INFLUXD_AS)?;
        events
    };
    let pages = pages::make(&binary, &folder, &events)?;
    let mut wrong = Vec::new();
    for width in WIDTHS {
        for dark in [false, true] {
            let browser = Browser::start(width, dark)?;
            let name = format!("{width}-{}", if dark { "dark" } else { "light" });
            let mut found = checks::plain(&browser, &pages, &folder, &name)?;
            found.extend(checks::hostile(&browser, &pages, &folder, &name)?);
            if !dark {
                found.extend(checks::large(&browser, &pages)?);
                found.extend(checks::without_script(&browser, &pages)?);
            }
            println!("{name}: {} wrong", found.len());
            wrong.extend(found.into_iter().map(|what| format!("{name}: {what}")));
        }
    }
    println!("screenshots: {}", folder.display());
    if wrong.is_empty() {
        println!("the reports can be read and used");
        return Ok(ExitCode::SUCCESS);
    }
    bail!("{}", wrong.join("\n"));
}

/// The events of a run of the suite on this server, which must fail.
fn saved_run(binary: &Path, folder: &Path, peer: &Peer, profile: &str) -> Result<String> {
    let path = folder.join("run.ndjson");
    let options = ["run", "--profile", profile, "--format", "json", "--target"];
    let mut options: Vec<OsString> = options.map(Into::into).into();
    options.extend([peer.url().into(), "--output".into(), path.clone().into()]);
    let status = cargo::lineproof(binary, options)?;
    if status.code() != Some(1) {
        bail!("{} was to fail as {profile}; the run ended with {status}", peer.name());
    }
    std::fs::read_to_string(&path).with_context(|| path.display().to_string())
}
