//! Queries in parts: how they are written, and how they are made smaller.

use crate::smaller::shorter;
use std::fmt;

/// A request to `/query`.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) statements: Vec<Statement>,
    pub(crate) epoch: Option<&'static str>,
    pub(crate) pretty: bool,
    /// `chunked=true` and its size.
    pub(crate) chunk: Option<usize>,
    pub(crate) csv: bool,
    pub(crate) post: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Statement {
    Select(Select),
    Show(Show),
    /// Anything, such as a statement with a mistake in it.
    Text(String),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Select {
    pub(crate) columns: Vec<String>,
    pub(crate) from: Vec<String>,
    pub(crate) condition: Option<Condition>,
    pub(crate) group: Vec<String>,
    /// `fill`, `ORDER BY`, `LIMIT` … in the order in which they stand.
    pub(crate) ends: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) struct Show {
    pub(crate) what: &'static str,
    pub(crate) from: Option<String>,
    pub(crate) key: Option<String>,
    pub(crate) condition: Option<Condition>,
    pub(crate) ends: Vec<String>,
}

#[derive(Clone, Debug)]
pub(crate) enum Condition {
    Leaf(String),
    Both(Box<Self>, &'static str, Box<Self>),
    Parens(Box<Self>),
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf(text) => f.write_str(text),
            Self::Both(left, op, right) => write!(f, "{left} {op} {right}"),
            Self::Parens(inner) => write!(f, "({inner})"),
        }
    }
}

impl Condition {
    fn smaller(&self) -> Vec<Self> {
        match self {
            Self::Leaf(_) => Vec::new(),
            Self::Parens(inner) => {
                let mut all = vec![(**inner).clone()];
                all.extend(inner.smaller().into_iter().map(|c| Self::Parens(Box::new(c))));
                all
            }
            Self::Both(left, op, right) => {
                let mut all = vec![(**left).clone(), (**right).clone()];
                let both = |l: Self, r: Self| Self::Both(Box::new(l), op, Box::new(r));
                all.extend(left.smaller().into_iter().map(|l| both(l, (**right).clone())));
                all.extend(right.smaller().into_iter().map(|r| both((**left).clone(), r)));
                all
            }
        }
    }
}

fn smaller_condition(condition: Option<&Condition>) -> Vec<Option<Condition>> {
    let Some(condition) = condition else { return Vec::new() };
    std::iter::once(None).chain(condition.smaller().into_iter().map(Some)).collect()
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tail = |f: &mut fmt::Formatter<'_>, condition: &Option<Condition>| match condition {
            Some(c) => write!(f, " WHERE {c}"),
            None => Ok(()),
        };
        let ends = match self {
            Self::Text(text) => return f.write_str(text),
            Self::Select(s) => {
                write!(f, "SELECT {} FROM {}", s.columns.join(", "), s.from.join(", "))?;
                tail(f, &s.condition)?;
                if !s.group.is_empty() {
                    write!(f, " GROUP BY {}", s.group.join(", "))?;
                }
                &s.ends
            }
            Self::Show(s) => {
                write!(f, "SHOW {}", s.what)?;
                for part in s.from.iter().chain(&s.key) {
                    write!(f, " {part}")?;
                }
                tail(f, &s.condition)?;
                &s.ends
            }
        };
        ends.iter().try_for_each(|end| write!(f, " {end}"))
    }
}

impl Statement {
    fn smaller(&self) -> Vec<Self> {
        match self {
            Self::Text(_) => Vec::new(),
            Self::Select(s) => {
                let mut all = Vec::new();
                let sets = |make: &dyn Fn(Vec<String>) -> Select, lists: Vec<Vec<String>>| {
                    lists.into_iter().map(make).map(Self::Select).collect::<Vec<_>>()
                };
                all.extend(sets(&|from| Select { from, ..s.clone() }, shorter(&s.from, 1)));
                all.extend(sets(
                    &|columns| Select { columns, ..s.clone() },
                    shorter(&s.columns, 1),
                ));
                all.extend(sets(&|group| Select { group, ..s.clone() }, shorter(&s.group, 0)));
                all.extend(sets(&|ends| Select { ends, ..s.clone() }, shorter(&s.ends, 0)));
                let conditions = smaller_condition(s.condition.as_ref()).into_iter();
                all.extend(
                    conditions.map(|condition| Self::Select(Select { condition, ..s.clone() })),
                );
                all
            }
            Self::Show(s) => {
                let mut all = Vec::new();
                if s.from.is_some() {
                    all.push(Self::Show(Show { from: None, ..s.clone() }));
                }
                let ends = shorter(&s.ends, 0).into_iter();
                all.extend(ends.map(|ends| Self::Show(Show { ends, ..s.clone() })));
                let conditions = smaller_condition(s.condition.as_ref()).into_iter();
                all.extend(conditions.map(|condition| Self::Show(Show { condition, ..s.clone() })));
                all
            }
        }
    }
}

impl Query {
    /// Just this statement.
    pub(crate) const fn of(statements: Vec<Statement>) -> Self {
        Self { statements, epoch: None, pretty: false, chunk: None, csv: false, post: false }
    }

    /// The text of `q`.
    pub(crate) fn text(&self) -> String {
        self.statements.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }

    /// Smaller queries to try.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut all: Vec<_> = shorter(&self.statements, 1)
            .into_iter()
            .map(|statements| Self { statements, ..self.clone() })
            .collect();
        if self.epoch.is_some() {
            all.push(Self { epoch: None, ..self.clone() });
        }
        if self.pretty {
            all.push(Self { pretty: false, ..self.clone() });
        }
        if self.chunk.is_some() {
            all.push(Self { chunk: None, ..self.clone() });
        }
        if self.csv {
            all.push(Self { csv: false, ..self.clone() });
        }
        if self.post {
            all.push(Self { post: false, ..self.clone() });
        }
        for (i, statement) in self.statements.iter().enumerate() {
            // Without bounds, windows go on until now.
            let bounded = |s: &Statement| {
                let text = s.to_string();
                !text.contains("time(") || text.contains("time >= ") && text.contains("AND time <")
            };
            for smaller in statement.smaller().into_iter().filter(bounded) {
                let mut query = self.clone();
                query.statements[i] = smaller;
                all.push(query);
            }
        }
        all
    }
}
