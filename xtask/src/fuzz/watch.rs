//! Runs one target at a time in a process group of its own, listens to it, and ends the whole group
//! on Ctrl-C or when it does not end by itself.

use super::status::Status;
use anyhow::{Context, Result};
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

/// How a target ended.
pub(super) enum End {
    /// When its time was over.
    Clean,
    /// By Ctrl-C.
    Interrupted,
    /// Otherwise; with what it said last.
    Failed(String),
}

/// As much as shows a panic's message and the input.
const LAST_WORDS: usize = 80;

/// Knows whether the user wants to end.
pub(super) struct Watch {
    interrupted: Arc<AtomicBool>,
    /// The group that runs now, or 0.
    group: Arc<AtomicU32>,
}

impl Watch {
    pub(super) fn new() -> Result<Self> {
        let interrupted = Arc::new(AtomicBool::new(false));
        let group = Arc::new(AtomicU32::new(0));
        let watch = Self { interrupted: Arc::clone(&interrupted), group: Arc::clone(&group) };
        ctrlc::set_handler(move || {
            interrupted.store(true, Ordering::SeqCst);
            // libFuzzer ends by itself and says where it stands; if asked twice, at once.
            signal("INT", group.load(Ordering::SeqCst));
        })
        .context("Ctrl-C cannot be watched")?;
        Ok(watch)
    }

    /// Runs a command to its end, for `longest` at most.
    pub(super) fn run(&self, mut command: Command, longest: Duration) -> Result<(End, Status)> {
        let began = Instant::now();
        let mut child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .process_group(0)
            .spawn()
            .context("rustup could not be started")?;
        self.group.store(child.id(), Ordering::SeqCst);
        if self.interrupted.load(Ordering::SeqCst) {
            signal("INT", child.id());
        }
        let stderr = child.stderr.take().context("it has a standard error")?;
        let listener = thread::spawn(move || listen(stderr, began));
        let mut overdue = false;
        let status = loop {
            if let Some(status) = child.try_wait().context("the target was lost")? {
                break status;
            }
            if !overdue && began.elapsed() > longest {
                overdue = true;
                signal("KILL", child.id());
            }
            thread::sleep(Duration::from_millis(100));
        };
        self.group.store(0, Ordering::SeqCst);
        let (last_words, said) = listener.join().unwrap_or_default();
        let end = if self.interrupted.load(Ordering::SeqCst) {
            End::Interrupted
        } else if overdue {
            End::Failed(format!("{last_words}\nkilled: it did not end in time"))
        } else if status.success() {
            End::Clean
        } else {
            End::Failed(last_words)
        };
        Ok((end, said))
    }
}

fn listen(output: impl Read, began: Instant) -> (String, Status) {
    let mut status = Status::default();
    // What was said since the last sign of life.
    let mut last_words = Vec::new();
    // A message may hold bytes of the input that made it.
    for line in BufReader::new(output).split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line).into_owned();
        if status.take(&line, began.elapsed().as_secs()) {
            last_words.clear();
        } else if !line.starts_with("    #") && last_words.len() < LAST_WORDS {
            last_words.push(line);
        }
    }
    (last_words.join("\n"), status)
}

/// To every process of the group. There is no safe call for it.
fn signal(name: &str, group: u32) {
    if group != 0 {
        let _ = Command::new("kill").args(["-s", name, "--", &format!("-{group}")]).status();
    }
}
