//! `WHERE`: the range of time that it names, and what is left as a condition on rows.

use super::columns::Columns;
use super::moment::instant;
use super::node::Node;
use crate::query::influxql::expr::{Binary, Cast, Expr, Kind};
use crate::query::influxql::token::Op;
use crate::store::{FieldType, Value};
use profiles::influxql::Planner;

/// A range of time, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Range {
    /// The first nanosecond.
    pub(super) first: i64,
    /// The last nanosecond.
    pub(super) last: i64,
    /// Whether a lower bound is written.
    pub(super) has_first: bool,
    /// Whether an upper bound is written.
    pub(super) has_last: bool,
}

impl Range {
    /// All times that can be stored.
    pub(super) const ALL: Self =
        Self { first: i64::MIN, last: i64::MAX, has_first: false, has_last: false };

    /// Whether no time is outside of it.
    pub(super) const fn is_everything(&self) -> bool {
        self.first == i64::MIN && self.last == i64::MAX
    }

    /// Whether it reaches into what begins and ends at these times.
    pub(super) const fn touches(&self, (first, last): (i64, i64)) -> bool {
        first <= self.last && last >= self.first
    }

    const fn from(first: i64) -> Self {
        // The least time is no bound: windows begin with the first point.
        Self { first, has_first: first > i64::MIN, ..Self::ALL }
    }

    const fn until(last: i64) -> Self {
        Self { last, has_last: true, ..Self::ALL }
    }

    fn intersect(self, other: Self) -> Self {
        Self {
            first: self.first.max(other.first),
            last: self.last.min(other.last),
            has_first: self.has_first || other.has_first,
            has_last: self.has_last || other.has_last,
        }
    }
}

/// Splits a condition into its range of time and the rest. Times are intersected even under `OR`,
/// as the products do.
///
/// # Errors
/// The products' message.
pub(super) fn split(
    expr: &Expr,
    now: i64,
    zone: Option<&str>,
) -> Result<(Range, Option<Expr>), String> {
    match expr {
        Expr::Paren(inner) => {
            let (range, rest) = split(inner, now, zone)?;
            Ok((range, rest.map(|r| Expr::Paren(Box::new(r)))))
        }
        Expr::Binary(b) if matches!(b.op, Op::And | Op::Or) => {
            let (range_left, left) = split(&b.left, now, zone)?;
            let (range_right, right) = split(&b.right, now, zone)?;
            let rest = match (left, right) {
                (Some(left), Some(right)) => {
                    Some(Expr::Binary(Box::new(Binary { op: b.op, left, right })))
                }
                (left, right) => left.or(right),
            };
            Ok((range_left.intersect(range_right), rest))
        }
        Expr::Binary(b) if is_time(&b.left) => {
            Ok((range(b.op, instant(&b.right, now, zone)?)?, None))
        }
        Expr::Binary(b) if is_time(&b.right) => {
            let mirrored = match b.op {
                Op::Lt => Op::Gt,
                Op::LtEq => Op::GtEq,
                Op::Gt => Op::Lt,
                Op::GtEq => Op::LtEq,
                op => op,
            };
            Ok((range(mirrored, instant(&b.left, now, zone)?)?, None))
        }
        other => Ok((Range::ALL, Some(other.clone()))),
    }
}

fn is_time(expr: &Expr) -> bool {
    matches!(expr.bare(), Expr::Var(var) if var.name.eq_ignore_ascii_case("time"))
}

fn range(op: Op, t: i64) -> Result<Range, String> {
    match op {
        Op::Eq => Ok(Range::from(t).intersect(Range::until(t))),
        Op::Gt => Ok(Range::from(t.saturating_add(1))),
        Op::GtEq => Ok(Range::from(t)),
        Op::Lt => Ok(Range::until(t.saturating_sub(1))),
        Op::LtEq => Ok(Range::until(t)),
        op => Err(format!("invalid time comparison operator: {}", op.text())),
    }
}

/// A duration where the sum or difference of two is written, else the expression as it is.
pub(super) fn sum_of_durations(expr: &Expr) -> Expr {
    if let Expr::Binary(b) = expr
        && let (Expr::Duration(l), Expr::Duration(r)) = (b.left.bare(), b.right.bare())
    {
        match b.op {
            Op::Add => return Expr::Duration(l.saturating_add(*r)),
            Op::Sub => return Expr::Duration(l.saturating_sub(*r)),
            _ => {}
        }
    }
    expr.clone()
}

/// What does not fit becomes the least time, as the processors do it that Go asks.
pub(super) fn as_nanoseconds(n: f64) -> i64 {
    match super::node::cast(&Value::Float(n), FieldType::Integer) {
        Some(Value::Integer(n)) => n,
        _ => i64::MIN,
    }
}

/// Fails where a condition is a column alone.
pub(super) fn check_operands(expr: &Expr) -> Result<(), String> {
    match expr {
        Expr::Paren(inner) => check_operands(inner),
        Expr::Binary(b) if matches!(b.op, Op::And | Op::Or) => {
            check_operands(&b.left)?;
            check_operands(&b.right)
        }
        Expr::Binary(_) | Expr::Bool(_) | Expr::Call(_) => Ok(()),
        other => Err(format!("invalid condition expression: {other}")),
    }
}

/// Binds a condition to columns. A name that is no field is a tag, if a missing one.
pub(super) fn bind(expr: &Expr, columns: &Columns, planner: Planner) -> Result<Node, String> {
    check_operands(expr)?;
    if planner == Planner::Go { logical(expr, columns) } else { operand(expr, columns, planner) }
}

/// A condition of the Go products: an operation that compares nothing holds of every row, unless the
/// index is asked for a tag by it (1.6:tsdb/index/inmem/meta.go, `WalkWhereForSeriesIds`).
fn logical(expr: &Expr, columns: &Columns) -> Result<Node, String> {
    match expr {
        Expr::Paren(inner) => logical(inner, columns),
        Expr::Binary(b) if matches!(b.op, Op::And | Op::Or) => {
            let (left, right) = (logical(&b.left, columns)?, logical(&b.right, columns)?);
            Ok(Node::Binary(b.op, Box::new(left), Box::new(right)))
        }
        Expr::Binary(b) if !b.op.is_condition() => {
            let left = operand(&b.left, columns, Planner::Go)?;
            let right = operand(&b.right, columns, Planner::Go)?;
            let is_asked = matches!(
                (&left, &right),
                (Node::Tag(_), Node::Tag(_) | Node::Literal(Value::String(_)))
                    | (Node::Literal(Value::String(_)), Node::Tag(_))
            );
            Ok(Node::Literal(Value::Boolean(!is_asked)))
        }
        other => operand(other, columns, Planner::Go),
    }
}

/// A comparison as the Go products make it: tags are looked up in the index, which knows `=` and
/// `!=` only (1.6:tsdb/index/inmem/meta.go, `idsForExpr`).
fn compared(op: Op, left: Node, right: Node) -> Node {
    let known = matches!(op, Op::Eq | Op::NotEq);
    match (left, right) {
        (Node::Tag(key), Node::Tag(other)) if known => {
            Node::SameTags { key, other, same: op == Op::Eq }
        }
        (Node::Tag(_), Node::Tag(_) | Node::Literal(Value::String(_)))
        | (Node::Literal(Value::String(_)), Node::Tag(_))
            if !known =>
        {
            Node::Literal(Value::Boolean(false))
        }
        (Node::Tag(key), right) if !is_text(&right) => {
            Node::Binary(op, Box::new(Node::TagIfThere(key)), Box::new(right))
        }
        (left, Node::Tag(key)) if !is_text(&left) => {
            Node::Binary(op, Box::new(left), Box::new(Node::TagIfThere(key)))
        }
        (left, right) => Node::Binary(op, Box::new(left), Box::new(right)),
    }
}

const fn is_text(node: &Node) -> bool {
    matches!(node, Node::Literal(Value::String(_)))
}

/// `_name` compared with a text or pattern: it stands for the measurement's name, whatever other
/// columns there are (1.6:tsdb/index/inmem/meta.go, `idsForExpr`).
fn name_compared(b: &Binary) -> Option<Node> {
    let is_name = |e: &Expr| matches!(e, Expr::Var(var) if var.name == "_name");
    let value = match (&b.left, &b.right) {
        (left, value) if is_name(left) => value,
        (value, right) if is_name(right) => value,
        _ => return None,
    };
    let (meant, is) = match value {
        Expr::Str(text) => (Node::Literal(Value::String(text.as_bytes().into())), Op::Eq),
        Expr::Regex(pattern) => (Node::Regex(pattern.clone()), Op::Match),
        _ => return None,
    };
    let known = matches!(b.op, Op::Eq | Op::NotEq | Op::Match | Op::NotMatch);
    if !known {
        return Some(Node::Literal(Value::Boolean(false)));
    }
    Some(Node::NameIs { meant: Box::new(meant), is: b.op == is })
}

fn operand(expr: &Expr, columns: &Columns, planner: Planner) -> Result<Node, String> {
    Ok(match expr {
        Expr::Paren(inner) => operand(inner, columns, planner)?,
        Expr::Binary(b) if planner == Planner::Go && name_compared(b).is_some() => {
            name_compared(b).unwrap_or(Node::Null)
        }
        Expr::Binary(b) => {
            let left = operand(&b.left, columns, planner)?;
            let right = operand(&b.right, columns, planner)?;
            let compares =
                b.op.is_condition() && !matches!(b.op, Op::And | Op::Or | Op::Match | Op::NotMatch);
            if planner == Planner::Go && compares {
                compared(b.op, left, right)
            } else {
                Node::Binary(b.op, Box::new(left), Box::new(right))
            }
        }
        Expr::Regex(pattern) => Node::Regex(pattern.clone()),
        Expr::Var(var) => match columns.resolve(var) {
            Node::Null if planner == Planner::Go && var.cast == Some(Cast::Kind(Kind::Tag)) => {
                Node::Tag(var.name.as_bytes().into())
            }
            Node::Null if columns.elsewhere.contains(var.name.as_bytes()) => Node::Null,
            Node::Null if columns.no_time && var.name == "time" => Node::Null,
            Node::Null if var.cast.is_none() => Node::Tag(var.name.as_bytes().into()),
            node => node,
        },
        // To the Go products it has no value.
        Expr::Wildcard(_) if planner == Planner::Go => Node::Null,
        Expr::Call(_) => return Err(format!("invalid function call in condition: {expr}")),
        other => super::columns::literal(other)
            .ok_or_else(|| format!("invalid expression in condition: {other}"))?,
    })
}
