//! From bytes to lines, good and bad.

use super::WriteFault;
use crate::mutant;
use line_protocol::{Dialect, Line, Options, ParseError, Precision};
use profiles::answer::Fault;
use profiles::write::BadLines;

/// The lines of a batch for sharded storage: the good ones, and what the bad ones are answered
/// with, should storage have nothing to say.
pub struct ParsedBatch<'i> {
    /// The good lines.
    pub lines: Vec<Line<'i>>,
    /// The reasons of the bad ones.
    pub rejected: Vec<Vec<u8>>,
    /// What they all were read from.
    pub text: &'i [u8],
    /// The unit of its timestamps.
    pub precision: Precision,
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
    Ok(ParsedBatch { lines, rejected, text, precision })
}
