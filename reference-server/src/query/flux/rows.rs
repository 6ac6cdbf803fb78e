//! `filter` and `map`: a function for each row.

use super::ast::Expression;
use super::error::FluxError;
use super::eval::Evaluator;
use super::operator::is_true;
use super::table::{Cell, Column, GroupKey, Kind, Row, Table};
use super::value::{Closure, Value};
use crate::query::allowance::Allowance;
use crate::store::Name;
use profiles::flux::MapColumns;
use std::rc::Rc;

/// A row as the function sees it.
fn record(columns: &[Column], row: &Row) -> Value {
    let pairs = columns.iter().zip(row);
    Value::Record(Rc::new(
        pairs.map(|(c, cell)| (c.label.clone(), Value::Cell(cell.clone()))).collect(),
    ))
}

/// What `filter` is given.
#[derive(Clone, Copy)]
pub(super) struct Filter<'a> {
    pub(super) function: &'a Closure,
    /// What of it is left to be asked, where not the whole.
    pub(super) conditions: Option<&'a [&'a Expression]>,
    pub(super) keep_empty: bool,
}

/// Keep the rows for which all conditions hold, or the function as a whole where there are none.
pub(super) fn filter(
    evaluator: &Evaluator,
    tables: Vec<Table>,
    filter: Filter<'_>,
    allowance: &Allowance,
) -> Result<Vec<Table>, FluxError> {
    let Filter { function, conditions, keep_empty } = filter;
    let name = function.function.parameters.first().map(|p| p.key.bytes().to_vec());
    let name = String::from_utf8_lossy(&name.unwrap_or_default()).into_owned();
    let holds = |columns: &[Column], row: &Row| {
        let record = record(columns, row);
        let Some(conditions) = conditions else {
            return is_true(&evaluator.apply(function, record)?);
        };
        let scope = function.scope.inner();
        scope.set(&name, record);
        for condition in conditions {
            if !is_true(&evaluator.expression(condition, &scope)?)? {
                return Ok(false);
            }
        }
        Ok(true)
    };
    let mut kept = Vec::new();
    for mut table in tables {
        let mut rows = Vec::new();
        let mut parts = Vec::new();
        let mut all = std::mem::take(&mut table.rows).into_iter();
        for length in &table.parts {
            let before = rows.len();
            for row in all.by_ref().take(*length) {
                if !allowance.goes_on() {
                    return Ok(kept);
                }
                let held = holds(&table.columns, &row)
                    .map_err(|error| error.within("failed to evaluate filter function"))?;
                if held {
                    rows.push(row);
                }
            }
            parts.push(rows.len() - before);
        }
        if !rows.is_empty() || keep_empty {
            kept.push(Table { rows, parts, ..table });
        }
    }
    Ok(kept)
}

/// Make each row what the function gives for it.
pub(super) fn map(
    evaluator: &Evaluator,
    tables: Vec<Table>,
    function: &Closure,
    order: MapColumns,
    allowance: &Allowance,
) -> Result<Vec<Table>, FluxError> {
    let mut mapped = Vec::new();
    for table in tables {
        let mut records = Vec::with_capacity(table.rows.len());
        for row in &table.rows {
            let value = evaluator
                .apply(function, record(&table.columns, row))
                .map_err(|error| error.within("failed to evaluate map function"))?;
            let Value::Record(record) = value else {
                let found = value.kind();
                return Err(FluxError::invalid(format!("expected a record but found {found}")));
            };
            // Until the table is made of them.
            if !allowance.keeps(record.len() * size_of::<(Name, Value)>()) {
                return Ok(mapped);
            }
            records.push(record);
        }
        let Some(first) = records.first() else { continue };
        let mut labels: Vec<_> = first.iter().map(|(name, _)| name.clone()).collect();
        if order == MapColumns::ByteOrder
            || !table.columns.iter().any(|c| labels.contains(&c.label))
        {
            labels.sort();
        }
        let mut columns = Vec::new();
        let mut rows = vec![Row::new(); records.len()];
        for name in labels {
            let mut kind = None;
            for (row, record) in rows.iter_mut().zip(&records) {
                let cell = match super::eval::get(record, &name) {
                    Some(Value::Cell(cell)) => cell,
                    None => Cell::Null,
                    Some(other) => {
                        let (name, found) = (String::from_utf8_lossy(&name), other.kind());
                        return Err(FluxError::invalid(format!(
                            "map object property \"{name}\" is {found} type which is not supported in a flux table"
                        )));
                    }
                };
                kind = kind.or_else(|| cell.kind());
                row.push(cell);
            }
            let written = || super::infer::of_property(function, &name, &table.columns);
            let before = || table.position(&name).map(|i| table.columns[i].kind);
            let kind = kind.or_else(written).or_else(before).unwrap_or(Kind::Text);
            columns.push(Column { label: name, kind });
        }
        mapped.extend(regroup(&table.key, &columns, rows, allowance));
    }
    super::transform::merge(mapped)
}

/// Tables by the columns of the old key, in the order in which their rows come.
fn regroup(
    key: &GroupKey,
    columns: &[Column],
    rows: Vec<Row>,
    allowance: &Allowance,
) -> Vec<Table> {
    let by: Vec<usize> = (0..columns.len()).filter(|i| key.has(&columns[*i].label)).collect();
    let mut tables: Vec<Table> = Vec::new();
    // Each row looks for its table among all that there are.
    for row in rows.into_iter().take_while(|_| allowance.goes_on_now()) {
        let key = by.iter().map(|i| (columns[*i].clone(), row[*i].clone()));
        let key = GroupKey(key.collect());
        match tables.iter_mut().find(|t| t.key == key) {
            Some(table) => table.rows.push(row),
            None => tables.push(Table::new(key, columns.to_vec(), vec![row])),
        }
    }
    tables.iter_mut().for_each(|t| t.parts = vec![t.rows.len()]);
    tables
}
