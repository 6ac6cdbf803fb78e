//! A request for a query to its answer, without an HTTP library.
//!
//! The order of checks is the product's: `Accept`, then the parameters, then the database, then
//! the query. Routing, credentials, headers for browsers and the body's encoding are the caller's.

use super::host::{Host, NoSuchDatabase};
use super::params::Params;
use super::run::{Failure, Limits, Query, run};
use crate::query::v3_request::{self, Asked};
use profiles::sql::Sql;
use serde_json::json;
use std::sync::Arc;

pub use crate::query::v3_request::Request;

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

/// Answers a query.
pub async fn answer(
    host: &Arc<dyn Host>,
    product: &'static Sql,
    request: Request<'_>,
    accept: Option<&[u8]>,
    limits: Limits,
) -> Answer {
    match v3_request::read(&product.refusals, request, accept) {
        Ok(asked) => query(host, product, asked, limits).await,
        Err((status, text)) => Answer::refusal(status, text),
    }
}

async fn query(
    host: &Arc<dyn Host>,
    product: &'static Sql,
    asked: Asked<String, Params>,
    limits: Limits,
) -> Answer {
    let refusals = &product.refusals;
    let Asked { database, query, format, params } = asked;
    if let Err(NoSuchDatabase) = host.table_names(&database) {
        let text = format!("{}{database}", refusals.no_such_database);
        return Answer::refusal(refusals.unknown_database, json!({ "error": text }).to_string());
    }
    let query = Query { host: Arc::clone(host), product, database, text: query, params };
    let failed = |text: String| Answer::refusal(refusals.failed, text);
    match run(query, limits).await {
        Ok(batches) => match format.body(&batches) {
            Ok(body) => Answer { status: 200, content_type: Some(format.content_type()), body },
            Err(error) => failed(format!("{}Arrow error: {error}", refusals.streaming)),
        },
        Err(Failure::Planning(text, _, fault)) => {
            let status = fault.status(refusals.unplanned);
            Answer::refusal(status, format!("{}{text}", refusals.planning))
        }
        Err(Failure::Executing(text, _)) => failed(format!("{}{text}", refusals.executing)),
        Err(Failure::Streaming(text, _, fault)) => {
            let status = fault.status(refusals.unplanned);
            Answer::refusal(status, format!("{}{text}", refusals.streaming))
        }
    }
}
