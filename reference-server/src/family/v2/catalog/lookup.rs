//! From the parameters of a request to an organisation and a bucket. Each endpoint has its own
//! rules; none of these looks at what the caller may see.

use super::{Action, Bucket, Catalog, Mapping, MappingFilter, Org, Token};
use crate::family::v2::id::{Id, IdError};
use crate::family::v2::reply::ApiError;
use crate::go_text::Query;
use profiles::v2_api::MappingVisibility;

/// Why a request names no organisation or bucket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// Neither `org` nor `orgID`.
    NoOrg,
    /// `orgID` or `bucketID` is no id.
    BadId(IdError),
    /// No organisation of this name or id.
    OrgNotFound(ApiError),
    /// Neither `bucket` nor `bucketID`, where that is an error of its own.
    NoBucket,
    /// No bucket of this name or id.
    BucketNotFound(ApiError),
    /// No mapping of this database and retention policy that the caller may see.
    NoMapping,
}

impl From<LookupError> for ApiError {
    fn from(error: LookupError) -> Self {
        match error {
            LookupError::NoOrg => Self::invalid("Please provide either orgID or org"),
            LookupError::BadId(error) => error.into(),
            LookupError::OrgNotFound(error) | LookupError::BucketNotFound(error) => error,
            LookupError::NoBucket => Self::invalid("Please provide either bucketID or bucket"),
            LookupError::NoMapping => Self::not_found("no dbrp mapping found"),
        }
    }
}

impl Catalog {
    /// The organisation of `org` (an id, else a name) or `orgID`, which wins: write, query and
    /// delete.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn org_of(&self, query: &Query) -> Result<&Org, LookupError> {
        let org = query.first("org");
        let org_id = query.first("orgID");
        let id = match Id::parse(org_id) {
            Ok(id) => Some(id),
            Err(error) if !org_id.is_empty() => return Err(LookupError::BadId(error)),
            Err(_) => Id::parse(org).ok(),
        };
        match id {
            Some(id) => self.org(id).map_err(LookupError::OrgNotFound),
            None if org.is_empty() => Err(LookupError::NoOrg),
            None => self.org_by_name(org).map_err(LookupError::OrgNotFound),
        }
    }

    /// The bucket of `/api/v2/write`: by id, whatever its organisation, else by name.
    ///
    /// # Errors
    /// `bucket "x" not found`.
    pub fn bucket_for_write(&self, org: Id, bucket: &[u8]) -> Result<&Bucket, LookupError> {
        let by_id = Id::parse(bucket).ok().and_then(|id| self.buckets.get(&id));
        match by_id {
            Some(bucket) => Ok(bucket),
            None => self.bucket_by_name(org, bucket).map_err(LookupError::BucketNotFound),
        }
    }

    /// The bucket of `/api/v2/delete`: `bucketID`, which wins, or `bucket`, an id or else a name.
    ///
    /// # Errors
    /// [`LookupError`].
    pub fn bucket_for_delete(&self, org: Id, query: &Query) -> Result<&Bucket, LookupError> {
        let bucket = query.first("bucket");
        let bucket_id = query.first("bucketID");
        let id = match Id::parse(bucket_id) {
            Ok(id) => Some(id),
            Err(error) if !bucket_id.is_empty() => return Err(LookupError::BadId(error)),
            Err(_) => Id::parse(bucket).ok(),
        };
        match id {
            Some(id) => self.bucket(id),
            None if bucket.is_empty() => return Err(LookupError::NoBucket),
            None => self.bucket_by_name(org, bucket),
        }
        .map_err(LookupError::BucketNotFound)
    }

    /// The bucket that `/write` maps a database and retention policy (empty: the default) to, in
    /// the token's organisation. A token sees what it may read or write.
    ///
    /// # Errors
    /// [`LookupError::NoMapping`].
    pub fn bucket_for_compat_write(
        &self,
        token: &Token,
        database: &[u8],
        retention_policy: &[u8],
    ) -> Result<&Bucket, LookupError> {
        let sees = |id: Id, org: Id| {
            token.may(Action::Read, "buckets", Some(id), Some(org))
                || token.may(Action::Write, "buckets", Some(id), Some(org))
        };
        self.mapped(token, database, retention_policy, sees)
    }

    /// The bucket that `/query` maps a database and retention policy (empty: the default) to, in
    /// the token's organisation. Which buckets a token sees is the release's.
    ///
    /// # Errors
    /// [`LookupError::NoMapping`].
    pub fn bucket_for_compat_query(
        &self,
        token: &Token,
        database: &[u8],
        retention_policy: &[u8],
    ) -> Result<&Bucket, LookupError> {
        let sees = |id, org| self.query_sees(token, id, org);
        self.mapped(token, database, retention_policy, sees)
    }

    /// The mappings that `/query` shows to a token: what `SHOW DATABASES` and `SHOW RETENTION
    /// POLICIES` list. Without a database, all of them.
    pub fn mappings_for_query(&self, token: &Token, database: Option<&[u8]>) -> Vec<Mapping> {
        let filter = MappingFilter { database, ..MappingFilter::default() };
        let sees = |id, org| self.query_sees(token, id, org);
        let readable = |bucket: &Bucket| {
            if bucket.system {
                token.may(Action::Read, "orgs", Some(bucket.org_id), None)
            } else {
                sees(bucket.id, bucket.org_id)
            }
        };
        let mut found = self.mappings(token.org_id, filter, readable);
        found.retain(|mapping| sees(mapping.bucket_id, mapping.org_id));
        found
    }

    fn query_sees(&self, token: &Token, bucket: Id, org: Id) -> bool {
        let either = self.release.mapping_visibility == MappingVisibility::ReadOrWrite;
        token.may(Action::Read, "buckets", Some(bucket), Some(org))
            || either && token.may(Action::Write, "buckets", Some(bucket), Some(org))
    }

    fn mapped(
        &self,
        token: &Token,
        database: &[u8],
        retention_policy: &[u8],
        sees: impl Fn(Id, Id) -> bool,
    ) -> Result<&Bucket, LookupError> {
        let named = !retention_policy.is_empty();
        let filter = MappingFilter {
            database: Some(database),
            retention_policy: named.then_some(retention_policy),
            default: (!named).then_some(true),
            ..MappingFilter::default()
        };
        let readable = |bucket: &Bucket| bucket.system || sees(bucket.id, bucket.org_id);
        let found = self.mappings(token.org_id, filter, readable);
        let mapping = found.iter().find(|m| sees(m.bucket_id, m.org_id));
        let bucket = mapping.and_then(|m| self.buckets.get(&m.bucket_id));
        bucket.ok_or(LookupError::NoMapping)
    }
}
