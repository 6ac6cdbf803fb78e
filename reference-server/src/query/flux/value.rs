//! The values that a script computes with.

use super::ast::{Duration, Function};
use super::plan::NodeId;
use super::table::Cell;
use crate::store::Name;
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The functions of this subset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Builtin {
    AggregateWindow,
    ArrayFrom,
    Buckets,
    Count,
    Distinct,
    Drop,
    Filter,
    First,
    From,
    Group,
    Keep,
    Keys,
    Last,
    Limit,
    Map,
    Max,
    Mean,
    Min,
    Now,
    Pivot,
    Range,
    Rename,
    SchemaFieldKeys,
    SchemaMeasurementFieldKeys,
    SchemaMeasurementTagKeys,
    SchemaMeasurementTagValues,
    SchemaMeasurements,
    SchemaTagKeys,
    SchemaTagValues,
    Sort,
    Sum,
    Yield,
}

/// A value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    /// A value of a column, or one like it; null among them.
    Cell(Cell),
    Duration(Duration),
    Regex(Rc<regex::bytes::Regex>),
    Array(Rc<Vec<Self>>),
    Record(Rc<Record>),
    Function(Rc<Closure>),
    Builtin(Builtin),
    /// The functions of an imported package.
    Package(&'static str),
    /// Tables: a node of the plan.
    Stream(NodeId),
}

impl Value {
    pub(super) const NULL: Self = Self::Cell(Cell::Null);

    pub(super) fn text(bytes: impl Into<Name>) -> Self {
        Self::Cell(Cell::Text(bytes.into()))
    }

    /// The word for its type in messages.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Cell(cell) => cell.kind().map_or("null", |k| k.word()),
            Self::Duration(_) => "duration",
            Self::Regex(_) => "regexp",
            Self::Array(_) => "array",
            Self::Record(_) | Self::Package(_) => "record",
            Self::Function(_) | Self::Builtin(_) => "function",
            Self::Stream(_) => "stream",
        }
    }
}

/// Properties in the order in which columns would stand.
pub(super) type Record = Vec<(Name, Value)>;

/// A function of the script, with the names it sees.
#[derive(Debug)]
pub(super) struct Closure {
    pub(super) function: Function,
    pub(super) scope: Scope,
}

/// The names visible in one place of the script.
#[derive(Clone, Default)]
pub(super) struct Scope(Rc<ScopeLevel>);

impl std::fmt::Debug for Scope {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Scope")
    }
}

#[derive(Default)]
struct ScopeLevel {
    names: RefCell<HashMap<String, Value>>,
    outer: Option<Scope>,
}

impl Scope {
    /// A scope within this one.
    pub(super) fn inner(&self) -> Self {
        Self(Rc::new(ScopeLevel { names: RefCell::default(), outer: Some(self.clone()) }))
    }

    pub(super) fn set(&self, name: &str, value: Value) {
        self.0.names.borrow_mut().insert(name.to_owned(), value);
    }

    /// Forget all names: a function in a scope holds the scope, and neither would ever be freed.
    pub(super) fn clear(&self) {
        self.0.names.borrow_mut().clear();
    }

    pub(super) fn get(&self, name: &str) -> Option<Value> {
        let mut scope = Some(self);
        while let Some(Self(level)) = scope {
            if let Some(value) = level.names.borrow().get(name) {
                return Some(value.clone());
            }
            scope = level.outer.as_ref();
        }
        None
    }
}
