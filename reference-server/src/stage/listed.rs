//! From a body to rows of partitioned tables, and to the list of what was refused of it.

use super::{Failed, RejectedLine, WriteFault};
use crate::mutant;
use crate::store::partitions::{Full, Misfit, Partition, PartitionedTables, Room, Row};
use crate::store::tables::TimeUnit;
use jiff::Timestamp;
use jiff::fmt::strtime;
use line_protocol::{Dialect, FieldValue, Line, Options};
use profiles::answer::Fault;
use profiles::storage::{Partitions, Refusal, Scope, TooLarge};
use std::sync::Arc;

/// What the server's settings and the database say of a write.
pub struct Conditions<'c> {
    /// Whether the good lines of a bad batch are stored.
    pub partial: bool,
    /// How many tables and columns there may be.
    pub room: Room,
    /// How a partition's key is made of a time, as `strftime` has it.
    pub template: &'c str,
    /// Points older than this are refused.
    pub oldest: Option<i64>,
    /// The unit of the timestamps.
    pub unit: TimeUnit,
    /// The present time.
    pub now: i64,
}

/// Why storage refuses a line.
enum Unstored {
    Old(i64),
    Misfit(Misfit),
    Full(Full),
}

/// Parses a batch and stores what may be stored of it. A batch without a line is none, and no error.
///
/// # Errors
/// What was refused, of the batch or of its lines.
pub fn store_listed(
    rules: &Partitions,
    dialect: &Dialect,
    tables: &mut PartitionedTables,
    conditions: &Conditions<'_>,
    text: &[u8],
) -> Result<(), WriteFault> {
    // Where storage refuses the batch as a whole, lines are held against each other only.
    let mut tried = match rules.refuses {
        Refusal::Batch => PartitionedTables::default(),
        Refusal::Line => tables.columns_only(),
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut rejected = Vec::new();
    let mut old = 0;
    let parsed = mutant::lines(text, line_protocol::parse(text, dialect, &Options::default()));
    for (index, item) in parsed.enumerate() {
        let reject = |message, failed| RejectedLine {
            message,
            number: index + 1,
            original: String::new(),
            failed,
        };
        let outcome = match &item {
            Err(error) => Err(reject(error.message(text), Failed::Parsing)),
            Ok(line) if rules.too_large == TooLarge::BadLine && has_infinity(line) => {
                let message = "a float is too large for 64 bits".to_owned();
                Err(reject(message, Failed::Parsing))
            }
            Ok(line) => match nanoseconds(line, conditions.unit, conditions.now) {
                None => Err(reject(String::new(), Failed::Time)),
                Some(time) => judge(rules, conditions, &tried, line, time).map_err(|unstored| {
                    old += usize::from(matches!(unstored, Unstored::Old(_)));
                    reject(unstored.text(conditions), Failed::Writing)
                }),
            },
        };
        match outcome {
            Ok(row) => {
                tried.note(&row);
                rows.push(row);
            }
            Err(line) => rejected.push(line),
        }
        if rules.gives_up_after.is_some_and(|most| rejected.len() >= most) {
            break;
        }
    }
    if !rejected.is_empty() && (rows.is_empty() || !conditions.partial) {
        let fault =
            if old == rejected.len() { Fault::OutsideRetention } else { Fault::LinesRejected };
        return Err(WriteFault { fault, holes: Vec::new(), lines: rejected });
    }
    if rules.refuses == Refusal::Batch {
        whole_batch(tables, conditions, &rows)?;
    }
    // What it shares with the tables need not be copied for them.
    drop(tried);
    for row in rows {
        tables.insert(row);
    }
    if rejected.is_empty() {
        return Ok(());
    }
    Err(WriteFault { fault: Fault::PartialLines, holes: Vec::new(), lines: rejected })
}

fn has_infinity(line: &Line<'_>) -> bool {
    line.fields.iter().any(|(_, value)| matches!(value, FieldValue::Float(v) if v.is_infinite()))
}

/// Whether a line can be stored beside what was tried before it.
fn judge(
    rules: &Partitions,
    conditions: &Conditions<'_>,
    tried: &PartitionedTables,
    line: &Line<'_>,
    time: i64,
) -> Result<Row, Unstored> {
    let partition = partition(rules, conditions.template, time);
    let row = tried.fit(line, time, partition).map_err(Unstored::Misfit)?;
    if rules.refuses == Refusal::Line {
        if conditions.oldest.is_some_and(|oldest| time < oldest) {
            return Err(Unstored::Old(time));
        }
        tried.room(conditions.room, std::slice::from_ref(&row)).map_err(Unstored::Full)?;
    }
    Ok(row)
}

/// What is refused of a batch as a whole, in the router's order
/// (metrico/influxdb_iox ab17bbc9:router/src/dml_handlers): age, limits, types.
fn whole_batch(
    tables: &PartitionedTables,
    conditions: &Conditions<'_>,
    rows: &[Row],
) -> Result<(), WriteFault> {
    if let Some(minimum) = conditions.oldest
        && let Some(first) = rows.iter().find(|row| row.time < minimum)
    {
        let table = first.table();
        let of_table = rows.iter().filter(|row| row.table() == table).map(|row| row.time);
        let observed = of_table.min().unwrap_or(first.time);
        return Err(WriteFault::with(Fault::OutsideRetention, "table", table)
            .and("minimum", rfc3339(minimum))
            .and("observed", rfc3339(observed)));
    }
    tables.room(conditions.room, rows).map_err(|full| match full {
        Full::Tables { existing, merged, limit } => {
            counts(Fault::TableLimit.into(), existing, merged, limit)
        }
        Full::Columns { table, existing, merged, limit } => {
            let fault = WriteFault::with(Fault::ColumnLimit, "table", table);
            counts(fault, existing, merged, limit)
        }
    })?;
    for row in rows {
        if let Some((column, stored, given)) = tables.conflict(row) {
            return Err(WriteFault::with(Fault::SchemaConflict, "table", row.table())
                .and("column", column)
                .and("stored", stored.short())
                .and("given", given.short()));
        }
    }
    Ok(())
}

fn counts(fault: WriteFault, existing: usize, merged: usize, limit: usize) -> WriteFault {
    fault
        .and("existing", existing.to_string())
        .and("merged", merged.to_string())
        .and("limit", limit.to_string())
}

impl Unstored {
    /// What is said of the line. No page gives these words; those of limits and age are ours.
    fn text(&self, conditions: &Conditions<'_>) -> String {
        match self {
            Self::Misfit(misfit) => misfit.to_string(),
            Self::Full(full) => full.to_string(),
            Self::Old(time) => format!(
                "observed timestamp {} is outside of the retention period, minimum acceptable \
                 timestamp is {}",
                rfc3339(*time),
                rfc3339(conditions.oldest.unwrap_or_default())
            ),
        }
    }
}

/// A line's time; one without is of the present, to the nanosecond whatever the precision.
fn nanoseconds(line: &Line<'_>, unit: TimeUnit, now: i64) -> Option<i64> {
    match (line.timestamp, unit) {
        (None, _) => Some(now),
        (Some(time), TimeUnit::Given(precision)) => time.checked_mul(precision.multiplier()),
        (Some(time), TimeUnit::Guessed) => Some(time),
    }
}

fn partition(rules: &Partitions, template: &str, time: i64) -> Partition {
    let key = match rules.one_type_per {
        Scope::Table => None,
        Scope::Partition => strtime::format(template, &utc(time)).ok(),
    };
    Arc::from(key.unwrap_or_default())
}

/// A time as the router writes it: a fraction of 0, 3, 6 or 9 digits, and the offset.
fn rfc3339(time: i64) -> String {
    let seconds = strtime::format("%Y-%m-%dT%H:%M:%S", &utc(time)).unwrap_or_default();
    let nanoseconds = time.rem_euclid(1_000_000_000);
    let fraction = match (nanoseconds % 1_000, nanoseconds % 1_000_000) {
        _ if nanoseconds == 0 => String::new(),
        (_, 0) => format!(".{:03}", nanoseconds / 1_000_000),
        (0, _) => format!(".{:06}", nanoseconds / 1_000),
        _ => format!(".{nanoseconds:09}"),
    };
    format!("{seconds}{fraction}+00:00")
}

fn utc(time: i64) -> jiff::Zoned {
    // Every i64 of nanoseconds is a time that jiff knows.
    let time = Timestamp::from_nanosecond(i128::from(time)).unwrap_or_default();
    time.to_zoned(jiff::tz::TimeZone::UTC)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_router_writes_them() {
        for (time, text) in [
            (0, "1970-01-01T00:00:00+00:00"),
            (1_649_050_841_079_000_000, "2022-04-04T05:40:41.079+00:00"),
            (1_690_715_148_178_479_165, "2023-07-30T11:05:48.178479165+00:00"),
            (1_500, "1970-01-01T00:00:00.000001500+00:00"),
            (2_000, "1970-01-01T00:00:00.000002+00:00"),
            (-1, "1969-12-31T23:59:59.999999999+00:00"),
        ] {
            assert_eq!(rfc3339(time), text);
        }
        let ends = [rfc3339(i64::MIN), rfc3339(i64::MAX)];
        assert!(ends[0].starts_with("1677-") && ends[1].starts_with("2262-"), "{ends:?}");
    }
}
