//! `pivot`: a row where the values of its row key are first met, a column where that of its column key
//! is. (`SortedPivotKind` is registered in Flux's source, but no rule of 0.139 to 0.200 plans it.)

use crate::model::table::{Column, Part, Stream, Table, Value, merge};

pub(crate) fn pivot(
    stream: &Stream,
    row: &[String],
    column: &[String],
    value: &str,
) -> Result<Stream, String> {
    // Of no use to anybody.
    if row.iter().any(|c| c == value || column.contains(c)) {
        return Err(String::new());
    }
    let mut tables: Vec<Table> = Vec::new();
    for table in &stream.tables {
        let all = row.iter().chain(column).map(String::as_str).chain([value]);
        if all.into_iter().any(|name| table.position(name).is_none()) {
            return Err("does not exist in table".to_owned());
        }
        // The columns that stay are those of the key and of the rows.
        let pivoted = |name: &String| column.contains(name) || name == value;
        let stays = |c: &&Column| {
            !pivoted(&c.name) && (table.part(&c.name).is_some() || row.contains(&c.name))
        };
        let columns: Vec<_> = table.columns.iter().filter(stays).cloned().collect();
        let place = |name: &str| table.position(name).unwrap_or_default();
        let key: Vec<Part> =
            table.key.iter().filter(|p| !pivoted(&p.column.name)).cloned().collect();
        let label = |cells: &[Value]| {
            column.iter().map(|c| label(&cells[place(c)])).collect::<Vec<_>>().join("_")
        };
        merge(
            &mut tables,
            Table { columns: columns.clone(), key: key.clone(), ..Table::default() },
        )
        .map_err(|_| "several types in the column".to_owned())?;
        let probe = Table { key, ..Table::default() };
        let Some(result) = tables.iter_mut().find(|t| t.key == probe.key) else { continue };
        for cells in &table.rows {
            let name = label(cells);
            let kind = table.columns[place(value)].kind;
            let new = match result.position(&name) {
                Some(i) if i < columns.len() => return Err("already exists".to_owned()),
                Some(i) if result.columns[i].kind != kind => return Err(String::new()),
                Some(i) => i,
                None => {
                    result.columns.push(Column { name, kind });
                    result.rows.iter_mut().for_each(|row| row.push(Value::Null));
                    result.columns.len() - 1
                }
            };
            let same = |r: &&mut Vec<Value>| {
                row.iter().all(|c| {
                    result.columns.iter().position(|k| k.name == *c).map(|i| &r[i])
                        == Some(&cells[place(c)])
                })
            };
            match result.rows.iter_mut().find(same) {
                // The last value of a row and a column counts.
                Some(found) => found[new] = cells[place(value)].clone(),
                None => {
                    let mut fresh: Vec<_> =
                        columns.iter().map(|c| cells[place(&c.name)].clone()).collect();
                    fresh.resize(result.columns.len(), Value::Null);
                    fresh[new] = cells[place(value)].clone();
                    result.rows.push(fresh);
                }
            }
        }
    }
    tables.iter_mut().for_each(|table| table.merged = false);
    Ok(stream.sorted(tables))
}

/// The name of the column that a value becomes.
fn label(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::UInt(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        // Not asked for: Go's form with an exponent, and a time's own.
        Value::Float(n) => n.to_string(),
        Value::Time(t) => crate::model::csv::rfc3339(*t),
    }
}
