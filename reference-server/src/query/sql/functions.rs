//! Functions that answer otherwise in the product's release than in this engine's version.
//!
//! Not here: functions that the product has and this engine lacks; [`super::elsewhere`] refuses them
//! by name.

use super::{engine_words, growing, selectors};
use datafusion::arrow::datatypes::DataType;
use datafusion::common::ScalarValue;
use datafusion::config::ConfigOptions;
use datafusion::error::Result;
use datafusion::functions::datetime::to_timestamp::{
    ToTimestampFunc, ToTimestampMicrosFunc, ToTimestampMillisFunc, ToTimestampNanosFunc,
    ToTimestampSecondsFunc,
};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, Volatility,
};
use datafusion::prelude::SessionContext;
use profiles::sql::EngineDialect;

/// Puts the release's functions in the place of the engine's.
///
/// # Errors
/// The engine takes one of them not.
pub(super) fn register(session: &SessionContext, dialect: EngineDialect) -> Result<()> {
    match dialect {
        EngineDialect::Long => {
            // No time zone, though the session has one: their results have none in the release.
            let config = ConfigOptions::new();
            session.register_udf(ToTimestampFunc::new_with_config(&config).into());
            session.register_udf(ToTimestampSecondsFunc::new_with_config(&config).into());
            session.register_udf(ToTimestampMillisFunc::new_with_config(&config).into());
            session.register_udf(ToTimestampMicrosFunc::new_with_config(&config).into());
            session.register_udf(ToTimestampNanosFunc::new_with_config(&config).into());
        }
    }
    let signature = Signature::any(1, Volatility::Immutable);
    session.register_udf(ScalarUDF::from(ArrowTypeof { dialect, signature }));
    // Its answer is the engine's release, which is not the product's.
    session.deregister_udf("version");
    growing::register(session)?;
    selectors::register(session)
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
