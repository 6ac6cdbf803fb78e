//! Mappings of a database and retention policy to a bucket: those that someone made, and in
//! releases that have them those that a bucket's name is.

use super::{Bucket, Catalog};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Code};
use crate::go_text::is_print;
use profiles::v2_api::VirtualMappings;
use serde::{Deserialize, Serialize};

/// A mapping.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mapping {
    /// Its id; a virtual one has its bucket's.
    pub id: Id,
    /// The database.
    pub database: String,
    /// The retention policy.
    pub retention_policy: String,
    /// Whether it serves the database without a retention policy.
    pub default: bool,
    /// Whether nobody made it.
    pub virtual_mapping: bool,
    /// Its organisation.
    pub org_id: Id,
    /// Its bucket.
    pub bucket_id: Id,
}

/// A mapping to be made.
#[derive(Clone, Debug)]
pub struct NewMapping {
    /// The database.
    pub database: String,
    /// The retention policy.
    pub retention_policy: String,
    /// Whether it shall be the default; the first of a database always is.
    pub default: bool,
    /// Its organisation.
    pub org_id: Id,
    /// Its bucket.
    pub bucket_id: Id,
}

/// Which mappings are wanted; `None` for any.
#[derive(Clone, Copy, Debug, Default)]
pub struct MappingFilter<'f> {
    /// The id.
    pub id: Option<Id>,
    /// The bucket.
    pub bucket_id: Option<Id>,
    /// The database.
    pub database: Option<&'f [u8]>,
    /// The retention policy.
    pub retention_policy: Option<&'f [u8]>,
    /// Whether it is the default.
    pub default: Option<bool>,
}

impl MappingFilter<'_> {
    fn takes(&self, mapping: &Mapping) -> bool {
        self.id.is_none_or(|id| id == mapping.id)
            && self.bucket_id.is_none_or(|id| id == mapping.bucket_id)
            && self.database.is_none_or(|db| db == mapping.database.as_bytes())
            && self.retention_policy.is_none_or(|rp| rp == mapping.retention_policy.as_bytes())
            && self.default.is_none_or(|default| default == mapping.default)
    }
}

impl Catalog {
    /// The mappings of an organisation that the filter takes: made ones by id, then virtual ones
    /// by their bucket's name. Only buckets that `readable` takes have virtual ones.
    pub fn mappings(
        &self,
        org: Id,
        filter: MappingFilter<'_>,
        readable: impl Fn(&Bucket) -> bool,
    ) -> Vec<Mapping> {
        let made = self.mappings.values().filter(|mapping| mapping.org_id == org);
        let mut found: Vec<Mapping> =
            made.map(|m| self.with_default(m)).filter(|m| filter.takes(m)).collect();
        if self.release.virtual_mappings == VirtualMappings::None {
            return found;
        }
        let buckets = match filter.bucket_id {
            Some(id) => self.buckets.get(&id).into_iter().collect(),
            None => self.buckets_of(org),
        };
        for bucket in buckets.into_iter().filter(|bucket| readable(bucket)) {
            let mut mapping = virtual_mapping(bucket);
            let mut hidden = false;
            for other in found.iter().filter(|m| m.database == mapping.database) {
                if other.retention_policy == mapping.retention_policy {
                    hidden = true;
                    break;
                }
                if other.default && mapping.default {
                    mapping.default = false;
                    break;
                }
            }
            if hidden {
                continue;
            }
            if mapping.org_id == org && filter.takes(&mapping) {
                found.push(mapping);
            }
        }
        found
    }

    fn with_default(&self, mapping: &Mapping) -> Mapping {
        let key = (mapping.org_id, mapping.database.clone());
        Mapping { default: self.defaults.get(&key) == Some(&mapping.id), ..mapping.clone() }
    }

    /// The mapping of this id, made or virtual.
    ///
    /// # Errors
    /// `unable to find DBRP`.
    pub fn mapping(
        &self,
        org: Id,
        id: Id,
        readable: impl Fn(&Bucket) -> bool,
    ) -> Result<Mapping, ApiError> {
        if let Some(mapping) = self.mappings.get(&id).filter(|mapping| mapping.org_id == org) {
            return Ok(self.with_default(mapping));
        }
        let bucket = self.buckets.get(&id).filter(|bucket| readable(bucket));
        match (self.release.virtual_mappings, bucket) {
            (VirtualMappings::ByBucketName, Some(bucket)) => Ok(virtual_mapping(bucket)),
            _ => Err(ApiError::not_found("unable to find DBRP")),
        }
    }

    /// That a mapping of this kind can be made, but for its bucket.
    ///
    /// # Errors
    /// A name is not allowed.
    pub fn check_mapping(database: &str, retention_policy: &str) -> Result<(), ApiError> {
        for (what, name) in [("database", database), ("retentionPolicy", retention_policy)] {
            let valid = !matches!(name, "" | "." | "..")
                && name.chars().all(|c| is_print(c) && c != '/' && c != '\\');
            if !valid {
                let message = format!(
                    "{what} must contain at least one character and only be letters, numbers, \
                     '_', '-', and '.'"
                );
                return Err(ApiError::invalid(message).behind("DBRP provided is invalid"));
            }
        }
        Ok(())
    }

    /// Makes a mapping. Whether its bucket exists is for the caller to check.
    ///
    /// # Errors
    /// Its database and retention policy are mapped already.
    pub fn create_mapping(&mut self, new: NewMapping) -> Result<Mapping, ApiError> {
        self.check_unique(new.org_id, &new.database, &new.retention_policy, None)?;
        let id = self.ids.ordered();
        let key = (new.org_id, new.database.clone());
        let default = new.default || !self.defaults.contains_key(&key);
        let mapping = Mapping {
            id,
            database: new.database,
            retention_policy: new.retention_policy,
            default,
            virtual_mapping: false,
            org_id: new.org_id,
            bucket_id: new.bucket_id,
        };
        if default {
            self.defaults.insert(key, id);
        }
        self.mappings.insert(id, mapping.clone());
        Ok(mapping)
    }

    fn check_unique(
        &self,
        org: Id,
        database: &str,
        retention_policy: &str,
        but: Option<Id>,
    ) -> Result<(), ApiError> {
        let taken = self.mappings.values().any(|m| {
            m.org_id == org
                && m.database == database
                && m.retention_policy == retention_policy
                && Some(m.id) != but
        });
        if taken {
            let message = "another DBRP mapping with same orgID, db, and rp exists";
            return Err(ApiError::new(Code::Conflict, message));
        }
        Ok(())
    }

    /// Changes a mapping's retention policy and whether it is the default. What is said of a
    /// virtual one is answered and not kept.
    ///
    /// # Errors
    /// The retention policy is not allowed, or taken.
    pub fn update_mapping(&mut self, changed: &Mapping) -> Result<(), ApiError> {
        Self::check_mapping(&changed.database, &changed.retention_policy)?;
        let but = Some(changed.id);
        self.check_unique(changed.org_id, &changed.database, &changed.retention_policy, but)?;
        let Some(old) = self.mappings.get_mut(&changed.id) else { return Ok(()) };
        old.retention_policy.clone_from(&changed.retention_policy);
        let key = (old.org_id, old.database.clone());
        if changed.default {
            self.defaults.insert(key, changed.id);
        } else if self.defaults.get(&key) == Some(&changed.id) {
            // The default passes on; the only mapping of a database keeps it.
            if let Some(next) = self.first_but(&key, changed.id) {
                self.defaults.insert(key, next);
            }
        }
        Ok(())
    }

    /// Deletes a mapping; one that does not exist is no error.
    pub fn delete_mapping(&mut self, org: Id, id: Id) {
        if self.mappings.get(&id).is_none_or(|mapping| mapping.org_id != org) {
            return;
        }
        let Some(old) = self.mappings.remove(&id) else { return };
        let key = (org, old.database);
        if self.defaults.get(&key) == Some(&id) {
            match self.first_but(&key, id) {
                Some(next) => self.defaults.insert(key, next),
                None => self.defaults.remove(&key),
            };
        }
    }

    fn first_but(&self, (org, database): &(Id, String), but: Id) -> Option<Id> {
        let same = |m: &&Mapping| m.org_id == *org && m.database == *database && m.id != but;
        self.mappings.values().find(same).map(|mapping| mapping.id)
    }
}

/// The mapping that a bucket's name is: `db` or `db/rp`.
fn virtual_mapping(bucket: &Bucket) -> Mapping {
    let (database, retention_policy) =
        bucket.name.split_once('/').unwrap_or((&bucket.name, "autogen"));
    Mapping {
        id: bucket.id,
        database: database.to_owned(),
        retention_policy: retention_policy.to_owned(),
        default: bucket.name == database,
        virtual_mapping: true,
        org_id: bucket.org_id,
        bucket_id: bucket.id,
    }
}
