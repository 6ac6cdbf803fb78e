//! `filter`: in memory with null for what is not there; in the storage, which gets as much of a
//! condition as it can answer, with an empty text.

use crate::expression::Predicate;
use crate::model::table::{Stage, Stream, Table, Type, Value};
use std::cmp::Ordering;

pub(crate) fn filter(
    stream: Stream,
    predicate: &Predicate,
    keep_empty: bool,
) -> Result<Stream, String> {
    let Stream { tables, stage, bounds, ordered } = stream;
    let (stored, rest) = parts(predicate, &stage, keep_empty);
    // Flux finds at once what cannot be compared, and not only when it comes to it.
    if !rest.iter().all(|p| comparable(p, &tables)) {
        return Err(String::new());
    }
    let mut kept = Vec::new();
    for mut table in tables {
        let mut rows = Vec::new();
        for row in std::mem::take(&mut table.rows) {
            let cell = |name: &str| table.position(name).map(|i| row[i].clone());
            // It takes every name but that of the value for one of a tag.
            let in_store = |name: &str| match cell(name) {
                Some(value) if name == "_value" || matches!(value, Value::Text(_)) => value,
                _ => Value::Text(String::new()),
            };
            let in_memory = |name: &str| cell(name).unwrap_or(Value::Null);
            let wanted = |p: &&Predicate| truth(p, &in_memory) == Some(true);
            if stored.iter().all(|p| stored_truth(p, &in_store)) && rest.iter().all(wanted) {
                rows.push(row);
            }
        }
        table.rows = rows;
        kept.push(table);
    }
    if !keep_empty {
        kept.retain(|table: &Table| !table.rows.is_empty());
    }
    let stage = if rest.is_empty() { Stage::Series } else { Stage::Memory };
    Ok(Stream { tables: kept, stage, bounds, ordered })
}

/// What the storage answers of a condition, and what is left for the memory.
pub(crate) fn parts<'p>(
    predicate: &'p Predicate,
    stage: &Stage,
    keep_empty: bool,
) -> (Vec<&'p Predicate>, Vec<&'p Predicate>) {
    let (mut stored, mut rest) = (Vec::new(), Vec::new());
    if *stage == Stage::Series && !keep_empty {
        part(predicate, &mut stored, &mut rest);
    } else {
        rest.push(predicate);
    }
    (stored, rest)
}

/// The conjuncts that the storage answers, and the others (`semantic.PartitionPredicates`).
fn part<'p>(p: &'p Predicate, stored: &mut Vec<&'p Predicate>, rest: &mut Vec<&'p Predicate>) {
    match p {
        Predicate::And(a, b) => {
            part(a, stored, rest);
            part(b, stored, rest);
        }
        p if is_for_the_store(p) => stored.push(p),
        p => rest.push(p),
    }
}

/// `isPushableExpr`: of one column and one literal that is not signed and no time; of values alone by
/// order; `not` only before `exists`.
fn is_for_the_store(p: &Predicate) -> bool {
    match p {
        Predicate::And(a, b) | Predicate::Or(a, b) => is_for_the_store(a) && is_for_the_store(b),
        Predicate::Exists(name) => name != "_value",
        Predicate::Not(a) => {
            matches!(**a, Predicate::Exists(_) | Predicate::Not(_)) && is_for_the_store(a)
        }
        Predicate::Matches(..) => true,
        Predicate::Compare(name, op, value) => {
            let literal = match value {
                Value::Int(n) => *n >= 0,
                Value::Float(n) => !n.is_sign_negative(),
                Value::Text(t) => *op != "==" || !t.is_empty() || name == "_value",
                Value::Bool(_) => true,
                Value::Null | Value::UInt(_) | Value::Time(_) => false,
            };
            literal && (name == "_value" || ["==", "!="].contains(op))
        }
    }
}

/// Whether all comparisons of a condition are of types that can be compared.
fn comparable(p: &Predicate, tables: &[Table]) -> bool {
    let kinds = |name: &str| -> Vec<_> {
        tables.iter().filter_map(|t| t.position(name).map(|i| t.columns[i].kind)).collect()
    };
    match p {
        Predicate::And(a, b) | Predicate::Or(a, b) => {
            comparable(a, tables) && comparable(b, tables)
        }
        Predicate::Not(a) => comparable(a, tables),
        Predicate::Exists(_) => true,
        Predicate::Matches(name, ..) => kinds(name).iter().all(|k| *k == Type::Text),
        Predicate::Compare(name, _, value) => {
            let of_value = value.kind().map(class);
            kinds(name).iter().all(|k| Some(class(*k)) == of_value)
        }
    }
}

/// Types that can be compared are of one class.
pub(crate) const fn class(kind: Type) -> u8 {
    match kind {
        Type::Int | Type::UInt | Type::Float => 0,
        Type::Bool => 1,
        Type::Text => 2,
        Type::Time => 3,
    }
}

fn holds(op: &str, order: Ordering) -> bool {
    match op {
        "==" => order.is_eq(),
        "!=" => order.is_ne(),
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        _ => order.is_ge(),
    }
}

fn matches(pattern: &str, text: &str) -> bool {
    regex::Regex::new(pattern).is_ok_and(|p| p.is_match(text))
}

/// Flux's own: null where a value is null, but `and` and `or` take null on their left for false, and
/// otherwise give what is on their right (`compiler/runtime.go`, `logicalEvaluator`).
fn truth(p: &Predicate, cell: &dyn Fn(&str) -> Value) -> Option<bool> {
    match p {
        Predicate::And(a, b) => {
            if truth(a, cell) == Some(true) {
                truth(b, cell)
            } else {
                Some(false)
            }
        }
        Predicate::Or(a, b) => {
            if truth(a, cell) == Some(true) {
                Some(true)
            } else {
                truth(b, cell)
            }
        }
        Predicate::Not(a) => truth(a, cell).map(|t| !t),
        Predicate::Exists(name) => Some(!cell(name).is_null()),
        Predicate::Matches(name, found, pattern) => match cell(name) {
            Value::Text(text) => Some(matches(pattern, &text) == *found),
            _ => None,
        },
        Predicate::Compare(name, op, value) => {
            let found = cell(name);
            if found.is_null() { None } else { Some(holds(op, found.compare(value)?)) }
        }
    }
}

/// The storage's: every condition is true or false; what cannot be compared is false.
fn stored_truth(p: &Predicate, cell: &dyn Fn(&str) -> Value) -> bool {
    match p {
        Predicate::And(a, b) => stored_truth(a, cell) && stored_truth(b, cell),
        Predicate::Or(a, b) => stored_truth(a, cell) || stored_truth(b, cell),
        Predicate::Not(a) => !stored_truth(a, cell),
        Predicate::Exists(name) => cell(name) != Value::Text(String::new()),
        Predicate::Matches(name, found, pattern) => match cell(name) {
            Value::Text(text) => matches(pattern, &text) == *found,
            _ => false,
        },
        Predicate::Compare(name, op, value) => {
            cell(name).compare(value).is_some_and(|order| holds(op, order))
        }
    }
}
