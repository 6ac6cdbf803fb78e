//! What the filters of a query say of the rows that it reads: tags that must have one value, and
//! bounds of the time. Whatever else they say, the engine looks at the rows itself.

use super::table::{TIME, Wanted};
use crate::store::Name;
use datafusion::arrow::datatypes::{DataType, SchemaRef};
use datafusion::common::ScalarValue;
use datafusion::logical_expr::{BinaryExpr, Expr, Operator};

/// What a reading with these filters, all of which must hold, can leave out.
pub(super) fn wanted(filters: &[Expr], schema: &SchemaRef) -> Wanted {
    let mut wanted = Wanted { tags: Vec::new(), first: i64::MIN, last: i64::MAX };
    for filter in filters {
        narrow(&mut wanted, filter, schema);
    }
    wanted
}

fn narrow(wanted: &mut Wanted, filter: &Expr, schema: &SchemaRef) {
    let Expr::BinaryExpr(BinaryExpr { left, op, right }) = filter else { return };
    if *op == Operator::And {
        narrow(wanted, left, schema);
        narrow(wanted, right, schema);
        return;
    }
    let (column, op, value) = match (left.as_ref(), right.as_ref()) {
        (Expr::Column(column), Expr::Literal(value, _)) => (column, *op, value),
        (Expr::Literal(value, _), Expr::Column(column)) => match op.swap() {
            Some(op) => (column, op, value),
            None => return,
        },
        _ => return,
    };
    let is_tag = schema
        .field_with_name(&column.name)
        .is_ok_and(|field| matches!(field.data_type(), DataType::Dictionary(_, _)));
    match (value, op) {
        (ScalarValue::TimestampNanosecond(Some(time), _), op) if column.name == TIME => {
            let Wanted { first, last, .. } = wanted;
            match op {
                Operator::Eq => (*first, *last) = ((*first).max(*time), (*last).min(*time)),
                Operator::GtEq | Operator::Gt => *first = (*first).max(*time),
                Operator::LtEq | Operator::Lt => *last = (*last).min(*time),
                _ => {}
            }
        }
        (value, Operator::Eq) if is_tag => {
            if let Some(Some(text)) = value.try_as_str() {
                wanted.tags.push((Name::from(column.name.as_bytes()), Name::from(text.as_bytes())));
            }
        }
        _ => {}
    }
}
