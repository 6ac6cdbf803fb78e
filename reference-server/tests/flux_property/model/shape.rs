//! Steps that change columns or leave rows out: `keep`, `drop`, `rename`, `sort`, `limit`.

use crate::model::table::{Stream, Table, Value, merge};
use std::cmp::Ordering;

/// Keeps columns; tables that have one key then are one.
pub(crate) fn keep(stream: &Stream, wanted: impl Fn(&str) -> bool) -> Result<Stream, String> {
    let mut tables = Vec::new();
    for table in &stream.tables {
        let places: Vec<_> =
            (0..table.columns.len()).filter(|i| wanted(&table.columns[*i].name)).collect();
        let kept = Table {
            columns: places.iter().map(|i| table.columns[*i].clone()).collect(),
            key: table.key.iter().filter(|p| wanted(&p.column.name)).cloned().collect(),
            rows: table
                .rows
                .iter()
                .map(|row| places.iter().map(|i| row[*i].clone()).collect())
                .collect(),
            merged: table.merged,
        };
        merge(&mut tables, kept)?;
    }
    Ok(stream.sorted(tables))
}

pub(crate) fn rename(stream: &Stream, names: &[(String, String)]) -> Result<Stream, String> {
    let mut tables = Vec::new();
    for table in &stream.tables {
        if let Some((old, _)) = names.iter().find(|(old, _)| table.position(old).is_none()) {
            return Err(format!("rename error: column \\\"{old}\\\" doesn't exist"));
        }
        let new = |name: &mut String| {
            if let Some((_, new)) = names.iter().find(|(old, _)| old == name) {
                new.clone_into(name);
            }
        };
        let mut table = table.clone();
        table.columns.iter_mut().for_each(|c| new(&mut c.name));
        table.key.iter_mut().for_each(|p| new(&mut p.column.name));
        for (i, column) in table.columns.iter().enumerate() {
            if table.columns[..i].iter().any(|c| c.name == column.name) {
                return Err("have the same name".to_owned());
            }
        }
        merge(&mut tables, table)?;
    }
    Ok(stream.sorted(tables))
}

/// Sorts the rows of each table; equal ones stay in their order. Nulls are last, or first if
/// descending.
pub(crate) fn sort(stream: &Stream, columns: &[String], desc: bool) -> Result<Stream, String> {
    let mut tables = stream.tables.clone();
    for table in &mut tables {
        let places: Vec<_> = columns.iter().filter_map(|c| table.position(c)).collect();
        let order = |a: &Vec<Value>, b: &Vec<Value>| {
            let one = |i: &usize| {
                let order = compare(&a[*i], &b[*i]);
                if desc { order.reverse() } else { order }
            };
            places.iter().map(one).find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
        };
        table.rows.sort_by(order);
        if table.merged
            && table.rows.windows(2).any(|w| order(&w[0], &w[1]).is_eq() && w[0] != w[1])
        {
            return Err(String::new());
        }
        table.merged = false;
    }
    Ok(stream.with(tables))
}

/// Null is greater than everything.
fn compare(a: &Value, b: &Value) -> Ordering {
    match (a.is_null(), b.is_null()) {
        (false, false) => a.compare(b).unwrap_or(Ordering::Equal),
        (a, b) => a.cmp(&b),
    }
}

/// Rows of each table from `offset` on. A table whose rows are all skipped is gone; one that is asked
/// for none of its rows stays, as does one that had none (`limit.go`, `processChunk`).
pub(crate) fn limit(stream: &Stream, n: i64, offset: i64) -> Stream {
    let (n, offset) = (n.max(0) as usize, offset.max(0) as usize);
    let mut tables = Vec::new();
    for table in &stream.tables {
        let skipped = table.rows.len() <= offset && !table.rows.is_empty() && n > 0;
        if !skipped {
            let rows = table.rows.iter().skip(offset).take(n).cloned().collect();
            tables.push(Table { rows, ..table.clone() });
        }
    }
    stream.with(tables)
}
