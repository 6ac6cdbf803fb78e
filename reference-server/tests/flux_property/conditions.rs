//! Random predicates.

use crate::data::{TAGS, value};
use crate::expression::Predicate;
use crate::generate::{found_in, positive};
use crate::model::filter::class;
use crate::model::table::{Stage, Stream, Type, Value};
use crate::random::Random;

/// Of tags, measurements and fields alone, in a form that the storage answers.
pub(crate) fn of_names(random: &mut Random, depth: usize) -> Predicate {
    if depth > 0 && random.percent(40) {
        let (a, b) = (of_names(random, depth - 1), of_names(random, depth - 1));
        return if random.percent(50) {
            Predicate::And(Box::new(a), Box::new(b))
        } else {
            Predicate::Or(Box::new(a), Box::new(b))
        };
    }
    let names = ["_measurement", "_field", TAGS[0], TAGS[1], TAGS[2]];
    let name = random.pick(&names).to_owned();
    match random.below(10) {
        0 => Predicate::Exists(name),
        1 => Predicate::Not(Box::new(Predicate::Exists(name))),
        2 | 3 => Predicate::Matches(name, random.percent(60), pattern(random)),
        4 => {
            let value = found_in(random, &name);
            Predicate::Compare(name, "!=", value)
        }
        _ => match found_in(random, &name) {
            // An empty text is the storage's word for a tag that is not there.
            Value::Text(text) if text.is_empty() => Predicate::Exists(name),
            value => Predicate::Compare(name, "==", value),
        },
    }
}

fn pattern(random: &mut Random) -> &'static str {
    random.pick(&["a", "^[a-c]$", ".", "o", "^$", "e|u", "(?i)C", "d$", "^(value|n)$", "x*"])
}

/// The types that a column has.
fn kinds(stream: &Stream, name: &str) -> Vec<Type> {
    stream.tables.iter().filter_map(|t| t.position(name).map(|i| t.columns[i].kind)).collect()
}

/// For `filter` over what a pipeline gives so far.
pub(crate) fn condition(random: &mut Random, stream: &Stream, depth: usize) -> Option<Predicate> {
    if depth > 0 && random.percent(45) {
        if random.percent(20) {
            return Some(Predicate::Not(Box::new(condition(random, stream, depth - 1)?)));
        }
        let a = Box::new(condition(random, stream, depth - 1)?);
        let b = Box::new(condition(random, stream, depth - 1)?);
        return Some(match random.below(2) {
            0 => Predicate::And(a, b),
            _ => Predicate::Or(a, b),
        });
    }
    let table = &stream.tables[random.below(stream.tables.len())];
    if random.percent(6) {
        return Some(Predicate::Exists(random.pick(&["nothing", "host", "Zone"]).to_owned()));
    }
    let column = table.columns[random.below(table.columns.len())].clone();
    let name = if random.percent(35) && table.position("_value").is_some() {
        "_value".to_owned()
    } else {
        column.name
    };
    let kinds = kinds(stream, &name);
    let kind = kinds[random.below(kinds.len())];
    // In memory, types that cannot be compared are an error of the whole query; the storage compares
    // what it can.
    let mixed = kinds.iter().any(|k| class(*k) != class(kind));
    if mixed && stream.stage != Stage::Series {
        return Some(Predicate::Exists(name));
    }
    if random.percent(8) {
        return Some(Predicate::Exists(name));
    }
    Some(match kind {
        Type::Text if random.percent(25) => {
            Predicate::Matches(name, random.percent(60), pattern(random))
        }
        Type::Text => {
            let op = random.pick(&["==", "==", "==", "!=", "!=", "<", ">="]);
            let value =
                if name == "_value" { value(random, kind) } else { found_in(random, &name) };
            Predicate::Compare(name, op, value)
        }
        Type::Bool => {
            Predicate::Compare(name, random.pick(&["==", "!="]), value(random, Type::Bool))
        }
        Type::Time => {
            let op = random.pick(&["==", "!=", "<", "<=", ">", ">="]);
            Predicate::Compare(name, op, value(random, Type::Time))
        }
        _ => {
            let op = random.pick(&["==", "!=", "<", "<=", ">", ">="]);
            let kind = random.pick(&[Type::Int, Type::Float]);
            let value = value(random, kind);
            let value = if random.percent(70) { positive(value) } else { value };
            Predicate::Compare(name, op, value)
        }
    })
}
