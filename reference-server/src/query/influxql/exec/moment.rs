//! Constants that times are compared with, and their sums (influxql 1.0:ast.go, `reduceBinaryExpr`,
//! `getTimeRange`; each pair of kinds asked of a running 1.6.7).

use super::condition::as_nanoseconds;
use crate::query::influxql::expr::Expr;
use crate::query::influxql::time;
use crate::query::influxql::token::Op;
use profiles::influxql::TimeDigits;

/// A constant.
#[derive(Clone, Copy)]
enum Constant {
    Integer(i64),
    Number(f64),
    Duration(i64),
    /// A time, which may be one that cannot be stored.
    Time(i128),
}

/// A time or duration, in nanoseconds.
///
/// # Errors
/// The products' message.
pub(super) fn instant(expr: &Expr, now: i64, zone: Option<&str>) -> Result<i64, String> {
    match constant(expr, now, zone)? {
        Constant::Integer(n) | Constant::Duration(n) => Ok(n),
        Constant::Number(n) => Ok(as_nanoseconds(n)),
        Constant::Time(t) => storable(t),
    }
}

/// A time, where it is one that can be stored, but for the first two and the last.
fn storable(t: i128) -> Result<i64, String> {
    let way = match t {
        t if t > i128::from(i64::MAX - 1) => "overflows",
        t if t < i128::from(i64::MIN + 3) => "underflows",
        t => return i64::try_from(t).map_err(|e| e.to_string()),
    };
    let seconds = i64::try_from(t.div_euclid(1_000_000_000)).unwrap_or_default();
    let text = time::plain_at(seconds, 0, TimeDigits::Shortest);
    Err(format!("time {text}Z {way} time literal"))
}

fn not_with<T>(what: &str) -> Result<T, String> {
    Err(format!("invalid operation: time and *influxql.{what} are not compatible"))
}

fn constant(expr: &Expr, now: i64, zone: Option<&str>) -> Result<Constant, String> {
    Ok(match expr {
        Expr::Paren(inner) => constant(inner, now, zone)?,
        Expr::Integer(n) => Constant::Integer(*n),
        Expr::Duration(n) => Constant::Duration(*n),
        Expr::Number(n) => Constant::Number(*n),
        Expr::Str(text) => match time::parse(text, zone) {
            Some(t) => Constant::Time(t),
            None if time::looks_like_date(text) => {
                return Err("invalid timestamp string".to_owned());
            }
            None => return not_with("StringLiteral"),
        },
        Expr::Call(call) if call.name == "now" && call.args.is_empty() => {
            Constant::Time(i128::from(now))
        }
        // What does not come down to a constant is left as the operation that it is.
        Expr::Binary(b) => {
            if let (Op::Add, Expr::Str(_), Expr::Str(_)) = (b.op, b.left.bare(), b.right.bare()) {
                return not_with("StringLiteral");
            }
            let (left, right) = (constant(&b.left, now, zone), constant(&b.right, now, zone));
            let (Ok(left), Ok(right)) = (left, right) else { return not_with("BinaryExpr") };
            match together(b.op, left, right) {
                Some(constant) => constant,
                None => return not_with("BinaryExpr"),
            }
        }
        Expr::Var(_) => return not_with("VarRef"),
        Expr::Bool(_) => return not_with("BooleanLiteral"),
        Expr::Unsigned(_) => return not_with("UnsignedLiteral"),
        Expr::Regex(_) => return not_with("RegexLiteral"),
        Expr::Wildcard(_) => return not_with("Wildcard"),
        _ => return not_with("Call"),
    })
}

fn together(op: Op, left: Constant, right: Constant) -> Option<Constant> {
    use Constant::{Duration, Integer, Number, Time};
    Some(match (op, left, right) {
        (Op::Add, Integer(a), Integer(b)) => Integer(a.wrapping_add(b)),
        (Op::Sub, Integer(a), Integer(b)) => Integer(a.wrapping_sub(b)),
        (Op::Mul, Integer(a), Integer(b)) => Integer(a.wrapping_mul(b)),
        (Op::Mod, Integer(a), Integer(b)) => Integer(a.checked_rem(b).unwrap_or(0)),
        (Op::BitAnd, Integer(a), Integer(b)) => Integer(a & b),
        (Op::BitOr, Integer(a), Integer(b)) => Integer(a | b),
        (Op::BitXor, Integer(a), Integer(b)) => Integer(a ^ b),
        (Op::Div, Integer(a), Integer(b)) => numbers(op, a as f64, b as f64)?,
        (_, Integer(a), Number(b)) => numbers(op, a as f64, b)?,
        (_, Number(a), Integer(b)) => numbers(op, a, b as f64)?,
        (_, Number(a), Number(b)) => numbers(op, a, b)?,
        (Op::Add, Duration(a), Duration(b)) => Duration(a.wrapping_add(b)),
        (Op::Sub, Duration(a), Duration(b)) => Duration(a.wrapping_sub(b)),
        (Op::Mul, Duration(a), Integer(b)) => Duration(a.wrapping_mul(b)),
        (Op::Div, Duration(a), Integer(b)) => Duration(a.checked_div(b).unwrap_or(0)),
        (Op::Mul, Duration(a), Number(b)) => Duration(as_nanoseconds(a as f64 * b)),
        (Op::Div, Duration(_), Number(0.0)) => Duration(0),
        (Op::Div, Duration(a), Number(b)) => Duration(as_nanoseconds(a as f64 / b)),
        // Of an integer and a duration the integer is a time.
        (Op::Add, Integer(a), Duration(b)) => Time(i128::from(a) + i128::from(b)),
        (Op::Sub, Integer(a), Duration(b)) => Time(i128::from(a) - i128::from(b)),
        (Op::Add, Integer(a) | Duration(a), Time(b)) => Time(i128::from(a) + b),
        (Op::Add, Time(a), Integer(b) | Duration(b)) => Time(a + i128::from(b)),
        (Op::Sub, Time(a), Integer(b) | Duration(b)) => Time(a - i128::from(b)),
        // Go's durations end where they do not fit (Go: time/time.go, `Sub`).
        (Op::Sub, Time(a), Time(b)) => {
            Duration((a - b).clamp(i64::MIN.into(), i64::MAX.into()) as i64)
        }
        _ => return None,
    })
}

fn numbers(op: Op, a: f64, b: f64) -> Option<Constant> {
    Some(Constant::Number(match op {
        Op::Add => a + b,
        Op::Sub => a - b,
        Op::Mul => a * b,
        Op::Div if b == 0.0 => 0.0,
        Op::Div => a / b,
        Op::Mod => a % b,
        _ => return None,
    }))
}
