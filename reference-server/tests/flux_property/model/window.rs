//! `aggregateWindow`: windows begin at the epoch, shifted by the offset; the first and the last one
//! are cut off by the range. The time of a row is the end of its window.

use crate::data::SECOND;
use crate::model::table::{Column, Stage, Stream, Table, Type, Value};
use crate::model::total::{add_up, select};
use crate::query::Function;

/// In seconds.
#[derive(Clone, Copy)]
pub(crate) struct Window {
    pub(crate) every: i64,
    pub(crate) offset: i64,
}

impl Window {
    /// Beginning and end of the window that a time is in, without the part outside of the range.
    fn around(self, time: i64, bounds: (i64, i64)) -> (i64, i64) {
        let (every, offset) = (self.every * SECOND, self.offset * SECOND);
        let start = (time - offset).div_euclid(every) * every + offset;
        (start.max(bounds.0), (start + every).min(bounds.1))
    }

    /// All windows of a range.
    fn all(self, bounds: (i64, i64)) -> Vec<(i64, i64)> {
        let mut all = Vec::new();
        let mut time = bounds.0;
        while time < bounds.1 {
            all.push(self.around(time, bounds));
            time = all[all.len() - 1].1;
        }
        all
    }
}

pub(crate) fn aggregate(
    stream: &Stream,
    window: Window,
    function: Function,
    create_empty: bool,
) -> Result<Stream, String> {
    let Some(bounds) = stream.bounds else { return Err(String::new()) };
    // By times that are in the key the output is "confusing", as its page says.
    if stream.tables.iter().any(|t| t.part("_time").is_some()) {
        return Err(String::new());
    }
    let stored = stream.stage == Stage::Series && window.offset >= 0;
    let mut tables = Vec::new();
    for table in &stream.tables {
        let place = |name: &str| table.position(name).ok_or_else(String::new);
        let (time, value) = (place("_time")?, place("_value")?);
        let kind = table.columns[value].kind;
        if table.part("_value").is_some() {
            let error = "cannot aggregate columns that are part of the group key";
            return Err(if function.selects() { String::new() } else { error.to_owned() });
        }
        // Selectors keep all columns, totals those of the key.
        let mut result = if function.selects() {
            Table { rows: Vec::new(), merged: false, ..table.clone() }
        } else {
            let mut result = Table::of_key(&table.key);
            let column = |name: &str, kind| Column { name: name.to_owned(), kind };
            let (of_time, of_value) =
                (column("_time", Type::Time), column("_value", add_up(&[], function, kind)?.0));
            if stored {
                result.columns.splice(2..2, [of_time, of_value]);
            } else {
                result.columns.insert(0, of_time);
                result.columns.push(of_value);
            }
            result
        };
        for (start, stop) in window.all(bounds) {
            let inside =
                |row: &&Vec<Value>| matches!(row[time], Value::Time(t) if t >= start && t < stop);
            let rows: Vec<_> = table.rows.iter().filter(inside).collect();
            if rows.is_empty() && !create_empty {
                continue;
            }
            let values: Vec<_> = rows.iter().map(|row| row[value].clone()).collect();
            let of_key = |c: &Column| table.part(&c.name).map_or(Value::Null, |p| p.value.clone());
            let mut row: Vec<_> = result.columns.iter().map(of_key).collect();
            let mut put = |name: &str, value: Value| {
                if let Some(i) = result.position(name) {
                    row[i] = value;
                }
            };
            if function.selects() {
                if let Some(i) = select(&values, function, kind)? {
                    row.clone_from(rows[i]);
                }
            } else {
                put("_value", add_up(&values, function, kind)?.1);
            }
            if let Some(i) = result.position("_time") {
                row[i] = Value::Time(stop);
            }
            result.rows.push(row);
        }
        if !result.rows.is_empty() {
            tables.push(result);
        }
    }
    let ordered = stored || tables.len() < 2;
    Ok(Stream { ordered, ..stream.with(tables) })
}
