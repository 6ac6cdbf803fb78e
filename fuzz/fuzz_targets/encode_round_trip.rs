//! What the encoder accepts, the parser reads back.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lineproof_fuzz::{AnyPoint, DIALECTS, assert_read_back, precision};

fuzz_target!(|input: (u8, Vec<AnyPoint>)| {
    let (choice, points) = input;
    for dialect in DIALECTS {
        assert_read_back(&points, &dialect, precision(choice));
    }
});
