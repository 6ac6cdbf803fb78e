//! Results as the products print them in CSV. Not which results there are.

use super::json::{Part, float};
use super::result::{Cell, Series};
use super::time::Epoch;
use crate::store::{Name, Value};
use profiles::influxql::{Csv, CsvForm, Floats};

/// Prints the parts of an answer one after another.
#[derive(Debug)]
pub(super) struct Printer {
    csv: Csv,
    epoch: Epoch,
    /// The statement of the last row.
    statement: Option<usize>,
}

impl Printer {
    /// A printer of a new answer; times are nanoseconds unless a unit is named.
    pub(super) fn new(csv: Csv, epoch: Option<Epoch>) -> Self {
        Self { csv, epoch: epoch.unwrap_or(Epoch::NANOSECONDS), statement: None }
    }

    /// Prints a document.
    pub(super) fn document(&mut self, parts: &[Part<'_>]) -> Vec<u8> {
        match self.csv.form {
            CsvForm::Go => self.go(parts),
            CsvForm::Plain => self.plain(parts),
            CsvForm::CommaQuoted => self.comma_quoted(parts),
        }
    }

    fn go(&mut self, parts: &[Part<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        for part in parts {
            // Errors of a statement leave nothing in the products' CSV; what is missing here is
            // told all the same.
            if let Some(message) = part.outcome.error.as_ref().filter(|_| part.outcome.unsupported)
            {
                out.extend(error(message));
            }
            if part.series.is_empty() {
                continue;
            }
            let mut columns: Option<&[Name]> = None;
            if self.statement == Some(part.outcome.statement) {
                columns = part.series.first().map(|s| s.columns.as_slice());
            }
            for series in part.series {
                if columns != Some(&series.columns) {
                    if self.statement.is_some() {
                        out.push(b'\n');
                    }
                    let names = series.columns.iter().map(|c| c.to_vec());
                    line(&mut out, [b"name".to_vec(), b"tags".to_vec()].into_iter().chain(names));
                    self.statement = Some(part.outcome.statement);
                    columns = Some(&series.columns);
                }
                // Without those that are empty (1.6:models/points.go, `HashKey`).
                let mut tags = series.tags.clone();
                tags.retain(|(_, value)| !value.is_empty());
                let tags = super::exec::series_key(b"", &tags);
                for row in &series.rows {
                    let start = [series.name.clone(), tags.get(1..).unwrap_or_default().to_vec()];
                    let cells = row.iter().zip(&series.columns).map(|(cell, column)| {
                        // The printer has no word for Go's plain `int` and leaves the header in
                        // its place (1.6:services/httpd/response_writer.go, `csvFormatter`).
                        if **column == *b"replicaN" && series.name.is_empty() {
                            return column.to_vec();
                        }
                        self.cell(cell)
                    });
                    line(&mut out, start.into_iter().chain(cells));
                }
            }
        }
        out
    }

    fn plain(&self, parts: &[Part<'_>]) -> Vec<u8> {
        let mut out = b"name,tags".to_vec();
        let series = || parts.iter().flat_map(|p| p.series);
        for column in series().next().map(|s| s.columns.as_slice()).unwrap_or_default() {
            out.push(b',');
            out.extend_from_slice(column);
        }
        out.push(b'\n');
        for Series { name, rows, .. } in series() {
            for row in rows {
                out.extend_from_slice(name);
                out.push(b',');
                for cell in row {
                    out.push(b',');
                    out.extend_from_slice(&self.cell(cell));
                }
                out.push(b'\n');
            }
        }
        out.extend_from_slice(b"\r\n");
        out
    }

    fn comma_quoted(&mut self, parts: &[Part<'_>]) -> Vec<u8> {
        let mut out = Vec::new();
        for part in parts {
            let Some(first) = part.series.first() else { continue };
            let statement = part.outcome.statement;
            if self.statement != Some(statement) {
                if statement > 0 {
                    out.push(b'\n');
                }
                out.extend_from_slice(b"name,tags");
                for column in &first.columns {
                    out.push(b',');
                    out.extend_from_slice(column);
                }
                out.push(b'\n');
                self.statement = Some(statement);
            }
            for series in part.series {
                let tag = |(key, value): &(Name, Name)| [&**key, b"=", &**value].concat();
                let tags: Vec<_> = series.tags.iter().map(tag).collect();
                for row in &series.rows {
                    out.extend(comma_quoted(series.name.clone()));
                    out.push(b',');
                    out.extend(comma_quoted(tags.join(&b',')));
                    for cell in row {
                        out.push(b',');
                        out.extend(comma_quoted(self.cell(cell)));
                    }
                    out.push(b'\n');
                }
            }
        }
        out
    }

    fn cell(&self, cell: &Cell) -> Vec<u8> {
        let floats = if self.csv.form == CsvForm::Plain { Some(Floats::Serde) } else { None };
        match cell {
            Cell::Null => self.csv.null.as_bytes().to_vec(),
            Cell::Time(ns) => self.epoch.of(*ns).to_string().into_bytes(),
            // As Go's `strconv` has it: asked of a running 1.6.7, inferred for the other releases in Go.
            Cell::Value(Value::Float(n)) if n.is_infinite() && self.csv.form == CsvForm::Go => {
                if *n > 0.0 { b"+Inf".to_vec() } else { b"-Inf".to_vec() }
            }
            Cell::Value(Value::Float(n)) => {
                floats.map_or_else(|| n.to_string(), |f| float(*n, f)).into_bytes()
            }
            Cell::Value(Value::Integer(n)) => n.to_string().into_bytes(),
            Cell::Value(Value::Unsigned(n)) => n.to_string().into_bytes(),
            Cell::Value(Value::Boolean(b)) => b.to_string().into_bytes(),
            Cell::Value(Value::String(s)) => s.to_vec(),
        }
    }
}

/// A cell that is quoted only where it holds a comma or a quote.
fn comma_quoted(cell: Vec<u8>) -> Vec<u8> {
    if !cell.iter().any(|b| matches!(b, b',' | b'"')) {
        return cell;
    }
    let mut out = vec![b'"'];
    for byte in cell {
        out.push(byte);
        if byte == b'"' {
            out.push(byte);
        }
    }
    out.push(b'"');
    out
}

/// An error of the whole query.
pub(super) fn error(message: &str) -> Vec<u8> {
    let mut out = b"error\n".to_vec();
    line(&mut out, std::iter::once(message.as_bytes().to_vec()));
    out
}

/// A line as Go's `encoding/csv` writes it.
pub(super) fn line(out: &mut Vec<u8>, cells: impl Iterator<Item = Vec<u8>>) {
    for (i, cell) in cells.enumerate() {
        if i > 0 {
            out.push(b',');
        }
        let special = cell.iter().any(|b| b",\"\r\n".contains(b));
        let blank_first = cell.first().is_some_and(|b| b" \t\x0b\x0c".contains(b));
        if special || blank_first || cell == b"\\." {
            out.push(b'"');
            for b in cell {
                match b {
                    b'"' => out.extend_from_slice(b"\"\""),
                    b => out.push(b),
                }
            }
            out.push(b'"');
        } else {
            out.extend_from_slice(&cell);
        }
    }
    out.push(b'\n');
}
