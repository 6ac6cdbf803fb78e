//! A server at a URL: how it is written to, and how it says how many lines it has.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use profiles::{Family, Profile};
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use ureq::Agent;

/// How long lines may be missing that were acknowledged.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server, and one database or bucket of it.
pub(crate) struct Target {
    pub(crate) url: String,
    pub(crate) profile: &'static Profile,
    /// The header of that name.
    pub(crate) authorization: Option<String>,
    /// The organisation, where there are any.
    pub(crate) organisation: String,
    /// Where it is written to; made for the bench, and dropped in the end, unless it was named.
    pub(crate) database: String,
    pub(crate) is_named: bool,
    /// Nobody wants to know how many lines it has.
    pub(crate) is_uncounted: bool,
    agent: Agent,
}

/// A status and a body.
type Answer = (u16, String);

impl Target {
    /// What is taken for `profile` at a URL.
    pub(crate) fn new(url: String, profile: &'static Profile) -> Self {
        let agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        Self {
            url: url.trim_end_matches('/').to_owned(),
            profile,
            authorization: None,
            organisation: String::new(),
            database: format!("lineproof_bench_{}", std::process::id()),
            is_named: false,
            is_uncounted: false,
            agent: agent.into(),
        }
    }

    /// The server that the environment names, if it names one; variables that are empty count as none.
    pub(crate) fn of_environment(
        get: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, String> {
        let get = |name: &str| get(&format!("LINEPROOF_{name}")).filter(|value| !value.is_empty());
        let Some(url) = get("TARGET") else { return Ok(None) };
        let profile = get("PROFILE").unwrap_or_else(|| "oss-v1@1.6".to_owned());
        let profile =
            profiles::find(&profile).map_err(|why| format!("LINEPROOF_PROFILE: {why}"))?;
        let mut target = Self::new(url, profile);
        target.authorization = match (get("TOKEN"), get("USER")) {
            (Some(token), _) if profile.family == Family::V3 => Some(format!("Bearer {token}")),
            (Some(token), _) => Some(format!("Token {token}")),
            (None, Some(user)) => {
                let both = format!("{user}:{}", get("PASSWORD").unwrap_or_default());
                Some(format!("Basic {}", BASE64_STANDARD.encode(both)))
            }
            (None, None) => None,
        };
        target.organisation = get("ORG").unwrap_or_default();
        if let Some(database) = get("DATABASE") {
            (target.database, target.is_named) = (database, true);
        }
        target.is_uncounted = get("UNCOUNTED").is_some();
        match profile.family {
            Family::V2 if target.organisation.is_empty() => {
                Err("LINEPROOF_ORG must name the organisation".to_owned())
            }
            Family::V1 | Family::V2 | Family::V3 => Ok(Some(target)),
            Family::Iox(_) => Err(format!("{} is not measured here", profile.name())),
        }
    }

    /// Where lines are sent to.
    pub(crate) fn write_url(&self) -> String {
        let (url, database) = (&self.url, encoded(&self.database));
        match self.profile.family {
            Family::V2 => {
                let organisation = encoded(&self.organisation);
                format!("{url}/api/v2/write?org={organisation}&bucket={database}")
            }
            Family::V3 => format!("{url}/api/v3/write_lp?db={database}"),
            Family::V1 | Family::Iox(_) => format!("{url}/write?db={database}"),
        }
    }

    /// Writes a body.
    pub(crate) fn write(&self, url: &str, body: &[u8]) -> Answer {
        self.send("POST", url, "text/plain", body)
    }

    fn send(&self, method: &str, url: &str, content_type: &str, body: &[u8]) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(url);
        request = request.header("Content-Type", content_type);
        if let Some(value) = &self.authorization {
            request = request.header("Authorization", value);
        }
        let request = request.body(body).expect("a URL and header values");
        let sent = self.agent.run(request);
        let mut answer = sent.unwrap_or_else(|why| panic!("{method} {url}: {why}"));
        let text = answer.body_mut().read_to_string();
        (answer.status().as_u16(), text.unwrap_or_else(|why| panic!("{method} {url}: {why}")))
    }

    /// Sends what must succeed.
    fn must(&self, method: &str, path: &str, content_type: &str, body: &str) -> String {
        let url = format!("{}{path}", self.url);
        let (status, text) = self.send(method, &url, content_type, body.as_bytes());
        assert!((200..300).contains(&status), "{method} {path}: status {status} {text}");
        text
    }

    fn json(&self, method: &str, path: &str, body: &str) -> Value {
        let text = self.must(method, path, "application/json", body);
        serde_json::from_str(&text).unwrap_or_else(|why| panic!("{method} {path}: {why}: {text}"))
    }

    /// Asks a v1 server something that is a path by itself.
    fn ask(&self, query: &str) -> String {
        let (database, query) = (encoded(&self.database), encoded(query));
        let form = "application/x-www-form-urlencoded";
        self.must("POST", &format!("/query?db={database}&q={query}"), form, "")
    }

    /// Makes the database, where a write does not, and drops it when what this gives is dropped.
    pub(crate) fn made(&self) -> Made<'_> {
        if self.is_named {
            return Made { target: self, bucket: None };
        }
        let bucket = match self.profile.family {
            Family::V2 => {
                let path = format!("/api/v2/orgs?org={}", encoded(&self.organisation));
                let organisations = self.json("GET", &path, "");
                let id = organisations.pointer("/orgs/0/id").expect("an organisation of that name");
                let wanted = json!({"orgID": id, "name": self.database, "retentionRules": []});
                let bucket = self.json("POST", "/api/v2/buckets", &wanted.to_string());
                bucket.get("id").and_then(Value::as_str).map(str::to_owned)
            }
            // The first write makes it.
            Family::V3 => None,
            Family::V1 | Family::Iox(_) => {
                self.ask(&format!("CREATE DATABASE \"{}\"", self.database));
                None
            }
        };
        Made { target: self, bucket }
    }

    /// Waits until it has so many lines.
    pub(crate) fn must_have(&self, measurement: &str, field: &str, lines: u64) {
        if self.is_uncounted {
            return;
        }
        let deadline = Instant::now() + PATIENCE;
        loop {
            let counted = self.count(measurement, field);
            if counted == lines {
                return;
            }
            let url = &self.url;
            assert!(
                counted < lines && Instant::now() < deadline,
                "{url} has {counted} lines, and acknowledged {lines}"
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// How many points a field has.
    fn count(&self, measurement: &str, field: &str) -> u64 {
        let query = format!("SELECT count(\"{field}\") AS n FROM \"{measurement}\"");
        match self.profile.family {
            Family::V2 => {
                let flux = format!(
                    "from(bucket: \"{}\") |> range(start: 0, stop: 2100-01-01T00:00:00Z) |> filter(fn: \
                     (r) => r._measurement == \"{measurement}\" and r._field == \"{field}\") |> group() \
                     |> count()",
                    self.database
                );
                let path = format!("/api/v2/query?org={}", encoded(&self.organisation));
                let table = self.must("POST", &path, "application/vnd.flux", &flux);
                let mut rows = table.lines().filter(|row| !row.is_empty() && !row.starts_with('#'));
                // Below the names of the columns, if there is anything.
                let value = rows.next_back().and_then(|row| row.trim_end().rsplit(',').next());
                value.and_then(|value| value.parse().ok()).unwrap_or_default()
            }
            Family::V3 => {
                let (database, query) = (encoded(&self.database), encoded(&query));
                let path = format!("/api/v3/query_influxql?format=json&db={database}&q={query}");
                let rows = self.json("GET", &path, "");
                rows.pointer("/0/n").and_then(Value::as_u64).unwrap_or_default()
            }
            Family::V1 | Family::Iox(_) => {
                let text = self.ask(&query);
                let told: Option<Value> = serde_json::from_str(&text).ok();
                let result = told.as_ref().and_then(|told| told.pointer("/results/0"));
                let result = result.filter(|result| result.get("error").is_none());
                let url = &self.url;
                let result = result.unwrap_or_else(|| {
                    panic!(
                        "{url} does not say how many lines it has (LINEPROOF_UNCOUNTED=1): {text}"
                    )
                });
                result.pointer("/series/0/values/0/1").and_then(Value::as_u64).unwrap_or_default()
            }
        }
    }
}

/// A database for as long as a bench writes to it.
pub(crate) struct Made<'t> {
    target: &'t Target,
    /// A bucket's id.
    bucket: Option<String>,
}

impl Drop for Made<'_> {
    fn drop(&mut self) {
        let Target { url, database, .. } = self.target;
        // A bench that failed has said why; a second panic would hide it.
        if self.target.is_named || std::thread::panicking() {
            return;
        }
        match (&self.bucket, self.target.profile.family) {
            (Some(id), _) => {
                self.target.must("DELETE", &format!("/api/v2/buckets/{id}"), "text/plain", "");
            }
            (None, Family::V3) => {
                let path = format!("/api/v3/configure/database?db={}", encoded(database));
                // Where nothing was written there is none.
                let url = format!("{url}{path}");
                self.target.send("DELETE", &url, "text/plain", b"");
            }
            (None, _) => {
                self.target.ask(&format!("DROP DATABASE \"{database}\""));
            }
        }
    }
}

fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}
