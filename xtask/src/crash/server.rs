//! The process under test: `lineproof serve --data`, started, killed, and started again.

use super::api::{Family, MAIN, TOKEN};
use anyhow::{Context, Result, bail};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc;
use std::time::Duration;

/// How long a start may take, with all that is to be read again.
const START: Duration = Duration::from_secs(60);

/// What to start, and on what.
pub(super) struct Setup<'a> {
    pub(super) binary: &'a Path,
    pub(super) profile: &'a str,
    pub(super) family: Family,
    pub(super) data: &'a Path,
    /// What it says on standard error is added to this file.
    pub(super) log: &'a Path,
    /// How long its log may be, in bytes; as long as the server thinks best where nothing is said.
    pub(super) log_bytes: Option<u64>,
    /// More options of `lineproof serve`.
    pub(super) options: &'a [String],
}

/// A server that runs, or starts.
pub(super) struct Server {
    child: Child,
}

impl Server {
    /// Starts it and does not wait for it.
    pub(super) fn spawn(setup: &Setup<'_>) -> Result<Self> {
        let log = File::options().create(true).append(true).open(setup.log);
        let log = log.with_context(|| format!("{} cannot be written", setup.log.display()))?;
        let mut command = Command::new(setup.binary);
        command.args(["serve", "--profile", setup.profile, "--format", "json"]);
        command.args(["--token", TOKEN, "--bucket", MAIN]).arg("--data").arg(setup.data);
        command.args(setup.family.options());
        if let Some(bytes) = setup.log_bytes {
            command.args(["--log-bytes", &bytes.to_string()]);
        }
        command.args(setup.options);
        // A Ctrl-C of the terminal is for us; what is to end, and how, is ours to say.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .with_context(|| format!("{} could not be started", setup.binary.display()))?;
        Ok(Self { child })
    }

    /// Waits until it says where it listens.
    pub(super) fn url(&mut self) -> Result<String> {
        let output = self.child.stdout.take().context("it has said already where it listens")?;
        let (sender, receiver) = mpsc::channel();
        // A line may never come, and reading has no deadline.
        std::thread::spawn(move || {
            let mut line = String::new();
            let read = BufReader::new(output).read_line(&mut line);
            let _ = sender.send(read.map(|_| line));
        });
        let Ok(line) = receiver.recv_timeout(START) else {
            bail!("it does not listen after {START:?}");
        };
        let told: Option<serde_json::Value> = serde_json::from_str(&line?).ok();
        match told.as_ref().and_then(|told| told.get("url")?.as_str()) {
            Some(url) => Ok(url.to_owned()),
            None => bail!("it ended ({})", self.child.wait()?),
        }
    }

    /// How it ended, if it has and not by [`kill`](Self::kill).
    pub(super) fn ended_by_itself(&mut self) -> Result<Option<ExitStatus>> {
        Ok(self.child.try_wait()?.filter(|status| !is_killed(*status)))
    }

    /// SIGKILL: it is gone when this returns.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// SIGTERM, and how it ended then.
    pub(super) fn stop(mut self) -> Result<ExitStatus> {
        let id = self.child.id().to_string();
        let told = Command::new("kill").args(["-s", "TERM", &id]).status()?;
        if !told.success() {
            bail!("it could not be told to end");
        }
        let (sender, receiver) = mpsc::channel();
        let deadline = std::thread::spawn(move || {
            if receiver.recv_timeout(START).is_err() {
                let _ = Command::new("kill").args(["-s", "KILL", &id]).status();
            }
        });
        let status = self.child.wait()?;
        let _ = sender.send(());
        let _ = deadline.join();
        Ok(status)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Both do nothing where it has been waited for.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(unix)]
fn is_killed(status: ExitStatus) -> bool {
    const SIGKILL: i32 = 9;
    std::os::unix::process::ExitStatusExt::signal(&status) == Some(SIGKILL)
}

/// Elsewhere nobody can tell.
#[cfg(not(unix))]
fn is_killed(_: ExitStatus) -> bool {
    true
}
