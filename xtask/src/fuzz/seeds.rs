//! Recorded bodies as the first inputs of a corpus, made anew for each run.

use crate::cargo::root;
use anyhow::{Context, Result};
use flate2::read::GzDecoder;
use serde_json::Value;
use std::fs::{self, File};
use std::io::Read;

/// The target whose inputs are no bodies: the fuzzer makes up its points.
const WITHOUT_BODIES: &str = "encode_round_trip";

/// Writes what is recorded into the target's corpus; says how many bodies that are.
pub(super) fn write(target: &str, longest: usize) -> Result<usize> {
    let corpus = root().join("fuzz/corpus").join(target);
    fs::create_dir_all(&corpus).with_context(|| format!("{} cannot be made", corpus.display()))?;
    if target == WITHOUT_BODIES {
        return Ok(0);
    }
    let mut count = 0;
    for (file, text) in [("vectors", "lp"), ("recorded-writes", "body")] {
        for row in rows(file)? {
            // Some bodies are recorded in another form, since they are not UTF-8: the fuzzer will
            // come to such ones by itself.
            let Some(body) = row[text].as_str().filter(|body| body.len() < longest) else {
                continue;
            };
            let first = precision(row["precision"].as_str().unwrap_or_default());
            let path = corpus.join(format!("recorded-{count:04}"));
            fs::write(&path, [&[first], body.as_bytes()].concat())
                .with_context(|| format!("{} cannot be written", path.display()))?;
            count += 1;
        }
    }
    Ok(count)
}

fn rows(name: &str) -> Result<Vec<Value>> {
    let path = root().join(format!("line-protocol/tests/data/{name}.jsonl.gz"));
    let file = File::open(&path).with_context(|| format!("{}", path.display()))?;
    let mut text = String::new();
    GzDecoder::new(file).read_to_string(&mut text)?;
    text.lines().map(|line| Ok(serde_json::from_str(line)?)).collect()
}

/// The byte that stands for this precision: see `request` in `fuzz/src/lib.rs`.
fn precision(name: &str) -> u8 {
    match name {
        "u" | "us" => 1,
        "ms" => 2,
        "s" => 3,
        "m" => 4,
        "h" => 5,
        _ => 0,
    }
}
