//! The parser against the slow second reader.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lineproof_fuzz::{DIALECTS, difference, request};

fuzz_target!(|data: &[u8]| {
    let (options, body) = request(data);
    for dialect in DIALECTS {
        if let Some(difference) = difference(body, &dialect, &options) {
            panic!("{difference}");
        }
    }
});
