//! One query from text to record batches, bounded in time, memory and the size of its result.
//!
//! It runs on a thread of its own: the engine works without giving way for long stretches, plans
//! by recursion (hence the stack), and may panic; none of that may reach the server's threads.

use super::catalog::Database;
use super::host::Host;
use super::params::Params;
use super::{complexity, describe, engine_words, session};
use datafusion::arrow::array::RecordBatch;
use datafusion::config::Dialect;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::context::SQLOptions;
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::{ExecutionPlan, execute_stream};
use datafusion::prelude::SessionContext;
use futures::StreamExt;
use profiles::sql::{EngineDialect, Sql};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;

/// Enough for a plan as deep as [`complexity`] allows; untouched pages cost nothing.
const STACK: usize = 256 << 20;

/// Queries at work at the same time, those included that nobody waits for any more.
static SLOTS: Semaphore = Semaphore::const_new(8);

/// One query, with all that it needs.
pub(super) struct Query {
    pub(super) host: Arc<dyn Host>,
    pub(super) product: &'static Sql,
    pub(super) database: String,
    pub(super) text: String,
    pub(super) params: Params,
}

/// What a query may use.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// From the question to the answer.
    pub deadline: Duration,
    /// Bytes that the engine's operators may hold.
    pub memory: usize,
    /// Bytes of the result in memory.
    pub result: usize,
}

impl Limits {
    /// What is in force unless a caller asks for less.
    pub const DEFAULT: Self =
        Self { deadline: Duration::from_secs(30), memory: 512 << 20, result: 256 << 20 };
}

/// Where a query failed, with the engine's sentence in the release's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// It cannot be planned.
    Planning(String),
    /// The plan cannot start.
    Executing(String),
    /// It went wrong while rows came.
    Streaming(String),
}

/// Runs a query to its end; batches without rows are left out.
pub(super) async fn run(query: Query, limits: Limits) -> Result<Vec<RecordBatch>, Failure> {
    let overdue = move || {
        let text = format!("Resources exhausted: no answer within {:?}", limits.deadline);
        Failure::Executing(text)
    };
    let Ok(Ok(slot)) = timeout(limits.deadline, SLOTS.acquire()).await else {
        return Err(overdue());
    };
    let (tell, told) = oneshot::channel();
    let work = move || {
        let _slot = slot;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
        let answer = match runtime {
            Ok(runtime) => runtime
                .block_on(async { timeout(limits.deadline, execute(query, limits)).await })
                .unwrap_or_else(|_| Err(overdue())),
            Err(error) => Err(Failure::Executing(format!("IO error: {error}"))),
        };
        // The asker may have gone away.
        let _ = tell.send(answer);
    };
    let thread = std::thread::Builder::new().name("sql".to_owned()).stack_size(STACK).spawn(work);
    if let Err(error) = thread {
        return Err(Failure::Executing(format!("IO error: {error}")));
    }
    match timeout(limits.deadline, told).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => {
            Err(Failure::Executing("Internal error: the engine panicked on this query".to_owned()))
        }
        Err(_) => Err(overdue()),
    }
}

async fn execute(query: Query, limits: Limits) -> Result<Vec<RecordBatch>, Failure> {
    let dialect = query.product.dialect;
    let words = |error: DataFusionError| engine_words::sentence(dialect, &error);
    let planning = |error| Failure::Planning(words(error));
    let database =
        Database { host: query.host, name: query.database.into(), product: query.product };
    let session = session::open(database, limits.memory).map_err(planning)?;
    let plan = plan(&session, dialect, &query.text, query.params).await.map_err(planning)?;

    let mut stream = execute_stream(plan, session.task_ctx())
        .map_err(|error| Failure::Executing(words(error)))?;
    let (mut batches, mut size) = (Vec::new(), 0_usize);
    while let Some(batch) = stream.next().await {
        let batch = batch.map_err(|error| Failure::Streaming(words(error)))?;
        size = size.saturating_add(batch.get_array_memory_size());
        if size > limits.result {
            let text = format!("Resources exhausted: the result is over {} bytes", limits.result);
            return Err(Failure::Streaming(text));
        }
        if batch.num_rows() > 0 {
            batches.push(batch);
        }
    }
    Ok(batches)
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
    let plan = state.statement_to_plan(statement).await?;
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
        plan => state.create_physical_plan(&plan.with_param_values(params)?).await,
    }
}
