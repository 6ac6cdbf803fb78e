//! A request for a query to its answer, without an HTTP library.
//!
//! The order of checks is the product's: `Accept`, then the parameters, then the database, then
//! the query. Routing, credentials, headers for browsers and the body's encoding are the caller's.

use super::format::{BadAccept, Format};
use super::host::{Host, NoSuchDatabase};
use super::params::Params;
use super::run::{Failure, Limits, Query, run};
use profiles::sql::Sql;
use serde::Deserialize;
use serde_json::json;
use std::sync::Arc;

/// What was asked, by method.
#[derive(Clone, Copy, Debug)]
pub enum Request<'a> {
    /// GET: what stands after the `?`, nothing where there is no `?`.
    Get(Option<&'a str>),
    /// POST: the body, decoded. The query string does not matter, nor does the `Content-Type`.
    Post(&'a [u8]),
}

/// The answer. One with a status of 200 also gets the header for browsers, a refusal does not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The `Content-Type`; a refusal has none.
    pub content_type: Option<&'static str>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    fn refusal(status: u16, body: String) -> Self {
        Self { status, content_type: None, body: body.into_bytes() }
    }
}

/// Parameters as they come; `P` is text in a query string and an object in a body.
#[derive(Deserialize)]
struct Parameters<P> {
    db: String,
    q: String,
    format: Option<Format>,
    params: Option<P>,
}

/// Answers a query.
pub async fn answer(
    host: &Arc<dyn Host>,
    product: &'static Sql,
    request: Request<'_>,
    accept: Option<&[u8]>,
    limits: Limits,
) -> Answer {
    match asked(product, request, accept) {
        Ok((parameters, format)) => query(host, product, parameters, format, limits).await,
        Err(refusal) => refusal,
    }
}

/// The parameters, and the form of the answer: `format`, or else what `Accept` names.
fn asked(
    product: &Sql,
    request: Request<'_>,
    accept: Option<&[u8]>,
) -> Result<(Parameters<Params>, Format), Answer> {
    let refusals = &product.refusals;
    let bad = |text: String| Answer::refusal(refusals.bad_request, text);
    let bad_json = |error: serde_json::Error| bad(format!("{}{error}", refusals.json));

    let accepted = Format::from_accept(accept).map_err(|why| {
        let text = match why {
            BadAccept::Unknown(accept) => {
                format!("{}{accept}{}", refusals.accept.0, refusals.accept.1)
            }
            BadAccept::NotUtf8(why) => format!("{}{why}", refusals.accept_not_utf8),
        };
        Answer::refusal(refusals.bad_accept, text)
    })?;
    let parameters = match request {
        Request::Get(None) => return Err(bad(refusals.no_query_string.to_owned())),
        Request::Get(Some(query)) => {
            let Parameters { db, q, format, params } =
                serde_urlencoded::from_str::<Parameters<String>>(query)
                    .map_err(|error| bad(format!("{}{error}", refusals.query_string)))?;
            let params =
                params.map(|text| serde_json::from_str(&text)).transpose().map_err(bad_json)?;
            Parameters { db, q, format, params }
        }
        Request::Post(body) => serde_json::from_slice(body).map_err(bad_json)?,
    };
    let format = parameters.format.unwrap_or(accepted);
    Ok((parameters, format))
}

async fn query(
    host: &Arc<dyn Host>,
    product: &'static Sql,
    parameters: Parameters<Params>,
    format: Format,
    limits: Limits,
) -> Answer {
    let refusals = &product.refusals;
    let Parameters { db, q, params, .. } = parameters;
    if let Err(NoSuchDatabase) = host.table_names(&db) {
        let text = format!("{}{db}", refusals.no_such_database);
        return Answer::refusal(refusals.unknown_database, json!({ "error": text }).to_string());
    }
    let query = Query {
        host: Arc::clone(host),
        product,
        database: db,
        text: q,
        params: params.unwrap_or_default(),
    };
    let failed = |text: String| Answer::refusal(refusals.failed, text);
    match run(query, limits).await {
        Ok(batches) => match format.body(&batches) {
            Ok(body) => Answer { status: 200, content_type: Some(format.content_type()), body },
            Err(error) => failed(format!("{}Arrow error: {error}", refusals.streaming)),
        },
        Err(Failure::Planning(text, _)) => {
            Answer::refusal(refusals.unplanned, format!("{}{text}", refusals.planning))
        }
        Err(Failure::Executing(text, _)) => failed(format!("{}{text}", refusals.executing)),
        Err(Failure::Streaming(text, _)) => failed(format!("{}{text}", refusals.streaming)),
    }
}
