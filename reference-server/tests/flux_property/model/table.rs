//! Tables of rows: what flows through a pipeline.

use std::cmp::Ordering;

/// The types of columns, in the order in which Flux has them when two keys differ by nothing else
/// (influxdata/flux: `types.go`, `ColType`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Type {
    Bool,
    Int,
    UInt,
    Float,
    Text,
    Time,
}

/// One cell.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Null,
    Bool(bool),
    Int(i64),
    UInt(u64),
    Float(f64),
    Text(String),
    Time(i64),
}

impl Value {
    pub(crate) fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// Its type; null has none.
    pub(crate) const fn kind(&self) -> Option<Type> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => Type::Bool,
            Self::Int(_) => Type::Int,
            Self::UInt(_) => Type::UInt,
            Self::Float(_) => Type::Float,
            Self::Text(_) => Type::Text,
            Self::Time(_) => Type::Time,
        })
    }

    /// Both as numbers, where both are.
    pub(crate) fn number(&self) -> Option<f64> {
        match self {
            Self::Int(n) => Some(*n as f64),
            Self::UInt(n) => Some(*n as f64),
            Self::Float(n) => Some(*n),
            _ => None,
        }
    }

    /// Which is the greater one of two values that are no nulls; none where they cannot be compared.
    pub(crate) fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Self::Bool(b)) => Some(a.cmp(b)),
            (Self::Int(a), Self::Int(b)) | (Self::Time(a), Self::Time(b)) => Some(a.cmp(b)),
            (Self::UInt(a), Self::UInt(b)) => Some(a.cmp(b)),
            (Self::Text(a), Self::Text(b)) => Some(a.cmp(b)),
            (a, b) => a.number()?.partial_cmp(&b.number()?),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    pub(crate) name: String,
    pub(crate) kind: Type,
}

/// A column of the group key, with the value that all rows of the table have there.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Part {
    pub(crate) column: Column,
    pub(crate) value: Value,
}

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Table {
    pub(crate) columns: Vec<Column>,
    pub(crate) key: Vec<Part>,
    pub(crate) rows: Vec<Vec<Value>>,
    /// Whether rows of several tables came together: sorted by what is equal in two of them, they
    /// come in an order that no page promises.
    pub(crate) merged: bool,
}

/// What the storage still answers itself of what comes next: the products leave it as much as they
/// can (influxdata/influxdb, branch 2.7: `query/stdlib/influxdata/influxdb/rules.go`), which shows in
/// the columns of the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// Series as they are stored.
    Series,
    /// Series put together by these columns.
    Groups(Vec<String>),
    /// Nothing.
    Memory,
}

#[derive(Clone, Debug)]
pub(crate) struct Stream {
    pub(crate) tables: Vec<Table>,
    pub(crate) stage: Stage,
    /// The range of time, start included, stop not.
    pub(crate) bounds: Option<(i64, i64)>,
    /// Whether the order of the tables is known.
    pub(crate) ordered: bool,
}

impl Stream {
    /// These tables instead, which no longer come from the storage, in the same order.
    pub(crate) fn with(&self, tables: Vec<Table>) -> Self {
        Self { tables, stage: Stage::Memory, ..*self }
    }

    /// These tables instead, in the order of their keys.
    pub(crate) fn sorted(&self, tables: Vec<Table>) -> Self {
        Self { ordered: true, ..self.with(sorted(tables)) }
    }
}

impl Table {
    pub(crate) fn position(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.name == name)
    }

    pub(crate) fn part(&self, name: &str) -> Option<&Part> {
        self.key.iter().find(|p| p.column.name == name)
    }

    /// An empty table that has just the columns of a key.
    pub(crate) fn of_key(key: &[Part]) -> Self {
        let columns = key.iter().map(|p| p.column.clone()).collect();
        Self { columns, key: key.to_vec(), ..Self::default() }
    }

    /// The values of a row that has just the columns of a key.
    pub(crate) fn key_values(&self) -> Vec<Value> {
        self.key.iter().map(|p| p.value.clone()).collect()
    }
}

/// Adds a table: to the one that has its key, or as a new one.
///
/// Columns that only one of both has are null in the rows of the other.
pub(crate) fn merge(into: &mut Vec<Table>, table: Table) -> Result<(), String> {
    let order = |t: &Table| order(&t.key, &table.key);
    let Some(same) = into.iter_mut().find(|t| order(t) == Ordering::Equal) else {
        into.push(table);
        return Ok(());
    };
    for column in &table.columns {
        match same.position(&column.name) {
            Some(i) if same.columns[i].kind != column.kind => {
                return Err("schema collision".to_owned());
            }
            Some(_) => {}
            None => {
                same.columns.push(column.clone());
                same.rows.iter_mut().for_each(|row| row.push(Value::Null));
            }
        }
    }
    let places: Vec<_> = same.columns.iter().map(|c| table.position(&c.name)).collect();
    let place = |row: &[Value], i: Option<usize>| i.map_or(Value::Null, |i| row[i].clone());
    let moved = table.rows.iter().map(|row| places.iter().map(|i| place(row, *i)).collect());
    same.rows.extend(moved);
    same.merged = true;
    Ok(())
}

/// Parts a table by keys, which come in the order of their first rows; `key` says that of a row.
pub(crate) fn split(table: &Table, key: impl Fn(&[Value]) -> Vec<Part>) -> Vec<Table> {
    let mut parts: Vec<Table> = Vec::new();
    for row in &table.rows {
        let key = key(row);
        match parts.iter_mut().find(|t| t.key == key) {
            Some(part) => part.rows.push(row.clone()),
            None => {
                let columns = table.columns.clone();
                parts.push(Table { columns, key, rows: vec![row.clone()], merged: false });
            }
        }
    }
    parts
}

/// Tables in the order of their keys, as all steps give them that hold tables back until the last one
/// has come (influxdata/flux: `internal/execute/groupkey/groupkey.go`, `groupKeyLess`).
fn sorted(mut tables: Vec<Table>) -> Vec<Table> {
    tables.sort_by(|a, b| order(&a.key, &b.key));
    tables
}

fn order(a: &[Part], b: &[Part]) -> Ordering {
    let by_name = |key: &[Part]| {
        let mut key = key.to_vec();
        key.sort_by(|a, b| a.column.name.cmp(&b.column.name));
        key
    };
    let (a, b) = (by_name(a), by_name(b));
    for (a, b) in a.iter().zip(&b) {
        // The key that lacks a column comes first.
        let names = b.column.name.cmp(&a.column.name);
        let kinds = a.column.kind.cmp(&b.column.kind);
        let values = match (a.value.is_null(), b.value.is_null()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
            (false, false) => a.value.compare(&b.value).unwrap_or(Ordering::Equal),
        };
        let all = names.then(kinds).then(values);
        if all != Ordering::Equal {
            return all;
        }
    }
    a.len().cmp(&b.len())
}
