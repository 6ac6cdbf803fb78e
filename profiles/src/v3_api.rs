//! What the v3 family says outside of writes and queries, where its releases differ.

/// What a path that is not routed, or a method that is not routed on one, is answered with: always
/// 404, the text alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownRoute {
    /// The text.
    pub text: &'static str,
    /// Whether it counts as the answer of a handler, which carries the CORS header.
    pub cors: bool,
}

/// The v3 family's habits of one release.
#[derive(Clone, Copy, Debug)]
pub struct V3Api {
    /// Paths that are not there.
    pub unknown_route: UnknownRoute,
    /// The `Content-Type` of `/health`.
    pub health_content_type: Option<&'static str>,
    /// Whether the 404 of a database that cannot be deleted names it.
    pub missing_database_named: bool,
    /// Whether answers carry the catalog's id, as `cluster-uuid`: all that come after the
    /// credentials' check, and its own refusals.
    pub cluster_uuid: bool,
    /// The product as `/ping` names it, where it does.
    pub ping_product: Option<&'static str>,
    /// Whether tokens can be made that may read or write some databases only.
    pub resource_tokens: bool,
}
