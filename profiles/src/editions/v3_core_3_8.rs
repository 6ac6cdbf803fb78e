//! InfluxDB 3 Core 3.8, as its branch `3.8` reads at 3.8.2: what differs from 3.8.0.
//!
//! One text: what `/api/v2/write` says of a bad line. Everything else that was compared is alike.

use super::v3_core_3_6::{
    API_V2_WRITE, CAPABILITIES, HTTP, INVALID, READ_BACK, SETTINGS, V2_WORDS, WRITE, WRITE_LP,
};
use super::v3_core_3_8_0::{self, ALL_MEMBERS};
use crate::answer::{Answer, Fault as F};
use crate::capability::Family;
use crate::http::Http;
use crate::registry::{Facts, Profile};
use crate::write::WriteEndpoint;

/// 3.8:influxdb3_write/src/write_buffer/mod.rs:65 (ee73766b14): with the line's error, without its
/// number.
pub(super) const V2_LINES: &[Answer] = &[Answer::new(
    F::LinesRejected,
    400,
    INVALID,
    "write buffer error: line protocol parse failed: {detail}",
)];

pub(crate) static V3_CORE_3_8: Profile = Profile {
    product: "v3-core",
    edition: "3.8",
    family: Family::V3,
    capabilities: CAPABILITIES,
    settings: SETTINGS,
    read_back: READ_BACK,
    facts: Facts {
        // 3.8:Cargo.toml, `3.8.2-nightly`.
        http: Http { version: "3.8.2", ..HTTP },
        write: &[
            WriteEndpoint { encoding: ALL_MEMBERS, ..WRITE_LP },
            WriteEndpoint { encoding: ALL_MEMBERS, answers: &[V2_WORDS, V2_LINES], ..API_V2_WRITE },
            WriteEndpoint { encoding: ALL_MEMBERS, ..WRITE },
        ],
        ..v3_core_3_8_0::FACTS
    },
};
