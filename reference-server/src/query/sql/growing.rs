//! Functions whose result may be many times as long as what they are given. One call of them allocates
//! beside the engine's memory limit and ends before its deadline is looked at, so what it would make is
//! counted before it is called.
//!
//! Not here: `concat` and `||`, which make no more than they are given.

use datafusion::arrow::array::{ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, FieldRef, Int64Type};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::{
    ColumnarValue, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};
use datafusion::prelude::SessionContext;
use std::sync::Arc;

/// How many bytes one call makes of these rows of its arguments, at most.
type Made = fn(&[ArrayRef]) -> Result<u128>;

const FUNCTIONS: &[(&str, Made)] =
    &[("lpad", padded), ("repeat", repeated), ("replace", replaced), ("rpad", padded)];

/// The most bytes that a call may make of one batch of rows.
const MOST: u128 = 64 << 20;

/// Puts the bounded functions in the place of the engine's.
///
/// # Errors
/// The engine lacks one of them.
pub(super) fn register(session: &SessionContext) -> Result<()> {
    for (name, made) in FUNCTIONS {
        let inner = session.udf(name)?;
        session.register_udf(ScalarUDF::from(Bounded { inner, made: *made }));
    }
    Ok(())
}

/// A function of the engine, and what it would make.
#[derive(Debug)]
struct Bounded {
    inner: Arc<ScalarUDF>,
    made: Made,
}

impl PartialEq for Bounded {
    fn eq(&self, other: &Self) -> bool {
        self.inner == other.inner
    }
}

impl Eq for Bounded {}

impl std::hash::Hash for Bounded {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.inner.hash(state);
    }
}

impl ScalarUDFImpl for Bounded {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.return_type(arguments)
    }

    fn return_field_from_args(&self, arguments: ReturnFieldArgs<'_>) -> Result<FieldRef> {
        self.inner.return_field_from_args(arguments)
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.coerce_types(arguments)
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let made = (self.made)(&ColumnarValue::values_to_arrays(&args.args)?)?;
        if made > MOST {
            return Err(DataFusionError::ResourcesExhausted(format!(
                "{}() would make {made} bytes at once, the most is {MOST}",
                self.name()
            )));
        }
        self.inner.invoke_with_args(args)
    }
}

fn repeated(arguments: &[ArrayRef]) -> Result<u128> {
    let [text, times, ..] = arguments else { return Ok(0) };
    let lengths = texts(text)?.into_iter().map(|text| text.map_or(0, |text| text.len() as u128));
    Ok(lengths.zip(numbers(times)?).map(|(length, times)| length * times).sum())
}

fn padded(arguments: &[ArrayRef]) -> Result<u128> {
    // Characters, of four bytes at most.
    let [_, length, ..] = arguments else { return Ok(0) };
    Ok(numbers(length)?.into_iter().map(|length| length * 4).sum())
}

fn replaced(arguments: &[ArrayRef]) -> Result<u128> {
    let [text, from, to, ..] = arguments else { return Ok(0) };
    let (text, from, to) = (texts(text)?, texts(from)?, texts(to)?);
    let rows = text.into_iter().zip(from).zip(to);
    Ok(rows
        .map(|((text, from), to)| match (text, from, to) {
            (Some(text), Some(from), Some(to)) => {
                text.len() as u128 + text.matches(&from).count() as u128 * to.len() as u128
            }
            _ => 0,
        })
        .sum())
}

fn texts(array: &ArrayRef) -> Result<Vec<Option<String>>> {
    let array = cast(array, &DataType::LargeUtf8)?;
    Ok(array.as_string::<i64>().iter().map(|text| text.map(str::to_owned)).collect())
}

/// What is negative or null counts as nothing.
fn numbers(array: &ArrayRef) -> Result<Vec<u128>> {
    let array = cast(array, &DataType::Int64)?;
    let number = |n: Option<i64>| n.and_then(|n| u128::try_from(n).ok()).unwrap_or(0);
    Ok(array.as_primitive::<Int64Type>().iter().map(number).collect())
}
