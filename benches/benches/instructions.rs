//! Instructions for one pass over each workload: what `cargo xtask instructions` runs in valgrind.
//!
//! Counts do not depend on who else uses the machine, so a gate can be narrow. They do depend on
//! the compiler and on what the processor can do, which is why the latter is printed. Run by
//! itself, this only looks whether all parsers find what is there.

mod contenders;

use lineproof_benches::{Tally, Workload, all};
use std::hint::black_box;

fn main() {
    println!("cpu\t{}", cpu());
    let mut parsers = contenders::parsers();
    for workload in all() {
        for parser in &mut parsers {
            // Checks, and lets the buffers grow to their size.
            parser.check(&workload);
            black_box(counted_section(&mut parser.run, black_box(&workload)));
            println!("count\t{}\t{}", parser.name, workload.name);
        }
    }
}

/// Callgrind counts in here only, and is told so by this name.
#[inline(never)]
fn counted_section(run: &mut dyn FnMut(&Workload) -> Tally, workload: &Workload) -> Tally {
    run(workload)
}

/// The instruction sets that the libraries choose among.
fn cpu() -> String {
    #[cfg(target_arch = "x86_64")]
    let vectors = if std::is_x86_feature_detected!("avx2") { "avx2" } else { "sse2" };
    #[cfg(not(target_arch = "x86_64"))]
    let vectors = "default";
    format!("{} {vectors}", std::env::consts::ARCH)
}
