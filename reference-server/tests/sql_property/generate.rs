//! Random queries of the kind that clients ask.

use crate::conditions::Source;
use crate::data::Kind;
use crate::expression::Expr;
use crate::query::{Format, Item, Key, Query, Spelling};
use crate::random::Random;
use crate::stored::Table;
use crate::value::Value;

const ADDED: &[Kind] = &[Kind::Float, Kind::Integer, Kind::Unsigned];
const ANY: &[Kind] =
    &[Kind::Tag, Kind::Float, Kind::Integer, Kind::Big, Kind::Unsigned, Kind::Text, Kind::Boolean];

pub(crate) fn query(random: &mut Random, tables: &[Table], flight_only: bool) -> Query {
    let table = random.pick(tables);
    let mut source = Source { random, table: &table, params: 0 };
    let condition = source.random.percent(65).then(|| source.condition(2));
    let format = match source.random.below(10) {
        _ if flight_only => Format::Flight,
        0..5 => Format::Json,
        5..7 => Format::JsonLines,
        7..9 => Format::Csv,
        _ if cfg!(feature = "flight") => Format::Flight,
        _ => Format::Json,
    };
    let spelling = source.random.pick(&[Spelling::Expression, Spelling::Alias, Spelling::Ordinal]);
    let mut query = Query {
        distinct: false,
        items: Vec::new(),
        table: table.name.clone(),
        condition,
        group: Vec::new(),
        having: None,
        order: Vec::new(),
        limit: None,
        offset: None,
        spelling,
        format,
        post: source.random.percent(60),
    };
    match source.random.below(10) {
        0..2 => {}
        2..5 => columns(&mut source, &mut query),
        5 => {
            query.distinct = true;
            columns(&mut source, &mut query);
        }
        _ => aggregates(&mut source, &mut query),
    }
    order(&mut source, &mut query);
    if source.random.percent(25) {
        query.limit = Some(source.random.pick(&[0, 1, 2, 3, 5, 10, 100]));
    }
    if source.random.percent(12) {
        query.offset = Some(source.random.pick(&[0, 1, 2, 5, 30]));
    }
    query
}

/// Adds something to what is selected, once.
fn add(source: &mut Source<'_>, query: &mut Query, expr: Expr) {
    if query.items.iter().any(|item| item.expr == expr) {
        return;
    }
    // Of these the name is known.
    let plain = match &expr {
        Expr::Column(_) | Expr::Aggregate(_, None, _) => true,
        Expr::Aggregate(_, Some(of), _) => {
            matches!(**of, Expr::Column(_)) && query.table.bytes().all(|b| b.is_ascii_lowercase())
        }
        _ => false,
    };
    let alias = (!plain || source.random.percent(30)).then(|| {
        let name = source.random.pick(&["x", "y", "Mean "]);
        format!("{name}{}", query.items.len())
    });
    query.items.push(Item { expr, alias });
}

fn columns(source: &mut Source<'_>, query: &mut Query) {
    let most = if query.distinct { 2 } else { 4 };
    for _ in 0..source.random.between(1, most) {
        let expr = match source.random.below(12) {
            0 => source.arithmetic(),
            1 => source.column(&[Kind::Float]).map(|column| {
                let zero = Value::Float(0.0);
                let text = zero.sql();
                Expr::Coalesce(Box::new(column), Box::new(Expr::Literal(zero, text)))
            }),
            2 => Some(bin(source)),
            3..5 => Some(Expr::Column("time".to_owned())),
            5..7 => source.column(&[Kind::Tag]),
            _ => source.column(ANY),
        };
        if let Some(expr) = expr {
            add(source, query, expr);
        }
    }
    if query.items.is_empty() {
        add(source, query, Expr::Column("time".to_owned()));
    }
}

fn bin(source: &mut Source<'_>) -> Expr {
    let seconds = source.random.pick(&[1, 10, 60, 3_600, 86_400]);
    let origin = source.random.percent(25).then(|| source.instant());
    Expr::DateBin(seconds, origin)
}

/// An aggregate of a kind of column that it takes.
fn aggregate(source: &mut Source<'_>) -> Expr {
    loop {
        let (function, kinds) = match source.random.below(16) {
            0..2 => return Expr::Aggregate("count", None, false),
            2..4 => ("count", ANY),
            4..7 => ("sum", ADDED),
            7..10 => ("avg", ADDED),
            10..12 => ("min", ANY),
            12..14 => ("max", ANY),
            14 => {
                if let Some(column) = source.column(ANY) {
                    return Expr::Aggregate("count", Some(Box::new(column)), true);
                }
                continue;
            }
            _ => {
                let time = Expr::Column("time".to_owned());
                let function = source.random.pick(&["min", "max", "count"]);
                return Expr::Aggregate(function, Some(Box::new(time)), false);
            }
        };
        let of = if function == "sum" && source.random.percent(20) {
            source.arithmetic()
        } else {
            source.column(kinds)
        };
        if let Some(of) = of {
            return Expr::Aggregate(function, Some(Box::new(of)), false);
        }
    }
}

fn selector(source: &mut Source<'_>) -> Option<Expr> {
    let which = source.random.pick(&["first", "last", "min", "max"]);
    let of = source.column(ANY)?;
    let other = match source.random.percent(30) {
        true => source.column(ANY),
        false => None,
    };
    let member = source.random.pick(&["value", "value", "time"]);
    Some(match other {
        Some(Expr::Column(other)) => Expr::Selector(which, Box::new(of), Some(other), "other_1"),
        _ => Expr::Selector(which, Box::new(of), None, member),
    })
}

fn aggregates(source: &mut Source<'_>, query: &mut Query) {
    for _ in 0..source.random.pick(&[0, 1, 1, 2]) {
        let by = match source.random.below(10) {
            0..6 => source.column(&[Kind::Tag]),
            6..9 => Some(bin(source)),
            _ => source.column(ANY),
        };
        if let Some(by) = by
            && !query.group.contains(&by)
        {
            query.group.push(by);
        }
    }
    for by in query.group.clone() {
        if source.random.percent(85) {
            add(source, query, by);
        }
    }
    for _ in 0..source.random.between(1, 3) {
        let expr = match source.random.percent(20) {
            true => selector(source).unwrap_or_else(|| aggregate(source)),
            false => aggregate(source),
        };
        add(source, query, expr);
    }
    if source.random.percent(20) {
        query.having = Some(having(source, query));
    }
}

fn having(source: &mut Source<'_>, query: &Query) -> Expr {
    let count = Expr::Aggregate("count", None, false);
    let value = source.column(ADDED);
    let function = source.random.pick(&["sum", "avg", "min", "max", "count"]);
    let of = match value {
        Some(value) if source.random.percent(60) => {
            Expr::Aggregate(function, Some(Box::new(value)), false)
        }
        _ => count,
    };
    let number = Value::Integer(source.random.between(0, 4));
    let text = number.sql();
    let op = source.random.pick(&[">", ">=", "<", "=", "!="]);
    let having = Expr::Compare(Box::new(of), op, Box::new(Expr::Literal(number, text)));
    match query.group.first() {
        Some(by) if source.random.percent(25) => {
            let known = Expr::IsNull(Box::new(by.clone()), source.random.percent(70));
            let op = source.random.pick(&["AND", "OR"]);
            Expr::Both(Box::new(having), op, Box::new(known))
        }
        _ => having,
    }
}

fn order(source: &mut Source<'_>, query: &mut Query) {
    if !source.random.percent(60) {
        return;
    }
    for _ in 0..source.random.pick(&[1, 1, 2, 3]) {
        let of_items = query.is_aggregated() || query.distinct && !query.items.is_empty();
        let expr = if of_items || !query.items.is_empty() && source.random.percent(30) {
            Some(source.random.pick(&query.items).expr)
        } else if source.random.percent(50) {
            Some(Expr::Column("time".to_owned()))
        } else {
            source.column(ANY)
        };
        let Some(expr) = expr else { continue };
        if query.order.iter().all(|key| key.expr != expr) {
            let nulls_first = source.random.pick(&[None, None, Some(true), Some(false)]);
            query.order.push(Key { expr, descending: source.random.percent(40), nulls_first });
        }
    }
}
