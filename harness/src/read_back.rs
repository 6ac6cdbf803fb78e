//! Reading everything that one database holds. Each language has a file that says what is asked
//! and how its answers become points; which language a target speaks, the canary finds out. Where
//! it speaks none of them, a program that the user names reads it.

mod csv;
mod flux;
mod influxql;
mod program;
mod some;
mod sql;

use crate::diagnose::is_page;
use crate::losses::Losses;
use crate::point::Point;
use crate::wire::{Request, Response, WireError};
use profiles::Capability;
pub(crate) use program::Runner;
pub use program::{Program, end_all};
pub(crate) use some::{Series, Way, arranged, count, read_some};
use std::sync::Arc;

/// What reads a target back.
#[derive(Clone)]
pub(crate) enum Reader {
    Influxql,
    Flux,
    Sql,
    Program(Arc<Runner>),
}

impl Reader {
    /// By a query language.
    pub(crate) fn of(language: Capability) -> Self {
        match language {
            Capability::Flux => Self::Flux,
            Capability::Sql => Self::Sql,
            _ => Self::Influxql,
        }
    }

    /// Its name, for reports.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::Influxql => Capability::Influxql.word().to_owned(),
            Self::Flux => Capability::Flux.word().to_owned(),
            Self::Sql => Capability::Sql.word().to_owned(),
            Self::Program(runner) => runner.name(),
        }
    }

    /// Whether single measurements can be dropped by it.
    pub(crate) fn can_forget(&self) -> bool {
        matches!(self, Self::Influxql)
    }
}

/// Why there are no points.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Unreadable {
    /// It took too long, so that nothing certain is known.
    Late(String),
    /// What came is no reading.
    Wrong(String),
}

impl Unreadable {
    /// The same in words.
    pub(crate) fn why(&self) -> &str {
        match self {
            Self::Late(why) | Self::Wrong(why) => why,
        }
    }
}

impl From<WireError> for Unreadable {
    fn from(error: WireError) -> Self {
        let why = error.to_string();
        if error.is_late() { Self::Late(why) } else { Self::Wrong(why) }
    }
}

/// Where and as whom a reading is done.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    pub(crate) database: String,
    /// Only measurements that begin like this; empty means all.
    pub(crate) prefix: String,
    pub(crate) org: Option<String>,
    pub(crate) authorization: Option<String>,
    /// What a program is asked for besides; it may print more.
    pub(crate) only: Option<Only>,
}

/// One series, and a stretch of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Only {
    /// The tag that tells the series apart from others, and its value.
    pub(crate) tag: String,
    pub(crate) value: String,
    /// Nanoseconds since 1970, the first and the last.
    pub(crate) from: i64,
    pub(crate) until: i64,
}

impl Place {
    fn request(&self, method: &str, target: String) -> Request {
        let request = Request::new(method, target);
        match &self.authorization {
            Some(value) => request.header("Authorization", value),
            None => request,
        }
    }
}

/// Sends a request of a reading: the HTTP client, or a fake in tests.
pub(crate) trait Ask {
    async fn ask(&self, request: Request) -> Result<Response, Unreadable>;
}

impl Ask for crate::wire::Pool {
    async fn ask(&self, request: Request) -> Result<Response, Unreadable> {
        match self.send(&request).await {
            Ok(answer) if is_page(&answer) => Err(Unreadable::Wrong(format!(
                "a query is answered with a page for people (HTML, status {}), perhaps to log in, \
                 and not with data",
                answer.status
            ))),
            answer => answer.map_err(Unreadable::from),
        }
    }
}

/// What was read.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reading {
    /// In canonical form; shared, since the next reading is mostly the same.
    pub(crate) points: Arc<Vec<Point>>,
    /// The rows as the server gave them, where they come apart from the types of their columns.
    rows: Vec<u8>,
    /// What the server cannot represent.
    pub(crate) losses: Losses,
}

/// Everything in the database. Where its rows are byte for byte those of an earlier reading, the
/// types of their columns are taken from there.
pub(crate) async fn read_all(
    ask: &impl Ask,
    reader: &Reader,
    place: &Place,
    known: Option<&Reading>,
) -> Result<Reading, Unreadable> {
    let mut losses = Losses::default();
    let (points, rows) = match reader {
        Reader::Flux => (flux::read(ask, place).await?, Vec::new()),
        Reader::Sql => (sql::read(ask, place).await?, Vec::new()),
        Reader::Program(runner) => {
            let printed = runner.read(place).await?;
            losses = printed.losses;
            (printed.points, Vec::new())
        }
        Reader::Influxql => {
            let rows = influxql::rows(ask, place).await?;
            if let Some(known) = known.filter(|known| known.rows == rows) {
                return Ok(known.clone());
            }
            (influxql::points(ask, place, &rows).await?, rows)
        }
    };
    Ok(Reading { points: Arc::new(crate::point::canonical(points)), rows, losses })
}

/// Drops the measurements of a case in a database that others use too, where InfluxQL can.
pub(crate) async fn forget(ask: &impl Ask, place: &Place) -> Result<(), Unreadable> {
    influxql::forget(ask, place).await
}

/// The request of a query that a case or a probe asks in this language.
pub(crate) fn query(language: Capability, place: &Place, text: &str) -> Request {
    match language {
        Capability::Flux => flux::request(place, text),
        Capability::Sql => sql::request(place, text),
        _ => influxql::request(place, text),
    }
}

/// Percent-encodes a value of a query string.
pub(crate) fn encode(text: &str) -> String {
    const KEEP: &percent_encoding::AsciiSet =
        &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');
    percent_encoding::utf8_percent_encode(text, KEEP).to_string()
}

fn not_ok(what: &str, response: &Response) -> Unreadable {
    let text: String = response.text().trim().chars().take(200).collect();
    Unreadable::Wrong(format!("{what}: status {} {text}", response.status))
}
