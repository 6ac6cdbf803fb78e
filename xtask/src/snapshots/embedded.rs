//! `cargo xtask snapshots embedded`: what nobody has recorded from a product, the reference server
//! claims. Such a claim only warns, and says whose it is.

use super::recording;
use crate::cargo::{self, Build};
use anyhow::{Context, Result, bail};
use clap::Args;
use harness::record::Provenance;
use harness::snapshot::Basis;
use harness::target::{Credentials, Target};
use profiles::Family;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

/// Fills the missing expectations of a profile with the reference server's claims
#[derive(Args)]
pub(crate) struct Arguments {
    /// The profile: product@edition
    #[arg(long)]
    profile: String,
    /// Only these cases, as in `lineproof run --cases`
    #[arg(long, value_name = "PATTERN")]
    cases: Vec<String>,
    /// A `lineproof` with servers inside, instead of building it
    #[arg(long, value_name = "FILE")]
    lineproof: Option<PathBuf>,
}

const FROM: &str = "reference server, not seen from the product";
const TOKEN: &str = "lineproof-claims-token";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let profile = recording::profile(&arguments.profile)?;
    let cases = recording::chosen(profile, &arguments.cases, |s| s.basis != Basis::Inferred)?;
    if cases.is_empty() {
        println!("{}: every case has an expectation", profile.name());
        return Ok(ExitCode::SUCCESS);
    }
    let binary = match &arguments.lineproof {
        Some(path) => path.clone(),
        None => cargo::build(Build::Embedded)?,
    };
    let token = if profile.family == Family::V3 { format!("apiv3_{TOKEN}") } else { TOKEN.into() };
    let server = Served::start(&binary, &arguments.profile, &token)?;
    let mut target = Target::new(&server.url, profile)?;
    target.credentials = match profile.family {
        Family::V1 => {
            Credentials { token: None, user: Some("admin".to_owned()), password: Some(token) }
        }
        Family::V2 | Family::V3 | Family::Iox(_) => {
            Credentials { token: Some(token), ..Credentials::default() }
        }
    };
    let provenance = Provenance { basis: Basis::Inferred, from: FROM.to_owned() };
    let counts = recording::record_all(&target, &cases, &provenance)?;
    Ok(recording::ending(&counts))
}

/// A `lineproof serve` that is stopped when dropped.
struct Served {
    child: Child,
    url: String,
}

impl Served {
    fn start(binary: &Path, profile: &str, token: &str) -> Result<Self> {
        let child = Command::new(binary)
            .args(["serve", "--profile", profile, "--auth", "on"])
            .env("LINEPROOF_TOKEN", token)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} could not be started", binary.display()))?;
        let mut served = Self { child, url: String::new() };
        let stdout = served.child.stdout.take().context("the server has no output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        match line.trim_end().rsplit_once(" listening on ") {
            Some((_, url)) => served.url = url.to_owned(),
            None => bail!("the server did not say where it listens: {line}"),
        }
        Ok(served)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
