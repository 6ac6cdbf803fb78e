//! Instructions for one pass over each workload, counted by gungraun in valgrind: what
//! `cargo xtask instructions` runs and judges.
//!
//! Counts do not depend on who else uses the machine, so a gate can be narrow. They do depend on
//! the compiler and on what the processor can do. Each of them has a process of its own.

// Gungraun's macros make modules and functions without.
#![allow(missing_docs)]

mod contenders;

use contenders::Contender;
use gungraun::{Callgrind, LibraryBenchmarkConfig};
use gungraun::{library_benchmark, library_benchmark_group, main};
use lineproof_benches::{Tally, Workload, named};

/// A parser whose buffers have their size, and what it is to read.
struct Ready {
    parser: Contender,
    workload: Workload,
}

/// Not counted: composes, checks, and lets the buffers grow.
fn ready(parser: &str, workload: &str) -> Ready {
    let workload = named(workload).expect("one of the workloads");
    let mut parsers = contenders::parsers().into_iter();
    let name = parser.replace('_', "-");
    let mut parser =
        parsers.find(|parser| parser.name == name).expect("a parser of this processor");
    parser.check(&workload);
    Ready { parser, workload }
}

/// Not counted: the pass that was counted found what is there, as the one before it.
fn check((ready, found): (Ready, Tally)) {
    ready.parser.compare(&ready.workload, found);
}

/// A function for each parser, of its name, with an id for each workload: gungraun tells of them so.
macro_rules! parsers {
    ($($parser:ident),+ $(,)?) => {
        $(
            #[library_benchmark(setup = ready, teardown = check)]
            #[bench::tsbs(stringify!($parser), "tsbs")]
            #[bench::small(stringify!($parser), "small")]
            #[bench::wide(stringify!($parser), "wide")]
            #[bench::strings(stringify!($parser), "strings")]
            #[bench::escaped(stringify!($parser), "escaped")]
            #[bench::mixed(stringify!($parser), "mixed")]
            #[bench::one_line(stringify!($parser), "one_line")]
            #[bench::bad10(stringify!($parser), "bad10")]
            fn $parser(mut ready: Ready) -> (Ready, Tally) {
                let found = (ready.parser.run)(&ready.workload);
                (ready, found)
            }
        )+
        library_benchmark_group!(name = parsers, benchmarks = [$($parser),+]);
    };
}

#[cfg(target_arch = "x86_64")]
parsers!(influxdb_line_protocol, iox, go, iox_sse2, iox_scalar, iox_owned);
#[cfg(not(target_arch = "x86_64"))]
parsers!(influxdb_line_protocol, iox, go, iox_scalar, iox_owned);

main!(
    // Instructions only; to simulate caches too would take twice as long.
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = parsers
);
