//! What a query asks of a bucket, so that nothing else is made ready for it.

use super::{Column, Series};
use crate::query::allowance::Allowance;
use crate::store::series::TagSet;
use crate::store::value::Name;
use std::collections::BTreeSet;

/// Of which measurements.
#[derive(Clone, Copy)]
pub enum Names<'q> {
    /// Of all.
    All,
    /// Of this one.
    One(&'q [u8]),
    /// Of those whose names it says yes to.
    Matching(&'q dyn Fn(&[u8]) -> bool),
}

impl Names<'_> {
    /// Whether a measurement of this name is one of them.
    pub fn has(&self, name: &[u8]) -> bool {
        match self {
            Self::All => true,
            Self::One(one) => *one == name,
            Self::Matching(is_meant) => is_meant(name),
        }
    }
}

/// What of each of them. Who is asked may give more: nobody is asked for less than he needs.
#[derive(Clone, Copy)]
pub struct Asked<'q> {
    /// Which series.
    pub series: Which<'q>,
    /// Whether their points are asked for, or nothing but their tags.
    pub points: bool,
    /// What the query may use: each series counts, and looking for them ends where it ends.
    pub allowance: &'q Allowance,
}

/// Which series of a measurement.
#[derive(Clone, Copy)]
pub enum Which<'q> {
    /// All of them.
    All,
    /// None: what is known of the measurement without a look at any. These are not the tag keys, where
    /// the series alone know them.
    None,
    /// Those that may be meant. The tag keys are those of all.
    Some(Chooser<'q>),
}

/// Says which tags are meant, of a measurement of this name with these fields.
pub type Chooser<'q> = &'q dyn Fn(&Name, Fields<'_>) -> Meant<'q>;

/// The names of the fields that a measurement has in any shard, for who asks for them: there may be many
/// measurements in many shards.
pub type Fields<'f> = &'f dyn Fn() -> BTreeSet<Name>;

/// Whether a series with these tags may be meant.
pub type Meant<'q> = Box<dyn Fn(&TagSet) -> bool + 'q>;

impl<'q> Asked<'q> {
    /// All series with all of their points.
    pub const fn everything(allowance: &'q Allowance) -> Self {
        Self { series: Which::All, points: true, allowance }
    }

    /// All series, but nothing of them but their tags.
    pub const fn tags(allowance: &'q Allowance) -> Self {
        Self { points: false, ..Self::everything(allowance) }
    }

    /// As how many bytes of the query's memory a series counts: what it is seen as, and about one field,
    /// which most queries ask for.
    pub(crate) const fn size_of_series(&self) -> usize {
        let of_points = if self.points { size_of::<Column>() } else { 0 };
        size_of::<(Name, Series)>() + of_points
    }

    /// What is known without a look at any series.
    pub const fn description(allowance: &'q Allowance) -> Self {
        Self { series: Which::None, points: false, allowance }
    }
}

impl std::fmt::Debug for Asked<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asked").field("points", &self.points).finish_non_exhaustive()
    }
}
