//! The same queries over Arrow Flight, which is the only way to the hosted products' SQL.

use crate::query::Format;
use crate::replies::{self, Reply};
use arrow_flight::error::FlightError;
use arrow_flight::{FlightClient, Ticket};
use datafusion::arrow::json::LineDelimitedWriter;
use futures::{StreamExt, TryStreamExt};
use tonic::transport::Endpoint;

/// Asks with this ticket. The rows become JSON by the library that makes it over HTTP too.
pub(crate) async fn ask(url: &str, token: &str, ticket: &str) -> Result<Reply, String> {
    let endpoint = Endpoint::new(url.to_owned()).map_err(|e| e.to_string())?;
    let channel = endpoint.connect().await.map_err(|e| format!("{url}: {e}"))?;
    let mut client = FlightClient::new(channel);
    let header = format!("Bearer {token}");
    client.add_header("authorization", &header).map_err(|e| e.to_string())?;
    match rows(&mut client, ticket).await {
        Ok((header, body)) => match replies::read(Format::Flight, &body)? {
            Reply::Rows { rows, .. } => Ok(Reply::Rows { header: Some(header), rows }),
            refused @ Reply::Refused(_) => Ok(refused),
        },
        Err(FlightError::Tonic(status)) => Ok(Reply::Refused(status.to_string())),
        Err(other) => Err(other.to_string()),
    }
}

/// The names of the columns, and a line of JSON for each row.
async fn rows(client: &mut FlightClient, ticket: &str) -> Result<(String, String), FlightError> {
    let mut stream = client.do_get(Ticket::new(ticket.to_owned())).await?;
    let batches: Vec<_> = stream.by_ref().try_collect().await?;
    let names = stream.schema().map(|schema| {
        let names: Vec<_> = schema.fields().iter().map(|field| field.name().as_str()).collect();
        names.join(",")
    });
    let mut writer = LineDelimitedWriter::new(Vec::new());
    for batch in &batches {
        writer.write(batch).map_err(FlightError::Arrow)?;
    }
    writer.finish().map_err(FlightError::Arrow)?;
    let body = String::from_utf8_lossy(&writer.into_inner()).into_owned();
    Ok((names.unwrap_or_default(), body))
}
