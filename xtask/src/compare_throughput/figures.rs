//! What `lineproof bench` tells of a server, and whether it may stand in the table.

use anyhow::{Context, Result, bail, ensure};
use serde_json::Value as Json;

/// One server in one round.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Figures {
    pub(super) profile: String,
    pub(super) lines_per_second: f64,
    pub(super) cpu_us_per_line: f64,
    pub(super) p50_ms: f64,
    pub(super) p99_ms: f64,
    pub(super) peak_mib: f64,
    /// How many acknowledged lines were read back, all as they were written.
    pub(super) sampled: u64,
    /// Whether all were counted besides.
    pub(super) counted: bool,
}

/// The figures in what a bench printed that ended with this exit code.
///
/// # Errors
/// The server lost lines or answered with errors, or something was not measured.
pub(super) fn read(name: &str, code: Option<i32>, told: &str) -> Result<Figures> {
    let json: Option<Json> = serde_json::from_str(told).ok();
    match (code, &json) {
        (Some(0), Some(json)) => measured(json).with_context(|| format!("the bench of {name}")),
        (Some(5), Some(json)) => bail!("{name} lost lines or changed them:\n{}", wrong(json)),
        (Some(1), Some(json)) => {
            let errors = json.get("errors").unwrap_or(&Json::Null);
            bail!("{name} answered with errors, or not at all: {errors}")
        }
        (Some(code), _) => bail!("the bench of {name} ended with {code}; what is above says why"),
        (None, _) => bail!("the bench of {name} was killed"),
    }
}

/// What is wrong with the lines, as the ledger tells it.
fn wrong(json: &Json) -> String {
    let told = json.pointer("/ledger/told").and_then(Json::as_array);
    let told = told.into_iter().flatten().filter_map(Json::as_str);
    told.map(|line| format!("  {line}")).collect::<Vec<_>>().join("\n")
}

fn measured(json: &Json) -> Result<Figures> {
    let figure = |path: &str| {
        let figure = json.pointer(path).and_then(Json::as_f64).filter(|figure| *figure > 0.0);
        figure.with_context(|| format!("it tells no {path}"))
    };
    let sampled = json.pointer("/ledger/sampled").and_then(Json::as_u64).unwrap_or_default();
    ensure!(sampled > 0, "nothing was read back, so nobody knows what the server kept");
    Ok(Figures {
        profile: json.get("profile").and_then(Json::as_str).unwrap_or_default().to_owned(),
        lines_per_second: figure("/lines_per_second")?,
        cpu_us_per_line: figure("/server/cpu_us_per_line")?,
        p50_ms: figure("/latency/p50_ms")?,
        p99_ms: figure("/latency/p99_ms")?,
        peak_mib: figure("/server/peak_rss_bytes")? / f64::from(1 << 20),
        sampled,
        counted: json.pointer("/ledger/counted").is_some_and(Json::is_u64),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn told() -> Json {
        json!({
            "profile": "oss-v1@1.6",
            "lines_per_second": 1000.5,
            "latency": {"p50_ms": 1.5, "p99_ms": 9.25},
            "errors": {"total": 0},
            "server": {"cpu_us_per_line": 1.25, "peak_rss_bytes": 3 << 20},
            "ledger": {"sampled": 1000, "counted": 5000, "told": []},
        })
    }

    #[test]
    fn figures_are_those_of_the_bench() {
        let figures = read("a server", Some(0), &told().to_string()).unwrap();
        let expected = Figures {
            profile: "oss-v1@1.6".to_owned(),
            lines_per_second: 1000.5,
            cpu_us_per_line: 1.25,
            p50_ms: 1.5,
            p99_ms: 9.25,
            peak_mib: 3.0,
            sampled: 1000,
            counted: true,
        };
        assert_eq!(figures, expected);
        let mut uncounted = told();
        uncounted["ledger"]["counted"] = Json::Null;
        assert!(!read("a server", Some(0), &uncounted.to_string()).unwrap().counted);
    }

    #[test]
    fn a_server_that_loses_a_line_is_not_compared() {
        let mut lost = told();
        lost["ledger"]["told"] = json!(["MISSING cpu,host=a usage=1i 5"]);
        let why = read("a server", Some(5), &lost.to_string()).unwrap_err().to_string();
        assert!(why.starts_with("a server lost lines"), "{why}");
        assert!(why.contains("MISSING cpu,host=a"), "{why}");
    }

    #[test]
    fn nor_is_one_that_fails_or_that_nobody_read() {
        let why = |code, json: &Json| {
            format!("{:#}", read("a server", code, &json.to_string()).unwrap_err())
        };
        let mut failing = told();
        failing["errors"] = json!({"total": 3, "by_status": {"500": {"count": 3}}});
        assert!(why(Some(1), &failing).contains("\"500\""));
        assert!(why(Some(3), &told()).contains("ended with 3"));
        assert!(why(None, &told()).contains("was killed"));
        let mut unread = told();
        unread["ledger"]["sampled"] = json!(0);
        assert!(why(Some(0), &unread).contains("nothing was read back"));
        let mut unknown = told();
        unknown["server"] = Json::Null;
        assert!(why(Some(0), &unknown).contains("/server/cpu_us_per_line"));
        assert!(read("a server", Some(0), "no JSON").is_err());
    }
}
