//! `DESCRIBE table`, with the types named as the product's release names them.

use super::engine_words;
use datafusion::arrow::array::{ArrayRef, RecordBatch, StringArray};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::Result;
use datafusion::logical_expr::DescribeTable;
use datafusion::physical_plan::ExecutionPlan;
use profiles::sql::EngineDialect;
use std::sync::Arc;

/// A row for each column of the table.
pub(super) fn plan(
    dialect: EngineDialect,
    described: &DescribeTable,
) -> Result<Arc<dyn ExecutionPlan>> {
    let fields = described.schema.fields();
    let names = fields.iter().map(|field| field.name().as_str());
    let types = fields.iter().map(|field| engine_words::type_name(dialect, field.data_type()));
    let nullable = fields.iter().map(|field| if field.is_nullable() { "YES" } else { "NO" });
    let columns: Vec<ArrayRef> = vec![
        Arc::new(StringArray::from_iter_values(names)),
        Arc::new(StringArray::from_iter_values(types)),
        Arc::new(StringArray::from_iter_values(nullable)),
    ];
    let schema = Arc::clone(described.output_schema.inner());
    let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
    Ok(MemorySourceConfig::try_new_exec(&[vec![batch]], schema, None)?)
}
