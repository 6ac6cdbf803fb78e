//! Tables to tables: columns kept, dropped and renamed, rows grouped, limited and made distinct.

use super::error::FluxError;
use super::eval::Evaluator;
use super::plan::{Columns, Renaming};
use super::table::{Cell, Column, GroupKey, Kind, Row, Table, label};
use super::value::Value;
use crate::query::allowance::Allowance;
use crate::store::Name;
use profiles::flux::LimitWithoutRows;
use std::cmp::Ordering;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, HashSet};

type Tables = Result<Vec<Table>, FluxError>;

/// Put tables together that have the same key, as they come, and all in the order of their keys.
pub(super) fn merge(tables: Vec<Table>) -> Tables {
    let mut merged: BTreeMap<Ordered, Table> = BTreeMap::new();
    for table in tables {
        match merged.entry(Ordered(table.key.clone())) {
            Entry::Vacant(place) => {
                place.insert(table);
            }
            Entry::Occupied(mut known) => append(known.get_mut(), table)?,
        }
    }
    Ok(merged.into_values().collect())
}

/// A key in the order of tables.
struct Ordered(GroupKey);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.order(&other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

/// Add the rows of a table to another's. Columns that one of them lacks are null there.
fn append(table: &mut Table, other: Table) -> Result<(), FluxError> {
    for column in &other.columns {
        match table.position(&column.label) {
            None => {
                table.columns.push(column.clone());
                table.rows.iter_mut().for_each(|row| row.push(Cell::Null));
            }
            Some(i) if table.columns[i].kind != column.kind => {
                let name = String::from_utf8_lossy(&column.label).into_owned();
                let (new, old) = (column.kind.word(), table.columns[i].kind.word());
                return Err(FluxError::invalid(format!(
                    "schema collision detected: column \"{name}\" is both of type {new} and {old}"
                )));
            }
            Some(_) => {}
        }
    }
    let places: Vec<_> = table.columns.iter().map(|c| other.position(&c.label)).collect();
    let cell = |row: &Row, place: &Option<usize>| place.map_or(Cell::Null, |i| row[i].clone());
    for row in &other.rows {
        table.rows.push(places.iter().map(|place| cell(row, place)).collect());
    }
    table.parts.extend(other.parts);
    Ok(())
}

/// `keep` and `drop`.
pub(super) fn keep(
    evaluator: &Evaluator,
    tables: Vec<Table>,
    columns: &Columns,
    dropping: bool,
) -> Tables {
    let kept = |column: &Column| match columns {
        Columns::Names(names) => Ok(names.contains(&column.label) != dropping),
        Columns::Predicate(closure) => {
            let value = evaluator.apply(closure, record_of_name(&column.label))?;
            Ok(super::operator::is_true(&value)? != dropping)
        }
    };
    let mut changed = Vec::with_capacity(tables.len());
    for table in tables {
        let keeps: Vec<bool> = table.columns.iter().map(kept).collect::<Result<_, _>>()?;
        let pick = |row: Row| row.into_iter().zip(&keeps).filter(|(_, k)| **k).map(|(c, _)| c);
        let columns: Vec<_> =
            table.columns.iter().zip(&keeps).filter(|(_, k)| **k).map(|(c, _)| c.clone()).collect();
        let key = rekey(&table.key, &columns, &columns);
        let rows = table.rows.into_iter().map(|row| pick(row).collect()).collect();
        changed.push(distinct_labels(Table { key, columns, rows, parts: table.parts })?);
    }
    merge(changed)
}

fn record_of_name(name: &Name) -> Value {
    Value::text(name.clone())
}

/// The key of the columns that were in it: `before` and `after` are the same columns, renamed.
fn rekey(key: &GroupKey, before: &[Column], after: &[Column]) -> GroupKey {
    let pair = |(before, after): (&Column, &Column)| {
        let value = key.value(&before.label)?;
        Some((after.clone(), value.clone()))
    };
    GroupKey(before.iter().zip(after).filter_map(pair).collect())
}

/// Two columns must not have one label.
fn distinct_labels(table: Table) -> Result<Table, FluxError> {
    for (i, column) in table.columns.iter().enumerate() {
        if let Some(j) = table.columns[..i].iter().position(|c| c.label == column.label) {
            let name = String::from_utf8_lossy(&column.label).into_owned();
            let name = super::text::quote(&name);
            return Err(FluxError::invalid(format!(
                "column {j} and {i} have the same name ({name}) which is not allowed"
            )));
        }
    }
    Ok(table)
}

/// `rename`.
pub(super) fn rename(evaluator: &Evaluator, tables: Vec<Table>, renaming: &Renaming) -> Tables {
    let mut changed = Vec::with_capacity(tables.len());
    for mut table in tables {
        let before = table.columns.clone();
        match renaming {
            Renaming::Names(names) => {
                for (from, to) in names {
                    let Some(i) = before.iter().position(|c| c.label == *from) else {
                        let from = String::from_utf8_lossy(from).into_owned();
                        let message = format!("rename error: column \"{from}\" doesn't exist");
                        return Err(FluxError::invalid(message));
                    };
                    table.columns[i].label = to.clone();
                }
            }
            Renaming::Function(closure) => {
                for column in &mut table.columns {
                    match evaluator.apply(closure, record_of_name(&column.label))? {
                        Value::Cell(Cell::Text(to)) => column.label = to,
                        other => {
                            let found = other.kind();
                            let message =
                                format!("rename error: expected string but found {found}");
                            return Err(FluxError::invalid(message));
                        }
                    }
                }
            }
        }
        table.key = rekey(&table.key, &before, &table.columns);
        changed.push(distinct_labels(table)?);
    }
    merge(changed)
}

/// `limit`.
pub(super) fn limit(
    tables: Vec<Table>,
    count: i64,
    offset: i64,
    without_rows: LimitWithoutRows,
) -> Vec<Table> {
    let bound = |n: i64| usize::try_from(n.max(0)).unwrap_or(usize::MAX);
    let (count, offset) = (bound(count), bound(offset));
    let cut = |mut table: Table| {
        let had_rows = !table.rows.is_empty();
        table.rows = table.rows.into_iter().skip(offset).take(count).collect();
        table.parts = vec![table.rows.len()];
        let vanishes = table.rows.is_empty()
            && had_rows
            && count > 0
            && without_rows == LimitWithoutRows::NoTable;
        (!vanishes).then_some(table)
    };
    tables.into_iter().filter_map(cut).collect()
}

/// `group`.
pub(super) fn group(
    tables: Vec<Table>,
    labels: &[Name],
    except: bool,
    allowance: &Allowance,
) -> Tables {
    let mut labels = labels.to_vec();
    labels.sort();
    let mut groups = Vec::new();
    for table in tables {
        let mut by: Vec<usize> = if except {
            (0..table.columns.len())
                .filter(|i| !labels.contains(&table.columns[*i].label))
                .collect()
        } else {
            labels.iter().filter_map(|l| table.position(l)).collect()
        };
        let mut split: Vec<Table> = Vec::new();
        if by.iter().all(|i| table.key.has(&table.columns[*i].label)) {
            let columns: Vec<_> = by.iter().map(|i| table.columns[*i].clone()).collect();
            let key = rekey(&table.key, &columns, &columns);
            split.push(Table { key, ..table });
        } else {
            // Row by row, the key has its columns in the table's order (flux v0.196.1,
            // execute/table.go, GroupKeyForRowOn).
            by.sort_unstable();
            // Each row looks for its table among all that there are.
            for row in table.rows.into_iter().take_while(|_| allowance.goes_on_now()) {
                let key = by.iter().map(|i| (table.columns[*i].clone(), row[*i].clone()));
                let key = GroupKey(key.collect());
                match split.iter_mut().find(|t| t.key == key) {
                    Some(table) => table.rows.push(row),
                    None => split.push(Table::new(key, table.columns.clone(), vec![row])),
                }
            }
            split.iter_mut().for_each(|t| t.parts = vec![t.rows.len()]);
        }
        groups.extend(split);
    }
    merge(groups)
}

/// `distinct`.
pub(super) fn distinct(tables: Vec<Table>, column: &Name) -> Tables {
    // flux v0.196.1, execute/table.go, AddCol
    if tables.iter().any(|table| table.key.has(b"_value")) {
        return Err(FluxError::invalid("table builder already has column with label _value"));
    }
    let mut found: Vec<_> = tables.iter().map(|table| distinct_of(table, column)).collect();
    found.sort_by(|a, b| a.key.order(&b.key));
    Ok(found)
}

fn distinct_of(table: &Table, column: &Name) -> Table {
    let place = table.position(column);
    let kind = place.map_or(Kind::Text, |i| table.columns[i].kind);
    let values = match (place, table.key.value(column)) {
        (None, _) => vec![Cell::Text(label(""))],
        (Some(_), Some(value)) => vec![value.clone()],
        (Some(i), None) => {
            let mut seen = HashSet::new();
            let cells = table.rows.iter().map(|row| &row[i]);
            cells.filter(|cell| seen.insert(format!("{cell:?}"))).cloned().collect()
        }
    };
    let mut columns: Vec<_> = table.key.0.iter().map(|(column, _)| column.clone()).collect();
    columns.push(Column::new(label("_value"), kind));
    let row = |value| {
        let mut row: Row = table.key.0.iter().map(|(_, value)| value.clone()).collect();
        row.push(value);
        row
    };
    Table::new(table.key.clone(), columns, values.into_iter().map(row).collect())
}

/// `keys`: a row for each column of the key.
pub(super) fn keys(tables: Vec<Table>, column: &Name) -> Vec<Table> {
    let of = |table: Table| {
        let mut columns: Vec<_> = table.key.0.iter().map(|(column, _)| column.clone()).collect();
        columns.push(Column::new(column.clone(), Kind::Text));
        let row = |(key, _): &(Column, Cell)| {
            let mut row: Row = table.key.0.iter().map(|(_, value)| value.clone()).collect();
            row.push(Cell::Text(key.label.clone()));
            row
        };
        let rows = table.key.0.iter().map(row).collect();
        Table::new(table.key.clone(), columns, rows)
    };
    tables.into_iter().map(of).collect()
}

/// A table of one column, in the given order; it is there also if it is empty.
pub(super) fn one_column(values: Vec<Name>) -> Vec<Table> {
    let columns = vec![Column::new(label("_value"), Kind::Text)];
    let rows = values.into_iter().map(|v| vec![Cell::Text(v)]).collect();
    vec![Table::new(GroupKey::default(), columns, rows)]
}
