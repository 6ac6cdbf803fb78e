//! `from` with `range`, and `array.from`.

use crate::data::{DataSet, Line, SECOND};
use crate::model::table::{Column, Part, Stage, Stream, Table, Type, Value};
use crate::query::{Bound, Range};
use std::collections::{BTreeMap, BTreeSet};

/// The limits of a range, in nanoseconds.
pub(crate) fn bounds(range: &Range, now: i64) -> (i64, i64) {
    let time = |bound: &Bound| match bound {
        Bound::Time(time) => *time,
        Bound::Relative(seconds) => now + seconds * SECOND,
        Bound::Seconds(seconds) => seconds * SECOND,
    };
    (time(&range.start), range.stop.as_ref().map_or(now, time))
}

fn column(name: &str, kind: Type) -> Column {
    Column { name: name.to_owned(), kind }
}

/// One table for each field of each series, in the order of measurement, tags and field; those without
/// points in the range are not there.
pub(crate) fn read(data: &DataSet, range: &Range, now: i64) -> Result<Stream, String> {
    let (start, stop) = bounds(range, now);
    if start >= stop {
        return Err("cannot query an empty range".to_owned());
    }
    let series: BTreeSet<_> = data.lines.iter().map(|l| (l.measurement, l.tags.clone())).collect();
    let mut tables = Vec::new();
    for (measurement, tags) in series {
        let of_series = |l: &&Line| l.measurement == measurement && l.tags == tags;
        let mut fields: BTreeMap<&str, BTreeMap<i64, Value>> = BTreeMap::new();
        for line in data.lines.iter().filter(of_series) {
            for (name, value) in &line.fields {
                // A later point of the same time takes the place of the one before it.
                let points = fields.entry(name).or_default();
                points.insert(line.time, value.clone());
            }
        }
        for (field, points) in fields {
            let mut named = tags.clone();
            named.extend([("_field", field), ("_measurement", measurement)]);
            named.sort_unstable();
            tables.extend(table(&named, &points, (start, stop)));
        }
    }
    Ok(Stream { tables, stage: Stage::Series, bounds: Some((start, stop)), ordered: true })
}

fn table(
    named: &[(&str, &str)],
    points: &BTreeMap<i64, Value>,
    bounds: (i64, i64),
) -> Option<Table> {
    let points: Vec<_> = points.range(bounds.0..bounds.1).collect();
    let kind = points.first()?.1.kind()?;
    let (start, stop) = (Value::Time(bounds.0), Value::Time(bounds.1));
    let part = |name: &str, kind: Type, value: &Value| Part {
        column: column(name, kind),
        value: value.clone(),
    };
    let mut key = vec![part("_start", Type::Time, &start), part("_stop", Type::Time, &stop)];
    key.extend(named.iter().map(|(n, v)| part(n, Type::Text, &Value::Text((*v).to_owned()))));
    let mut columns: Vec<_> = key.iter().map(|p| p.column.clone()).collect();
    columns.splice(2..2, [column("_time", Type::Time), column("_value", kind)]);
    let rows = points.into_iter().map(|(time, value)| {
        let mut row: Vec<_> = key.iter().map(|p| p.value.clone()).collect();
        row.splice(2..2, [Value::Time(*time), value.clone()]);
        row
    });
    Some(Table { columns, rows: rows.collect(), key, merged: false })
}

/// One table without a key.
pub(crate) fn rows(names: &[String], rows: &[Vec<Value>]) -> Stream {
    let kinds = rows.first().into_iter().flatten().map(|v| v.kind().unwrap_or(Type::Text));
    let columns = names.iter().zip(kinds).map(|(name, kind)| column(name, kind)).collect();
    let table = Table { columns, rows: rows.to_vec(), ..Table::default() };
    Stream { tables: vec![table], stage: Stage::Memory, bounds: None, ordered: true }
}
