//! The plan of a script: nodes that make tables of tables, before any of them has run.

use super::ast::{Duration, Span};
use super::table::{Cell, Column};
use super::value::Closure;
use crate::store::Name;
use std::rc::Rc;

/// A node's number in its plan.
pub(super) type NodeId = usize;

/// Columns by their names or by a function of the name.
#[derive(Clone, Debug)]
pub(super) enum Columns {
    Names(Vec<Name>),
    Predicate(Rc<Closure>),
}

/// New names for columns.
#[derive(Clone, Debug)]
pub(super) enum Renaming {
    Names(Vec<(Name, Name)>),
    Function(Rc<Closure>),
}

/// What `from` reads.
#[derive(Clone, Debug)]
pub(super) enum BucketName {
    Name(String),
    Id(String),
}

/// A function of many values to one, or to one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum Aggregate {
    Count,
    Sum,
    Mean,
    First,
    Last,
    Min,
    Max,
}

impl Aggregate {
    /// Its name in scripts and messages.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::First => "first",
            Self::Last => "last",
            Self::Min => "min",
            Self::Max => "max",
        }
    }

    /// Whether it chooses a row, so that the row's other columns stay.
    pub(super) const fn selects(self) -> bool {
        matches!(self, Self::First | Self::Last | Self::Min | Self::Max)
    }
}

/// `aggregateWindow`.
#[derive(Clone, Debug)]
pub(super) struct Windows {
    pub(super) every: Duration,
    pub(super) offset: Duration,
    pub(super) aggregate: Aggregate,
    pub(super) column: Name,
    /// Whether the window's start is the time of its row, not its stop.
    pub(super) at_start: bool,
    pub(super) destination: Name,
    pub(super) create_empty: bool,
}

/// What a node does.
#[derive(Clone, Debug)]
pub(super) enum Operation {
    From(BucketName),
    Buckets,
    Rows(Vec<Column>, Vec<Vec<Cell>>),
    Range(i64, i64),
    Filter {
        function: Rc<Closure>,
        keep_empty: bool,
    },
    Keep(Columns),
    Drop(Columns),
    Rename(Renaming),
    Sort {
        columns: Vec<Name>,
        descending: bool,
    },
    Limit {
        count: i64,
        offset: i64,
    },
    Aggregate(Aggregate, Name),
    Group {
        columns: Vec<Name>,
        except: bool,
    },
    Distinct(Name),
    Keys(Name),
    Pivot {
        rows: Vec<Name>,
        columns: Vec<Name>,
        value: Name,
    },
    Map(Rc<Closure>),
    Window(Windows),
    /// Only the tables of one measurement, as the schema package asks for them.
    Measurement(Name),
    /// The distinct values of a tag, as the schema package gives them.
    TagValues(Name),
    /// The labels of the group keys, as the schema package gives them.
    TagKeys,
    Yield(String),
}

impl Operation {
    /// The name in messages.
    pub(super) const fn word(&self) -> &'static str {
        match self {
            Self::From(_) => "from",
            Self::Buckets => "buckets",
            Self::Rows(..) => "from",
            Self::Range(..) => "range",
            Self::Filter { .. } => "filter",
            Self::Keep(_) => "keep",
            Self::Drop(_) => "drop",
            Self::Rename(_) => "rename",
            Self::Sort { .. } => "sort",
            Self::Limit { .. } => "limit",
            Self::Aggregate(aggregate, _) => aggregate.word(),
            Self::Group { .. } => "group",
            Self::Distinct(_) => "distinct",
            Self::Keys(_) => "keys",
            Self::Pivot { .. } => "pivot",
            Self::Map(_) => "map",
            Self::Window(_) => "aggregateWindow",
            Self::Measurement(_) => "filter",
            Self::TagValues(_) | Self::TagKeys => "distinct",
            Self::Yield(_) => "yield",
        }
    }
}

/// One step from tables to tables.
#[derive(Clone, Debug)]
pub(super) struct Node {
    pub(super) operation: Operation,
    pub(super) input: Option<NodeId>,
    /// The call in the script.
    pub(super) span: Span,
}

/// All steps of a script, each after its input, and the results that it gives.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) nodes: Vec<Node>,
    /// Names and nodes, in the order of the script.
    pub(super) results: Vec<(String, NodeId)>,
}

impl Plan {
    pub(super) fn add(
        &mut self,
        operation: Operation,
        input: Option<NodeId>,
        span: Span,
    ) -> NodeId {
        self.nodes.push(Node { operation, input, span });
        self.nodes.len() - 1
    }
}
