//! A reference server as its users start it: `lineproof serve`, on a free port, stopped when dropped.

use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// A server that runs.
pub(crate) struct Served {
    child: Child,
    url: String,
}

impl Served {
    /// Serves like `profile`, with these options of `lineproof serve`.
    pub(crate) fn start(binary: &Path, profile: &str, options: &[&str]) -> Result<Self> {
        let child = Command::new(binary)
            .args(["serve", "--profile", profile, "--format", "json"])
            .args(options)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} could not be started", binary.display()))?;
        let mut server = Self { child, url: String::new() };
        let mut line = String::new();
        if let Some(output) = server.child.stdout.take() {
            // The first line comes once it answers; nothing comes if it ends instead.
            BufReader::new(output).read_line(&mut line)?;
        }
        let told: Option<serde_json::Value> = serde_json::from_str(&line).ok();
        match told.as_ref().and_then(|told| told.get("url")?.as_str()) {
            Some(url) => server.url = url.to_owned(),
            None => bail!("`lineproof serve --profile {profile}` did not say where it listens"),
        }
        Ok(server)
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it holds, in MiB.
    pub(crate) fn resident(&self) -> Result<u64> {
        super::resident(&self.child)
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
