//! Buckets: their names, their retention, and the width of their shards.

use super::{Catalog, SchemaKind};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Code};
use crate::go_text::quote;
use profiles::v2_api::BucketSchemas;
use serde::{Deserialize, Serialize};

const HOUR: i64 = 3600 * 1_000_000_000;
const DAY: i64 = 24 * HOUR;

/// A bucket. Durations are nanoseconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bucket {
    /// Its id, by which the store knows its data.
    pub id: Id,
    /// The organisation that it belongs to.
    pub org_id: Id,
    /// Whether the server made it (`_tasks`, `_monitoring`).
    pub system: bool,
    /// What someone wrote about it; empty for none.
    pub description: String,
    /// Its name, unique in its organisation.
    pub name: String,
    /// The retention policy name that v1 sources give; empty for none. It decides nothing.
    pub rp: String,
    /// How long points are kept; 0 for ever.
    pub retention: i64,
    /// How much time a shard holds.
    pub shard_group: i64,
    /// Its schema, where the product's buckets tell of it.
    pub schema: Option<SchemaKind>,
    /// When it was made.
    pub created_at: i64,
    /// When it was changed last.
    pub updated_at: i64,
}

/// A bucket to be made.
#[derive(Clone, Debug)]
pub struct NewBucket {
    /// Its organisation.
    pub org_id: Id,
    /// Its name.
    pub name: String,
    /// Its description.
    pub description: String,
    /// [`Bucket::rp`].
    pub rp: String,
    /// [`Bucket::retention`].
    pub retention: i64,
    /// [`Bucket::shard_group`]; 0 for what fits the retention.
    pub shard_group: i64,
    /// [`Bucket::system`].
    pub system: bool,
    /// [`Bucket::schema`].
    pub schema: SchemaKind,
}

impl NewBucket {
    /// A bucket without a name, kept for ever.
    pub const fn default_of(org_id: Id) -> Self {
        Self {
            org_id,
            name: String::new(),
            description: String::new(),
            rp: String::new(),
            retention: 0,
            shard_group: 0,
            system: false,
            schema: SchemaKind::Implicit,
        }
    }
}

/// What changes of a bucket.
#[derive(Clone, Debug, Default)]
pub struct BucketUpdate {
    /// Its name.
    pub name: Option<String>,
    /// Its description.
    pub description: Option<String>,
    /// Its retention.
    pub retention: Option<i64>,
    /// Its shards' width.
    pub shard_group: Option<i64>,
}

impl Catalog {
    /// All buckets, by id.
    pub fn buckets(&self) -> impl Iterator<Item = &Bucket> {
        self.buckets.values()
    }

    /// The buckets of an organisation, by name.
    pub fn buckets_of(&self, org: Id) -> Vec<&Bucket> {
        let mut found: Vec<_> = self.buckets.values().filter(|b| b.org_id == org).collect();
        found.sort_by(|a, b| a.name.cmp(&b.name));
        found
    }

    /// The bucket of this id.
    ///
    /// # Errors
    /// `bucket not found`.
    pub fn bucket(&self, id: Id) -> Result<&Bucket, ApiError> {
        self.buckets.get(&id).ok_or_else(|| ApiError::not_found("bucket not found"))
    }

    /// The bucket of this name.
    ///
    /// # Errors
    /// `bucket "x" not found`.
    pub fn bucket_by_name(&self, org: Id, name: &[u8]) -> Result<&Bucket, ApiError> {
        let found = self.buckets.values().find(|b| b.org_id == org && b.name.as_bytes() == name);
        found.ok_or_else(|| ApiError::not_found(format!("bucket {} not found", quote(name))))
    }

    /// Makes a bucket.
    ///
    /// # Errors
    /// In this order: the name is not allowed, the organisation does not exist, the name is
    /// taken, the retention is too short.
    pub fn create_bucket(&mut self, new: NewBucket, now: i64) -> Result<Id, ApiError> {
        check_name(&new.name, new.system)?;
        self.org(new.org_id)?;
        if self.bucket_by_name(new.org_id, new.name.as_bytes()).is_ok() {
            let message = format!("bucket with name {} already exists", new.name);
            return Err(ApiError::new(Code::Conflict, message));
        }
        check_retention(new.retention)?;
        let id = self.ids.random();
        let bucket = Bucket {
            id,
            org_id: new.org_id,
            system: new.system,
            description: new.description,
            name: new.name,
            rp: new.rp,
            retention: new.retention,
            shard_group: shard_group(new.shard_group, new.retention),
            schema: match self.release.bucket_schemas {
                BucketSchemas::ImplicitOnly => None,
                BucketSchemas::ImplicitOrExplicit => Some(new.schema),
            },
            created_at: now,
            updated_at: now,
        };
        self.buckets.insert(id, bucket);
        Ok(id)
    }

    /// Changes a bucket.
    ///
    /// # Errors
    /// In this order: it does not exist, its durations do not fit, its name is not allowed or
    /// taken.
    pub fn update_bucket(
        &mut self,
        id: Id,
        update: BucketUpdate,
        now: i64,
    ) -> Result<&Bucket, ApiError> {
        let old = self.bucket(id)?;
        check_durations(old, &update)?;
        if let Some(name) = update.name.as_ref().filter(|name| **name != old.name) {
            if old.system {
                return Err(ApiError::invalid("system buckets cannot be renamed"));
            }
            check_name(name, false)?;
            if self.bucket_by_name(old.org_id, name.as_bytes()).is_ok() {
                return Err(ApiError::new(Code::Conflict, "bucket name is not unique"));
            }
        }
        let bucket = self.buckets.get_mut(&id);
        let bucket = bucket.ok_or_else(|| ApiError::not_found("bucket not found"))?;
        bucket.updated_at = now;
        bucket.name = update.name.unwrap_or_else(|| bucket.name.clone());
        bucket.description = update.description.unwrap_or_else(|| bucket.description.clone());
        bucket.retention = update.retention.unwrap_or(bucket.retention);
        bucket.shard_group = update.shard_group.unwrap_or(bucket.shard_group);
        Ok(bucket)
    }

    /// Deletes a bucket and the mappings to it.
    ///
    /// # Errors
    /// It does not exist, or the server made it.
    pub fn delete_bucket(&mut self, id: Id) -> Result<(), ApiError> {
        if self.bucket(id)?.system {
            return Err(ApiError::invalid("system buckets cannot be deleted"));
        }
        self.remove_bucket(id);
        Ok(())
    }

    pub(super) fn remove_bucket(&mut self, id: Id) {
        self.buckets.remove(&id);
        let orphans: Vec<(Id, Id)> = self
            .mappings
            .values()
            .filter(|mapping| mapping.bucket_id == id)
            .map(|mapping| (mapping.org_id, mapping.id))
            .collect();
        for (org, mapping) in orphans {
            self.delete_mapping(org, mapping);
        }
    }
}

fn check_name(name: &str, system: bool) -> Result<(), ApiError> {
    let why = if name.starts_with('_') && !system {
        "Buckets may not start with underscore"
    } else if name.contains('"') {
        "Bucket names may not include quotation marks"
    } else {
        return Ok(());
    };
    Err(ApiError::invalid(format!("bucket name {name} is invalid. {why}")))
}

fn check_retention(retention: i64) -> Result<(), ApiError> {
    if retention != 0 && retention < HOUR {
        // A plain Go error, so no more than 500.
        let message = "retention policy duration must be at least 1h0m0s";
        return Err(ApiError::new(Code::Internal, message));
    }
    Ok(())
}

/// Source: 2.7 v1/services/meta/data.go, `UpdateRetentionPolicy`.
fn check_durations(old: &Bucket, update: &BucketUpdate) -> Result<(), ApiError> {
    if let Some(retention) = update.retention {
        check_retention(retention)?;
    }
    let retention = update.retention.unwrap_or(old.retention);
    let shard_group = update.shard_group.unwrap_or(old.shard_group);
    let changes = update.retention.is_some() || update.shard_group.is_some();
    if changes && retention > 0 && retention < shard_group {
        let message =
            "shard-group duration must also be updated to be smaller than new retention duration";
        return Err(ApiError::new(Code::Unprocessable, message));
    }
    Ok(())
}

/// The width of a bucket's shards: what was asked for, an hour at least, or what fits the
/// retention.
const fn shard_group(asked: i64, retention: i64) -> i64 {
    match (asked, retention) {
        (1.., _) if asked < HOUR => HOUR,
        (1.., _) => asked,
        (..0, _) => HOUR,
        (0, 0) => 7 * DAY,
        (0, _) if retention >= 180 * DAY => 7 * DAY,
        (0, _) if retention >= 2 * DAY => DAY,
        (0, _) => HOUR,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_fit_the_retention() {
        // Recorded from 2.7: 604800 for ever, 3600 for an hour.
        let widths = [(0, 7 * DAY), (HOUR, HOUR), (2 * DAY, DAY), (180 * DAY, 7 * DAY)];
        for (retention, width) in widths {
            assert_eq!(shard_group(0, retention), width);
        }
        assert_eq!((shard_group(1, 0), shard_group(2 * HOUR, DAY)), (HOUR, 2 * HOUR));
    }
}
