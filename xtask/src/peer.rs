//! Servers of Debian's packages, each started on a free loopback port with a throw-away data
//! folder, and stopped when dropped.

pub(crate) mod served;

use anyhow::{Context, Result, bail};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a server may take until it answers.
const START: Duration = Duration::from_secs(30);

/// A server that runs.
pub(crate) struct Peer {
    name: &'static str,
    child: Child,
    port: u16,
    /// Removed with everything in it, after the server is gone.
    data: tempfile::TempDir,
}

impl Peer {
    /// Debian's `influxdb`: InfluxDB OSS 1.6.7.
    pub(crate) fn influxdb(auth: bool) -> Result<Self> {
        let data = tempfile::tempdir().context("no folder for influxd's data")?;
        let (port, rpc) = (free_port()?, free_port()?);
        let mut command = Command::new("influxd");
        // Without a configuration file only the environment counts.
        command.args(["-config", ""]);
        let folder = |name: &str| data.path().join(name);
        command
            .env("INFLUXDB_REPORTING_DISABLED", "true")
            .env("INFLUXDB_BIND_ADDRESS", format!("127.0.0.1:{rpc}"))
            .env("INFLUXDB_META_DIR", folder("meta"))
            .env("INFLUXDB_DATA_DIR", folder("data"))
            .env("INFLUXDB_DATA_WAL_DIR", folder("wal"))
            .env("INFLUXDB_HTTP_BIND_ADDRESS", format!("127.0.0.1:{port}"))
            .env("INFLUXDB_HTTP_AUTH_ENABLED", auth.to_string())
            .env("INFLUXDB_HTTP_LOG_ENABLED", "false")
            .env("INFLUXDB_MONITOR_STORE_ENABLED", "false");
        Self::start("influxd", "influxdb", command, port, data, "/ping")
    }

    /// The same with its users asked for, of whom there is one, an administrator.
    pub(crate) fn influxdb_owned_by(user: &str, password: &str) -> Result<Self> {
        let influxd = Self::influxdb(true)?;
        let admin = format!(
            "q=CREATE%20USER%20{user}%20WITH%20PASSWORD%20%27{password}%27%20WITH%20ALL%20PRIVILEGES"
        );
        if influxd.post(&format!("/query?{admin}"))? != 200 {
            bail!("influxd did not make its admin");
        }
        Ok(influxd)
    }

    /// Debian's `victoria-metrics`, with these flags besides.
    pub(crate) fn victoria_metrics(flags: &[&str]) -> Result<Self> {
        let data = tempfile::tempdir().context("no folder for VictoriaMetrics' data")?;
        let port = free_port()?;
        let mut command = Command::new("victoria-metrics");
        command
            .arg(format!("-httpListenAddr=127.0.0.1:{port}"))
            .arg(format!("-storageDataPath={}", data.path().join("data").display()))
            .arg("-retentionPeriod=100y")
            .args(flags);
        Self::start("victoria-metrics", "victoria-metrics", command, port, data, "/health")
    }

    fn start(
        name: &'static str,
        package: &str,
        mut command: Command,
        port: u16,
        data: tempfile::TempDir,
        ready: &str,
    ) -> Result<Self> {
        let log = std::fs::File::create(data.path().join("log")).context("no log file")?;
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        let child = command.spawn().with_context(|| {
            format!("{name} could not be started; install it with `apt-get install {package}`")
        })?;
        let mut peer = Self { name, child, port, data };
        let deadline = Instant::now() + START;
        loop {
            if answers(port, ready) {
                return Ok(peer);
            }
            if let Some(status) = peer.child.try_wait()? {
                bail!("{name} ended at once ({status}); its log:\n{}", peer.log());
            }
            if Instant::now() > deadline {
                bail!("{name} does not answer after {START:?}; its log:\n{}", peer.log());
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Its name.
    pub(crate) fn name(&self) -> &'static str {
        self.name
    }

    /// Where it answers.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Its process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// The memory that it holds, in MiB.
    pub(crate) fn resident(&self) -> Result<u64> {
        resident(&self.child)
    }

    /// Sends a request without a body of interest; for setting a server up.
    pub(crate) fn post(&self, path_and_query: &str) -> Result<u16> {
        request(self.port, "POST", path_and_query)
            .with_context(|| format!("{} did not answer {path_and_query}", self.name))
    }

    fn log(&self) -> String {
        read_tail(&self.data.path().join("log"))
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The memory that a process holds, in MiB.
fn resident(child: &Child) -> Result<u64> {
    let path = format!("/proc/{}/status", child.id());
    let status =
        std::fs::read_to_string(&path).with_context(|| format!("{path} cannot be read"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|rest| rest.split_whitespace().next()?.parse::<u64>().ok());
    Ok(kilobytes.with_context(|| format!("{path} has no VmRSS"))? / 1024)
}

/// A port that nobody listens on at this moment.
pub(crate) fn free_port() -> Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no free port")?;
    Ok(listener.local_addr()?.port())
}

fn answers(port: u16, path: &str) -> bool {
    request(port, "GET", path).is_some_and(|status| status < 500)
}

/// The status of an answer; nothing where there is none.
fn request(port: u16, method: &str, path: &str) -> Option<u16> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    answer.split(' ').nth(1)?.parse().ok()
}

fn read_tail(path: &Path) -> String {
    let log = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<_> = log.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}
