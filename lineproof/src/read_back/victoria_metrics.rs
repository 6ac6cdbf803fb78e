//! VictoriaMetrics by its export API: time series back into points.
//!
//! Source of the mapping: its README, "How to send data from InfluxDB-compatible agents"; what that
//! leaves open was seen on release 1.79.5.

use super::get;
use crate::cli::read_back::VictoriaMetricsArgs;
use crate::exit::Failure;
use harness::losses::{Loss, Losses};
use harness::point::{Point, Value};
use harness::printed::print;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::collections::BTreeMap;

/// A value is a float ("Non-numeric field values are converted to 0"), a time has milliseconds.
const LOSSES: [Loss; 4] =
    [Loss::IntegersAreFloats, Loss::BooleansAreNumbers, Loss::StringsAreZeros, Loss::TimesInMs];

/// Seconds: all times that nanoseconds in 64 bits can say. Without an end the server takes the
/// present time, and leaves out what is later.
const RANGE: [i64; 2] = [-9_223_372_036, 9_223_372_036];

/// The server's own separator is no sound choice of ours.
const NO_SEPARATOR: &str = "--separator is missing: what stands between measurement and field in the \
    server's metrics. Its own, `_`, is in many measurements, and disk_io would read as disk; start \
    the server with -influxMeasurementFieldSeparator=@@ and say --separator @@ here";

/// A point's measurement, tags and time in milliseconds.
type Key = (String, BTreeMap<String, String>, i64);

pub(super) async fn read(args: &VictoriaMetricsArgs) -> Result<String, Failure> {
    let Some(separator) = args.separator.as_deref().filter(|text| !text.is_empty()) else {
        return Err(Failure::usage(NO_SEPARATOR));
    };
    // What was just written is searched for only after a while, or after this.
    get(&args.place, "/internal/force_flush").await?;
    let matching = utf8_percent_encode(&matching(args), NON_ALPHANUMERIC).to_string();
    let answer =
        get(&args.place, &format!("/api/v1/export?match%5B%5D={matching}&{}", range(args))).await?;
    let mut points: BTreeMap<Key, Vec<BTreeMap<String, Value>>> = BTreeMap::new();
    for line in answer.text().lines().filter(|line| !line.trim().is_empty()) {
        let wrong = || {
            let line: String = line.chars().take(200).collect();
            Failure::unusable(format!("/api/v1/export: not the form that is known: {line}"))
        };
        add(args, separator, line, &mut points).ok_or_else(wrong)?;
    }
    let points: Vec<_> = points.into_iter().flat_map(into_points).collect();
    Ok(print(&points, &LOSSES.into_iter().collect::<Losses>()))
}

/// The time that is asked for, in whole seconds around it.
fn range(args: &VictoriaMetricsArgs) -> String {
    let seconds = |time: i64| time.div_euclid(1_000_000_000);
    let start = args.place.from.map_or(RANGE[0], seconds);
    let end = args.place.until.map_or(RANGE[1], |until| (seconds(until) + 1).min(RANGE[1]));
    format!("start={start}&end={end}")
}

/// The series of the database, as a selector.
fn matching(args: &VictoriaMetricsArgs) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let database = quoted(&args.place.database);
    let measurements = if args.place.prefix.is_empty() {
        String::new()
    } else {
        let begins = format!("{}.*", escaped(&args.place.prefix));
        format!(",__name__=~{}", quoted(&begins))
    };
    let tag = args.place.tag.as_ref();
    let tag = tag.map_or_else(String::new, |(key, value)| format!(",{key}={}", quoted(value)));
    format!("{{{}={database}{measurements}{tag}}}", args.label)
}

/// A text as a regular expression that matches only it.
fn escaped(text: &str) -> String {
    let escape = |c: char| {
        let plain = c.is_alphanumeric() || c == '_';
        [(!plain).then_some('\\'), Some(c)].into_iter().flatten()
    };
    text.chars().flat_map(escape).collect()
}

/// A line of the export: `{"metric":{…},"values":[…],"timestamps":[…]}`. Infinity stands there as
/// `+Inf`, which no reader of JSON takes.
fn add(
    args: &VictoriaMetricsArgs,
    separator: &str,
    line: &str,
    points: &mut BTreeMap<Key, Vec<BTreeMap<String, Value>>>,
) -> Option<()> {
    let (metric, rest) = line.strip_prefix("{\"metric\":")?.split_once(",\"values\":[")?;
    let (values, rest) = rest.split_once("],\"timestamps\":[")?;
    let (times, _) = rest.split_once(']')?;
    let mut labels: BTreeMap<String, String> = serde_json::from_str(metric).ok()?;
    let name = labels.remove("__name__")?;
    labels.remove(&args.label);
    // A metric without a separator is a field of a measurement without a name.
    let (measurement, field) = name.split_once(separator).unwrap_or(("", &name));
    if values.split(',').count() != times.split(',').count() {
        return None;
    }
    for (value, time) in values.split(',').zip(times.split(',')) {
        let value = match value.trim_matches('"') {
            "null" => f64::NAN,
            number => number.parse().ok()?,
        };
        let key = (measurement.to_owned(), labels.clone(), time.parse().ok()?);
        // Of several values of one time each is in a point of its own.
        let same_time = points.entry(key).or_default();
        let free = same_time.iter_mut().find(|fields| !fields.contains_key(field));
        let value = Value::Float(value);
        match free {
            Some(fields) => drop(fields.insert(field.to_owned(), value)),
            None => same_time.push(BTreeMap::from([(field.to_owned(), value)])),
        }
    }
    Some(())
}

fn into_points(
    ((measurement, tags, time), same_time): (Key, Vec<BTreeMap<String, Value>>),
) -> impl Iterator<Item = Point> {
    let time = time.saturating_mul(1_000_000);
    same_time.into_iter().map(move |fields| Point {
        measurement: measurement.clone(),
        tags: tags.clone(),
        fields,
        time,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{Cli, Command, read_back::ReadBackProgram};
    use clap::Parser;

    fn args() -> VictoriaMetricsArgs {
        let typed = ["lineproof", "read-back", "victoria-metrics", "--target", "http://h"];
        let more = ["--database", "lp\"1", "--prefix", "a.b_", "--separator", "@@"];
        let cli = Cli::parse_from(typed.into_iter().chain(more));
        match cli.command {
            Command::ReadBack(args) => match args.program {
                ReadBackProgram::VictoriaMetrics(args) => args,
            },
            _ => panic!("another command"),
        }
    }

    fn points(separator: &str, lines: &[&str]) -> Vec<String> {
        let mut points = BTreeMap::new();
        for line in lines {
            add(&args(), separator, line, &mut points).unwrap();
        }
        let points = points.into_iter().flat_map(into_points);
        points.map(|point| point.show(&point.time.to_string())).collect()
    }

    // Lines as release 1.79.5 printed them.
    #[test]
    fn series_become_points() {
        let lines = [
            r#"{"metric":{"__name__":"cpu_x:v","db":"lp_a","host":"a"},"values":[1,2],"timestamps":[1700000005000,1700000005000]}"#,
            r#"{"metric":{"__name__":"cpu_x:w","db":"lp_a","host":"a"},"values":[+Inf],"timestamps":[1700000005000]}"#,
            r#"{"metric":{"__name__":"v","db":"lp_b","bad15":"x"},"values":[-0.1],"timestamps":[-5]}"#,
        ];
        let expected = [
            r#""",bad15=x v=-0.1 -5000000"#,
            "cpu_x,host=a v=1,w=inf 1700000005000000000",
            "cpu_x,host=a v=2 1700000005000000000",
        ];
        assert_eq!(points(":", &lines), expected);
        let taken_apart = points("_", &lines[..1]);
        assert_eq!(taken_apart[0], "cpu,host=a x:v=1 1700000005000000000");
    }

    #[test]
    fn another_form_is_not_guessed_at() {
        let mut points = BTreeMap::new();
        for line in ["<html>", r#"{"metric":{"__name__":"a_b"},"values":[1,2],"timestamps":[5]}"#] {
            assert_eq!(add(&args(), "_", line, &mut points), None, "{line}");
        }
    }

    #[test]
    fn names_are_quoted_in_the_selector() {
        assert_eq!(matching(&args()), r#"{db="lp\"1",__name__=~"a\\.b_.*"}"#);
    }

    #[test]
    fn one_series_and_a_stretch_of_time_can_be_asked_for() {
        let mut args = args();
        assert_eq!(range(&args), "start=-9223372036&end=9223372036");
        args.place.prefix.clear();
        args.place.tag = Some(("hostname".to_owned(), "host_7".to_owned()));
        args.place.from = Some(1_700_000_000_999_000_000);
        args.place.until = Some(1_700_000_001_000_000_000);
        assert_eq!(matching(&args), r#"{db="lp\"1",hostname="host_7"}"#);
        assert_eq!(range(&args), "start=1700000000&end=1700000002");
    }
}
