//! Conditions of `SHOW` as the index of the Go products answers them: by sets of series
//! (1.6:tsdb/index.go), not row by row.

use super::Failure;
use crate::query::influxql::expr::{Binary, Expr, Var};
use crate::query::influxql::token::Op;
use crate::store::view::{Measurement, Series};

const NOT_COMPARED: &str = "invalid tag comparison operator";

/// Fails where a condition compares in another way than for equality
/// (1.6:tsdb/index.go, `newSeriesPointIterator`; store.go, `TagKeys`).
pub(super) fn check_operators(expr: &Expr) -> Result<(), String> {
    let mut other = false;
    expr.walk(&mut |e| {
        if let Expr::Binary(b) = e {
            other |=
                !matches!(b.op, Op::And | Op::Or | Op::Eq | Op::NotEq | Op::Match | Op::NotMatch);
        }
    });
    if other { Err(NOT_COMPARED.to_owned()) } else { Ok(()) }
}

/// The same of the comparisons themselves, whatever stands within their sides
/// (1.6:tsdb/index.go, `measurementNamesByExpr`).
pub(super) fn check_comparisons(expr: &Expr) -> Result<(), String> {
    match expr {
        Expr::Paren(inner) => check_comparisons(inner),
        Expr::Binary(b) if matches!(b.op, Op::And | Op::Or) => {
            check_comparisons(&b.left)?;
            check_comparisons(&b.right)
        }
        Expr::Binary(b) if !matches!(b.op, Op::Eq | Op::NotEq | Op::Match | Op::NotMatch) => {
            Err(NOT_COMPARED.to_owned())
        }
        _ => Ok(()),
    }
}

/// A condition without the comparisons that have no name on their left: `SHOW TAG KEYS` leaves them
/// out (1.6:tsdb/store.go, `TagKeys`).
pub(super) fn without_literals_first(expr: &Expr) -> Option<Expr> {
    match expr {
        Expr::Paren(inner) => without_literals_first(inner),
        Expr::Binary(b) if matches!(b.op, Op::And | Op::Or) => {
            match (without_literals_first(&b.left), without_literals_first(&b.right)) {
                (Some(left), Some(right)) => {
                    Some(Expr::Binary(Box::new(Binary { op: b.op, left, right })))
                }
                (left, right) => left.or(right),
            }
        }
        Expr::Binary(b)
            if matches!(b.op, Op::Eq | Op::NotEq | Op::Match | Op::NotMatch)
                && !matches!(b.left, Expr::Var(_)) =>
        {
            None
        }
        other => Some(other.clone()),
    }
}

/// Whether a condition names a field of a measurement that some of the shards know and others do not.
/// The products ask one of them, that which was opened last; of the shards of one batch that may be any
/// (1.6:tsdb/index/inmem/inmem.go, `SetFieldSet`; coordinator/points_writer.go, `WritePoints`).
pub(super) fn names_uncertain_field(expr: &Expr, m: &Measurement, shards: usize) -> bool {
    let mut found = false;
    expr.walk(&mut |e| {
        if let Expr::Var(Var { name, cast: None }) = e {
            let declared = m.declared.iter().filter(|d| *d.1 == *name.as_bytes()).count();
            found |= declared > 0 && declared < shards;
        }
    });
    found
}

/// Whether a series is found under a condition (index.go, `seriesByExprIterator`).
pub(super) fn finds(expr: &Expr, m: &Measurement, series: &Series) -> bool {
    match expr {
        Expr::Paren(inner) => finds(inner, m, series),
        Expr::Bool(b) => *b,
        Expr::Binary(b) => match b.op {
            Op::And => finds(&b.left, m, series) && finds(&b.right, m, series),
            Op::Or => finds(&b.left, m, series) || finds(&b.right, m, series),
            _ => compared(b, m, series),
        },
        _ => false,
    }
}

fn compared(b: &Binary, m: &Measurement, series: &Series) -> bool {
    let (var, value) = match (&b.left, &b.right) {
        // Arithmetic is for the rows to decide.
        (Expr::Binary(_), _) | (_, Expr::Binary(_)) => return true,
        (Expr::Var(var), value) | (value, Expr::Var(var)) => (var, value),
        _ => return true,
    };
    if var.name == "_name" {
        return match value {
            Expr::Str(name) => (b.op == Op::Eq) == (name.as_bytes() == &*m.name),
            Expr::Regex(p) => (b.op == Op::Match) == p.is_match(&m.name),
            _ => true,
        };
    }
    // A field could hold in any of the series.
    if is_field(var, m) {
        return true;
    }
    let tag = |key: &str| series.tags.iter().find(|t| *t.0 == *key.as_bytes()).map(|t| &*t.1);
    let own = tag(&var.name);
    match value {
        Expr::Var(other) if is_field(other, m) => true,
        // The products compare which tags there are, not their values.
        Expr::Var(other) => own.is_some() && ((b.op == Op::Eq) == tag(&other.name).is_some()),
        // Any other operator counts as `!=`.
        Expr::Str(text) => (b.op == Op::Eq) == (own.unwrap_or_default() == text.as_bytes()),
        Expr::Regex(p) => (b.op == Op::Match) == p.is_match(own.unwrap_or_default()),
        _ => true,
    }
}

fn is_field(var: &Var, m: &Measurement) -> bool {
    use crate::query::influxql::expr::{Cast, Kind};
    match var.cast {
        None => m.fields.iter().any(|f| *f.0 == *var.name.as_bytes()),
        Some(cast) => cast != Cast::Kind(Kind::Tag),
    }
}

/// The two sides of a comparison of a tag, or what the products say of another one
/// (index.go, `measurementNamesByExpr`; inmem/meta.go, `TagKeysByExpr`).
fn tag_and_value(b: &Binary) -> Result<(&Var, &Expr), Failure> {
    let sign = b.op.text();
    let Expr::Var(var) = &b.left else {
        return Err(Failure::Told(format!("left side of '{sign}' must be a tag key")));
    };
    Ok((var, &b.right))
}

fn check_value(b: &Binary) -> Result<(), Failure> {
    match &b.right {
        Expr::Regex(_) if b.op == Op::Match || b.op == Op::NotMatch => Ok(()),
        Expr::Str(_) if b.op == Op::Eq || b.op == Op::NotEq => Ok(()),
        _ => {
            let text = format!("right side of '{}' must be a tag value string", b.op.text());
            Err(Failure::Told(text))
        }
    }
}

/// Whether `SHOW MEASUREMENTS` finds a measurement: it asks for the values of its tags, whichever
/// series they are of.
pub(super) fn has(expr: &Expr, m: &Measurement) -> Result<bool, Failure> {
    match expr {
        Expr::Paren(inner) => has(inner, m),
        Expr::Binary(b) => match b.op {
            Op::And | Op::Or => {
                let (left, right) = (has(&b.left, m)?, has(&b.right, m)?);
                Ok(if b.op == Op::And { left && right } else { left || right })
            }
            Op::Eq | Op::NotEq | Op::Match | Op::NotMatch => {
                let (var, value) = tag_and_value(b)?;
                check_value(b)?;
                let is_value = |text: &[u8]| match value {
                    Expr::Regex(p) => p.is_match(text),
                    Expr::Str(s) => s.as_bytes() == text,
                    _ => false,
                };
                let positive = matches!(b.op, Op::Eq | Op::Match);
                if var.name == "_name" {
                    return Ok(is_value(&m.name) == positive);
                }
                let values = m.series.iter().flat_map(|s| s.tags.iter());
                let mut values = values.filter(|t| *t.0 == *var.name.as_bytes()).peekable();
                // A measurement without the tag is not considered.
                Ok(values.peek().is_some() && values.any(|t| is_value(&t.1)) == positive)
            }
            _ => Err(Failure::Told(NOT_COMPARED.to_owned())),
        },
        other => Err(Failure::Unsupported(format!("the condition {other} in SHOW MEASUREMENTS"))),
    }
}

/// What `SHOW TAG VALUES` says of a condition, once for each measurement that there is.
pub(super) fn check_tag_values(expr: &Expr) -> Result<(), Failure> {
    match expr {
        Expr::Paren(inner) => check_tag_values(inner),
        Expr::Binary(b) => match b.op {
            Op::And | Op::Or => {
                check_tag_values(&b.left)?;
                check_tag_values(&b.right)
            }
            Op::Eq | Op::NotEq | Op::Match | Op::NotMatch => tag_and_value(b).map(|_| ()),
            _ => Err(Failure::Told(NOT_COMPARED.to_owned())),
        },
        other => Err(Failure::Unsupported(format!("the condition {other} in SHOW TAG VALUES"))),
    }
}

/// Whether a condition speaks of time (influxql 1.0:ast.go, `HasTimeExpr`).
pub(super) fn speaks_of_time(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(inner) => speaks_of_time(inner),
        Expr::Binary(b) if matches!(b.op, Op::And | Op::Or) => {
            speaks_of_time(&b.left) || speaks_of_time(&b.right)
        }
        Expr::Binary(b) => {
            matches!(&b.left, Expr::Var(v) if v.name.eq_ignore_ascii_case("time"))
        }
        _ => false,
    }
}
