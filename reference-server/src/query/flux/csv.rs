//! Annotated CSV, as Flux writes it.

use super::literal::format_time;
use super::run::QueryResult;
use super::table::{Cell, Column, Kind, Table};
use crate::query::allowance::Allowance;

/// An annotation row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Annotation {
    /// `#datatype`
    Datatype,
    /// `#group`
    Group,
    /// `#default`
    Default,
}

/// How the CSV looks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// Whether there is a row of labels.
    pub header: bool,
    /// The byte between cells.
    pub delimiter: u8,
    /// The annotation rows, in this order.
    pub annotations: Vec<Annotation>,
}

impl Default for Dialect {
    /// What a request without a dialect gets: a header, and no annotations.
    fn default() -> Self {
        Self { header: true, delimiter: b',', annotations: Vec::new() }
    }
}

const END: &[u8] = b"\r\n";

/// All results, each ended by an empty line.
pub(super) fn write(results: &[QueryResult], dialect: &Dialect, allowance: &Allowance) -> Vec<u8> {
    let mut writer = Writer { out: Vec::new(), dialect, allowance };
    for result in results {
        writer.result(result);
        writer.out.extend_from_slice(END);
    }
    writer.out
}

struct Writer<'a> {
    out: Vec<u8>,
    dialect: &'a Dialect,
    allowance: &'a Allowance,
}

impl Writer<'_> {
    fn result(&mut self, result: &QueryResult) {
        let defaults = self.dialect.annotations.contains(&Annotation::Default);
        let mut last: Option<&Table> = None;
        for (number, table) in result.tables.iter().enumerate() {
            let number = number.to_string();
            if last.is_none_or(|last| new_block(last, table)) {
                if last.is_some() {
                    self.out.extend_from_slice(END);
                }
                self.head(&result.name, &number, table);
            }
            let name = if defaults { "" } else { result.name.as_str() };
            for row in &table.rows {
                let before = self.out.len();
                let mut record = vec![Vec::new(), name.into(), number.clone().into_bytes()];
                record.extend(row.iter().map(cell));
                self.record(&record);
                if !self.allowance.keeps(self.out.len() - before) {
                    return;
                }
            }
            last = Some(table);
        }
    }

    /// The annotations and the labels of a block.
    fn head(&mut self, result: &str, number: &str, table: &Table) {
        for annotation in &self.dialect.annotations {
            let record = match annotation {
                Annotation::Datatype => record(
                    ["#datatype", "string", "long"],
                    table.columns.iter().map(|c| datatype(c.kind).into()),
                ),
                Annotation::Group => record(
                    ["#group", "false", "false"],
                    table.columns.iter().map(|c| table.key.has(&c.label).to_string().into_bytes()),
                ),
                Annotation::Default if table.rows.is_empty() => record(
                    ["#default", result, number],
                    table
                        .columns
                        .iter()
                        .map(|c| table.key.value(&c.label).map_or(Vec::new(), cell)),
                ),
                Annotation::Default => {
                    record(["#default", result, ""], table.columns.iter().map(|_| Vec::new()))
                }
            };
            self.record(&record);
        }
        if self.dialect.header {
            let labels = table.columns.iter().map(|c| c.label.to_vec());
            self.record(&record(["", "result", "table"], labels));
        }
    }

    fn record(&mut self, cells: &[Vec<u8>]) {
        let delimiter = self.dialect.delimiter;
        // Go's writer refuses these, and the product does not look at its error
        if matches!(delimiter, b'"' | b'\r' | b'\n' | 0) {
            return;
        }
        for (i, cell) in cells.iter().enumerate() {
            if i > 0 {
                self.out.push(delimiter);
            }
            self.cell(cell);
        }
        self.out.extend_from_slice(END);
    }

    fn cell(&mut self, cell: &[u8]) {
        if !needs_quotes(cell, self.dialect.delimiter) {
            self.out.extend_from_slice(cell);
            return;
        }
        self.out.push(b'"');
        for byte in cell {
            match byte {
                b'"' => self.out.extend_from_slice(b"\"\""),
                b'\r' => {}
                b'\n' => self.out.extend_from_slice(END),
                other => self.out.push(*other),
            }
        }
        self.out.push(b'"');
    }
}

fn record<'a>(first: [&str; 3], rest: impl Iterator<Item = Vec<u8>> + 'a) -> Vec<Vec<u8>> {
    first.iter().map(|cell| cell.as_bytes().to_vec()).chain(rest).collect()
}

/// A block ends where columns, their types, or the columns of the key change, and at empty tables.
fn new_block(last: &Table, table: &Table) -> bool {
    let key_columns =
        |t: &Table| -> Vec<Column> { t.key.0.iter().map(|(c, _)| c.clone()).collect() };
    last.rows.is_empty()
        || table.rows.is_empty()
        || last.columns != table.columns
        || key_columns(last) != key_columns(table)
}

/// Go's `encoding/csv`: a cell is quoted if it is `\.`, begins with a blank, or holds the delimiter,
/// a quote or a line end.
fn needs_quotes(cell: &[u8], delimiter: u8) -> bool {
    if cell == br"\." {
        return true;
    }
    if cell.iter().any(|b| *b == delimiter || matches!(b, b'"' | b'\r' | b'\n')) {
        return true;
    }
    let first = &cell[..cell.len().min(4)];
    let valid = match std::str::from_utf8(first) {
        Ok(text) => text,
        Err(error) => std::str::from_utf8(&first[..error.valid_up_to()]).unwrap_or_default(),
    };
    valid.chars().next().is_some_and(char::is_whitespace)
}

const fn datatype(kind: Kind) -> &'static str {
    match kind {
        Kind::Boolean => "boolean",
        Kind::Integer => "long",
        Kind::Unsigned => "unsignedLong",
        Kind::Float => "double",
        Kind::Text => "string",
        Kind::Time => "dateTime:RFC3339",
    }
}

fn cell(cell: &Cell) -> Vec<u8> {
    match cell {
        Cell::Null => Vec::new(),
        Cell::Boolean(v) => v.to_string().into_bytes(),
        Cell::Integer(v) => v.to_string().into_bytes(),
        Cell::Unsigned(v) => v.to_string().into_bytes(),
        Cell::Float(v) => float(*v).into_bytes(),
        Cell::Text(v) => v.to_vec(),
        Cell::Time(v) => format_time(*v).into_bytes(),
    }
}

/// The shortest digits that read back as the value, without an exponent.
fn float(value: f64) -> String {
    if value.is_infinite() {
        return if value > 0.0 { "+Inf".to_owned() } else { "-Inf".to_owned() };
    }
    format!("{value}")
}
