//! `pivot`: values of a column become columns.

use super::error::FluxError;
use super::literal::format_time;
use super::table::{Cell, Column, GroupKey, Row, Table};
use crate::query::allowance::Allowance;
use crate::store::Name;
use std::collections::HashMap;

struct Pivoted {
    table: Table,
    /// How many columns are no pivoted values.
    fixed: usize,
    rows: HashMap<Vec<u8>, usize>,
}

/// Pivot tables; those whose keys differ only in the pivoted columns come together. Rows and columns
/// come in the order in which their values are first met, tables in that of their keys (flux v0.196.1,
/// stdlib/universe/pivot.go, NewPivotTransformation: what is registered beside it as the sorted pivot
/// is in no plan, from 0.139 to 0.200).
pub(super) fn pivot(
    tables: Vec<Table>,
    row_key: &[Name],
    column_key: &[Name],
    value: &Name,
    allowance: &Allowance,
) -> Result<Vec<Table>, FluxError> {
    let mut pivoted: Vec<Pivoted> = Vec::new();
    for table in tables {
        let place = |label: &Name, what: &str| {
            let name = String::from_utf8_lossy(label).into_owned();
            let message = format!("specified {what} does not exist in table: {name}");
            table.position(label).ok_or_else(|| FluxError::invalid(message))
        };
        let rows = places(row_key, |l| place(l, "row key column"))?;
        let value = place(value, "value column")?;
        let columns = places(column_key, |l| place(l, "column"))?;
        let stays = |i: &usize| {
            let label = &table.columns[*i].label;
            !columns.contains(i) && *i != value && (table.key.has(label) || row_key.contains(label))
        };
        let fixed: Vec<usize> = (0..table.columns.len()).filter(stays).collect();
        let key = fixed.iter().filter_map(|i| {
            let column = &table.columns[*i];
            Some((column.clone(), table.key.value(&column.label)?.clone()))
        });
        let key = GroupKey(key.collect());
        let index = pivoted.iter().position(|p| p.table.key == key).unwrap_or_else(|| {
            let columns = fixed.iter().map(|i| table.columns[*i].clone()).collect();
            let table = Table::new(key, columns, Vec::new());
            pivoted.push(Pivoted { table, fixed: fixed.len(), rows: HashMap::new() });
            pivoted.len() - 1
        });
        let target = &mut pivoted[index];
        one_type(&target.table.columns, &table, &fixed)?;
        for row in &table.rows {
            let names: Vec<_> = columns.iter().map(|i| text(&row[*i])).collect();
            let column =
                Column { label: names.join(&b'_').into(), kind: table.columns[value].kind };
            let before = target.table.kept();
            let at = target.column(column)?;
            let key: Vec<u8> = rows.iter().flat_map(|i| text(&row[*i])).collect();
            let line = target.row(key, row, &fixed);
            line[at] = row[value].clone();
            let more = target.table.kept().saturating_sub(before);
            if !allowance.keeps(more) {
                return Ok(Vec::new());
            }
        }
    }
    let finish = |mut p: Pivoted| {
        p.table.parts = vec![p.table.rows.len()];
        p.table
    };
    let mut tables: Vec<_> = pivoted.into_iter().map(finish).collect();
    tables.sort_by(|a, b| a.key.order(&b.key));
    Ok(tables)
}

/// Rows of several tables must have one type in a column: Flux panics (v0.196.1, execute/table.go,
/// CheckColType).
fn one_type(columns: &[Column], table: &Table, fixed: &[usize]) -> Result<(), FluxError> {
    let mut pairs = columns.iter().zip(fixed.iter().map(|i| &table.columns[*i]));
    match pairs.find(|(known, new)| known.kind != new.kind) {
        None => Ok(()),
        Some((known, _)) => {
            let name = String::from_utf8_lossy(&known.label).into_owned();
            Err(FluxError::unsupported(format!("pivot of several types in the column {name}")))
        }
    }
}

fn places(
    labels: &[Name],
    place: impl Fn(&Name) -> Result<usize, FluxError>,
) -> Result<Vec<usize>, FluxError> {
    labels.iter().map(place).collect()
}

impl Pivoted {
    fn column(&mut self, column: Column) -> Result<usize, FluxError> {
        match self.table.position(&column.label) {
            Some(i) if i < self.fixed => {
                let name = String::from_utf8_lossy(&column.label).into_owned();
                Err(FluxError::invalid(format!(
                    "value \"{name}\" appears in a column key column, but a column named \"{name}\" already exists; consider renaming \"{name}\" to something else before pivoting"
                )))
            }
            Some(i) if self.table.columns[i].kind != column.kind => {
                let name = String::from_utf8_lossy(&column.label).into_owned();
                let (new, old) = (column.kind.word(), self.table.columns[i].kind.word());
                Err(FluxError::invalid(format!(
                    "schema collision detected: column \"{name}\" is both of type {new} and {old}"
                )))
            }
            Some(i) => Ok(i),
            None => {
                self.table.columns.push(column);
                self.table.rows.iter_mut().for_each(|row| row.push(Cell::Null));
                Ok(self.table.columns.len() - 1)
            }
        }
    }

    fn row(&mut self, key: Vec<u8>, from: &Row, fixed: &[usize]) -> &mut Row {
        let next = self.table.rows.len();
        let i = *self.rows.entry(key).or_insert(next);
        if i == next {
            let mut row: Row = fixed.iter().map(|i| from[*i].clone()).collect();
            row.resize(self.table.columns.len(), Cell::Null);
            self.table.rows.push(row);
        }
        &mut self.table.rows[i]
    }
}

/// A value as a part of a column's label.
fn text(cell: &Cell) -> Vec<u8> {
    match cell {
        Cell::Null => b"null".to_vec(),
        Cell::Boolean(v) => v.to_string().into_bytes(),
        Cell::Integer(v) => v.to_string().into_bytes(),
        Cell::Unsigned(v) => v.to_string().into_bytes(),
        Cell::Float(v) => format!("{v:E}").into_bytes(),
        Cell::Text(v) => v.to_vec(),
        Cell::Time(v) => format_time(*v).into_bytes(),
    }
}
