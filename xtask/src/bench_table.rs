//! `cargo xtask bench-table`: the table of parsing speeds that the README shows. The bench measures
//! and checks; this repeats it, reads criterion's medians and writes Markdown.

use crate::cargo;
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// What the others are held against.
const PEER: &str = "influxdb-line-protocol";

/// Measures every workload by every parser and prints a table in Markdown
#[derive(Args)]
#[command(
    after_help = "A round goes through all workloads and parsers once, so that a disturbance \
hits one round and not one parser: it shows as spread."
)]
pub(crate) struct Arguments {
    /// How many rounds
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// Only benches whose `workload/parser` holds this
    filter: Option<String>,
}

/// Megabytes a second, one figure a round.
type Rounds = Vec<f64>;

/// By workload and parser.
type Table = BTreeMap<(String, String), Rounds>;

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let bench = cargo::bench("parse")?;
    let mut table = Table::new();
    let mut order = Vec::new();
    for round in 1..=arguments.rounds {
        eprintln!("round {round} of {}", arguments.rounds);
        let folder = tempfile::tempdir()?;
        let output = Command::new(&bench)
            .current_dir(folder.path())
            .env("CRITERION_HOME", folder.path())
            .arg("--bench")
            .args(&arguments.filter)
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .output()?;
        ensure!(output.status.success(), "the bench failed; what is above says why");
        read(folder.path(), &mut table)?;
        order = names(&String::from_utf8_lossy(&output.stdout));
    }
    ensure!(!table.is_empty(), "no bench has that in its name");
    print!("{}", markdown(&table, &order, &processor(), arguments.rounds));
    Ok(ExitCode::SUCCESS)
}

/// The benches in the order in which criterion tells of them: `workload/parser`, alone on a line or
/// before the time.
fn names(output: &str) -> Vec<(String, String)> {
    let told = output.lines().filter(|line| !line.starts_with([' ', '\t']));
    let told = told.filter_map(|line| line.split("  ").next()?.trim().split_once('/'));
    let told = told.filter(|(workload, _)| !workload.contains(' '));
    told.map(|(workload, parser)| (workload.to_owned(), parser.to_owned())).collect()
}

/// Adds what criterion left in its folder.
fn read(folder: &Path, table: &mut Table) -> Result<()> {
    for group in fs::read_dir(folder)? {
        for bench in fs::read_dir(group?.path())? {
            let new = bench?.path().join("new");
            if !new.join("estimates.json").is_file() {
                continue;
            }
            let about = json(&new.join("benchmark.json"))?;
            let nanoseconds = json(&new.join("estimates.json"))?["median"]["point_estimate"]
                .as_f64()
                .context("criterion's estimates have no median")?;
            let bytes = about["throughput"]["Bytes"].as_f64().context("a bench without bytes")?;
            let name = |key: &str| about[key].as_str().unwrap_or_default().to_owned();
            let rounds = table.entry((name("group_id"), name("function_id"))).or_default();
            rounds.push(bytes * 1000.0 / nanoseconds);
        }
    }
    Ok(())
}

fn json(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("{}", path.display()))?;
    Ok(serde_json::from_str(&text)?)
}

fn markdown(table: &Table, order: &[(String, String)], processor: &str, rounds: u32) -> String {
    let mut workloads: Vec<&str> = Vec::new();
    let mut parsers: Vec<&str> = Vec::new();
    for (workload, parser) in order {
        if !workloads.contains(&workload.as_str()) {
            workloads.push(workload);
        }
        if !parsers.contains(&parser.as_str()) {
            parsers.push(parser);
        }
    }
    let mut text =
        format!("| MB/s | {} |\n|---{}|\n", parsers.join(" | "), "|---:".repeat(parsers.len()));
    for workload in workloads {
        let of = |parser: &str| table.get(&(workload.to_owned(), parser.to_owned()));
        let peer = of(PEER);
        text += &format!("| `{workload}` |");
        for parser in &parsers {
            text += &of(parser).map_or_else(|| " – |".to_owned(), |rounds| cell(rounds, peer));
        }
        text.push('\n');
    }
    text += &format!(
        "\n{processor}, one core, thread CPU time. Median of {rounds} rounds (× `{PEER}` in the \
         same round, ± half of the range between the rounds). 1 MB = 10⁶ bytes.\n"
    );
    text
}

fn cell(rounds: &Rounds, peer: Option<&Rounds>) -> String {
    let middle = median(rounds);
    let most = rounds.iter().copied().fold(0.0, f64::max);
    let least = rounds.iter().copied().fold(f64::INFINITY, f64::min);
    let spread = (most - least) / 2.0 / middle * 100.0;
    let ratio = peer.map_or_else(String::new, |peer| {
        // Within a round, so that a slow minute slows both.
        let ratios = rounds.iter().zip(peer).map(|(ours, theirs)| ours / theirs).collect();
        format!("{:.1}×, ", median(&ratios))
    });
    format!(" {middle:.0} ({ratio}±{spread:.0} %) |")
}

fn median(rounds: &Rounds) -> f64 {
    let mut sorted = rounds.clone();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    if sorted.len() % 2 == 1 {
        sorted[middle]
    } else {
        f64::midpoint(sorted[middle - 1], sorted[middle])
    }
}

/// The processor's name, as far as the system tells it.
fn processor() -> String {
    let info = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = info.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    model.map_or(std::env::consts::ARCH, |(_, name)| name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_has_median_ratio_and_spread() {
        assert_eq!(
            cell(&vec![90.0, 100.0, 110.0], Some(&vec![45.0, 20.0, 55.0])),
            " 100 (2.0×, ±10 %) |"
        );
        assert_eq!(cell(&vec![90.0, 110.0], None), " 100 (±10 %) |");
    }

    #[test]
    fn rows_and_columns_are_in_the_order_of_the_bench() {
        let output = "tsbs/utf-8              time:   [1 ms]\n  thrpt: [a/b]\nFound 1 outlier\n\
                      tsbs/influxdb-line-protocol\n                        time: [2 ms]\n";
        let expected = [("tsbs", "utf-8"), ("tsbs", PEER)];
        assert_eq!(names(output), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }
}
