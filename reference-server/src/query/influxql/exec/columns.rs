//! Which columns measurements have between them, and what names and wildcards mean there.

use super::node::Node;
use crate::query::influxql::expr::{Cast, Expr, Kind, Var};
use crate::store::view::Measurement;
use crate::store::{FieldType, Name, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The columns of all measurements of a statement.
#[derive(Debug, Default)]
pub(super) struct Columns {
    /// Fields, each with the type that all its values are read as.
    pub(super) fields: BTreeMap<Name, FieldType>,
    /// Tag keys.
    pub(super) tags: BTreeSet<Name>,
    /// Fields of shards that are not read: they have no values, but are no tags either.
    pub(super) elsewhere: BTreeSet<Name>,
    /// Whether the time has no value in an expression (1.6:tsdb/engine/tsm1/engine.go,
    /// `createVarRefSeriesIterator`: there is no column of this name).
    pub(super) no_time: bool,
}

/// Which type wins where a field has several: the lowest.
const fn rank(t: FieldType) -> u8 {
    match t {
        FieldType::Float => 0,
        FieldType::Integer => 1,
        FieldType::Unsigned => 2,
        FieldType::String => 3,
        FieldType::Boolean => 4,
    }
}

/// A field or tag that a wildcard stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    Field(Name, FieldType),
    Tag(Name),
}

impl Found {
    pub(super) const fn name(&self) -> &Name {
        match self {
            Self::Field(name, _) | Self::Tag(name) => name,
        }
    }

    /// Where it stands among columns of the same name: unsigned fields come after tags.
    const fn order(&self) -> u8 {
        match self {
            Self::Field(_, FieldType::Unsigned) => 2,
            Self::Field(..) => 0,
            Self::Tag(_) => 1,
        }
    }
}

impl Columns {
    pub(super) fn of<'a>(measurements: impl IntoIterator<Item = &'a Measurement>) -> Self {
        let mut columns = Self::default();
        for m in measurements {
            for (name, t) in &m.fields {
                columns.add_field(name, *t);
            }
            columns.tags.extend(m.tag_keys.iter().cloned());
        }
        columns
    }

    pub(super) fn add_field(&mut self, name: &Name, t: FieldType) {
        match self.fields.get_mut(name) {
            Some(known) if rank(t) < rank(*known) => *known = t,
            Some(_) => {}
            None => {
                self.fields.insert(name.clone(), t);
            }
        }
    }

    /// What a column's name means.
    pub(super) fn resolve(&self, var: &Var) -> Node {
        let name: Name = var.name.as_bytes().into();
        let field = self.fields.get(&name).copied();
        let is_tag = self.tags.contains(&name);
        match (var.cast, field) {
            (None, _) if var.name == "time" && self.no_time => Node::Null,
            (None, _) if var.name == "time" => Node::Time,
            (Some(Cast::Type(t)), Some(_)) => Node::Field(name, t),
            (None | Some(Cast::Kind(Kind::Field)), Some(t)) => Node::Field(name, t),
            (None | Some(Cast::Kind(Kind::Tag)), _) if is_tag => Node::Tag(name),
            _ => Node::Null,
        }
    }

    /// All columns that a wildcard stands for, fields and tags together by name, but for the tags
    /// that rows are grouped by. Without a field there is nothing to show.
    pub(super) fn all(&self, grouped: &[Name], no_tags: bool) -> Vec<Found> {
        if self.fields.is_empty() {
            return Vec::new();
        }
        let fields = self.fields.iter().map(|(name, t)| Found::Field(name.clone(), *t));
        let tags =
            self.tags.iter().filter(|t| !no_tags && !grouped.contains(t)).cloned().map(Found::Tag);
        let mut all: Vec<_> = fields.chain(tags).collect();
        all.sort_by(|a, b| (a.name(), a.order()).cmp(&(b.name(), b.order())));
        all
    }
}

/// A constant.
pub(super) fn literal(expr: &Expr) -> Option<Node> {
    Some(Node::Literal(match expr {
        Expr::Str(text) => Value::String(text.as_bytes().into()),
        Expr::Number(n) => Value::Float(*n),
        Expr::Integer(n) | Expr::Duration(n) => Value::Integer(*n),
        Expr::Unsigned(n) => Value::Unsigned(*n),
        Expr::Bool(b) => Value::Boolean(*b),
        _ => return None,
    }))
}

/// The names of columns: `time`, aliases, and derived names with `_1` where one is taken.
pub(super) fn unique_names(columns: &[(Name, bool)]) -> Vec<Name> {
    let mut used: BTreeMap<Name, usize> =
        columns.iter().filter(|c| c.1).map(|c| (c.0.clone(), 1)).collect();
    let name_of = |(name, is_alias): &(Name, bool)| {
        if *is_alias {
            return name.clone();
        }
        let mut unique = name.clone();
        if let Some(count) = used.get(name).copied() {
            let mut count = count;
            loop {
                let tried: Name = [name, format!("_{count}").as_bytes()].concat().into();
                if !used.contains_key(&tried) {
                    used.insert(name.clone(), count + 1);
                    unique = tried;
                    break;
                }
                count += 1;
            }
        }
        *used.entry(unique.clone()).or_default() += 1;
        unique
    };
    columns.iter().map(name_of).collect()
}
