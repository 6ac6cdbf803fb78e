//! The methods of Flight. `DoGet` answers queries; `Handshake` gives back the token that it gets;
//! the others are not there, in the products' words where those do not have them either, and by
//! name where they do.

use super::host::{Denied, Host, token};
use super::rows;
use super::status;
use super::ticket::{Language, Ticket};
use crate::query::allowance::Allowance;
use crate::query::influxql::question::Question;
use crate::query::sql::rows::Rows;
use crate::query::sql::run::{Failure, Limits, Query, start};
use crate::query::sql::{self, NoSuchDatabase};
use crate::store::view::Asked;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use arrow_flight::flight_service_server::{FlightService, FlightServiceServer};
use arrow_flight::{
    Action, ActionType, Criteria, Empty, FlightData, FlightDescriptor, FlightInfo,
    HandshakeRequest, HandshakeResponse, PollInfo, PutResult, SchemaResult,
};
use futures::stream::{self, BoxStream, StreamExt};
use std::future::ready;
use std::sync::Arc;
use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};
use tonic::metadata::{AsciiMetadataValue, MetadataMap};
use tonic::{Request, Response, Status, Streaming};

/// The gRPC service of a server.
pub type Service = FlightServiceServer<Flight>;

/// A service over this family's, whose answers may take so much.
pub fn service(host: Arc<dyn Host>, limits: Limits) -> Service {
    FlightServiceServer::new(Flight { host, limits })
}

/// Statements of InfluxQL at work at the same time.
static SLOTS: Semaphore = Semaphore::const_new(8);

/// Flight over one family's service.
pub struct Flight {
    host: Arc<dyn Host>,
    limits: Limits,
}

type Answers<T> = BoxStream<'static, Result<T, Status>>;

impl Flight {
    /// The rows of a SQL query, as they come.
    async fn sql(
        &self,
        tables: Arc<dyn sql::Host>,
        ticket: Ticket,
    ) -> Result<Answers<FlightData>, Status> {
        let flight = self.host.flight();
        let params = ticket.sql_params().unwrap_or_default();
        let database = ticket.database.clone();
        let query = Query {
            host: tables,
            product: flight.sql,
            database: ticket.database,
            text: ticket.query,
            params,
        };
        let failed = move |failure| status::query(flight, &database, failure);
        let rows = start(query, self.limits).await.map_err(&failed)?;
        Ok(encoded(rows, failed))
    }

    /// The rows of an InfluxQL statement.
    async fn influxql(
        &self,
        tables: Arc<dyn sql::Host>,
        token: Option<Vec<u8>>,
        ticket: Ticket,
    ) -> Result<Answers<FlightData>, Status> {
        let (host, flight) = (Arc::clone(&self.host), self.host.flight());
        let database = ticket.database.clone();
        let failed = move |failure| status::query(flight, &database, failure);
        let deadline = Instant::now() + self.limits.deadline;
        let late = || failed(self.limits.overdue());
        let slot = timeout_at(deadline, SLOTS.acquire()).await.map_err(|_| late())?;
        let slot = slot.map_err(|error| Status::internal(error.to_string()))?;
        let Ticket { database: name, query: text, params, .. } = ticket;
        let question = Question { text, params, database: name.clone() };
        // It ends with this future: when its time is over, or nobody waits for it.
        let outcome = timeout_at(deadline, host.influxql(token, question)).await;
        let outcome = outcome.map_err(|_| late())?;
        let outcome = outcome.map_err(|failure| status::statement(flight, &failure))?;
        let work = move || {
            let unlimited = Allowance::unlimited();
            let table = |table: &str| tables.table(&name, table, &Asked::description(&unlimited));
            rows::batch(&outcome, &table).map_err(Status::unimplemented)
        };
        let batch = timeout_at(deadline, tokio::task::spawn_blocking(work)).await;
        let batch = batch.map_err(|_| late())?;
        let batch = batch.map_err(|error| Status::internal(error.to_string()))??;
        Ok(encoded(Rows::of(batch, slot, self.limits), failed))
    }
}

/// The schema and then the batches. Dictionaries become text, as the products send them.
fn encoded(
    rows: Rows,
    failed: impl Fn(Failure) -> Status + Clone + Send + 'static,
) -> Answers<FlightData> {
    let schema = rows.schema();
    // After a failure nothing more is asked for.
    let batches = stream::unfold(Some(rows), move |rows| {
        let failed = failed.clone();
        async move {
            let mut rows = rows?;
            match rows.next().await? {
                Ok(batch) => Some((Ok(batch), Some(rows))),
                Err(failure) => Some((Err(failed(failure)), None)),
            }
        }
    });
    FlightDataEncoderBuilder::new()
        .with_schema(schema)
        .build(batches.map(|batch: Result<_, Status>| {
            batch.map_err(|status| FlightError::Tonic(Box::new(status)))
        }))
        .map(|data| data.map_err(Status::from))
        .boxed()
}

/// The answers, which end with an error where what they were read from is damaged.
fn whole(host: Arc<dyn Host>, answers: Answers<FlightData>) -> Answers<FlightData> {
    let damage = move |host: &Arc<dyn Host>| host.damage().map(|why| Err(Status::data_loss(why)));
    let last = Arc::clone(&host);
    let end = stream::iter([()]).filter_map(move |()| ready(damage(&last)));
    answers.map(move |data| damage(&host).unwrap_or(data)).chain(end).boxed()
}

fn token_of(metadata: &MetadataMap) -> Option<Vec<u8>> {
    token(metadata.get("authorization").map(AsciiMetadataValue::as_bytes))
}

/// A method that the products have for Flight SQL.
fn flight_sql(method: &str) -> Status {
    Status::unimplemented(format!("Flight SQL ({method}) is outside the Flight of this server"))
}

fn not_yet(method: &str) -> Status {
    Status::unimplemented(format!("Not yet implemented: {method}"))
}

#[tonic::async_trait]
impl FlightService for Flight {
    type HandshakeStream = Answers<HandshakeResponse>;
    type ListFlightsStream = Answers<FlightInfo>;
    type DoGetStream = Answers<FlightData>;
    type DoPutStream = Answers<PutResult>;
    type DoActionStream = Answers<arrow_flight::Result>;
    type ListActionsStream = Answers<ActionType>;
    type DoExchangeStream = Answers<FlightData>;

    /// The order of checks is the products': the ticket, the token, the database, the query.
    async fn do_get(
        &self,
        request: Request<arrow_flight::Ticket>,
    ) -> Result<Response<Self::DoGetStream>, Status> {
        let token = token_of(request.metadata());
        let ticket = Ticket::read(&request.into_inner().ticket).map_err(status::ticket)?;
        let flight = self.host.flight();
        let tables = Arc::clone(&self.host).tables(token.as_deref(), &ticket.database);
        let tables = tables.map_err(|why: Denied| status::denied(flight, why))?;
        if let Err(NoSuchDatabase) = tables.table_names(&ticket.database) {
            return Err(status::unknown_database(flight, &ticket.database));
        }
        let answers = match ticket.language {
            Language::Sql => self.sql(tables, ticket).await?,
            Language::Influxql => self.influxql(tables, token, ticket).await?,
        };
        Ok(Response::new(whole(Arc::clone(&self.host), answers)))
    }

    /// Nobody is refused: what comes back is what the next calls are to send.
    async fn handshake(
        &self,
        request: Request<Streaming<HandshakeRequest>>,
    ) -> Result<Response<Self::HandshakeStream>, Status> {
        let token = token_of(request.metadata());
        let Some(HandshakeRequest { protocol_version, payload }) =
            request.into_inner().message().await?
        else {
            return Err(Status::invalid_argument("Invalid handshake. No payload provided"));
        };
        let answer = HandshakeResponse { protocol_version, payload };
        let mut response = Response::new(stream::iter([Ok(answer)]).boxed());
        if let Some(token) = token {
            let header = AsciiMetadataValue::try_from([b"Bearer ", token.as_slice()].concat());
            let header = header.map_err(|error| Status::invalid_argument(error.to_string()))?;
            response.metadata_mut().insert("authorization", header);
        }
        Ok(response)
    }

    async fn get_flight_info(
        &self,
        _: Request<FlightDescriptor>,
    ) -> Result<Response<FlightInfo>, Status> {
        Err(flight_sql("GetFlightInfo"))
    }

    async fn do_put(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoPutStream>, Status> {
        Err(flight_sql("DoPut"))
    }

    async fn do_action(
        &self,
        _: Request<Action>,
    ) -> Result<Response<Self::DoActionStream>, Status> {
        Err(flight_sql("DoAction"))
    }

    async fn poll_flight_info(
        &self,
        _: Request<FlightDescriptor>,
    ) -> Result<Response<PollInfo>, Status> {
        Err(Status::unimplemented("Not yet implemented"))
    }

    async fn get_schema(
        &self,
        _: Request<FlightDescriptor>,
    ) -> Result<Response<SchemaResult>, Status> {
        Err(not_yet("get_schema"))
    }

    async fn list_flights(
        &self,
        _: Request<Criteria>,
    ) -> Result<Response<Self::ListFlightsStream>, Status> {
        Err(not_yet("list_flights"))
    }

    async fn list_actions(
        &self,
        _: Request<Empty>,
    ) -> Result<Response<Self::ListActionsStream>, Status> {
        Err(not_yet("list_actions"))
    }

    async fn do_exchange(
        &self,
        _: Request<Streaming<FlightData>>,
    ) -> Result<Response<Self::DoExchangeStream>, Status> {
        Err(not_yet("do_exchange"))
    }
}
