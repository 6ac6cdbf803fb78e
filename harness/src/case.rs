//! What a case is: the types behind `cases/*.toml`. How a file becomes a [`Case`] is in
//! [`crate::load`]; the format is told in `cases/README.md`.

use profiles::Capability;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;
use std::time::Duration;

/// How much a promise weighs.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Deserialize, serde::Serialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A server that breaks it is not conformant.
    Must,
    /// A server that breaks it needs a reason.
    Should,
    /// Worth knowing.
    May,
}

impl Level {
    /// All levels, heaviest first.
    pub const ALL: [Self; 3] = [Self::Must, Self::Should, Self::May];

    /// The word that cases and reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Must => "must",
            Self::Should => "should",
            Self::May => "may",
        }
    }
}

/// One case: what is sent, and why.
#[derive(Clone, Debug)]
pub struct Case {
    /// `<area>/<name>`, permanent.
    pub id: String,
    /// The reason why the case exists.
    pub summary: String,
    /// How much it weighs.
    pub level: Level,
    /// Ids in the clause register.
    pub clauses: Vec<String>,
    /// What the target must be able to do; stated or following from the steps.
    pub needs: BTreeSet<Capability>,
    /// Faults that this case must catch.
    pub kills: Vec<String>,
    /// Retention of the case's database.
    pub retention: Option<Retention>,
    /// Which schema the case's database is made with, where it is not the product's own way.
    pub schema: Option<SchemaType>,
    /// The setup of the server that it needs, where it is not the product's own.
    pub setup: Option<String>,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// The file it came from, as `cases/<area>/<name>.toml`.
    pub file: String,
    /// The file's text.
    pub source: String,
}

impl Case {
    /// The area: what stands before the slash in the id.
    pub fn area(&self) -> &str {
        self.id.split_once('/').map_or("", |(area, _)| area)
    }

    /// A fixed digest of what the case sends, so that a snapshot of an older text can be told.
    pub fn digest(&self) -> String {
        let steps = self.source.find("[[step]]").map_or("", |at| &self.source[at..]);
        let retention = self.retention.as_ref().map_or("", |r| r.text.as_str());
        let setup = self.setup.as_ref().map_or_else(String::new, |name| format!("{name}\n"));
        let schema = self.schema.map_or_else(String::new, |schema| format!("{}\n", schema.word()));
        let all = format!("{setup}{schema}{retention}\n{steps}");
        format!("{:016x}", crate::digest::fnv64(all.as_bytes()))
    }
}

/// The schema of a bucket, in the words of the API that makes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SchemaType {
    /// What its points make.
    Implicit,
    /// What is set, and nothing else.
    Explicit,
}

impl SchemaType {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Explicit => "explicit",
        }
    }
}

/// A retention period as a case writes it: `1h`, `30d`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// As written.
    pub text: String,
    /// How long that is.
    pub duration: Duration,
}

/// One thing that a case does.
#[derive(Clone, Debug)]
pub struct Step {
    /// The line of the file where it begins.
    pub line: usize,
    /// What is done.
    pub action: Action,
    /// How often it is asked.
    pub asked: Asked,
    /// How the request is made.
    pub sending: Sending,
}

/// How often a question is asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Asked {
    /// Once.
    #[default]
    Once,
    /// Until the answer is as expected, or the profile's time is over.
    Eventually,
    /// For the profile's time: each answer must be as expected.
    Throughout,
}

/// How long a step waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wait {
    /// As many seconds as the last answer's `Retry-After` says.
    RetryAfter,
    /// So long.
    For(Duration),
}

/// What a step does.
#[derive(Clone, Debug)]
pub enum Action {
    /// Sends lines to the write endpoint.
    Write(Body),
    /// Sends any request.
    Request {
        /// `GET`, `POST`, anything.
        method: String,
        /// Path and query, as the case writes them.
        target: String,
        /// The body, if there is one.
        body: Option<Body>,
    },
    /// Sends a query.
    Query {
        /// The query.
        text: String,
        /// Its language: `Influxql`, `Flux` or `Sql`.
        language: Capability,
    },
    /// Reads everything that is stored in the case's database.
    ReadBack,
    /// Does nothing for a while.
    Wait(Wait),
}

impl Action {
    /// The word that transcripts and reports use.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Write(_) => "write",
            Self::Request { .. } => "request",
            Self::Query { .. } => "query",
            Self::ReadBack => "read_back",
            Self::Wait(_) => "wait",
        }
    }
}

/// The bytes of a request's body.
#[derive(Clone, Debug)]
pub enum Body {
    /// Text, in which placeholders are replaced.
    Text(String),
    /// Bytes as they are.
    Bytes(Vec<u8>),
    /// Generated lines.
    Repeat(Repeat),
}

/// A generated body.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Repeat {
    /// The line; `{i}` counts from 0.
    pub line: String,
    /// How many of them.
    pub count: usize,
    /// Put before the lines.
    pub first: Option<String>,
    /// Put after the lines.
    pub last: Option<String>,
    /// Fills the body up to so many bytes with a comment line.
    pub pad_to: Option<usize>,
    /// The body compressed, once a target needed it: the other targets of a run need the same.
    #[serde(skip)]
    pub(crate) compressed: OnceLock<Vec<u8>>,
}

/// How a step's request departs from the usual one.
#[derive(Clone, Debug, Default)]
pub struct Sending {
    /// The write endpoint, where it is not the profile's own.
    pub endpoint: Option<Endpoint>,
    /// The precision, as the case writes it.
    pub precision: Option<String>,
    /// Further query parameters.
    pub params: Option<String>,
    /// Replaces the whole query string.
    pub query_string: Option<String>,
    /// Replaces the method.
    pub method: Option<String>,
    /// Replaces the path.
    pub path: Option<String>,
    /// Further headers.
    pub headers: BTreeMap<String, String>,
    /// The body is compressed.
    pub gzip: bool,
    /// Sent in chunks, without a length.
    pub chunked: bool,
    /// Whose credentials.
    pub role: Role,
    /// The `Authorization` header as it is.
    pub authorization: Option<String>,
}

/// The write endpoints.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Endpoint {
    /// `/write`.
    V1,
    /// `/api/v2/write`.
    V2,
    /// `/api/v3/write_lp`.
    V3,
}

impl Endpoint {
    /// Its path.
    pub const fn path(self) -> &'static str {
        match self {
            Self::V1 => "/write",
            Self::V2 => "/api/v2/write",
            Self::V3 => "/api/v3/write_lp",
        }
    }

    /// The word that cases use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::V2 => "v2",
            Self::V3 => "v3",
        }
    }

    /// The capability that a target with this endpoint has.
    pub const fn capability(self) -> Capability {
        match self {
            Self::V1 => Capability::ApiV1,
            Self::V2 => Capability::ApiV2,
            Self::V3 => Capability::ApiV3,
        }
    }
}

/// Whose credentials a request carries.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// Who may do everything.
    #[default]
    Owner,
    /// No credentials.
    None,
    /// Credentials that nobody has.
    Wrong,
    /// May read the case's database.
    ReadOnly,
    /// May write it.
    WriteOnly,
    /// May do both.
    ReadWrite,
    /// Has rights on another database only.
    Other,
    /// Had rights, and was switched off.
    Inactive,
}

impl Role {
    /// What a target needs to tell this role from the owner.
    pub const fn capability(self) -> Option<Capability> {
        match self {
            Self::Owner => None,
            Self::None | Self::Wrong => Some(Capability::Auth),
            Self::ReadOnly | Self::WriteOnly | Self::ReadWrite | Self::Other | Self::Inactive => {
                Some(Capability::Permissions)
            }
        }
    }
}

impl Sending {
    /// Whether any key of the step departs from the usual request.
    pub fn is_changed(&self) -> bool {
        self.endpoint.is_some()
            || self.precision.is_some()
            || self.params.is_some()
            || self.query_string.is_some()
            || self.method.is_some()
            || self.path.is_some()
            || !self.headers.is_empty()
            || self.gzip
            || self.chunked
            || self.role != Role::Owner
            || self.authorization.is_some()
    }
}
