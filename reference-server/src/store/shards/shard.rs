//! One shard: the types of its fields, the points of its series, and what it refuses.

use super::SavedFields;
use crate::go_text;
use crate::store::kept::Bytes;
use crate::store::numbers::Numbers;
use crate::store::recent::{Layout, Layouts};
use crate::store::rows::{Shape, plain_tags};
use crate::store::series::{SeriesPoints, TagSet};
use crate::store::series_map::{Reading, SeriesMap};
use crate::store::shared_names::shared;
use crate::store::snapshot::{Index, SavedSeries, SeriesToSave};
use crate::store::value::{FieldType, Name, Value};
use crate::store::view::Names;
use line_protocol::{FieldValue, Line};
use profiles::storage::{ConflictInBatch, Loss, Quoting, Shards as Rules, TimeBesideFields};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

/// The key that storage keeps for itself, as a tag and as a field.
pub(super) const TIME: &[u8] = b"time";

/// One shard of a bucket.
#[derive(Clone, Debug)]
pub(super) struct Shard {
    /// The first time that is not in it any more.
    pub(super) end: i64,
    /// By measurement and field.
    fields: BTreeMap<Name, BTreeMap<Name, FieldType>>,
    series: SeriesMap<(Name, TagSet)>,
    /// By measurement, the fields of rows that were found to fit.
    fitting: BTreeMap<Name, Layouts>,
}

/// A shard without its points.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct SavedShard<S = Vec<(Bytes, SavedSeries)>> {
    end: i64,
    fields: Vec<SavedFields>,
    series: S,
}

impl SavedShard {
    /// The shard that was saved.
    ///
    /// # Errors
    /// It contradicts itself.
    pub(super) fn restore(self, index: &Index) -> Result<Shard, String> {
        let mut shard = Shard::new(self.end);
        for (measurement, fields) in self.fields {
            let fields = fields.into_iter().map(|(name, kind)| (Name::from(name), kind));
            shard.fields.insert(Name::from(measurement), fields.collect());
        }
        for (measurement, series) in self.series {
            let (tags, points) = series.restore(index)?;
            shard.series.put((measurement.shared(), tags), points);
        }
        Ok(shard)
    }
}

/// What was lost of a batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dropped {
    /// What it was.
    pub loss: Loss,
    /// Why the first of them was lost; bytes of the input may stand in it.
    pub reason: Vec<u8>,
    /// How many points: none where only fields were lost.
    pub count: usize,
}

/// What a shard did not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ShardFault {
    /// Points or fields were dropped, the rest is stored.
    Dropped(Dropped),
    /// A type conflict within the batch; nothing is stored.
    Conflict,
    /// A measurement that is not UTF-8; nothing is stored.
    NotUtf8,
}

impl Shard {
    pub(super) fn new(end: i64) -> Self {
        Self {
            end,
            fields: BTreeMap::new(),
            series: SeriesMap::default(),
            fitting: BTreeMap::new(),
        }
    }

    /// The registered fields and their types, by measurement, of those of these names.
    pub(super) fn fields_among(
        &self,
        names: Names<'_>,
    ) -> impl Iterator<Item = (&Name, &BTreeMap<Name, FieldType>)> {
        let from = match names {
            Names::One(name) => Bound::Included(name),
            Names::All | Names::Matching(_) => Bound::Unbounded,
        };
        let fields = self.fields.range::<[u8], _>((from, Bound::Unbounded));
        let is_last = move |name: &[u8]| matches!(names, Names::One(one) if one != name);
        let fields = fields.take_while(move |(name, _)| !is_last(name));
        fields.filter(move |(name, _)| names.has(name))
    }

    /// Whether it knows neither series nor fields.
    pub(super) fn is_unknown(&self) -> bool {
        self.series.len() == 0 && self.fields.values().all(BTreeMap::is_empty)
    }

    /// The series: measurement, tags, points (none where all were dropped).
    pub(super) fn series(&self) -> impl Iterator<Item = (&Name, &TagSet, &SeriesPoints)> {
        self.series.iter().map(|((measurement, tags), points)| (measurement, tags, points))
    }

    /// The types of a measurement's fields, by name.
    pub(super) fn fields_of(&self, measurement: &[u8]) -> Option<&BTreeMap<Name, FieldType>> {
        self.fields.get(measurement)
    }

    /// The measurement of the first series from a bound on.
    pub(super) fn measurement_from(&self, from: Bound<&(Name, TagSet)>) -> Option<&Name> {
        self.series.first_from(from).map(|(measurement, _)| measurement)
    }

    /// Shows each series from a bound on, measurement by measurement, until `visit` says no.
    pub(super) fn each_series_from(
        &mut self,
        from: Bound<&(Name, TagSet)>,
        reading: Reading,
        mut visit: impl FnMut(&Name, &TagSet, &mut SeriesPoints) -> bool,
    ) {
        self.series.each_from(from, reading, |(measurement, tags), points| {
            visit(measurement, tags, points)
        });
    }

    /// Whether all tags are known to be UTF-8.
    pub(super) const fn tags_are_text(&self) -> bool {
        self.series.tags_are_text()
    }

    /// Shows each series, measurement by measurement.
    pub(super) fn each_series(
        &mut self,
        reading: Reading,
        mut visit: impl FnMut(&Name, &TagSet, &mut SeriesPoints),
    ) {
        self.series.each(reading, |(measurement, tags), points| visit(measurement, tags, points));
    }

    /// What a snapshot says of it, all of whose points are in files by then.
    pub(super) fn saved<'s>(
        &'s self,
        index: &'s RefCell<Index>,
    ) -> SavedShard<SeriesToSave<'s, (Name, TagSet)>> {
        let fields = self.fields.iter().map(|(measurement, fields)| {
            let fields = fields.iter().map(|(name, kind)| (Bytes::from(name), *kind));
            (Bytes::from(measurement), fields.collect())
        });
        let series = SeriesToSave::new(&self.series, index);
        SavedShard { end: self.end, fields: fields.collect(), series }
    }

    /// How many series there are.
    pub(super) const fn series_count(&self) -> usize {
        self.series.len()
    }

    /// Makes it ready for a snapshot.
    pub(super) fn seal(&mut self) {
        self.series.seal();
    }

    /// The layout of a shape's rows, if it has all of the fields.
    pub(super) fn fitting_of(&mut self, shape: &Shape) -> Option<Arc<Layout>> {
        let (measurement, layout) = (&*shape.measurement, &shape.layout);
        let known = self.fitting.get(measurement);
        if let Some(known) = known.and_then(|known| known.find(|known| *known == **layout)) {
            return Some(known);
        }
        let mut fields = shape.fields();
        fields.all(|(name, kind)| self.registered(measurement, name) == Some(kind)).then_some(())?;
        Some(self.shared(measurement, Arc::clone(layout)))
    }

    /// This layout of lines that fit, or the one that is the same.
    fn shared(&mut self, measurement: &[u8], layout: Arc<Layout>) -> Arc<Layout> {
        match self.fitting.get_mut(measurement) {
            Some(known) => known.share(layout),
            None => self.fitting.entry(Name::from(measurement)).or_default().share(layout),
        }
    }

    /// The slot of the series whose key was seen written like this.
    pub(super) fn slot_by(&self, hash: u64, key: &[u8]) -> Option<usize> {
        self.series.known_by(hash, key)
    }

    /// Asks for what [`slot_by`](Self::slot_by) of keys with these hashes is going to need.
    pub(super) fn look_ahead_for_keys(&self, hashes: impl Iterator<Item = u64>) {
        SeriesMap::look_ahead_for_keys(hashes.map(|hash| (&self.series, hash)));
    }

    /// The same for what [`push`](Self::push) to these slots is going to need.
    pub(super) fn look_ahead_at_slots<'m>(slots: impl Iterator<Item = (&'m Self, usize)>) {
        SeriesMap::look_ahead_at_slots(slots.map(|(shard, slot)| (&shard.series, slot)));
    }

    /// The series of a row's key, where nothing about it can be refused.
    pub(super) fn new_series(rules: &Rules, shape: &Shape, key: &[u8]) -> Option<(Name, TagSet)> {
        let tags = plain_tags(key, &shape.measurement)?;
        let is_refused =
            rules.panics_at_tags == Some(tags.len()) || tags.iter().any(|(tag, _)| **tag == *TIME);
        (!is_refused).then(|| (shared(&shape.measurement), tags))
    }

    /// The slot of the series of a row's key, made if there is none.
    pub(super) fn slot_for(&mut self, written: &[u8], key: (Name, TagSet)) -> usize {
        self.series.slot_of(written, key)
    }

    /// Stores a row of a layout that fits.
    pub(super) fn push(
        &mut self,
        slot: usize,
        layout: &Arc<Layout>,
        time: i64,
        words: &[u64],
        numbers: &mut Numbers,
    ) {
        self.series.points(slot).push_numbered(layout, time, words, numbers);
    }

    /// Stores what it can of these points.
    pub(super) fn write(
        &mut self,
        rules: &Rules,
        is_new: bool,
        lines: &[&Line<'_>],
    ) -> Result<(), ShardFault> {
        // Tags `time` are looked for in the whole batch first: their reason goes before any other.
        let (lines, tagged) = without_time_tags(lines);
        let lines = lines.as_slice();
        let validated = match rules.conflict_in_batch {
            ConflictInBatch::FirstTypeWins | ConflictInBatch::LosesFields => {
                self.validate_one_by_one(rules, lines)
            }
            ConflictInBatch::Fails => self.validate_at_once(rules, lines)?,
            // The coordinator tries once more, unless it has spent that on making the shard
            // (1.6:coordinator/points_writer.go:393).
            ConflictInBatch::FirstTypeWinsUnlessNewShard => {
                let first_try = self.validate_at_once(rules, lines);
                match first_try {
                    Err(_) if !is_new => self.validate_at_once(rules, lines)?,
                    outcome => outcome?,
                }
            }
        };
        // The fields are registered by then.
        let not_utf8 = |line: &&&Line<'_>| std::str::from_utf8(&line.measurement).is_err();
        if rules.new_shard_needs_utf8 && is_new && lines.iter().any(|line| not_utf8(&line)) {
            return Err(ShardFault::NotUtf8);
        }
        let mut layout = None;
        for (line, slot) in &validated.accepted {
            if let Some(slot) = slot {
                self.insert(*slot, line, &mut layout);
            }
        }
        let dropped = match (tagged, validated.dropped) {
            (Some(tagged), Some(others)) => {
                Some(Dropped { count: tagged.count + others.count, ..tagged })
            }
            (tagged, others) => tagged.or(others),
        };
        match dropped.or_else(|| stripped_of_time(rules, &validated.accepted)) {
            Some(dropped) => Err(ShardFault::Dropped(dropped)),
            None => Ok(()),
        }
    }

    /// Checks each field of each point against the registered ones and registers it at once: those
    /// before one that costs the point its place stay registered (2.7:tsdb/field_validator.go:17-74).
    fn validate_one_by_one<'l, 'i>(
        &mut self,
        rules: &Rules,
        lines: &[&'l Line<'i>],
    ) -> Validated<'l, 'i> {
        let mut validated = Validated::default();
        let mut fitting = Fitting::default();
        for line in lines {
            let slot = self.slot_of(rules, line);
            if fitting.covers(line) {
                validated.accepted.push((line, slot));
                continue;
            }
            let checked = check_point(line).and_then(|()| {
                for (field, value) in &line.fields {
                    check_length(rules, line, field, value)?;
                    if **field == *TIME {
                        continue;
                    }
                    self.register(&line.measurement, field, type_of(value)).map_err(
                        |registered| conflict(rules, line, field, type_of(value), registered),
                    )?;
                }
                Ok(())
            });
            fitting.note(line, checked.is_ok());
            validated.note(line, slot, checked);
        }
        validated
    }

    /// Checks all points against the registered fields, then registers the new ones; a conflict
    /// among those fails the whole batch and leaves what was registered before it.
    fn validate_at_once<'l, 'i>(
        &mut self,
        rules: &Rules,
        lines: &[&'l Line<'i>],
    ) -> Result<Validated<'l, 'i>, ShardFault> {
        let mut validated = Validated::default();
        let mut fitting = Fitting::default();
        for line in lines {
            let slot = self.slot_of(rules, line);
            if fitting.covers(line) {
                validated.accepted.push((line, slot));
                continue;
            }
            let checked = check_point(line).and_then(|()| self.check_fields(rules, line));
            fitting.note(line, checked.is_ok());
            validated.note(line, slot, checked);
        }
        let mut registered = Fitting::default();
        for (line, _) in &validated.accepted {
            if registered.covers(line) {
                continue;
            }
            registered.note(line, true);
            for (field, value) in line.fields.iter().filter(|(key, _)| **key != *TIME) {
                let registered = self.register(&line.measurement, field, type_of(value));
                registered.map_err(|_| ShardFault::Conflict)?;
            }
        }
        Ok(validated)
    }

    /// The slot of a line's series, where a query would find it. The series stays even if the point
    /// is dropped.
    fn slot_of(&mut self, rules: &Rules, line: &Line<'_>) -> Option<usize> {
        if is_lost_to_queries(rules, line) {
            return None;
        }
        Some(self.series.known(line).unwrap_or_else(|| {
            let slot = self.series.slot(key_of(line));
            self.series.remember(line.key_as_written(), slot);
            slot
        }))
    }

    /// What is wrong with a point's fields by themselves or beside the registered ones.
    fn check_fields(&self, rules: &Rules, line: &Line<'_>) -> Result<(), Vec<u8>> {
        for (field, value) in &line.fields {
            check_length(rules, line, field, value)?;
            if **field == *TIME {
                continue;
            }
            let registered = self.registered(&line.measurement, field);
            if let Some(registered) = registered.filter(|known| *known != type_of(value)) {
                return Err(conflict(rules, line, field, type_of(value), registered));
            }
        }
        Ok(())
    }

    /// Registers a field; `Err` is the other type that it has already.
    fn register(
        &mut self,
        measurement: &[u8],
        field: &[u8],
        field_type: FieldType,
    ) -> Result<(), FieldType> {
        let registered = self.registered(measurement, field).unwrap_or_else(|| {
            let fields = self.fields.entry(Name::from(measurement)).or_default();
            fields.insert(Name::from(field), field_type);
            field_type
        });
        if registered == field_type { Ok(()) } else { Err(registered) }
    }

    /// The type of a field.
    fn registered(&self, measurement: &[u8], field: &[u8]) -> Option<FieldType> {
        self.fields.get(measurement)?.get(field).copied()
    }

    /// Stores one field of a point, whatever type the field has elsewhere.
    pub(super) fn insert_field(
        &mut self,
        key: &(Name, TagSet),
        field: &[u8],
        time: i64,
        value: Value,
    ) {
        // Where series differ, queries are told of the first type.
        let _ = self.register(&key.0, field, value.field_type());
        let slot = self.series.slot(key.clone());
        self.series.points(slot).insert(field, time, value);
    }

    /// Stores a line; `layout` is that of the line before.
    fn insert(&mut self, slot: usize, line: &Line<'_>, layout: &mut Option<Arc<Layout>>) {
        let time = super::time_of(line);
        let has_time = line.fields.iter().any(|(key, _)| **key == *TIME);
        if !layout.as_ref().is_some_and(|layout| layout.is_of(line)) {
            let known = self.fitting.get(&*line.measurement);
            let known = known.and_then(|known| known.find(|known| known.is_of(line)));
            *layout = known.or_else(|| Layout::of(line)).filter(|_| !has_time);
        }
        let points = self.series.points(slot);
        if let Some(layout) = layout {
            points.push(layout, time, Layout::words(line));
            return;
        }
        for (field, value) in line.fields.iter().filter(|(key, _)| **key != *TIME) {
            points.insert(field, time, stored(value));
        }
    }

    pub(super) fn delete(
        &mut self,
        start: i64,
        stop: i64,
        matches: &impl Fn(&[u8], &TagSet, &[u8]) -> bool,
    ) {
        // A series without points is forgotten, its measurement's fields stay.
        self.series.retain(|(measurement, tags), points| {
            points.remove(start, stop, |field| matches(measurement, tags, field));
            !points.is_empty()
        });
    }

    pub(super) fn drop_measurement(&mut self, name: &[u8]) {
        self.fields.remove(name);
        self.fitting.remove(name);
        self.series.retain(|(measurement, _), _| **measurement != *name);
    }

    pub(super) fn drop_series(&mut self, matches: &impl Fn(&[u8], &TagSet) -> bool) {
        self.series.retain(|(measurement, tags), _| !matches(measurement, tags));
    }
}

/// What the checks left of a batch.
#[derive(Default)]
struct Validated<'l, 'i> {
    /// Each with the slot of its series, where queries find it.
    accepted: Vec<(&'l Line<'i>, Option<usize>)>,
    dropped: Option<Dropped>,
}

impl<'l, 'i> Validated<'l, 'i> {
    fn note(&mut self, line: &'l Line<'i>, slot: Option<usize>, checked: Result<(), Vec<u8>>) {
        match checked {
            Ok(()) => self.accepted.push((line, slot)),
            Err(reason) => {
                // The first reason speaks for all.
                let first = Dropped { loss: Loss::Points, reason, count: 0 };
                self.dropped.get_or_insert(first).count += 1;
            }
        }
    }
}

/// The measurement and the fields of a line that was found to fit: what has the same fits as well.
#[derive(Default)]
struct Fitting<'l>(Option<(&'l [u8], Arc<Layout>)>);

impl<'l> Fitting<'l> {
    /// Whether nothing more need be asked of a line.
    fn covers(&self, line: &Line<'_>) -> bool {
        let same = |(measurement, layout): &(&[u8], Arc<Layout>)| {
            **measurement == *line.measurement && layout.is_of(line)
        };
        self.0.as_ref().is_some_and(same)
    }

    fn note(&mut self, line: &'l Line<'_>, fits: bool) {
        self.0 = Layout::of(line).filter(|_| fits).map(|layout| (&*line.measurement, layout));
    }
}

/// What is wrong with a point whatever its values are.
fn check_point(line: &Line<'_>) -> Result<(), Vec<u8>> {
    if line.fields.iter().all(|(key, _)| **key == *TIME) {
        let start = &b"invalid field name: input field \"time\" on measurement \""[..];
        return Err([start, &*line.measurement, b"\" is invalid"].concat());
    }
    Ok(())
}

/// The points without a tag `time`, and what is said of the others: they leave no series.
fn without_time_tags<'l, 'i>(lines: &[&'l Line<'i>]) -> (Vec<&'l Line<'i>>, Option<Dropped>) {
    let tagged = |line: &&Line<'_>| line.tags.iter().any(|(key, _)| **key == *TIME);
    let (tagged, others): (Vec<_>, Vec<_>) = lines.iter().copied().partition(tagged);
    let dropped = tagged.first().map(|line| {
        let start = &b"invalid tag key: input tag \"time\" on measurement \""[..];
        let reason = [start, &*line.measurement, b"\" is invalid"].concat();
        Dropped { loss: Loss::Points, reason, count: tagged.len() }
    });
    (others, dropped)
}

/// Whether no query will ever find this point: its measurement has an escaped `=`, which v2 writes
/// one way and looks for another. Its fields are registered all the same; recorded.
fn is_lost_to_queries(rules: &Rules, line: &Line<'_>) -> bool {
    if !rules.escaped_equals_unreadable {
        return false;
    }
    let mut escaped = false;
    for &byte in &*line.series_key {
        match byte {
            b'=' if escaped => return true,
            b',' if !escaped => return false,
            _ => escaped = byte == b'\\' && !escaped,
        }
    }
    false
}

/// What the release says of fields `time` that it left out of points which it stores.
fn stripped_of_time(rules: &Rules, stored: &[(&Line<'_>, Option<usize>)]) -> Option<Dropped> {
    if rules.time_beside_fields == TimeBesideFields::Stripped {
        return None;
    }
    let has_time = |(line, _): &&(&Line<'_>, _)| line.fields.iter().any(|(key, _)| **key == *TIME);
    let (line, _) = stored.iter().rev().find(has_time)?;
    let start = &b"invalid field name: input field \"time\" on measurement \""[..];
    let end = &b"\" is invalid. Field \"time\" has been stripped from point."[..];
    let reason = [start, &*line.measurement, end].concat();
    Some(Dropped { loss: Loss::TimeFields, reason, count: 0 })
}

fn check_length(
    rules: &Rules,
    line: &Line<'_>,
    field: &[u8],
    value: &FieldValue<'_>,
) -> Result<(), Vec<u8>> {
    match (value, rules.longest_string) {
        (FieldValue::String(text), Some(longest)) if text.len() > longest => {
            let end = format!(" is too long, {} > {longest}", text.len());
            Err([input_field(rules, line, field), end.into_bytes()].concat())
        }
        _ => Ok(()),
    }
}

fn conflict(
    rules: &Rules,
    line: &Line<'_>,
    field: &[u8],
    input: FieldType,
    registered: FieldType,
) -> Vec<u8> {
    let end = format!(" is type {input}, already exists as type {registered}");
    let field = input_field(rules, line, field);
    [b"field type conflict: ", &*field, end.as_bytes()].concat()
}

/// A field and its measurement as messages name them.
fn input_field(rules: &Rules, line: &Line<'_>, field: &[u8]) -> Vec<u8> {
    let quote = |name: &[u8]| match rules.conflict_names {
        Quoting::Raw => [b"\"", name, b"\""].concat(),
        Quoting::Go => go_text::quote(name).into_bytes(),
    };
    let measurement = quote(&line.measurement);
    [b"input field ", &*quote(field), b" on measurement ", &*measurement].concat()
}

pub(super) fn key_of(line: &Line<'_>) -> (Name, TagSet) {
    let tags = line.tags.iter().map(|(key, value)| (shared(key), shared(value))).collect();
    (shared(&line.measurement), tags)
}

/// The type of a parsed value.
pub(crate) fn type_of(value: &FieldValue<'_>) -> FieldType {
    match value {
        FieldValue::Float(_) => FieldType::Float,
        FieldValue::Integer(_) => FieldType::Integer,
        FieldValue::Unsigned(_) => FieldType::Unsigned,
        FieldValue::Boolean(_) => FieldType::Boolean,
        FieldValue::String(_) => FieldType::String,
    }
}

/// A parsed value as it is stored.
pub(in crate::store) fn stored(value: &FieldValue<'_>) -> Value {
    match value {
        FieldValue::Float(v) => Value::Float(*v),
        FieldValue::Integer(v) => Value::Integer(*v),
        FieldValue::Unsigned(v) => Value::Unsigned(*v),
        FieldValue::Boolean(v) => Value::Boolean(*v),
        FieldValue::String(v) => Value::String(Name::from(&**v)),
    }
}

#[cfg(test)]
mod tests;
