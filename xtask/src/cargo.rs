//! Cargo: building the `lineproof` binary and the benches, and running the former.

use anyhow::{Context, Result, bail};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

/// Which `lineproof` to build.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Build {
    /// With the reference servers inside.
    Embedded,
    /// Without: for a URL, no query engine has to be built.
    SuiteOnly,
    /// With them, and with the faults that they can be given.
    Mutants,
    /// With them, and optimised as users get it.
    Release,
    /// The same without what takes a query engine to build: what is measured is writing.
    ReleaseWithoutSql,
}

/// The root of the repository.
///
/// As `cargo run` says it now: a target folder that two clones share may hold the other one's binary,
/// and with it the other one's path.
pub(crate) fn root() -> PathBuf {
    let built = || env!("CARGO_MANIFEST_DIR").into();
    let here: PathBuf = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(built, PathBuf::from);
    here.parent().unwrap_or(&here).to_owned()
}

/// What `cargo test --workspace` would build too: which features a dependency has is then decided by
/// the same crates, and the query engine is not built once more. The test is there for what tests
/// depend on.
const AS_TESTED: [&str; 4] = ["build", "--workspace", "--test", "tidy"];

/// Builds the binary and returns where it is.
pub(crate) fn build(build: Build) -> Result<PathBuf> {
    let alone = ["build", "--package", "lineproof"];
    let (base, options): (&[&str], &[&str]) = match build {
        Build::Embedded => (&AS_TESTED, &[]),
        Build::SuiteOnly => (&alone, &["--no-default-features"]),
        Build::Mutants => (&AS_TESTED, &["--features", "lineproof/mutants"]),
        Build::Release => (&alone, &["--release"]),
        Build::ReleaseWithoutSql => {
            (&alone, &["--release", "--no-default-features", "--features", "embedded"])
        }
    };
    built("lineproof", &[base, &["--bin", "lineproof"], options].concat())
}

/// Builds one of the benches and returns where it is.
pub(crate) fn bench(name: &str) -> Result<PathBuf> {
    built(name, &["bench", "--package", "lineproof-benches", "--bench", name, "--no-run"])
}

/// Cargo, at the root, with the environment of a shell: what `cargo run` has set for this command is
/// taken away, since build scripts ask for it (that of `ring` does), and would run again, and half of
/// all dependencies after them, each time that cargo is called from here or from a shell in turn.
pub(crate) fn command() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let is_of_this_package =
        |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
    for (name, _) in std::env::vars_os() {
        if name.to_str().is_some_and(is_of_this_package) {
            command.env_remove(name);
        }
    }
    command.current_dir(root());
    command
}

/// Where cargo builds, and where else what can be made again may be put.
pub(crate) fn target_folder() -> Result<PathBuf> {
    let output = command()
        .args(["metadata", "--no-deps", "--format-version", "1"])
        .stderr(Stdio::inherit())
        .output()
        .context("cargo could not be started")?;
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let folder = metadata.get("target_directory").and_then(serde_json::Value::as_str);
    folder.map(PathBuf::from).context("cargo does not say where it builds")
}

/// The version of a dependency.
pub(crate) fn version_of(package: &str) -> Result<String> {
    let output = command().args(["pkgid", package]).stderr(Stdio::inherit()).output()?;
    let id = String::from_utf8_lossy(&output.stdout);
    let version = id.trim().rsplit_once(['@', '#']).map(|(_, version)| version.to_owned());
    version.with_context(|| format!("cargo does not say which {package} there is"))
}

/// Cargo's progress goes to standard error, so that a person sees that something lives; off a
/// terminal cargo names each crate instead.
fn built(what: &str, arguments: &[&str]) -> Result<PathBuf> {
    let mut command = command();
    command.args(arguments).args(["--message-format", "json-render-diagnostics"]);
    if std::io::stderr().is_terminal() {
        command.env("CARGO_TERM_PROGRESS_WHEN", "auto");
    }
    let output = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .output()
        .context("cargo could not be started")?;
    if !output.status.success() {
        bail!("the build of {what} failed; what is above says why");
    }
    executable(&output.stdout, what)
        .with_context(|| format!("cargo does not say where it built {what}"))
}

/// The path of this executable in cargo's messages.
fn executable(messages: &[u8], name: &str) -> Option<PathBuf> {
    let messages = String::from_utf8_lossy(messages);
    messages.lines().find_map(|line| {
        let message: serde_json::Value = serde_json::from_str(line).ok()?;
        let is_it = message.pointer("/target/name").is_some_and(|target| target == name);
        message.get("executable").filter(|_| is_it)?.as_str().map(PathBuf::from)
    })
}

/// Builds these commands with one more feature, and runs that build.
#[cfg(not(feature = "snapshots"))]
pub(crate) fn xtask_with(feature: &str, arguments: &[OsString]) -> Result<ExitStatus> {
    let wanted = format!("xtask/{feature}");
    let binary =
        built("xtask", &[&AS_TESTED[..], &["--bin", "xtask", "--features", &wanted]].concat())?;
    let mut command = Command::new(binary);
    command.arg(feature).args(arguments);
    command.status().context("the commands could not be started")
}

/// Runs the binary with these arguments and everything else inherited.
pub(crate) fn lineproof<I>(binary: &Path, arguments: I) -> Result<ExitStatus>
where
    I: IntoIterator<Item = OsString>,
{
    Command::new(binary)
        .args(arguments)
        // glibc would keep what a body of 25 MB took for the next one, in each thread's pool: with
        // a fixed threshold it goes back at once, and the run needs a quarter less memory.
        .env("MALLOC_MMAP_THRESHOLD_", "1048576")
        .status()
        .with_context(|| format!("{} could not be started", binary.display()))
}
