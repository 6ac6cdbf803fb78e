//! What a request to `/api/v3/query_sql` or `/api/v3/query_influxql` asks for: its parameters, and
//! the form of the answer. Both take the same, and refuse it with the same words.

use profiles::sql::Refusals;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What was asked, by method.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// GET: what stands after the `?`, nothing where there is no `?`.
    Get(Option<&'a str>),
    /// POST: the body, decoded. The query string does not matter, nor does the `Content-Type`.
    Post(&'a [u8]),
}

/// The forms of an answer. The order is that of the error that lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Apache Parquet, uncompressed.
    Parquet,
    /// Comma-separated, with a header.
    Csv,
    /// A drawn table.
    Pretty,
    /// One array of objects; nulls are left out.
    Json,
    /// An object a line.
    #[serde(alias = "jsonl")]
    JsonLines,
}

/// An `Accept` header that names no format.
#[derive(Clone, Debug, PartialEq, Eq)]
enum BadAccept {
    /// It is none of the known ones.
    Unknown(String),
    /// It is not text; the reason.
    NotUtf8(String),
}

impl Format {
    /// The `Content-Type` of an answer in this form.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Csv => "text/csv",
            Self::Pretty => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonl",
        }
    }

    /// The form that an `Accept` header asks for: one exact type, or anything that a browser sends.
    /// There is no type for JSON lines.
    fn from_accept(accept: Option<&[u8]>) -> Result<Self, BadAccept> {
        match accept {
            Some(b"application/vnd.apache.parquet") => Ok(Self::Parquet),
            Some(b"text/csv") => Ok(Self::Csv),
            Some(b"text/plain") => Ok(Self::Pretty),
            Some(b"application/json") | None => Ok(Self::Json),
            Some(other) => match String::from_utf8(other.to_vec()) {
                Ok(text) if text.contains("text/html") || text.contains("*/*") => Ok(Self::Json),
                Ok(text) => Err(BadAccept::Unknown(text)),
                Err(error) => Err(BadAccept::NotUtf8(error.to_string())),
            },
        }
    }
}

/// Parameters as they come: `D` is the database, which one of the languages can do without; `P` is
/// text in a query string and an object in a body.
#[derive(Debug, Deserialize)]
struct Parameters<D, P> {
    db: D,
    q: String,
    format: Option<Format>,
    params: Option<P>,
}

/// A request that can be read.
#[derive(Debug)]
pub(super) struct Asked<D, P> {
    /// The database.
    pub(super) database: D,
    /// The query.
    pub(super) query: String,
    /// The form of the answer: `format`, or else what `Accept` names.
    pub(super) format: Format,
    /// The values for the query's placeholders.
    pub(super) params: P,
}

/// A refusal: its status and its text, which is the whole body.
pub(super) type Refusal = (u16, String);

/// Reads a request; `Accept` is looked at before the parameters.
///
/// # Errors
/// What the product says of it.
pub(super) fn read<D: DeserializeOwned, P: DeserializeOwned + Default>(
    refusals: &Refusals,
    request: Request<'_>,
    accept: Option<&[u8]>,
) -> Result<Asked<D, P>, Refusal> {
    let bad = |text: String| (refusals.bad_request, text);
    let bad_json = |error: serde_json::Error| bad(format!("{}{error}", refusals.json));
    let accepted = Format::from_accept(accept).map_err(|why| {
        let text = match why {
            BadAccept::Unknown(accept) => {
                format!("{}{accept}{}", refusals.accept.0, refusals.accept.1)
            }
            BadAccept::NotUtf8(why) => format!("{}{why}", refusals.accept_not_utf8),
        };
        (refusals.bad_accept, text)
    })?;
    let parameters = match request {
        Request::Get(None) => return Err(bad(refusals.no_query_string.to_owned())),
        Request::Get(Some(query)) => {
            let Parameters { db, q, format, params } =
                serde_urlencoded::from_str::<Parameters<D, String>>(query)
                    .map_err(|error| bad(format!("{}{error}", refusals.query_string)))?;
            let params =
                params.map(|text| serde_json::from_str(&text)).transpose().map_err(bad_json)?;
            Parameters { db, q, format, params }
        }
        Request::Post(body) => serde_json::from_slice(body).map_err(bad_json)?,
    };
    let Parameters { db, q, format, params } = parameters;
    Ok(Asked {
        database: db,
        query: q,
        format: format.unwrap_or(accepted),
        params: params.unwrap_or_default(),
    })
}
