//! One engine session for one query, set up as the product sets up its own.

use super::catalog::Database;
use super::engine_words;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::error::Result;
use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
use datafusion::execution::runtime_env::RuntimeEnvBuilder;
use datafusion::execution::session_state::SessionStateBuilder;
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::{SessionConfig, SessionContext};
use profiles::sql::EngineDialect;

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
    session.register_udf(ScalarUDF::from(ArrowTypeof {
        dialect: product.dialect,
        signature: Signature::any(1, Volatility::Immutable),
    }));
    session.register_catalog(product.catalog, std::sync::Arc::new(database));
    Ok(session)
}

/// `arrow_typeof`, which names types as the release does.
#[derive(Debug, PartialEq, Eq, Hash)]
struct ArrowTypeof {
    dialect: EngineDialect,
    signature: Signature,
}

impl ScalarUDFImpl for ArrowTypeof {
    fn name(&self) -> &str {
        "arrow_typeof"
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _arguments: &[DataType]) -> Result<DataType> {
        Ok(DataType::Utf8)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let of = args.args.first().map_or(DataType::Null, ColumnarValue::data_type);
        let name = engine_words::type_name(self.dialect, &of);
        Ok(ColumnarValue::Scalar(ScalarValue::Utf8(Some(name))))
    }
}
