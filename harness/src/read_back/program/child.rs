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
    let mut group = Group::of(&child);
    let heard = timeout(within, hear(&mut child, &mut group)).await;
    let heard = heard.unwrap_or(Err(Stopped::TooLate));
    if heard.is_err() {
        group.end();
        child.start_kill().ok();
        // So that no zombie is left.
        timeout(END, child.wait()).await.ok();
    }
    heard
}

async fn hear(child: &mut Child, group: &mut Group) -> Result<Done, Stopped> {
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let (stdout, stderr) = tokio::try_join!(all(out), beginning(err))?;
    // What it leaves behind ends first: then its number is still its own.
    over(child).await.map_err(Stopped::Broken)?;
    group.end();
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

/// Waits until the process is over, and leaves its status, and with it its number, where it is.
#[cfg(unix)]
async fn over(child: &Child) -> std::io::Result<()> {
    use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
    use tokio::signal::unix::{SignalKind, signal};
    // Heard from here on, so that an end between the look and the wait is not missed.
    let mut ends = signal(SignalKind::child())?;
    let look = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT | WaitIdOptions::NOHANG;
    let id = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw);
    let Some(id) = id else { return Ok(()) };
    loop {
        match waitid(WaitId::Pid(id), look) {
            Ok(None) => drop(ends.recv().await),
            Ok(Some(_)) => return Ok(()),
            Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Elsewhere there are no groups.
#[cfg(not(unix))]
async fn over(_: &Child) -> std::io::Result<()> {
    Ok(())
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

/// A process and those that it has started. Dropped, they end: also where a reading is given up. It must
/// end before the process is waited for: a number that nobody has any more may become another's.
struct Group(Option<u32>);

impl Group {
    fn of(child: &Child) -> Self {
        let id = child.id();
        groups().extend(id);
        Self(id)
    }

    /// Once: afterwards the number is not ours to know.
    fn end(&mut self) {
        if let Some(id) = self.0.take() {
            // Locked until it is forgotten too: `end_all` meets no number that was given up.
            let mut groups = groups();
            end(id);
            groups.remove(&id);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.end();
    }
}

#[cfg(unix)]
fn end(group: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    // Its first process was not waited for yet, so that the system gives the number to nobody, though
    // all of the group may be over.
    if let Some(group) = i32::try_from(group).ok().and_then(Pid::from_raw) {
        kill_process_group(group, Signal::KILL).ok();
    }
}

/// Elsewhere the process alone ends, when it is dropped.
#[cfg(not(unix))]
fn end(_: u32) {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The letter that the system has for what the process does: `Z` is over and not waited for.
    fn state(id: u32) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    }

    #[tokio::test]
    async fn a_group_ends_before_its_number_is_given_up() {
        // It is over at once, and leaves one behind that has its group and listens to nobody.
        let script = "sleep 1000 >/dev/null 2>&1 & echo $!; exit 3";
        let mut command = Command::new("sh");
        command.args(["-c", script]).stdout(Stdio::piped()).process_group(0);
        let mut child = command.spawn().unwrap();
        let mut group = Group::of(&child);
        let id = child.id().unwrap();
        let printed = all(child.stdout.take()).await;
        let left: u32 = String::from_utf8(printed.ok().unwrap()).unwrap().trim().parse().unwrap();
        over(&child).await.unwrap();
        assert_eq!(state(id), Some('Z'), "its number is still its own");
        assert!(groups().contains(&id));
        group.end();
        assert!(!groups().contains(&id), "nobody kills by that number any more");
        assert_eq!(child.wait().await.unwrap().code(), Some(3));
        let deadline = std::time::Instant::now() + END;
        while state(left).is_some_and(|state| state != 'Z') {
            assert!(std::time::Instant::now() < deadline, "{left} is still there");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}
