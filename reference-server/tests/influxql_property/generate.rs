//! Random queries of the subset that the reference server runs, from a grammar.

use crate::conditions::{self, condition};
use crate::data::{FIELDS, Kind, MEASUREMENTS, TAGS};
use crate::malformed;
use crate::query::{Condition, Query, Select, Show, Statement};
use crate::random::Random;

/// A name as a query writes it.
pub(crate) fn quoted(random: &mut Random, name: &str) -> String {
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain && name != "select" && random.percent(70) {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\\\""))
    }
}

fn names(kind: Option<Kind>) -> Vec<&'static str> {
    FIELDS.iter().filter(|f| kind.is_none_or(|k| f.1 == k)).map(|f| f.0).collect()
}

pub(crate) fn field(random: &mut Random, kind: Option<Kind>) -> String {
    let name = random.pick(&names(kind));
    quoted(random, name)
}

pub(crate) fn tag(random: &mut Random) -> String {
    let name = random.pick(TAGS);
    quoted(random, name)
}

pub(crate) fn pattern(random: &mut Random) -> String {
    random.pick(&["/a/", "/^[a-c]$/", "/./", "/o/", "/^$/", "/x|n/", "/(?i)B/", "/t$/"]).to_owned()
}

fn measurement(random: &mut Random) -> String {
    if random.percent(6) {
        return random.pick(&["/./", "/^[cm]/", "/d/", "nothing"]).to_owned();
    }
    let among = if random.percent(70) { 1 } else { MEASUREMENTS.len() };
    let name = MEASUREMENTS[random.below(among)];
    match random.below(30) {
        0 => format!("autogen.{}", quoted(random, name)),
        1 => format!("\"rp\".{}", quoted(random, name)),
        2 => format!("..{}", quoted(random, name)),
        _ => quoted(random, name),
    }
}

/// A request.
pub(crate) fn query(random: &mut Random) -> Query {
    let count = if random.percent(88) { 1 } else { random.between(2, 3) };
    let mut query = Query::of((0..count).map(|_| statement(random)).collect());
    if random.percent(25) {
        query.epoch =
            Some(random.pick(&["ns", "n", "u", "ms", "s", "m", "h", "d", "w", "µ", "x", ""]));
    }
    query.pretty = random.percent(8);
    if random.percent(12) {
        query.chunk = Some(random.pick(&[1, 2, 3, 5, 0, 10_000]));
    }
    query.csv = random.percent(12);
    query.post = random.percent(15);
    if random.percent(12) {
        let text = malformed::malformed(random, &query.text());
        query.statements = vec![Statement::Text(text)];
    }
    query
}

fn statement(random: &mut Random) -> Statement {
    match random.below(100) {
        0..17 => Statement::Show(show(random)),
        17 => Statement::Text("SHOW RETENTION POLICIES".to_owned()),
        18..52 => Statement::Select(raw(random)),
        _ => Statement::Select(aggregate(random)),
    }
}

fn sources(random: &mut Random) -> Vec<String> {
    let count = if random.percent(85) { 1 } else { 2 };
    (0..count).map(|_| measurement(random)).collect()
}

fn aliased(random: &mut Random, column: String) -> String {
    if !random.percent(12) {
        return column;
    }
    let alias = random.pick(&["alias", "value", "\"an alias\"", "value_1", "time", "count"]);
    format!("{column} AS {alias}")
}

fn arithmetic(random: &mut Random, operand: &mut dyn FnMut(&mut Random) -> String) -> String {
    let op = random.pick(&["+", "-", "*", "/", "%", "+", "-", "*", "/", "&", "|", "^"]);
    let constant = random.pick(&["2", "0", "1.5", "-3", "10", "0.1", "7"]);
    let left = operand(random);
    match random.below(6) {
        0 => format!("{left} {op} {constant}"),
        1 => format!("{constant} {op} {left}"),
        2 => format!("({left} {op} {constant}) * {}", operand(random)),
        3 => format!("-{left}"),
        _ => format!("{left} {op} {}", operand(random)),
    }
}

fn raw_column(random: &mut Random) -> String {
    let numeric = |random: &mut Random| {
        let kind = if random.percent(92) {
            Some(random.pick(&[Kind::Float, Kind::Integer]))
        } else {
            None
        };
        field(random, kind)
    };
    let column = match random.below(40) {
        0..18 => field(random, None),
        18..22 => tag(random),
        22..25 => return "*".to_owned(),
        25 => return random.pick(&["*::field", "*::tag"]).to_owned(),
        26..28 => return pattern(random),
        28 => random.pick(&["nothing", "nothing", "\"\"", "-\"\""]).to_owned(),
        29 => "time".to_owned(),
        30 => format!("{}::{}", field(random, None), cast(random)),
        31 => format!("{}::tag", tag(random)),
        _ => arithmetic(random, &mut { numeric }),
    };
    aliased(random, column)
}

fn cast(random: &mut Random) -> &'static str {
    random.pick(&["float", "integer", "string", "boolean", "field", "tag"])
}

fn raw(random: &mut Random) -> Select {
    let count = random.pick(&[1, 1, 1, 2, 2, 3]);
    let group = if random.percent(35) { tag_groups(random) } else { Vec::new() };
    let mut after = Vec::new();
    if random.percent(3) {
        after.push(format!("fill({})", random.pick(&["0", "-1", "3.7", "null", "previous"])));
    }
    after.extend(ends(random, !group.is_empty()));
    Select {
        columns: (0..count).map(|_| raw_column(random)).collect(),
        from: sources(random),
        condition: random.percent(50).then(|| condition(random, 3)),
        ends: after,
        group,
    }
}

fn tag_groups(random: &mut Random) -> Vec<String> {
    let count = random.pick(&[1, 1, 1, 2]);
    let one = |random: &mut Random| match random.below(12) {
        0..2 => "*".to_owned(),
        2 => pattern(random),
        3 => "nothing".to_owned(),
        4 => field(random, None),
        _ => tag(random),
    };
    (0..count).map(|_| one(random)).collect()
}

fn ends(random: &mut Random, grouped: bool) -> Vec<String> {
    let mut ends = Vec::new();
    if random.percent(20) {
        ends.push(
            random
                .pick(&[
                    "ORDER BY time DESC",
                    "ORDER BY time DESC",
                    "ORDER BY time",
                    "ORDER BY DESC",
                    "ORDER BY ASC",
                ])
                .to_owned(),
        );
    }
    let limit = random.percent(20);
    if limit {
        ends.push(format!("LIMIT {}", random.between(0, 4)));
    }
    if random.percent(if limit { 50 } else { 5 }) {
        ends.push(format!("OFFSET {}", random.between(0, 4)));
    }
    if grouped && random.percent(20) {
        ends.push(format!("SLIMIT {}", random.between(0, 3)));
        if random.percent(50) {
            ends.push(format!("SOFFSET {}", random.between(0, 3)));
        }
    }
    if random.percent(20) {
        ends.push(format!("tz('{}')", random.pick(ZONES)));
    }
    ends
}

/// Ahead of UTC and behind it, by hours and by parts of them, with and without summer time; none.
const ZONES: &[&str] = &[
    "America/New_York",
    "Europe/Berlin",
    "Asia/Kathmandu",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "UTC",
    "",
    "europe/berlin",
];

fn call(random: &mut Random) -> String {
    const FUNCTIONS: &[&str] = &[
        "count", "sum", "mean", "median", "mode", "min", "max", "first", "last", "spread",
        "stddev", "distinct",
    ];
    // What there is, but not here; and what there is nowhere.
    const OTHERS: &[&str] =
        &["difference", "derivative", "cumulative_sum", "integral", "nothing", "elapsed"];
    let argument = |random: &mut Random| match random.below(30) {
        0..24 => {
            let kind =
                random.pick(&[Some(Kind::Float), Some(Kind::Float), Some(Kind::Integer), None]);
            field(random, kind)
        }
        24 => "*".to_owned(),
        25 => pattern(random),
        26 => tag(random),
        27 => "nothing".to_owned(),
        28 => format!("{}::{}", field(random, None), cast(random)),
        _ => field(random, None),
    };
    let argument = argument(random);
    match random.below(50) {
        0..4 => format!(
            "percentile({argument}, {})",
            random.pick(&["50", "90", "0", "100", "12.5", "99.9", "1"])
        ),
        4..6 => format!("count(distinct({argument}))"),
        6 => format!("{}({argument})", random.pick(OTHERS)),
        7 => format!("{}({argument}, 2)", random.pick(FUNCTIONS)),
        8 => format!("{}({argument})", random.pick(FUNCTIONS).to_uppercase()),
        _ => format!("{}({argument})", random.pick(FUNCTIONS)),
    }
}

fn aggregate(random: &mut Random) -> Select {
    let count = random.pick(&[1, 1, 1, 1, 2, 2, 3]);
    let mut columns: Vec<_> = (0..count)
        .map(|_| {
            let column = match random.below(12) {
                0 => arithmetic(random, &mut { call }),
                _ => call(random),
            };
            aliased(random, column)
        })
        .collect();
    if random.percent(10) {
        columns.push(raw_column(random));
    }
    if columns.len() > 1 && random.percent(70) {
        columns.retain(|c| !c.contains("distinct("));
        if columns.is_empty() {
            columns.push("distinct(value)".to_owned());
        }
    }
    let mut group = if random.percent(35) { tag_groups(random) } else { Vec::new() };
    let mut fixed = None;
    let windows = random.percent(50);
    if windows {
        let length =
            random.pick(&["10s", "20s", "30s", "1m", "7s", "1h", "15s", "60000ms", "1d", "1w"]);
        let offset = random.pick(&["", "", "", ", 5s", ", -3s", ", 1h"]);
        group.push(format!("time({length}{offset})"));
        fixed = Some(conditions::bounds(random, length));
    }
    let free = random.percent(35).then(|| condition(random, 2));
    let condition = match (fixed, free) {
        (Some(fixed), Some(free)) => Some(conditions::both(fixed, free)),
        (fixed, free) => fixed.map(Condition::Leaf).or(free),
    };
    let mut after = Vec::new();
    if windows && random.percent(65) || random.percent(5) {
        let fill = random.pick(&["null", "none", "previous", "linear", "0", "-1", "3.7", "100"]);
        after.push(format!("fill({fill})"));
    }
    after.extend(ends(random, !group.is_empty()));
    Select { columns, from: sources(random), condition, group, ends: after }
}

fn show(random: &mut Random) -> Show {
    let what = random.pick(&[
        "MEASUREMENTS",
        "SERIES",
        "TAG KEYS",
        "TAG VALUES",
        "TAG VALUES",
        "FIELD KEYS",
    ]);
    let mut from = None;
    if random.percent(40) {
        from = Some(if what == "MEASUREMENTS" {
            let name = random.pick(MEASUREMENTS);
            match random.below(3) {
                0 => format!("WITH MEASUREMENT =~ {}", pattern(random)),
                _ => format!("WITH MEASUREMENT = {}", quoted(random, name)),
            }
        } else {
            format!("FROM {}", sources(random).join(", "))
        });
    }
    let key = (what == "TAG VALUES").then(|| match random.below(6) {
        0 => format!("WITH KEY != {}", tag(random)),
        1 => format!("WITH KEY IN ({}, {})", tag(random), tag(random)),
        2 => format!("WITH KEY =~ {}", pattern(random)),
        3 => format!("WITH KEY !~ {}", pattern(random)),
        _ => format!("WITH KEY = {}", tag(random)),
    });
    let condition =
        (what != "FIELD KEYS" && random.percent(45)).then(|| conditions::of_tags(random, 2));
    let mut ends = Vec::new();
    if random.percent(20) {
        ends.push(format!("LIMIT {}", random.between(0, 4)));
    }
    if random.percent(15) {
        ends.push(format!("OFFSET {}", random.between(0, 3)));
    }
    Show { what, from, key, condition, ends }
}
