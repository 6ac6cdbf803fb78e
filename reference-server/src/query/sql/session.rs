//! One engine session for one query, set up as the product sets up its own.

use super::catalog::Database;
use super::functions;
use datafusion::error::Result;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::prelude::{SessionConfig, SessionContext};
use std::sync::Arc;

/// A session whose only catalog is this database, with so many bytes for its operators.
pub(super) fn open(database: Database, memory: usize) -> Result<SessionContext> {
    let product = database.product;
    let mut config = SessionConfig::new()
        .with_create_default_catalog_and_schema(false)
        .with_default_catalog_and_schema(product.catalog, product.schema)
        // The catalog has its own, which names types as the release does.
        .with_information_schema(false)
        // One thread, one order of rows.
        .with_target_partitions(1);
    let options = config.options_mut();
    options.sql_parser.map_string_types_to_utf8view = false;
    // What `now()` and `timestamptz` are in.
    options.execution.time_zone = Some("+00:00".to_owned());

    let runtime = RuntimeEnvBuilder::new()
        .with_memory_limit(memory, 1.0)
        .with_disk_manager_builder(
            DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled),
        )
        .build_arc()?;
    let state = SessionStateBuilder::new()
        .with_config(config)
        .with_runtime_env(runtime)
        .with_default_features()
        .build();
    let session = SessionContext::new_with_state(state);
    functions::register(&session, product.dialect)?;
    session.register_catalog(product.catalog, Arc::new(database));
    Ok(session)
}
