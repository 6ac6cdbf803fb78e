//! Random conditions.

use crate::data::{BASE, DAY, Kind, SECOND, TAG_VALUES};
use crate::generate::{field, pattern, tag};
use crate::query::Condition;
use crate::random::Random;

/// A condition at most so deep.
pub(crate) fn condition(random: &mut Random, depth: usize) -> Condition {
    tree(random, depth, &mut leaf)
}

/// One that `SHOW` takes: mostly of tags.
pub(crate) fn of_tags(random: &mut Random, depth: usize) -> Condition {
    let mut leaf = |random: &mut Random| match random.below(20) {
        0..3 => of_time(random),
        3 => of_field(random),
        _ => of_tag(random),
    };
    tree(random, depth, &mut leaf)
}

fn tree(
    random: &mut Random,
    depth: usize,
    leaf: &mut dyn FnMut(&mut Random) -> String,
) -> Condition {
    if depth == 0 || random.percent(55) {
        return Condition::Leaf(leaf(random));
    }
    let left = tree(random, depth - 1, leaf);
    let right = tree(random, depth - 1, leaf);
    let op = random.pick(&["AND", "OR", "and", "AND"]);
    let both = Condition::Both(Box::new(left), op, Box::new(right));
    if random.percent(40) { Condition::Parens(Box::new(both)) } else { both }
}

/// Both conditions; the second in parentheses.
pub(crate) fn both(fixed: String, free: Condition) -> Condition {
    let free = Condition::Parens(Box::new(free));
    Condition::Both(Box::new(Condition::Leaf(fixed)), "AND", Box::new(free))
}

/// A range of time that does not hold too many windows of this length.
pub(crate) fn bounds(random: &mut Random, length: &str) -> String {
    let long = ["1h", "1d", "1w"].contains(&length);
    let (from, to) = match random.below(8) {
        0 if long => (BASE - DAY, BASE + 10 * DAY),
        1 => (-100 * SECOND, 100 * SECOND),
        2 => (BASE + 8 * DAY - 20 * SECOND, BASE + 8 * DAY + 130 * SECOND),
        _ => (BASE - random.between(-30, 60) * SECOND, BASE + random.between(30, 150) * SECOND),
    };
    let op = random.pick(&["<", "<="]);
    format!("time >= {from} AND time {op} {to}")
}

fn leaf(random: &mut Random) -> String {
    match random.below(20) {
        0..7 => of_tag(random),
        7..14 => of_field(random),
        14..18 => of_time(random),
        18 => random
            .pick(&[
                "nothing = 'a'",
                "nothing > 1",
                "nothing != ''",
                "true",
                "false",
                "nothing =~ /a/",
                "\"_name\" = 'cpu'",
                "_field = 'value'",
            ])
            .to_owned(),
        _ => of_two(random),
    }
}

fn of_tag(random: &mut Random) -> String {
    let key = tag(random);
    let value = if random.percent(85) {
        TAG_VALUES[random.below(3)]
    } else {
        random.pick(&["", "c d", "é", "x=y,z", "nothing"])
    };
    match random.below(12) {
        0..5 => format!("{key} = '{value}'"),
        5..7 => format!("{key} != '{value}'"),
        7 => format!("{key} =~ {}", pattern(random)),
        8 => format!("{key} !~ {}", pattern(random)),
        9 => format!("'{value}' = {key}"),
        10 => format!("{key}::tag = '{value}'"),
        _ => format!("{key} {} {}", random.pick(&["=", "!=", "<>"]), tag(random)),
    }
}

fn of_field(random: &mut Random) -> String {
    let op = random.pick(&["=", "!=", "<", "<=", ">", ">=", "<>"]);
    let number = random.pick(&["0", "1", "2.5", "3", "-1", "5", "0.1"]);
    match random.below(16) {
        0..5 => format!("{} {op} {number}", field(random, Some(Kind::Float))),
        5..8 => format!("{} {op} {number}", field(random, Some(Kind::Integer))),
        8..10 => {
            let value = random.pick(&["", "a", "b", "B c", "1"]);
            format!(
                "{} {} '{value}'",
                field(random, Some(Kind::Text)),
                random.pick(&["=", "!=", "=", ">"])
            )
        }
        10 => format!(
            "{} {} {}",
            field(random, Some(Kind::Text)),
            random.pick(&["=~", "!~"]),
            pattern(random)
        ),
        11 => format!(
            "{} {} {}",
            field(random, Some(Kind::Boolean)),
            random.pick(&["=", "!="]),
            random.pick(&["true", "false"])
        ),
        12 => format!("{} + 1 {op} {number}", field(random, Some(Kind::Integer))),
        13 => format!("{number} {op} {}", field(random, Some(Kind::Float))),
        14 => field(random, Some(Kind::Boolean)),
        _ => format!("{} {op} {number}", field(random, None)),
    }
}

fn of_two(random: &mut Random) -> String {
    let op = random.pick(&["=", "!=", "<", ">="]);
    format!("{} {op} {}", field(random, None), field(random, None))
}

fn of_time(random: &mut Random) -> String {
    let near = BASE + random.between(-10, 120) * SECOND;
    match random.below(9) {
        0 => format!("time = {}", BASE + 10 * SECOND * random.between(0, 6)),
        1 => "time > '2023-11-14T22:14:00Z'".to_owned(),
        2 => "time <= '2023-11-14 22:14:30.5'".to_owned(),
        3 => format!("time > {}ms", near / 1_000_000),
        4 => "time < now() - 1h".to_owned(),
        5 => "time >= '2023-11-14'".to_owned(),
        6 => format!("{near} <= time"),
        7 => "time > 1970-01-01".to_owned(),
        _ => format!("time {} {near}", random.pick(&["<", "<=", ">", ">="])),
    }
}
