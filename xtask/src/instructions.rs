//! `cargo xtask instructions`: counts the instructions of a parse in valgrind, and fails if they
//! became more than the committed baseline allows. It says nothing about time.

mod baseline;
mod counts;

use anyhow::Result;
use baseline::Baseline;
use clap::Args;
use counts::{Counts, Tools};
use std::process::ExitCode;

/// How much worse a count may become, in percent, before its baseline must be changed by hand.
const ALLOWED: u64 = 5;

/// Measured beside ours, so that one sees what a new compiler does to all; never a failure.
const PEER: &str = "influxdb-line-protocol";

/// Counts instructions for each workload; more than 5 % above the baseline is a failure
#[derive(Args)]
#[command(
    after_help = "Needs valgrind and gungraun-runner. A change that is worth its instructions \
changes the baseline in the same commit:
  cargo xtask instructions --update"
)]
pub(crate) struct Arguments {
    /// Write what is counted to benches/instructions.toml
    #[arg(long)]
    update: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let tools = Tools::find()?;
    if arguments.update {
        let now = counts::count(tools)?;
        let path = Baseline::of(&now).write()?;
        println!("{} counts written to {}", now.rows.len(), path.display());
        return Ok(ExitCode::SUCCESS);
    }
    let baseline = Baseline::read()?;
    for (what, was, is) in baseline.differences(&tools) {
        println!("baseline is of {what} {was}; this is {what} {is}");
    }
    if baseline.tools.cpu != tools.cpu {
        println!("not compared: other processors run other code");
        return Ok(ExitCode::SUCCESS);
    }
    Ok(judge(&baseline, &counts::count(tools)?))
}

/// Prints the table, and what follows from it.
fn judge(baseline: &Baseline, now: &Counts) -> ExitCode {
    let mut worse = Vec::new();
    let mut better = 0;
    println!("{:24} {:10} {:>12} {:>12} {:>9}", "parser", "workload", "baseline", "now", "change");
    for (parser, workload, count) in &now.rows {
        let Some(was) = baseline.count(parser, workload) else {
            println!("{parser:24} {workload:10} {:>12} {count:>12}", "none");
            worse.push(format!("{parser} on {workload} has no baseline"));
            continue;
        };
        let change = change(was, *count);
        println!("{parser:24} {workload:10} {was:>12} {count:>12} {change:>+7.2} %");
        if parser == PEER {
            continue;
        }
        if count * 100 > was * (100 + ALLOWED) {
            worse.push(format!("{parser} on {workload}: {change:+.2} %"));
        }
        better += usize::from(count * 100 < was * (100 - ALLOWED));
    }
    worse.extend(baseline.not_in(now).iter().map(|row| format!("{row} was not counted")));
    if better > 0 {
        println!("{better} counts are more than {ALLOWED} % better: keep it so with --update");
    }
    if worse.is_empty() {
        return ExitCode::SUCCESS;
    }
    eprintln!("more than {ALLOWED} % worse than benches/instructions.toml:");
    worse.iter().for_each(|line| eprintln!("  {line}"));
    eprintln!(
        "If it is worth that: cargo xtask instructions --update, and commit the file with the change."
    );
    ExitCode::FAILURE
}

/// In percent; more is worse.
fn change(was: u64, is: u64) -> f64 {
    (is as f64 / was as f64 - 1.0) * 100.0
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(rows: &[(&str, u64)]) -> Counts {
        let rows = rows.iter().map(|(parser, count)| ((*parser).into(), "tsbs".into(), *count));
        let tools = Tools { cpu: "x86_64 avx2".into(), rustc: "1".into(), valgrind: "3".into() };
        Counts { tools, rows: rows.collect() }
    }

    fn passes(was: &[(&str, u64)], is: &[(&str, u64)]) -> bool {
        judge(&Baseline::of(&counts(was)), &counts(is)) == ExitCode::SUCCESS
    }

    #[test]
    fn five_percent_more_pass_and_more_do_not() {
        assert!(passes(&[("iox", 1000)], &[("iox", 1050)]));
        assert!(!passes(&[("iox", 1000)], &[("iox", 1051)]));
        assert!(passes(&[("iox", 1000)], &[("iox", 500)]));
    }

    #[test]
    fn the_peer_may_change_and_the_set_of_parsers_may_not() {
        let both = [("iox", 1000), ("go", 1000)];
        assert!(passes(&[(PEER, 1000)], &[(PEER, 2000)]));
        assert!(!passes(&both[..1], &both));
        assert!(!passes(&both, &both[..1]));
    }
}
