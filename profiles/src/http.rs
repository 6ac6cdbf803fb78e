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
    pub control_escapes: ControlEscapes,
    /// What other sites' pages may send.
    pub cors: Cors,
    /// Whether credentials are asked for where nobody said anything.
    pub auth_by_default: bool,
}

/// What other sites' pages may send, as the answers to them list it.
#[derive(Clone, Copy, Debug)]
pub struct Cors {
    /// `Access-Control-Allow-Methods`.
    pub methods: &'static str,
    /// `Access-Control-Allow-Headers`.
    pub headers: &'static str,
}

/// Which answers name the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseHeaders {
    /// Every one.
    Always,
    /// `/ping` alone.
    PingOnly,
}

/// How Go's JSON encoder writes the bytes 08 and 0C.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlEscapes {
    /// `\b` and `\f`: built with Go 1.22 or later.
    Short,
    /// `\u0008` and `\u000c`: built with an earlier Go.
    Hex,
}
