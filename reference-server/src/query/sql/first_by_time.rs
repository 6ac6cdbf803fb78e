//! `ORDER BY time … LIMIT n`: of a table only those rows are read that can be among the n, which its series
//! say without being read. It stands in the plan as one more bound of the time, so that the engine sorts what
//! is left. Which rows of the last time are among the n, where they are too many, nobody has said.

use super::catalog::Stored;
use super::table::{Order, TIME};
use datafusion::catalog::default_table_source::source_as_provider;
use datafusion::common::tree_node::{Transformed, TreeNode};
use datafusion::common::{Column, ScalarValue};
use datafusion::error::Result;
use datafusion::logical_expr::logical_plan::TableScanBuilder;
use datafusion::logical_expr::{Expr, LogicalPlan, Sort, TableScan, col, lit};
use std::sync::Arc;

/// Of more rows than this all should be read.
pub(super) const MOST: usize = 8192;

/// An optimized plan, with bounds for the tables of which only the first rows by time are asked for, `most` of
/// them at most.
///
/// # Errors
/// The engine's, for a plan that it cannot put together again.
pub(super) fn bound(plan: LogicalPlan, most: usize) -> Result<LogicalPlan> {
    let bounded = plan.transform_down(|plan| {
        let LogicalPlan::Sort(sort) = &plan else { return Ok(Transformed::no(plan)) };
        match bounded(sort, most)? {
            Some(input) => {
                let (expr, fetch) = (sort.expr.clone(), sort.fetch);
                let sort = Sort { expr, input: Arc::new(input), fetch };
                Ok(Transformed::yes(LogicalPlan::Sort(sort)))
            }
            None => Ok(Transformed::no(plan)),
        }
    })?;
    Ok(bounded.data)
}

/// What such a sort sorts, bounded; none where it is something else.
fn bounded(sort: &Sort, most: usize) -> Result<Option<LogicalPlan>> {
    let Some(rows) = sort.fetch.filter(|rows| (1..=most).contains(rows)) else { return Ok(None) };
    let Some(first) = sort.expr.first() else { return Ok(None) };
    let Expr::Column(by) = &first.expr else { return Ok(None) };
    let order = if first.asc { Order::Ascending } else { Order::Descending };
    below(&sort.input, by, &|scan| bounded_scan(scan, order, rows))
}

/// A plan whose table was changed, if `column` is the time of that table: between the two there may be only
/// what neither leaves out rows nor makes any.
fn below(
    plan: &LogicalPlan,
    column: &Column,
    change: &dyn Fn(&TableScan) -> Result<Option<LogicalPlan>>,
) -> Result<Option<LogicalPlan>> {
    let Some(number) = plan.schema().maybe_index_of_column(column) else { return Ok(None) };
    let (input, column) = match plan {
        LogicalPlan::TableScan(scan) if column.name == TIME => return change(scan),
        LogicalPlan::SubqueryAlias(alias) => {
            (&alias.input, Column::from(alias.input.schema().qualified_field(number)))
        }
        LogicalPlan::Projection(projection) => match projection.expr[number].clone().unalias() {
            Expr::Column(column) => (&projection.input, column),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let input = below(input, &column, change)?;
    input.map(|input| plan.with_new_exprs(plan.expressions(), vec![input])).transpose()
}

fn bounded_scan(scan: &TableScan, order: Order, rows: usize) -> Result<Option<LogicalPlan>> {
    // Of rows that are not all, others come first. The engine gives a scan a limit only where there is no sort
    // above it; this is not to rest on that.
    if scan.fetch.is_some() {
        return Ok(None);
    }
    let provider = source_as_provider(&scan.source)?;
    let Some(table) = provider.downcast_ref::<Stored>() else { return Ok(None) };
    let Some(bound) = table.bound(&scan.filters, order, rows) else { return Ok(None) };
    let bound = lit(ScalarValue::TimestampNanosecond(Some(bound), None));
    let mut filters = scan.filters.clone();
    filters.push(match order {
        Order::Ascending => col(TIME).lt_eq(bound),
        Order::Descending => col(TIME).gt_eq(bound),
    });
    let scan = TableScanBuilder::from(scan.clone()).with_filters(filters).build()?;
    Ok(Some(LogicalPlan::TableScan(scan)))
}
