//! A server of one profile, and a client of Flight.

use arrow_flight::error::FlightError;
use arrow_flight::{FlightClient, Ticket};
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::util::pretty::pretty_format_batches;
use futures::TryStreamExt;
use reference_server::{Builder, Server};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};

pub(crate) const OWNER: &str = "apiv3_owner";

/// A description of a server with the database `db`.
pub(crate) fn builder(profile: &str) -> Builder {
    let profile = profiles::find(profile).unwrap();
    Server::builder(profile).token(OWNER).auth(true).database("db", None)
}

/// The same, started, with these lines in it.
pub(crate) async fn start(profile: &str, lines: &str) -> Server {
    let server = builder(profile).start().await.unwrap();
    if !lines.is_empty() {
        let answer =
            rest(&server, "POST /api/v2/write?bucket=db&org=lineproof&precision=ns", lines).await;
        assert!(answer.contains(" 204 "), "{answer}");
    }
    server
}

/// A request over HTTP/1.1 and the whole answer.
pub(crate) async fn rest(server: &Server, line: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(server.address()).await.unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Token {OWNER}\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.write_all(body.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

pub(crate) async fn channel(server: &Server) -> Channel {
    Endpoint::new(server.url()).unwrap().connect().await.unwrap()
}

/// A client that sends this token.
pub(crate) async fn client(server: &Server, token: Option<&str>) -> FlightClient {
    with_token(channel(server).await, token)
}

pub(crate) fn with_token(channel: Channel, token: Option<&str>) -> FlightClient {
    let mut client = FlightClient::new(channel);
    if let Some(token) = token {
        client.add_header("authorization", &format!("Bearer {token}")).unwrap();
    }
    client
}

pub(crate) fn sql(query: &str) -> Value {
    json!({"database": "db", "sql_query": query, "query_type": "sql"})
}

pub(crate) fn influxql(query: &str) -> Value {
    json!({"database": "db", "sql_query": query, "query_type": "influxql"})
}

/// All batches that a ticket brings, without those that have no rows.
pub(crate) async fn get(
    client: &mut FlightClient,
    ticket: impl ToString,
) -> Result<Vec<RecordBatch>, Status> {
    let ticket = Ticket::new(ticket.to_string());
    let stream = client.do_get(ticket).await.map_err(status)?;
    stream.try_collect().await.map_err(status)
}

pub(crate) fn status(error: FlightError) -> Status {
    match error {
        FlightError::Tonic(status) => *status,
        other => panic!("{other:?}"),
    }
}

/// What the owner gets, as a drawn table.
pub(crate) async fn table(server: &Server, ticket: Value) -> String {
    let mut client = client(server, Some(OWNER)).await;
    let batches = get(&mut client, ticket).await.unwrap();
    pretty_format_batches(&batches).unwrap().to_string()
}

/// How the owner is refused.
pub(crate) async fn refused(server: &Server, ticket: impl ToString) -> (Code, String) {
    let mut client = client(server, Some(OWNER)).await;
    let status = get(&mut client, ticket).await.unwrap_err();
    (status.code(), status.message().to_owned())
}
