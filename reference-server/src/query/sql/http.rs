//! A request for a query to its answer, without an HTTP library.
//!
//! The order of checks is the product's: `Accept`, then the parameters, then the database, then
//! the query. Routing, credentials, headers for browsers and the body's encoding are the caller's.

use super::format::Printer;
use super::host::{Host, NoSuchDatabase};
use super::params::Params;
use super::rows::Rows;
use super::run::{Failure, Limits, Query, all, start};
use crate::http::{FIRST, Making, More};
use crate::query::v3_request::{self, Asked};
use datafusion::arrow::error::ArrowError;
use profiles::sql::Sql;
use serde_json::json;
use std::fmt;
use std::sync::Arc;

pub use crate::query::v3_request::Request;

/// The answer. One with a status of 200 also gets the header for browsers, a refusal does not.
#[derive(Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The `Content-Type`; a refusal has none.
    pub content_type: Option<&'static str>,
    /// The body, or its beginning.
    pub body: Vec<u8>,
    /// What of a long body is still being made.
    pub more: Option<More>,
}

impl Answer {
    fn refusal(status: u16, body: String) -> Self {
        Self { status, content_type: None, body: body.into_bytes(), more: None }
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
    let answer = async {
        let rows = start(query, limits).await?;
        match format.printer() {
            Some(printer) => printed(rows, printer).await,
            None => Ok((format.body(&all(rows, limits).await?)?, None)),
        }
    };
    let refusal = |status, prefix, text| Answer::refusal(status, format!("{prefix}{text}"));
    match answer.await {
        Ok((body, more)) => {
            Answer { status: 200, content_type: Some(format.content_type()), body, more }
        }
        Err(Unanswered::Format(error)) => {
            refusal(refusals.failed, refusals.streaming, format!("Arrow error: {error}"))
        }
        Err(Unanswered::Query(Failure::Planning(text, _, fault))) => {
            refusal(fault.status(refusals.unplanned), refusals.planning, text)
        }
        Err(Unanswered::Query(Failure::Executing(text, _))) => {
            refusal(refusals.failed, refusals.executing, text)
        }
        Err(Unanswered::Query(Failure::Streaming(text, _, fault))) => {
            refusal(fault.status(refusals.unplanned), refusals.streaming, text)
        }
    }
}

/// Why there is no answer.
enum Unanswered {
    Query(Failure),
    /// The form of the answer cannot hold the rows.
    Format(ArrowError),
}

impl fmt::Display for Unanswered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(
                Failure::Planning(text, ..)
                | Failure::Executing(text, _)
                | Failure::Streaming(text, ..),
            ) => f.write_str(text),
            Self::Format(error) => write!(f, "Arrow error: {error}"),
        }
    }
}

impl From<Failure> for Unanswered {
    fn from(failure: Failure) -> Self {
        Self::Query(failure)
    }
}

impl From<ArrowError> for Unanswered {
    fn from(error: ArrowError) -> Self {
        Self::Format(error)
    }
}

/// The body of a result, or of a long one its beginning: the rest is made while it is sent. What goes
/// wrong by then breaks the body off, as its status has been told.
async fn printed(
    mut rows: Rows,
    mut printer: Printer,
) -> Result<(Vec<u8>, Option<More>), Unanswered> {
    while printer.len() < FIRST {
        match rows.next().await.transpose()? {
            Some(batch) if batch.num_rows() > 0 => printer.print(&batch)?,
            Some(_) => {}
            None => return Ok((printer.finish()?, None)),
        }
    }
    let first = printer.take();
    let (making, more) = More::begin();
    tokio::spawn(async move {
        if let Err(why) = print_rest(rows, printer, making).await {
            tracing::warn!(%why, "an answer that was being sent breaks off");
        }
    });
    Ok((first, Some(more)))
}

/// Makes the rest of a body for as long as somebody wants it.
async fn print_rest(
    mut rows: Rows,
    mut printer: Printer,
    making: Making,
) -> Result<(), Unanswered> {
    loop {
        let batch = tokio::select! {
            batch = rows.next() => batch,
            // Also while the engine finds nothing.
            () = making.unwanted() => return Ok(()),
        };
        let Some(batch) = batch.transpose()? else { break };
        if batch.num_rows() > 0 {
            printer.print(&batch)?;
        }
        if printer.len() > 0 && !making.put(printer.take()).await {
            return Ok(());
        }
    }
    if making.put(printer.finish()?).await {
        making.end().await;
    }
    Ok(())
}
