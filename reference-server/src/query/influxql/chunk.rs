//! Cutting results into the documents of an answer. Not what a document looks like.

use super::json::Part;
use super::result::{Outcome, Series};
use std::borrow::Cow;

/// Rows of a chunk where `chunk_size` names none.
pub(super) const DEFAULT_SIZE: usize = 10_000;

/// A statement's result, or a piece of it.
#[derive(Debug)]
pub(super) struct Chunk<'a> {
    outcome: &'a Outcome,
    series: Cow<'a, [Series]>,
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
        kept.push(complete(outcome, &outcome.series));
    }
    kept
}

fn complete<'a>(outcome: &'a Outcome, series: &'a [Series]) -> Chunk<'a> {
    Chunk {
        outcome,
        series: Cow::Borrowed(series),
        series_goes_on: false,
        statement_goes_on: false,
    }
}

/// A document for each piece of each series of so many rows, each made when it is asked for.
pub(super) fn chunks(outcomes: &[Outcome], size: usize) -> impl Iterator<Item = Vec<Chunk<'_>>> {
    outcomes.iter().flat_map(move |outcome| -> Box<dyn Iterator<Item = Vec<Chunk<'_>>>> {
        if outcome.series.is_empty() {
            return Box::new(std::iter::once(vec![complete(outcome, &[])]));
        }
        let series = outcome.series.iter();
        if outcome.whole {
            return Box::new(series.map(|one| vec![complete(outcome, std::slice::from_ref(one))]));
        }
        let last = outcome.series.len() - 1;
        Box::new(series.enumerate().flat_map(move |(number, series)| {
            let pieces = series.rows.len().div_ceil(size.max(1)).max(1);
            (0..pieces).map(move |piece| {
                let rows = series.rows.iter().skip(piece * size).take(size).cloned().collect();
                let last_piece = piece + 1 == pieces;
                vec![Chunk {
                    outcome,
                    series: Cow::Owned(vec![Series { rows, ..without_rows(series) }]),
                    series_goes_on: !last_piece,
                    statement_goes_on: !(last_piece && number == last),
                }]
            })
        }))
    })
}

fn without_rows(series: &Series) -> Series {
    Series {
        name: series.name.clone(),
        tags: series.tags.clone(),
        columns: series.columns.clone(),
        rows: Vec::new(),
    }
}
