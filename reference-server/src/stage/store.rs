//! From lines to stored points, and to what is said of those that are not.

use super::admit::BucketTarget;
use super::parse::ParsedBatch;
use super::{Failed, RejectedLine, WriteFault};
use crate::lock::lock;
use crate::mutant;
use crate::store::numbers::Numbers;
use crate::store::rows::Rows;
use crate::store::shards::{Dropped, StorageFault};
use crate::store::tables::{SchemaFault, TableSet, TimeUnit};
use line_protocol::{Dialect, Options};
use profiles::answer::Fault;
use profiles::storage::{OldPoints, Shards, Tables};

/// Stores a batch in a bucket of shards; `numbers` learns of its series where all of it are rows.
///
/// # Errors
/// What storage dropped, else the lines that the parser rejected.
pub(crate) fn store_in_shards(
    rules: &Shards,
    target: &BucketTarget,
    batch: &ParsedBatch<'_>,
    now: i64,
    numbers: &mut Numbers,
) -> Result<(), WriteFault> {
    let bucket = target.bucket.as_ref().map_err(Clone::clone)?;
    if let Some(rows) = &batch.rows
        && lock(bucket).take(rows, now, numbers)
    {
        return Ok(());
    }
    let lines = batch.lines();
    lock(bucket).write(lines, now).map_err(|fault| match fault {
        StorageFault::Dropped(dropped) => partial(rules, target, &dropped),
        StorageFault::Conflict => {
            WriteFault::with(Fault::StorageConflict, "detail", "field type conflict")
        }
        // Go's protobuf package, as recorded from 1.6.7.
        StorageFault::NotUtf8 => WriteFault::with(
            Fault::StorageFailed,
            "detail",
            "proto: field \"tsdb.MeasurementFields.Name\" contains invalid UTF-8",
        ),
        StorageFault::Panic => Fault::Panic.into(),
    })?;
    if batch.rejected.is_empty() {
        return Ok(());
    }
    let reasons = batch.rejected.join(&b'\n');
    Err(WriteFault::with(Fault::PartialLines, "detail", reasons)
        .and("target", meant_for(&target.database, &target.named_policy)))
}

/// How a message names what its points were meant for.
fn meant_for(database: &str, policy: &str) -> String {
    let database = format!(" for database: {database}");
    if policy.is_empty() { database } else { format!("{database} for retention policy: {policy}") }
}

fn partial(rules: &Shards, target: &BucketTarget, dropped: &Dropped) -> WriteFault {
    let mut end = format!(" dropped={}", dropped.count);
    if rules.target_named.contains(&dropped.loss) {
        end.push_str(&meant_for(&target.database, &target.policy));
    }
    WriteFault::with(Fault::PartialStorage, "detail", [&*dropped.reason, end.as_bytes()].concat())
}

/// The body of a write for tables.
#[derive(Clone, Copy)]
pub(crate) struct Body<'b> {
    /// As it came.
    pub text: &'b [u8],
    /// The same as rows, if it is nothing else.
    pub(crate) rows: Option<&'b Rows<'b>>,
    /// The unit of its timestamps.
    pub unit: TimeUnit,
    /// When it was taken, in nanoseconds since 1970.
    pub now: i64,
}

/// A database of tables, as one write finds it.
pub(crate) struct Place<'t> {
    /// Its tables.
    pub tables: &'t mut TableSet,
    /// How many tables the other databases have.
    pub tables_elsewhere: usize,
    /// The first time that its retention keeps, where it has one.
    pub oldest: Option<i64>,
}

/// Parses and stores a batch line by line in a database of tables. With `accept_partial=false` the
/// first bad line ends it and nothing is kept, not even columns. `numbers` learns of its series where
/// all of it are rows.
///
/// # Errors
/// The rejected lines, or that there was none at all.
pub(crate) fn store_in_tables(
    rules: &Tables,
    dialect: &Dialect,
    place: Place<'_>,
    accept_partial: bool,
    body: Body<'_>,
    numbers: &mut Numbers,
) -> Result<(), WriteFault> {
    let Place { tables, tables_elsewhere, oldest } = place;
    let Body { text, rows, unit, now } = body;
    let oldest = oldest.filter(|_| rules.old_points == OldPoints::Refused);
    if rows.is_some_and(|rows| tables.take(rows, unit, now, oldest, numbers)) {
        return Ok(());
    }
    // A write that may be refused as a whole is tried on a copy of the columns first.
    let mut tried = (!accept_partial).then(|| tables.schemas());
    let mut rows = Vec::new();
    let mut rejected = Vec::new();
    let mut limit_reached = false;
    let mut lines = 0;
    for item in mutant::lines(text, line_protocol::parse(text, dialect, &Options::default())) {
        lines += 1;
        let outcome = match item {
            Ok(line) => {
                let echo = || line.to_string();
                let on = tried.as_mut().unwrap_or(&mut *tables);
                on.row(rules, tables_elsewhere, &line, unit, now, oldest)
                    .map(|row| match tried {
                        Some(_) => rows.push(row),
                        None => tables.insert(row),
                    })
                    .map_err(|fault| rejection(&fault, lines, &echo()))
                    .inspect_err(|(_, limit)| limit_reached |= limit)
                    .map_err(|(line, _)| line)
            }
            Err(error) => Err(RejectedLine {
                message: error.message(text),
                number: error.line_number,
                original: line_protocol::lossy(error.original_line(text)),
                failed: Failed::Parsing,
            }),
        };
        if let Err(line) = outcome {
            rejected.push(line);
            if !accept_partial {
                break;
            }
        }
    }
    if lines == 0 {
        return Err(Fault::EmptyWrite.into());
    }
    if rejected.is_empty() {
        if let Some(tried) = tried {
            tables.adopt(tried, rows);
        }
        return Ok(());
    }
    let all = rejected.len() == lines;
    let fault = match (accept_partial, limit_reached) {
        (false, _) => Fault::LinesRejected,
        (true, true) if all => Fault::AllLimit,
        (true, true) => Fault::PartialLimit,
        (true, false) if all => Fault::AllLines,
        (true, false) => Fault::PartialLines,
    };
    let first = rejected.first().map(|line| line.message.clone().into_bytes());
    let holes = first.map(|message| ("detail", message)).into_iter().collect();
    Err(WriteFault { fault, holes, lines: rejected })
}

fn rejection(fault: &SchemaFault, number: usize, echo: &str) -> (RejectedLine, bool) {
    let original = line_protocol::cut(echo.as_bytes(), line_protocol::ORIGINAL_LINE_BYTES);
    let original = line_protocol::lossy(original);
    let failed = match fault {
        SchemaFault::TimeOutOfRange { .. } => Failed::Time,
        _ => Failed::Writing,
    };
    (RejectedLine { message: fault.to_string(), number, original, failed }, fault.is_limit())
}

#[cfg(test)]
mod tests;
