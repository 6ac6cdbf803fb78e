//! What an expression is, of one row or of a group of rows: SQL's logic of three values.

use crate::expression::Expr;
use crate::value::{Value, compare, float, whole};
use std::cmp::Ordering;

/// The products may answer this in several ways: of two rows either may be chosen.
#[derive(Debug)]
pub(crate) struct Unsteady;

/// What an expression is asked of; a column has the value that the first row has.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'a> {
    pub(crate) columns: &'a [String],
    pub(crate) rows: &'a [&'a [Value]],
}

impl<'a> Scope<'a> {
    fn column(self, name: &str) -> Value {
        let place = self.columns.iter().position(|column| column == name);
        let value = place.and_then(|place| self.rows.first()?.get(place));
        value.cloned().unwrap_or(Value::Null)
    }

    /// Of each row by itself.
    fn each(self, expr: &Expr) -> Result<Vec<Value>, Unsteady> {
        let one = |row: &&'a [Value]| {
            evaluate(expr, Scope { columns: self.columns, rows: std::slice::from_ref(row) })
        };
        self.rows.iter().map(one).collect()
    }
}

pub(crate) fn evaluate(expr: &Expr, scope: Scope<'_>) -> Result<Value, Unsteady> {
    let of = |expr: &Expr| evaluate(expr, scope);
    Ok(match expr {
        Expr::Column(name) => scope.column(name),
        Expr::Literal(value, _) | Expr::Param(_, value) => value.clone(),
        Expr::Compare(a, op, b) => truth(compare(&of(a)?, &of(b)?).map(|order| holds(order, op))),
        Expr::Arithmetic(a, op, b) => arithmetic(&of(a)?, *op, &of(b)?),
        Expr::Not(inner) => negated(of(inner)?, true),
        Expr::Both(a, op, b) => both(of(a)?, op, of(b)?),
        Expr::IsNull(inner, not) => Value::Boolean((of(inner)? == Value::Null) != *not),
        Expr::In(inner, list, not) => {
            let value = of(inner)?;
            let mut found = Value::Boolean(false);
            for one in list {
                found = both(found, "OR", equal(&value, &of(one)?));
            }
            negated(found, *not)
        }
        Expr::Between(inner, low, high, not) => {
            let value = of(inner)?;
            let at_least = truth(compare(&value, &of(low)?).map(Ordering::is_ge));
            let at_most = truth(compare(&value, &of(high)?).map(Ordering::is_le));
            negated(both(at_least, "AND", at_most), *not)
        }
        Expr::Like(inner, op, pattern, not) => match of(inner)? {
            Value::Text(text) if *op == "ILIKE" => {
                let (text, pattern) = (text.to_lowercase(), pattern.to_lowercase());
                Value::Boolean(like(&text, &pattern) != *not)
            }
            Value::Text(text) => Value::Boolean(like(&text, pattern) != *not),
            _ => Value::Null,
        },
        Expr::Coalesce(a, b) => match of(a)? {
            Value::Null => of(b)?,
            value => value,
        },
        Expr::DateBin(seconds, origin) => match scope.column("time") {
            Value::Time(at) => {
                let (origin, length) = (origin.unwrap_or(0), seconds * 1_000_000_000);
                Value::Time(at - (at - origin).rem_euclid(length))
            }
            _ => Value::Null,
        },
        Expr::Aggregate(_, None, _) => Value::Integer(scope.rows.len() as i64),
        Expr::Aggregate(function, Some(of), distinct) => {
            let mut values = scope.each(of)?;
            values.retain(|value| *value != Value::Null);
            if *distinct {
                values.sort_by(|a, b| compare(a, b).unwrap_or(Ordering::Equal));
                values.dedup();
            }
            aggregate(function, &values)
        }
        Expr::Selector(which, of, other, member) => {
            let times = scope.each(&Expr::Column("time".to_owned()))?;
            let values = scope.each(of)?;
            let others = match other {
                Some(name) => scope.each(&Expr::Column(name.clone()))?,
                None => vec![Value::Null; values.len()],
            };
            selected(which, member, &values, &times, &others)?
        }
    })
}

const fn truth(known: Option<bool>) -> Value {
    match known {
        Some(known) => Value::Boolean(known),
        None => Value::Null,
    }
}

fn holds(order: Ordering, op: &str) -> bool {
    match op {
        "=" => order.is_eq(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        _ => order.is_ne(),
    }
}

fn equal(a: &Value, b: &Value) -> Value {
    truth(compare(a, b).map(Ordering::is_eq))
}

fn negated(value: Value, not: bool) -> Value {
    match value {
        Value::Boolean(known) => Value::Boolean(known != not),
        other => other,
    }
}

/// What decides the matter, though the other side is null: `false` for `AND`, `true` for `OR`.
fn both(a: Value, op: &str, b: Value) -> Value {
    let decides = Value::Boolean(op == "OR");
    if a == decides || b == decides {
        decides
    } else if a == Value::Null || b == Value::Null {
        Value::Null
    } else {
        Value::Boolean(op == "AND")
    }
}

fn arithmetic(a: &Value, op: char, b: &Value) -> Value {
    if *a == Value::Null || *b == Value::Null {
        return Value::Null;
    }
    if let (Value::Integer(a), Value::Integer(b)) = (a, b) {
        return Value::Integer(match op {
            '+' => a + b,
            '-' => a - b,
            '*' => a * b,
            '/' => a / b,
            _ => a % b,
        });
    }
    let (a, b) = (float(a), float(b));
    Value::Float(match op {
        '+' => a + b,
        '-' => a - b,
        '*' => a * b,
        '/' => a / b,
        _ => a % b,
    })
}

/// `%` is any text, `_` any character.
fn like(text: &str, pattern: &str) -> bool {
    let mut rest = pattern.chars();
    match rest.next() {
        None => text.is_empty(),
        Some('%') => {
            let starts = text.char_indices().map(|(i, _)| i).chain([text.len()]);
            starts.into_iter().any(|i| like(&text[i..], rest.as_str()))
        }
        Some(wanted) => {
            let mut characters = text.chars();
            let fits = characters.next().is_some_and(|c| wanted == '_' || wanted == c);
            fits && like(characters.as_str(), rest.as_str())
        }
    }
}

/// Of values without nulls.
fn aggregate(function: &str, values: &[Value]) -> Value {
    let best = |wanted: Ordering| {
        let better = |best: &Value, value: &Value| compare(value, best) == Some(wanted);
        let all = values.iter();
        let best = all.reduce(|best, value| if better(best, value) { value } else { best });
        best.cloned().unwrap_or(Value::Null)
    };
    match (function, values.first()) {
        ("count", _) => Value::Integer(values.len() as i64),
        ("min", _) => best(Ordering::Less),
        ("max", _) => best(Ordering::Greater),
        (_, None) => Value::Null,
        ("avg", _) => Value::Float(sum(values) / values.len() as f64),
        (_, Some(Value::Float(_))) => Value::Float(sum(values)),
        (_, Some(Value::Unsigned(_))) => {
            let sum: i128 = values.iter().filter_map(whole).sum();
            Value::Unsigned(sum as u64)
        }
        _ => Value::Integer(values.iter().filter_map(whole).sum::<i128>() as i64),
    }
}

/// From zero on, so that a negative zero alone adds up to zero.
fn sum(values: &[Value]) -> f64 {
    values.iter().map(float).fold(0.0, |sum, n| sum + n)
}

/// A member of the row that a selector chooses among those with a value. Of first and last the time
/// decides alone, of min and max the value, and then the earlier time.
fn selected(
    which: &str,
    member: &str,
    values: &[Value],
    times: &[Value],
    others: &[Value],
) -> Result<Value, Unsteady> {
    let by_time = |a: usize, b: usize| compare(&times[a], &times[b]);
    let by_value = |a: usize, b: usize| compare(&values[a], &values[b]);
    let order = |a: usize, b: usize| {
        let order = match which {
            "first" => by_time(a, b),
            "last" => by_time(b, a),
            "min" => by_value(a, b).map(|order| order.then(by_time(a, b).unwrap_or(order))),
            _ => by_value(b, a).map(|order| order.then(by_time(a, b).unwrap_or(order))),
        };
        order.unwrap_or(Ordering::Equal)
    };
    let among: Vec<_> = (0..values.len()).filter(|i| values[*i] != Value::Null).collect();
    let Some(best) = among.iter().copied().reduce(|a, b| if order(b, a).is_lt() { b } else { a })
    else {
        return Ok(Value::Null);
    };
    let taken = match member {
        "value" => values,
        "time" => times,
        _ => others,
    };
    let mut tied = among.iter().filter(|i| order(**i, best).is_eq());
    if tied.any(|i| taken[*i] != taken[best]) {
        return Err(Unsteady);
    }
    Ok(taken[best].clone())
}
