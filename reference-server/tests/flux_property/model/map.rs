//! `map` over arithmetic.

use crate::expression::Arithmetic;
use crate::model::table::{Column, Part, Stream, Table, Type, Value, merge, split};

pub(crate) fn map(
    stream: &Stream,
    with: bool,
    new: &[(String, Arithmetic)],
) -> Result<Stream, String> {
    let mut tables = Vec::new();
    // Tables without rows have no columns to find out.
    for table in stream.tables.iter().filter(|t| !t.rows.is_empty()) {
        let mut columns = if with { table.columns.clone() } else { Vec::new() };
        for (name, value) in new {
            let kind = kind(table, value)?;
            match columns.iter_mut().find(|c| c.name == *name) {
                Some(column) => column.kind = kind,
                None => columns.push(Column { name: name.clone(), kind }),
            }
        }
        let mut rows = Vec::new();
        for row in &table.rows {
            let cell = |column: &Column| match new.iter().find(|(n, _)| *n == column.name) {
                Some((_, value)) => evaluate(table, row, value),
                None => Ok(table.position(&column.name).map_or(Value::Null, |i| row[i].clone())),
            };
            rows.push(columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?);
        }
        // What was in the key stays in it, with its new value.
        let part = |(c, v): (&Column, &Value)| {
            table.part(&c.name).map(|_| Part { column: c.clone(), value: v.clone() })
        };
        let key = |row: &[Value]| columns.iter().zip(row).filter_map(part).collect();
        let mapped = Table { columns: columns.clone(), rows, ..Table::default() };
        for mut part in split(&mapped, key) {
            part.merged = table.merged;
            merge(&mut tables, part)?;
        }
    }
    Ok(stream.sorted(tables))
}

/// The type of an expression; both sides must be of one.
pub(crate) fn kind(table: &Table, value: &Arithmetic) -> Result<Type, String> {
    match value {
        Arithmetic::Column(name) => {
            table.position(name).map(|i| table.columns[i].kind).ok_or_else(String::new)
        }
        Arithmetic::Literal(value) => value.kind().ok_or_else(String::new),
        Arithmetic::Negative(a) => kind(table, a),
        Arithmetic::Both(a, _, b) => {
            let (a, b) = (kind(table, a)?, kind(table, b)?);
            if a == b { Ok(a) } else { Err(String::new()) }
        }
    }
}

fn evaluate(table: &Table, row: &[Value], value: &Arithmetic) -> Result<Value, String> {
    Ok(match value {
        Arithmetic::Column(name) => table.position(name).map_or(Value::Null, |i| row[i].clone()),
        Arithmetic::Literal(value) => value.clone(),
        Arithmetic::Negative(a) => match evaluate(table, row, a)? {
            Value::Int(n) => Value::Int(n.wrapping_neg()),
            Value::Float(n) => Value::Float(-n),
            _ => Value::Null,
        },
        Arithmetic::Both(a, op, b) => match (evaluate(table, row, a)?, evaluate(table, row, b)?) {
            (Value::Int(a), Value::Int(b)) => Value::Int(match op {
                '+' => a.wrapping_add(b),
                '-' => a.wrapping_sub(b),
                '*' => a.wrapping_mul(b),
                '/' => a.checked_div(b).ok_or("divide by zero")?,
                _ => a.checked_rem(b).ok_or("mod zero")?,
            }),
            (Value::UInt(a), Value::UInt(b)) => Value::UInt(match op {
                '+' => a.wrapping_add(b),
                '-' => a.wrapping_sub(b),
                _ => a.wrapping_mul(b),
            }),
            (Value::Float(a), Value::Float(b)) => Value::Float(match op {
                '+' => a + b,
                '-' => a - b,
                '*' => a * b,
                '/' => a / b,
                _ => a % b,
            }),
            (Value::Text(a), Value::Text(b)) => Value::Text(a + &b),
            _ => Value::Null,
        },
    })
}
