//! Playing one probe: a fresh database, the recorded requests, reading back, clearing up.

use crate::answer::{Answer, Content, Stored};
use crate::bodies;
use crate::client::{Client, query};
use crate::family::{self, Family};
use crate::placeholders::Values;
use crate::recording::{Probe, Recording, Request, Script};
use crate::wire::Sending;
use base64::Engine as _;
use std::collections::BTreeMap;

/// Bodies of this size hold no placeholders.
const BIG: usize = 5000;

/// Plays a recording's probes to a server.
pub(crate) struct Player {
    client: Client,
    family: Box<dyn Family>,
    endpoint: Endpoint,
    /// Requests carry the operator's token unless they say otherwise, and answers hold ids.
    v2: bool,
}

/// What came back.
pub(crate) struct Played {
    pub(crate) answers: Vec<Answer>,
    pub(crate) stored: Stored,
}

/// Where a recording's lines go.
struct Endpoint {
    path: &'static str,
    /// The parameter that names the database.
    database: &'static str,
    /// What goes with it.
    further: Option<(&'static str, &'static str)>,
    precision: fn(&str) -> &str,
}

impl Player {
    /// Makes the server ready.
    pub(crate) fn new(recording: &Recording, authority: String) -> Result<Self, String> {
        let mut client = Client::new(authority);
        let family = family::of(&recording.name, &mut client)?;
        let v2 = recording.name.starts_with("v2-");
        Ok(Self { client, family, endpoint: Endpoint::of(&recording.name), v2 })
    }

    /// Plays the probe that stands at this place of the file.
    pub(crate) fn play(&mut self, number: usize, probe: &Probe) -> Result<Played, String> {
        match &probe.script {
            // Names as long as in the recordings: errors tell columns.
            Script::Lines { precision, bodies } => {
                let db = format!("probe_{number:05}");
                self.lines(&db, precision.as_deref(), bodies, !probe.stored.is_empty())
            }
            Script::Requests(requests) => self.requests(&format!("p{number:04}"), requests),
        }
    }

    fn lines(
        &mut self,
        db: &str,
        precision: Option<&str>,
        bodies: &[Content],
        read: bool,
    ) -> Result<Played, String> {
        let values = self.family.create(&mut self.client, db)?;
        let target = self.endpoint.target(db, precision);
        let mut answers = Vec::new();
        for body in bodies {
            answers.push(self.client.ask("POST", &target, &[], &body.bytes()?));
        }
        let stored = if read { self.family.read(&mut self.client, db) } else { Stored::new() };
        self.family.forget(&mut self.client, db)?;
        let answers = values.take_back(answers, false)?;
        Ok(Played { answers, stored: values.take_back_stored(stored) })
    }

    fn requests(&mut self, db: &str, requests: &[Request]) -> Result<Played, String> {
        let values = self.family.create(&mut self.client, db)?;
        let mut answers = Vec::new();
        for request in requests {
            answers.push(self.request(request, &values)?);
        }
        self.family.forget(&mut self.client, db)?;
        Ok(Played { answers: values.take_back(answers, self.v2)?, stored: Stored::new() })
    }

    fn request(&self, request: &Request, values: &Values) -> Result<Answer, String> {
        let mut body = bodies::body(request)?;
        if body.len() < BIG {
            body = values.fill_bytes(body);
        }
        let mut headers = BTreeMap::new();
        if let (true, false, Some(own)) = (self.v2, request.anonymous, &self.client.authorization) {
            headers.insert("Authorization".to_owned(), own.clone());
        }
        for (name, value) in &request.headers {
            headers.insert(name.clone(), encoded(values.fill(value)));
        }
        let mut target = values.fill(&request.path);
        if !request.query.is_empty() {
            target = format!("{target}?{}", values.fill(&request.query));
        }
        let sending = match (request.chunked, body.is_empty()) {
            (true, _) => Sending::Chunks(&body),
            (false, true) => Sending::Nothing,
            (false, false) => Sending::Whole(&body),
        };
        let headers: Vec<_> = headers.into_iter().collect();
        Ok(self.client.probe(&request.method, &target, &headers, sending))
    }
}

/// `Basic @b64:user:secret`: what follows the mark is sent as base64.
fn encoded(value: String) -> String {
    match value.split_once("@b64:") {
        Some((scheme, plain)) => {
            scheme.to_owned() + &base64::engine::general_purpose::STANDARD.encode(plain)
        }
        None => value,
    }
}

impl Endpoint {
    fn of(recording: &str) -> Self {
        let v2 = recording.starts_with("v2-");
        if recording.ends_with("-api-v2-write") {
            Self {
                path: "/api/v2/write",
                database: "bucket",
                further: v2.then_some(("org", "acme")),
                precision: |p| p,
            }
        } else if recording.contains("write_lp") {
            let whole = recording.ends_with("-atomic");
            Self {
                path: "/api/v3/write_lp",
                database: "db",
                further: whole.then_some(("accept_partial", "false")),
                precision: in_words,
            }
        } else {
            Self { path: "/write", database: "db", further: None, precision: in_letters }
        }
    }

    fn target(&self, db: &str, precision: Option<&str>) -> String {
        let mut pairs = vec![(self.database, db)];
        pairs.extend(precision.map(|p| ("precision", (self.precision)(p))));
        pairs.extend(self.further);
        format!("{}?{}", self.path, query(&pairs))
    }
}

fn in_letters(precision: &str) -> &str {
    match precision {
        "ns" => "n",
        "us" => "u",
        other => other,
    }
}

fn in_words(precision: &str) -> &str {
    match precision {
        "ns" => "nanosecond",
        "us" => "microsecond",
        "ms" => "millisecond",
        "s" => "second",
        other => other,
    }
}
