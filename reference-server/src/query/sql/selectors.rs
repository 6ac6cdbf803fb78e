//! `selector_first`, `selector_last`, `selector_min`, `selector_max`: of a value, its time and any
//! other columns, the row that is chosen, as a struct `{value, time, other_1, …}`.
//!
//! Rows without a value do not count. Where rows tie, first and last take the row that came first,
//! min and max the one with the earliest time (influxdb3_core:query_functions/src/selectors).

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::datatypes::{DataType, Field, FieldRef, Fields, TimeUnit};
use datafusion::common::scalar::ScalarStructBuilder;
use datafusion::common::{DFSchema, ScalarValue, not_impl_err, plan_err};
use datafusion::error::{DataFusionError, Result};
use datafusion::functions::core::get_field;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::planner::{ExprPlanner, PlannerResult, RawFieldAccessExpr};
use datafusion::logical_expr::registry::FunctionRegistry;
use datafusion::logical_expr::{
    Accumulator, AggregateUDF, AggregateUDFImpl, GetFieldAccess, Signature, Volatility, lit,
};
use datafusion::prelude::SessionContext;
use std::cmp::Ordering;
use std::sync::Arc;

/// Makes the selectors known, and `…['value']`, without which they are of little use.
///
/// # Errors
/// The engine takes no planner.
pub(super) fn register(session: &SessionContext) -> Result<()> {
    session.state_ref().write().register_expr_planner(Arc::new(Members))?;
    for choice in [Choice::First, Choice::Last, Choice::Min, Choice::Max] {
        let signature = Signature::variadic_any(Volatility::Immutable);
        session.register_udaf(AggregateUDF::from(Selector { choice, signature }));
    }
    Ok(())
}

/// `struct['member']`. The engine has this among its functions on lists, which are not built in.
#[derive(Debug)]
struct Members;

impl ExprPlanner for Members {
    fn plan_field_access(
        &self,
        access: RawFieldAccessExpr,
        _schema: &DFSchema,
    ) -> Result<PlannerResult<RawFieldAccessExpr>> {
        match access.field_access {
            GetFieldAccess::NamedStructField { name } => {
                Ok(PlannerResult::Planned(get_field().call(vec![access.expr, lit(name)])))
            }
            GetFieldAccess::ListIndex { .. } | GetFieldAccess::ListRange { .. } => {
                not_impl_err!("access to parts of lists in this server")
            }
        }
    }
}

/// Which row a selector takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Choice {
    First,
    Last,
    Min,
    Max,
}

#[derive(Debug, PartialEq, Eq, Hash)]
struct Selector {
    choice: Choice,
    signature: Signature,
}

impl AggregateUDFImpl for Selector {
    fn name(&self) -> &str {
        match self.choice {
            Choice::First => "selector_first",
            Choice::Last => "selector_last",
            Choice::Min => "selector_min",
            Choice::Max => "selector_max",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        let name = self.name();
        match arguments {
            [_, DataType::Timestamp(TimeUnit::Nanosecond, _), ..] => {
                Ok(DataType::Struct(fields(arguments)))
            }
            [_, time, ..] => {
                plan_err!("{name} second argument must be a timestamp, but got {time:?}")
            }
            _ => plan_err!("{name} requires at least 2 arguments, got {}", arguments.len()),
        }
    }

    fn accumulator(&self, arguments: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        let DataType::Struct(fields) = arguments.return_field.data_type() else {
            return Err(DataFusionError::Internal("a selector that gives no struct".to_owned()));
        };
        let row: Result<_> =
            fields.iter().map(|field| ScalarValue::try_from(field.data_type())).collect();
        Ok(Box::new(Chosen { choice: self.choice, fields: fields.clone(), row: row? }))
    }

    fn state_fields(&self, arguments: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        let DataType::Struct(fields) = arguments.return_field.data_type() else {
            return Err(DataFusionError::Internal("a selector that gives no struct".to_owned()));
        };
        let named = |(i, field): (usize, &FieldRef)| {
            let name = format!("{}[{i}]", arguments.name);
            Arc::new(Field::new(name, field.data_type().clone(), true))
        };
        Ok(fields.iter().enumerate().map(named).collect())
    }
}

/// The struct's members for arguments of these types.
fn fields(arguments: &[DataType]) -> Fields {
    let name = |i: usize| match i {
        0 => "value".to_owned(),
        1 => "time".to_owned(),
        other => format!("other_{}", other - 1),
    };
    let field = |(i, of): (usize, &DataType)| Field::new(name(i), of.clone(), true);
    arguments.iter().enumerate().map(field).collect()
}

/// The best row so far; all nulls before the first.
#[derive(Debug)]
struct Chosen {
    choice: Choice,
    fields: Fields,
    row: Vec<ScalarValue>,
}

impl Chosen {
    fn is_better(&self, value: &ScalarValue, time: &ScalarValue) -> bool {
        let [old_value, old_time, ..] = self.row.as_slice() else { return false };
        if old_value.is_null() {
            return true;
        }
        let earlier = time.partial_cmp(old_time) == Some(Ordering::Less);
        match self.choice {
            Choice::First => earlier,
            Choice::Last => time.partial_cmp(old_time) == Some(Ordering::Greater),
            Choice::Min | Choice::Max => {
                let wanted = match self.choice {
                    Choice::Min => Ordering::Less,
                    _ => Ordering::Greater,
                };
                match value.partial_cmp(old_value) {
                    Some(Ordering::Equal) => earlier,
                    order => order == Some(wanted),
                }
            }
        }
    }
}

impl Accumulator for Chosen {
    fn update_batch(&mut self, columns: &[ArrayRef]) -> Result<()> {
        let [values, times, ..] = columns else { return Ok(()) };
        for i in (0..values.len()).filter(|i| !values.is_null(*i) && !times.is_null(*i)) {
            let value = ScalarValue::try_from_array(values, i)?;
            let time = ScalarValue::try_from_array(times, i)?;
            if self.is_better(&value, &time) {
                let row = columns.iter().map(|column| ScalarValue::try_from_array(column, i));
                self.row = row.collect::<Result<_>>()?;
            }
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        self.update_batch(states)
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(self.row.clone())
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        if self.row.first().is_none_or(ScalarValue::is_null) {
            return Ok(ScalarStructBuilder::new_null(self.fields.clone()));
        }
        let pairs = self.fields.iter().zip(&self.row);
        let add = |builder: ScalarStructBuilder, (field, value): (&FieldRef, &ScalarValue)| {
            builder.with_scalar(Arc::clone(field), value.clone())
        };
        pairs.fold(ScalarStructBuilder::new(), add).build()
    }

    fn size(&self) -> usize {
        size_of_val(self) + self.row.iter().map(ScalarValue::size).sum::<usize>()
    }
}
