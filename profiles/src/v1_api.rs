//! What the v1 family has beside `/write` and `/query`, where its releases differ.

/// What `/ping?verbose=…` answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VerbosePing {
    /// As `/ping` does: 204.
    Ignored,
    /// 200 and the version, unless the value is empty, `0` or `false`.
    TellsVersion,
}

/// What `Authorization: Token user:password` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenScheme {
    /// No credentials.
    Unknown,
    /// A user and a password, in plain text.
    UserAndPassword,
}

/// What is under `/api/v2`, apart from writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum V2Routes {
    /// Nothing.
    None,
    /// Retention policies as buckets `db/rp`: list, make and delete from them. Flux is switched
    /// off, as it is by default.
    PoliciesAsBuckets,
}

/// The v1 family's habits of one release.
#[derive(Clone, Copy, Debug)]
pub struct V1Api {
    /// Whether there is a `/health`.
    pub health: bool,
    /// `/ping?verbose=…`.
    pub verbose_ping: VerbosePing,
    /// A scheme of v2 in the header.
    pub token_scheme: TokenScheme,
    /// Paths of v2.
    pub v2_routes: V2Routes,
}
