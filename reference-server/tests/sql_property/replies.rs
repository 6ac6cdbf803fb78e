//! What a server replied, read row by row, and held against what the model says.

use crate::model::{Expected, Rows};
use crate::query::Format;
use crate::value::Value;
use std::collections::HashMap;

/// A reply.
#[derive(Debug)]
pub(crate) enum Reply {
    Rows {
        /// The names of the columns, where the form has them apart.
        header: Option<String>,
        /// Each row as text: in JSON, written anew without blanks, or as it is in CSV.
        rows: Vec<String>,
    },
    Refused(String),
}

/// Reads a body.
pub(crate) fn read(format: Format, body: &str) -> Result<Reply, String> {
    let broken = |e: serde_json::Error| format!("not JSON ({e}): {body}");
    let (header, rows) = match format {
        Format::Json => {
            let rows: Vec<serde_json::Value> = serde_json::from_str(body).map_err(broken)?;
            (None, rows.iter().map(ToString::to_string).collect())
        }
        Format::JsonLines | Format::Flight => {
            let row = |line: &str| serde_json::from_str::<serde_json::Value>(line);
            let rows = body.lines().map(|line| row(line).map(|row| row.to_string()));
            (None, rows.collect::<Result<_, _>>().map_err(broken)?)
        }
        Format::Csv => {
            let mut records = records(body);
            let header = (!records.is_empty()).then(|| records.remove(0));
            (header, records)
        }
    };
    Ok(Reply::Rows { header, rows })
}

/// The records of a CSV; one goes on over lines while a quotation is open.
fn records(body: &str) -> Vec<String> {
    let mut records = Vec::new();
    let mut record = String::new();
    for line in body.split_inclusive('\n') {
        record.push_str(line);
        if record.matches('"').count().is_multiple_of(2) {
            records.push(record.trim_end_matches('\n').to_owned());
            record.clear();
        }
    }
    if !record.is_empty() {
        records.push(record);
    }
    records
}

impl Rows {
    fn row(&self, format: Format, row: &[Value]) -> String {
        if format == Format::Csv {
            let text = row.iter().map(Value::csv).collect::<Vec<_>>().join(",");
            // An empty line would be no record.
            return if text.is_empty() { "\"\"".to_owned() } else { text };
        }
        let cells = self.columns.iter().zip(row).filter_map(|(name, value)| {
            let name = serde_json::Value::from(name.as_str());
            Some(format!("{name}:{}", value.json()?))
        });
        format!("{{{}}}", cells.collect::<Vec<_>>().join(","))
    }

    fn header(&self) -> String {
        self.columns.join(",")
    }

    /// The rows as text, one group of ties after another.
    pub(crate) fn shown(&self, format: Format) -> String {
        let rows = |group: &Vec<Vec<Value>>| {
            let rows: Vec<_> = group.iter().map(|row| self.row(format, row)).collect();
            format!("[{}]", rows.join(" | "))
        };
        let groups: Vec<_> = self.groups.iter().map(rows).collect();
        let (offset, limit) = (self.offset, self.limit);
        format!("{}: {} (from {offset}, at most {limit})", self.header(), groups.join("\n    "))
    }
}

/// Whether the reply is not what is expected, and in what.
pub(crate) fn difference(expected: &Expected, reply: &Reply, format: Format) -> Option<String> {
    let (expected, header, rows) = match (expected, reply) {
        (Expected::Refused, Reply::Refused(_)) => return None,
        (Expected::Refused, _) => return Some("a column that is not there".to_owned()),
        (_, Reply::Refused(why)) => return Some(format!("refused: {why}")),
        (Expected::Rows(expected), Reply::Rows { header, rows }) => (expected, header, rows),
    };
    let all: usize = expected.groups.iter().map(Vec::len).sum();
    let end = expected.offset.saturating_add(expected.limit).min(all);
    let count = end.saturating_sub(expected.offset);
    if rows.len() != count {
        return Some(format!("{} rows instead of {count}", rows.len()));
    }
    // Over HTTP an empty result has no columns.
    let has_header = format == Format::Flight || format == Format::Csv && count > 0;
    let columns = has_header.then(|| expected.header());
    if *header != columns {
        return Some(format!("columns {header:?} instead of {columns:?}"));
    }
    let (mut at, mut left) = (0, rows.as_slice());
    for group in &expected.groups {
        let from = expected.offset.clamp(at, at + group.len());
        let to = end.clamp(from, at + group.len());
        at += group.len();
        let (here, behind) = left.split_at((to - from).min(left.len()));
        left = behind;
        let mut known: HashMap<String, usize> = HashMap::new();
        if here.is_empty() {
            continue;
        }
        for row in group {
            *known.entry(expected.row(format, row)).or_default() += 1;
        }
        for row in here {
            match known.get_mut(row) {
                Some(count) if *count > 0 => *count -= 1,
                _ => return Some(format!("the row {row}")),
            }
        }
    }
    None
}
