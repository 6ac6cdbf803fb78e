//! Queries in parts: how they are written.

use crate::expression::{Arithmetic, Predicate, list, literal, member, text};
use crate::model::csv::{Dialect, rfc3339};
use crate::model::table::Value;
use std::fmt::{self, Write as _};

/// The bucket that every script reads.
pub(crate) const BUCKET: &str = "a bucket";

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    pub(crate) source: Source,
    /// What comes after the source; where there are several results, before they part.
    pub(crate) steps: Vec<Step>,
    /// Several results, by name; none if the steps are the one result.
    pub(crate) results: Vec<(&'static str, Vec<Step>)>,
    /// What `now()` is.
    pub(crate) now: i64,
    pub(crate) dress: Dress,
    pub(crate) dialect: Dialect,
}

/// Other ways to write the same.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Dress {
    /// The bucket, the range and the predicates have names.
    pub(crate) variables: bool,
    pub(crate) comments: bool,
    /// The present is an option of the script, not a member of the request.
    pub(crate) option_now: bool,
    /// What a package of the UI says: the range is in a record `v`.
    pub(crate) option_v: bool,
    /// `params`, which no release knows.
    pub(crate) params: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Source {
    Bucket(Range),
    /// `array.from`: the columns' names in order, and rows.
    Rows(Vec<String>, Vec<Vec<Value>>),
    Schema(Schema, Range),
}

#[derive(Clone, Debug)]
pub(crate) struct Range {
    pub(crate) start: Bound,
    pub(crate) stop: Option<Bound>,
}

#[derive(Clone, Debug)]
pub(crate) enum Bound {
    Time(i64),
    /// From the present, in seconds.
    Relative(i64),
    /// Since the epoch.
    Seconds(i64),
}

/// A function of the package `schema`.
#[derive(Clone, Debug)]
pub(crate) struct Schema {
    pub(crate) function: &'static str,
    pub(crate) measurement: Option<&'static str>,
    pub(crate) tag: Option<&'static str>,
    pub(crate) predicate: Option<Predicate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Function {
    Count,
    Sum,
    Mean,
    Min,
    Max,
    First,
    Last,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Filter {
        predicate: Predicate,
        keep_empty: bool,
    },
    Keep(Vec<String>),
    Drop(Vec<String>),
    /// `keep` or `drop` by a pattern of names.
    Matching {
        keep: bool,
        pattern: &'static str,
    },
    Rename(Vec<(String, String)>),
    Sort {
        columns: Option<Vec<String>>,
        desc: bool,
    },
    Limit {
        n: i64,
        offset: Option<i64>,
    },
    Group {
        columns: Vec<String>,
        except: bool,
    },
    Total(Function, Option<String>),
    Distinct(Option<String>),
    Pivot {
        row: Vec<String>,
        column: Vec<String>,
        value: String,
    },
    Window {
        every: i64,
        offset: Option<i64>,
        function: Function,
        create_empty: Option<bool>,
    },
    Map {
        with: bool,
        columns: Vec<(String, Arithmetic)>,
    },
    Yield(&'static str),
}

impl Function {
    pub(crate) const ALL: [Self; 7] =
        [Self::Count, Self::Sum, Self::Mean, Self::Min, Self::Max, Self::First, Self::Last];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Count => "count",
            Self::Sum => "sum",
            Self::Mean => "mean",
            Self::Min => "min",
            Self::Max => "max",
            Self::First => "first",
            Self::Last => "last",
        }
    }

    /// Whether it gives rows as they were.
    pub(crate) const fn selects(self) -> bool {
        matches!(self, Self::Min | Self::Max | Self::First | Self::Last)
    }
}

/// A duration in seconds, in its largest unit.
fn duration(seconds: i64) -> String {
    let sign = if seconds < 0 { "-" } else { "" };
    let seconds = seconds.abs();
    for (unit, length) in [("d", 86_400), ("h", 3600), ("m", 60)] {
        if seconds >= length && seconds % length == 0 {
            return format!("{sign}{}{unit}", seconds / length);
        }
    }
    // Of several units, where it is long enough.
    match (seconds / 60, seconds % 60) {
        (0, rest) => format!("{sign}{rest}s"),
        (minutes, rest) => format!("{sign}{minutes}m{rest}s"),
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(time) => f.write_str(&rfc3339(*time)),
            Self::Relative(seconds) => f.write_str(&duration(*seconds)),
            Self::Seconds(seconds) => write!(f, "{seconds}"),
        }
    }
}

impl Range {
    fn arguments(&self) -> String {
        let stop = self.stop.as_ref().map(|stop| format!(", stop: {stop}"));
        format!("start: {}{}", self.start, stop.unwrap_or_default())
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter { predicate, keep_empty } => {
                let on_empty = if *keep_empty { ", onEmpty: \"keep\"" } else { "" };
                write!(f, "filter(fn: (r) => {predicate}{on_empty})")
            }
            Self::Keep(names) => write!(f, "keep(columns: {})", list(names)),
            Self::Drop(names) => write!(f, "drop(columns: {})", list(names)),
            Self::Matching { keep, pattern } => {
                let name = if *keep { "keep" } else { "drop" };
                write!(f, "{name}(fn: (column) => column =~ /{pattern}/)")
            }
            Self::Rename(names) => {
                let names: Vec<_> =
                    names.iter().map(|(a, b)| format!("{}: {}", text(a), text(b))).collect();
                write!(f, "rename(columns: {{{}}})", names.join(", "))
            }
            Self::Sort { columns, desc } => {
                let columns = columns.as_ref().map(|c| format!("columns: {}", list(c)));
                let desc = desc.then(|| "desc: true".to_owned());
                let arguments: Vec<_> = columns.into_iter().chain(desc).collect();
                write!(f, "sort({})", arguments.join(", "))
            }
            Self::Limit { n, offset } => {
                let offset = offset.map(|o| format!(", offset: {o}"));
                write!(f, "limit(n: {n}{})", offset.unwrap_or_default())
            }
            Self::Group { columns, except: false } if columns.is_empty() => f.write_str("group()"),
            Self::Group { columns, except } => {
                let mode = if *except { ", mode: \"except\"" } else { "" };
                write!(f, "group(columns: {}{mode})", list(columns))
            }
            Self::Total(function, column) => {
                let column = column.as_ref().map(|c| format!("column: {}", text(c)));
                write!(f, "{}({})", function.name(), column.unwrap_or_default())
            }
            Self::Distinct(column) => {
                let column = column.as_ref().map(|c| format!("column: {}", text(c)));
                write!(f, "distinct({})", column.unwrap_or_default())
            }
            Self::Pivot { row, column, value } => write!(
                f,
                "pivot(rowKey: {}, columnKey: {}, valueColumn: {})",
                list(row),
                list(column),
                text(value)
            ),
            Self::Window { every, offset, function, create_empty } => {
                let offset = offset.map(|o| format!(", offset: {}", duration(o)));
                let empty = create_empty.map(|e| format!(", createEmpty: {e}"));
                write!(
                    f,
                    "aggregateWindow(every: {}{}, fn: {}{})",
                    duration(*every),
                    offset.unwrap_or_default(),
                    function.name(),
                    empty.unwrap_or_default()
                )
            }
            Self::Map { with, columns } => {
                let columns: Vec<_> = columns
                    .iter()
                    .map(|(name, value)| {
                        let plain = member(name).starts_with("r.");
                        let name = if plain { name.clone() } else { text(name) };
                        format!("{name}: {value}")
                    })
                    .collect();
                let with = if *with { "r with " } else { "" };
                write!(f, "map(fn: (r) => ({{{with}{}}}))", columns.join(", "))
            }
            Self::Yield(name) => write!(f, "yield(name: \"{name}\")"),
        }
    }
}

impl Query {
    /// The script.
    pub(crate) fn text(&self) -> String {
        let mut script = String::new();
        match &self.source {
            Source::Schema(..) => script.push_str("import \"influxdata/influxdb/schema\"\n"),
            Source::Rows(..) => script.push_str("import \"array\"\n"),
            Source::Bucket(_) => {}
        }
        if self.dress.comments {
            script.push_str("// A comment |> count()\n");
        }
        if self.dress.option_now {
            let _ = writeln!(script, "option now = () => {}", rfc3339(self.now));
        }
        let source = self.source_text(&mut script);
        let mut number = 0;
        let mut pipe = |script: &mut String, steps: &[Step]| {
            let mut pipeline = String::new();
            for step in steps {
                let step = match step {
                    Step::Filter { predicate, keep_empty: false } if self.dress.variables => {
                        number += 1;
                        let _ = writeln!(script, "wanted{number} = (r) => {predicate}");
                        format!("filter(fn: wanted{number})")
                    }
                    step => step.to_string(),
                };
                let comment = if self.dress.comments { " // next" } else { "" };
                let _ = write!(pipeline, "\n    |> {step}{comment}");
            }
            pipeline
        };
        let shared = pipe(&mut script, &self.steps);
        if self.results.is_empty() {
            return format!("{script}{source}{shared}\n");
        }
        let _ = writeln!(script, "data = {source}{shared}");
        for (name, steps) in &self.results {
            let own = pipe(&mut script, steps);
            let _ = writeln!(script, "data{own}\n    |> yield(name: \"{name}\")");
        }
        script
    }

    fn source_text(&self, script: &mut String) -> String {
        let bucket = if self.dress.params {
            "params.bucket".to_owned()
        } else if self.dress.variables {
            let _ = writeln!(script, "name = {}", text(BUCKET));
            "name".to_owned()
        } else {
            text(BUCKET)
        };
        match &self.source {
            Source::Bucket(range) => {
                let arguments = if self.dress.option_v {
                    let stop = range.stop.as_ref().map(|stop| format!(", timeRangeStop: {stop}"));
                    let (start, stop) = (&range.start, stop.unwrap_or_default());
                    let _ = writeln!(script, "option v = {{timeRangeStart: {start}{stop}}}");
                    let stop = if stop.is_empty() { "" } else { ", stop: v.timeRangeStop" };
                    format!("start: v.timeRangeStart{stop}")
                } else {
                    range.arguments()
                };
                format!("from(bucket: {bucket})\n    |> range({arguments})")
            }
            Source::Rows(names, rows) => {
                let row = |row: &Vec<Value>| {
                    let cells = names.iter().zip(row).map(|(n, v)| format!("{n}: {}", literal(v)));
                    format!("{{{}}}", cells.collect::<Vec<_>>().join(", "))
                };
                let rows: Vec<_> = rows.iter().map(row).collect();
                format!("array.from(rows: [{}])", rows.join(", "))
            }
            Source::Schema(schema, range) => {
                let mut call = format!("schema.{}(bucket: {bucket}", schema.function);
                for (name, value) in [("measurement", schema.measurement), ("tag", schema.tag)] {
                    if let Some(value) = value {
                        let _ = write!(call, ", {name}: {}", text(value));
                    }
                }
                if let Some(predicate) = &schema.predicate {
                    let _ = write!(call, ", predicate: (r) => {predicate}");
                }
                let _ = write!(call, ", {})", range.arguments());
                call
            }
        }
    }
}
