//! Headers and routing habits that are the same for all answers of a product.

/// What is the same for all answers.
#[derive(Clone, Copy, Debug)]
pub struct Http {
    /// `X-Influxdb-Version`: the release as it names itself.
    pub version: &'static str,
    /// `X-Influxdb-Build`.
    pub build: &'static str,
    /// Which answers carry the two headers above.
    pub release_headers: ReleaseHeaders,
    /// The bytes 08 and 0C in a JSON string.
    pub json_controls: JsonControls,
    /// Whether credentials are asked for where nobody said anything.
    pub auth_by_default: bool,
}

/// Which answers name the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseHeaders {
    /// Every one.
    Always,
    /// `/ping` alone.
    PingOnly,
}

/// How Go's JSON writes backspace and form feed: `\u0008` before Go 1.22, `\b` since.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JsonControls {
    /// `\b`, `\f`.
    Short,
    /// `\u0008`, `\u000c`.
    Unicode,
}
