//! What the fuzz targets share: how an input becomes a request, and what must hold of the answer.
//!
//! A target is a call of one of these functions; what is asserted can be read here.

mod agree;
#[path = "../../line-protocol/tests/support/oracle.rs"]
mod compare;
mod point;
mod scan;
mod sound;

pub use agree::{go_releases_agree, grammars_agree, iox_releases_agree};
pub use compare::difference;
pub use point::{AnyPoint, assert_read_back};
pub use scan::{assert_place_is_nothing, assert_scans_agree};
pub use sound::assert_sound;

use line_protocol::{Dialect, Options, Precision};

/// Every dialect that differs from the others.
pub const DIALECTS: [Dialect; 4] =
    [Dialect::GO_V1_6, Dialect::GO_V2, Dialect::IOX_3_6, Dialect::IOX_3_9];

/// The first byte says what the request asks for, the others are its body.
pub fn request(data: &[u8]) -> (Options, &[u8]) {
    let (choice, body) = data.split_first().map_or((0, data), |(first, body)| (*first, body));
    let default_time = if choice & 8 == 0 { 1_234_567_890 } else { -1_234_567_891 };
    (Options { precision: precision(choice), default_time }, body)
}

/// One of the precisions.
pub fn precision(choice: u8) -> Precision {
    match choice % 8 {
        0 => Precision::Nanosecond,
        1 => Precision::Microsecond,
        2 => Precision::Millisecond,
        3 => Precision::Second,
        4 => Precision::Minute,
        _ => Precision::Hour,
    }
}
