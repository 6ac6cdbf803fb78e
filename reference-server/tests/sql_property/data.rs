//! Random data as lines of line protocol, kept in parts so that it can be made smaller.

use crate::random::Random;
use crate::value::Value;
use std::fmt::Write as _;

pub(crate) const SECOND: i64 = 1_000_000_000;

/// Names as they are; some need quoting in queries, escaping in lines, or both.
pub(crate) const TABLES: &[&str] = &["cpu", "Mem", "disk io"];
pub(crate) const TAGS: &[&str] = &["host", "region", "Data Center"];
pub(crate) const FIELDS: &[(&str, Kind)] = &[
    ("value", Kind::Float),
    ("load", Kind::Float),
    ("n", Kind::Integer),
    ("hit count", Kind::Integer),
    ("big", Kind::Big),
    ("total", Kind::Unsigned),
    ("note", Kind::Text),
    ("up", Kind::Boolean),
];
pub(crate) const TAG_VALUES: &[&str] = &["a", "b", "B", "ab", "c d", "é", "x=y,z", "it's"];
pub(crate) const TEXTS: &[&str] =
    &["", "a", "ab", "B", "a,b", "say \"x\"", "two\nlines", "é", "100%", "a_b", "it's", "b\\a"];

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Tag,
    Time,
    /// Few and even numbers, so that sums do not depend on their order.
    Float,
    Integer,
    /// Whole numbers that no float holds; no sums are asked of them.
    Big,
    Unsigned,
    Text,
    Boolean,
}

/// One point.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    pub(crate) table: &'static str,
    pub(crate) tags: Vec<(&'static str, &'static str)>,
    pub(crate) fields: Vec<(&'static str, Value)>,
    pub(crate) time: i64,
}

/// What is written before queries are asked: one request each.
#[derive(Clone, Debug)]
pub(crate) struct DataSet(pub(crate) Vec<Vec<Line>>);

fn escaped(text: &str, special: &[char]) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        if special.contains(&c) {
            out.push('\\');
        }
        out.push(c);
        out
    })
}

impl Line {
    pub(crate) fn text(&self) -> String {
        let key = |text: &str| escaped(text, &[',', ' ', '=']);
        let mut line = escaped(self.table, &[',', ' ']);
        for (tag, value) in &self.tags {
            let _ = write!(line, ",{}={}", key(tag), key(value));
        }
        let value = |value: &Value| match value {
            Value::Integer(n) => format!("{n}i"),
            Value::Unsigned(n) => format!("{n}u"),
            Value::Text(text) => format!("\"{}\"", escaped(text, &['"', '\\'])),
            other => other.csv(),
        };
        let fields: Vec<_> =
            self.fields.iter().map(|(k, v)| format!("{}={}", key(k), value(v))).collect();
        format!("{line} {} {}\n", fields.join(","), self.time)
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
            let mut line = self.clone();
            line.fields.remove(i);
            all.push(line);
        }
        all.retain(|line| !line.fields.is_empty());
        all
    }
}

/// A batch as it is sent.
pub(crate) fn body(batch: &[Line]) -> String {
    batch.iter().map(Line::text).collect()
}

/// A value of a field.
pub(crate) fn value(random: &mut Random, kind: Kind) -> Value {
    match kind {
        Kind::Float => Value::Float(random.between(-12, 40) as f64 * 0.25),
        Kind::Integer => Value::Integer(random.between(-5, 20)),
        Kind::Big => Value::Integer(random.pick(&[
            9_007_199_254_740_993,
            9_007_199_254_740_992,
            i64::MAX,
            -i64::MAX,
            0,
        ])),
        Kind::Unsigned => Value::Unsigned(random.between(0, 20) as u64),
        Kind::Text => Value::Text(random.pick(TEXTS).to_owned()),
        Kind::Boolean => Value::Boolean(random.percent(50)),
        Kind::Tag => Value::Text(random.pick(TAG_VALUES).to_owned()),
        Kind::Time => Value::Time(random.between(0, 100) * SECOND),
    }
}

impl DataSet {
    /// With a long series or two if so wished.
    pub(crate) fn random(random: &mut Random, with_long: bool) -> Self {
        let tables = random.between(1, TABLES.len() as i64) as usize;
        let times = Times::random(random);
        let count = if random.percent(30) { random.between(1, 6) } else { random.between(6, 60) };
        let mut batches = vec![Vec::new()];
        let mut lines: Vec<Line> = Vec::new();
        for _ in 0..count {
            if random.percent(10) {
                batches.push(Vec::new());
            }
            let mut line = Line {
                table: TABLES[random.below(tables)],
                tags: tags(random),
                fields: fields(random),
                time: times.one(random),
            };
            // A point that is there is written again, with these or those fields.
            if random.percent(15) && !lines.is_empty() {
                let earlier = &lines[random.below(lines.len())];
                line = Line { fields: line.fields, ..earlier.clone() };
            }
            lines.push(line.clone());
            if let Some(batch) = batches.last_mut() {
                batch.push(line);
            }
        }
        if with_long {
            batches.push(long(random));
        }
        batches.retain(|batch| !batch.is_empty());
        Self(batches)
    }

    pub(crate) fn text(&self) -> String {
        self.0.iter().map(|batch| body(batch)).collect::<Vec<_>>().join("# next request\n")
    }

    /// Smaller sets to try, large steps first.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let mut all = Vec::new();
        let lines: usize = self.0.iter().map(Vec::len).sum();
        let mut step = lines.div_ceil(2);
        // A long series is made smaller in halves and quarters only: each try writes it anew.
        while step > 0 && lines.div_ceil(step) <= 128 {
            for start in (0..lines).step_by(step) {
                all.push(self.without(start..start + step));
            }
            if step == 1 {
                break;
            }
            step = step.div_ceil(2);
        }
        if self.0.len() > 1 {
            all.push(Self(vec![self.0.concat()]));
        }
        if lines <= 12 {
            for (i, batch) in self.0.iter().enumerate() {
                for (j, line) in batch.iter().enumerate() {
                    for smaller in line.smaller() {
                        let mut set = self.clone();
                        set.0[i][j] = smaller;
                        all.push(set);
                    }
                }
            }
        }
        all
    }

    fn without(&self, range: std::ops::Range<usize>) -> Self {
        let mut number = 0;
        let mut keep = |_: &Line| {
            number += 1;
            !range.contains(&(number - 1))
        };
        let mut batches: Vec<Vec<Line>> = Vec::new();
        for batch in &self.0 {
            batches.push(batch.iter().filter(|line| keep(line)).cloned().collect());
        }
        batches.retain(|batch| !batch.is_empty());
        Self(batches)
    }
}

/// Where in time the points of a set lie.
struct Times {
    start: i64,
    step: i64,
    count: i64,
}

impl Times {
    fn random(random: &mut Random) -> Self {
        let start =
            random.pick(&[1_700_000_000 * SECOND, 1_700_000_000 * SECOND, -20 * SECOND, 0, 253]);
        let step = random.pick(&[10 * SECOND, SECOND, SECOND / 2, 1, 1_000, 3_600 * SECOND]);
        Self { start, step, count: random.pick(&[3, 10, 40]) }
    }

    const fn one(&self, random: &mut Random) -> i64 {
        self.start + self.step * random.between(0, self.count)
    }
}

fn tags(random: &mut Random) -> Vec<(&'static str, &'static str)> {
    let mut tags = Vec::new();
    for (key, percent) in TAGS.iter().zip([75, 45, 15]) {
        if random.percent(percent) {
            let few = if random.percent(80) { 3 } else { TAG_VALUES.len() };
            tags.push((*key, TAG_VALUES[random.below(few)]));
        }
    }
    tags
}

fn fields(random: &mut Random) -> Vec<(&'static str, Value)> {
    let mut fields = Vec::new();
    for (key, kind) in FIELDS {
        if random.percent(40) {
            fields.push((*key, value(random, *kind)));
        }
    }
    if fields.is_empty() {
        fields.push(("value", value(random, Kind::Float)));
    }
    fields
}

/// One or two series with more points than the store and the engine keep together.
fn long(random: &mut Random) -> Vec<Line> {
    let count = random.between(4_000, 9_500);
    let tags = [tags(random), tags(random)];
    let series = random.between(1, 2);
    let (start, step) = (1_700_000_000 * SECOND, random.pick(&[SECOND, 10 * SECOND]));
    let mut lines: Vec<_> = (0..count)
        .map(|k| {
            let mut fields = vec![("n", Value::Integer(k % 1_000))];
            if k % 3 != 0 {
                fields.push(("value", Value::Float((k % 40) as f64 * 0.5)));
            }
            if k % 700 == 0 {
                fields.push(("note", Value::Text(format!("k{k}"))));
            }
            let tags = tags[(k % series) as usize].clone();
            Line { table: TABLES[0], tags, fields, time: start + k * step }
        })
        .collect();
    if random.percent(30) {
        lines.reverse();
    }
    lines
}
