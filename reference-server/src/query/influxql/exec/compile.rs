//! What the Go products check of a `SELECT` before they look at what is stored, in their order
//! (1.6:query/compile.go). v3 checks in `calls`.

use super::Failure;
use super::calls;
use super::condition;
use super::function::Function;
use super::select;
use crate::query::influxql::ast::{Fill, Select};
use crate::query::influxql::expr::{Call, Expr};
use crate::query::influxql::token::Op;

/// What was seen of the columns so far.
#[derive(Default)]
struct Seen {
    calls: usize,
    distinct: bool,
    /// Whether there is a function that picks no single point.
    no_selector: bool,
    /// Whether a column stands outside of functions.
    columns: bool,
    fields: usize,
    unsupported: Option<String>,
}

/// Fails as the products do.
pub(super) fn check(select: &Select, now: i64) -> Result<(), Failure> {
    if let Some(c) = &select.condition {
        one_by_one(c, now, select.zone.as_deref())?;
        let (_, rest) = condition::split(c, now, select.zone.as_deref())?;
        if let Some(rest) = rest {
            condition::check_operands(&rest)?;
            no_calls(&rest)?;
        }
    }
    let interval = select::dimensions(select, &super::columns::Columns::default(), now)?.1;
    let mut seen = Seen::default();
    for field in &select.fields {
        if matches!(&field.expr, Expr::Var(var) if var.name == "time") {
            continue;
        }
        seen.fields += 1;
        // What follows would be looked at after the product had its say.
        let checked = seen.expr(field.expr.bare(), &mut true);
        if let Some(what) = seen.unsupported.take() {
            return Err(Failure::Unsupported(what));
        }
        checked?;
    }
    seen.together(select.fill, interval.is_some_and(|i| i.length != 0))
}

/// Times and columns are looked at in the order in which they stand.
fn one_by_one(expr: &Expr, now: i64, zone: Option<&str>) -> Result<(), Failure> {
    match expr {
        Expr::Paren(inner) => one_by_one(inner, now, zone),
        Expr::Binary(b) if matches!(b.op, Op::And | Op::Or) => {
            one_by_one(&b.left, now, zone)?;
            one_by_one(&b.right, now, zone)
        }
        one => match condition::split(one, now, zone)?.1 {
            Some(rest) => Ok(condition::check_operands(&rest)?),
            None => Ok(()),
        },
    }
}

/// A function in a condition (compile.go, `validateCondition`).
pub(super) fn no_calls(expr: &Expr) -> Result<(), Failure> {
    let is_now = |e: &Expr| matches!(e, Expr::Call(c) if c.name == "now" && c.args.is_empty());
    // The products put the time in its place; what comes of it beside a column was not seen.
    let mut asks_for_now = false;
    expr.walk(&mut |e| asks_for_now |= is_now(e));
    if asks_for_now {
        let what = "now() beside other columns than time in a condition";
        return Err(Failure::Unsupported(what.to_owned()));
    }
    match expr {
        Expr::Binary(b) => {
            no_calls(&b.left)?;
            no_calls(&b.right)
        }
        Expr::Call(_) => Err(format!("invalid function call in condition: {expr}").into()),
        _ => Ok(()),
    }
}

const fn is_literal(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::Str(_)
            | Expr::Number(_)
            | Expr::Integer(_)
            | Expr::Unsigned(_)
            | Expr::Bool(_)
            | Expr::Duration(_)
            | Expr::Regex(_)
    )
}

/// Whether it is an operation of which the products make a literal before they look at it
/// (influxql 1.0:ast.go, `Reduce`).
fn is_put_together(expr: &Expr) -> bool {
    let of = |e: &Expr, is: fn(&Expr) -> bool| is(e.bare()) || is_put_together(e);
    let Expr::Binary(b) = expr.bare() else { return false };
    let both = |is| of(&b.left, is) && of(&b.right, is);
    match b.op {
        Op::Add if both(|e| matches!(e, Expr::Str(_))) => true,
        Op::BitAnd | Op::BitOr | Op::BitXor => both(|e| matches!(e, Expr::Integer(_))),
        Op::Add | Op::Sub | Op::Mul | Op::Div | Op::Mod => {
            both(|e| matches!(e, Expr::Integer(_) | Expr::Number(_)))
        }
        _ => false,
    }
}

fn say<T>(text: &str) -> Result<T, Failure> {
    Err(Failure::Statement(text.to_owned()))
}

impl Seen {
    /// One column; a wildcard may stand in it until an operator was seen.
    fn expr(&mut self, expr: &Expr, wildcards: &mut bool) -> Result<(), Failure> {
        match expr {
            // Its rows are those of the index, not of points: outside of conditions it is no column.
            Expr::Var(var) if var.name == "_name" => {
                self.unsupported.get_or_insert_with(|| "the column _name".to_owned());
            }
            Expr::Var(_) => self.columns = true,
            Expr::Wildcard(_) => {
                self.columns = true;
                if !*wildcards {
                    return say("unable to use wildcard in a binary expression");
                }
            }
            Expr::Regex(_) => {
                if !*wildcards {
                    return say("unable to use regex in a binary expression");
                }
                self.columns = true;
            }
            Expr::Call(call) => {
                self.calls += 1;
                self.call(call, *wildcards)?;
            }
            Expr::Distinct(_) => {
                self.calls += 1;
                self.distinct = true;
                self.no_selector = true;
            }
            Expr::Binary(b) => {
                *wildcards = false;
                let is_literal = |e: &Expr| is_literal(e.bare()) || is_put_together(e);
                match (is_literal(&b.left), is_literal(&b.right)) {
                    (true, true) if is_put_together(expr) => {
                        return say("field must contain at least one variable");
                    }
                    (true, true) => {
                        return say("cannot perform a binary expression on two literals");
                    }
                    (true, false) => self.expr(&b.right, wildcards)?,
                    (false, true) => self.expr(&b.left, wildcards)?,
                    (false, false) => {
                        self.expr(&b.left, wildcards)?;
                        self.expr(&b.right, wildcards)?;
                    }
                }
            }
            Expr::Paren(inner) => self.expr(inner, wildcards)?,
            _ => return say("field must contain at least one variable"),
        }
        Ok(())
    }

    fn call(&mut self, call: &Call, wildcards: bool) -> Result<(), Failure> {
        let (name, args) = (&call.name, call.args.as_slice());
        let number_of_arguments = |expected: usize| {
            let got = args.len();
            let text =
                format!("invalid number of arguments for {name}, expected {expected}, got {got}");
            if got == expected { Ok(()) } else { Err(Failure::Statement(text)) }
        };
        match name.as_str() {
            "percentile" => {
                number_of_arguments(2)?;
                if calls::constant(&args[1]).is_none() {
                    return say("expected float argument in percentile()");
                }
                self.argument(name, &args[0], wildcards)
            }
            "distinct" => {
                self.distinct = true;
                self.distinct(args)
            }
            _ => match Function::named(name) {
                None if calls::OTHERS.contains(&name.as_str()) => {
                    self.unsupported.get_or_insert_with(|| format!("the function {name}()"));
                    Ok(())
                }
                None => Err(format!("undefined function {name}()").into()),
                Some(function) => {
                    self.no_selector |= !function.is_selector();
                    number_of_arguments(1)?;
                    match &args[0] {
                        Expr::Call(inner) if name == "count" && inner.name == "distinct" => {
                            self.distinct(&inner.args)
                        }
                        Expr::Distinct(_) if name == "count" => Ok(()),
                        arg => self.argument(name, arg, wildcards),
                    }
                }
            },
        }
    }

    fn distinct(&mut self, args: &[Expr]) -> Result<(), Failure> {
        self.no_selector = true;
        match args {
            [] => say("distinct function requires at least one argument"),
            [Expr::Var(_)] => Ok(()),
            [_] => say("expected field argument in distinct()"),
            _ => say("distinct function can only have one argument"),
        }
    }

    fn argument(&mut self, name: &str, arg: &Expr, wildcards: bool) -> Result<(), Failure> {
        let refused = match arg {
            Expr::Var(_) => return Ok(()),
            Expr::Wildcard(_) if !wildcards => {
                format!("unsupported expression with wildcard: {name}()")
            }
            Expr::Regex(_) if !wildcards => {
                format!("unsupported expression with regex field: {name}()")
            }
            Expr::Wildcard(_) | Expr::Regex(_) => {
                self.no_selector = true;
                return Ok(());
            }
            _ => format!("expected field argument in {name}()"),
        };
        Err(refused.into())
    }

    /// What may stand together (compile.go, `validateFields`).
    fn together(&self, fill: Fill, windows: bool) -> Result<(), Failure> {
        if self.fields == 0 {
            return say("at least 1 non-time field must be queried");
        }
        if self.calls == 0 {
            match fill {
                Fill::None => return say("fill(none) must be used with a function"),
                Fill::Linear => return say("fill(linear) must be used with a function"),
                _ if windows => return say("GROUP BY requires at least one aggregate function"),
                _ => {}
            }
        }
        if self.distinct && (self.calls != 1 || self.columns) {
            return say(
                "aggregate function distinct() cannot be combined with other functions or fields",
            );
        }
        if self.columns && self.no_selector {
            return say("mixing aggregate and non-aggregate queries is not supported");
        }
        if self.columns && self.calls > 1 {
            return say("mixing multiple selector functions with tags or fields is not supported");
        }
        Ok(())
    }
}
