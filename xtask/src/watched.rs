//! A program that runs to its end, or until somebody presses Ctrl-C.

use anyhow::{Context, Result};
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How often it is looked whether one of the two has happened.
const LOOK: Duration = Duration::from_millis(20);

/// How a program ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// With its exit code, unless a signal ended it, and what it printed.
    ByItself(Option<i32>, String),
    /// Somebody had enough, and it was killed.
    Interrupted,
}

/// Knows whether somebody had enough.
pub(crate) struct Watch {
    interrupted: Arc<AtomicBool>,
}

impl Watch {
    /// From now on Ctrl-C and SIGTERM end what runs here, and not this process at once: the servers
    /// that it has started are to be gone with it.
    pub(crate) fn new() -> Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&interrupted);
        ctrlc::set_handler(move || heard.store(true, Ordering::SeqCst))
            .context("Ctrl-C cannot be watched")?;
        Ok(Self { interrupted })
    }

    /// Whether somebody had enough.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupted.load(Ordering::SeqCst)
    }

    /// Runs it. What it says on standard error is shown as it comes.
    pub(crate) fn run(&self, mut command: Command) -> Result<Ended> {
        // A file takes any amount without anybody who reads meanwhile.
        let mut output = tempfile::tempfile()?;
        command.stdin(Stdio::null()).stdout(output.try_clone()?);
        let program = command.get_program().to_owned();
        let mut child = command
            .spawn()
            .with_context(|| format!("{} could not be started", program.display()))?;
        loop {
            // Before it is looked how the program ended: at a terminal Ctrl-C has reached it, too.
            if self.is_interrupted() {
                child.kill().ok();
                child.wait()?;
                return Ok(Ended::Interrupted);
            }
            if let Some(status) = child.try_wait()? {
                let mut told = String::new();
                output.rewind()?;
                output.read_to_string(&mut told)?;
                return Ok(Ended::ByItself(status.code(), told));
            }
            std::thread::sleep(LOOK);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::time::Instant;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    fn watch() -> Watch {
        Watch { interrupted: Arc::default() }
    }

    #[test]
    fn a_program_that_ends_gives_its_code_and_its_output() {
        let ended = watch().run(shell("echo told; exit 5")).unwrap();
        assert_eq!(ended, Ended::ByItself(Some(5), "told\n".to_owned()));
        let ended = watch().run(shell("kill -s KILL $$")).unwrap();
        assert_eq!(ended, Ended::ByItself(None, String::new()));
        let none = watch().run(Command::new("a program that nobody has")).unwrap_err();
        assert!(none.to_string().contains("could not be started"), "{none}");
    }

    #[test]
    fn who_has_enough_waits_for_nobody() {
        let folder = tempfile::tempdir().unwrap();
        let began = folder.path().join("began");
        let watch = watch();
        let interrupted = Arc::clone(&watch.interrupted);
        let seen = began.clone();
        let waiting = std::thread::spawn(move || {
            let deadline = Instant::now() + Duration::from_secs(30);
            while !seen.exists() && Instant::now() < deadline {
                std::thread::sleep(Duration::from_millis(5));
            }
            interrupted.store(true, Ordering::SeqCst);
        });
        let start = Instant::now();
        let script = format!("echo $$ > '{}'; exec sleep 600", began.display());
        assert_eq!(watch.run(shell(&script)).unwrap(), Ended::Interrupted);
        assert!(start.elapsed() < Duration::from_secs(60));
        waiting.join().unwrap();
        // It is gone, and has been waited for.
        let id = std::fs::read_to_string(began).unwrap();
        assert!(!std::path::Path::new("/proc").join(id.trim()).exists());
    }
}
