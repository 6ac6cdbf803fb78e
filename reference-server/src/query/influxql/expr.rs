//! Expressions as they are written. Not what they evaluate to.

use super::duration;
use super::print::{Ident, Quoted};
use super::token::Op;
use std::fmt;

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// A column: field, tag or `time`.
    Var(Var),
    /// `name(args)`; the name is in lower case.
    Call(Call),
    /// `DISTINCT name`.
    Distinct(String),
    /// `'text'`.
    Str(String),
    /// `1.5`.
    Number(f64),
    /// `1`.
    Integer(i64),
    /// An integer that only fits without a sign.
    Unsigned(u64),
    /// `true`.
    Bool(bool),
    /// `1h`, in nanoseconds.
    Duration(i64),
    /// `/…/`.
    Regex(Pattern),
    /// `*`, all columns or those of one kind.
    Wildcard(Option<Kind>),
    /// `left op right`.
    Binary(Box<Binary>),
    /// `( … )`.
    Paren(Box<Self>),
}

/// A column, and what its `::` asked for.
#[derive(Clone, Debug, PartialEq)]
pub struct Var {
    /// Its name, dots and all.
    pub name: String,
    /// The kind or type asked for.
    pub cast: Option<Cast>,
}

/// What `name::…` asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cast {
    /// `::tag`, `::field`.
    Kind(Kind),
    /// `::float` and the other types.
    Type(crate::store::FieldType),
}

/// Field or tag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A field.
    Field,
    /// A tag.
    Tag,
}

/// A function and its arguments.
#[derive(Clone, Debug)]
pub struct Call {
    /// Its name, in lower case.
    pub name: String,
    /// Its arguments.
    pub args: Vec<Expr>,
}

/// Two expressions and the operator between them.
#[derive(Clone, Debug)]
pub struct Binary {
    /// The operator.
    pub op: Op,
    /// Its left side.
    pub left: Expr,
    /// Its right side.
    pub right: Expr,
}

/// A regular expression and its source.
#[derive(Clone, Debug)]
pub struct Pattern {
    source: String,
    /// None where everything matches: `FROM /.*/` is asked for much, and costs a large automaton.
    regex: Option<regex::Regex>,
}

impl Pattern {
    /// Compiles a pattern.
    ///
    /// # Errors
    /// What is wrong with it, in the products' words where they are known.
    pub fn new(source: &str) -> Result<Self, String> {
        if source == ".*" {
            return Ok(Self { source: source.to_owned(), regex: None });
        }
        // As it is written, if it can be: a group of flags without any cannot, and is nothing to Go.
        let compiled = regex::Regex::new(source).or_else(|error| {
            super::pattern::without_empty_flags(source)
                .map_or(Err(error), |other| regex::Regex::new(&other))
        });
        match compiled {
            Ok(regex) => Ok(Self { source: source.to_owned(), regex: Some(regex) }),
            Err(error) => Err(super::pattern::go_error(source, &error)),
        }
    }

    /// Whether it is found in these bytes; what is not UTF-8 reads as U+FFFD.
    pub fn is_match(&self, bytes: &[u8]) -> bool {
        self.regex.as_ref().is_none_or(|regex| regex.is_match(&String::from_utf8_lossy(bytes)))
    }
}

impl Expr {
    /// Calls `visit` with this expression and all inside it.
    pub fn walk<'a>(&'a self, visit: &mut impl FnMut(&'a Self)) {
        visit(self);
        match self {
            Self::Call(call) => call.args.iter().for_each(|a| a.walk(visit)),
            Self::Binary(b) => {
                b.left.walk(visit);
                b.right.walk(visit);
            }
            Self::Paren(inner) => inner.walk(visit),
            _ => {}
        }
    }

    /// Calls `change` with this expression and all inside it, inside first.
    pub fn rewrite(&mut self, change: &mut impl FnMut(&mut Self)) {
        match self {
            Self::Call(call) => call.args.iter_mut().for_each(|a| a.rewrite(change)),
            Self::Binary(b) => {
                b.left.rewrite(change);
                b.right.rewrite(change);
            }
            Self::Paren(inner) => inner.rewrite(change),
            _ => {}
        }
        change(self);
    }

    /// The expression without the parentheses around it.
    pub fn bare(&self) -> &Self {
        let mut e = self;
        while let Self::Paren(inner) = e {
            e = inner;
        }
        e
    }

    /// The column name that the products derive from an expression.
    pub fn column_name(&self) -> String {
        match self.bare() {
            Self::Call(call) => call.name.clone(),
            Self::Distinct(_) => "distinct".to_owned(),
            Self::Var(var) => var.name.clone(),
            Self::Binary(_) => {
                let mut names = Vec::new();
                self.operand_names(&mut names);
                names.join("_")
            }
            _ => String::new(),
        }
    }

    fn operand_names(&self, names: &mut Vec<String>) {
        match self {
            Self::Var(var) => names.push(var.name.clone()),
            Self::Call(call) => names.push(call.name.clone()),
            Self::Binary(b) => {
                b.left.operand_names(names);
                b.right.operand_names(names);
            }
            Self::Paren(inner) => inner.operand_names(names),
            _ => {}
        }
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Var(var) => var.fmt(f),
            Self::Call(call) => {
                write!(f, "{}(", call.name)?;
                for (i, arg) in call.args.iter().enumerate() {
                    write!(f, "{}{arg}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str(")")
            }
            Self::Distinct(name) => write!(f, "DISTINCT {name}"),
            Self::Str(text) => Quoted(text).fmt(f),
            Self::Number(n) => write!(f, "{n:.3}"),
            Self::Integer(n) => n.fmt(f),
            Self::Unsigned(n) => n.fmt(f),
            Self::Bool(b) => b.fmt(f),
            Self::Duration(ns) => f.write_str(&duration::short(*ns)),
            Self::Regex(pattern) => write!(f, "/{}/", pattern.source.replace('/', "\\/")),
            Self::Wildcard(None) => f.write_str("*"),
            Self::Wildcard(Some(kind)) => write!(f, "*::{}", kind.word()),
            Self::Binary(b) => write!(f, "{} {} {}", b.left, b.op.text(), b.right),
            Self::Paren(inner) => write!(f, "({inner})"),
        }
    }
}

impl fmt::Display for Var {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ident(&self.name).fmt(f)?;
        match self.cast {
            None => Ok(()),
            Some(Cast::Kind(kind)) => write!(f, "::{}", kind.word()),
            Some(Cast::Type(t)) => write!(f, "::{}", t.word()),
        }
    }
}

impl Kind {
    /// `field` or `tag`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Field => "field",
            Self::Tag => "tag",
        }
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/", self.source.replace('/', "\\/"))
    }
}
