//! Dialects in pairs, where they must agree.
#![no_main]

use libfuzzer_sys::fuzz_target;
use lineproof_fuzz::{go_releases_agree, grammars_agree, iox_releases_agree, request};

fuzz_target!(|data: &[u8]| {
    let (options, body) = request(data);
    go_releases_agree(body, &options);
    iox_releases_agree(body, &options);
    grammars_agree(body);
});
