//! A program that reads a server back: everything that it may do is met here, on a server that keeps
//! each body as it came and speaks no query language.
#![cfg(target_os = "linux")]

use harness::case::Case;
use harness::event::{CaseResult, Event, Started};
use harness::known::Known;
use harness::read_back::Program;
use harness::run::{Plan, run, uninterrupted};
use harness::snapshot::Snapshots;
use harness::target::{Credentials, Target};
use harness::verdict::{Ending, Verdict};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What a program does that is as it must be; `$S` is the folder in which the server stores.
const GOOD: &str = r#"{ cat "$S/$LINEPROOF_DATABASE" 2>&- || true; }"#;

/// A server whose databases are files, with everything in them that was ever sent.
struct Server {
    url: String,
    folder: tempfile::TempDir,
}

impl Server {
    /// A body with this in it is refused, and kept all the same.
    async fn start(refuses: &'static str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let path = folder.path().to_owned();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let path = path.clone();
                tokio::spawn(async move { serve(stream, &path, refuses).await });
            }
        });
        Self { url, folder }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// This server, read by this script.
    fn target(&self, script: &str) -> Target {
        let profile = profiles::find("oss-v1@1.6").unwrap();
        let mut target = Target::new(&self.url, profile).unwrap();
        target.timeout = Duration::from_secs(5);
        let script = format!("S={}; {script}", self.folder.path().display());
        let line = format!("sh -c '{}'", script.replace('\'', r"'\''"));
        target.read_back = Some(Program::parse(&line).unwrap());
        target
    }
}

async fn serve(mut stream: TcpStream, folder: &Path, refuses: &str) -> Option<()> {
    let mut bytes = Vec::new();
    loop {
        let head = loop {
            if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break end + 4;
            }
            more(&mut stream, &mut bytes).await?;
        };
        let text = String::from_utf8_lossy(&bytes[..head]).into_owned();
        let length = text.lines().find_map(|line| line.strip_prefix("Content-Length: "));
        let end = head + length.map_or(0, |length| length.parse().unwrap());
        while bytes.len() < end {
            more(&mut stream, &mut bytes).await?;
        }
        let body = String::from_utf8(bytes[head..end].to_vec()).unwrap();
        bytes.drain(..end);
        let database = text.split("/write?db=").nth(1).map(|rest| rest.split([' ', '&']).next());
        let answer = match database.flatten() {
            Some(database) => {
                let mut stored = std::fs::read_to_string(folder.join(database)).unwrap_or_default();
                stored = stored + body.trim_end() + "\n";
                std::fs::write(folder.join(database), stored).unwrap();
                if refuses.is_empty() || !body.contains(refuses) {
                    "HTTP/1.1 204 No Content\r\n\r\n".to_owned()
                } else {
                    "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\n{}".to_owned()
                }
            }
            // To any statement, also to one that cannot be.
            None => "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n{\"results\":[]}".to_owned(),
        };
        stream.write_all(answer.as_bytes()).await.ok()?;
    }
}

async fn more(stream: &mut TcpStream, bytes: &mut Vec<u8>) -> Option<()> {
    let mut buffer = [0; 4096];
    let count = stream.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
    bytes.extend_from_slice(&buffer[..count]);
    Some(())
}

fn case() -> Case {
    let text = "id = 'batch/two'\nsummary = 'Two lines.'\nlevel = 'must'\nclauses = []\n\
        needs = ['write', 'read-back']\n[[step]]\nwrite = '''\ncpu,host=a v=1i 1700000000000000001\n\
        cpu,host=b s=\"x\",w=2 1700000000000000002\n'''\n[[step]]\nread_back = true\n";
    harness::load::parse("cases/batch/two.toml", text).unwrap()
}

struct Outcome {
    ending: Ending,
    started: Option<Started>,
    /// Of the one case; none where it did not come to it.
    result: Option<CaseResult>,
    reason: String,
}

async fn judge(target: &Target) -> Outcome {
    let plan = Plan {
        cases: vec![case()].into(),
        snapshots: Snapshots::new(Some("/nonexistent".into())),
        strict: 1,
        jobs: 1,
        fail_fast: false,
        shuffle: None,
        known: Known::default(),
        stale: Vec::new(),
        part: harness::run::Part::default(),
        deadline: None,
    };
    let (_sender, interrupt) = uninterrupted();
    let (mut started, mut result, mut reason) = (None, None, String::new());
    let ending = run(target, plan, interrupt, |event| match event {
        Event::Started(event) => started = Some(event.clone()),
        Event::Case(event) => result = Some(event.as_ref().clone()),
        Event::Finished(event) => reason = event.reason.clone().unwrap_or_default(),
        Event::Begun { .. } => {}
    });
    let ending = ending.await;
    Outcome { ending, started, result, reason }
}

impl Outcome {
    fn verdict(&self) -> Verdict {
        self.result.as_ref().unwrap_or_else(|| panic!("{}", self.reason)).verdict
    }

    fn findings(&self) -> String {
        let findings = self.result.iter().flat_map(|result| &result.findings);
        findings.map(|finding| format!("{}\n", finding.got)).collect()
    }
}

/// A script that is good for the canary, and does this for the case.
fn after_canary(then: &str) -> String {
    format!("case $LINEPROOF_DATABASE in *canary) {GOOD};; *) {then};; esac")
}

#[tokio::test]
async fn a_good_program_reads_as_a_query_language_does() {
    let server = Server::start("").await;
    let done = judge(&server.target(GOOD)).await;
    assert_eq!((done.ending, done.verdict()), (Ending::Conformant, Verdict::Pass));
    assert_eq!(done.started.unwrap().read_back.as_deref(), Some("the program sh"));
    let result = done.result.unwrap();
    assert!(!result.unread && result.ledgers.len() == 1, "{result:?}");
    assert!(result.transcript.contains("= cpu,host=a v=1i 1700000000000000001"), "{result:?}");
}

#[tokio::test]
async fn what_is_refused_and_stored_is_found() {
    let server = Server::start("cpu").await;
    let done = judge(&server.target(GOOD)).await;
    assert_eq!((done.ending, done.verdict()), (Ending::NotConformant, Verdict::Fail));
    assert!(done.findings().contains("line 1 PHANTOM: cpu,host=a v=1i"), "{}", done.findings());
    assert!(done.findings().contains("line 2 PHANTOM"), "{}", done.findings());
}

#[tokio::test]
async fn it_is_told_where_what_and_who() {
    let server = Server::start("").await;
    let tell = format!(
        "echo \"$LINEPROOF_TARGET|$LINEPROOF_PREFIX|$LINEPROOF_USER|$LINEPROOF_PASSWORD|${{LINEPROOF_TOKEN-none}}\" > $S/told; {GOOD}"
    );
    let mut target = server.target(&tell);
    target.credentials = Credentials {
        user: Some("ann".to_owned()),
        password: Some("hunter22".to_owned()),
        token: None,
    };
    let done = judge(&target).await;
    assert_eq!(done.verdict(), Verdict::Pass, "{}", done.findings());
    let told = std::fs::read_to_string(server.file("told")).unwrap();
    assert_eq!(told, format!("{}||ann|hunter22|none\n", server.url));
}

#[tokio::test]
async fn a_declared_loss_is_noted_and_no_finding() {
    let server = Server::start("").await;
    let sed = r#"sed -e 's/"[^"]*"/0/' -e 's/=\([0-9]*\)i/=\1/' -e 's/......$/000000/'"#;
    let losses = "echo '# lossy: integers-are-floats, strings-are-zeros, times-in-ms';";
    // Undeclared it is no reading of what the canary has written.
    let undeclared = judge(&server.target(&format!("{GOOD} | {sed}"))).await;
    assert_eq!(undeclared.ending, Ending::Unusable);
    assert!(undeclared.reason.contains("it reads canary"), "{}", undeclared.reason);
    let done = judge(&server.target(&format!("{losses} {GOOD} | {sed}"))).await;
    assert_eq!((done.ending, done.verdict()), (Ending::Conformant, Verdict::Pass));
    let notes = done.result.unwrap().notes.join("\n");
    for word in ["integers-are-floats (1 line)", "strings-are-zeros (1 line)", "times-in-ms (2 l"] {
        assert!(notes.contains(word), "{notes}");
    }
    let started = done.started.unwrap().notes.join("\n");
    assert!(started.contains("integers-are-floats, strings-are-zeros, times-in-ms"), "{started}");
    // What is lost and not declared is a finding as ever.
    let sed = sed.replace("s/......$", "s/host=b/host=c/;s/......$");
    let done = judge(&server.target(&format!("{losses} {GOOD} | {sed}"))).await;
    assert!(done.findings().contains("line 2 MUTATED (it is cpu,host=c"), "{}", done.findings());
}

#[tokio::test]
async fn one_that_fails_at_once_ends_the_run() {
    let server = Server::start("").await;
    let mut target = server.target("echo \"no $LINEPROOF_TOKEN here\" >&2; exit 7");
    target.credentials.token = Some("hunter22-secret".to_owned());
    let done = judge(&target).await;
    assert_eq!(done.ending, Ending::Unusable);
    let said = "the program sh: ended with exit status: 7, and said no {token} here";
    assert!(done.reason.contains(said), "{}", done.reason);
    target.read_back = Some(Program::parse("/nonexistent/reader").unwrap());
    let done = judge(&target).await;
    assert!(done.reason.contains("the program reader: cannot be started"), "{}", done.reason);
}

#[tokio::test]
async fn one_that_fails_later_is_a_finding_without_secrets() {
    let server = Server::start("").await;
    let mut target = server.target(&after_canary("echo \"no $LINEPROOF_TOKEN\" here >&2"));
    target.credentials.token = Some("hunter22-secret".to_owned());
    let done = judge(&target).await;
    assert_eq!(done.verdict(), Verdict::Fail);
    let said = "what is stored cannot be read: the program sh: says no {token} here";
    assert!(done.findings().contains(said), "{}", done.findings());
    assert!(!format!("{:?}", done.result).contains("hunter22"));
    // What is cut off leaves no half of one.
    let long = "printf %495s \"$LINEPROOF_TOKEN\" | tr \" \" x >&2; printf $LINEPROOF_TOKEN >&2";
    target.read_back = server.target(&after_canary(long)).read_back;
    let done = judge(&target).await;
    assert!(done.findings().contains("says xxxx"), "{}", done.findings());
    assert!(!format!("{:?}", done.result).contains("hunte"));
}

#[tokio::test]
async fn garbage_is_not_taken_for_an_empty_database() {
    let server = Server::start("").await;
    let done = judge(&server.target(&after_canary("echo '<html>'"))).await;
    assert_eq!(done.verdict(), Verdict::Fail);
    let said = "line 1 of what it printed is no line protocol: <html>";
    assert!(done.findings().contains(said), "{}", done.findings());
}

#[tokio::test]
async fn a_gigabyte_is_not_read() {
    let server = Server::start("").await;
    let mut target = server.target("head -c 1000000000 /dev/zero");
    target.timeout = Duration::from_secs(60);
    let done = judge(&target).await;
    assert_eq!(done.ending, Ending::Unusable);
    assert!(done.reason.contains("printed more than 64 MiB"), "{}", done.reason);
    // As much of its troubles is not kept, and does not hold it up.
    let done = judge(&server.target("head -c 100000000 /dev/zero | tr '\\0' x >&2")).await;
    assert!(done.reason.contains("says xxxx") && done.reason.len() < 1_000, "{}", done.reason);
}

/// A script that never ends, nor does what it has started, and that says who they are.
const HANGS: &str = "echo $$ >> $S/pids; sleep 1000 & echo $! >> $S/pids; wait";

/// Waits until none of the processes is there any more, not even as a zombie.
async fn all_gone(server: &Server, at_least: usize) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let pids = std::fs::read_to_string(server.file("pids")).unwrap_or_default();
        // A `sleep` whose parent is gone is the system's to bury: only ours must be no zombie.
        let ours = |n: usize| n.is_multiple_of(2);
        let left: Vec<_> = pids
            .lines()
            .enumerate()
            .filter(|(n, pid)| {
                let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
                !stat.is_empty() && (ours(*n) || !stat.contains(") Z"))
            })
            .collect();
        if left.is_empty() && pids.lines().count() >= at_least {
            return;
        }
        assert!(Instant::now() < deadline, "{left:?} are still there");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test]
async fn one_that_hangs_is_killed_at_the_deadline() {
    // The same time is for what the canary needs, and for the program to say who it is: a machine that
    // is too busy for that gets more.
    for seconds in [1, 4, 16] {
        let server = Server::start("").await;
        let mut target = server.target(&after_canary(HANGS));
        target.timeout = Duration::from_secs(seconds);
        let begun = Instant::now();
        let done = judge(&target).await;
        let told = std::fs::read_to_string(server.file("pids")).unwrap_or_default();
        if told.lines().count() < 2 && seconds < 16 {
            continue;
        }
        assert_eq!(done.verdict(), Verdict::Unknown, "{}", done.findings());
        let reason = done.result.as_ref().and_then(|result| result.reason.as_deref());
        assert_eq!(reason, Some("no answer in time"));
        let took = begun.elapsed();
        assert!(took < Duration::from_secs(15 * seconds), "{took:?}");
        all_gone(&server, 2).await;
        return;
    }
}

#[tokio::test]
async fn one_that_hangs_ends_with_an_interrupted_run() {
    let server = Server::start("").await;
    let mut target = server.target(&after_canary(HANGS));
    target.timeout = Duration::from_secs(60);
    let plan = Plan {
        cases: vec![case()].into(),
        snapshots: Snapshots::new(Some("/nonexistent".into())),
        strict: 1,
        jobs: 1,
        fail_fast: false,
        shuffle: None,
        known: Known::default(),
        stale: Vec::new(),
        part: harness::run::Part::default(),
        deadline: None,
    };
    let (sender, interrupt) = uninterrupted();
    let ended = tokio::spawn(async move { run(&target, plan, interrupt, |_| {}).await });
    let deadline = Instant::now() + Duration::from_secs(10);
    while std::fs::read_to_string(server.file("pids")).unwrap_or_default().lines().count() < 2 {
        assert!(Instant::now() < deadline, "the program was not started");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    sender.send(true).unwrap();
    assert_eq!(ended.await.unwrap(), Ending::Interrupted);
    all_gone(&server, 2).await;
}
