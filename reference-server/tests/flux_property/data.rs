//! Random data sets as lines of line protocol, kept in parts so that they can be made smaller.

use crate::model::table::{Type, Value};
use crate::random::Random;
use crate::smaller::runs;

/// 2023-11-14T22:13:20Z, where most points lie.
pub(crate) const BASE: i64 = 1_700_000_000_000_000_000;
pub(crate) const SECOND: i64 = 1_000_000_000;

pub(crate) const MEASUREMENTS: &[&str] = &["cpu", "mem", "disk io"];
/// `Zone` comes before `_field` in the order of bytes, the others after it.
pub(crate) const TAGS: &[&str] = &["host", "region", "data center", "Zone"];
pub(crate) const TAG_VALUES: &[&str] = &["a", "b", "c", "c d", "é", "x=y,z"];
/// A field has one type: what becomes of several is a matter of storage, not of queries.
pub(crate) const FIELDS: &[(&str, Type)] = &[
    ("value", Type::Float),
    ("load", Type::Float),
    ("n", Type::Int),
    ("hit count", Type::Int),
    ("u", Type::UInt),
    ("text", Type::Text),
    ("up", Type::Bool),
];

/// One point.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) measurement: &'static str,
    /// In the order of their keys.
    pub(crate) tags: Vec<(&'static str, &'static str)>,
    pub(crate) fields: Vec<(&'static str, Value)>,
    pub(crate) time: i64,
}

/// What is written before queries are asked, in one request.
#[derive(Clone, Debug)]
pub(crate) struct DataSet {
    pub(crate) lines: Vec<Line>,
}

fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if [',', ' ', '='].contains(&c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

fn written(value: &Value) -> String {
    match value {
        Value::Int(n) => format!("{n}i"),
        Value::UInt(n) => format!("{n}u"),
        Value::Float(n) => n.to_string(),
        Value::Bool(b) => b.to_string(),
        Value::Text(t) => format!("\"{}\"", t.replace('\\', "\\\\").replace('"', "\\\"")),
        Value::Null | Value::Time(_) => unreachable!("no field is of this type"),
    }
}

impl Line {
    fn text(&self) -> String {
        let mut line = escaped(self.measurement);
        for (key, value) in &self.tags {
            line += &format!(",{}={}", escaped(key), escaped(value));
        }
        let fields = self.fields.iter().map(|(k, v)| format!("{}={}", escaped(k), written(v)));
        format!("{line} {} {}\n", fields.collect::<Vec<_>>().join(","), self.time)
    }

    /// The line with one part less, in each way there is.
    fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        for i in 0..self.tags.len() {
            let mut line = self.clone();
            line.tags.remove(i);
            all.push(line);
        }
        for i in 0..self.fields.len() {
            if self.fields.len() > 1 {
                let mut line = self.clone();
                line.fields.remove(i);
                all.push(line);
            }
        }
        all
    }
}

impl DataSet {
    pub(crate) fn random(random: &mut Random) -> Self {
        // Few series with many points, or many with few.
        let dense = random.percent(50);
        let measurements =
            if dense { 1 } else { random.between(1, MEASUREMENTS.len() as i64) as usize };
        let count = if random.percent(30) { random.between(1, 6) } else { random.between(4, 30) };
        let step = random.pick(&[SECOND, 10 * SECOND, 10 * SECOND, 7 * SECOND + 1]);
        let early = random.percent(15);
        let line = |random: &mut Random| {
            let start = if early && random.percent(30) { -60 * SECOND } else { BASE };
            let mut time = start + step * random.between(0, 12);
            // Just before and at the borders of windows.
            if random.percent(10) {
                time -= 1;
            }
            Line {
                measurement: MEASUREMENTS[random.below(measurements)],
                tags: tags(random, dense),
                fields: fields(random, dense),
                time,
            }
        };
        Self { lines: (0..count).map(|_| line(random)).collect() }
    }

    /// The body of the request that writes it.
    pub(crate) fn text(&self) -> String {
        self.lines.iter().map(Line::text).collect()
    }

    /// Smaller sets to try, large steps first.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let without = |run: std::ops::Range<usize>| {
            let lines = self.lines.iter().enumerate().filter(|(i, _)| !run.contains(i));
            Self { lines: lines.map(|(_, line)| line.clone()).collect() }
        };
        let mut all: Vec<_> = runs(self.lines.len()).into_iter().map(without).collect();
        for (i, line) in self.lines.iter().enumerate() {
            for smaller in line.smaller() {
                let mut set = self.clone();
                set.lines[i] = smaller;
                all.push(set);
            }
        }
        all
    }
}

fn tags(random: &mut Random, dense: bool) -> Vec<(&'static str, &'static str)> {
    let mut tags = Vec::new();
    for (i, key) in TAGS.iter().enumerate() {
        if random.percent(if dense { [60, 0, 0, 0][i] } else { [70, 45, 15, 10][i] }) {
            let many = if random.percent(85) { 3 } else { TAG_VALUES.len() };
            let values = if dense { 2 } else { many };
            tags.push((*key, TAG_VALUES[random.below(values)]));
        }
    }
    tags.sort_unstable();
    tags
}

fn fields(random: &mut Random, dense: bool) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    for (i, (name, kind)) in FIELDS.iter().enumerate() {
        let often =
            if dense { [80, 10, 80, 5, 5, 20, 5][i] } else { [60, 30, 45, 20, 20, 30, 25][i] };
        if random.percent(often) {
            fields.push((*name, value(random, *kind)));
        }
    }
    if fields.is_empty() {
        let (name, kind) = random.pick(FIELDS);
        fields.push((name, value(random, kind)));
    }
    fields
}

/// A value; sums of floats are exact, so that their order cannot show.
pub(crate) fn value(random: &mut Random, kind: Type) -> Value {
    const TEXTS: &[&str] =
        &["", "a", "b", "B c", "é", "say \"hi\"", "1", "two\nlines", " blank", "a,b", "\\"];
    // Often the same one.
    let few = random.percent(30);
    match kind {
        Type::Int if few => Value::Int(random.between(-1, 1)),
        Type::Float if few => Value::Float(random.between(0, 2) as f64 / 2.0),
        Type::Bool => Value::Bool(random.percent(50)),
        Type::Int => Value::Int(random.between(-4, 12)),
        Type::UInt => Value::UInt(random.between(0, 12) as u64),
        Type::Float => Value::Float(random.between(-12, 36) as f64 / 4.0),
        Type::Text => Value::Text(random.pick(TEXTS).to_owned()),
        Type::Time => Value::Time(BASE + SECOND * random.between(0, 120)),
    }
}
