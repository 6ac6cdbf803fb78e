//! Random queries. The model says what a pipeline gives so far, so that the next step can be of
//! columns that are there.

use crate::conditions;
use crate::data::{BASE, DataSet, FIELDS, MEASUREMENTS, SECOND, TAG_VALUES, TAGS, value};
use crate::model::csv::Dialect;
use crate::model::table::{Stream, Type, Value};
use crate::model::{self};
use crate::query::{Bound, Dress, Query, Range, Schema, Source, Step};
use crate::random::Random;
use crate::steps;

/// Cells of an answer, about: no more are asked for.
const CELLS: usize = 20_000;

/// A request over these data.
pub(crate) fn query(random: &mut Random, data: &DataSet) -> Query {
    let annotations = ["datatype", "group", "default"];
    let mut query = Query {
        source: source(random),
        steps: Vec::new(),
        results: Vec::new(),
        now: BASE + 100 * SECOND,
        dress: dress(random),
        dialect: Dialect {
            annotations: match random.below(10) {
                0 => Vec::new(),
                1 => vec![random.pick(&annotations)],
                2 => vec!["group", "default", "datatype"],
                _ => annotations.to_vec(),
            },
            header: !random.percent(5),
        },
    };
    let Ok(mut stream) = model::source(data, &query) else { return query };
    let count = random.pick(&[0, 1, 1, 2, 2, 3, 3, 4, 5]);
    query.steps = pipeline(random, &mut stream, count);
    if random.percent(15) {
        stream = stream.with(stream.tables.clone());
        for name in ["first", "second", "third"].into_iter().take(random.pick(&[2, 2, 3])) {
            let count = random.between(0, 2) as usize;
            query.results.push((name, pipeline(random, &mut stream.clone(), count)));
        }
    } else if random.percent(8) {
        let at = random.below(query.steps.len() + 1);
        query.steps.insert(at, Step::Yield("early"));
    }
    query
}

/// Steps that the model can run, now and then with one more that is an error.
fn pipeline(random: &mut Random, stream: &mut Stream, count: usize) -> Vec<Step> {
    let mut steps = Vec::new();
    // What a step may get wrong is a matter of its own; most are to run.
    for _ in 0..count * 6 {
        if steps.len() == count {
            break;
        }
        let Some(step) = steps::step(random, stream) else { continue };
        match model::step(stream.clone(), &step) {
            Ok(next) => {
                let cells = |s: &Stream| {
                    s.tables.iter().map(|t| t.rows.len() * t.columns.len()).sum::<usize>()
                };
                // A table without columns is written by nobody.
                if cells(&next) < CELLS && next.tables.iter().all(|t| !t.columns.is_empty()) {
                    *stream = next;
                    steps.push(step);
                }
            }
            Err(why) if !why.is_empty() && random.percent(10) => {
                steps.push(step);
                break;
            }
            Err(_) => {}
        }
    }
    steps
}

fn dress(random: &mut Random) -> Dress {
    Dress {
        variables: random.percent(20),
        comments: random.percent(8),
        option_now: random.percent(15),
        option_v: random.percent(10),
        params: random.percent(1),
    }
}

fn source(random: &mut Random) -> Source {
    match random.below(100) {
        0..5 => rows(random),
        5..15 => Source::Schema(schema(random), range(random)),
        _ => Source::Bucket(range(random)),
    }
}

fn bound(random: &mut Random, low: i64, high: i64) -> Bound {
    let seconds = random.between(low, high);
    match random.below(4) {
        0 => Bound::Relative(seconds - 100),
        1 => Bound::Seconds(BASE / SECOND + seconds),
        // Also between two points of a time.
        2 => Bound::Time(BASE + seconds * SECOND + random.pick(&[0, -1, 1, 500_000_000])),
        _ => Bound::Time(BASE + seconds * SECOND),
    }
}

fn range(random: &mut Random) -> Range {
    let start = match random.below(20) {
        0 => Bound::Seconds(random.pick(&[0, -100])),
        1 => Bound::Time(-100 * SECOND),
        2..8 => bound(random, 0, 60),
        _ => bound(random, -60, 10),
    };
    let stop = match random.below(10) {
        0..3 => None,
        3..6 => Some(bound(random, 30, 99)),
        _ => Some(bound(random, 60, 160)),
    };
    Range { start, stop }
}

fn rows(random: &mut Random) -> Source {
    let names = ["_time", "_value", "host", "n"].map(str::to_owned).to_vec();
    let kinds = [Type::Time, random.pick(&[Type::Int, Type::Float]), Type::Text, Type::Int];
    let count = random.between(1, 6);
    let row = |random: &mut Random| kinds.iter().map(|k| positive(value(random, *k))).collect();
    Source::Rows(names, (0..count).map(|_| row(random)).collect())
}

/// A literal has no sign.
pub(crate) fn positive(value: Value) -> Value {
    match value {
        Value::Int(n) => Value::Int(n.abs()),
        Value::Float(n) => Value::Float(n.abs()),
        other => other,
    }
}

fn schema(random: &mut Random) -> Schema {
    let function = random.pick(&[
        "measurements",
        "fieldKeys",
        "tagKeys",
        "tagValues",
        "measurementFieldKeys",
        "measurementTagKeys",
        "measurementTagValues",
    ]);
    let ends = |end: &str| function.to_lowercase().ends_with(end);
    let of_measurement = function.starts_with("measurement") && function != "measurements";
    let measurement = of_measurement.then(|| random.pick(MEASUREMENTS));
    let tag = ends("tagvalues").then(|| random.pick(TAGS));
    let takes_predicate = ["fieldKeys", "tagKeys", "tagValues"].contains(&function);
    let predicate =
        (takes_predicate && random.percent(60)).then(|| conditions::of_names(random, 2));
    Schema { function, measurement, tag, predicate }
}

/// A text that is found in a column.
pub(crate) fn found_in(random: &mut Random, column: &str) -> Value {
    Value::Text(match column {
        "_measurement" => random.pick(MEASUREMENTS).to_owned(),
        "_field" => random.pick(FIELDS).0.to_owned(),
        _ if random.percent(5) => String::new(),
        _ if random.percent(85) => TAG_VALUES[random.below(3)].to_owned(),
        _ => random.pick(TAG_VALUES).to_owned(),
    })
}
