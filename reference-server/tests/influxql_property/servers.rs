//! The two servers: Debian's influxd 1.6.7 in a folder of its own, and the reference server.

use reference_server::Server;
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

/// How long influxd may take until it answers.
const START: Duration = Duration::from_secs(30);

/// A product that runs; it is stopped and its folder removed when this is dropped.
pub(crate) struct Influxd {
    child: Child,
    folder: PathBuf,
    pub(crate) authority: String,
}

impl Influxd {
    /// Starts it; `None` where it is not installed.
    pub(crate) fn start() -> Result<Option<Self>, String> {
        let (http, rpc) = (free_port()?, free_port()?);
        let folder = std::env::temp_dir().join(format!("lineproof-{}-{http}", std::process::id()));
        let inside = |name: &str| folder.join(name);
        std::fs::create_dir_all(&folder).map_err(|e| format!("no folder for influxd: {e}"))?;
        let log = std::fs::File::create(inside("log")).map_err(|e| format!("no log: {e}"))?;
        let spawned = Command::new("influxd")
            // Without a configuration file only the environment counts.
            .args(["-config", ""])
            // It reads as many series side by side as there are cores, and what it picks of equal
            // points and how it rounds sums depends on that: on one core it is the same everywhere.
            .env("GOMAXPROCS", "1")
            .env("INFLUXDB_REPORTING_DISABLED", "true")
            .env("INFLUXDB_BIND_ADDRESS", format!("127.0.0.1:{rpc}"))
            .env("INFLUXDB_META_DIR", inside("meta"))
            .env("INFLUXDB_DATA_DIR", inside("data"))
            .env("INFLUXDB_DATA_WAL_DIR", inside("wal"))
            .env("INFLUXDB_DATA_QUERY_LOG_ENABLED", "false")
            .env("INFLUXDB_HTTP_BIND_ADDRESS", format!("127.0.0.1:{http}"))
            .env("INFLUXDB_HTTP_LOG_ENABLED", "false")
            .env("INFLUXDB_MONITOR_STORE_ENABLED", "false")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn();
        let child = match spawned {
            Ok(child) => child,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                let _ = std::fs::remove_dir_all(&folder);
                return Ok(None);
            }
            Err(error) => return Err(format!("influxd could not be started: {error}")),
        };
        let mut influxd = Self { child, folder, authority: format!("127.0.0.1:{http}") };
        let deadline = Instant::now() + START;
        while std::net::TcpStream::connect(&influxd.authority).is_err() {
            if let Ok(Some(status)) = influxd.child.try_wait() {
                return Err(format!("influxd ended at once: {status}"));
            }
            if Instant::now() > deadline {
                return Err(format!("influxd does not listen after {START:?}"));
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Some(influxd))
    }
}

impl Drop for Influxd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// A port that nobody listens on at this moment.
fn free_port() -> Result<u16, String> {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(|e| format!("no free port: {e}"))?;
    listener.local_addr().map(|a| a.port()).map_err(|e| e.to_string())
}

/// The reference server of influxd's profile.
pub(crate) struct Reference {
    server: Server,
    _runtime: Runtime,
}

impl Reference {
    pub(crate) fn start() -> Result<Self, String> {
        let profile = profiles::find("oss-v1@1.6").map_err(|e| e.to_string())?;
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|e| format!("cannot start a runtime: {e}"))?;
        let server = runtime
            .block_on(Server::builder(profile).fresh().auth(false).start())
            .map_err(|e| format!("cannot start the reference server: {e}"))?;
        Ok(Self { server, _runtime: runtime })
    }

    pub(crate) fn authority(&self) -> String {
        self.server.address().to_string()
    }
}
