//! Reading tables from the store's view: one for each series and field, in the store's order.

use super::plan::Aggregate;
use super::predicate::Predicate;
use super::table::{Cell, Column, GroupKey, Kind, Table, kept, label};
use crate::query::allowance::Allowance;
use crate::store::view::{Column as Stored, Measurement, Series};
use crate::store::{Name, Value};

/// What to read.
#[derive(Clone, Debug)]
pub(super) struct Read<'a> {
    /// What the query may use.
    pub(super) allowance: &'a Allowance,
    /// The first nanosecond.
    pub(super) start: i64,
    /// The one after the last.
    pub(super) stop: i64,
    /// What must hold for each point.
    pub(super) predicates: Vec<Predicate>,
    /// How many points of each series are read at most, the first ones.
    pub(super) most: usize,
}

/// The points of one field of one series.
#[derive(Clone, Debug)]
pub(super) struct SeriesPoints {
    /// Tags, with `_field` and `_measurement` among them, by key.
    pub(super) tags: Vec<(Name, Name)>,
    pub(super) kind: Kind,
    /// By time; never empty.
    pub(super) points: Vec<(i64, Cell)>,
}

impl Read<'_> {
    /// All series that have points, by measurement, tags and field.
    pub(super) fn series(&self, measurements: &[Measurement]) -> Vec<SeriesPoints> {
        let mut found = Vec::new();
        for measurement in measurements {
            for series in &measurement.series {
                if !self.allowance.goes_on() {
                    return found;
                }
                let mut fields: Vec<&Name> =
                    series.columns.fields().map(|(name, _)| name).collect();
                fields.sort();
                fields.dedup();
                let read = |field| self.field(measurement, series, field);
                found.extend(fields.into_iter().filter_map(read));
            }
        }
        found
    }

    /// The measurement that it reads, where it names one.
    pub(super) fn measurement(&self) -> Option<&Name> {
        self.predicates.iter().find_map(|predicate| predicate.value_of(b"_measurement"))
    }

    /// Whether any point of a series with these tags may be read.
    pub(super) fn may_read(&self, measurement: &[u8], tags: &[(Name, Name)]) -> bool {
        let named = |key: &[u8]| tags.iter().find(|(k, _)| **k == *key).map(|(_, value)| &**value);
        let value = |key: &[u8]| match key {
            // Which field is not known, and a tag of this name may be another one.
            b"_field" => None,
            b"_measurement" => named(key).is_none().then_some(measurement),
            _ => Some(named(key).unwrap_or_default()),
        };
        !self.predicates.iter().any(|predicate| predicate.decided(&value) == Some(false))
    }

    /// Whether it reads so many points that queries do it by turns.
    pub(super) fn reads_much(&self, measurements: &[Measurement]) -> bool {
        const MANY: usize = 50_000;
        let Some(last) = self.stop.checked_sub(1) else { return false };
        let all = measurements.iter().flat_map(|m| m.series.iter().map(move |series| (m, series)));
        let of_series = |(measurement, series): (&Measurement, &Series)| {
            let is_read =
                |field: &Name| self.undecided(&tags(measurement, series, field)).is_some();
            let counts = series.columns.counts(self.start, last, &is_read);
            counts.map(|count| count.min(self.most)).sum::<usize>()
        };
        let counts = all.map(of_series);
        let mut counts = counts.scan(0_usize, |all, count| {
            *all += count;
            Some(*all)
        });
        counts.any(|all| all > MANY)
    }

    fn field(
        &self,
        measurement: &Measurement,
        series: &Series,
        name: &Name,
    ) -> Option<SeriesPoints> {
        let tags = tags(measurement, series, name);
        // What no point of it can be is not read.
        let undecided = self.undecided(&tags)?;
        let columns: Vec<_> = series.columns.named(name).collect();
        let (column, stop) = self.earliest(&columns)?;
        let points = within(column, self.start, stop);
        #[cfg(test)]
        let points = points.inspect(|_| LOOKED_AT.set(LOOKED_AT.get() + 1));
        let points: Vec<_> = points
            .take_while(|_| self.allowance.goes_on())
            .map(|(time, value)| (time, Cell::from(&value)))
            .filter(|(_, value)| undecided.iter().all(|p| p.holds(&|key| tag(&tags, key), value)))
            .take_while(|_| self.allowance.keeps(size_of::<(i64, Cell)>()))
            .take(self.most)
            .collect();
        let kind = column.field_type.into();
        (!points.is_empty()).then_some(SeriesPoints { tags, kind, points })
    }

    /// The predicates that points must be asked; `None` where none of these series can be meant.
    fn undecided(&self, tags: &[(Name, Name)]) -> Option<Vec<&Predicate>> {
        let mut undecided = Vec::new();
        for predicate in &self.predicates {
            match predicate.decided(&|key| Some(tag(tags, key))) {
                Some(true) => {}
                Some(false) => return None,
                None => undecided.push(predicate),
            }
        }
        Some(undecided)
    }

    /// Where shards hold a field with several types, the type of the earliest counts, and reading
    /// ends before the first shard that has another.
    fn earliest<'a>(&self, columns: &[&'a Stored]) -> Option<(&'a Stored, i64)> {
        let first = |column: &Stored| within(column, self.start, self.stop).next().map(|p| p.0);
        let mut firsts: Vec<_> =
            columns.iter().filter_map(|c| first(c).map(|first| (first, *c))).collect();
        firsts.sort_by_key(|(first, column)| (*first, column.first_shard));
        let (_, column) = firsts.first()?;
        let stop = firsts.get(1).map_or(self.stop, |(first, _)| *first);
        Some((column, stop))
    }

    /// The columns that stand before the tags, and the key of the bounds.
    fn bounds(&self) -> [(Column, Cell); 2] {
        [
            (Column::new(label("_start"), Kind::Time), Cell::Time(self.start)),
            (Column::new(label("_stop"), Kind::Time), Cell::Time(self.stop)),
        ]
    }

    fn key<'a>(&self, tags: impl IntoIterator<Item = &'a (Name, Name)>) -> GroupKey {
        let mut key = self.bounds().to_vec();
        for (name, value) in tags {
            let column = Column::new(name.clone(), Kind::Text);
            key.push((column, Cell::Text(value.clone())));
        }
        GroupKey(key)
    }

    /// `_start`, `_stop`, then `_time` and `_value` as far as asked for, then the tags.
    fn columns<'a>(
        &self,
        time: bool,
        kind: Kind,
        tags: impl IntoIterator<Item = &'a Name>,
    ) -> Vec<Column> {
        let mut columns: Vec<_> = self.bounds().into_iter().map(|(c, _)| c).collect();
        if time {
            columns.push(Column::new(label("_time"), Kind::Time));
        }
        columns.push(Column::new(label("_value"), kind));
        columns.extend(tags.into_iter().map(|tag| Column::new(tag.clone(), Kind::Text)));
        columns
    }

    /// A table for each series.
    pub(super) fn tables(&self, series: Vec<SeriesPoints>) -> Vec<Table> {
        let table = |series: SeriesPoints| self.table(&series, true, series.kind, &series.points);
        series.into_iter().map(table).collect()
    }

    /// A table of these points, with or without their times.
    pub(super) fn table(
        &self,
        series: &SeriesPoints,
        with_time: bool,
        kind: Kind,
        points: &[(i64, Cell)],
    ) -> Table {
        let tags = &series.tags;
        let columns = self.columns(with_time, kind, tags.iter().map(|(name, _)| name));
        let row = |(time, value): &(i64, Cell)| {
            let mut row = vec![Cell::Time(self.start), Cell::Time(self.stop)];
            if with_time {
                row.push(Cell::Time(*time));
            }
            row.push(value.clone());
            row.extend(tags.iter().map(|(_, value)| Cell::Text(value.clone())));
            row
        };
        let kept = kept(columns.len());
        let rows = points.iter().take_while(|_| self.allowance.keeps(kept)).map(row).collect();
        Table::new(self.key(tags), columns, rows)
    }

    /// Series in groups by tags, in the order of the tags' values; a tag that a series lacks comes
    /// after all values.
    pub(super) fn groups(&self, series: Vec<SeriesPoints>, by: &[Name]) -> Vec<Vec<SeriesPoints>> {
        let sort_key = |series: &SeriesPoints| {
            let mut key = Vec::new();
            for name in by.iter().filter(|n| !matches!(&***n, b"_start" | b"_stop")) {
                let value = series.tags.iter().find(|(k, v)| k == name && !v.is_empty());
                key.extend_from_slice(value.map_or(&b"\xff"[..], |(_, v)| v));
                key.push(0);
            }
            key
        };
        let mut keyed: Vec<_> = series.into_iter().map(|s| (sort_key(&s), s)).collect();
        keyed.sort_by(|a, b| a.0.cmp(&b.0));
        let same = |a: &(Vec<u8>, _), b: &(Vec<u8>, _)| a.0 == b.0;
        let groups = keyed.chunk_by(same);
        groups.map(|group| group.iter().map(|(_, s)| s.clone()).collect()).collect()
    }

    /// The key of a group: the bounds always, and the tags as they were asked for.
    fn group_key(&self, group: &[SeriesPoints], by: &[Name]) -> GroupKey {
        let value = |name: &Name| {
            let tags = group.first().map(|s| s.tags.as_slice()).unwrap_or_default();
            let value = tags.iter().find(|(k, _)| k == name).map(|(_, v)| v.clone());
            (name.clone(), value.unwrap_or_else(|| label("")))
        };
        let tags = by.iter().filter(|n| !matches!(&***n, b"_start" | b"_stop"));
        let tags: Vec<_> = tags.map(value).collect();
        self.key(&tags)
    }

    /// The table of a group: one part for each series.
    pub(super) fn group_table(&self, group: &[SeriesPoints], by: &[Name]) -> Table {
        let kind = group.first().map_or(Kind::Float, |s| s.kind);
        let names = all_tags(group);
        let columns = self.columns(true, kind, &names);
        let kept = kept(columns.len());
        let mut table = Table::new(self.group_key(group, by), columns, Vec::new());
        table.parts.clear();
        for series in group {
            for point in series.points.iter().take_while(|_| self.allowance.keeps(kept)) {
                table.rows.push(self.group_row(series, &names, point));
            }
            table.parts.push(series.points.len());
        }
        table
    }

    fn group_row(&self, series: &SeriesPoints, names: &[Name], point: &(i64, Cell)) -> Vec<Cell> {
        let mut row = vec![Cell::Time(self.start), Cell::Time(self.stop)];
        row.extend([Cell::Time(point.0), point.1.clone()]);
        row.extend(names.iter().map(|name| {
            let tag = series.tags.iter().find(|(k, _)| k == name);
            Cell::Text(tag.map_or_else(|| label(""), |(_, v)| v.clone()))
        }));
        row
    }

    /// The table of a group of which each series is one value already: the values are merged.
    pub(super) fn group_aggregate(
        &self,
        group: &[SeriesPoints],
        by: &[Name],
        aggregate: Aggregate,
    ) -> Table {
        let key = self.group_key(group, by);
        let kind = group.first().map_or(Kind::Float, |s| s.kind);
        if aggregate.selects() {
            let mut table = self.group_table(group, by);
            let (time, value) = (2, 3);
            let chosen = super::aggregate::choose(&table.rows, value, Some(time), aggregate);
            table.rows = chosen.map(|i| table.rows[i].clone()).into_iter().collect();
            table.parts = vec![table.rows.len()];
            return table;
        }
        let tags: Vec<_> = key.0.iter().skip(2).map(|(c, _)| c.label.clone()).collect();
        let columns = self.columns(false, kind, &tags);
        let values = group.iter().flat_map(|s| &s.points).map(|(_, v)| v);
        let total = super::aggregate::sum(kind, values);
        let mut row: Vec<_> = vec![Cell::Time(self.start), Cell::Time(self.stop), total];
        row.extend(key.0.iter().skip(2).map(|(_, v)| v.clone()));
        Table::new(key, columns, vec![row])
    }
}

#[cfg(test)]
thread_local! {
    /// How many points this thread has looked at.
    pub(super) static LOOKED_AT: std::cell::Cell<usize> = const { std::cell::Cell::new(0) };
}

/// The tags of the points of a field, by key.
fn tags(measurement: &Measurement, series: &Series, field: &Name) -> Vec<(Name, Name)> {
    let mut tags = series.tags.to_vec();
    tags.push((label("_field"), field.clone()));
    tags.push((label("_measurement"), measurement.name.clone()));
    tags.sort();
    tags
}

/// The value of a tag; empty where there is none.
fn tag<'a>(tags: &'a [(Name, Name)], key: &[u8]) -> &'a [u8] {
    tags.iter().find(|(k, _)| **k == *key).map_or(&b""[..], |(_, v)| &**v)
}

fn all_tags(group: &[SeriesPoints]) -> Vec<Name> {
    let mut names: Vec<_> =
        group.iter().flat_map(|s| &s.tags).map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

/// The points of a column from one time to before another.
fn within(column: &Stored, start: i64, stop: i64) -> impl Iterator<Item = (i64, Value)> {
    let last = stop.checked_sub(1);
    last.into_iter().flat_map(move |last| column.points.between(start, last))
}
