//! One query from text to record batches, bounded in time, memory and the size of its result.
//!
//! It runs on a thread of its own: the engine works without giving way for long stretches, plans
//! by recursion (hence the stack), and may panic; none of that may reach the server's threads.

use super::catalog::{Database, Patience};
use super::host::Host;
use super::params::Params;
use super::rows::{Rows, WAITING, panicked};
use super::{complexity, describe, elsewhere, engine_words, first_by_time, session};
use datafusion::arrow::array::RecordBatch;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::config::Dialect;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::coop::CooperativeExec;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use profiles::sql::{EngineDialect, Sql, Unplanned};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::sync::mpsc::{self, error::TrySendError};
use tokio::sync::{Semaphore, SemaphorePermit, oneshot};
use tokio::time::{Instant, timeout, timeout_at};

/// Enough for a plan as deep as [`complexity`] allows; untouched pages cost nothing.
const STACK: usize = 256 << 20;

/// Queries at work at the same time, those included that nobody waits for any more.
static SLOTS: Semaphore = Semaphore::const_new(8);

/// The longest result, in bytes, that is there as a whole, however much memory a query may use.
const RESULT: usize = 256 << 20;

/// One query, with all that it needs.
pub(crate) struct Query {
    pub(crate) host: Arc<dyn Host>,
    pub(crate) product: &'static Sql,
    pub(crate) database: String,
    pub(crate) text: String,
    pub(crate) params: Params,
}

/// What a query may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the question to the answer, without the time in which rows lie there that nobody takes.
    pub deadline: Duration,
    /// How long rows may lie there that nobody takes.
    pub stalled: Duration,
    /// Bytes that the engine's operators may hold.
    pub memory: usize,
    /// Bytes of a result that has to be there as a whole before it can be sent.
    pub result: usize,
}

impl Limits {
    /// What is in force unless somebody says otherwise.
    pub const DEFAULT: Self = Self::of(crate::query::allowance::Limits::DEFAULT);

    /// Those of a server's queries.
    pub const fn of(limits: crate::query::allowance::Limits) -> Self {
        let crate::query::allowance::Limits { memory, time } = limits;
        let result = if memory < RESULT { memory } else { RESULT };
        let stalled = crate::http::STALLED;
        let stalled = if time.as_nanos() < stalled.as_nanos() { time } else { stalled };
        Self { deadline: time, stalled, memory, result }
    }

    /// What is said when the time is over.
    pub(crate) fn overdue(self) -> Failure {
        let text = format!("Resources exhausted: no answer within {:?}", self.deadline);
        Failure::Executing(text, Cause::Limits)
    }

    /// What is said to who takes no rows.
    pub(super) fn left_lying(self) -> Failure {
        let text = format!("Resources exhausted: no rows were taken for {:?}", self.stalled);
        Failure::Executing(text, Cause::Limits)
    }
}

/// Where a query failed, with the engine's sentence in the release's words, and who is to blame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It cannot be planned.
    Planning(String, Cause, Fault),
    /// The plan cannot start.
    Executing(String, Cause),
    /// It went wrong while rows came.
    Streaming(String, Cause, Fault),
}

/// Why a query failed, which is what Flight tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cause {
    /// The query, or the data that it meets.
    Query,
    /// It needs more than a query may use.
    Limits,
    /// The server.
    Server,
}

impl Cause {
    /// As the products tell the engine's errors apart
    /// (influxdata/influxdb3_core f1bc156:service_common/src/error.rs).
    fn of(error: &DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(_) => Self::Limits,
            DataFusionError::SQL(..)
            | DataFusionError::SchemaError(..)
            | DataFusionError::Execution(_)
            | DataFusionError::ArrowError(..)
            | DataFusionError::NotImplemented(_)
            | DataFusionError::Plan(_) => Self::Query,
            DataFusionError::Diagnostic(_, inner) => Self::of(inner),
            DataFusionError::Collection(errors) if !errors.is_empty() => Self::of(&errors[0]),
            _ => Self::Server,
        }
    }
}

/// Whose fault it is to the HTTP API, by the engine's kinds of errors
/// (3.10:influxdb3_server/src/http.rs datafusion_error_status_code).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The query is wrong.
    Wrong,
    /// The engine, or this server, does not do that.
    Unimplemented,
    /// Anything else.
    Other,
}

impl Fault {
    fn of(error: &DataFusionError) -> Self {
        match error {
            DataFusionError::Plan(_) | DataFusionError::SQL(..) => Self::Wrong,
            DataFusionError::NotImplemented(_) => Self::Unimplemented,
            DataFusionError::Context(_, inner) | DataFusionError::Diagnostic(_, inner) => {
                Self::of(inner)
            }
            DataFusionError::Shared(inner) => Self::of(inner),
            DataFusionError::Collection(errors)
                if errors.iter().all(|error| Self::of(error) == Self::Wrong) =>
            {
                Self::Wrong
            }
            _ => Self::Other,
        }
    }

    /// The status that a release gives it.
    pub(super) const fn status(self, of: Unplanned) -> u16 {
        match self {
            Self::Wrong => of.wrong,
            Self::Unimplemented => of.unimplemented,
            Self::Other => of.other,
        }
    }
}

/// All rows of a result, which must not be too many; batches without rows are left out.
pub(super) async fn all(mut rows: Rows, limits: Limits) -> Result<Vec<RecordBatch>, Failure> {
    let mut batches = Vec::new();
    let mut size = 0_usize;
    while let Some(batch) = rows.next().await {
        let batch = batch?;
        size = size.saturating_add(batch.get_array_memory_size());
        if size > limits.result {
            let text = format!("Resources exhausted: the result is over {} bytes", limits.result);
            return Err(Failure::Streaming(text, Cause::Limits, Fault::Other));
        }
        if batch.num_rows() > 0 {
            batches.push(batch);
        }
    }
    Ok(batches)
}

/// Starts a query and returns once its first rows may come.
pub(crate) async fn start(query: Query, limits: Limits) -> Result<Rows, Failure> {
    let deadline = later(Instant::now(), limits.deadline);
    let Ok(Ok(slot)) = timeout_at(deadline, SLOTS.acquire()).await else {
        return Err(limits.overdue());
    };
    let waits = Waits::default();
    let left = Arc::clone(&waits.left);
    let (tell, told) = oneshot::channel();
    let (send, batches) = mpsc::channel(WAITING);
    let (finish, end) = oneshot::channel();
    let work = move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        match runtime {
            Ok(runtime) => runtime.block_on(async {
                let begun = timeout_at(deadline, begin(query, limits, left)).await;
                let (dialect, stream) = match begun.unwrap_or_else(|_| Err(limits.overdue())) {
                    Ok(begun) => begun,
                    // The asker may have gone away, here and below.
                    Err(failure) => return drop(tell.send(Err(failure))),
                };
                if tell.send(Ok(stream.schema())).is_err() {
                    return;
                }
                let mut work = Work { slot: Some(slot), deadline, limits };
                // The engine gives way often enough to see that the asker has left, also where it
                // works long for one batch.
                let end = tokio::select! {
                    end = work.forward(stream, dialect, &send) => end,
                    () = send.closed() => return,
                };
                let _ = finish.send(end);
            }),
            Err(error) => drop(tell.send(Err(thread_failed(&error)))),
        }
    };
    let thread = std::thread::Builder::new().name("sql".to_owned()).stack_size(STACK).spawn(work);
    if let Err(error) = thread {
        return Err(thread_failed(&error));
    }
    match timeout_at(deadline, told).await {
        Ok(Ok(Ok(schema))) => {
            waits.end();
            Ok(Rows { schema, batches, end, limits })
        }
        Ok(Ok(Err(failure))) => Err(failure),
        Ok(Err(_)) => Err(panicked()),
        Err(_) => Err(limits.overdue()),
    }
}

/// Somebody waits for a query to begin.
#[derive(Default)]
struct Waits {
    /// Turns true where he has left.
    left: Arc<AtomicBool>,
}

impl Waits {
    /// It has begun.
    fn end(mut self) {
        self.left = Arc::default();
    }
}

impl Drop for Waits {
    fn drop(&mut self) {
        self.left.store(true, Ordering::Relaxed);
    }
}

fn thread_failed(error: &std::io::Error) -> Failure {
    Failure::Executing(format!("IO error: {error}"), Cause::Server)
}

/// Plans a query and starts the plan.
async fn begin(
    query: Query,
    limits: Limits,
    left: Arc<AtomicBool>,
) -> Result<(EngineDialect, SendableRecordBatchStream), Failure> {
    let dialect = query.product.dialect;
    let planning = |error: DataFusionError| {
        let text = engine_words::sentence(dialect, &error);
        Failure::Planning(text, Cause::of(&error), Fault::of(&error))
    };
    let (memory, time) = (limits.memory, limits.deadline);
    let limits_of_views = crate::query::allowance::Limits { memory, time };
    let database = Database {
        host: query.host,
        name: query.database.into(),
        product: query.product,
        patience: Patience { since: Instant::now().into_std(), limits: limits_of_views, left },
    };
    let session = session::open(database, limits.memory).map_err(planning)?;
    let plan = plan(&session, dialect, &query.text, query.params).await.map_err(planning)?;
    let stream = execute_stream(plan, session.task_ctx()).map_err(|error| {
        Failure::Executing(engine_words::sentence(dialect, &error), Cause::of(&error))
    })?;
    Ok((dialect, stream))
}

/// A time that is so much later, if there is one: a century otherwise.
fn later(than: Instant, by: Duration) -> Instant {
    const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);
    than.checked_add(by.min(CENTURY)).unwrap_or(than)
}

/// A query that gives rows.
struct Work {
    /// None while it waits for who asked: others may work then.
    slot: Option<SemaphorePermit<'static>>,
    /// When its time is over.
    deadline: Instant,
    limits: Limits,
}

impl Work {
    /// Sends all rows on, as fast as somebody takes them.
    async fn forward(
        &mut self,
        mut stream: SendableRecordBatchStream,
        dialect: EngineDialect,
        to: &mpsc::Sender<RecordBatch>,
    ) -> Result<(), Failure> {
        loop {
            let batch = timeout_at(self.deadline, stream.next()).await;
            let Some(batch) = batch.map_err(|_| self.limits.overdue())? else { return Ok(()) };
            let batch = batch.map_err(|error| {
                let text = engine_words::sentence(dialect, &error);
                Failure::Streaming(text, Cause::of(&error), Fault::of(&error))
            })?;
            match to.try_send(batch) {
                Ok(()) => {}
                Err(TrySendError::Closed(_)) => return Ok(()),
                Err(TrySendError::Full(batch)) => self.wait_for_room(to, batch).await?,
            }
        }
    }

    /// Sends a batch once there is room for it, and does not work meanwhile.
    async fn wait_for_room(
        &mut self,
        to: &mpsc::Sender<RecordBatch>,
        batch: RecordBatch,
    ) -> Result<(), Failure> {
        self.slot = None;
        let since = Instant::now();
        let sent = timeout(self.limits.stalled, to.send(batch)).await;
        // Who has left is noticed by who waits for this as well.
        let _ = sent.map_err(|_| self.limits.left_lying())?;
        self.deadline = later(self.deadline, since.elapsed());
        let slot = timeout_at(self.deadline, SLOTS.acquire()).await;
        self.slot = slot.map_err(|_| self.limits.overdue())?.ok();
        Ok(())
    }
}

async fn plan(
    session: &SessionContext,
    dialect: EngineDialect,
    sql: &str,
    params: Params,
) -> Result<Arc<dyn ExecutionPlan>> {
    complexity::check(sql)?;
    let state = session.state();
    let statement = state.sql_to_statement(sql, &Dialect::Generic)?;
    let plan = state.statement_to_plan(statement).await.map_err(elsewhere::refuse)?;
    SQLOptions::new()
        .with_allow_ddl(false)
        .with_allow_dml(false)
        .with_allow_statements(false)
        .verify_plan(&plan)?;
    match plan {
        // This engine's plans are not the product's.
        LogicalPlan::Explain(_) | LogicalPlan::Analyze(_) => {
            Err(DataFusionError::NotImplemented("EXPLAIN in this server".to_owned()))
        }
        LogicalPlan::DescribeTable(described) => describe::plan(dialect, &described),
        plan => {
            let plan = state.optimize(&plan.with_param_values(params)?)?;
            let plan = first_by_time::bound(plan, first_by_time::MOST)?;
            let plan = state.query_planner().create_physical_plan(&plan, &state).await?;
            Ok(giving_way(plan, 0)?.data)
        }
    }
}

/// How many joins below one another give way: each takes a unit of the runtime's budget on the way down,
/// which is 128, and below none that is left nobody would ever come to the rows.
const DEEPEST: usize = 64;

/// A plan whose joins, of which so many are above it, give way while they make rows. A join has rows for
/// long that it asks nobody for, and what is above it would take them all before anybody sees that the time
/// is over or the asker gone.
fn giving_way(
    plan: Arc<dyn ExecutionPlan>,
    above: usize,
) -> Result<Transformed<Arc<dyn ExecutionPlan>>> {
    let joins = plan.children().len() > 1;
    let plan = plan.map_children(|child| giving_way(child, above + usize::from(joins)))?;
    if !joins || above >= DEEPEST {
        return Ok(plan);
    }
    Ok(Transformed::yes(Arc::new(CooperativeExec::new(plan.data))))
}
