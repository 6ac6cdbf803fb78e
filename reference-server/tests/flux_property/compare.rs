//! Whether the server says what the model says.

use crate::data::DataSet;
use crate::model;
use crate::query::Query;
use crate::server::Loaded;

/// Both answers, where they differ.
pub(crate) fn difference(
    loaded: &mut Loaded,
    data: &DataSet,
    query: &Query,
) -> Result<Option<String>, String> {
    let expected = model::answer(data, query);
    let found = loaded.ask(query)?;
    let same = match &expected {
        Ok(answer) => {
            let as_set = || !answer.ordered && tables(&found.body) == tables(&answer.text);
            found.status == 200 && (found.body == answer.text || as_set())
        }
        // The model does not judge it; that the server broke down is no answer to anything.
        Err(pieces) if pieces.is_empty() => [200, 400, 501].contains(&found.status),
        // An error comes as one, or after the rows that were there before it.
        Err(pieces) => {
            let said = found.status == 400 || found.body.contains(",error,reference");
            said && pieces.split('|').any(|piece| found.body.contains(piece))
        }
    };
    Ok((!same).then(|| {
        let expected = match expected {
            Ok(answer) => answer.text,
            Err(pieces) => format!("an error: {pieces}"),
        };
        format!("the model:\n{expected}\nthe server: {}\n{}", found.status, found.body)
    }))
}

/// The tables of an answer without their numbers, each with its header, in an order of its own.
fn tables(text: &str) -> Vec<(Vec<String>, Vec<String>)> {
    let mut tables: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    let (mut header, mut last) = (Vec::new(), None);
    for line in lines(text) {
        let mut cells = line.splitn(4, ',');
        let first = cells.next().unwrap_or_default();
        let (name, number) = (cells.next().unwrap_or_default(), cells.next().unwrap_or_default());
        let rest = cells.next().unwrap_or_default().to_owned();
        if first.is_empty() && number.parse::<usize>().is_ok() {
            let table = (name.to_owned(), number.to_owned());
            if last.as_ref() != Some(&table) {
                tables.push((header.clone(), Vec::new()));
            }
            last = Some(table);
            if let Some((_, rows)) = tables.last_mut() {
                rows.push(rest);
            }
        } else {
            if last.is_some() {
                header.clear();
            }
            last = None;
            if !line.trim().is_empty() {
                header.push(line);
            }
        }
    }
    tables.sort_unstable();
    tables
}

/// Lines of CSV; a line end in quotes is none.
fn lines(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut quoted = false;
    for c in text.chars() {
        quoted ^= c == '"';
        let end = lines.len() - 1;
        match c {
            '\n' if !quoted => lines.push(String::new()),
            c => lines[end].push(c),
        }
    }
    lines
}
