//! Random steps over what a pipeline gives so far.

use crate::conditions::condition;
use crate::data::{FIELDS, SECOND, value};
use crate::expression::{Arithmetic, Predicate};
use crate::generate::positive;
use crate::model::table::{Stage, Stream, Table, Type, Value};
use crate::query::{Function, Step};
use crate::random::Random;

/// Windows that an answer may have in all.
const WINDOWS: i64 = 1500;

/// A step; none if what was chosen does not go here.
pub(crate) fn step(random: &mut Random, stream: &Stream) -> Option<Step> {
    if stream.tables.is_empty() {
        return Some(Step::Limit { n: 1, offset: None });
    }
    if !stream.ordered {
        // The order of rows would not be known of tables that come together.
        return match random.below(4) {
            0 => filter(random, stream),
            1 => Some(sort(random, stream)),
            2 => Some(total(random, stream)),
            _ => Some(Step::Limit { n: 2, offset: Some(1) }),
        };
    }
    match random.below(100) {
        0..16 => filter(random, stream),
        16..22 => Some(shape(random, stream)),
        22..25 => rename(random, stream),
        25..33 => Some(sort(random, stream)),
        33..39 => Some(Step::Limit {
            n: random.pick(&[1, 1, 2, 3, 5, 0]),
            offset: random.percent(50).then(|| random.between(0, 3)),
        }),
        39..50 => Some(group(random, stream)),
        50..63 => Some(total(random, stream)),
        63..68 => {
            Some(Step::Distinct(random.percent(70).then(|| column(random, stream, "nothing"))))
        }
        68..73 => Some(pivot(random, stream)),
        73..86 => window(random, stream),
        _ => map(random, stream),
    }
}

/// A column of some table, now and then one that is nowhere.
fn column(random: &mut Random, stream: &Stream, nothing: &str) -> String {
    if random.percent(3) {
        return nothing.to_owned();
    }
    let table = &stream.tables[random.below(stream.tables.len())];
    table.columns[random.below(table.columns.len())].name.clone()
}

fn filter(random: &mut Random, stream: &Stream) -> Option<Step> {
    let predicate = if stream.stage == Stage::Series && random.percent(40) {
        // Most steps after this one want one type.
        let field = random.pick(FIELDS).0.to_owned();
        let of_field = Predicate::Compare("_field".to_owned(), "==", Value::Text(field));
        if random.percent(30) {
            Predicate::And(Box::new(of_field), Box::new(condition(random, stream, 1)?))
        } else {
            of_field
        }
    } else {
        condition(random, stream, 2)?
    };
    Some(Step::Filter { predicate, keep_empty: random.percent(8) })
}

fn some(random: &mut Random, stream: &Stream, most: i64) -> Vec<String> {
    let count = random.between(1, most);
    let mut names: Vec<String> = Vec::new();
    for _ in 0..count {
        let name = column(random, stream, "nothing");
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn shape(random: &mut Random, stream: &Stream) -> Step {
    match random.below(8) {
        0 => Step::Matching {
            keep: random.percent(50),
            pattern: random.pick(&["^_", "o", "^_(time|value)$", "host|region"]),
        },
        1..4 => {
            let mut names = some(random, stream, 4);
            if random.percent(60) && !names.iter().any(|n| n == "_value") {
                names.push("_value".to_owned());
            }
            Step::Keep(names)
        }
        _ => Step::Drop(some(random, stream, 3)),
    }
}

fn rename(random: &mut Random, stream: &Stream) -> Option<Step> {
    let names = some(random, stream, 2);
    let everywhere = |n: &String| stream.tables.iter().all(|t| t.position(n).is_some());
    if !names.iter().all(everywhere) && random.percent(95) {
        return None;
    }
    let new = |random: &mut Random, i: usize| match random.below(20) {
        0 => column(random, stream, "nothing"),
        _ => ["renamed", "a name"][i].to_owned(),
    };
    let pair = |(i, old): (usize, String)| (old, new(random, i));
    Some(Step::Rename(names.into_iter().enumerate().map(pair).collect()))
}

fn sort(random: &mut Random, stream: &Stream) -> Step {
    let columns = random.percent(75).then(|| some(random, stream, 2));
    Step::Sort { columns, desc: random.percent(50) }
}

fn group(random: &mut Random, stream: &Stream) -> Step {
    let names = match random.below(10) {
        0..3 => Vec::new(),
        3..6 => vec![random.pick(&["host", "region", "_field", "_measurement"]).to_owned()],
        _ => some(random, stream, 3),
    };
    let except = random.percent(25);
    let names = if except && random.percent(60) {
        let mut names = names;
        for name in ["_time", "_value"] {
            if !names.iter().any(|n| n == name) {
                names.push(name.to_owned());
            }
        }
        names
    } else {
        names
    };
    Step::Group { columns: names, except }
}

fn total(random: &mut Random, stream: &Stream) -> Step {
    let name = random.percent(12).then(|| column(random, stream, "nothing"));
    let function = function(random, stream, name.as_deref().unwrap_or("_value"));
    Step::Total(function, name)
}

/// One that goes with the type of a column, mostly.
fn function(random: &mut Random, stream: &Stream, name: &str) -> Function {
    let numbers = [Type::Int, Type::UInt, Type::Float];
    let number = |t: &Table| t.position(name).is_some_and(|i| numbers.contains(&t.columns[i].kind));
    if stream.tables.iter().all(number) || random.percent(5) {
        random.pick(&Function::ALL)
    } else {
        random.pick(&[Function::Count, Function::First, Function::Last])
    }
}

fn pivot(random: &mut Random, stream: &Stream) -> Step {
    let mut row = vec!["_time".to_owned()];
    let mut names = vec!["_field".to_owned()];
    if random.percent(25) {
        let of_text = some(random, stream, 1);
        if random.percent(50) { row.extend(of_text) } else { names.extend(of_text) }
    }
    if random.percent(15) {
        names = vec!["host".to_owned()];
    }
    row.retain(|n| n != "_value");
    names.retain(|n| !row.contains(n) && n != "_value");
    let mut value = column(random, stream, "n");
    if random.percent(95) || row.contains(&value) || names.contains(&value) {
        value = "_value".to_owned();
    }
    Step::Pivot { row, column: names, value }
}

fn window(random: &mut Random, stream: &Stream) -> Option<Step> {
    let bounds = stream.bounds?;
    let every = random.pick(&[5, 10, 20, 30, 60, 7, 90, 3600]);
    let count = (bounds.1 - bounds.0) / (every * SECOND) + 2;
    let is = |t: &Table, name: &str, time: i64| {
        t.part(name).is_some_and(|p| p.value == Value::Time(time))
    };
    let ready = |t: &Table| {
        let there = |name: &str| {
            t.part(name).is_none()
                && t.position(name).is_some_and(|i| t.rows.iter().all(|r| !r[i].is_null()))
        };
        let inside = |row: &Vec<Value>| {
            let time = t.position("_time").map(|i| &row[i]);
            matches!(time, Some(Value::Time(t)) if (bounds.0..bounds.1).contains(t))
        };
        !t.rows.is_empty()
            && is(t, "_start", bounds.0)
            && is(t, "_stop", bounds.1)
            && there("_time")
            && there("_value")
            && t.rows.iter().all(inside)
    };
    if count * stream.tables.len() as i64 > WINDOWS || !stream.tables.iter().all(ready) {
        return None;
    }
    Some(Step::Window {
        every,
        offset: random.percent(30).then(|| random.pick(&[3, 5, -3, 60])),
        function: function(random, stream, "_value"),
        create_empty: random.pick(&[None, Some(true), Some(false), Some(false)]),
    })
}

fn map(random: &mut Random, stream: &Stream) -> Option<Step> {
    // Of a column that has one type in all tables, mostly a number.
    let common: Vec<_> = stream.tables[0]
        .columns
        .iter()
        .filter(|c| stream.tables.iter().all(|t| t.columns.contains(c)))
        .collect();
    let numbers: Vec<_> =
        common.iter().filter(|c| !matches!(c.kind, Type::Time | Type::Text)).copied().collect();
    let among = if numbers.is_empty() || random.percent(25) { &common } else { &numbers };
    let from = among.get(random.below(among.len().max(1)))?;
    let (name, first) = (from.name.clone(), from.kind);
    let with = random.percent(70);
    // A column of the key parts the rows anew.
    let key = &stream.tables[0].key;
    let target = match random.below(7) {
        0 => "x".to_owned(),
        1 => column(random, stream, "y"),
        2 | 3 if !key.is_empty() => key[random.below(key.len())].column.name.clone(),
        _ => name.clone(),
    };
    let mut columns = Vec::new();
    if !with {
        let common = stream.tables[0]
            .columns
            .iter()
            .filter(|c| c.name != target && stream.tables.iter().all(|t| t.columns.contains(c)));
        for column in common.take(random.between(0, 6) as usize) {
            columns.push((column.name.clone(), Arithmetic::Column(column.name.clone())));
        }
    }
    columns.push((target, arithmetic(random, &name, first, 2)));
    Some(Step::Map { with, columns })
}

fn arithmetic(random: &mut Random, name: &str, kind: Type, depth: usize) -> Arithmetic {
    let column = Arithmetic::Column(name.to_owned());
    let op = match kind {
        Type::Int => random.pick(&['+', '-', '*', '/', '%']),
        Type::Float => random.pick(&['+', '-', '*', '/']),
        Type::UInt => random.pick(&['+', '*']),
        Type::Text => '+',
        Type::Bool | Type::Time => return column,
    };
    if depth == 0 || random.percent(15) {
        return column;
    }
    let left = arithmetic(random, name, kind, depth - 1);
    if kind == Type::UInt {
        return Arithmetic::Both(Box::new(left), op, Box::new(column));
    }
    if random.percent(10) && kind != Type::Text {
        return Arithmetic::Negative(Box::new(left));
    }
    let literal = match (op, positive(value(random, kind))) {
        // Nothing is divided by zero, and by nothing whose quotients have many digits.
        ('/' | '%', Value::Int(_)) => Value::Int(random.between(1, 4)),
        ('/', Value::Float(_)) => Value::Float(random.pick(&[0.5, 2.0, 4.0])),
        (_, other) => other,
    };
    let right = if random.percent(70) || "/%".contains(op) {
        Arithmetic::Literal(literal)
    } else {
        arithmetic(random, name, kind, depth - 1)
    };
    Arithmetic::Both(Box::new(left), op, Box::new(right))
}
