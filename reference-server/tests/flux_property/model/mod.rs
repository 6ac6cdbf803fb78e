//! A small model of Flux: vectors of tables of rows, and nothing that is fast.
//!
//! It was written from Flux's documentation (docs-v2: `content/flux/v0/stdlib/universe`), its source
//! (influxdata/flux v0.196.1, the one of OSS 2.7) and what the storage answers itself
//! (influxdata/influxdb, branch 2.7: `query/stdlib/influxdata/influxdb/rules.go`,
//! `storage/flux/reader.go`), not from the server under test.

pub(crate) mod csv;
pub(crate) mod filter;
mod group;
mod map;
mod pivot;
mod read;
mod schema;
mod shape;
pub(crate) mod table;
mod total;
mod window;

use crate::data::DataSet;
use crate::query::{Query, Source, Step};
use table::{Stage, Stream};

/// The text of an answer, and whether its tables have to be in this order.
pub(crate) struct Answer {
    pub(crate) text: String,
    pub(crate) ordered: bool,
}

/// What a query gives: results in their order, or pieces of the error's text, one of which must be
/// there; an empty text where the model does not know.
pub(crate) fn answer(data: &DataSet, query: &Query) -> Result<Answer, String> {
    if query.dress.params && !matches!(query.source, Source::Rows(..)) {
        return Err("undefined identifier params".to_owned());
    }
    // Where streams part, nothing after it is left to the storage.
    let mut named = Vec::new();
    let shared = run(source(data, query)?, &query.steps, &mut named)?;
    let mut results = named;
    if query.results.is_empty() {
        let ends_with_yield = matches!(query.steps.last(), Some(Step::Yield(_)));
        if !ends_with_yield {
            results.push(("_result", shared));
        }
    } else {
        for (name, steps) in &query.results {
            let mut named = Vec::new();
            let alone = query.results.len() == 1;
            let start = if alone { shared.clone() } else { shared.with(shared.tables.clone()) };
            let last = run(start, steps, &mut named)?;
            results.extend(named);
            results.push((name, last));
        }
    }
    let block = |(name, stream): &(&str, Stream)| csv::result(name, &stream.tables, &query.dialect);
    Ok(Answer {
        text: results.iter().map(block).collect(),
        ordered: results.iter().all(|(_, stream)| stream.ordered),
    })
}

/// What a source gives.
pub(crate) fn source(data: &DataSet, query: &Query) -> Result<Stream, String> {
    match &query.source {
        Source::Bucket(range) => read::read(data, range, query.now),
        Source::Rows(names, rows) => Ok(read::rows(names, rows)),
        Source::Schema(schema, range) => schema::schema(data, schema, range, query.now),
    }
}

/// Runs steps one after the other; results that are named on the way are added to `named`.
pub(crate) fn run(
    mut stream: Stream,
    steps: &[Step],
    named: &mut Vec<(&'static str, Stream)>,
) -> Result<Stream, String> {
    for one in steps {
        if let Step::Yield(name) = one {
            named.push((name, stream.clone()));
        }
        stream = step(stream, one)?;
    }
    Ok(stream)
}

/// Runs one step.
pub(crate) fn step(stream: Stream, step: &Step) -> Result<Stream, String> {
    match step {
        Step::Filter { predicate, keep_empty } => filter::filter(stream, predicate, *keep_empty),
        Step::Keep(names) => shape::keep(&stream, |name| names.iter().any(|n| n == name)),
        Step::Drop(names) => shape::keep(&stream, |name| !names.iter().any(|n| n == name)),
        Step::Matching { keep, pattern } => {
            let pattern = regex::Regex::new(pattern).map_err(|e| e.to_string())?;
            shape::keep(&stream, |name| pattern.is_match(name) == *keep)
        }
        Step::Rename(names) => shape::rename(&stream, names),
        Step::Sort { columns, desc } => {
            let value = ["_value".to_owned()];
            shape::sort(&stream, columns.as_deref().unwrap_or(&value), *desc)
        }
        Step::Limit { n, offset } => Ok(shape::limit(&stream, *n, offset.unwrap_or(0))),
        Step::Group { columns, except } => group::group(stream, columns, *except),
        Step::Total(function, column) => {
            total::total(&stream, *function, column.as_deref().unwrap_or("_value"))
        }
        Step::Distinct(column) => total::distinct(&stream, column.as_deref().unwrap_or("_value")),
        Step::Pivot { row, column, value } => pivot::pivot(&stream, row, column, value),
        Step::Window { every, offset, function, create_empty } => {
            let window = window::Window { every: *every, offset: offset.unwrap_or(0) };
            window::aggregate(&stream, window, *function, create_empty.unwrap_or(true))
        }
        Step::Map { with, columns } => map::map(&stream, *with, columns),
        Step::Yield(_) => Ok(Stream { stage: Stage::Memory, ..stream }),
    }
}
