//! Every scan, in a parser new or used, at the start of a body or far in it: the same lines.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lineproof_fuzz::{DIALECTS, assert_place_is_nothing, assert_scans_agree, request};

fuzz_target!(|data: &[u8]| {
    let (options, body) = request(data);
    for dialect in DIALECTS {
        assert_scans_agree(body, &dialect, &options);
    }
    // Long, so for one dialect only, which the input chooses as it does the place.
    let choice = data.last().copied().unwrap_or_default();
    assert_place_is_nothing(body, choice, &DIALECTS[usize::from(choice) % 4], &options);
});
