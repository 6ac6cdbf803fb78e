//! Expressions of the SQL that is asked, and how they are written.

use crate::value::{Value, instant};
use std::fmt;

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Expr {
    Column(String),
    /// A value, and how it is written.
    Literal(Value, String),
    /// `$name`
    Param(String, Value),
    /// `=`, `!=`, `<>`, `<`, `<=`, `>`, `>=`
    Compare(Box<Self>, &'static str, Box<Self>),
    /// `+`, `-`, `*`, `/`, `%`
    Arithmetic(Box<Self>, char, Box<Self>),
    Not(Box<Self>),
    /// `AND`, `OR`
    Both(Box<Self>, &'static str, Box<Self>),
    /// With `true`: `IS NOT NULL`; so in all that follow.
    IsNull(Box<Self>, bool),
    In(Box<Self>, Vec<Self>, bool),
    Between(Box<Self>, Box<Self>, Box<Self>, bool),
    /// `LIKE`, `ILIKE` and the pattern.
    Like(Box<Self>, &'static str, String, bool),
    Coalesce(Box<Self>, Box<Self>),
    /// Of `time`: how many seconds a bin has, and where one begins.
    DateBin(i64, Option<i64>),
    /// `count`, `sum`, `avg`, `min`, `max`; of what (`None`: `*`), and whether of each value once.
    Aggregate(&'static str, Option<Box<Self>>, bool),
    /// `first`, `last`, `min`, `max`; of what, what else is taken from its row, and which member.
    Selector(&'static str, Box<Self>, Option<String>, &'static str),
}

/// A name as it must stand in a query.
pub(crate) fn identifier(name: &str) -> String {
    if name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()) {
        name.to_owned()
    } else {
        format!("\"{name}\"")
    }
}

const fn not(negated: bool) -> &'static str {
    if negated { "NOT " } else { "" }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Column(name) => f.write_str(&identifier(name)),
            Self::Literal(_, text) => f.write_str(text),
            Self::Param(name, _) => write!(f, "${name}"),
            Self::Compare(a, op, b) => write!(f, "{a} {op} {b}"),
            Self::Arithmetic(a, op, b) => write!(f, "({a} {op} {b})"),
            Self::Not(inner) => write!(f, "NOT ({inner})"),
            Self::Both(a, op, b) => {
                let part = |inner: &Self| match inner {
                    // `OR` binds less than `AND`; without parentheses where none are needed.
                    Self::Both(_, inner_op, _) if *inner_op == "OR" && *op == "AND" => {
                        format!("({inner})")
                    }
                    inner => inner.to_string(),
                };
                write!(f, "{} {op} {}", part(a), part(b))
            }
            Self::IsNull(inner, negated) => write!(f, "{inner} IS {}NULL", not(*negated)),
            Self::In(inner, list, negated) => {
                let list: Vec<_> = list.iter().map(ToString::to_string).collect();
                write!(f, "{inner} {}IN ({})", not(*negated), list.join(", "))
            }
            Self::Between(inner, low, high, negated) => {
                write!(f, "{inner} {}BETWEEN {low} AND {high}", not(*negated))
            }
            Self::Like(inner, op, pattern, negated) => {
                let pattern = Value::Text(pattern.clone()).sql();
                write!(f, "{inner} {}{op} {pattern}", not(*negated))
            }
            Self::Coalesce(a, b) => write!(f, "coalesce({a}, {b})"),
            Self::DateBin(seconds, origin) => {
                write!(f, "date_bin(INTERVAL '{seconds} seconds', time")?;
                match origin {
                    Some(at) => write!(f, ", TIMESTAMP '{}')", instant(*at)),
                    None => f.write_str(")"),
                }
            }
            Self::Aggregate(function, None, _) => write!(f, "{function}(*)"),
            Self::Aggregate(function, Some(of), distinct) => {
                write!(f, "{function}({}{of})", if *distinct { "DISTINCT " } else { "" })
            }
            Self::Selector(which, of, other, member) => {
                let other = other.as_ref().map(|o| format!(", {}", identifier(o)));
                let other = other.unwrap_or_default();
                write!(f, "selector_{which}({of}, time{other})['{member}']")
            }
        }
    }
}

impl Expr {
    /// What it is made of.
    pub(crate) fn parts(&self) -> Vec<&Self> {
        match self {
            Self::Column(_) | Self::Literal(..) | Self::Param(..) | Self::DateBin(..) => Vec::new(),
            Self::Compare(a, _, b)
            | Self::Arithmetic(a, _, b)
            | Self::Both(a, _, b)
            | Self::Coalesce(a, b) => vec![a, b],
            Self::Not(a) | Self::IsNull(a, _) | Self::Like(a, ..) | Self::Selector(_, a, ..) => {
                vec![a]
            }
            Self::In(a, list, _) => std::iter::once(&**a).chain(list).collect(),
            Self::Between(a, b, c, _) => vec![a, b, c],
            Self::Aggregate(_, of, _) => of.iter().map(|of| &**of).collect(),
        }
    }

    /// Itself and all that it is made of.
    pub(crate) fn all(&self) -> Vec<&Self> {
        let mut all = vec![self];
        for part in self.parts() {
            all.extend(part.all());
        }
        all
    }

    pub(crate) const fn is_aggregate(&self) -> bool {
        matches!(self, Self::Aggregate(..) | Self::Selector(..))
    }

    /// Whether it can be told of a group of rows that are alike in these.
    pub(crate) fn is_of_group(&self, group: &[Self]) -> bool {
        if self.is_aggregate() || group.contains(self) {
            return true;
        }
        match self {
            Self::Column(_) | Self::DateBin(..) => false,
            other => other.parts().iter().all(|part| part.is_of_group(group)),
        }
    }

    /// Smaller conditions to try.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        match self {
            Self::Not(inner) => {
                let mut all = vec![(**inner).clone()];
                all.extend(inner.smaller().into_iter().map(|inner| Self::Not(Box::new(inner))));
                all
            }
            Self::Both(a, op, b) => {
                let mut all = vec![(**a).clone(), (**b).clone()];
                let both =
                    |a: &Self, b: &Self| Self::Both(Box::new(a.clone()), op, Box::new(b.clone()));
                all.extend(a.smaller().iter().map(|a| both(a, b)));
                all.extend(b.smaller().iter().map(|b| both(a, b)));
                all
            }
            Self::In(inner, list, negated) if list.len() > 1 => (0..list.len())
                .map(|i| {
                    let mut list = list.clone();
                    list.remove(i);
                    Self::In(inner.clone(), list, *negated)
                })
                .collect(),
            _ => Vec::new(),
        }
    }
}
