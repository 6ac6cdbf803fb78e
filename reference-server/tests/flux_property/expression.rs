//! Predicates and arithmetic: how they are written, and how they are made smaller.

use crate::model::csv::rfc3339;
use crate::model::table::Value;
use std::fmt;

/// What `filter` asks of a row.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Predicate {
    Compare(String, &'static str, Value),
    /// Whether a pattern is to be found, or not.
    Matches(String, bool, &'static str),
    Exists(String),
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Not(Box<Self>),
}

/// What `map` puts into a column.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Arithmetic {
    Column(String),
    Literal(Value),
    Both(Box<Self>, char, Box<Self>),
    Negative(Box<Self>),
}

/// `r.name`, or the form that takes any name.
pub(crate) fn member(name: &str) -> String {
    let plain = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    // Both forms, neither at random, so that a seed stays a seed.
    if plain && name != "region" { format!("r.{name}") } else { format!("r[{}]", text(name)) }
}

/// A string of Flux.
pub(crate) fn text(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}

/// A list of strings.
pub(crate) fn list(names: &[String]) -> String {
    let names: Vec<_> = names.iter().map(|n| text(n)).collect();
    format!("[{}]", names.join(", "))
}

/// A value as a script writes it.
pub(crate) fn literal(value: &Value) -> String {
    match value {
        Value::Null => "debug.null()".to_owned(),
        Value::Bool(b) => b.to_string(),
        Value::Int(n) => n.to_string(),
        Value::UInt(n) => n.to_string(),
        Value::Float(n) => format!("{n:?}"),
        Value::Text(t) => text(t),
        Value::Time(t) => rfc3339(*t),
    }
}

impl fmt::Display for Predicate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = |p: &Self, parens: bool| if parens { format!("({p})") } else { p.to_string() };
        match self {
            Self::Compare(name, op, value) => {
                write!(f, "{} {op} {}", member(name), literal(value))
            }
            Self::Matches(name, found, pattern) => {
                write!(f, "{} {} /{pattern}/", member(name), if *found { "=~" } else { "!~" })
            }
            Self::Exists(name) => write!(f, "exists {}", member(name)),
            // As few parentheses as the precedence of the operators lets stand.
            Self::And(a, b) => {
                let left = side(a, matches!(**a, Self::Or(..)));
                let right = side(b, matches!(**b, Self::Or(..) | Self::And(..)));
                write!(f, "{left} and {right}")
            }
            Self::Or(a, b) => write!(f, "{a} or {}", side(b, matches!(**b, Self::Or(..)))),
            Self::Not(a) => {
                write!(f, "not {}", side(a, !matches!(**a, Self::Exists(_) | Self::Not(_))))
            }
        }
    }
}

impl Predicate {
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let pair = |a: &Self, b: &Self, join: fn(Box<Self>, Box<Self>) -> Self| {
            let mut all = vec![a.clone(), b.clone()];
            let join = |a: Self, b: Self| join(Box::new(a), Box::new(b));
            all.extend(a.smaller().into_iter().map(|a| join(a, b.clone())));
            all.extend(b.smaller().into_iter().map(|b| join(a.clone(), b)));
            all
        };
        match self {
            Self::And(a, b) => pair(a, b, Self::And),
            Self::Or(a, b) => pair(a, b, Self::Or),
            Self::Not(a) => {
                let mut all = vec![(**a).clone()];
                all.extend(a.smaller().into_iter().map(|a| Self::Not(Box::new(a))));
                all
            }
            _ => Vec::new(),
        }
    }
}

impl fmt::Display for Arithmetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let strength = |a: &Self| match a {
            Self::Both(_, '+' | '-', _) => 1,
            Self::Both(..) => 2,
            _ => 3,
        };
        let side = |a: &Self, least: u8| {
            if strength(a) < least { format!("({a})") } else { a.to_string() }
        };
        match self {
            Self::Column(name) => f.write_str(&member(name)),
            Self::Literal(value) => f.write_str(&literal(value)),
            Self::Negative(a) => write!(f, "-{}", side(a, 3)),
            Self::Both(a, op, b) => {
                let own = strength(self);
                write!(f, "{} {op} {}", side(a, own), side(b, own + 1))
            }
        }
    }
}

impl Arithmetic {
    pub(crate) fn smaller(&self) -> Vec<Self> {
        match self {
            Self::Both(a, _, b) => vec![(**a).clone(), (**b).clone()],
            Self::Negative(a) => vec![(**a).clone()],
            _ => Vec::new(),
        }
    }
}
