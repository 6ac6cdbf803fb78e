//! One row of each table: `count`, `sum`, `mean`; `min`, `max`, `first`, `last`. And `distinct`.

use crate::model::table::{Column, Stage, Stream, Table, Type, Value};
use crate::query::Function;

pub(crate) fn total(stream: &Stream, function: Function, name: &str) -> Result<Stream, String> {
    // `mean` of groups is the one that the storage leaves to others.
    let stored = name == "_value"
        && match stream.stage {
            Stage::Series => true,
            Stage::Groups(_) => function != Function::Mean,
            Stage::Memory => false,
        };
    let in_groups = matches!(stream.stage, Stage::Groups(_));
    let mut tables = Vec::new();
    for table in &stream.tables {
        let Some(i) = table.position(name) else {
            return Err(if function.selects() { "no column" } else { "does not exist" }.to_owned());
        };
        let values: Vec<_> = table.rows.iter().map(|row| row[i].clone()).collect();
        if function.selects() {
            let chosen = if stored && in_groups {
                of_group(table, function, i)?
            } else {
                select(&values, function, table.columns[i].kind)?
            };
            // The pages say that selectors drop tables without rows; the source keeps them.
            let Some(chosen) = chosen else { return Err(String::new()) };
            let rows = vec![table.rows[chosen].clone()];
            tables.push(Table { rows, merged: false, ..table.clone() });
            continue;
        }
        if table.part(name).is_some() {
            return Err("cannot aggregate columns that are part of the group key".to_owned());
        }
        let (kind, value) = add_up(&values, function, table.columns[i].kind)?;
        let mut row = table.key_values();
        let mut result = Table::of_key(&table.key);
        let place = if stored { 2 } else { row.len() };
        result.columns.insert(place, Column { name: name.to_owned(), kind });
        row.insert(place, value);
        result.rows.push(row);
        tables.push(result);
    }
    Ok(if stored { stream.with(tables) } else { stream.sorted(tables) })
}

/// The number of a row: the first of the least ones, and so on; rows without the value do not count.
pub(crate) fn select(
    values: &[Value],
    function: Function,
    kind: Type,
) -> Result<Option<usize>, String> {
    let mut there = values.iter().enumerate().filter(|(_, v)| !v.is_null()).map(|(i, _)| i);
    Ok(match function {
        Function::First => there.next(),
        Function::Last => there.next_back(),
        // In the storage's words, and in Flux's own.
        _ if matches!(kind, Type::Bool | Type::Text) => {
            return Err("unsupported input type|has no implementation for type".to_owned());
        }
        _ => there.reduce(|best, i| {
            let order = values[i].compare(&values[best]);
            let better = match function {
                Function::Min => order.is_some_and(std::cmp::Ordering::is_lt),
                _ => order.is_some_and(std::cmp::Ordering::is_gt),
            };
            if better { i } else { best }
        }),
    })
}

/// What the storage selects of series that it put together: by time for `first` and `last`, of equal
/// times the first and the last series (`storage/flux/table.gen.go`, `selectorFirstGroupsFloat`).
fn of_group(table: &Table, function: Function, value: usize) -> Result<Option<usize>, String> {
    let Some(time) = table.position("_time") else { return Ok(None) };
    let times: Vec<_> = table.rows.iter().map(|row| row[time].clone()).collect();
    match function {
        Function::First => select(&times, Function::Min, Type::Time),
        Function::Last => {
            let backwards: Vec<_> = times.iter().rev().cloned().collect();
            let found = select(&backwards, Function::Max, Type::Time)?;
            Ok(found.map(|i| times.len() - 1 - i))
        }
        _ => {
            let values: Vec<_> = table.rows.iter().map(|row| row[value].clone()).collect();
            select(&values, function, table.columns[value].kind)
        }
    }
}

/// A total and its type; of no values a count is 0, and all else null.
pub(crate) fn add_up(
    values: &[Value],
    function: Function,
    kind: Type,
) -> Result<(Type, Value), String> {
    if kind == Type::Time {
        return Err("unsupported aggregate column type time".to_owned());
    }
    if function == Function::Count {
        return Ok((Type::Int, Value::Int(values.len() as i64)));
    }
    let there: Vec<_> = values.iter().filter(|v| !v.is_null()).collect();
    let sum = || there.iter().filter_map(|v| v.number()).sum::<f64>();
    let result = match (function, kind) {
        (_, Type::Bool | Type::Text | Type::Time) => {
            return Err("unsupported input type|unsupported aggregate column type".to_owned());
        }
        (Function::Mean, _) => (Type::Float, Value::Float(sum() / there.len() as f64)),
        (_, Type::Int) => (kind, Value::Int(sum() as i64)),
        (_, Type::UInt) => (kind, Value::UInt(sum() as u64)),
        (_, Type::Float) => (kind, Value::Float(sum())),
    };
    Ok(if there.is_empty() { (result.0, Value::Null) } else { result })
}

/// The values of a column, each once, in the order in which they come; null is one. A table that has
/// no such column gives an empty text (`distinct.go`).
pub(crate) fn distinct(stream: &Stream, name: &str) -> Result<Stream, String> {
    let mut tables = Vec::new();
    for table in &stream.tables {
        let mut result = Table::of_key(&table.key);
        let place = table.position(name);
        let kind = place.map_or(Type::Text, |i| table.columns[i].kind);
        let mut found: Vec<Value> = Vec::new();
        match (place, table.part(name)) {
            (None, _) => found.push(Value::Text(String::new())),
            (_, Some(part)) => found.push(part.value.clone()),
            (Some(i), None) => {
                for row in &table.rows {
                    if !found.contains(&row[i]) {
                        found.push(row[i].clone());
                    }
                }
            }
        }
        if result.position("_value").is_some() {
            return Err("already has column with label _value".to_owned());
        }
        result.columns.push(Column { name: "_value".to_owned(), kind });
        for value in found {
            let mut row = table.key_values();
            row.push(value);
            result.rows.push(row);
        }
        tables.push(result);
    }
    Ok(stream.sorted(tables))
}
