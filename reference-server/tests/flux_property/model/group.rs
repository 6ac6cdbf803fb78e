//! `group`.

use crate::model::table::{Column, Part, Stage, Stream, Table, Type, Value, merge, split};
use std::collections::BTreeSet;

pub(crate) fn group(stream: Stream, columns: &[String], except: bool) -> Result<Stream, String> {
    let of_tags = |c: &String| c != "_time" && c != "_value";
    if stream.stage == Stage::Series && !except && columns.iter().all(of_tags) {
        return in_store(&stream, columns);
    }
    let mut tables = Vec::new();
    for table in &stream.tables {
        let in_key = |c: &&Column| columns.contains(&c.name) != except;
        let mut chosen: Vec<_> = table.columns.iter().filter(in_key).cloned().collect();
        // The key has its columns in their order if they are not all of the old key
        // (`getTableKey`, `GroupKeyForRowOn`).
        if !except && chosen.iter().all(|c| table.part(&c.name).is_some()) {
            chosen.sort_by(|a, b| a.name.cmp(&b.name));
        }
        let places: Vec<_> = chosen.iter().filter_map(|c| table.position(&c.name)).collect();
        // An empty table has a place in the result if its key says which.
        if table.rows.is_empty() {
            let key: Option<Vec<_>> = chosen.iter().map(|c| table.part(&c.name).cloned()).collect();
            if let Some(key) = key {
                merge(&mut tables, Table { key, ..table.clone() })?;
            }
        }
        let key = |row: &[Value]| {
            let part = |(column, i): (&Column, &usize)| Part {
                column: column.clone(),
                value: row[*i].clone(),
            };
            chosen.iter().zip(&places).map(part).collect()
        };
        for mut part in split(table, key) {
            part.merged = table.merged;
            merge(&mut tables, part)?;
        }
    }
    Ok(stream.sorted(tables))
}

/// The storage puts series together by their tags: `_start` and `_stop` stay in the key, a tag that a
/// series has not is an empty text in it and in its column, and comes last; all tags of a group are
/// columns
/// (`storage/flux/reader.go`, `groupKeyForGroup`, `determineTableColsForGroup`).
fn in_store(stream: &Stream, columns: &[String]) -> Result<Stream, String> {
    let tags: Vec<_> = columns.iter().filter(|c| *c != "_start" && *c != "_stop").collect();
    let mut groups: Vec<(Vec<String>, Vec<&Table>)> = Vec::new();
    for table in &stream.tables {
        let value = |tag: &&String| match table.part(tag).map(|p| &p.value) {
            Some(Value::Text(text)) => text.clone(),
            _ => String::new(),
        };
        let values: Vec<_> = tags.iter().map(value).collect();
        match groups.iter_mut().find(|(v, _)| *v == values) {
            Some((_, tables)) => tables.push(table),
            None => groups.push((values, vec![table])),
        }
    }
    let missing_last =
        |v: &[String]| v.iter().map(|v| (v.is_empty(), v.clone())).collect::<Vec<_>>();
    groups.sort_by_key(|(values, _)| missing_last(values));
    let mut tables = Vec::new();
    for (values, members) in groups {
        let first = members[0];
        let mut key = first.key[..2].to_vec();
        for (tag, value) in tags.iter().zip(values) {
            let column = Column { name: (*tag).clone(), kind: Type::Text };
            key.push(Part { column, value: Value::Text(value) });
        }
        let names: BTreeSet<_> =
            members.iter().flat_map(|t| t.columns[4..].iter().map(|c| c.name.clone())).collect();
        let mut columns = first.columns[..4].to_vec();
        columns.extend(names.into_iter().map(|name| Column { name, kind: Type::Text }));
        let merged = members.len() > 1;
        let mut group = Table { columns, key, rows: Vec::new(), merged };
        for member in members {
            if member.columns[3] != group.columns[3] {
                return Err("schema collision".to_owned());
            }
            let places: Vec<_> = group.columns.iter().map(|c| member.position(&c.name)).collect();
            for row in &member.rows {
                let cell =
                    |i: &Option<usize>| i.map_or(Value::Text(String::new()), |i| row[i].clone());
                group.rows.push(places.iter().map(cell).collect());
            }
        }
        tables.push(group);
    }
    let stage = Stage::Groups(columns.to_vec());
    Ok(Stream { tables, stage, ..*stream })
}
