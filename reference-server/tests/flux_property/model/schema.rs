//! The package `schema`: names and values of tags, sorted, in one table without a key.

use crate::data::DataSet;
use crate::model::table::{Column, Stage, Stream, Table, Type, Value};
use crate::model::{filter, read};
use crate::query::{Range, Schema};
use std::collections::BTreeSet;

pub(crate) fn schema(
    data: &DataSet,
    schema: &Schema,
    range: &Range,
    now: i64,
) -> Result<Stream, String> {
    let mut stream = read::read(data, range, now)?;
    if let Some(measurement) = schema.measurement {
        let is = |t: &Table| {
            let wanted = Value::Text(measurement.to_owned());
            t.part("_measurement").is_some_and(|p| p.value == wanted)
        };
        stream.tables.retain(is);
    }
    if let Some(predicate) = &schema.predicate {
        stream = filter::filter(stream, predicate, false)?;
    }
    let mut found = BTreeSet::new();
    let keys = schema.function.to_lowercase().ends_with("tagkeys");
    let tag = match schema.function {
        "measurements" => "_measurement",
        "fieldKeys" | "measurementFieldKeys" => "_field",
        _ => schema.tag.unwrap_or_default(),
    };
    for table in &stream.tables {
        for part in &table.key {
            match &part.value {
                Value::Text(_) if keys => drop(found.insert(part.column.name.clone())),
                Value::Text(value) if part.column.name == tag => drop(found.insert(value.clone())),
                _ => {}
            }
        }
    }
    // Recorded: the range's own columns come first; they are there even if nothing else is
    // (`storage/flux/reader.go`, `tagKeysIterator`).
    let first = ["_start", "_stop"].into_iter().filter(|_| keys);
    let names: Vec<_> = first.map(str::to_owned).chain(found.iter().cloned()).collect();
    let column = Column { name: "_value".to_owned(), kind: Type::Text };
    let rows = names.into_iter().map(|name| vec![Value::Text(name)]).collect();
    let table = Table { columns: vec![column], rows, ..Table::default() };
    Ok(Stream { tables: vec![table], stage: Stage::Memory, ..stream })
}
