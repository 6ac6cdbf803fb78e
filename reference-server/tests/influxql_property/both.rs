//! One request to both servers.

use crate::client::{Answer, Client};
use crate::data::{DataSet, body};
use crate::query::Query;
use std::fmt::Write as _;

/// Both servers.
pub(crate) struct Both {
    influxd: Client,
    reference: Client,
    databases: usize,
}

/// What came of a query.
#[derive(Clone, Debug)]
pub(crate) enum Outcome {
    Same,
    /// The reference server says that it does not run this.
    Unsupported(String),
    /// The product does not give the same answer twice.
    Unsteady,
    Different {
        influxd: Answer,
        reference: Answer,
    },
}

impl Both {
    pub(crate) const fn new(influxd: String, reference: String) -> Self {
        Self { influxd: Client::new(influxd), reference: Client::new(reference), databases: 0 }
    }

    fn each(
        &mut self,
        method: &str,
        target: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<(Answer, Answer), String> {
        let influxd = self.influxd.send(method, target, headers, body);
        let influxd = influxd.map_err(|e| format!("influxd: {e}: {target}"))?;
        let reference = self.reference.send(method, target, headers, body);
        let reference = reference.map_err(|e| format!("the reference server: {e}: {target}"))?;
        Ok((influxd, reference))
    }

    /// Writes a data set to a new database, whose name is returned.
    pub(crate) fn load(&mut self, data: &DataSet) -> Result<String, String> {
        self.databases += 1;
        let database = format!("d{}", self.databases);
        let create =
            format!("CREATE DATABASE {database} WITH SHARD DURATION {} NAME rp", data.shard);
        self.both_must_agree("POST", &format!("/query?q={}", encoded(&create)), b"")?;
        for batch in &data.batches {
            let target = format!("/write?db={database}&precision=ns");
            self.both_must_agree("POST", &target, body(batch).as_bytes())?;
        }
        Ok(database)
    }

    fn both_must_agree(&mut self, method: &str, target: &str, body: &[u8]) -> Result<(), String> {
        let (influxd, reference) = self.each(method, target, "", body)?;
        // influxd writes to the shards of a batch at the same time and tells the first error, which
        // may be of any of them (1.6:coordinator/points_writer.go): only the status is the same.
        if influxd.status != reference.status {
            let sent = String::from_utf8_lossy(body);
            return Err(format!(
                "{target}\n{sent}\ninfluxd: {influxd:?}\nthe reference server: {reference:?}"
            ));
        }
        Ok(())
    }

    pub(crate) fn forget(&mut self, database: &str) -> Result<(), String> {
        let drop = encoded(&format!("DROP DATABASE {database}"));
        self.both_must_agree("POST", &format!("/query?q={drop}"), b"")
    }

    pub(crate) fn ask(&mut self, database: &str, query: &Query) -> Result<Outcome, String> {
        let request = Request::of(database, query);
        // First the one that knows its bounds: the other makes as many windows as it is asked for.
        let reference = request.send(&mut self.reference)?;
        if let Some(what) = unsupported(&reference.body) {
            return Ok(Outcome::Unsupported(what));
        }
        let influxd = request.send(&mut self.influxd)?;
        if influxd == reference {
            return Ok(Outcome::Same);
        }
        for _ in 0..5 {
            if request.send(&mut self.influxd)? != influxd {
                return Ok(Outcome::Unsteady);
            }
        }
        Ok(Outcome::Different { influxd, reference })
    }
}

/// What the reference server says that it does not run.
fn unsupported(body: &str) -> Option<String> {
    let end = body.find(" is outside the InfluxQL that this server runs")?;
    let start = body[..end].rfind(['"', ',', '\n']).map_or(0, |i| i + 1);
    Some(body[start..end].to_owned())
}

struct Request {
    method: &'static str,
    target: String,
    headers: &'static str,
    body: String,
}

impl Request {
    fn of(database: &str, query: &Query) -> Self {
        let mut target = format!("/query?db={database}");
        if let Some(unit) = query.epoch {
            let _ = write!(target, "&epoch={}", encoded(unit));
        }
        if query.pretty {
            target.push_str("&pretty=true");
        }
        if let Some(size) = query.chunk {
            let _ = write!(target, "&chunked=true&chunk_size={size}");
        }
        let q = format!("q={}", encoded(&query.text()));
        let (method, body) = if query.post {
            ("POST", q)
        } else {
            let _ = write!(target, "&{q}");
            ("GET", String::new())
        };
        let headers = match (query.csv, query.post) {
            (false, false) => "",
            (true, false) => "Accept: application/csv\r\n",
            (false, true) => "Content-Type: application/x-www-form-urlencoded\r\n",
            (true, true) => {
                "Accept: application/csv\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            }
        };
        Self { method, target, headers, body }
    }

    fn send(&self, client: &mut Client) -> Result<Answer, String> {
        client
            .send(self.method, &self.target, self.headers, self.body.as_bytes())
            .map_err(|e| format!("{e}: {} {} {}", self.method, self.target, self.body))
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
