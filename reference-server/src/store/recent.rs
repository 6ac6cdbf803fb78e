//! The rows of a series that were written last, as they came: row after row, to be put into the
//! columns many at a time. A row costs an append in one place; ten columns would cost ten.

use super::value::{FieldType, Name};
use line_protocol::{FieldValue, Line};
use std::sync::Arc;

/// How many rows wait at most. So many that a column's place in memory is looked up rarely, so few
/// that a series with few points is small.
const MOST_ROWS: usize = 64;

/// The fields of rows, in the order of their lines: names and types, no name twice, no strings.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Layout(Box<[(Name, FieldType)]>);

impl Layout {
    /// That of a line; none where its values are not all numbers or booleans, or a field is there
    /// twice.
    pub(super) fn of(line: &Line<'_>) -> Option<Arc<Self>> {
        let fields = &line.fields;
        let field =
            |(index, (name, value)): (usize, &(line_protocol::Text<'_>, FieldValue<'_>))| {
                let kind = kind_of(value)?;
                let again = fields[..index].iter().any(|(earlier, _)| earlier == name);
                (!again).then(|| (Name::from(&**name), kind))
            };
        let fields: Option<Box<[_]>> = fields.iter().enumerate().map(field).collect();
        Some(Arc::new(Self(fields?)))
    }

    /// The 64 bits of each value of a line that has these fields.
    pub(super) fn words<'l>(line: &'l Line<'_>) -> impl Iterator<Item = u64> + 'l {
        line.fields.iter().map(|(_, value)| word(value))
    }

    /// Whether a line has these fields, in this order.
    pub(super) fn is_of(&self, line: &Line<'_>) -> bool {
        self.0.len() == line.fields.len()
            && self.0.iter().zip(&line.fields).all(|((name, kind), (field, value))| {
                kind_of(value) == Some(*kind) && **name == **field
            })
    }
}

/// The type of a value that is a word.
fn kind_of(value: &FieldValue<'_>) -> Option<FieldType> {
    match value {
        FieldValue::Float(_) => Some(FieldType::Float),
        FieldValue::Integer(_) => Some(FieldType::Integer),
        FieldValue::Unsigned(_) => Some(FieldType::Unsigned),
        FieldValue::Boolean(_) => Some(FieldType::Boolean),
        FieldValue::String(_) => None,
    }
}

/// The value's 64 bits; strings have none and are not asked for.
fn word(value: &FieldValue<'_>) -> u64 {
    match value {
        FieldValue::Float(v) => v.to_bits(),
        FieldValue::Integer(v) => v.cast_unsigned(),
        FieldValue::Unsigned(v) => *v,
        FieldValue::Boolean(v) => u64::from(*v),
        FieldValue::String(_) => 0,
    }
}

/// Rows of one layout.
#[derive(Clone, Debug, Default)]
pub(super) struct Recent {
    layout: Option<Arc<Layout>>,
    times: Vec<i64>,
    /// As many for each row as the layout has fields.
    words: Vec<u64>,
}

impl Recent {
    /// Whether there is no row.
    pub(super) const fn is_empty(&self) -> bool {
        self.times.is_empty()
    }

    /// Whether a row of this layout can be pushed before the others are taken.
    pub(super) fn has_room_for(&self, layout: &Arc<Layout>) -> bool {
        let same = |own: &Arc<Layout>| Arc::ptr_eq(own, layout) || own == layout;
        self.is_empty() || (self.times.len() < MOST_ROWS && self.layout.as_ref().is_some_and(same))
    }

    /// Adds a row of this layout, which [has room](Self::has_room_for): a word a field.
    pub(super) fn push(
        &mut self,
        layout: &Arc<Layout>,
        time: i64,
        words: impl IntoIterator<Item = u64>,
    ) {
        if self.is_empty() {
            self.layout = Some(Arc::clone(layout));
        }
        self.times.push(time);
        self.words.extend(words);
    }

    /// Takes all rows away: their times, and of each field its name, type and words.
    pub(super) fn take(&mut self, mut column: impl FnMut(&Name, FieldType, &[i64], Words<'_>)) {
        let Some(layout) = self.layout.take() else { return };
        let width = layout.0.len();
        for (index, (name, kind)) in layout.0.iter().enumerate() {
            column(name, *kind, &self.times, Words { words: &self.words, index, width });
        }
        self.times.clear();
        self.words.clear();
    }
}

/// The words of one column of rows.
#[derive(Clone, Copy)]
pub(super) struct Words<'r> {
    words: &'r [u64],
    index: usize,
    width: usize,
}

impl<'r> Words<'r> {
    /// Row by row.
    pub(super) fn iter(self) -> impl Iterator<Item = u64> + 'r {
        self.words.iter().skip(self.index).step_by(self.width.max(1)).copied()
    }
}
