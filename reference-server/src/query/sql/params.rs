//! The values that a request gives to a query's placeholders (`$name`, `$1`).

use datafusion::common::{ParamValues, ScalarValue};
use profiles::sql::{ARRAY_PARAMETER, OBJECT_PARAMETER};
use serde::Deserialize;
use serde_json::Value;
use std::collections::HashMap;

/// The parameters of a request, by name without the `$`.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Params(HashMap<String, Param>);

/// One value, in the type that the product gives it: a whole number that is not negative is
/// unsigned, any other is signed.
#[derive(Debug, Deserialize)]
#[serde(try_from = "Value")]
struct Param(ScalarValue);

impl TryFrom<Value> for Param {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        Ok(Self(match value {
            Value::Null => ScalarValue::Null,
            Value::Bool(value) => ScalarValue::Boolean(Some(value)),
            Value::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(value), _) => ScalarValue::UInt64(Some(value)),
                (None, Some(value)) => ScalarValue::Int64(Some(value)),
                (None, None) => ScalarValue::Float64(number.as_f64()),
            },
            Value::String(value) => ScalarValue::Utf8(Some(value)),
            Value::Array(_) => return Err(ARRAY_PARAMETER),
            Value::Object(_) => return Err(OBJECT_PARAMETER),
        }))
    }
}

impl From<Params> for ParamValues {
    fn from(params: Params) -> Self {
        let values: HashMap<String, ScalarValue> =
            params.0.into_iter().map(|(name, Param(value))| (name, value)).collect();
        values.into()
    }
}
