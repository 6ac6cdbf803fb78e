//! `cargo xtask compare-throughput`: how fast the embedded server takes lines, beside influxd and
//! VictoriaMetrics, one after the other on fresh folders, measured by `lineproof bench`.

use crate::cargo::{self, Build};
use crate::peer::Peer;
use crate::peer::served::Served;
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::Value as Json;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

/// Measures how fast lineproof's own server, influxd and VictoriaMetrics take lines
#[derive(Args)]
#[command(after_help = "Examples:
  cargo xtask compare-throughput
  cargo xtask compare-throughput --duration 30 --connections 16

The packages: apt-get install influxdb victoria-metrics. The reference server is built with optimisation, \
which takes minutes the first time. A server that loses a line fails the comparison.")]
pub(crate) struct Arguments {
    /// How many seconds each is measured
    #[arg(long, default_value_t = 10)]
    duration: u32,
    /// How many connections send at once
    #[arg(long, default_value_t = 8)]
    connections: u16,
    /// Compress the bodies
    #[arg(long)]
    gzip: bool,
}

/// What stands between measurement and field in VictoriaMetrics, so that it can be read back.
const SEPARATOR: &str = "@@";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let binary = cargo::build(Build::Release)?;
    let mut rows = Vec::new();
    {
        let own = Served::start(&binary, "oss-v1@1.6", &["--auth", "off"])?;
        rows.push(("lineproof serve", bench(&binary, arguments, own.url(), own.pid(), &[])?));
    }
    {
        let influxd = Peer::influxdb(false)?;
        rows.push(("influxd", bench(&binary, arguments, &influxd.url(), influxd.pid(), &[])?));
    }
    {
        let flag = format!("-influxMeasurementFieldSeparator={SEPARATOR}");
        let peer = Peer::victoria_metrics(&[&flag])?;
        // The program that reads it back is this binary, too.
        let program = binary.to_str().context("the binary's path is not text")?;
        let reader = format!("'{program}' read-back victoria-metrics --separator {SEPARATOR}");
        let more = ["--read-back", reader.as_str()];
        rows.push((peer.name(), bench(&binary, arguments, &peer.url(), peer.pid(), &more)?));
    }
    let of = |json: &Json, path: &str| json.pointer(path).and_then(Json::as_f64);
    let first = rows.first().and_then(|(_, json)| of(json, "/lines_per_second"));
    println!(
        "| server | lines/s | lineproof serve to it | p50 ms | p99 ms | server µs/line | peak MiB |"
    );
    println!("|---|---|---|---|---|---|---|");
    for (name, json) in &rows {
        let shown = |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "?".to_owned(), |value| format!("{value:.digits$}"))
        };
        let lines = of(json, "/lines_per_second");
        let ratio = first.zip(lines).map(|(own, theirs)| own / theirs);
        println!(
            "| {name} | {} | {} | {} | {} | {} | {} |",
            shown(lines, 0),
            shown(ratio, 2),
            shown(of(json, "/latency/p50_ms"), 1),
            shown(of(json, "/latency/p99_ms"), 1),
            shown(of(json, "/server/cpu_us_per_line"), 2),
            shown(of(json, "/server/peak_rss_bytes").map(|bytes| bytes / f64::from(1 << 20)), 0),
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// What the bench tells of a server.
fn bench(binary: &Path, arguments: &Arguments, url: &str, pid: u32, more: &[&str]) -> Result<Json> {
    let mut command = Command::new(binary);
    command
        .args(["bench", "--target", url, "--profile", "oss-v1@1.6", "--format", "json"])
        .args(["--duration", &arguments.duration.to_string()])
        .args(["--connections", &arguments.connections.to_string()])
        .args(["--server-pid", &pid.to_string(), "--timeout", "60"])
        .args(more);
    if arguments.gzip {
        command.arg("--gzip");
    }
    let output = command.stdin(Stdio::null()).stderr(Stdio::inherit()).output()?;
    let told = String::from_utf8_lossy(&output.stdout);
    ensure!(output.status.success(), "the bench of {url} ended with {}: {told}", output.status);
    serde_json::from_str(&told).with_context(|| format!("the bench of {url} printed no JSON"))
}
