//! What a query sees: the measurements of one bucket, apart from how they are kept. All that was
//! answered before the query began is there; of what is written meanwhile, in a large bucket, some.
//!
//! Every query language reads this and nothing else of the store.

mod asked;
mod columns;

use super::points::Points;
use super::series::TagSet;
use super::value::{FieldType, Name};
use std::time::{Duration, Instant};

pub use asked::{Asked, Chooser, Fields, Meant, Names, Which};
pub use columns::Columns;

/// From how many series on a query looks at them by turns with others.
pub(crate) const MANY_SERIES: usize = 50_000;

/// How many series are looked at before writes have their turn: a series that has been written to for
/// long has some hundred parts.
pub(crate) const SERIES_AT_ONCE: usize = if cfg!(test) { 7 } else { 100 };

/// How long nobody looks then: a lock that is taken again at once is nobody else's.
const BETWEEN_LOOKS: Duration = Duration::from_micros(30);

/// Lets those who wait for a lock have it between two looks. Nobody sleeps for it: a thread of low
/// priority sleeps for milliseconds, and there may be ten thousand looks.
pub(crate) fn give_way() {
    let begin = Instant::now();
    while begin.elapsed() < BETWEEN_LOOKS {
        std::thread::yield_now();
    }
}

/// One measurement (v3: table).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measurement {
    /// Its name.
    pub name: Name,
    /// Its tag keys, sorted. Also those that no stored point has any more or yet: OSS keeps the
    /// series of a dropped point, v3 the columns of a rejected line.
    pub tag_keys: Vec<Name>,
    /// Its fields with their type, sorted by name, then by shard. A field has several entries where
    /// the shards of an OSS bucket hold several types of it.
    pub fields: Vec<(Name, FieldType)>,
    /// Its series, sorted by their tags (key and value, bytewise).
    pub series: Vec<Series>,
    /// The fields that each shard knows, by the shard's start, whether it has points of them or not: a
    /// batch that is refused for a conflict leaves its fields behind. Empty where there are no shards.
    pub declared: Vec<(i64, Name, FieldType)>,
    /// Why rows of this table cannot be read, where the product's own bug makes it so (v3).
    pub unreadable: Option<Unreadable>,
}

/// A state in which a v3 product answers every query of a table with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unreadable {
    /// A rejected line left columns but no `time` column.
    NoTimeColumn,
    /// A line with a repeated tag left two values for one column.
    UnevenColumns,
}

/// The points of one measurement and tag set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    /// Tag keys and values, sorted by key; a tag that is not here is null.
    pub tags: TagSet,
    /// Its fields that have points.
    pub columns: Columns,
    /// The starts of the shards that know it but have no point of it: what was refused leaves its
    /// series behind.
    pub empty_in: Vec<i64>,
}

/// The points of one field of a series.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The field's name.
    pub name: Name,
    /// The type of all its values.
    pub field_type: FieldType,
    /// Its points; their times are nanoseconds since 1970.
    pub points: Points,
    /// The start of the earliest shard that these points come from (v3: the least time there is).
    pub first_shard: i64,
}
