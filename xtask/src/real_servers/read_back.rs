//! The suite on VictoriaMetrics once more, with what it stores read back by the suite's own program:
//! what a client is told and what is stored then part in ways that are known, and each must be found.

use super::{Arguments, PROFILE};
use crate::peer::Peer;
use anyhow::{Context, Result};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

/// No case has it in a name, so that measurement and field can be told apart for sure.
const SEPARATOR: &str = "@@";

/// A case, the kind of finding, and a part of its text. Each was seen by hand on release 1.79.5: the
/// request with curl, then `/internal/force_flush` and `/api/v1/export`.
const MUST_BE_FOUND: &[(&str, &str, &str)] = &[
    // 204, and the lines are not there.
    ("batch/three-bad-lines-of-three-kinds", "honesty", "line 2 LOST: cpu v= "),
    ("field/integer-above-the-maximum", "honesty", "line 1 LOST"),
    // 204 to a bad line, which is stored as something else.
    ("string/without-quotes", "stored", "= cpu v=0 1700000000000000000"),
    ("batch/second-and-fourth-of-four-bad", "stored", "= \"\",room=kitchen temp=22"),
    // 400, and the line before the one that is too long is stored.
    ("limits/exactly-10-mib", "honesty", "line 1 PHANTOM"),
    // A line within a string is stored as a line.
    ("string/whole-line-inside", "honesty", "PHANTOM, written by no line: cpu v=2"),
    // A point that is written again is there twice.
    ("batch/same-point-twice", "honesty", "line 1 DUPLICATED"),
    // Twelve digits are left of seventeen.
    ("field/float-of-seventeen-digits", "honesty", "MUTATED (f is 0.183614557087)"),
    // The first second of 1970 is taken for no time at all.
    ("timestamp/zero", "honesty", "MUTATED (its time is {now})"),
];

/// Runs it; what is wrong.
pub(super) fn check(binary: &Path, arguments: &Arguments) -> Result<Vec<String>> {
    let separator = format!("-influxMeasurementFieldSeparator={SEPARATOR}");
    let peer = Peer::victoria_metrics(&[&separator])?;
    let program =
        format!("'{}' read-back victoria-metrics --separator {SEPARATOR}", binary.display());
    let folder = tempfile::tempdir().context("no folder for the events")?;
    let events = folder.path().join("events");
    let mut options: Vec<OsString> = ["--format", "json", "--output"].map(OsString::from).to_vec();
    options.extend([events.clone().into(), "--read-back".into(), program.into()]);
    let mut wrong = Vec::new();
    wrong.extend(super::check(binary, &peer, "read back by its export", &options, arguments, 1)?);
    let text = std::fs::read_to_string(&events).context("the run left no events")?;
    let found = findings(&text);
    println!("{} of {PROFILE}'s cases with findings", found.len());
    for (case, kind, text) in MUST_BE_FOUND.iter().filter(|_| arguments.cases.is_empty()) {
        let own = found.get(*case).map_or(&[][..], Vec::as_slice);
        if own.iter().any(|(k, t)| k == kind && t.contains(text)) {
            println!("  found as it must be: {case}: {text}");
        } else {
            wrong.push(format!("{} (read back): {case} has no finding \"{text}\"", peer.name()));
        }
    }
    Ok(wrong)
}

/// The findings of a run's events by case: kind and text of each.
fn findings(events: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let text = |json: &Json, key: &str| {
        json.get(key).and_then(Json::as_str).unwrap_or_default().to_owned()
    };
    let mut found: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for line in events.lines() {
        let Ok(event) = serde_json::from_str::<Json>(line) else { continue };
        let own = event.get("findings").and_then(Json::as_array).into_iter().flatten();
        for finding in own {
            let pair = (text(finding, "kind"), text(finding, "got"));
            found.entry(text(&event, "id")).or_default().push(pair);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo::root;

    #[test]
    fn what_must_be_found_names_cases_without_the_separator() {
        let mut cases = Vec::new();
        for area in std::fs::read_dir(root().join("cases")).unwrap() {
            let Ok(files) = std::fs::read_dir(area.unwrap().path()) else { continue };
            cases.extend(files.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()));
        }
        assert!(cases.iter().all(|case| !case.contains(SEPARATOR)));
        for (id, _, _) in MUST_BE_FOUND {
            let is_it = |case: &String| {
                let id_line = case.lines().find(|line| line.starts_with("id "));
                id_line.is_some_and(|line| line.contains(&format!("\"{id}\"")))
            };
            assert!(cases.iter().any(is_it), "{id}");
        }
    }
}
