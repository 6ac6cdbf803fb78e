//! Which types the columns of a `SELECT` have, and which operators refuse them
//! (influxql 1.0:ast.go, `TypeValuerEval`; 1.6:query/functions.go, `CallType`).

use super::calls;
use super::columns::Columns;
use super::node::Node;
use crate::query::influxql::ast::Select;
use crate::query::influxql::expr::{Binary, Cast, Expr, Kind, Var};
use crate::query::influxql::token::Op;
use crate::store::FieldType;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Field(FieldType),
    Tag,
}

impl Type {
    const fn word(self) -> &'static str {
        match self {
            Self::Field(t) => t.word(),
            Self::Tag => "tag",
        }
    }
}

/// Fails where an operator stands between types that it does not take.
pub(super) fn check(select: &Select, columns: &Columns) -> Result<(), String> {
    for field in &select.fields {
        type_of(reduced(&typed(&field.expr, columns)).bare())?;
    }
    Ok(())
}

/// An expression as the products print it: with the types of its columns as far as they are found.
pub(super) fn typed(expr: &Expr, columns: &Columns) -> Expr {
    let mut expr = expr.clone();
    expr.rewrite(&mut |e| {
        if let Expr::Var(var) = e {
            var.cast = found(var, columns).or(var.cast);
        }
    });
    expr
}

/// An expression without what the products take out before they look at types: parentheses around
/// anything but an operation, and sums, differences and products of numbers
/// (influxql 1.0:ast.go, `Reduce`).
fn reduced(expr: &Expr) -> Expr {
    match expr {
        Expr::Paren(inner) => match reduced(inner) {
            operation @ Expr::Binary(_) => Expr::Paren(Box::new(operation)),
            other => other,
        },
        Expr::Call(call) => {
            let mut call = call.clone();
            call.args = call.args.iter().map(reduced).collect();
            Expr::Call(call)
        }
        Expr::Binary(b) => {
            let (left, right) = (reduced(&b.left), reduced(&b.right));
            let has_fraction =
                matches!((&left, &right), (Expr::Number(_), _) | (_, Expr::Number(_)));
            let whole = Expr::Binary(Box::new(Binary { op: b.op, left, right }));
            match calls::constant(&whole).filter(|_| has_fraction) {
                Some(number) => Expr::Number(number),
                None => whole,
            }
        }
        other => other.clone(),
    }
}

fn found(var: &Var, columns: &Columns) -> Option<Cast> {
    match (var.cast, columns.resolve(&Var { cast: None, ..var.clone() })) {
        (Some(Cast::Type(_) | Cast::Kind(Kind::Tag)), _) => None,
        (_, Node::Field(_, t)) => Some(Cast::Type(t)),
        (None, Node::Tag(_)) => Some(Cast::Kind(Kind::Tag)),
        _ => None,
    }
}

fn type_of(expr: &Expr) -> Result<Option<Type>, String> {
    let field = |t| Ok(Some(Type::Field(t)));
    match expr {
        Expr::Var(Var { cast: Some(Cast::Type(t)), .. }) => field(*t),
        Expr::Var(Var { cast: Some(Cast::Kind(Kind::Tag)), .. }) => Ok(Some(Type::Tag)),
        Expr::Paren(inner) => type_of(inner),
        Expr::Number(_) => field(FieldType::Float),
        Expr::Integer(_) => field(FieldType::Integer),
        Expr::Unsigned(_) => field(FieldType::Unsigned),
        Expr::Str(_) => field(FieldType::String),
        Expr::Bool(_) => field(FieldType::Boolean),
        Expr::Call(call) => match call.name.as_str() {
            "count" => field(FieldType::Integer),
            "mean" | "median" | "stddev" => field(FieldType::Float),
            _ => call.args.first().map_or(Ok(None), type_of),
        },
        Expr::Binary(b) => operation(expr, b),
        _ => Ok(None),
    }
}

fn operation(expr: &Expr, b: &Binary) -> Result<Option<Type>, String> {
    let (Some(left), Some(right)) = (type_of(&b.left)?, type_of(&b.right)?) else {
        return Ok(type_of(&b.left)?.or(type_of(&b.right)?));
    };
    let is_unsigned = |e: &Expr| matches!(e.bare(), Expr::Unsigned(_));
    let is_integer =
        |e: &Expr, t| t == Type::Field(FieldType::Integer) && !matches!(e.bare(), Expr::Integer(_));
    if !b.op.is_condition()
        && (is_unsigned(&b.left) && is_integer(&b.right, right)
            || is_integer(&b.left, left) && is_unsigned(&b.right))
    {
        let op = b.op.text();
        return Err(format!(
            "type error: {expr}: cannot use {op} with an integer and unsigned literal"
        ));
    }
    match result(b.op, left, right) {
        Some(t) => Ok(Some(Type::Field(t))),
        None => Err(format!(
            "type error: {expr}: incompatible types: {} and {}",
            left.word(),
            right.word()
        )),
    }
}

/// The type of an operation (ast.go, `evalBinaryExpr` over zeros).
fn result(op: Op, left: Type, right: Type) -> Option<FieldType> {
    use FieldType::{Boolean, Float, Integer, Unsigned};
    let bits = matches!(op, Op::BitAnd | Op::BitOr | Op::BitXor);
    let compares = op.is_condition() && !matches!(op, Op::And | Op::Or);
    match (left, right) {
        (Type::Field(Boolean), Type::Field(_) | Type::Tag) if bits || op.is_condition() => {
            Some(Boolean)
        }
        _ if compares => Some(Boolean),
        (Type::Field(Integer), Type::Field(Integer)) => Some(Integer),
        (Type::Field(Unsigned), Type::Field(Unsigned | Integer))
        | (Type::Field(Integer), Type::Field(Unsigned)) => Some(Unsigned),
        (Type::Field(Float), Type::Field(Float | Integer | Unsigned))
        | (Type::Field(Integer | Unsigned), Type::Field(Float))
            if !bits =>
        {
            Some(Float)
        }
        _ => None,
    }
}
