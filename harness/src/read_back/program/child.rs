//! A process that is listened to for so long and so much, and that leaves nothing behind: it and
//! everything it has started are a group, which ends with the reading, however that ends.

use std::collections::BTreeSet;
use std::process::{ExitStatus, Stdio};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// More than this of what it prints is not read.
pub(super) const MOST_PRINTED: usize = 64 << 20;

/// More than this of what it says of its troubles is not kept.
const MOST_SAID: usize = 16 << 10;

/// How long the system may take to end a process that was told to.
const END: Duration = Duration::from_secs(5);

/// What a process that has ended left.
pub(super) struct Done {
    pub(super) status: ExitStatus,
    pub(super) stdout: Vec<u8>,
    pub(super) stderr: Vec<u8>,
}

/// Why it was not heard to the end.
pub(super) enum Stopped {
    NotStarted(std::io::Error),
    TooLate,
    TooMuch,
    Broken(std::io::Error),
}

/// Runs a program in this environment, in which what is none is not.
pub(super) async fn run(
    words: &[String],
    environment: &[(&str, Option<&String>)],
    within: Duration,
) -> Result<Done, Stopped> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Stopped::NotStarted(std::io::ErrorKind::NotFound.into()));
    };
    let mut command = Command::new(program);
    command.args(arguments);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    // A Ctrl-C at the terminal is for lineproof, which then ends the group itself.
    #[cfg(unix)]
    command.process_group(0);
    for (name, value) in environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    let mut child = command.spawn().map_err(Stopped::NotStarted)?;
    let group = Group::of(&child);
    let heard = timeout(within, hear(&mut child)).await.unwrap_or(Err(Stopped::TooLate));
    if heard.is_err() {
        group.end();
        child.start_kill().ok();
        // So that no zombie is left.
        timeout(END, child.wait()).await.ok();
    }
    heard
}

async fn hear(child: &mut Child) -> Result<Done, Stopped> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = tokio::try_join!(all(out), beginning(err))?;
    let status = child.wait().await.map_err(Stopped::Broken)?;
    Ok(Done { status, stdout, stderr })
}

async fn all(from: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Stopped> {
    let mut printed = Vec::new();
    if let Some(from) = from {
        let mut bounded = from.take(MOST_PRINTED as u64 + 1);
        bounded.read_to_end(&mut printed).await.map_err(Stopped::Broken)?;
    }
    if printed.len() > MOST_PRINTED { Err(Stopped::TooMuch) } else { Ok(printed) }
}

/// What it says first; the rest is read too, or it would wait for a reader.
async fn beginning(from: Option<impl AsyncRead + Unpin>) -> Result<Vec<u8>, Stopped> {
    let mut said = Vec::new();
    if let Some(mut from) = from {
        let mut first = (&mut from).take(MOST_SAID as u64);
        first.read_to_end(&mut said).await.map_err(Stopped::Broken)?;
        tokio::io::copy(&mut from, &mut tokio::io::sink()).await.map_err(Stopped::Broken)?;
    }
    Ok(said)
}

/// The groups that are there now.
static GROUPS: Mutex<BTreeSet<u32>> = Mutex::new(BTreeSet::new());

fn groups() -> std::sync::MutexGuard<'static, BTreeSet<u32>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends every program that runs now: for who ends at once, without dropping anything.
pub fn end_all() {
    for group in groups().iter() {
        end(*group);
    }
}

/// A process and those that it has started. Dropped, they end: also where a reading is given up.
struct Group(Option<u32>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id();
        groups().extend(id);
        Self(id)
    }

    fn end(&self) {
        if let Some(id) = self.0 {
            end(id);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
        if let Some(id) = self.0 {
            groups().remove(&id);
        }
    }
}

#[cfg(unix)]
fn end(group: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // One that is empty by now has no name that could be another's: its number is still ours to
    // know, and the system gives it to nobody as long as one of the group is there.
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        kill_process_group(group, Signal::KILL).ok();
    }
}

/// Elsewhere the process alone ends, when it is dropped.
#[cfg(not(unix))]
fn end(_: u32) {}
