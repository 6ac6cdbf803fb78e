//! Random data sets as lines of line protocol, kept in parts so that they can be made smaller.

use crate::random::Random;
use crate::smaller::runs;

/// 2023-11-14T22:13:20Z, where most points lie.
pub(crate) const BASE: i64 = 1_700_000_000_000_000_000;
pub(crate) const SECOND: i64 = 1_000_000_000;
pub(crate) const DAY: i64 = 86_400 * SECOND;

/// Names as they are; some need quoting in queries, escaping in lines, or both.
pub(crate) const MEASUREMENTS: &[&str] = &["cpu", "mem", "disk io", "select"];
pub(crate) const TAGS: &[&str] = &["host", "region", "data center", "x"];
pub(crate) const FIELDS: &[(&str, Kind)] = &[
    ("value", Kind::Float),
    ("load", Kind::Float),
    ("n", Kind::Integer),
    ("hit count", Kind::Integer),
    ("text", Kind::Text),
    ("up", Kind::Boolean),
    ("x", Kind::Float),
];
pub(crate) const TAG_VALUES: &[&str] = &["a", "b", "c", "c d", "é", "x=y,z"];

/// The type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Float,
    Integer,
    Text,
    Boolean,
}

/// One point.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    measurement: &'static str,
    tags: Vec<(&'static str, &'static str)>,
    /// Keys and values as they are written.
    fields: Vec<(&'static str, String)>,
    time: i64,
}

/// What is written before queries are asked.
#[derive(Clone, Debug)]
pub(crate) struct DataSet {
    /// How long a shard group is, as `CREATE DATABASE` takes it.
    pub(crate) shard: &'static str,
    /// One request each.
    pub(crate) batches: Vec<Vec<Line>>,
}

fn escaped(text: &str, special: &[char]) -> String {
    let mut out = String::new();
    for c in text.chars() {
        if special.contains(&c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

impl Line {
    pub(crate) fn text(&self) -> String {
        let mut line = escaped(self.measurement, &[',', ' ']);
        for (key, value) in &self.tags {
            line += &format!(
                ",{}={}",
                escaped(key, &[',', ' ', '=']),
                escaped(value, &[',', ' ', '='])
            );
        }
        let fields: Vec<_> = self
            .fields
            .iter()
            .map(|(k, v)| format!("{}={v}", escaped(k, &[',', ' ', '='])))
            .collect();
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
        let times = Times::random(random);
        let mut types: Vec<_> = FIELDS.to_vec();
        let measurements = random.between(1, MEASUREMENTS.len() as i64) as usize;
        let count = if random.percent(30) { random.between(1, 6) } else { random.between(4, 30) };
        let ugly = random.percent(25);
        let mut batches: Vec<Vec<Line>> = vec![Vec::new()];
        for _ in 0..count {
            if random.percent(10) {
                batches.push(Vec::new());
            }
            // A field may have another type in another measurement or shard; elsewhere the point is
            // refused, which both servers must do alike.
            if random.percent(2) {
                let i = random.below(types.len());
                types[i].1 = random.pick(&[Kind::Float, Kind::Integer, Kind::Text, Kind::Boolean]);
            }
            let line = Line {
                measurement: MEASUREMENTS[random.below(measurements)],
                tags: tags(random),
                fields: fields(random, &types, ugly),
                time: times.random_one(random),
            };
            if let Some(batch) = batches.last_mut() {
                batch.push(line);
            }
        }
        batches.retain(|b| !b.is_empty());
        Self { shard: random.pick(&["1h", "1d", "1w", "1w"]), batches }
    }

    pub(crate) fn text(&self) -> String {
        self.batches.iter().map(|b| body(b)).collect::<Vec<_>>().join("# next request\n")
    }

    /// Smaller sets to try, large steps first.
    pub(crate) fn smaller(&self) -> Vec<Self> {
        let lines: usize = self.batches.iter().map(Vec::len).sum();
        let mut all: Vec<_> = runs(lines).into_iter().map(|run| self.without(run)).collect();
        if self.batches.len() > 1 {
            let batches = vec![self.batches.concat()];
            all.push(Self { batches, ..self.clone() });
        }
        for (i, batch) in self.batches.iter().enumerate() {
            for (j, line) in batch.iter().enumerate() {
                for smaller in line.smaller() {
                    let mut set = self.clone();
                    set.batches[i][j] = smaller;
                    all.push(set);
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
        for batch in &self.batches {
            batches.push(batch.iter().filter(|l| keep(l)).cloned().collect());
        }
        batches.retain(|b| !b.is_empty());
        Self { batches, ..self.clone() }
    }
}

/// A batch as it is sent.
pub(crate) fn body(batch: &[Line]) -> String {
    batch.iter().map(Line::text).collect()
}

/// Where in time the points of a set lie.
struct Times {
    starts: Vec<i64>,
    step: i64,
}

impl Times {
    fn random(random: &mut Random) -> Self {
        let mut starts = vec![BASE];
        if random.percent(35) {
            starts.push(BASE + 8 * DAY);
        }
        if random.percent(15) {
            starts.push(BASE + 3 * 3600 * SECOND);
        }
        if random.percent(20) {
            starts.push(-60 * SECOND);
        }
        if random.percent(5) {
            starts = vec![-60 * SECOND];
        }
        Self { starts, step: random.pick(&[SECOND, 10 * SECOND, 10 * SECOND, 7 * SECOND + 1]) }
    }

    fn random_one(&self, random: &mut Random) -> i64 {
        random.pick(&self.starts) + self.step * random.between(0, 12)
    }
}

fn tags(random: &mut Random) -> Vec<(&'static str, &'static str)> {
    let mut tags = Vec::new();
    for (i, key) in TAGS.iter().enumerate() {
        if random.percent([70, 45, 20, 8][i]) {
            let values = if random.percent(85) { 3 } else { TAG_VALUES.len() };
            tags.push((*key, TAG_VALUES[random.below(values)]));
        }
    }
    tags
}

fn fields(
    random: &mut Random,
    types: &[(&'static str, Kind)],
    ugly: bool,
) -> Vec<(&'static str, String)> {
    let mut fields = Vec::new();
    for (i, (name, kind)) in types.iter().enumerate() {
        if random.percent([60, 30, 45, 20, 35, 30, 8][i]) {
            fields.push((*name, value(random, *kind, ugly)));
        }
    }
    if fields.is_empty() {
        let (name, kind) = random.pick(types);
        fields.push((name, value(random, kind, ugly)));
    }
    fields
}

fn value(random: &mut Random, kind: Kind, ugly: bool) -> String {
    const TEXTS: &[&str] = &["", "a", "b", "B c", "é", "say \\\"hi\\\"", "1", "two\nlines", "<&>"];
    const FLOATS: &[&str] = &[
        "0.1",
        "0.2",
        "0.3",
        "1e21",
        "1e-7",
        "123456789.125",
        "-0",
        "1e300",
        "3.3333333333333335",
        "-7.7e-9",
        "100000000000000000000",
        "0.000001",
    ];
    const INTEGERS: &[&str] =
        &["9223372036854775807i", "-9223372036854775808i", "4611686018427387904i", "1000000i"];
    match kind {
        Kind::Float if ugly && random.percent(50) => random.pick(FLOATS).to_owned(),
        Kind::Float if random.percent(40) => format!("{}.5", random.between(-3, 9)),
        Kind::Float => random.between(-3, 9).to_string(),
        Kind::Integer if ugly && random.percent(15) => random.pick(INTEGERS).to_owned(),
        Kind::Integer => format!("{}i", random.between(-4, 12)),
        Kind::Text => format!("\"{}\"", random.pick(TEXTS)),
        Kind::Boolean => random.pick(&["true", "false"]).to_owned(),
    }
}
