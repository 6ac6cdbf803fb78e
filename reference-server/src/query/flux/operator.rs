//! What operators do with values. Null makes most of them null.

use super::ast::{BinaryOperator as B, LogicalOperator, Span, UnaryOperator};
use super::error::FluxError;
use super::eval::{Evaluated, at};
use super::table::Cell;
use super::time;
use super::value::Value;
use std::cmp::Ordering;

/// The longest string that `+` may make.
const LONGEST: usize = 16 << 20;

/// Compile a pattern.
pub(super) fn regex(pattern: &str) -> Result<regex::bytes::Regex, FluxError> {
    regex::bytes::Regex::new(pattern)
        .map_err(|error| FluxError::invalid(format!("invalid regular expression: {error}")))
}

fn unsupported(operator: &str, left: &Value, right: &Value) -> FluxError {
    let (left, right) = (left.kind(), right.kind());
    FluxError::invalid(format!("unsupported binary expression {left} {operator} {right}"))
}

const fn sign(operator: B) -> &'static str {
    match operator {
        B::Add => "+",
        B::Subtract => "-",
        B::Multiply => "*",
        B::Divide => "/",
        B::Modulo => "%",
        B::Power => "^",
        B::Equal => "==",
        B::NotEqual => "!=",
        B::Less => "<",
        B::LessEqual => "<=",
        B::Greater => ">",
        B::GreaterEqual => ">=",
        B::Matches => "=~",
        B::MatchesNot => "!~",
        B::Invalid => "<INVALID_OP>",
    }
}

pub(super) fn binary(operator: B, left: &Value, right: &Value) -> Evaluated {
    if matches!(left, Value::Cell(Cell::Null)) || matches!(right, Value::Cell(Cell::Null)) {
        return Ok(Value::NULL);
    }
    let mismatch = || unsupported(sign(operator), left, right);
    let cell = match operator {
        B::Matches | B::MatchesNot => match (left, right) {
            (Value::Cell(Cell::Text(text)), Value::Regex(regex)) => {
                Cell::Boolean(regex.is_match(text) == (operator == B::Matches))
            }
            _ => return Err(mismatch()),
        },
        B::Equal | B::NotEqual | B::Less | B::LessEqual | B::Greater | B::GreaterEqual => {
            let (Value::Cell(left), Value::Cell(right)) = (left, right) else {
                return Err(mismatch());
            };
            Cell::Boolean(holds(operator, compare(left, right).ok_or_else(mismatch)?))
        }
        _ => match (left, right) {
            (Value::Cell(left), Value::Cell(right)) => arithmetic(operator, left, right)?,
            (Value::Cell(Cell::Time(time)), Value::Duration(d)) => match operator {
                B::Add => Cell::Time(time::add(*time, *d)),
                B::Subtract => Cell::Time(time::add(*time, d.negated())),
                _ => return Err(mismatch()),
            },
            _ => return Err(mismatch()),
        },
    };
    Ok(Value::Cell(cell))
}

/// The order of two values; numbers of different types compare by value. Outer none: no order is
/// defined; inner none: one is not a number.
pub(super) fn compare(left: &Cell, right: &Cell) -> Option<Option<Ordering>> {
    if let (Some(a), Some(b)) = (left.kind(), right.kind())
        && a == b
        && !matches!(left, Cell::Float(_))
    {
        return Some(Some(left.order(right)));
    }
    match (left, right) {
        (Cell::Integer(a), Cell::Unsigned(b)) => Some(Some(i128::from(*a).cmp(&i128::from(*b)))),
        (Cell::Unsigned(a), Cell::Integer(b)) => Some(Some(i128::from(*a).cmp(&i128::from(*b)))),
        _ => Some(float(left)?.partial_cmp(&float(right)?)),
    }
}

fn float(cell: &Cell) -> Option<f64> {
    Some(match cell {
        Cell::Integer(v) => *v as f64,
        Cell::Unsigned(v) => *v as f64,
        Cell::Float(v) => *v,
        _ => return None,
    })
}

/// Whether the comparison holds for this order.
pub(super) fn holds(operator: B, order: Option<Ordering>) -> bool {
    let Some(order) = order else { return operator == B::NotEqual };
    match operator {
        B::Equal => order.is_eq(),
        B::NotEqual => order.is_ne(),
        B::Less => order.is_lt(),
        B::LessEqual => order.is_le(),
        B::Greater => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn arithmetic(operator: B, left: &Cell, right: &Cell) -> Result<Cell, FluxError> {
    let mismatch = || {
        let (left, right) = (Value::Cell(left.clone()), Value::Cell(right.clone()));
        unsupported(sign(operator), &left, &right)
    };
    let by_zero = || FluxError::invalid("cannot divide by zero");
    Ok(match (left, right) {
        (Cell::Integer(a), Cell::Integer(b)) => match operator {
            B::Add => Cell::Integer(a.wrapping_add(*b)),
            B::Subtract => Cell::Integer(a.wrapping_sub(*b)),
            B::Multiply => Cell::Integer(a.wrapping_mul(*b)),
            B::Divide | B::Modulo if *b == 0 => return Err(by_zero()),
            B::Divide => Cell::Integer(a.wrapping_div(*b)),
            B::Modulo => Cell::Integer(a.wrapping_rem(*b)),
            _ => Cell::Float((*a as f64).powf(*b as f64)),
        },
        (Cell::Unsigned(a), Cell::Unsigned(b)) => match operator {
            B::Add => Cell::Unsigned(a.wrapping_add(*b)),
            B::Subtract => Cell::Unsigned(a.wrapping_sub(*b)),
            B::Multiply => Cell::Unsigned(a.wrapping_mul(*b)),
            B::Divide | B::Modulo if *b == 0 => return Err(by_zero()),
            B::Divide => Cell::Unsigned(a / b),
            B::Modulo => Cell::Unsigned(a % b),
            _ => Cell::Float((*a as f64).powf(*b as f64)),
        },
        (Cell::Float(a), Cell::Float(b)) => Cell::Float(match operator {
            B::Add => a + b,
            B::Subtract => a - b,
            B::Multiply => a * b,
            B::Divide => a / b,
            B::Modulo => a % b,
            _ => a.powf(*b),
        }),
        (Cell::Text(a), Cell::Text(b)) if operator == B::Add => {
            if a.len() + b.len() > LONGEST {
                return Err(FluxError::invalid("the string is too long for this server"));
            }
            Cell::Text([&**a, &**b].concat().into())
        }
        _ => return Err(mismatch()),
    })
}

/// The truth of a value; null is none.
fn truth(value: &Value) -> Result<Option<bool>, FluxError> {
    match value {
        Value::Cell(Cell::Boolean(v)) => Ok(Some(*v)),
        Value::Cell(Cell::Null) => Ok(None),
        other => Err(FluxError::invalid(format!("expected bool but found {}", other.kind()))),
    }
}

/// Whether a condition holds; null does not.
pub(super) fn is_true(value: &Value) -> Result<bool, FluxError> {
    Ok(truth(value)? == Some(true))
}

/// The value of `and` and `or` where the left side alone decides it: null there is false, and what is
/// on the right is the value otherwise, null or not. (Flux's specification has null decide nothing; its
/// releases do so behind a flag that is off: flux v0.139.0 and v0.196.1, compiler/runtime.go,
/// logicalEvaluator.)
pub(super) fn decided(operator: LogicalOperator, left: &Value) -> Result<Option<Value>, FluxError> {
    let deciding = operator == LogicalOperator::Or;
    let left = truth(left)?.unwrap_or(false);
    Ok((left == deciding).then_some(Value::Cell(Cell::Boolean(deciding))))
}

/// The value of `and` and `or` where the left side does not decide it.
pub(super) fn logical(right: Value) -> Evaluated {
    truth(&right)?;
    Ok(right)
}

pub(super) fn unary(operator: UnaryOperator, operand: &Value) -> Evaluated {
    let null = matches!(operand, Value::Cell(Cell::Null));
    Ok(match (operator, operand) {
        (UnaryOperator::Exists, _) => Value::Cell(Cell::Boolean(!null)),
        (_, Value::Cell(Cell::Null)) => Value::NULL,
        (UnaryOperator::Not, Value::Cell(Cell::Boolean(v))) => Value::Cell(Cell::Boolean(!v)),
        (UnaryOperator::Minus, Value::Cell(Cell::Integer(v))) => {
            Value::Cell(Cell::Integer(v.wrapping_neg()))
        }
        (UnaryOperator::Minus, Value::Cell(Cell::Float(v))) => Value::Cell(Cell::Float(-v)),
        (UnaryOperator::Minus, Value::Duration(d)) => Value::Duration(d.negated()),
        (UnaryOperator::Plus, Value::Duration(_)) => operand.clone(),
        (UnaryOperator::Plus, Value::Cell(Cell::Integer(_) | Cell::Float(_))) => operand.clone(),
        _ => {
            let message = format!("{} has no such operator", operand.kind());
            return Err(FluxError::invalid(message));
        }
    })
}

pub(super) fn index(array: &Value, index: &Value, span: Span) -> Evaluated {
    let (Value::Array(items), Value::Cell(Cell::Integer(n))) = (array, index) else {
        return Err(at(span, &format!("cannot index into {}", array.kind())));
    };
    let item = usize::try_from(*n).ok().and_then(|n| items.get(n));
    item.cloned().ok_or_else(|| {
        let length = items.len();
        at(span, &format!("cannot access element {n} of array of length {length}"))
    })
}
