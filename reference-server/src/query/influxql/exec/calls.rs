//! The functions of a `SELECT`: which there are, of which fields, and which may stand together.

use super::Failure;
use super::columns::{self, Columns, Found};
use super::function::Function;
use super::node::Node;
use crate::query::influxql::ast::Select;
use crate::query::influxql::expr::{Call, Cast, Expr, Kind, Var};
use crate::query::influxql::token::Op;
use crate::store::{FieldType, Name};
use profiles::influxql::Planner;

/// A function of a field.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Applied {
    pub(super) function: Function,
    /// The field and the type that it is read as; `None` for one that does not exist.
    pub(super) field: Option<(Name, FieldType)>,
    /// It is applied to a tag, which has no values for it.
    pub(super) is_tag: bool,
}

/// A column of the answer.
pub(super) struct Column {
    pub(super) name: Name,
    pub(super) is_alias: bool,
    pub(super) node: Node,
}

/// The columns of a `SELECT` with functions, and the functions.
pub(super) struct Plan {
    pub(super) columns: Vec<Column>,
    pub(super) calls: Vec<Applied>,
    /// A field of a type that a function does not take, and what the products say once they read
    /// such a series.
    pub(super) refused: Vec<(Name, FieldType, String)>,
    planner: Planner,
}

/// The language's functions that this server does not run.
pub(super) const OTHERS: &[&str] = &[
    "top",
    "bottom",
    "derivative",
    "non_negative_derivative",
    "difference",
    "non_negative_difference",
    "moving_average",
    "cumulative_sum",
    "elapsed",
    "integral",
    "sample",
    "holt_winters",
    "holt_winters_with_fit",
    // Functions of one row: asked of a running 1.6.7, which has them.
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "ceil",
    "cos",
    "exp",
    "floor",
    "ln",
    "log",
    "log10",
    "log2",
    "pow",
    "round",
    "sin",
    "sqrt",
    "tan",
    // Asked of the same, which has these too.
    "chande_momentum_oscillator",
    "double_exponential_moving_average",
    "exponential_moving_average",
    "kaufmans_adaptive_moving_average",
    "kaufmans_efficiency_ratio",
    "relative_strength_index",
    "triple_exponential_derivative",
    "triple_exponential_moving_average",
];

/// Whether a statement has a function in its columns.
pub(super) fn has_calls(select: &Select) -> bool {
    let mut found = false;
    for field in &select.fields {
        field.expr.walk(&mut |e| found |= matches!(e, Expr::Call(_) | Expr::Distinct(_)));
    }
    found
}

/// Checks what does not depend on what is stored.
pub(super) fn check(select: &Select) -> Result<(), Failure> {
    let (mut aggregates, mut selectors, mut distinct, mut plain) = (0, 0, 0, false);
    let mut failure = None;
    for field in &select.fields {
        let mut inside = 0;
        field.expr.walk(&mut |e| match e {
            Expr::Call(call) if call.name == "distinct" && inside > 0 => inside -= 1,
            Expr::Call(call) => {
                inside += usize::from(call.name == "count");
                match function(call) {
                    Ok(f) if f.is_selector() => selectors += 1,
                    Ok(Function::Distinct) => distinct += 1,
                    Ok(_) => aggregates += 1,
                    Err(f) if failure.is_none() => failure = Some(f),
                    Err(_) => {}
                }
            }
            Expr::Distinct(_) => distinct += 1,
            _ => {}
        });
        let outside = outside_calls(&field.expr);
        if let Expr::Var(var) = field.expr.bare()
            && var.name == "time"
        {
            continue;
        }
        plain |= outside;
    }
    if let Some(failure) = failure {
        return Err(failure);
    }
    let say = |text: &str| Err(Failure::Statement(text.to_owned()));
    if distinct > 0 && (distinct + aggregates + selectors > 1 || plain) {
        return say(
            "aggregate function distinct() cannot be combined with other functions or fields",
        );
    }
    if plain && aggregates > 0 {
        return say("mixing aggregate and non-aggregate queries is not supported");
    }
    if plain && selectors > 1 {
        return say("mixing multiple selector functions with tags or fields is not supported");
    }
    Ok(())
}

/// Whether a column or wildcard stands outside of functions.
fn outside_calls(expr: &Expr) -> bool {
    match expr {
        Expr::Var(_) | Expr::Wildcard(_) | Expr::Regex(_) => true,
        Expr::Paren(inner) => outside_calls(inner),
        Expr::Binary(b) => outside_calls(&b.left) || outside_calls(&b.right),
        _ => false,
    }
}

/// The function that is called, its arguments checked.
fn function(call: &Call) -> Result<Function, Failure> {
    let name = &call.name;
    let wrong_number = |expected: usize| {
        let got = call.args.len();
        let text =
            format!("invalid number of arguments for {name}, expected {expected}, got {got}");
        Err(Failure::Statement(text))
    };
    let not_a_field = || Err(Failure::Statement(format!("expected field argument in {name}()")));
    let is_field = |e: &Expr| matches!(e, Expr::Var(_) | Expr::Wildcard(_) | Expr::Regex(_));
    if name == "percentile" {
        return match call.args.as_slice() {
            [field, _] if !is_field(field) => not_a_field(),
            [_, n] => match constant(n) {
                Some(n) => Ok(Function::Percentile(n)),
                None => Err("expected float argument in percentile()".to_owned().into()),
            },
            _ => wrong_number(2),
        };
    }
    let Some(function) = Function::named(name) else {
        return Err(if OTHERS.contains(&name.as_str()) {
            Failure::Unsupported(format!("the function {name}()"))
        } else {
            Failure::Statement(format!("undefined function {name}()"))
        });
    };
    match call.args.as_slice() {
        [Expr::Call(inner)] if function == Function::Count && inner.name == "distinct" => {
            match inner.args.as_slice() {
                [arg] if is_field(arg) => Ok(Function::CountDistinct),
                _ => not_a_field(),
            }
        }
        [Expr::Distinct(_)] if function == Function::Count => Ok(Function::CountDistinct),
        [arg] if is_field(arg) => Ok(function),
        [_] => not_a_field(),
        _ => wrong_number(1),
    }
}

/// A number, written as one or as the sum, difference or product of others: the Go products put these
/// together first (influxql 1.0:ast.go, `Reduce`).
pub(super) fn constant(expr: &Expr) -> Option<f64> {
    match expr.bare() {
        Expr::Integer(n) => Some(*n as f64),
        Expr::Number(n) => Some(*n),
        Expr::Binary(b) => {
            let (left, right) = (constant(&b.left)?, constant(&b.right)?);
            match b.op {
                Op::Add => Some(left + right),
                Op::Sub => Some(left - right),
                Op::Mul => Some(left * right),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The field that a function is applied to, or the wildcard.
fn argument(call: &Call) -> Option<&Expr> {
    match call.args.first()? {
        Expr::Call(inner) => argument(inner),
        arg => Some(arg),
    }
}

/// What a wildcard or pattern outside of functions stands for, among these.
pub(super) fn meant<'a>(expr: &Expr, all: &'a [Found]) -> impl Iterator<Item = &'a Found> {
    all.iter().filter(move |found| match expr {
        Expr::Wildcard(None) => true,
        Expr::Wildcard(Some(Kind::Tag)) => matches!(found, Found::Tag(_)),
        Expr::Wildcard(Some(Kind::Field)) => matches!(found, Found::Field(..)),
        Expr::Regex(pattern) => pattern.is_match(found.name()),
        _ => false,
    })
}

/// The same as columns.
pub(super) fn expanded(expr: &Expr, all: &[Found]) -> Vec<Column> {
    let column = |found: &Found| Column {
        name: found.name().clone(),
        is_alias: false,
        node: match found {
            Found::Field(name, t) => Node::Field(name.clone(), *t),
            Found::Tag(key) => Node::Tag(key.clone()),
        },
    };
    meant(expr, all).map(column).collect()
}

/// The fields that a function of a wildcard or pattern stands for; `None` for any other function.
pub(super) fn expansion(call: &Call, known: &Columns) -> Option<Vec<Found>> {
    let argument @ (Expr::Wildcard(_) | Expr::Regex(_)) = argument(call)? else { return None };
    let function = function(call).ok()?;
    let is_meant = |found: &Found| match found {
        Found::Field(name, t) => {
            let matches = !matches!(argument, Expr::Regex(p) if !p.is_match(name));
            matches && function.takes(*t)
        }
        Found::Tag(_) => false,
    };
    Some(known.all(&[], true).into_iter().filter(is_meant).collect())
}

/// Binds the columns of a statement that [`check`] let through. A wildcard beside a function stands
/// for `all` columns.
pub(super) fn plan(
    select: &Select,
    known: &Columns,
    all: &[Found],
    planner: Planner,
) -> Result<Plan, Failure> {
    let mut plan = Plan { columns: Vec::new(), calls: Vec::new(), refused: Vec::new(), planner };
    for field in &select.fields {
        let expr = field.expr.bare();
        match expr {
            Expr::Var(var) if var.name == "time" => continue,
            Expr::Wildcard(_) | Expr::Regex(_) => {
                plan.columns.extend(expanded(expr, all));
                continue;
            }
            Expr::Call(call) => {
                if let Some(Expr::Wildcard(Some(Kind::Tag))) = argument(call) {
                    return Err(format!("unable to use tag wildcard in {}()", call.name).into());
                }
                if let Some(fields) = expansion(call, known) {
                    let prefix = if field.alias.is_empty() { &call.name } else { &field.alias };
                    plan.expand(function(call)?, prefix, fields);
                    continue;
                }
            }
            _ => {}
        }
        let node = plan.bind(expr, known)?;
        let is_alias = !field.alias.is_empty();
        let name = if is_alias { field.alias.clone() } else { expr.column_name() };
        plan.columns.push(Column { name: name.as_bytes().into(), is_alias, node });
    }
    Ok(plan)
}

impl Plan {
    /// A column for each field that a function of a wildcard is defined for.
    fn expand(&mut self, function: Function, prefix: &str, fields: Vec<Found>) {
        for found in fields {
            if let Found::Field(name, t) = found {
                let column: Name = [format!("{prefix}_").as_bytes(), &name].concat().into();
                let node = self.call(Applied { function, field: Some((name, t)), is_tag: false });
                self.columns.push(Column { name: column, is_alias: true, node });
            }
        }
    }

    fn call(&mut self, applied: Applied) -> Node {
        let known = self.calls.iter().position(|c| *c == applied);
        Node::Call(known.unwrap_or_else(|| {
            self.calls.push(applied);
            self.calls.len() - 1
        }))
    }

    fn bind(&mut self, expr: &Expr, known: &Columns) -> Result<Node, Failure> {
        match expr {
            Expr::Paren(inner) => self.bind(inner, known),
            Expr::Var(var) => Ok(known.resolve(var)),
            Expr::Call(call) => {
                let function = function(call)?;
                let var = match argument(call) {
                    Some(Expr::Var(var)) => var.clone(),
                    Some(Expr::Distinct(name)) => Var { name: name.clone(), cast: None },
                    _ => return Err(format!("unsupported expression with wildcard: {expr}").into()),
                };
                self.apply(function, &var, known)
            }
            Expr::Distinct(name) => {
                self.apply(Function::Distinct, &Var { name: name.clone(), cast: None }, known)
            }
            Expr::Binary(b) => {
                let (left, right) = (self.bind(&b.left, known)?, self.bind(&b.right, known)?);
                Ok(Node::Binary(b.op, Box::new(left), Box::new(right)))
            }
            Expr::Wildcard(_) | Expr::Regex(_) => {
                Err(Failure::Unsupported("a wildcard in an operation".to_owned()))
            }
            other => columns::literal(other)
                .ok_or_else(|| Failure::Unsupported(format!("the expression {other}"))),
        }
    }

    fn apply(&mut self, function: Function, var: &Var, known: &Columns) -> Result<Node, Failure> {
        let resolved = known.resolve(var);
        let mut is_tag = matches!(resolved, Node::Tag(_));
        let field = match resolved {
            Node::Field(_, t) if !function.takes(t) => {
                let name_of = match function {
                    Function::Percentile(_) => "percentile".to_owned(),
                    other => format!("{other:?}").to_lowercase(),
                };
                let kind = t.word();
                let text =
                    format!("unsupported {name_of} iterator type: *query.{kind}InterruptIterator");
                let name: Name = var.name.as_bytes().into();
                self.refused.push((name.clone(), t, text));
                // Where nothing refuses it there is nothing of it; its type is known all the same.
                (self.planner == Planner::Go).then_some((name, t))
            }
            Node::Field(name, t) => Some((name, t)),
            // A type that is written down holds of a column that does not exist too.
            _ => match var.cast {
                Some(Cast::Type(t)) if self.planner == Planner::Go => {
                    Some((var.name.as_bytes().into(), t))
                }
                Some(Cast::Kind(Kind::Tag)) if self.planner == Planner::Go => {
                    is_tag = true;
                    None
                }
                _ => None,
            },
        };
        Ok(self.call(Applied { function, field, is_tag }))
    }
}
