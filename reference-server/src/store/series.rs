//! The points of one series, field by field, and how series become a view.

use super::value::{FieldType, Name, Value};
use super::view::{Column, Series};
use std::collections::BTreeMap;

/// Tag keys and values, sorted by key.
pub type TagSet = Vec<(Name, Name)>;

/// The points of one series within one shard or table.
#[derive(Clone, Debug, Default)]
pub(super) struct SeriesPoints {
    fields: BTreeMap<Name, BTreeMap<i64, Value>>,
}

impl SeriesPoints {
    /// Stores a value; the last one written for a field and time wins.
    pub(super) fn insert(&mut self, field: Name, time: i64, value: Value) {
        self.fields.entry(field).or_default().insert(time, value);
    }

    /// Forgets the points of some fields between two times, both included.
    pub(super) fn remove(&mut self, start: i64, stop: i64, of: impl Fn(&[u8]) -> bool) {
        self.fields.retain(|field, points| {
            if of(field) {
                points.retain(|time, _| !(start..=stop).contains(time));
            }
            !points.is_empty()
        });
    }

    /// Whether it has no point.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// Adds its points to a series of a view, field by field and type by type.
    pub(super) fn add_to(&self, series: &mut Series, shard: i64) {
        for (name, points) in &self.fields {
            for (time, value) in points {
                add_point(series, name, shard, *time, value);
            }
        }
    }
}

fn add_point(series: &mut Series, name: &Name, shard: i64, time: i64, value: &Value) {
    let field_type: FieldType = value.field_type();
    let known = series.columns.iter_mut().rev();
    let column = known.into_iter().find(|c| c.name == *name && c.field_type == field_type);
    match column {
        Some(column) => column.points.push((time, value.clone())),
        None => series.columns.push(Column {
            name: name.clone(),
            field_type,
            points: vec![(time, value.clone())],
            first_shard: shard,
        }),
    }
}
