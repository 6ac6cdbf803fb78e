//! The reports that are opened, made from the events of one run.

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// How often the large report has the run, which is of two profiles.
const MANY: usize = 10;

/// What a hostile server or case might say: markup that would run, the end of what it stands in,
/// characters without ink and such that turn the text around them. A lone surrogate is what JSON can
/// say and UTF-8 cannot, and a broken byte has become U+FFFD before.
pub(crate) const HOSTILE: &str = "</pre></script></style></textarea><script>window.hostile=1</script>\
    <img src=x onerror=\"window.hostile=1\"><svg onload=window.hostile=1>\"' onfocus=window.hostile=1 \
    autofocus x=' {{ 7*7 }} {% raw %} &lt;b&gt; javascript:alert(1) \u{0}\u{1b}[31m\u{202e}txet\u{2066} \
    \u{fffd} @everyone #1 ``` | --> ]]>";

/// The reports.
pub(crate) struct Pages {
    pub(crate) plain: PathBuf,
    pub(crate) hostile: PathBuf,
    pub(crate) large: PathBuf,
    /// A case that fails, with something in its request.
    pub(crate) failing: String,
    pub(crate) cases: usize,
    pub(crate) grave: usize,
}

pub(crate) fn make(binary: &Path, folder: &Path, events: &str) -> Result<Pages> {
    let events: Vec<Json> =
        events.lines().map(serde_json::from_str).collect::<Result<_, _>>().context("the run")?;
    let cases: Vec<&Json> = events.iter().filter(|event| event["event"] == "case").collect();
    let grave = |case: &&&Json| {
        ["fail", "error", "unknown", "xpass", "warn"].iter().any(|word| case["verdict"] == *word)
    };
    let failing = cases.iter().find(|case| {
        case["verdict"] == "fail" && case["curl"].as_array().is_some_and(|curl| !curl.is_empty())
    });
    let failing = failing.context("no case fails in this run")?["id"].as_str();
    let failing = failing.context("a case without id")?.to_owned();

    let mut hostile = events.clone();
    for event in &mut hostile {
        poison(event, &failing);
    }
    let mut large = Vec::new();
    for n in 0..MANY {
        for mut event in events.clone() {
            let profile = event["profile"].as_str().unwrap_or_default();
            event["profile"] = format!("{profile}-{n}").into();
            large.push(event);
        }
    }
    Ok(Pages {
        plain: render(binary, folder, "plain", &events)?,
        hostile: render(binary, folder, "hostile", &hostile)?,
        large: render(binary, folder, "large", &large)?,
        failing,
        cases: cases.len(),
        grave: cases.iter().filter(grave).count(),
    })
}

/// Puts the hostile text wherever a text of others may stand: in all members of one case, and in
/// those of the run.
fn poison(event: &mut Json, failing: &str) {
    let is_run = event["event"] != "case";
    if is_run || event["id"] == failing {
        for (name, member) in event.as_object_mut().into_iter().flatten() {
            let words =
                ["event", "profile", "id", "level", "verdict", "basis", "ending", "lineproof"];
            if !words.contains(&name.as_str()) {
                poison_texts(member);
            }
            if ["reason", "left_behind"].contains(&name.as_str()) {
                *member = HOSTILE.into();
            }
        }
    }
    if event["id"] == failing {
        let lost = json!({"line": 1, "text": HOSTILE, "claim": "accepted", "fate": {"is": "lost"}});
        let other = json!({"is": "mutated", "how": HOSTILE});
        let other = json!({"line": 2, "text": "m f=1i", "claim": "accepted", "fate": other});
        let good =
            json!({"line": 3, "text": "m f=2i", "claim": "accepted", "fate": {"is": "stored"}});
        event["ledgers"] = json!([[1, {"entries": [lost, other, good], "strays": [HOSTILE]}]]);
    }
}

fn poison_texts(value: &mut Json) {
    match value {
        Json::String(text) => *text = format!("{text}{HOSTILE}"),
        Json::Array(list) => list.iter_mut().for_each(poison_texts),
        Json::Object(members) => {
            for (name, member) in members.iter_mut() {
                if !["kind", "claim", "is"].contains(&name.as_str()) {
                    poison_texts(member);
                }
            }
        }
        _ => {}
    }
}

/// The report of these events.
fn render(binary: &Path, folder: &Path, name: &str, events: &[Json]) -> Result<PathBuf> {
    let (run, page) = (folder.join(format!("{name}.ndjson")), folder.join(format!("{name}.html")));
    let lines: String = events.iter().map(|event| format!("{event}\n")).collect();
    std::fs::write(&run, lines).context("the events")?;
    let mut command = Command::new(binary);
    command.args(["report", "render", "--format", "html", "--output"]).args([&page, &run]);
    let status = command.status().context("lineproof could not be started")?;
    if status.code() != Some(1) {
        bail!("{name}: `report render` ended with {status}, and the run with 1");
    }
    let size = std::fs::metadata(&page)?.len();
    println!("{name}: {} cases, {} kB", events.len(), size / 1000);
    ensure!(size < 20_000_000, "{name}: a report of {size} bytes");
    Ok(page)
}
