//! From bytes to lines, good and bad.

use super::WriteFault;
use crate::mutant;
use crate::store::rows::Rows;
use line_protocol::{Dialect, Line, Options, ParseError, Precision};
use profiles::answer::Fault;
use profiles::write::BadLines;
use std::cell::OnceCell;

/// The lines of a batch for sharded storage: the good ones, and what the bad ones are answered
/// with, should storage have nothing to say.
pub struct ParsedBatch<'i> {
    /// All of it as rows, if it is nothing else.
    pub(crate) rows: Option<Rows<'i>>,
    /// The good lines; of rows they are made when somebody wants to see them.
    lines: OnceCell<Vec<Line<'i>>>,
    /// The reasons of the bad ones.
    pub rejected: Vec<Vec<u8>>,
    /// What they all were read from.
    pub text: &'i [u8],
    /// The unit of its timestamps.
    pub precision: Precision,
    dialect: Dialect,
    now: i64,
}

impl<'i> ParsedBatch<'i> {
    /// How many good lines there are.
    pub fn count(&self) -> usize {
        self.rows.as_ref().map_or_else(|| self.lines().len(), Rows::len)
    }

    /// The good lines.
    pub fn lines(&self) -> &[Line<'i>] {
        self.lines.get_or_init(|| {
            let options = Options { precision: self.precision, default_time: self.now };
            let parsed = line_protocol::parse(self.text, &self.dialect, &options);
            mutant::lines(self.text, parsed).flatten().collect()
        })
    }
}

/// Parses a batch whose bad lines the endpoint treats as `bad_lines` says.
///
/// # Errors
/// [`Fault::LinesRejected`] where a bad line, or there being no good one, ends the write.
pub fn parse<'i>(
    text: &'i [u8],
    dialect: &Dialect,
    precision: Precision,
    now: i64,
    bad_lines: BadLines,
) -> Result<ParsedBatch<'i>, WriteFault> {
    let options = Options { precision, default_time: now };
    if let Some(rows) = mutant::rows(|| Rows::read(text, dialect, &options)) {
        let (rows, lines, rejected, dialect) = (Some(rows), OnceCell::new(), Vec::new(), *dialect);
        return Ok(ParsedBatch { rows, lines, rejected, text, precision, dialect, now });
    }
    let mut lines = Vec::new();
    let mut errors: Vec<ParseError> = Vec::new();
    for item in mutant::lines(text, line_protocol::parse(text, dialect, &options)) {
        match item {
            Ok(line) => lines.push(line),
            Err(error) => errors.push(error),
        }
    }
    let rejected: Vec<Vec<u8>> = errors.iter().map(|error| error.message_bytes(text)).collect();
    let ends = match bad_lines {
        BadLines::RejectBatch => !rejected.is_empty(),
        // What becomes of the batch is left to the store, which has the log.
        BadLines::Logged => false,
        BadLines::StoreGood | BadLines::Tables { .. } | BadLines::Listed(_) => {
            !rejected.is_empty() && lines.is_empty()
        }
    };
    if ends {
        return Err(WriteFault::with(Fault::LinesRejected, "detail", rejected.join(&b'\n')));
    }
    let (lines, dialect) = (OnceCell::from(lines), *dialect);
    Ok(ParsedBatch { rows: None, lines, rejected, text, precision, dialect, now })
}
