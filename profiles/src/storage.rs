//! What storage accepts, and how it words what it refuses.

use std::time::Duration;

/// How a product keeps points.
#[derive(Clone, Copy, Debug)]
pub enum Storage {
    /// Shards by time, each with its own field types (the Go products).
    Shards(Shards),
    /// Tables with one schema for all time (v3).
    Tables(Tables),
    /// Tables cut into partitions by time (the IOx router).
    Partitions(Partitions),
}

/// The rules of tables that are cut into partitions by time.
#[derive(Clone, Copy, Debug)]
pub struct Partitions {
    /// How many tables a database may have.
    pub tables: usize,
    /// How many columns a table may have, `time` counted.
    pub columns: usize,
    /// Where two types of one field get into each other's way.
    pub one_type_per: Scope,
    /// What becomes of a batch of which storage refuses a line.
    pub refuses: Refusal,
    /// What is done with a float that is too large for 64 bits.
    pub too_large: TooLarge,
    /// After so many bad lines the rest of the batch is not looked at.
    pub gives_up_after: Option<usize>,
    /// Which names a database may have.
    pub names: Names,
}

/// What is done with a float that is too large for 64 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TooLarge {
    /// It is stored as an infinity, which no answer in JSON can hold.
    Infinity,
    /// Its line is a bad one.
    BadLine,
}

/// How far something reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The whole table.
    Table,
    /// A partition of it, which the setting `partition-template` tells by a point's time.
    Partition,
}

/// What becomes of a batch of which storage refuses a line: for its type, for its age, or since it
/// makes a column or table too many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// All of it is refused, in an answer that numbers no line.
    Batch,
    /// The line is a bad line like one that cannot be read.
    Line,
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
    /// How far a field's type reaches.
    pub types: TypesOf,
}

/// How far a field's type reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TypesOf {
    /// As far as a shard: the same field may have another type in another week. A point that is too
    /// old is still taken where the same batch opens its shard.
    EachShard,
    /// The whole bucket. Each point that is too old is dropped.
    TheBucket,
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
    /// How many columns in a table.
    pub columns: usize,
    /// How many tag columns in a table.
    pub tag_columns: usize,
    /// Columns that nobody may make.
    pub reserved: &'static [&'static str],
    /// Whether the time column is one of those that count towards `columns`.
    pub counts_time: bool,
    /// How one table too many is worded.
    pub table_limit: TableLimit,
    /// Whether a key with a control character is refused.
    pub refuses_control_characters: bool,
    /// What a tag key twice in one line does.
    pub repeated_tags: RepeatedTags,
    /// What a float does that is larger than any.
    pub overflow: Overflow,
    /// What a line leaves in the schema that is refused after it made columns.
    pub refused_line: RefusedLine,
    /// What becomes of points that are older than the retention period.
    pub old_points: OldPoints,
    /// Which names a database may have.
    pub names: Names,
}

/// What a tag key twice in one line does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RepeatedTags {
    /// The line is stored, and no query can read its table any more.
    Stored,
    /// The line is refused.
    Refused,
}

/// What a float does that is larger than any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Overflow {
    /// It is stored as infinity, which not every form of an answer can hold.
    Infinity,
    /// Its line is refused.
    Refused,
}

/// What a refused line leaves in the schema.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusedLine {
    /// The columns that it had made by then.
    LeavesColumns,
    /// Nothing.
    LeavesNothing,
}

/// What becomes of points that are older than the retention period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OldPoints {
    /// They are stored: the write path does not look.
    Stored,
    /// Their lines are refused.
    Refused,
}

/// How one table too many is worded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TableLimit {
    /// With the limit.
    Limit,
    /// With the number of tables that there are, too.
    NumberAndLimit,
}

/// Which names a database may have: two layers look at them, each with its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Names {
    /// The longest one of the catalog, in bytes.
    pub longest: usize,
    /// What the routing layer says that a character is, where it does not take it.
    pub refused_character: &'static str,
}
