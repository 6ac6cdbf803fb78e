//! The workloads, each a function of the number of lines: always the same bytes. The test below
//! pins them, since a figure is worth nothing if its load changed in between.

use crate::compose::{Composer, Numbers};
use crate::tally::Tally;
use std::ops::Range;

/// When the loads begin: 2023-11-14, 19 digits.
const START: i64 = 1_700_000_000_000_000_000;
const SECOND: i64 = 1_000_000_000;

/// One or more bodies, and what is in them.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What it stands for.
    pub name: &'static str,
    /// All lines.
    pub body: String,
    /// How many lines hold something, good and bad.
    pub lines: usize,
    tally: Tally,
    equals_in_measurements: u64,
    requests: Vec<Range<usize>>,
}

/// Whose reading is meant, where the two differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grammar {
    /// The Go package `models`.
    Go,
    /// The parser of IOx.
    Iox,
}

impl Workload {
    /// The body, or the bodies that are sent one after the other.
    pub fn bodies(&self) -> impl Iterator<Item = &[u8]> {
        self.requests.iter().map(|request| &self.body.as_bytes()[request.clone()])
    }

    /// What a parser must find. Go takes the backslash from `\=` in a measurement, IOx leaves it.
    pub fn tally(&self, grammar: Grammar) -> Tally {
        let mut tally = self.tally;
        if grammar == Grammar::Go {
            tally.name_bytes -= self.equals_in_measurements;
        }
        tally
    }

    fn new(name: &'static str, composed: Composer) -> Self {
        let Composer { body, tally, equals_in_measurements, .. } = composed;
        let lines = (tally.lines + tally.bad) as usize;
        let requests = std::iter::once(0..body.len()).collect();
        Self { name, body, lines, tally, equals_in_measurements, requests }
    }
}

/// The names of all; the bench `instructions` has them once more, as ids.
pub const NAMES: [&str; 8] =
    ["tsbs", "small", "wide", "strings", "escaped", "mixed", "one_line", "bad10"];

/// All of them, as [`named`] makes them.
pub fn all() -> Vec<Workload> {
    NAMES.into_iter().filter_map(named).collect()
}

/// One of them, 150 to 400 kB: large enough that a request's own cost does not show (but for
/// [`one_line`], which is there to show it), small enough for the caches, so that the parser is
/// measured and not memory.
pub fn named(name: &str) -> Option<Workload> {
    let workload = match name {
        "tsbs" => tsbs(1000),
        "small" => small(5000),
        "wide" => wide(200),
        "strings" => strings(1000),
        "escaped" => escaped(1000),
        "mixed" => mixed(2000),
        "one_line" => one_line(5000),
        "bad10" => bad10(5000),
        _ => return None,
    };
    Some(workload)
}

/// Servers as the TSBS benchmark makes them: 344 bytes a line, 10 tags that are not sorted, 10
/// integer fields of one or two digits, time in nanoseconds.
pub fn tsbs(lines: usize) -> Workload {
    let mut composer = Composer::default();
    for i in 0..lines {
        let host = i % 100;
        let line = composer.line("cpu");
        line.tag("hostname", &format!("host_{host}")).tag("region", "eu-north-1");
        line.tag("datacenter", "eu-north-1a").tag("rack", &(host % 40).to_string());
        line.tag("os", "Ubuntu15.10").tag("arch", "x86").tag("team", "SF");
        line.tag("service", &(host % 20).to_string()).tag("service_version", "1");
        line.tag("service_environment", "production");
        let fields = [
            "usage_user",
            "usage_system",
            "usage_idle",
            "usage_nice",
            "usage_iowait",
            "usage_irq",
            "usage_softirq",
            "usage_steal",
            "usage_guest",
            "usage_guest_nice",
        ];
        for (index, field) in fields.iter().enumerate() {
            line.integer(field, ((i * 7 + index * 13) % 100) as i64);
        }
        line.end(Some(START + i as i64 * SECOND));
    }
    Workload::new("tsbs", composer)
}

/// A sensor: 48 bytes a line, one tag, one float of two or three digits, time in nanoseconds.
pub fn small(lines: usize) -> Workload {
    let mut composer = Composer::default();
    for i in 0..lines {
        small_line(&mut composer, i);
    }
    Workload::new("small", composer)
}

fn small_line(composer: &mut Composer, i: usize) {
    let line = composer.line("sensor").tag("host", &format!("h{:03}", i % 1000));
    line.float("value", &format!("{}.5", i % 97)).end(Some(START + i as i64));
}

/// A machine's state: 1999 bytes a line, one tag, 100 float fields. A quarter of the floats is
/// written as `21.5`, a quarter without a point as `42`, a quarter with six decimals, a quarter
/// with the 15 to 17 digits that a computed value has.
pub fn wide(lines: usize) -> Workload {
    let mut composer = Composer::default();
    let mut numbers = Numbers(1);
    for i in 0..lines {
        let line = composer.line("machine").tag("line", &format!("press_{:02}", i % 20));
        for index in 0..100 {
            let value = match index % 4 {
                0 => format!("{}.{}", numbers.below(100), numbers.below(10)),
                1 => numbers.below(1000).to_string(),
                2 => format!("{:.6}", numbers.unit() * 1000.0 - 500.0),
                _ => (numbers.unit() * 100.0).to_string(),
            };
            line.float(&format!("sensor_{index:02}"), &value);
        }
        line.end(Some(START + i as i64 * SECOND));
    }
    Workload::new("wide", composer)
}

/// Logs: 236 bytes a line, two tags, four strings. One is plain, one has the bytes that mean
/// something outside of quotes and now and then a line feed, one has escaped quotes, one escaped
/// backslashes; one line in eight is not ASCII.
pub fn strings(lines: usize) -> Workload {
    let mut composer = Composer::default();
    let mut numbers = Numbers(2);
    for i in 0..lines {
        let line = composer.line("syslog").tag("host", &format!("web-{:02}", i % 32));
        line.tag("severity", numbers.one_of(&["info", "warning", "error"]));
        let city = if i % 8 == 0 { "Zürich" } else { "Geneva" };
        let connection = numbers.below(100_000);
        line.string(
            "message",
            &format!("connection {connection} to {city} was closed by its peer"),
        );
        let gap = if i % 16 == 0 { "\n" } else { ", " };
        let (used, limit) = (numbers.below(1000), numbers.below(1000));
        line.string("detail", &format!("used={used}{gap}limit={limit}{gap}retry = no"));
        line.string("request", &format!("GET \"/api/{}?q=\\\"x\\\"\" \"-\"", numbers.below(1000)));
        line.string("file", &format!("C:\\srv\\log\\{}\\access.log", numbers.below(100)));
        line.end(Some(START + i as i64 * SECOND));
    }
    Workload::new("strings", composer)
}

/// Names of a careless exporter: 179 bytes a line, three tags, three floats, with `\ `, `\,` and
/// `\=` in the measurement, in the tag keys and values, and in the field keys.
pub fn escaped(lines: usize) -> Workload {
    let mut composer = Composer::default();
    let mut numbers = Numbers(3);
    for i in 0..lines {
        let line = composer.line("disk\\ io\\,kind\\=total");
        line.tag("host name", &format!("rack 4, slot {:02}", i % 48));
        line.tag("mount,point", "/mnt/data set").tag("query=id", &format!("a=1,b={}", i % 10));
        for key in ["bytes read", "bytes, written", "busy=%"] {
            line.float(key, &format!("{}.{}", numbers.below(1000), numbers.below(100)));
        }
        line.end(Some(START + i as i64 * SECOND));
    }
    Workload::new("escaped", composer)
}

/// A bit of everything: 131 bytes a line, 0 to 8 tags, 1 to 5 fields of all kinds, three lines of
/// four with a time, blank lines and comments in between.
pub fn mixed(lines: usize) -> Workload {
    let mut composer = Composer::default();
    let mut numbers = Numbers(4);
    for i in 0..lines {
        match i % 24 {
            7 => composer.nothing(""),
            15 => composer.nothing("# the next ones are from the other site"),
            _ => {}
        }
        let line = composer.line(numbers.one_of(&["cpu", "weather", "http_requests", "queue"]));
        let tags = ["host", "region", "zone", "env", "service", "version", "team", "unit"];
        for tag in &tags[..numbers.below(9) as usize] {
            line.tag(tag, &format!("{tag}-{}", numbers.below(20)));
        }
        for _ in 0..=numbers.below(5) {
            mixed_field(line, &mut numbers);
        }
        line.end((i % 4 != 3).then_some(START + i as i64 * SECOND));
    }
    Workload::new("mixed", composer)
}

fn mixed_field(line: &mut Composer, numbers: &mut Numbers) {
    let spellings = ["t", "T", "true", "True", "TRUE", "f", "F", "false", "False", "FALSE"];
    match numbers.below(8) {
        0 => line.float("load", &format!("{}.{:02}", numbers.below(8), numbers.below(100))),
        1 => line.float("ratio", &numbers.unit().to_string()),
        2 => line.float("charge", &format!("-1.{}e-{}", numbers.below(1000), numbers.below(20))),
        3 => line.integer("bytes", (numbers.next() >> 24) as i64),
        4 => line.integer("delta", -(numbers.below(5000) as i64)),
        5 => line.unsigned("id", numbers.next()),
        6 => line.boolean("up", numbers.one_of(&spellings)),
        _ => line.string("state", numbers.one_of(&["ok", "degraded, slow", "said \"no\"", ""])),
    };
}

/// A client that does not collect: the lines of [`small`], each a body of its own.
pub fn one_line(lines: usize) -> Workload {
    let mut workload = Workload { name: "one_line", ..small(lines) };
    let mut end = 0;
    workload.requests = (workload.body.split_inclusive('\n'))
        .map(|line| {
            let start = end;
            end += line.len();
            start..end
        })
        .collect();
    workload
}

/// As [`small`] (47 bytes a line), but every tenth line is malformed, in one of five ways that no grammar takes.
pub fn bad10(lines: usize) -> Workload {
    let mut composer = Composer::default();
    for i in 0..lines {
        match i % 50 {
            9 => composer.bad("sensor,host=h001 value="),
            19 => composer.bad("sensor,host=h001"),
            29 => composer.bad("sensor,host=h001 value=1.2.3 1700000000000000000"),
            39 => composer.bad("sensor,host=h001 value=12.5 17000000000000x0000"),
            49 => composer.bad("sensor,host= value=12.5 1700000000000000000"),
            _ => small_line(&mut composer, i),
        }
    }
    Workload::new("bad10", composer)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// FNV-1a.
    fn hash(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
            (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
        })
    }

    /// Bytes a line, lines, hash. Who changes one of these makes all older figures incomparable:
    /// measure again, and update `instructions.toml` and the README in the same commit.
    #[test]
    fn the_bytes_are_the_same_for_ever() {
        let pinned = all().into_iter().map(|workload| {
            let bytes = workload.body.len() as f64 / workload.lines as f64;
            (workload.name, bytes.round() as u64, workload.lines, hash(workload.body.as_bytes()))
        });
        let expected = [
            ("tsbs", 344, 1000, 0xf547_0a61_6e58_62ff),
            ("small", 48, 5000, 0x914a_e124_6eb4_f961),
            ("wide", 1999, 200, 0x204f_c3a8_2feb_7184),
            ("strings", 236, 1000, 0x24e7_5a08_3b68_7910),
            ("escaped", 179, 1000, 0x4585_fd94_9dbc_84f1),
            ("mixed", 131, 2000, 0x6b5e_be3f_5c3c_2058),
            ("one_line", 48, 5000, 0x914a_e124_6eb4_f961),
            ("bad10", 47, 5000, 0x6687_1fdb_3334_7d9a),
        ];
        assert_eq!(pinned.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn bodies_are_the_whole() {
        for workload in all() {
            assert_eq!(workload.bodies().collect::<Vec<_>>().concat(), workload.body.as_bytes());
        }
        assert_eq!(one_line(7).bodies().count(), 7);
    }
}
