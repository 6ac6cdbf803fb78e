//! A virtual environment for each client, and its scripts in it.

use super::list::{Client, Run};
use crate::cargo;
use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

/// What a script is told of the server.
#[derive(Clone, Copy, Debug)]
pub(super) struct Target<'t> {
    pub(super) url: &'t str,
    pub(super) token: &'t str,
    pub(super) organisation: &'t str,
    pub(super) database: &'t str,
}

/// What came of a script.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) passed: bool,
    pub(super) tests: usize,
    pub(super) seconds: f64,
    /// What it printed.
    pub(super) output: String,
}

/// The packages of a client, as its `requirements.txt` pins them.
#[derive(Debug)]
pub(super) struct Environment {
    folder: PathBuf,
    scripts: PathBuf,
}

impl Environment {
    /// The environment below the target folder, made if it is not there or was made for other pins.
    pub(super) fn of(client: &Client) -> Result<Self> {
        let folder = cargo::target_folder()?.join("clients").join(&client.folder);
        let pins = client.path.join("requirements.txt");
        let wanted = std::fs::read_to_string(&pins)
            .with_context(|| format!("{} cannot be read", pins.display()))?;
        let environment = Self { folder, scripts: client.path.clone() };
        // Written last, so it is there for none that was left half-made.
        let made = environment.folder.join("made-for.txt");
        if std::fs::read_to_string(&made).is_ok_and(|pins| pins == wanted) {
            return Ok(environment);
        }
        eprintln!("making an environment for {}", client.folder);
        environment.make(&pins)?;
        std::fs::write(&made, wanted).context("the environment cannot be marked as made")?;
        Ok(environment)
    }

    fn make(&self, pins: &Path) -> Result<()> {
        let advice = "python3 with venv is needed: apt-get install python3-venv";
        let mut venv = Command::new("python3");
        venv.args(["-m", "venv", "--clear"]).arg(&self.folder);
        let output = venv.output().context(advice)?;
        if !output.status.success() {
            bail!("{advice}\n{}", said(&output));
        }
        let mut pip = Command::new(self.python());
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check"]);
        // What is pinned is all there is: nothing comes along that nobody chose.
        let output = pip.args(["--no-deps", "--only-binary", ":all:", "-r"]).arg(pins).output()?;
        if !output.status.success() {
            bail!(
                "pip could not install {}: PyPI has to be reachable (or an index that pip is set up \
                 for), and Python 3.11 or later is needed\n{}",
                pins.display(),
                said(&output)
            );
        }
        Ok(())
    }

    /// Runs a script on a server.
    pub(super) fn run(&self, run: &Run, target: &Target<'_>) -> Result<Outcome> {
        let mut command = Command::new(self.python());
        command
            .args(["-W", "ignore", "-m", "unittest", &run.script])
            .current_dir(&self.scripts)
            .env("LINEPROOF_URL", target.url)
            .env("LINEPROOF_TOKEN", target.token)
            .env("LINEPROOF_ORG", target.organisation)
            .env("LINEPROOF_DATABASE", target.database)
            .env("LINEPROOF_FACTS", &run.facts)
            // The repository is not littered with compiled scripts.
            .env("PYTHONDONTWRITEBYTECODE", "1");
        // A proxy of this machine is none for its own loopback.
        command.env("NO_PROXY", "127.0.0.1").env("no_proxy", "127.0.0.1");
        let start = Instant::now();
        let output =
            command.stdin(Stdio::null()).output().context("python could not be started")?;
        let (output, passed) = (said(&output), output.status.success());
        let tests = tests_in(&output);
        // A script without tests would prove nothing.
        let passed = passed && tests > 0;
        Ok(Outcome { passed, tests, seconds: start.elapsed().as_secs_f64(), output })
    }

    fn python(&self) -> PathBuf {
        self.folder.join("bin").join("python")
    }
}

fn said(output: &Output) -> String {
    let text = [&*output.stdout, &*output.stderr].concat();
    String::from_utf8_lossy(&text).trim().to_owned()
}

/// How many tests ran, as unittest says it: `Ran 27 tests in 0.395s`.
fn tests_in(output: &str) -> usize {
    let line = output.lines().rev().find_map(|line| line.strip_prefix("Ran "));
    line.and_then(|line| line.split(' ').next()?.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_tests_is_unittests() {
        assert_eq!(tests_in("..\n------\nRan 27 tests in 0.395s\n\nOK"), 27);
        assert_eq!(tests_in("Ran 1 test in 0.1s"), 1);
        assert_eq!(tests_in("No module named x"), 0);
    }
}
