//! The recordings: files of probes, one JSON object a line.

use crate::answer::{Answer, Content, Stored};
use flate2::read::GzDecoder;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::{Path, PathBuf};

/// Where the recordings are.
pub(crate) fn folder() -> PathBuf {
    // At run time: a target folder that two clones share may hold the other one's test.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    Path::new(&here).join("tests/recordings")
}

/// One file.
pub(crate) struct Recording {
    /// The file's name without its endings.
    pub(crate) name: String,
    pub(crate) probes: Vec<Probe>,
}

/// What was sent to a fresh database, and what came back.
pub(crate) struct Probe {
    pub(crate) id: String,
    pub(crate) script: Script,
    pub(crate) answers: Vec<Answer>,
    pub(crate) stored: Stored,
}

/// What to send.
pub(crate) enum Script {
    /// Bodies for the recording's write endpoint, one after another.
    Lines { precision: Option<String>, bodies: Vec<Content> },
    /// Requests, in full.
    Requests(Vec<Request>),
}

/// A recorded request, with its placeholders.
#[derive(Debug, Deserialize)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) headers: BTreeMap<String, String>,
    /// Sent without the token that requests carry otherwise.
    #[serde(default)]
    pub(crate) anonymous: bool,
    /// Sent in chunks, without a length.
    #[serde(default)]
    pub(crate) chunked: bool,
    pub(crate) body: Option<Content>,
    /// In place of a body that is too big to be kept.
    pub(crate) body_size: Option<usize>,
}

#[derive(Deserialize)]
struct LineProbe {
    id: String,
    precision: Option<String>,
    bodies: Vec<Content>,
    writes: Vec<Answer>,
    #[serde(default)]
    read: Stored,
}

#[derive(Deserialize)]
struct RequestProbe {
    id: String,
    requests: Vec<Request>,
    responses: Vec<Answer>,
}

impl From<LineProbe> for Probe {
    fn from(p: LineProbe) -> Self {
        let script = Script::Lines { precision: p.precision, bodies: p.bodies };
        Self { id: p.id, script, answers: p.writes, stored: p.read }
    }
}

impl From<RequestProbe> for Probe {
    fn from(p: RequestProbe) -> Self {
        let script = Script::Requests(p.requests);
        Self { id: p.id, script, answers: p.responses, stored: Stored::new() }
    }
}

impl Recording {
    /// Reads a file.
    pub(crate) fn load(path: &Path) -> Result<Self, String> {
        let name = path
            .file_name()
            .and_then(|n| n.to_str()?.strip_suffix(".jsonl.gz"))
            .ok_or("a recording's name ends in .jsonl.gz")?
            .to_owned();
        let fault = |what: &str, e| format!("cannot {what} {}: {e}", path.display());
        let file = File::open(path).map_err(|e| fault("open", e))?;
        let mut text = String::new();
        GzDecoder::new(BufReader::new(file))
            .read_to_string(&mut text)
            .map_err(|e| fault("unpack", e))?;
        let probes = if asks_in_full(&name) {
            parse::<RequestProbe>(&text)
        } else {
            parse::<LineProbe>(&text)
        };
        let probes = probes.map_err(|e| format!("{}, {e}", path.display()))?;
        Ok(Self { name, probes })
    }
}

/// Whether this recording's probes are requests in full, not lines for one endpoint.
fn asks_in_full(name: &str) -> bool {
    ["-protocol", "-auth", "-compat"].iter().any(|ending| name.ends_with(ending))
}

fn parse<'a, P: Deserialize<'a> + Into<Probe>>(text: &'a str) -> Result<Vec<Probe>, String> {
    text.lines()
        .enumerate()
        .map(|(i, line)| {
            let probe: P = serde_json::from_str(line)
                .map_err(|e| format!("line {}: {e}", i.saturating_add(1)))?;
            Ok(probe.into())
        })
        .collect()
}
