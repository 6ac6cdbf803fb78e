//! The rows of a series that were written last, as they came: row after row, to be put into the
//! columns many at a time. A row costs an append in one place; ten columns would cost ten.

use super::blocks::HeldRows;
use super::value::{FieldType, Name};
use line_protocol::{FieldValue, Line, LineView};
use std::sync::Arc;

/// How many rows wait at most. So many that they become a part of their own, so few that those who
/// have it done under a lock are not there for long.
const MOST_ROWS: usize = 512;

/// How many fields a row has at most: each is held against all others.
const MOST_FIELDS: usize = 1000;

/// The fields of rows, in the order of their lines: names and types, no name twice, no strings.
#[derive(Debug)]
pub(super) struct Layout {
    fields: Box<[(Name, FieldType)]>,
    /// Their places, in the order of their names.
    by_name: Box<[usize]>,
}

impl PartialEq for Layout {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self, other) || self.fields == other.fields
    }
}

impl Eq for Layout {}

impl Layout {
    /// That of fields of which no two have the same name, and none is a string.
    pub(super) fn new(fields: Box<[(Name, FieldType)]>) -> Arc<Self> {
        let mut by_name: Box<[usize]> = (0..fields.len()).collect();
        by_name.sort_by_key(|field| &fields[*field].0);
        Arc::new(Self { fields, by_name })
    }

    /// That of fields; none where two have the same name, or one is a string, or they are too many.
    pub(super) fn of_fields(fields: Box<[(Name, FieldType)]>) -> Option<Arc<Self>> {
        let has_words = |(_, kind): &(Name, FieldType)| *kind != FieldType::String;
        if fields.len() > MOST_FIELDS || !fields.iter().all(has_words) {
            return None;
        }
        let layout = Self::new(fields);
        let names: Vec<_> = layout.by_name().map(|(_, name, _)| name).collect();
        names.is_sorted_by(|one, next| one < next).then_some(layout)
    }

    /// Each field's place, name and type, in the order of their names.
    pub(super) fn by_name(&self) -> impl ExactSizeIterator<Item = (usize, &Name, FieldType)> {
        self.by_name.iter().map(|field| {
            let (name, kind) = &self.fields[*field];
            (*field, name, *kind)
        })
    }

    /// That of a line; none where its values are not all numbers or booleans, or a field is there
    /// twice.
    pub(super) fn of(line: &Line<'_>) -> Option<Arc<Self>> {
        let fields = &line.fields;
        if fields.len() > MOST_FIELDS {
            return None;
        }
        let field =
            |(index, (name, value)): (usize, &(line_protocol::Text<'_>, FieldValue<'_>))| {
                let kind = kind_of(value)?;
                let again = fields[..index].iter().any(|(earlier, _)| earlier == name);
                (!again).then(|| (Name::from(&**name), kind))
            };
        let fields: Option<Box<[_]>> = fields.iter().enumerate().map(field).collect();
        fields.map(Self::new)
    }

    /// The same of a line that is still its parser's.
    pub(super) fn of_view(line: &LineView<'_, '_>) -> Option<Arc<Self>> {
        if line.fields().len() > MOST_FIELDS {
            return None;
        }
        let field = |(index, (name, value)): (usize, (&[u8], FieldValue<'_>))| {
            let again = line.fields().take(index).any(|(earlier, _)| earlier == name);
            (!again).then_some((Name::from(name), kind_of(&value)?))
        };
        let fields: Option<Box<[_]>> = line.fields().enumerate().map(field).collect();
        fields.map(Self::new)
    }

    /// Names and types.
    pub(super) fn fields(&self) -> impl ExactSizeIterator<Item = &(Name, FieldType)> {
        self.fields.iter()
    }

    /// The type of a field, by its place.
    pub(super) fn kind(&self, field: usize) -> FieldType {
        self.fields[field].1
    }

    /// How many fields there are.
    pub(super) const fn len(&self) -> usize {
        self.fields.len()
    }

    /// The 64 bits of each value of a line that has these fields.
    pub(super) fn words<'l>(line: &'l Line<'_>) -> impl Iterator<Item = u64> + 'l {
        line.fields.iter().map(|(_, value)| word(value))
    }

    /// Whether a line that is still its parser's has these fields, in this order.
    pub(super) fn is_of_view(&self, line: &LineView<'_, '_>) -> bool {
        let fields = line.fields();
        self.fields.len() == fields.len()
            && self.fields.iter().zip(fields).all(|((name, kind), (field, value))| {
                kind_of(&value) == Some(*kind) && **name == *field
            })
    }

    /// Whether a line has these fields, in this order.
    pub(super) fn is_of(&self, line: &Line<'_>) -> bool {
        self.fields.len() == line.fields.len()
            && self.fields.iter().zip(&line.fields).all(|((name, kind), (field, value))| {
                kind_of(value) == Some(*kind) && **name == **field
            })
    }
}

/// The type of a value that is a word.
pub(super) fn kind_of(value: &FieldValue<'_>) -> Option<FieldType> {
    match value {
        FieldValue::Float(_) => Some(FieldType::Float),
        FieldValue::Integer(_) => Some(FieldType::Integer),
        FieldValue::Unsigned(_) => Some(FieldType::Unsigned),
        FieldValue::Boolean(_) => Some(FieldType::Boolean),
        FieldValue::String(_) => None,
    }
}

/// The value's 64 bits; strings have none and are not asked for.
pub(super) fn word(value: &FieldValue<'_>) -> u64 {
    match value {
        FieldValue::Float(v) => v.to_bits(),
        FieldValue::Integer(v) => v.cast_unsigned(),
        FieldValue::Unsigned(v) => *v,
        FieldValue::Boolean(v) => u64::from(*v),
        FieldValue::String(_) => 0,
    }
}

/// The layouts that lines were found to have: so that those that are the same are one, which series
/// keep.
#[derive(Clone, Debug, Default)]
pub(super) struct Layouts(Vec<Arc<Layout>>);

/// How many are known at most: who has more of them for one measurement has them by series.
const MOST_LAYOUTS: usize = 16;

impl Layouts {
    /// The one that `is_it`.
    pub(super) fn find(&self, is_it: impl Fn(&Layout) -> bool) -> Option<Arc<Layout>> {
        self.0.iter().find(|known| is_it(known)).cloned()
    }

    /// This one, or the one that is the same.
    pub(super) fn share(&mut self, layout: Arc<Layout>) -> Arc<Layout> {
        if let Some(known) = self.find(|known| *known == *layout) {
            return known;
        }
        if self.0.len() == MOST_LAYOUTS {
            self.0.remove(0);
        }
        self.0.push(Arc::clone(&layout));
        layout
    }

    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.0.clear();
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

    /// Reads the last row, behind which the next one comes; what it gives means nothing.
    pub(super) fn load_end(&self) -> u64 {
        let time = self.times.last().map_or(0, |time| time.cast_unsigned());
        time ^ self.words.last().copied().unwrap_or_default()
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

    /// How many rows there are but for the last ones, `keep` of them; by time from now on, and each time
    /// once.
    pub(super) fn ready(&mut self, keep: usize) -> usize {
        let width = self.layout.as_ref().map_or(0, |layout| layout.len());
        self.put_in_order(width);
        self.times.len().saturating_sub(keep)
    }

    /// Takes the first rows, and leaves the others, which are few; none where there is none. All rows
    /// are [in order](Self::ready).
    pub(super) fn take_first(&mut self, count: usize) -> Option<HeldRows> {
        let layout = self.layout.as_ref().filter(|_| count > 0)?;
        let width = layout.len();
        let (mut times, mut words) = (Vec::new(), Vec::new());
        if count < self.times.len() {
            // As many are to come again.
            times.reserve_exact(MOST_ROWS);
            words.reserve_exact(MOST_ROWS * width);
            times.extend(self.times.drain(count..));
            words.extend(self.words.drain(count * width..));
        }
        let times = std::mem::replace(&mut self.times, times);
        let words = std::mem::replace(&mut self.words, words);
        Some(HeldRows::new(Arc::clone(layout), times, words))
    }

    /// Puts the rows in the order of their times, each time once.
    fn put_in_order(&mut self, width: usize) {
        if self.times.is_sorted_by(|one, next| one < next) {
            return;
        }
        let mut rows: Vec<usize> = (0..self.times.len()).collect();
        rows.sort_by_key(|row| self.times[*row]);
        // Those of one time are still as they were written.
        rows.reverse();
        rows.dedup_by_key(|row| self.times[*row]);
        rows.reverse();
        let words = rows.iter().flat_map(|row| &self.words[row * width..][..width]);
        self.words = words.copied().collect();
        self.times = rows.iter().map(|row| self.times[*row]).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use line_protocol::{Dialect, Options};

    fn lines(text: &str) -> Vec<Line<'_>> {
        line_protocol::parse(text.as_bytes(), &Dialect::GO_V2, &Options::default())
            .flatten()
            .collect()
    }

    #[test]
    fn rows_come_out_by_time_and_the_last_of_a_time_stays() {
        let text = "m a=1i,b=1 3\nm a=2i,b=2 1\nm a=3i,b=3 3\nm a=4i,b=4 2";
        let mut recent = Recent::default();
        for line in lines(text) {
            let layout = Layout::of(&line).unwrap();
            assert!(recent.has_room_for(&layout));
            recent.push(&layout, line.timestamp.unwrap(), Layout::words(&line));
        }
        assert_eq!(recent.ready(1), 2);
        let taken = recent.take_first(2).unwrap();
        assert_eq!(taken.times(), [1, 2]);
        assert_eq!(taken.words(0).collect::<Vec<_>>(), [2, 4]);
        assert_eq!(taken.words(1).collect::<Vec<_>>(), [2.0_f64, 4.0].map(f64::to_bits));
        let left = recent.take_first(1).unwrap();
        assert_eq!((left.times(), left.words(0).collect::<Vec<_>>()), (&[3][..], vec![3]));
        assert!(recent.is_empty());
        assert!(recent.take_first(0).is_none());
    }

    #[test]
    fn a_layout_is_names_and_types_in_their_order() {
        let text = "m a=1,b=2\nm a=3,b=4\nm b=1,a=2\nm a=1i,b=2\nm a=1\nm a=1,b=\"x\"\nm a=1,a=2";
        let lines = lines(text);
        let layout = Layout::of(&lines[0]).unwrap();
        let same: Vec<bool> = lines.iter().map(|line| layout.is_of(line)).collect();
        assert_eq!(same, [true, true, false, false, false, false, false]);
        assert!(Layout::of(&lines[5]).is_none(), "a string is no word");
        assert!(Layout::of(&lines[6]).is_none(), "which of two values counts is for others to say");
    }
}
