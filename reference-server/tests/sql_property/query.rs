//! Queries in parts: how they are written, and how they are made smaller.

use crate::expression::{Expr, identifier};
use crate::value::Value;
use std::fmt;

/// A query, and how it is sent.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) distinct: bool,
    /// None: `*`.
    pub(crate) items: Vec<Item>,
    pub(crate) table: String,
    pub(crate) condition: Option<Expr>,
    pub(crate) group: Vec<Expr>,
    pub(crate) having: Option<Expr>,
    pub(crate) order: Vec<Key>,
    pub(crate) limit: Option<usize>,
    pub(crate) offset: Option<usize>,
    /// How `GROUP BY` and `ORDER BY` speak of what is selected.
    pub(crate) spelling: Spelling,
    pub(crate) format: Format,
    pub(crate) post: bool,
}

/// One thing that is selected.
#[derive(Clone, Debug)]
pub(crate) struct Item {
    pub(crate) expr: Expr,
    pub(crate) alias: Option<String>,
}

/// One thing that rows are ordered by.
#[derive(Clone, Debug)]
pub(crate) struct Key {
    pub(crate) expr: Expr,
    pub(crate) descending: bool,
    /// Where nulls stand, if it is said.
    pub(crate) nulls_first: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spelling {
    Expression,
    Alias,
    Ordinal,
}

/// The form of the answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Json,
    JsonLines,
    Csv,
    /// Over Arrow Flight.
    Flight,
}

impl Item {
    /// The name of its column in the answer (recorded of 3.6: `count(*)`).
    pub(crate) fn name(&self, table: &str) -> String {
        match (&self.alias, &self.expr) {
            (Some(alias), _) => alias.clone(),
            (None, Expr::Column(name)) => name.clone(),
            (None, Expr::Aggregate(function, Some(of), distinct)) => match &**of {
                Expr::Column(name) => {
                    let distinct = if *distinct { "DISTINCT " } else { "" };
                    format!("{function}({distinct}{table}.{name})")
                }
                other => other.to_string(),
            },
            (None, other) => other.to_string(),
        }
    }
}

impl Key {
    /// Where it is not said, null is as the largest value.
    pub(crate) fn nulls_first(&self) -> bool {
        self.nulls_first.unwrap_or(self.descending)
    }
}

impl Query {
    pub(crate) fn is_aggregated(&self) -> bool {
        !self.group.is_empty() || self.items.iter().any(|item| item.expr.is_aggregate())
    }

    /// All expressions in it.
    pub(crate) fn expressions(&self) -> Vec<&Expr> {
        let items = self.items.iter().map(|item| &item.expr);
        let keys = self.order.iter().map(|key| &key.expr);
        let all = items.chain(&self.condition).chain(&self.group).chain(&self.having).chain(keys);
        all.flat_map(Expr::all).collect()
    }

    /// The values of `params`, by name.
    pub(crate) fn params(&self) -> Vec<(&str, &Value)> {
        let param = |expr: &&Expr| matches!(expr, Expr::Param(..));
        let params = self.expressions().into_iter().filter(param);
        let named = params.filter_map(|expr| match expr {
            Expr::Param(name, value) => Some((name.as_str(), value)),
            _ => None,
        });
        named.collect()
    }

    /// How `GROUP BY` and `ORDER BY` name an expression.
    fn mention(&self, expr: &Expr) -> String {
        let item = self.items.iter().position(|item| item.expr == *expr);
        match (item, self.spelling) {
            (Some(index), Spelling::Ordinal) => (index + 1).to_string(),
            // What is reckoned and made distinct the engine does not know again by its expression.
            (Some(index), spelling) if spelling == Spelling::Alias || self.distinct => {
                let alias = self.items[index].alias.as_deref();
                alias.map_or_else(|| expr.to_string(), identifier)
            }
            _ => expr.to_string(),
        }
    }

    /// Whether it is one that the engine takes.
    fn is_sound(&self) -> bool {
        let exprs = || self.items.iter().map(|item| &item.expr);
        let mut keys = self.order.iter().map(|key| &key.expr);
        let grouped = !self.is_aggregated()
            || !self.items.is_empty()
                && exprs().chain(&self.having).all(|expr| expr.is_of_group(&self.group))
                && keys.all(|expr| expr.is_of_group(&self.group));
        let mut keys = self.order.iter().map(|key| &key.expr);
        let distinct = !self.distinct
            || self.items.is_empty()
            || keys.all(|key| exprs().any(|expr| expr == key));
        grouped && distinct && (self.having.is_none() || self.is_aggregated())
    }

    /// Smaller queries to try.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let mut but = |change: &dyn Fn(&mut Self)| {
            let mut query = self.clone();
            change(&mut query);
            all.push(query);
        };
        if self.distinct {
            but(&|query| query.distinct = false);
        }
        if self.limit.is_some() {
            but(&|query| query.limit = None);
        }
        if self.offset.is_some() {
            but(&|query| query.offset = None);
        }
        if self.format != Format::Json && self.format != Format::Flight {
            but(&|query| query.format = Format::Json);
        }
        if !self.post && self.format != Format::Flight {
            but(&|query| query.post = true);
        }
        if self.spelling != Spelling::Expression {
            but(&|query| query.spelling = Spelling::Expression);
        }
        but(&|query| query.condition = None);
        but(&|query| query.having = None);
        for smaller in self.condition.iter().flat_map(Expr::smaller) {
            but(&|query| query.condition = Some(smaller.clone()));
        }
        for smaller in self.having.iter().flat_map(Expr::smaller) {
            but(&|query| query.having = Some(smaller.clone()));
        }
        for i in 0..self.order.len() {
            but(&|query| drop(query.order.remove(i)));
        }
        for i in 0..self.group.len() {
            but(&|query| drop(query.group.remove(i)));
        }
        for i in 0..self.items.len() {
            if self.items.len() > 1 {
                but(&|query| drop(query.items.remove(i)));
            }
        }
        let length = |query: &Self| format!("{query}{:?}{}", query.format, query.post).len();
        let now = length(self);
        all.retain(|query| query.is_sound() && length(query) != now);
        all
    }
}

fn list<T>(of: &[T], one: impl Fn(&T) -> String) -> String {
    of.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let item = |item: &Item| match &item.alias {
            Some(alias) => format!("{} AS {}", item.expr, identifier(alias)),
            None => item.expr.to_string(),
        };
        let items = if self.items.is_empty() { "*".to_owned() } else { list(&self.items, item) };
        let distinct = if self.distinct { "DISTINCT " } else { "" };
        write!(f, "SELECT {distinct}{items} FROM {}", identifier(&self.table))?;
        if let Some(condition) = &self.condition {
            write!(f, " WHERE {condition}")?;
        }
        if !self.group.is_empty() {
            write!(f, " GROUP BY {}", list(&self.group, |expr| self.mention(expr)))?;
        }
        if let Some(having) = &self.having {
            write!(f, " HAVING {having}")?;
        }
        if !self.order.is_empty() {
            let key = |key: &Key| {
                let direction = if key.descending { " DESC" } else { "" };
                let nulls = match key.nulls_first {
                    Some(true) => " NULLS FIRST",
                    Some(false) => " NULLS LAST",
                    None => "",
                };
                format!("{}{direction}{nulls}", self.mention(&key.expr))
            };
            write!(f, " ORDER BY {}", list(&self.order, key))?;
        }
        if let Some(limit) = self.limit {
            write!(f, " LIMIT {limit}")?;
        }
        if let Some(offset) = self.offset {
            write!(f, " OFFSET {offset}")?;
        }
        Ok(())
    }
}
