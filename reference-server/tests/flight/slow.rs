//! Clients that read slowly or not at all, and statements that take long: a server of Flight with
//! little patience, over a host of its own.

use crate::client::{influxql, sql, status, with_token};
use arrow_flight::Ticket;
use futures::StreamExt;
use futures::future::{BoxFuture, FutureExt};
use profiles::flight::Flight;
use reference_server::flight::{Denied, Host, service};
use reference_server::http::{Body, Handler, Request, Response, serve_http2};
use reference_server::query::influxql::exec::Failure;
use reference_server::query::influxql::question::Question;
use reference_server::query::influxql::result::{Cell, Outcome, Series};
use reference_server::query::sql::run::Limits;
use reference_server::query::sql::{self as tables, NoSuchDatabase};
use reference_server::store::{
    Name,
    view::{Asked, Measurement},
};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tonic::Code;
use tonic::transport::{Channel, Endpoint};

/// How long an answer may take where that matters.
const DEADLINE: Duration = Duration::from_secs(2);

/// How many rows the host has, and how long the text in each is.
const ROWS: i64 = 100_000;
const LONG: usize = 200;

struct Fake;

impl tables::Host for Fake {
    fn table_names(&self, _: &str) -> Result<Vec<Name>, NoSuchDatabase> {
        Ok(Vec::new())
    }

    fn table(&self, _: &str, _: &str, _: &Asked<'_>) -> Option<Measurement> {
        None
    }
}

impl Host for Fake {
    fn flight(&self) -> &'static Flight {
        profiles::find("v3-core@3.6").unwrap().facts.flight.unwrap()
    }

    fn tables(self: Arc<Self>, _: Option<&[u8]>, _: &str) -> Result<Arc<dyn tables::Host>, Denied> {
        Ok(self)
    }

    /// Many rows; `SLOW` takes long for them.
    fn influxql(
        self: Arc<Self>,
        _: Option<Vec<u8>>,
        question: Question,
    ) -> BoxFuture<'static, Result<Outcome, Failure>> {
        async move {
            if question.text == "SLOW" {
                tokio::time::sleep(DEADLINE * 3).await;
            }
            let text = Cell::text("x".repeat(LONG));
            let rows = (0..ROWS).map(|n| vec![Cell::Time(n), text.clone()]);
            let series = Series::table("m", &["time", "text"], rows.collect());
            Ok(Outcome { series: vec![series], ..Outcome::default() })
        }
        .boxed()
    }
}

impl Handler for Fake {
    async fn handle(&self, _: Request, _: Body<'_>) -> Response {
        Response::new(404)
    }
}

/// A connection to a server whose answers may take so long.
async fn connect(deadline: Duration) -> Channel {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let service =
            service(Arc::new(Fake), Limits { deadline, stalled: deadline, ..Limits::DEFAULT });
        let (_stop, stopped) = watch::channel(false);
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let service = service.clone();
            let served = serve_http2(stream, Vec::new(), Arc::new(Fake), service, stopped.clone());
            tokio::spawn(served);
        }
    });
    Endpoint::new(format!("http://{address}")).unwrap().connect().await.unwrap()
}

/// What a client gets that reads one batch, waits until the time is over, and reads on: how many
/// rows, and how it ends.
async fn stall(ticket: serde_json::Value) -> (usize, Code, String) {
    let mut client = with_token(connect(DEADLINE).await, None);
    let mut stream = client.do_get(Ticket::new(ticket.to_string())).await.unwrap();
    let mut rows = stream.next().await.unwrap().unwrap().num_rows();
    tokio::time::sleep(DEADLINE + DEADLINE / 2).await;
    loop {
        match stream.next().await {
            Some(Ok(batch)) => rows += batch.num_rows(),
            Some(Err(error)) => {
                let status = status(error);
                return (rows, status.code(), status.message().to_owned());
            }
            None => return (rows, Code::Ok, String::new()),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_result_that_nobody_reads_little_is_kept() {
    let endless = format!(
        "SELECT a.value, repeat('x', {LONG}) AS text FROM generate_series(1, 100000) a CROSS JOIN \
         generate_series(1, 100000) b"
    );
    for ticket in [sql(&endless), influxql("MANY")] {
        let (rows, code, text) = stall(ticket.clone()).await;
        assert_eq!(code, Code::ResourceExhausted, "{ticket} {rows} {text}");
        assert!(text.ends_with("no rows were taken for 2s"), "{text}");
        // A few batches, and what lies in the sockets.
        assert!(rows < 70_000, "{ticket}: {rows} rows");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_takes_too_long_is_given_up() {
    let mut client = with_token(connect(DEADLINE).await, None);
    let started = Instant::now();
    let refused = client.do_get(Ticket::new(influxql("SLOW").to_string())).await;
    let status = status(refused.err().unwrap());
    assert_eq!(status.code(), Code::ResourceExhausted, "{status}");
    assert!(status.message().ends_with("no answer within 2s"), "{status}");
    assert!(started.elapsed() < DEADLINE * 2);
}

/// All of it comes to who reads, in parts.
#[tokio::test(flavor = "multi_thread")]
async fn a_large_answer_of_influxql_comes_whole() {
    let mut client = with_token(connect(DEADLINE * 15).await, None);
    let mut stream = client.do_get(Ticket::new(influxql("MANY").to_string())).await.unwrap();
    let (mut batches, mut rows) = (0, 0);
    while let Some(batch) = stream.next().await {
        rows += batch.unwrap().num_rows();
        batches += 1;
    }
    assert_eq!(rows as i64, ROWS);
    assert!(batches > 10, "{batches}");
}
