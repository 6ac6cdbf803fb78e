//! Expressions bound to stored columns, and their values. Not functions over many rows.

use crate::query::influxql::expr::Pattern;
use crate::query::influxql::token::Op;
use crate::store::{FieldType, Name, Value};

/// An expression whose columns are known.
#[derive(Clone, Debug)]
pub(super) enum Node {
    /// A field, read as this type.
    Field(Name, FieldType),
    /// A tag; a condition reads it as empty where it is missing.
    Tag(Name),
    /// A tag in a condition that holds of no series without it.
    TagIfThere(Name),
    /// A column that does not exist, or an operand without a value.
    Null,
    /// The row's time.
    Time,
    /// A constant.
    Literal(Value),
    /// A pattern, right of `=~`.
    Regex(Pattern),
    /// The value of a function, by its number.
    Call(usize),
    /// An operation.
    Binary(Op, Box<Self>, Box<Self>),
    /// Whether two tags are there and the same, or not (`same` is false): what the Go products
    /// make of `tag = tag` and `tag != tag` (1.6:tsdb/index/inmem/meta.go, `idsForExpr`).
    SameTags { key: Name, other: Name, same: bool },
    /// Whether the measurement's name is one (`is` is false: is not) that the pattern or text means.
    NameIs { meant: Box<Self>, is: bool },
}

/// Where a node's columns get their values.
pub(super) trait Row {
    /// The field's value, read as a type.
    fn field(&self, name: &Name, as_type: FieldType) -> Option<Value>;
    /// The tag's value.
    fn tag(&self, key: &Name) -> Option<Name>;
    /// A function's value.
    fn call(&self, number: usize) -> Option<Value>;
    /// The time.
    fn time(&self) -> i64;
    /// The tag's value in a column.
    fn tag_value(&self, key: &Name) -> Option<Value> {
        self.tag(key).map(Value::String)
    }
    /// What stands for a column that does not exist.
    fn missing(&self) -> Option<Value> {
        None
    }
}

impl Node {
    /// Calls `visit` with each field.
    pub(super) fn fields(&self, visit: &mut impl FnMut(&Name, FieldType)) {
        match self {
            Self::Field(name, t) => visit(name, *t),
            Self::Binary(_, left, right) => {
                left.fields(visit);
                right.fields(visit);
            }
            _ => {}
        }
    }

    /// The node's value in a column; null where it has none.
    pub(super) fn value(&self, row: &dyn Row) -> Option<Value> {
        match self {
            Self::Field(name, t) => row.field(name, *t),
            Self::Tag(key) | Self::TagIfThere(key) => row.tag_value(key),
            Self::Null => row.missing(),
            Self::Regex(_) | Self::NameIs { .. } => None,
            Self::Time => Some(Value::Integer(row.time())),
            Self::Literal(value) => Some(value.clone()),
            Self::Call(number) => row.call(*number),
            Self::Binary(op, left, right) => {
                let no = Value::Boolean(false);
                match (left.value(row), right.value(row)) {
                    (Some(l), Some(r)) => operate(*op, &l, &r),
                    // Beside a boolean, no value is false (influxql 1.0:ast.go, `evalBinaryExpr`).
                    (Some(l @ Value::Boolean(_)), None) => operate(*op, &l, &no),
                    (None, Some(r @ Value::Boolean(_))) => operate(*op, &no, &r),
                    _ => None,
                }
            }
            Self::SameTags { .. } => Some(Value::Boolean(self.holds(row))),
        }
    }

    /// Whether the index of the Go products finds a series under a condition: it knows tags compared
    /// with texts, patterns and tags, and leaves all else to the rows
    /// (1.6:tsdb/index/inmem/meta.go, `idsForExpr`).
    pub(super) fn may_hold(&self, row: &dyn Row) -> bool {
        let is_known = |left: &Self, right: &Self| {
            matches!(
                (left, right),
                (Self::Tag(_), Self::Literal(Value::String(_)) | Self::Regex(_))
                    | (Self::Literal(Value::String(_)), Self::Tag(_))
            )
        };
        match self {
            Self::Binary(Op::And, left, right) => left.may_hold(row) && right.may_hold(row),
            Self::Binary(Op::Or, left, right) => left.may_hold(row) || right.may_hold(row),
            Self::Binary(_, left, right) if !is_known(left, right) => true,
            leaf => leaf.decided(row) != Some(false),
        }
    }

    /// The condition for the measurement of this name.
    pub(super) fn for_measurement(&self, name: &Name) -> Self {
        match self {
            Self::NameIs { meant, is } => {
                let found = match meant.as_ref() {
                    Self::Regex(pattern) => pattern.is_match(name),
                    Self::Literal(Value::String(text)) => text == name,
                    _ => false,
                };
                Self::Literal(Value::Boolean(found == *is))
            }
            Self::Binary(op, left, right) => Self::Binary(
                *op,
                Box::new(left.for_measurement(name)),
                Box::new(right.for_measurement(name)),
            ),
            other => other.clone(),
        }
    }

    /// Whether a condition holds. A tag that is missing is empty, a field that is missing makes
    /// every comparison false.
    pub(super) fn holds(&self, row: &dyn Row) -> bool {
        match self {
            Self::Binary(Op::And, left, right) => left.holds(row) && right.holds(row),
            Self::Binary(Op::Or, left, right) => left.holds(row) || right.holds(row),
            Self::Binary(op @ (Op::Match | Op::NotMatch), left, right) => {
                match (left.operand(row), right.as_ref()) {
                    (Some(Value::String(text)), Self::Regex(pattern)) => {
                        pattern.is_match(&text) == (*op == Op::Match)
                    }
                    _ => false,
                }
            }
            Self::Binary(op, left, right) if op.is_condition() => {
                match (left.operand(row), right.operand(row)) {
                    (Some(l), Some(r)) => compare(*op, &l, &r),
                    _ => false,
                }
            }
            Self::SameTags { key, other, same } => {
                (row.tag(key).is_some() && row.tag(key) == row.tag(other)) == *same
            }
            other => matches!(other.operand(row), Some(Value::Boolean(true))),
        }
    }

    /// Whether a condition holds for every row of a series or for none, as its tags alone tell;
    /// `None` where the rows must be asked. Any row of the series will do.
    pub(super) fn decided(&self, row: &dyn Row) -> Option<bool> {
        match self {
            Self::Binary(op @ (Op::And | Op::Or), left, right) => {
                let settled = *op == Op::Or;
                match (left.decided(row), right.decided(row)) {
                    (Some(l), _) if l == settled => Some(settled),
                    (_, Some(r)) if r == settled => Some(settled),
                    (Some(_), Some(_)) => Some(!settled),
                    _ => None,
                }
            }
            other if other.is_of_tags() => Some(other.holds(row)),
            _ => None,
        }
    }

    /// Whether nothing but tags and constants is in it.
    fn is_of_tags(&self) -> bool {
        match self {
            Self::Tag(_)
            | Self::TagIfThere(_)
            | Self::SameTags { .. }
            | Self::Null
            | Self::Literal(_)
            | Self::Regex(_) => true,
            Self::Field(..) | Self::Time | Self::Call(_) | Self::NameIs { .. } => false,
            Self::Binary(_, left, right) => left.is_of_tags() && right.is_of_tags(),
        }
    }

    fn operand(&self, row: &dyn Row) -> Option<Value> {
        match self {
            Self::Tag(key) => Some(Value::String(row.tag(key).unwrap_or_default())),
            Self::Binary(op, _, _) if op.is_condition() => Some(Value::Boolean(self.holds(row))),
            other => other.value(row),
        }
    }
}

/// A number as a float.
pub(super) const fn as_float(value: &Value) -> Option<f64> {
    match value {
        Value::Float(n) => Some(*n),
        Value::Integer(n) => Some(*n as f64),
        Value::Unsigned(n) => Some(*n as f64),
        Value::String(_) | Value::Boolean(_) => None,
    }
}

/// Whether stored values of a type can be read as another.
pub(super) fn converts(from: FieldType, to: FieldType) -> bool {
    use FieldType::{Float, Integer, Unsigned};
    let is_number = |t| matches!(t, Float | Integer | Unsigned);
    from == to || (is_number(from) && is_number(to))
}

/// A stored value read as another type; numbers convert, nothing else does.
pub(super) fn cast(value: &Value, to: FieldType) -> Option<Value> {
    Some(match (value, to) {
        (v, to) if v.field_type() == to => v.clone(),
        (Value::Integer(n), FieldType::Float) => Value::Float(*n as f64),
        (Value::Unsigned(n), FieldType::Float) => Value::Float(*n as f64),
        (Value::Float(n), FieldType::Integer) => {
            // What does not fit becomes the least number, as the processors do it that Go asks.
            let fits = (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(n);
            Value::Integer(if fits { *n as i64 } else { i64::MIN })
        }
        (Value::Unsigned(n), FieldType::Integer) => Value::Integer(*n as i64),
        (Value::Float(n), FieldType::Unsigned) => Value::Unsigned(*n as u64),
        (Value::Integer(n), FieldType::Unsigned) => Value::Unsigned(*n as u64),
        _ => return None,
    })
}

fn compare(op: Op, left: &Value, right: &Value) -> bool {
    use std::cmp::Ordering;
    let ordering = match (left, right) {
        (Value::Integer(l), Value::Integer(r)) => Some(l.cmp(r)),
        (Value::Unsigned(l), Value::Unsigned(r)) => Some(l.cmp(r)),
        (Value::Integer(l), Value::Unsigned(r)) => Some(i128::from(*l).cmp(&i128::from(*r))),
        (Value::Unsigned(l), Value::Integer(r)) => Some(i128::from(*l).cmp(&i128::from(*r))),
        (Value::String(l), Value::String(r)) if matches!(op, Op::Eq | Op::NotEq) => Some(l.cmp(r)),
        (Value::Boolean(l), Value::Boolean(r)) if matches!(op, Op::Eq | Op::NotEq) => {
            Some(l.cmp(r))
        }
        (l, r) => match (as_float(l), as_float(r)) {
            (Some(l), Some(r)) => l.partial_cmp(&r),
            _ => None,
        },
    };
    ordering.is_some_and(|o| match op {
        Op::Eq => o == Ordering::Equal,
        Op::NotEq => o != Ordering::Equal,
        Op::Lt => o == Ordering::Less,
        Op::LtEq => o != Ordering::Greater,
        Op::Gt => o == Ordering::Greater,
        Op::GtEq => o != Ordering::Less,
        _ => false,
    })
}

/// The value of an operation on two values; division by zero gives zero.
fn operate(op: Op, left: &Value, right: &Value) -> Option<Value> {
    match (left, right) {
        (Value::Integer(l), Value::Integer(r)) => Some(match op {
            Op::Add => Value::Integer(l.wrapping_add(*r)),
            Op::Sub => Value::Integer(l.wrapping_sub(*r)),
            Op::Mul => Value::Integer(l.wrapping_mul(*r)),
            Op::Div => Value::Float(if *r == 0 { 0.0 } else { *l as f64 / *r as f64 }),
            Op::Mod => Value::Integer(if *r == 0 { 0 } else { l.wrapping_rem(*r) }),
            Op::BitAnd => Value::Integer(l & r),
            Op::BitOr => Value::Integer(l | r),
            Op::BitXor => Value::Integer(l ^ r),
            _ => Value::Boolean(compare(op, left, right)),
        }),
        (Value::Unsigned(l), Value::Unsigned(r)) => unsigned(op, *l, *r),
        (Value::Unsigned(l), Value::Integer(r)) if *r >= 0 => unsigned(op, *l, r.unsigned_abs()),
        (Value::Integer(l), Value::Unsigned(r)) if *l >= 0 => unsigned(op, l.unsigned_abs(), *r),
        (Value::Boolean(l), Value::Boolean(r)) => Some(Value::Boolean(match op {
            Op::BitAnd => l & r,
            Op::BitOr => l | r,
            Op::BitXor => l ^ r,
            Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod => return None,
            _ => compare(op, left, right),
        })),
        // What is no boolean beside one makes it false (influxql 1.0:ast.go, `evalBinaryExpr`).
        (Value::Boolean(_), _) if matches!(op, Op::BitAnd | Op::BitOr | Op::BitXor) => {
            Some(Value::Boolean(false))
        }
        _ => {
            let (l, r) = (as_float(left)?, as_float(right)?);
            Some(match op {
                Op::Add => Value::Float(l + r),
                Op::Sub => Value::Float(l - r),
                Op::Mul => Value::Float(l * r),
                Op::Div => Value::Float(if r == 0.0 { 0.0 } else { l / r }),
                // What is no number is shown as null (1.6:query/cursor.go, `Scan`).
                Op::Mod if (l % r).is_nan() => return None,
                Op::Mod => Value::Float(l % r),
                Op::BitAnd | Op::BitOr | Op::BitXor => return None,
                _ => Value::Boolean(compare(op, left, right)),
            })
        }
    }
}

fn unsigned(op: Op, l: u64, r: u64) -> Option<Value> {
    Some(match op {
        Op::Add => Value::Unsigned(l.wrapping_add(r)),
        Op::Sub => Value::Unsigned(l.wrapping_sub(r)),
        Op::Mul => Value::Unsigned(l.wrapping_mul(r)),
        Op::Div => Value::Unsigned(l.checked_div(r).unwrap_or(0)),
        Op::Mod => Value::Unsigned(l.checked_rem(r).unwrap_or(0)),
        Op::BitAnd => Value::Unsigned(l & r),
        Op::BitOr => Value::Unsigned(l | r),
        Op::BitXor => Value::Unsigned(l ^ r),
        _ => Value::Boolean(compare(op, &Value::Unsigned(l), &Value::Unsigned(r))),
    })
}
