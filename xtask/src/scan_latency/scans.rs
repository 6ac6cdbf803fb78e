//! A client that scans everything, again and again.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value as Json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A scan that takes longer is none that an answer will come to.
const LONGEST: Duration = Duration::from_secs(120);

/// Scans that run.
pub(super) struct Scans {
    is_over: Arc<AtomicBool>,
    thread: Option<JoinHandle<Result<Vec<Duration>>>>,
}

impl Scans {
    /// Asks this of the database, each time as soon as it is answered.
    pub(super) fn start(url: &str, database: &str, query: &str) -> Self {
        let is_over = Arc::new(AtomicBool::new(false));
        let heard = Arc::clone(&is_over);
        let (url, query) = (format!("{url}/query"), query.to_owned());
        let database = database.to_owned();
        let thread = std::thread::spawn(move || {
            let config = ureq::Agent::config_builder().timeout_global(Some(LONGEST));
            let agent = config.http_status_as_error(false).build().new_agent();
            let mut times = Vec::new();
            while !heard.load(Ordering::SeqCst) {
                times.push(scan(&agent, (&url, &database, &query))?);
            }
            Ok(times)
        });
        Self { is_over, thread: Some(thread) }
    }

    /// Ends them with the one that is under way; how long each took.
    ///
    /// # Errors
    /// One failed, or found nothing: who has nothing to read disturbs nobody.
    pub(super) fn stop(mut self) -> Result<Vec<Duration>> {
        self.is_over.store(true, Ordering::SeqCst);
        match self.thread.take().map(JoinHandle::join) {
            Some(Ok(times)) => times,
            _ => bail!("the scanning client broke"),
        }
    }
}

impl Drop for Scans {
    fn drop(&mut self) {
        // Nobody waits: its server is stopped next, which ends it.
        self.is_over.store(true, Ordering::SeqCst);
    }
}

/// Scans once.
fn scan(agent: &ureq::Agent, (url, database, query): (&str, &str, &str)) -> Result<Duration> {
    let began = Instant::now();
    let asked = agent.get(url).query("db", database).query("q", query).call();
    let mut answer = asked.with_context(|| format!("{query}: no answer"))?;
    let text = answer.body_mut().with_config().limit(4 << 30).read_to_string();
    let text = text.with_context(|| format!("{query}: no whole answer"))?;
    let took = began.elapsed();
    let shown: String = text.chars().take(300).collect();
    ensure!(answer.status() == 200, "{query} was answered with {}: {shown}", answer.status());
    let json: Json = serde_json::from_str(&text).with_context(|| format!("{query}: {shown}"))?;
    let result = json.pointer("/results/0").unwrap_or(&Json::Null);
    ensure!(result.get("error").is_none(), "{query}: {shown}");
    ensure!(result.get("series").is_some(), "{query} found nothing: {shown}");
    Ok(took)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{Read, Write};
    use std::net::TcpListener;

    /// What scans of a server come to that gives this answer to each.
    fn scanned(answer: &'static str) -> Result<Vec<Duration>> {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut buffer = [0; 4096];
                let count = stream.read(&mut buffer).unwrap();
                let request = String::from_utf8_lossy(&buffer[..count]).into_owned();
                assert!(request.starts_with("GET /query?db=d&q=SELECT%20"), "{request}");
                stream.write_all(answer.as_bytes()).unwrap();
                seen.store(true, Ordering::SeqCst);
            }
        });
        let scans = Scans::start(&url, "d", "SELECT a FROM b");
        let deadline = Instant::now() + Duration::from_secs(30);
        while !asked.load(Ordering::SeqCst) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(2));
        }
        scans.stop()
    }

    macro_rules! answer {
        ($status:literal, $text:literal) => {
            concat!("HTTP/1.1 ", $status, " X\r\nConnection: close\r\n\r\n", $text)
        };
    }

    #[test]
    fn a_scan_that_fails_or_finds_nothing_is_an_error() {
        let good = answer!("200", "{\"results\":[{\"series\":[{\"name\":\"b\"}]}]}");
        assert!(!scanned(good).unwrap().is_empty());
        for (bad, why) in [
            (answer!("500", "no"), "answered with 500"),
            (answer!("200", "{\"results\":[{\"error\":\"too much\"}]}"), "too much"),
            (answer!("200", "{\"results\":[{\"statement_id\":0}]}"), "found nothing"),
            (answer!("200", "page"), "page"),
        ] {
            let error = format!("{:#}", scanned(bad).unwrap_err());
            assert!(error.contains(why), "{error}");
        }
    }
}
