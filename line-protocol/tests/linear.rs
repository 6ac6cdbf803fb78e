//! Inputs made to be slow. Each is half a megabyte of a pattern that a careless parser would walk
//! again for every line, tag or field; whoever is quadratic needs minutes, not a second.

#![allow(clippy::unwrap_used)]

use line_protocol::{Dialect, Options, parse};
use std::time::{Duration, Instant};

/// Far above what an unoptimised linear parser needs on a loaded machine, far below quadratic.
const LIMIT: Duration = Duration::from_secs(20);
const SIZE: usize = 500_000;

fn fill(pattern: &str) -> String {
    pattern.repeat(SIZE / pattern.len())
}

#[test]
fn nothing_is_walked_twice() {
    let tags: String = (0..50_000).rev().map(|n| format!(",t{n:06}=v")).collect();
    let fields: String = (0..50_000).map(|n| format!("f{n}=1,")).collect();
    let inputs = [
        fill("x\n"),
        fill("m f=\"\n"),
        fill("m f=\"a\" \"\n"),
        fill("# a=\"\n"),
        fill("\n"),
        fill("\\"),
        fill("\\\n"),
        fill("\""),
        format!("m{tags} f=1"),
        format!("m {fields}last=1"),
        format!("m {fields}last=\""),
        format!("m {}", fill("f=\"a\",")),
        format!("m f={}", fill("1")),
        format!("m f={}i", fill("9")),
        format!("m f=\"{}", fill("\\\"")),
        format!("m f=1 {}", fill("9")),
        format!("m,t={} f=1", fill("=")),
        format!("m,{} f=1", fill("a,")),
        format!("m {}", fill("a\\=\"")),
    ];
    for input in &inputs {
        for dialect in [Dialect::GO_V1_6, Dialect::GO_V2, Dialect::IOX_3_6, Dialect::IOX_3_9] {
            let start = Instant::now();
            for item in parse(input.as_bytes(), &dialect, &Options::default()) {
                if let Err(error) = item {
                    assert!(error.original_line(input.as_bytes()).len() <= 20);
                }
                let taken = start.elapsed();
                assert!(taken < LIMIT, "{taken:?} for {input:.20?} {dialect:?}");
            }
        }
    }
}
