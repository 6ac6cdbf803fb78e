//! What the filters of a query say of the rows that it reads: tags that must have one value, and
//! bounds of the time. Whatever else they say, the engine looks at the rows itself.

use super::table::{TIME, Wanted};
use crate::store::Name;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// What a reading with these filters, all of which must hold, can leave out.
pub(super) fn wanted(filters: &[Expr], schema: &SchemaRef) -> Wanted {
    let mut wanted = Wanted::ALL;
    for filter in filters {
        narrow(&mut wanted, filter, schema);
    }
    wanted
}

/// Whether a filter holds for every row of such a reading, so that nobody has to look at them.
pub(super) fn is_all_said(filter: &Expr, schema: &SchemaRef) -> bool {
    narrow(&mut Wanted::ALL.clone(), filter, schema)
}

/// Whether all that the filter says is in what is wanted now.
fn narrow(wanted: &mut Wanted, filter: &Expr, schema: &SchemaRef) -> bool {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return false };
    if *op == Operator::And {
        return narrow(wanted, left, schema) & narrow(wanted, right, schema);
    }
    let (column, op, value) = match (left.as_ref(), right.as_ref()) {
        (Expr::Column(column), Expr::Literal(value, _)) => (column, *op, value),
        (Expr::Literal(value, _), Expr::Column(column)) => match op.swap() {
            Some(op) => (column, op, value),
            None => return false,
        },
        _ => return false,
    };
    let is_tag = schema
        .field_with_name(&column.name)
        .is_ok_and(|field| matches!(field.data_type(), DataType::Dictionary(_, _)));
    match (value, op) {
        (ScalarValue::TimestampNanosecond(Some(time), _), op) if column.name == TIME => {
            let (first, last) = match op {
                Operator::Eq => (Some(*time), Some(*time)),
                Operator::GtEq => (Some(*time), Some(i64::MAX)),
                Operator::Gt => (time.checked_add(1), Some(i64::MAX)),
                Operator::LtEq => (Some(i64::MIN), Some(*time)),
                Operator::Lt => (Some(i64::MIN), time.checked_sub(1)),
                _ => return false,
            };
            // No time is before all times, or after them.
            let (Some(first), Some(last)) = (first, last) else { return false };
            (wanted.first, wanted.last) = (wanted.first.max(first), wanted.last.min(last));
            true
        }
        (value, Operator::Eq) if is_tag => {
            let Some(Some(text)) = value.try_as_str() else { return false };
            wanted.tags.push((Name::from(column.name.as_bytes()), Name::from(text.as_bytes())));
            true
        }
        _ => false,
    }
}
