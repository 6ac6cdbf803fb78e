//! The requests of a round, by family: what is asked of a server, over HTTP and nothing else.

mod read;

use super::judge::Habits;
use super::ledger::{Name, Reading, Removal, What};
use anyhow::{Context, Result, bail, ensure};
use base64::Engine;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::time::Duration;

/// The organisation that the servers are given, where they have any.
pub(super) const ORG: &str = "crash";

/// The token that they are given. For v1 it is the password of the user `admin`.
pub(super) const TOKEN: &str = "apiv3_crash-test";

/// The database that is there from the start.
pub(super) const MAIN: &str = "main";

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// Midnight of 2023-11-14, near which all times are, in nanoseconds since 1970.
pub(super) const MIDNIGHT: i64 = 1_699_920_000 * SECOND;

/// A second in nanoseconds.
pub(super) const SECOND: i64 = 1_000_000_000;

/// The largest answer that is read.
const LARGEST: u64 = 1 << 30;

/// Which API a server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Family {
    V1,
    V2,
    V3,
    /// A cluster of the IOx family, and whether it stores the good lines of a bad batch.
    Cluster {
        stores_good: bool,
    },
    /// V2's API before a queue.
    Cloud,
}

/// How long the servers of [`Family::Cloud`] wait before they do what they acknowledged, in
/// milliseconds: long enough for kills to find some of it waiting.
const QUEUE_DELAY: u64 = 200;

impl Family {
    /// The family of a profile, if this command can speak to it.
    pub(super) fn of(profile: &str) -> Option<Self> {
        let families = [
            ("oss-v1@", Self::V1),
            ("oss-v2@", Self::V2),
            ("v3-", Self::V3),
            ("clustered@docs", Self::Cluster { stores_good: true }),
            ("clustered@router-2023", Self::Cluster { stores_good: false }),
            ("cloud@", Self::Cloud),
        ];
        families.iter().find(|(begin, _)| profile.starts_with(begin)).map(|(_, family)| *family)
    }

    /// What it does with batches of which some lines are bad, as `snapshots/` has it of the profiles
    /// that are asked by default.
    pub(super) const fn habits(self) -> Habits {
        match self {
            Self::V1 | Self::V3 => Habits { malformed: (400, true), conflicting: (400, true) },
            Self::Cluster { stores_good } => {
                Habits { malformed: (400, stores_good), conflicting: (400, stores_good) }
            }
            Self::V2 => Habits { malformed: (400, false), conflicting: (422, true) },
            // Of a conflict nobody is told but the log.
            Self::Cloud => Habits { malformed: (400, false), conflicting: (204, true) },
        }
    }

    /// What its servers are started with besides.
    pub(super) fn options(self) -> Vec<String> {
        let set = |setting: String| ["--set".to_owned(), setting];
        match self {
            Self::V1 | Self::V3 | Self::Cluster { .. } => Vec::new(),
            Self::V2 => vec!["--org".to_owned(), ORG.to_owned()],
            Self::Cloud => {
                let mut options = Self::V2.options();
                options.extend(set(format!("queue-delay={QUEUE_DELAY}ms")));
                // Its plan is no matter here.
                options.extend(set("write-rate=off".to_owned()));
                options.extend(set("delete-rate=off".to_owned()));
                options
            }
        }
    }

    /// Whether it has requests that take points away.
    pub(super) const fn removes(self) -> bool {
        matches!(self, Self::V1 | Self::V2 | Self::Cloud)
    }
}

/// Status and body of an answer.
pub(super) type Answer = (u16, String);

/// A client of one server; each writer has its own, and with it its own connection.
pub(super) struct Api {
    family: Family,
    url: String,
    agent: ureq::Agent,
}

impl Api {
    pub(super) fn new(family: Family, url: &str) -> Self {
        let config = ureq::Agent::config_builder().timeout_global(Some(PATIENCE));
        let agent = config.http_status_as_error(false).build().into();
        Self { family, url: url.to_owned(), agent }
    }

    /// A client of the same server with connections of its own.
    pub(super) fn apart(&self) -> Self {
        Self::new(self.family, &self.url)
    }

    /// Does what is to be done. A batch has the body that goes with it.
    pub(super) fn perform(&self, what: &What, body: &str, gzip: bool) -> Result<Answer> {
        match what {
            What::Write { database, .. } => self.write(database, body, gzip),
            What::Remove { database, removal } => self.remove(database, removal),
            What::Make { database, .. } => self.make(&database.database),
            What::Drop { database } => self.drop_database(&database.database),
        }
    }

    fn write(&self, database: &str, body: &str, gzip: bool) -> Result<Answer> {
        let path = match self.family {
            Family::V1 => format!("/write?db={database}&precision=ns"),
            Family::V2 | Family::Cloud | Family::Cluster { .. } => {
                format!("/api/v2/write?org={ORG}&bucket={database}&precision=ns")
            }
            Family::V3 => format!("/api/v3/write_lp?db={database}&precision=nanosecond"),
        };
        let request = self.post(&path);
        if gzip {
            let mut encoder =
                flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
            std::io::Write::write_all(&mut encoder, body.as_bytes())?;
            return answer(request.header("Content-Encoding", "gzip").send(encoder.finish()?)?);
        }
        answer(request.send(body)?)
    }

    fn make(&self, database: &str) -> Result<Answer> {
        match self.family {
            Family::V1 => self.statement(database, &format!("CREATE DATABASE {database}")),
            Family::V2 | Family::Cloud => {
                let bucket = json!({"orgID": self.org()?, "name": database, "retentionRules": []});
                self.send_json("/api/v2/buckets", &bucket)
            }
            Family::V3 => self.send_json("/api/v3/configure/database", &json!({"db": database})),
            Family::Cluster { .. } => {
                self.send_json("/api/v0/databases", &json!({"name": database}))
            }
        }
    }

    fn drop_database(&self, database: &str) -> Result<Answer> {
        let path = match self.family {
            Family::V1 => {
                return self.statement(database, &format!("DROP DATABASE {database}"));
            }
            Family::V2 | Family::Cloud => {
                let buckets = self.databases()?;
                let Some((_, id)) = buckets.iter().find(|(name, _)| name == database) else {
                    return Ok((404, format!("no bucket {database} to drop")));
                };
                format!("/api/v2/buckets/{id}")
            }
            Family::V3 => {
                format!("/api/v3/configure/database?db={database}&hard_delete_at=now")
            }
            Family::Cluster { .. } => format!("/api/v0/databases/{database}"),
        };
        let request = self.agent.delete(format!("{}{path}", self.url));
        answer(request.header("Authorization", self.authorization()).call()?)
    }

    fn remove(&self, database: &str, removal: &Removal) -> Result<Answer> {
        let Removal { measurement, writer, times } = removal;
        match self.family {
            Family::V1 => {
                let whose = writer.as_ref().map(|writer| format!("w = '{writer}'"));
                let text = match (whose, times) {
                    (None, _) => format!("DROP MEASUREMENT {measurement}"),
                    (Some(whose), None) => format!("DROP SERIES FROM {measurement} WHERE {whose}"),
                    (Some(whose), Some((first, last))) => format!(
                        "DELETE FROM {measurement} WHERE {whose} AND time >= {first} AND time <= {last}"
                    ),
                };
                self.statement(database, &text)
            }
            Family::V2 | Family::Cloud => {
                let mut predicate = format!("_measurement=\"{measurement}\"");
                if let Some(writer) = writer {
                    write!(predicate, " AND w=\"{writer}\"")?;
                }
                let (start, stop) = match times {
                    Some((first, last)) => (moment(*first), moment(*last)),
                    None => ("1970-01-01T00:00:00Z".to_owned(), "2100-01-01T00:00:00Z".to_owned()),
                };
                let body = json!({"start": start, "stop": stop, "predicate": predicate});
                self.send_json(&format!("/api/v2/delete?org={ORG}&bucket={database}"), &body)
            }
            Family::V3 | Family::Cluster { .. } => bail!("this family takes no points away"),
        }
    }

    /// Names of the databases, and their ids where they have some.
    fn databases(&self) -> Result<Vec<(String, String)>> {
        let listed = |path: &str, list: &str, name: &str| -> Result<Vec<(String, String)>> {
            let json = self.get(path, &[])?;
            let rows = json.pointer(list).and_then(Json::as_array).cloned();
            let rows = rows.with_context(|| format!("{path} has no list: {json}"))?;
            let text = |row: &Json, key: &str| row[key].as_str().unwrap_or_default().to_owned();
            Ok(rows.iter().map(|row| (text(row, name), text(row, "id"))).collect())
        };
        let all = match self.family {
            Family::V1 => read::databases(&self.get("/query", &[("q", "SHOW DATABASES")])?),
            Family::V2 | Family::Cloud => {
                listed(&format!("/api/v2/buckets?org={ORG}&limit=100"), "/buckets", "name")
            }
            Family::V3 => listed("/api/v3/configure/database?format=json", "", "iox::database"),
            Family::Cluster { .. } => listed("/api/v0/databases", "", "name"),
        }?;
        // The products' own.
        Ok(all.into_iter().filter(|(name, _)| !name.starts_with('_')).collect())
    }

    /// Everything that is stored.
    pub(super) fn read(&self) -> Result<Reading> {
        if self.family == Family::Cloud {
            // What was acknowledged by now is due then; the next request finds it done.
            std::thread::sleep(Duration::from_millis(QUEUE_DELAY));
        }
        let mut reading = Reading::default();
        for (name, id) in self.databases()? {
            let name: Name = name.into();
            let asked = [("db", &*name), ("q", "SELECT * FROM /.*/"), ("epoch", "ns")];
            let json = self.get("/query", &asked)?;
            read::points(&name, &json, &mut reading)
                .with_context(|| format!("database {name} cannot be read"))?;
            read::database(&name, id, &mut reading);
        }
        Ok(reading)
    }

    fn org(&self) -> Result<String> {
        let json = self.get(&format!("/api/v2/orgs?org={ORG}"), &[])?;
        let id = json["orgs"][0]["id"].as_str().map(str::to_owned);
        id.with_context(|| format!("no organisation {ORG}: {json}"))
    }

    /// A statement of InfluxQL; one that failed is answered 200, which becomes a 400 here.
    fn statement(&self, database: &str, text: &str) -> Result<Answer> {
        let request = self.post("/query").query("db", database).query("q", text);
        let (status, said) = answer(request.send_empty()?)?;
        let is_fine = status == 200 && !said.contains("\"error\"");
        Ok((if is_fine || status != 200 { status } else { 400 }, said))
    }

    fn send_json(&self, path: &str, body: &Json) -> Result<Answer> {
        answer(self.post(path).header("Content-Type", "application/json").send(body.to_string())?)
    }

    fn post(&self, path: &str) -> ureq::RequestBuilder<ureq::typestate::WithBody> {
        let request = self.agent.post(format!("{}{path}", self.url));
        request.header("Authorization", self.authorization())
    }

    fn get(&self, path: &str, asked: &[(&str, &str)]) -> Result<Json> {
        let request = self.agent.get(format!("{}{path}", self.url));
        let request = request.query_pairs(asked.iter().copied());
        let mut response = request.header("Authorization", self.authorization()).call()?;
        let body = response.body_mut().with_config().limit(LARGEST).read_to_vec()?;
        let status = response.status().as_u16();
        ensure!(status == 200, "{path} {asked:?}: {status} {}", String::from_utf8_lossy(&body));
        serde_json::from_slice(&body).with_context(|| format!("{path}: no JSON"))
    }

    fn authorization(&self) -> String {
        match self.family {
            Family::V1 => {
                let pair = format!("admin:{TOKEN}");
                format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(pair))
            }
            Family::V2 | Family::Cloud => format!("Token {TOKEN}"),
            Family::V3 | Family::Cluster { .. } => format!("Bearer {TOKEN}"),
        }
    }
}

/// Once the status is there the server has answered; its words may be cut off by a kill.
fn answer(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer> {
    let said = response.body_mut().read_to_string().unwrap_or_default();
    let said = said.chars().take(200).collect::<String>().trim().to_owned();
    Ok((response.status().as_u16(), said))
}

/// A time of the day that all times are of, as RFC 3339 has it.
fn moment(time: i64) -> String {
    let since = time - MIDNIGHT;
    let (seconds, nanoseconds) = (since / SECOND, since % SECOND);
    let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    format!("2023-11-14T{hour:02}:{minute:02}:{second:02}.{nanoseconds:09}Z")
}

#[cfg(test)]
mod tests {
    use super::{MIDNIGHT, SECOND, moment};

    #[test]
    fn moments_are_of_that_day() {
        assert_eq!(moment(MIDNIGHT), "2023-11-14T00:00:00.000000000Z");
        // `date -u -d @1699966799`
        let last = 1_699_966_799 * SECOND + 42;
        assert_eq!(moment(last), "2023-11-14T12:59:59.000000042Z");
    }
}
