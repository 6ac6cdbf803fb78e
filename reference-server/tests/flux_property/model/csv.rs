//! Annotated CSV, as the products write it (influxdata/flux: `csv/result.go`).

use crate::model::table::{Table, Type, Value};

/// How an answer is asked for.
#[derive(Clone, Debug)]
pub(crate) struct Dialect {
    pub(crate) annotations: Vec<&'static str>,
    pub(crate) header: bool,
}

/// The block of one result, with the empty line that ends it.
pub(crate) fn result(name: &str, tables: &[Table], dialect: &Dialect) -> String {
    let mut text = String::new();
    let mut last: Option<&Table> = None;
    for (number, table) in tables.iter().enumerate() {
        let empty = table.rows.is_empty();
        // What a header says of a table; one without rows stands alone.
        let alike = |last: &&Table| {
            !empty && !last.rows.is_empty() && last.columns == table.columns && {
                let names = |t: &Table| t.key.iter().map(|p| p.column.clone()).collect::<Vec<_>>();
                names(last) == names(table)
            }
        };
        if last.filter(alike).is_none() {
            if last.is_some() {
                text.push_str("\r\n");
            }
            head(&mut text, name, number, table, dialect);
        }
        let named = if dialect.annotations.contains(&"default") { "" } else { name };
        for row in &table.rows {
            let cells = row.iter().map(cell);
            line(&mut text, ["".to_owned(), named.to_owned(), number.to_string()], cells);
        }
        last = Some(table);
    }
    text.push_str("\r\n");
    text
}

fn head(text: &mut String, name: &str, number: usize, table: &Table, dialect: &Dialect) {
    for annotation in &dialect.annotations {
        let first = format!("#{annotation}");
        match *annotation {
            "datatype" => {
                let types = table.columns.iter().map(|c| datatype(c.kind).to_owned());
                line(text, [first, "string".to_owned(), "long".to_owned()], types);
            }
            "group" => {
                let is_key = table.columns.iter().map(|c| table.part(&c.name).is_some());
                let no = "false".to_owned();
                line(text, [first, no.clone(), no], is_key.map(|k| k.to_string()));
            }
            _ => {
                // The key of a table without rows is to be seen nowhere else.
                let empty = table.rows.is_empty();
                let value = |name: &str| table.part(name).map(|p| cell(&p.value)).filter(|_| empty);
                let values = table.columns.iter().map(|c| value(&c.name).unwrap_or_default());
                let number = if empty { number.to_string() } else { String::new() };
                line(text, [first, name.to_owned(), number], values);
            }
        }
    }
    if dialect.header {
        let names = table.columns.iter().map(|c| c.name.clone());
        line(text, ["".to_owned(), "result".to_owned(), "table".to_owned()], names);
    }
}

fn line(text: &mut String, first: [String; 3], rest: impl Iterator<Item = String>) {
    let cells: Vec<_> = first.into_iter().chain(rest).map(|cell| quoted(&cell)).collect();
    text.push_str(&cells.join(","));
    text.push_str("\r\n");
}

/// As Go's `encoding/csv` writes it with `UseCRLF`.
fn quoted(cell: &str) -> String {
    let plain = !cell.contains([',', '"', '\r', '\n']) && !cell.starts_with(' ') && cell != "\\.";
    if plain {
        return cell.to_owned();
    }
    format!("\"{}\"", cell.replace('"', "\"\"").replace('\r', "").replace('\n', "\r\n"))
}

const fn datatype(kind: Type) -> &'static str {
    match kind {
        Type::Bool => "boolean",
        Type::Int => "long",
        Type::UInt => "unsignedLong",
        Type::Float => "double",
        Type::Text => "string",
        Type::Time => "dateTime:RFC3339",
    }
}

fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::UInt(n) => n.to_string(),
        Value::Float(n) if n.is_infinite() => (if *n > 0.0 { "+Inf" } else { "-Inf" }).to_owned(),
        Value::Float(n) => n.to_string(),
        Value::Text(text) => text.clone(),
        Value::Time(time) => rfc3339(*time),
    }
}

/// A time as Go's `RFC3339Nano` has it.
pub(crate) fn rfc3339(time: i64) -> String {
    jiff::Timestamp::from_nanosecond(time.into()).map_or_else(|e| e.to_string(), |t| t.to_string())
}
