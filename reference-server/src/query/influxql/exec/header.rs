//! The names of an answer's columns.

use super::calls::{self, Column};
use super::columns::{self, Columns, Found};
use super::types;
use crate::query::influxql::ast::Select;
use crate::query::influxql::expr::{Cast, Expr, Kind, Var};
use crate::store::Name;
use profiles::influxql::Planner;

/// The time's name and those of the columns, which a wildcard may have found among `all`.
pub(super) fn names(
    select: &Select,
    time: &Name,
    columns: &[Column],
    known: &Columns,
    all: &[Found],
    planner: Planner,
) -> Vec<Name> {
    let written: Vec<_> = columns.iter().map(|c| (c.name.clone(), c.is_alias)).collect();
    let mut names = columns::unique_names(&written);
    if planner == Planner::Go
        && let Some(empty) = names.iter_mut().find(|name| name.is_empty())
        && let Some(number) = number_of_nameless(select, known, all)
    {
        *empty = format!("val{number}").as_bytes().into();
    }
    names.insert(0, time.clone());
    names
}

/// The number of the column that has no name, among the different columns and functions that a
/// statement names: by it the products call the column (1.6:query/select.go, `valueMapper`).
fn number_of_nameless(select: &Select, known: &Columns, all: &[Found]) -> Option<usize> {
    let mut seen: Vec<String> = Vec::new();
    let mut see = |expr: &Expr| {
        let text = expr.to_string();
        if !seen.contains(&text) {
            seen.push(text);
        }
        let is_nameless = matches!(expr, Expr::Var(var) if var.name.is_empty());
        is_nameless.then(|| seen.len() - 1)
    };
    for field in &select.fields {
        match &field.expr {
            Expr::Var(var) if var.name == "time" => {}
            expr @ (Expr::Wildcard(_) | Expr::Regex(_)) => {
                for found in calls::meant(expr, all) {
                    see(&Expr::Var(var_of(found)));
                }
            }
            expr => {
                for part in parts(&types::typed(expr, known), known) {
                    if let Some(number) = see(&part) {
                        return Some(number);
                    }
                }
            }
        }
    }
    None
}

fn var_of(found: &Found) -> Var {
    let name = String::from_utf8_lossy(found.name()).into_owned();
    let cast = match found {
        Found::Field(_, t) => Cast::Type(*t),
        Found::Tag(_) => Cast::Kind(Kind::Tag),
    };
    Var { name, cast: Some(cast) }
}

/// The columns and functions in an expression, from left to right.
fn parts(expr: &Expr, known: &Columns) -> Vec<Expr> {
    match expr {
        Expr::Paren(inner) => parts(inner, known),
        Expr::Binary(b) => [parts(&b.left, known), parts(&b.right, known)].concat(),
        Expr::Call(call) => match calls::expansion(call, known) {
            Some(fields) => fields
                .iter()
                .map(|found| {
                    let mut one = call.clone();
                    one.args.splice(..1, [Expr::Var(var_of(found))]);
                    Expr::Call(one)
                })
                .collect(),
            None => vec![expr.clone()],
        },
        Expr::Var(_) | Expr::Distinct(_) => vec![expr.clone()],
        _ => Vec::new(),
    }
}
