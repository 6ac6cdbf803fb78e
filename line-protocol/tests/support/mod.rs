//! Reads the recorded facts.

#![allow(dead_code, clippy::unwrap_used)]

use flate2::read::GzDecoder;
use line_protocol::{Dialect, Options, Precision};
use serde_json::Value;
use std::io::Read;
use std::path::Path;

/// The lines of a gzipped file of `tests/data`.
pub(crate) fn load(name: &str) -> Vec<Value> {
    // At run time: a target folder that two clones share may hold the other one's test.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap();
    let path = Path::new(&here).join("tests/data").join(name);
    let mut text = String::new();
    GzDecoder::new(std::fs::File::open(path).unwrap()).read_to_string(&mut text).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn dialect(name: &str) -> Dialect {
    match name {
        "go-v1.6" => Dialect::GO_V1_6,
        "go-v1.12" => Dialect::GO_V1_12,
        "go-v2" => Dialect::GO_V2,
        "iox-3.6" => Dialect::IOX_3_6,
        other => panic!("unknown dialect {other}"),
    }
}

pub(crate) fn precision(name: &str) -> Precision {
    match name {
        "ns" => Precision::Nanosecond,
        "us" => Precision::Microsecond,
        "ms" => Precision::Millisecond,
        "s" => Precision::Second,
        other => panic!("unknown precision {other}"),
    }
}

pub(crate) fn options(precision: Precision) -> Options {
    Options { precision, default_time: 1_700_000_000_123_456_789 }
}

pub(crate) fn body(row: &Value) -> Vec<u8> {
    match row["body"].as_str() {
        Some(text) => text.as_bytes().to_vec(),
        None => base64(row["body_base64"].as_str().unwrap()),
    }
}

fn base64(text: &str) -> Vec<u8> {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes().filter(|b| *b != b'=') {
        let value = ALPHABET.iter().position(|b| *b == byte).unwrap();
        bits = (bits << 6) | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    bytes
}
