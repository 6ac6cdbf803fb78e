//! What storage accepts, and how it words what it refuses.

use std::time::Duration;

/// How a product keeps points.
#[derive(Clone, Copy, Debug)]
pub enum Storage {
    /// Shards by time, each with its own field types (the Go products).
    Shards(Shards),
    /// Tables with one schema for all time (v3).
    Tables(Tables),
}

/// The rules of sharded storage.
#[derive(Clone, Copy, Debug)]
pub struct Shards {
    /// What a type conflict between two points of one batch does, where the field is new.
    pub conflict_in_batch: ConflictInBatch,
    /// How names stand in the messages of a type conflict and of a string that is too long.
    pub conflict_names: Quoting,
    /// The longest string value, in bytes.
    pub longest_string: Option<usize>,
    /// What becomes of a field `time` that has other fields beside it.
    pub time_beside_fields: TimeBesideFields,
    /// How points older than the retention period are reported.
    pub beyond_retention: BeyondRetention,
    /// The losses whose message ends with the database and the retention policy that they were
    /// meant for.
    pub target_named: &'static [Loss],
    /// Whether a measurement that is not UTF-8 fails where the write makes its shard.
    pub new_shard_needs_utf8: bool,
    /// A number of tags in one point on which the release panics.
    pub panics_at_tags: Option<usize>,
    /// Whether a measurement with an escaped `=` is stored but never found by a query.
    pub escaped_equals_unreadable: bool,
}

/// What a type conflict within a batch does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConflictInBatch {
    /// The first type wins; the other points are dropped.
    FirstTypeWins,
    /// As above, but where this write makes the shard it fails, having registered the first type.
    FirstTypeWinsUnlessNewShard,
    /// The write fails, having registered the first type: repeated, it drops points.
    Fails,
    /// Types belong to a series in the whole bucket, not to a measurement in a shard. A field of
    /// another type than its series has, or had earlier in the batch, is lost by itself; the other
    /// fields of its line are stored.
    LosesFields,
}

/// How a name is put between quotes in a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quoting {
    /// As it is.
    Raw,
    /// As Go's `%q` does.
    Go,
}

/// What becomes of a field `time` that has other fields beside it; alone it always loses its point.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeBesideFields {
    /// It is left out, and nobody is told.
    Stripped,
    /// It is left out and the write is answered as a partial one that dropped nothing, unless a
    /// point was dropped too. The last such point words it.
    StrippedAndTold,
}

/// What a partial write has lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// Points, for what is wrong with them.
    Points,
    /// Fields `time`, out of points that are stored.
    TimeFields,
    /// Points older than the retention period.
    Retention,
}

/// How a drop by retention is worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BeyondRetention {
    /// `points beyond retention policy dropped=2`.
    Short,
    /// With the number, the duration, the oldest and newest point and the bound.
    Detailed,
}

/// The shortest retention period that a policy or bucket may have.
pub const SHORTEST_RETENTION: Duration = Duration::from_secs(3600);

/// The rules of tables.
#[derive(Clone, Copy, Debug)]
pub struct Tables {
    /// How many databases there may be, the product's own not counted.
    pub databases: usize,
    /// How many tables in all databases.
    pub tables: usize,
    /// How many columns in a table, with the time column once it is there.
    pub columns: usize,
    /// How many tag columns in a table.
    pub tag_columns: usize,
    /// Columns that nobody may make.
    pub reserved: &'static [&'static str],
    /// The longest database name, in bytes.
    pub longest_name: usize,
}
