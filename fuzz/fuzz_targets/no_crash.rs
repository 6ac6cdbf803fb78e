//! Any bytes, every dialect: no panic, spans in bounds, every text can be made.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lineproof_fuzz::{DIALECTS, assert_sound, request};

fuzz_target!(|data: &[u8]| {
    let (options, body) = request(data);
    for dialect in DIALECTS {
        assert_sound(body, &dialect, &options);
    }
});
