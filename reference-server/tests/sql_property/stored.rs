//! What the lines become: tables of rows. A row is a set of tags at a time; of a field that is
//! written again the last value counts, the other fields of the row stay (recorded of 3.6).

use crate::data::{DataSet, FIELDS, Kind, TAGS};
use crate::value::Value;
use std::collections::BTreeMap;

/// A table: its columns by name, and its rows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Table {
    pub(crate) name: String,
    pub(crate) columns: Vec<String>,
    pub(crate) rows: Vec<Vec<Value>>,
}

/// The kind of a column, which depends on its name alone.
pub(crate) fn kind(column: &str) -> Kind {
    if column == "time" {
        return Kind::Time;
    }
    let field = FIELDS.iter().find(|(name, _)| *name == column);
    field.map_or(Kind::Tag, |(_, kind)| *kind)
}

impl Table {
    /// The columns of these kinds.
    pub(crate) fn of_kinds(&self, kinds: &[Kind]) -> Vec<&str> {
        let columns = self.columns.iter().map(String::as_str);
        columns.filter(|column| kinds.contains(&kind(column))).collect()
    }
}

pub(crate) fn tables(data: &DataSet) -> Vec<Table> {
    type Row<'a> = BTreeMap<&'a str, Value>;
    /// By the tags that a row has, and its time.
    type Rows<'a> = BTreeMap<(Vec<(&'a str, &'a str)>, i64), Row<'a>>;
    let mut tables: BTreeMap<&str, Rows<'_>> = BTreeMap::new();
    for line in data.0.iter().flatten() {
        let rows = tables.entry(line.table).or_default();
        let row = rows.entry((line.tags.clone(), line.time)).or_default();
        row.insert("time", Value::Time(line.time));
        row.extend(line.tags.iter().map(|(k, v)| (*k, Value::Text((*v).to_owned()))));
        row.extend(line.fields.iter().map(|(k, v)| (*k, v.clone())));
    }
    let table = |(name, rows): (&str, Rows<'_>)| {
        let fields = FIELDS.iter().map(|(name, _)| *name);
        let mut columns: Vec<&str> = TAGS.iter().copied().chain(fields).chain(["time"]).collect();
        columns.retain(|column| rows.values().any(|row| row.contains_key(column)));
        columns.sort_unstable();
        let cells = |row: Row<'_>| {
            columns.iter().map(|name| row.get(name).cloned().unwrap_or(Value::Null)).collect()
        };
        let rows = rows.into_values().map(cells).collect();
        let columns = columns.iter().map(|name| (*name).to_owned()).collect();
        Table { name: name.to_owned(), columns, rows }
    };
    tables.into_iter().map(table).collect()
}
