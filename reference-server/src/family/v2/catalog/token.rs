//! Tokens, which the API calls authorizations: secrets with rights.

use super::{Action, Catalog, Permission};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Code};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// A token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Token {
    /// Its id.
    pub id: Id,
    /// The secret.
    pub token: String,
    /// Whether it can be used.
    pub active: bool,
    /// What someone wrote about it.
    pub description: String,
    /// The organisation that it belongs to.
    pub org_id: Id,
    /// The user who made it, or for whom it was made.
    pub user_id: Id,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// When it was made.
    pub created_at: i64,
    /// When it was changed last.
    pub updated_at: i64,
}

/// A token to be made.
#[derive(Clone, Debug)]
pub struct NewToken {
    /// The secret; none for one of the server's choice.
    pub token: Option<String>,
    /// [`Token::active`].
    pub active: bool,
    /// [`Token::description`].
    pub description: String,
    /// [`Token::org_id`].
    pub org_id: Id,
    /// [`Token::user_id`].
    pub user_id: Id,
    /// [`Token::permissions`].
    pub permissions: Vec<Permission>,
}

impl Token {
    /// Whether it is in use and may do this.
    pub fn may(&self, action: Action, kind: &str, id: Option<Id>, org_id: Option<Id>) -> bool {
        self.allows(&Permission::new(action, kind, id, org_id)).is_ok()
    }

    /// That it is in use and may do this.
    ///
    /// # Errors
    /// 401, in the words of the management API: `token is inactive` or `read:... is unauthorized`.
    pub fn allows(&self, wanted: &Permission) -> Result<(), ApiError> {
        if !self.active {
            return Err(ApiError::new(Code::Unauthorized, "token is inactive"));
        }
        if self.permissions.iter().any(|have| have.covers(wanted)) {
            return Ok(());
        }
        Err(ApiError::new(Code::Unauthorized, format!("{wanted} is unauthorized")))
    }
}

impl Catalog {
    /// All tokens, by id.
    pub fn tokens(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.tokens.values()
    }

    /// The token of this id.
    ///
    /// # Errors
    /// `authorization not found`.
    pub fn token(&self, id: Id) -> Result<&Arc<Token>, ApiError> {
        self.tokens.get(&id).ok_or_else(|| ApiError::not_found("authorization not found"))
    }

    /// The token with this secret.
    pub fn token_by_secret(&self, secret: &[u8]) -> Option<&Arc<Token>> {
        self.tokens.values().find(|token| token.token.as_bytes() == secret)
    }

    /// Makes a token.
    ///
    /// # Errors
    /// A right is another organisation's, the user or the organisation does not exist, or the
    /// secret is taken.
    pub fn create_token(&mut self, new: NewToken, now: i64) -> Result<Id, ApiError> {
        let foreign = |p: &&Permission| p.resource.org_id.is_some_and(|org| org != new.org_id);
        if let Some(permission) = new.permissions.iter().find(foreign) {
            let message = format!("permission {permission} is not for org id {}", new.org_id);
            return Err(ApiError::invalid(message));
        }
        if !self.users.contains_key(&new.user_id) || !self.orgs.contains_key(&new.org_id) {
            return Err(ApiError::invalid("unable to create token"));
        }
        let secret = new.token.unwrap_or_else(|| self.ids.token());
        if self.token_by_secret(secret.as_bytes()).is_some() {
            return Err(ApiError::new(Code::Conflict, "token already exists"));
        }
        let id = self.ids.ordered();
        let token = Token {
            id,
            token: secret,
            active: new.active,
            description: new.description,
            org_id: new.org_id,
            user_id: new.user_id,
            permissions: new.permissions,
            created_at: now,
            updated_at: now,
        };
        self.tokens.insert(id, Arc::new(token));
        Ok(id)
    }

    /// Switches a token on or off, or describes it anew.
    ///
    /// # Errors
    /// It does not exist.
    pub fn update_token(
        &mut self,
        id: Id,
        active: Option<bool>,
        description: Option<String>,
        now: i64,
    ) -> Result<&Arc<Token>, ApiError> {
        let token = self.tokens.get_mut(&id);
        let token = token.ok_or_else(|| ApiError::not_found("authorization not found"))?;
        let changed = Arc::make_mut(token);
        changed.updated_at = now;
        changed.active = active.unwrap_or(changed.active);
        changed.description = description.unwrap_or_else(|| changed.description.clone());
        Ok(token)
    }

    /// Deletes a token.
    ///
    /// # Errors
    /// It does not exist.
    pub fn delete_token(&mut self, id: Id) -> Result<(), ApiError> {
        self.token(id)?;
        self.tokens.remove(&id);
        Ok(())
    }
}
