//! The vocabulary of the write endpoints.

use crate::answer::Answers;
use line_protocol::Precision;

/// One check between the credentials and the body. An endpoint lists its own in the order in which
/// the product makes them, since that order decides which of two faults is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// The precision is one of the endpoint's.
    Precision,
    /// The query string decodes into the endpoint's parameters, all at once (v3).
    Parameters,
    /// A database (bucket) is named.
    DatabaseNamed,
    /// The name is one that a namespace may have (the routing layer of v3).
    NamespaceName,
    /// The name is one that a database may have (the catalog of v3).
    DatabaseName,
    /// The body begins as gzip where it is announced as gzip.
    GzipHeader,
    /// The organisation exists.
    Organisation,
    /// The database, bucket or mapping exists and the caller may know it.
    DatabaseFound,
    /// The caller may write there.
    Permission,
}

/// How the query string names what is written to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Address {
    /// `db` and `rp`.
    DatabaseAndPolicy,
    /// `bucket` and `org` or `orgID`.
    Bucket,
    /// `bucket` alone, as `db` or `db/rp`, all behind the first slash being the policy (v1).
    BucketAsDatabaseAndPolicy,
    /// `db`.
    Database,
    /// `db`, with `rp` appended as `db/rp` unless it is `autogen` or `default` (v3).
    DatabaseWithPolicy,
    /// `bucket` alone is the database; the organisation is read and ignored (v3).
    BucketAsDatabase,
    /// `org` and `bucket`, both needed, joined to `org_bucket` where the name is checked.
    OrganisationAndBucket,
}

/// The spellings of the precision.
#[derive(Clone, Copy, Debug)]
pub struct PrecisionRule {
    /// Spelling and unit.
    pub units: &'static [(&'static str, Precision)],
    /// What an unknown spelling does.
    pub unknown: UnknownPrecision,
    /// What an absent precision means.
    pub absent: AbsentPrecision,
}

/// What an unknown spelling of the precision does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownPrecision {
    /// It is an error.
    Refused,
    /// It silently means nanoseconds.
    Nanoseconds,
}

/// What an absent precision means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AbsentPrecision {
    /// Nanoseconds; an empty one too.
    Nanoseconds,
    /// Nanoseconds; an empty one is an unknown spelling.
    NanosecondsEmptyRefused,
    /// Guessed from the size of each timestamp; an empty one is an unknown spelling.
    Guessed,
}

/// What is done with `Content-Encoding`.
#[derive(Clone, Copy, Debug)]
pub struct Encoding {
    /// The values that mean gzip, exactly.
    pub gzip: &'static [&'static str],
    /// What any other value does.
    pub unknown: UnknownEncoding,
    /// What follows the first gzip member.
    pub members: Members,
    /// Whether the body must be UTF-8.
    pub utf8: bool,
}

/// What an unknown content encoding does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UnknownEncoding {
    /// The body is taken as it is.
    Plain,
    /// It is an error, but for `identity`.
    Refused,
}

/// What follows the first member of a gzip body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Members {
    /// It is ignored.
    FirstOnly,
    /// It is read as further members.
    All,
}

/// How large a body may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SizeLimit {
    /// As large as it likes.
    None,
    /// So many bytes as sent; a larger announced one is refused before it is read, and the
    /// connection closed. What it inflates to is not counted.
    Sent(u64),
    /// So many bytes as sent, and again once inflated.
    SentAndInflated(u64),
    /// So many bytes as sent, and so many once inflated.
    Each {
        /// As sent.
        sent: u64,
        /// Inflated.
        inflated: u64,
    },
}

/// What one malformed line does to the rest of its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadLines {
    /// The whole batch is rejected, all reasons joined.
    RejectBatch,
    /// The good lines are stored; where storage drops points too, its message wins.
    StoreGood,
    /// Each reason goes into the log of rejected points; whether the whole batch is rejected or
    /// its good lines are accepted is a setting.
    Logged,
    /// The good lines are stored unless the caller says `accept_partial=false`; then, and always
    /// where the endpoint does not know that parameter, the first bad line rejects the batch.
    Tables {
        /// Whether `accept_partial` is known, and then true where it is absent.
        accept_partial: bool,
    },
    /// All bad lines are told of.
    Listed(GoodLines),
}

/// What becomes of the good lines of a batch whose bad ones are all told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GoodLines {
    /// They are stored.
    Stored,
    /// They are stored where the server's setting `partial-writes` says so.
    AsSet,
}

/// A write endpoint of a product.
#[derive(Clone, Copy, Debug)]
pub struct WriteEndpoint {
    /// Its path, exactly.
    pub path: &'static str,
    /// How the query string names what is written to.
    pub address: Address,
    /// The checks before the body, in order.
    pub checks: &'static [Check],
    /// The spellings of the precision.
    pub precision: PrecisionRule,
    /// The content encodings.
    pub encoding: Encoding,
    /// The size of a body.
    pub size: SizeLimit,
    /// What a bad line does.
    pub bad_lines: BadLines,
    /// The levels that `consistency` may have, checked after the lines; none where it is ignored.
    pub consistency: &'static [&'static str],
    /// What each fault is answered with.
    pub answers: Answers,
}
