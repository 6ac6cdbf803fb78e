//! What queries see of a table: the series that they ask for.

use crate::store::series::TagSet;
use crate::store::series_map::{Reading, SeriesMap};
use crate::store::view::{Asked, Meant, Measurement, Series, Which};
use std::ops::Bound;

/// How many series may be passed over in the time that one takes that is meant.
const PASSED_OVER: usize = 4;

/// What was seen of a table by now.
pub(crate) struct Viewed<'q> {
    /// The table, with the series that are asked for, as far as they were seen.
    pub(crate) measurement: Measurement,
    asked: Asked<'q>,
    /// None where all are meant, or nothing was looked at.
    meant: Option<Meant<'q>>,
    /// The last one that was looked at.
    behind: Option<TagSet>,
    /// How many were, whether they are meant or not.
    pub(crate) seen: usize,
}

impl<'q> Viewed<'q> {
    /// Nothing yet.
    pub(crate) fn of(asked: Asked<'q>) -> Self {
        let measurement = Measurement::default();
        Self { measurement, asked, meant: None, behind: None, seen: 0 }
    }

    /// Adds so many more of a table's series, all else of which is known; whether there are more.
    pub(super) fn look_at(&mut self, series: &mut SeriesMap<TagSet>, most: usize) -> bool {
        let reading = match self.asked.series {
            Which::None => return false,
            Which::All if self.asked.points => Reading::Tags,
            Which::All => Reading::TagsAlone,
            Which::Some(chooser) => {
                let Measurement { name, fields, .. } = &self.measurement;
                let names = || fields.iter().map(|(name, _)| name.clone()).collect();
                self.meant.get_or_insert_with(|| chooser(name, &names));
                Reading::TagsAlone
            }
        };
        let mut left = most.saturating_mul(PASSED_OVER);
        let mut are_more = false;
        let from = self.behind.clone();
        let from = from.as_ref().map_or(Bound::Unbounded, Bound::Excluded);
        series.each_from(from, reading, |tags, points| {
            if left == 0 {
                are_more = true;
                return false;
            }
            let is_meant = self.meant.as_ref().is_none_or(|is_meant| is_meant(tags));
            if is_meant {
                let mut series = Series { tags: tags.clone(), ..Series::default() };
                if self.asked.points {
                    points.settle();
                    series.columns = points.columns(i64::MIN);
                }
                self.measurement.series.push(series);
            }
            self.seen += 1;
            left = left.saturating_sub(if is_meant { PASSED_OVER } else { 1 });
            if left == 0 {
                self.behind = Some(tags.clone());
            }
            true
        });
        are_more
    }
}
