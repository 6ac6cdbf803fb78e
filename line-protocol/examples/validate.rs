//! Reads line protocol from standard input and says what a product would make of it.
//!
//! ```text
//! cargo run -p line-protocol --example validate -- v2 < body.lp
//! ```

use line_protocol::{Dialect, Options, parse};
use std::io::Read;
use std::process::ExitCode;

fn main() -> ExitCode {
    let dialect = match std::env::args().nth(1).as_deref() {
        Some("v1") => Dialect::GO_V1_12,
        None | Some("v2") => Dialect::GO_V2,
        Some("v3") => Dialect::IOX_3_6,
        Some("v3.9") => Dialect::IOX_3_9,
        Some(other) => {
            eprintln!("unknown dialect {other}: v1, v2, v3 or v3.9");
            return ExitCode::from(2);
        }
    };
    let mut body = Vec::new();
    if let Err(error) = std::io::stdin().read_to_end(&mut body) {
        eprintln!("cannot read: {error}");
        return ExitCode::from(2);
    }
    let (mut good, mut bad) = (0_usize, 0_usize);
    for item in parse(&body, &dialect, &Options::default()) {
        match item {
            Ok(_) => good += 1,
            Err(error) => {
                bad += 1;
                println!("line {}: {}", error.line_number, error.message(&body));
            }
        }
    }
    println!("{good} good, {bad} bad");
    ExitCode::from(u8::from(bad > 0))
}
