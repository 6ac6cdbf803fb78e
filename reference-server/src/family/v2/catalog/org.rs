//! Organisations and users.

use super::{Catalog, NewBucket};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Code};
use serde::{Deserialize, Serialize};

const DAY: i64 = 24 * 3600 * 1_000_000_000;

/// An organisation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Org {
    /// Its id.
    pub id: Id,
    /// Its name, unique but for blanks around it.
    pub name: String,
    /// What someone wrote about it.
    pub description: String,
    /// When it was made.
    pub created_at: i64,
    /// When it was changed last.
    pub updated_at: i64,
}

/// A user; always active.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Their id.
    pub id: Id,
    /// Their name.
    pub name: String,
}

impl Catalog {
    /// All organisations, by id.
    pub fn orgs(&self) -> impl Iterator<Item = &Org> {
        self.orgs.values()
    }

    /// The organisation of this id.
    ///
    /// # Errors
    /// `organization not found`.
    pub fn org(&self, id: Id) -> Result<&Org, ApiError> {
        self.orgs.get(&id).ok_or_else(|| ApiError::not_found("organization not found"))
    }

    /// The organisation of this name.
    ///
    /// # Errors
    /// `organization name "x" not found`.
    pub fn org_by_name(&self, name: &[u8]) -> Result<&Org, ApiError> {
        let wanted = name.trim_ascii();
        self.orgs.values().find(|org| org.name.trim().as_bytes() == wanted).ok_or_else(|| {
            let mut message = b"organization name \"".to_vec();
            message.extend_from_slice(name);
            message.extend_from_slice(b"\" not found");
            ApiError::not_found(message)
        })
    }

    /// Makes an organisation and its two system buckets.
    ///
    /// # Errors
    /// The name is empty or taken.
    pub fn create_org(&mut self, name: &str, description: &str, now: i64) -> Result<Id, ApiError> {
        self.check_org_name(name)?;
        let id = self.ids.random();
        let org = Org {
            id,
            name: name.to_owned(),
            description: description.to_owned(),
            created_at: now,
            updated_at: now,
        };
        self.orgs.insert(id, org);
        // Source: 2.7 tenant/service_org.go.
        let system = [
            ("_tasks", 3 * DAY, "System bucket for task logs"),
            ("_monitoring", 7 * DAY, "System bucket for monitoring logs"),
        ];
        for (name, retention, description) in system {
            let bucket = NewBucket {
                org_id: id,
                name: name.to_owned(),
                description: description.to_owned(),
                retention,
                system: true,
                ..NewBucket::default_of(id)
            };
            self.create_bucket(bucket, now)?;
        }
        Ok(id)
    }

    fn check_org_name(&self, name: &str) -> Result<(), ApiError> {
        if name.trim().is_empty() {
            return Err(ApiError::invalid("org name is empty"));
        }
        if self.org_by_name(name.as_bytes()).is_ok() {
            let message = format!("organization with name {name} already exists");
            return Err(ApiError::new(Code::Conflict, message));
        }
        Ok(())
    }

    /// Renames an organisation or describes it anew.
    ///
    /// # Errors
    /// It does not exist, or the name is empty or taken.
    pub fn update_org(
        &mut self,
        id: Id,
        name: Option<String>,
        description: Option<String>,
        now: i64,
    ) -> Result<&Org, ApiError> {
        let name = name.filter(|name| self.orgs.get(&id).is_some_and(|o| o.name != *name));
        if let (Some(name), true) = (&name, self.orgs.contains_key(&id)) {
            self.check_org_name(name)?;
        }
        let org = self.orgs.get_mut(&id);
        let org = org.ok_or_else(|| ApiError::not_found("organization not found"))?;
        org.updated_at = now;
        org.name = name.unwrap_or_else(|| org.name.clone());
        org.description = description.unwrap_or_else(|| org.description.clone());
        Ok(org)
    }

    /// Deletes an organisation with its buckets, whose ids it returns.
    ///
    /// # Errors
    /// It does not exist.
    pub fn delete_org(&mut self, id: Id) -> Result<Vec<Id>, ApiError> {
        self.org(id)?;
        let buckets: Vec<Id> =
            self.buckets.values().filter(|b| b.org_id == id).map(|b| b.id).collect();
        for bucket in &buckets {
            self.remove_bucket(*bucket);
        }
        self.orgs.remove(&id);
        Ok(buckets)
    }

    /// The user of this id.
    ///
    /// # Errors
    /// `user not found`.
    pub fn user(&self, id: Id) -> Result<&User, ApiError> {
        self.users.get(&id).ok_or_else(|| ApiError::not_found("user not found"))
    }

    /// The user of this name.
    ///
    /// # Errors
    /// `user not found`.
    pub fn user_by_name(&self, name: &[u8]) -> Result<&User, ApiError> {
        let found = self.users.values().find(|user| user.name.as_bytes() == name);
        found.ok_or_else(|| ApiError::not_found("user not found"))
    }
}
