//! What a query asks of the server that runs it. The engine knows the store by this trait alone.

use crate::store::view::{Asked, Measurement, Names};

/// How a script names a bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BucketReference<'a> {
    /// `from(bucket: "…")`.
    Name(&'a str),
    /// `from(bucketID: "…")`, sixteen hexadecimal digits.
    Id(&'a str),
}

/// How a request names its organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrganizationReference<'a> {
    /// Neither `org` nor `orgID`, or both empty.
    Missing,
    /// `org`: a name, or an id where it has the form of one.
    NameOrId(&'a str),
    /// `orgID`, which wins over `org`.
    Id(&'a str),
}

/// A bucket, as far as Flux shows one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Sixteen hexadecimal digits.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The id of its organization.
    pub organization_id: String,
    /// How long points are kept, in nanoseconds; zero for ever.
    pub retention_nanoseconds: i64,
}

/// The server of one query: it has the organization and the rights of the request.
pub trait Host {
    /// Whether the organization exists; else the error's message, without the prefix that decoding
    /// puts before it (`organization name "x" not found`, `Please provide either orgID or org`, …).
    ///
    /// # Errors
    /// The message.
    fn find_organization(&self, organization: OrganizationReference<'_>) -> Result<(), String>;

    /// The bucket, if the organization has it and the request may read it.
    fn find_bucket(&self, bucket: BucketReference<'_>) -> Option<Bucket>;

    /// All buckets of the organization that the request may read, in the server's order.
    fn buckets(&self) -> Vec<Bucket>;

    /// What the bucket holds of what is asked for, or more, sorted as [`Measurement`] says, measurements by name. Points that the
    /// product cannot read back (a measurement written with `\=`) have to be left out here: names
    /// in the view are unescaped, so the engine cannot tell them.
    fn measurements(
        &self,
        bucket: &Bucket,
        names: Names<'_>,
        asked: &Asked<'_>,
    ) -> Vec<Measurement>;

    /// The present, in nanoseconds since 1970.
    fn now(&self) -> i64;
}
