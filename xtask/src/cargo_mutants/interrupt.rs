//! Ctrl-C while cargo-mutants runs: it ends, what it has built and run ends with it, and what was found
//! until then can still be told.

use anyhow::{Context, Result};
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Knows whether the user wants to end.
pub(super) struct Interrupt {
    asked: Arc<AtomicBool>,
    /// The process that runs now, or 0.
    child: Arc<AtomicU32>,
}

impl Interrupt {
    pub(super) fn watch() -> Result<Self> {
        let asked = Arc::new(AtomicBool::new(false));
        let child = Arc::new(AtomicU32::new(0));
        let interrupt = Self { asked: Arc::clone(&asked), child: Arc::clone(&child) };
        ctrlc::set_handler(move || {
            let again = asked.swap(true, Ordering::SeqCst);
            end(child.load(Ordering::SeqCst));
            if again {
                std::process::exit(130);
            }
        })
        .context("Ctrl-C cannot be watched")?;
        Ok(interrupt)
    }

    pub(super) fn is_asked(&self) -> bool {
        self.asked.load(Ordering::SeqCst)
    }

    /// Runs a command to its end.
    pub(super) fn run(&self, command: &mut Command) -> Result<ExitStatus> {
        let mut child = command.spawn()?;
        self.child.store(child.id(), Ordering::SeqCst);
        if self.is_asked() {
            end(child.id());
        }
        let status = child.wait();
        self.child.store(0, Ordering::SeqCst);
        Ok(status?)
    }
}

/// A terminal tells both of us, but a plain `kill` only one. To be told twice does it no harm; it ends
/// its own children, which are in groups of their own.
fn end(child: u32) {
    if child != 0 {
        let _ = Command::new("kill").args(["-s", "INT", &child.to_string()]).status();
    }
}
