//! The management API of the v2 family: what differs between its releases, and the names that its
//! answers carry. The write path has its own data.

use crate::answer::Answers;
use crate::http::ControlEscapes;

/// Whether a bucket `db` or `db/rp` can be used from `/write` and `/query` without a mapping.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum VirtualMappings {
    /// No: every database needs a mapping that someone made, and mappings have no `virtual` key.
    None,
    /// Yes: each bucket is a mapping of its own name.
    ByBucketName,
}

/// Which right on its bucket makes a mapping visible.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MappingVisibility {
    /// Read or write.
    ReadOrWrite,
    /// Read; `/write` lends read to what the token may write.
    Read,
}

/// A token given as Basic password or as `p`, on `/write` and `/query`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordToken {
    /// Not a credential: 401 `Unauthorized`.
    Refused,
    /// As good as the token in the header; the user name is not looked at.
    Accepted,
}

/// What a delete predicate with `_field="x"` gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeleteByField {
    /// 204, and nothing is deleted.
    Ignored,
    /// 501 `delete by field is not supported`.
    NotImplemented,
    /// The points of that field are deleted.
    Done,
}

/// Which answers to queries are compressed for who can read that; short ones never are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Compressed {
    /// Those of `/api/v2/query`.
    Flux,
    /// Those of `/query` too.
    FluxAndInfluxql,
}

impl Compressed {
    /// Below so many bytes nothing is compressed (`DefaultMinSize` of the Go package gziphandler
    /// 1.0.1, which every release of OSS 2 wraps its handlers in).
    pub const LEAST: usize = 1400;
}

/// What a success answer to a write or a delete means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Acknowledgement {
    /// It is done: the next query sees it.
    Stored,
    /// It is in a queue, and done in its turn: queries see it later, and points may be rejected
    /// then without the writer being told.
    Queued,
}

/// Which schemas a bucket can have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketSchemas {
    /// The one that its points make; buckets do not tell of it.
    ImplicitOnly,
    /// That one or an explicit one, by measurement, with an API to set it.
    ImplicitOrExplicit,
}

/// What an organisation's bucket `_monitoring` holds of what was not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RejectionLog {
    /// `write_errors`: one row for a write that storage faulted, with its message.
    WriteErrors,
    /// `rejected_points`: one row for each field that was rejected, one for each malformed line.
    RejectedPoints,
}

/// What `org` and `orgID` of a write, a delete or a query do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganisationParameter {
    /// One of them must name an organisation.
    Required,
    /// Nothing: the organisation is the token's.
    Ignored,
}

/// The management API of one release.
#[derive(Clone, Copy, Debug)]
pub struct V2Api {
    /// Which answers are compressed for who can read that.
    pub compressed: Compressed,
    /// The version string of the headers and of `/health`.
    pub version: &'static str,
    /// The commit of `/health`.
    pub commit: &'static str,
    /// How control characters are written in JSON.
    pub control_escapes: ControlEscapes,
    /// Mappings that nobody made.
    pub virtual_mappings: VirtualMappings,
    /// Who sees a mapping.
    pub mapping_visibility: MappingVisibility,
    /// Tokens as passwords on the compatibility endpoints.
    pub password_token: PasswordToken,
    /// What stands before each error of a delete request's body.
    pub delete_error_prefix: &'static str,
    /// What stands before the error of a body with something behind its JSON value; none where
    /// the release does not look behind it.
    pub delete_trailing_prefix: Option<&'static str>,
    /// Deleting by `_field`.
    pub delete_by_field: DeleteByField,
    /// The resource types that an operator token may read and write, in the order of its
    /// permissions.
    pub operator_resources: &'static [&'static str],
    /// The types that a permission may name.
    pub permission_resources: &'static [&'static str],
    /// The build that `/ping` names in a second pair of release headers, where it has one.
    pub second_ping_build: Option<&'static str>,
    /// What a wrong method on `/api/v2/me` is.
    pub me: MeRoutes,
    /// What success means.
    pub acknowledgement: Acknowledgement,
    /// Schemas of buckets.
    pub bucket_schemas: BucketSchemas,
    /// The log of what was not stored.
    pub rejection_log: RejectionLog,
    /// How a request names its organisation.
    pub organisation: OrganisationParameter,
    /// What a delete over its rate is answered with.
    pub delete_answers: Answers,
    /// What a query over its rate is answered with.
    pub query_answers: Answers,
}

/// Whether `/api/v2/me` shares the routes of `/api/v2/users`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeRoutes {
    /// It does: a POST makes a user.
    AsUsers,
    /// It has its own: a POST is no method of it.
    Own,
}

// tag v2.7.12: authz.go, AllResourceTypes; the operator's permissions leave out `instance`.
pub(crate) const RESOURCES_2_7: &[&str] = &[
    "authorizations",
    "buckets",
    "dashboards",
    "orgs",
    "sources",
    "tasks",
    "telegrafs",
    "users",
    "variables",
    "scrapers",
    "secrets",
    "labels",
    "views",
    "documents",
    "notificationRules",
    "notificationEndpoints",
    "checks",
    "dbrp",
    "notebooks",
    "annotations",
    "remotes",
    "replications",
    "instance",
];

/// oss-v2@2.7, recorded from 2.7.12.
pub const OSS_V2_2_7: V2Api = V2Api {
    // 2.7:http/query_handler.go:116, http/platform_handler.go:50.
    compressed: Compressed::FluxAndInfluxql,
    // Recorded: `X-Influxdb-Version: v2.7.12` (a leading `v`).
    version: "v2.7.12",
    // Tag v2.7.12; recordings replace it.
    commit: "ec9dcde5d6",
    // Recorded: names with 0x08 and 0x0c.
    control_escapes: ControlEscapes::Short,
    // Recorded: `/write?db=` of a bucket without a mapping is 204; `"virtual": false` in made ones.
    virtual_mappings: VirtualMappings::ByBucketName,
    // Recorded: `/query` with a token that may write only: `database not found`.
    mapping_visibility: MappingVisibility::Read,
    // Recorded: `/write?u=x&p=TOKEN` is 204 (since 2.7.5).
    password_token: PasswordToken::Accepted,
    // Recorded (since 2.5).
    delete_error_prefix: "error decoding json body",
    // Source: 2.7 http/delete_handler.go decodes the body a second time, as a whole.
    delete_trailing_prefix: Some("error decoding json body for predicate"),
    // Recorded: 501.
    delete_by_field: DeleteByField::NotImplemented,
    operator_resources: RESOURCES_2_7.split_at(22).0,
    permission_resources: RESOURCES_2_7,
    // Recorded: each header once.
    second_ping_build: None,
    // Recorded: POST is 405 without a body.
    me: MeRoutes::Own,
    // Recorded: what was answered 204 can be read at once.
    acknowledgement: Acknowledgement::Stored,
    // Recorded: no bucket has a `schemaType`.
    bucket_schemas: BucketSchemas::ImplicitOnly,
    // 2.7:storage/points_writer.go:32-69; recorded.
    rejection_log: RejectionLog::WriteErrors,
    // Recorded: `Please provide either orgID or org`.
    organisation: OrganisationParameter::Required,
    // No rate is counted.
    delete_answers: &[],
    query_answers: &[],
};
