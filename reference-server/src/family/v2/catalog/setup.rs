//! The first steps: the first user, organisation, bucket and token in one go.

use super::{Action, Catalog, NewBucket, NewToken, Permission, User};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Code};

/// What the first set-up asks for.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The user's name.
    pub username: String,
    /// Their password; empty for none. It is checked and not kept: no endpoint here takes it.
    pub password: String,
    /// The organisation's name.
    pub org: String,
    /// The bucket's name.
    pub bucket: String,
    /// The bucket's retention in nanoseconds; 0 for ever.
    pub retention: i64,
    /// The operator token's secret; none for one of the server's choice.
    pub token: Option<String>,
}

/// What the first set-up made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SetupDone {
    /// The user.
    pub user: Id,
    /// The organisation.
    pub org: Id,
    /// The bucket.
    pub bucket: Id,
    /// The operator token.
    pub token: Id,
}

impl Catalog {
    /// Whether nobody was set up yet.
    pub fn setup_allowed(&self) -> bool {
        self.users.is_empty() && self.orgs.is_empty()
    }

    /// Sets up the server. A step that fails leaves the steps before it, as in the product.
    ///
    /// # Errors
    /// It was done before, something is missing, or a step fails.
    pub fn set_up(&mut self, setup: &Setup, now: i64) -> Result<SetupDone, ApiError> {
        if !self.setup_allowed() {
            let message = "onboarding has already been completed";
            return Err(ApiError::new(Code::Conflict, message));
        }
        let fields =
            [("username", &setup.username), ("org", &setup.org), ("bucket", &setup.bucket)];
        let missing: Vec<&str> =
            fields.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
        if !missing.is_empty() {
            let list = missing.join(",");
            let message = format!("onboarding failed: missing required fields [{list}]");
            return Err(ApiError::new(Code::Unprocessable, message));
        }
        if !setup.password.is_empty() && !(8..=72).contains(&setup.password.len()) {
            let message = "passwords must be between 8 and 72 characters long";
            return Err(ApiError::invalid(message));
        }
        let user = self.ids.ordered();
        self.users.insert(user, User { id: user, name: setup.username.clone() });
        let org = self.create_org(&setup.org, "", now)?;
        let bucket = NewBucket {
            name: setup.bucket.clone(),
            retention: setup.retention,
            ..NewBucket::default_of(org)
        };
        let bucket = self.create_bucket(bucket, now)?;
        let token = NewToken {
            token: setup.token.clone().filter(|token| !token.is_empty()),
            active: true,
            description: format!("{}'s Token", setup.username),
            org_id: org,
            user_id: user,
            permissions: self.operator_permissions(),
        };
        let token = self.create_token(token, now)?;
        Ok(SetupDone { user, org, bucket, token })
    }

    /// Every right.
    pub fn operator_permissions(&self) -> Vec<Permission> {
        let kinds = self.release.operator_resources.iter();
        kinds
            .flat_map(|kind| {
                [Action::Read, Action::Write].map(|a| Permission::new(a, kind, None, None))
            })
            .collect()
    }
}
