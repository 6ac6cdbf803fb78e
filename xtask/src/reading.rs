//! `cargo xtask reading`: what it costs to read back much, beside influxd on the same lines.
//!
//! The same bodies go to both, the same queries are asked of both, and their answers must be equal:
//! a server that is quick because it leaves something out is not quick.

use crate::cargo::{self, Build};
use crate::peer::Peer;
use crate::peer::served::Served;
use anyhow::{Context, Result, ensure};
use clap::Args;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Loads many lines into influxd and the reference server, and times the same queries on both
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask reading
  cargo xtask reading --lines 200000

Needs influxd of Debian's package influxdb. The reference server is built with optimisation, which \
takes minutes the first time.")]
pub(crate) struct Arguments {
    /// How many lines
    #[arg(long, default_value_t = 10_000_000, value_parser = clap::value_parser!(u64).range(1000..))]
    lines: u64,
}

/// Nobody is asked for credentials.
const OPEN: &[&str] = &["--auth", "off"];

/// As many as an installation of some size has.
const SERIES: u64 = 1000;
/// Lines of one body.
const BATCH: u64 = 5000;
/// Each query is asked so often; the first time does not count, of the others the middle one does.
const TIMES: usize = 6;
/// 2024-01-01T00:00:00Z in seconds; a line each ten seconds follows.
const START: u64 = 1_704_067_200;

/// What is asked in InfluxQL of both servers.
const QUERIES: &[(&str, &str)] = &[
    ("count of everything", "SELECT count(*) FROM cpu"),
    ("mean of everything", "SELECT mean(usage_user) FROM cpu"),
    ("one series", "SELECT usage_user FROM cpu WHERE hostname = 'host_17'"),
    (
        "one series by the hour",
        "SELECT max(usage_user) FROM cpu WHERE hostname = 'host_17' GROUP BY time(1h) fill(none)",
    ),
];

/// What is asked in SQL, of the product that has it.
const SQL: &[(&str, &str)] = &[
    ("count of everything", "SELECT count(*) AS n FROM cpu"),
    ("one series", "SELECT usage_user FROM cpu WHERE hostname = 'host_17'"),
];

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binary = cargo::build(Build::Release)?;
    let influxd = Peer::influxdb(false)?;
    send(&format!("{}/query?q=CREATE%20DATABASE%20bench", influxd.url()), "")?;
    let ours = Served::start(&binary, "oss-v1@1.6", OPEN)?;
    send(&format!("{}/query?q=CREATE%20DATABASE%20bench", ours.url()), "")?;
    for (name, url) in
        [("influxd 1.6.7", influxd.url()), ("lineproof serve", ours.url().to_owned())]
    {
        load(name, &format!("{url}/write?db=bench&precision=s"), arguments.lines)?;
    }
    println!("\n| InfluxQL, {} lines | influxd 1.6.7 | lineproof serve | ratio |", arguments.lines);
    println!("|---|---|---|---|");
    for (name, query) in QUERIES {
        let path = format!("/query?db=bench&epoch=ns&q={}", encoded(query));
        let (theirs, expected) = middle(&format!("{}{path}", influxd.url()))?;
        let (own, answer) = middle(&format!("{}{path}", ours.url()))?;
        ensure!(
            answer == expected,
            "{query}: the answers differ:\n{}\n{}",
            begin(&expected),
            begin(&answer)
        );
        let ratio = theirs.as_secs_f64() / own.as_secs_f64();
        println!("| {name} | {} | {} | {ratio:.1} |", shown(theirs), shown(own));
    }
    println!(
        "\nresident: influxd {} MiB, lineproof serve {} MiB",
        influxd.resident()?,
        ours.resident()?
    );
    drop((influxd, ours));
    let core = Served::start(&binary, "v3-core@3.6", OPEN)?;
    let path = "/api/v3/write_lp?db=bench&precision=second";
    load("lineproof serve, v3-core@3.6", &format!("{}{path}", core.url()), arguments.lines)?;
    println!("\n| SQL, {} lines | lineproof serve |", arguments.lines);
    println!("|---|---|");
    for (name, query) in SQL {
        let path = format!("/api/v3/query_sql?db=bench&format=csv&q={}", encoded(query));
        let (own, answer) = middle(&format!("{}{path}", core.url()))?;
        let is_count = name.starts_with("count");
        let rows = answer.lines().count().saturating_sub(1) as u64;
        // Lines go to the series in turns, and this is the eighteenth.
        let expected = if is_count { 1 } else { (arguments.lines - 17).div_ceil(SERIES) };
        ensure!(rows == expected, "{query}: {rows} rows, {expected} were written");
        ensure!(!is_count || answer.contains(&arguments.lines.to_string()), "{query}: {answer}");
        println!("| {name} | {} |", shown(own));
    }
    println!("\nresident: lineproof serve {} MiB", core.resident()?);
    Ok(ExitCode::SUCCESS)
}

/// Writes all lines by one connection.
fn load(name: &str, url: &str, lines: u64) -> Result<()> {
    let begun = Instant::now();
    let agent = ureq::Agent::new_with_defaults();
    let mut body = String::new();
    let mut first = 0;
    while first < lines {
        body.clear();
        for line in first..lines.min(first + BATCH) {
            let (series, at) = (line % SERIES, START + line / SERIES * 10);
            // Whole numbers, and such as have no short decimal form.
            let (user, system) = (line * 7919 % 100, (line * 104_729 % 10_007) as f64 / 101.0);
            writeln!(
                body,
                "cpu,hostname=host_{series},region=eu usage_user={user}i,usage_system={system} {at}"
            )?;
        }
        let status = agent.post(url).send(body.as_str()).context("the write failed")?.status();
        ensure!(status == 204, "{name} answered a write with {status}");
        first += BATCH;
    }
    eprintln!("{name}: {lines} lines in {:.1} s", begun.elapsed().as_secs_f64());
    Ok(())
}

/// Sends a POST that must succeed.
fn send(url: &str, body: &str) -> Result<()> {
    ureq::post(url).send(body).with_context(|| url.to_owned())?;
    Ok(())
}

/// How long an answer takes in the middle of several, and the answer.
fn middle(url: &str) -> Result<(Duration, String)> {
    let agent = ureq::Agent::new_with_defaults();
    let mut times = Vec::new();
    let mut last = String::new();
    for time in 0..TIMES {
        let begun = Instant::now();
        let mut answer = agent.get(url).call().with_context(|| url.to_owned())?;
        last = answer.body_mut().with_config().limit(1 << 30).read_to_string()?;
        if time > 0 {
            times.push(begun.elapsed());
        }
    }
    times.sort();
    Ok((times[times.len() / 2], last))
}

fn shown(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1000.0)
}

fn begin(text: &str) -> String {
    text.chars().take(300).collect()
}

fn encoded(query: &str) -> String {
    query.bytes().fold(String::new(), |text, byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' => {
            text + char::from(byte).encode_utf8(&mut [0; 4])
        }
        _ => text + &format!("%{byte:02X}"),
    })
}
