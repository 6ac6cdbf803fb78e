//! Rows with what `fill()` puts in place of values that they have not
//! (1.6:query/iterator.gen.go.tmpl, `ScanAt`).

use super::aggregate::absent;
use super::node::Row;
use crate::query::influxql::ast::Fill;
use crate::store::{FieldType, Name, Value};
use std::cell::RefCell;
use std::collections::BTreeMap;

/// The values that columns had last.
#[derive(Default)]
pub(super) struct Seen(RefCell<BTreeMap<(Name, Option<FieldType>), Value>>);

/// A row whose missing values are filled.
pub(super) struct Filled<'a> {
    pub(super) row: &'a dyn Row,
    pub(super) fill: Fill,
    /// Whether columns are filled that do not exist.
    pub(super) everything: bool,
    /// The values of the rows before, which `fill(previous)` repeats.
    pub(super) before: Option<&'a Seen>,
}

impl Filled<'_> {
    fn or_filled(
        &self,
        name: &Name,
        field_type: Option<FieldType>,
        value: Option<Value>,
    ) -> Option<Value> {
        let Some(Seen(seen)) = self.before.filter(|_| self.fill == Fill::Previous) else {
            return value.or_else(|| absent(self.fill, field_type));
        };
        let key = (name.clone(), field_type);
        match value {
            Some(value) => {
                seen.borrow_mut().insert(key, value.clone());
                Some(value)
            }
            None => seen.borrow().get(&key).cloned(),
        }
    }
}

impl Row for Filled<'_> {
    fn field(&self, name: &Name, as_type: FieldType) -> Option<Value> {
        self.or_filled(name, Some(as_type), self.row.field(name, as_type))
    }

    fn tag(&self, key: &Name) -> Option<Name> {
        self.row.tag(key)
    }

    fn tag_value(&self, key: &Name) -> Option<Value> {
        self.or_filled(key, None, self.row.tag_value(key))
    }

    fn call(&self, number: usize) -> Option<Value> {
        self.row.call(number)
    }

    fn time(&self) -> i64 {
        self.row.time()
    }

    fn missing(&self) -> Option<Value> {
        if self.everything { absent(self.fill, None) } else { None }
    }
}
