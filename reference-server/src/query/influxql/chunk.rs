//! Cutting results into the documents of an answer. Not what a document looks like.

use super::json::Part;
use super::result::{Outcome, Series};

/// Rows of a chunk where `chunk_size` names none.
pub(super) const DEFAULT_SIZE: usize = 10_000;

/// A statement's result, or a piece of it.
#[derive(Debug)]
pub(super) struct Chunk<'a> {
    outcome: &'a Outcome,
    series: Vec<Series>,
    series_goes_on: bool,
    statement_goes_on: bool,
}

impl Chunk<'_> {
    /// The chunk as the printers take it.
    pub(super) fn part(&self) -> Part<'_> {
        Part {
            outcome: self.outcome,
            series: &self.series,
            series_goes_on: self.series_goes_on,
            statement_goes_on: self.statement_goes_on,
        }
    }
}

/// One document. Of results of one statement that follow each other the last one stays.
pub(super) fn whole(outcomes: &[Outcome]) -> Vec<Chunk<'_>> {
    let mut kept: Vec<Chunk<'_>> = Vec::new();
    for outcome in outcomes {
        let _ = kept.pop_if(|last| last.outcome.statement == outcome.statement);
        kept.push(complete(outcome));
    }
    kept
}

fn complete(outcome: &Outcome) -> Chunk<'_> {
    Chunk {
        outcome,
        series: outcome.series.clone(),
        series_goes_on: false,
        statement_goes_on: false,
    }
}

/// A document for each piece of each series of so many rows.
pub(super) fn chunks(outcomes: &[Outcome], size: usize) -> Vec<Vec<Chunk<'_>>> {
    let mut documents = Vec::new();
    for outcome in outcomes {
        if outcome.series.is_empty() {
            documents.push(vec![complete(outcome)]);
        }
        if outcome.whole {
            let alone =
                |series: &Series| Chunk { series: vec![series.clone()], ..complete(outcome) };
            documents.extend(outcome.series.iter().map(|series| vec![alone(series)]));
            continue;
        }
        for (i, series) in outcome.series.iter().enumerate() {
            let last_series = i + 1 == outcome.series.len();
            let pieces = series.rows.chunks(size.max(1)).count().max(1);
            for n in 0..pieces {
                let rows = series.rows.iter().skip(n * size).take(size).cloned().collect();
                let last_piece = n + 1 == pieces;
                documents.push(vec![Chunk {
                    outcome,
                    series: vec![Series { rows, ..without_rows(series) }],
                    series_goes_on: !last_piece,
                    statement_goes_on: !(last_piece && last_series),
                }]);
            }
        }
    }
    documents
}

fn without_rows(series: &Series) -> Series {
    Series {
        name: series.name.clone(),
        tags: series.tags.clone(),
        columns: series.columns.clone(),
        rows: Vec::new(),
    }
}
