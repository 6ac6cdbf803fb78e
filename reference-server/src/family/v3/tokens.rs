//! Tokens: the admin's, and where the product has them those with rights on some databases.

use super::catalog;
use super::configure::failed;
use super::rights::{Grant, Rights};
use super::{Routed, Service, kept};
use crate::http::{Request, Response};
use crate::lock::lock;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::fmt::Write as _;

/// Where the admin's token is made, the one path for which no token is asked (recorded).
pub(super) const ADMIN: &str = "/api/v3/configure/token/admin";
/// Where tokens with rights on databases are made (docs-v2
/// enterprise/admin/tokens/resource/create.md).
pub(super) const CREATE: &str = "/api/v3/enterprise/configure/token";
/// Where any token is deleted (docs-v2 enterprise/api/auth-token).
pub(super) const DELETE: &str = "/api/v3/configure/token";

/// How many random characters a token has behind its prefix.
const TOKEN_LENGTH: usize = 86;

const SECOND: i64 = 1_000_000_000;

#[derive(Deserialize)]
struct CreateToken {
    token_name: String,
    permissions: Vec<Grant>,
    expiry_secs: Option<i64>,
}

impl Service {
    pub(super) fn create_admin_token(&self) -> Routed {
        if !self.auth {
            return failed(405, "endpoint disabled, started without auth");
        }
        self.add_token(catalog::OWNER, Rights::All, None)
    }

    /// A token with rights on databases. The words of its refusals are our own.
    pub(super) fn create_token(&self, body: Option<Vec<u8>>) -> Routed {
        match serde_json::from_slice::<CreateToken>(&body.unwrap_or_default()) {
            Ok(asked) => {
                let rights = Rights::Databases(asked.permissions);
                self.add_token(&asked.token_name, rights, asked.expiry_secs)
            }
            Err(error) => failed(400, &format!("serde json error: {error}")),
        }
    }

    fn add_token(&self, name: &str, rights: Rights, expiry: Option<i64>) -> Routed {
        let token = new_token();
        let now = self.clock.now();
        let expiry = expiry.map(|seconds| now.saturating_add(seconds.saturating_mul(SECOND)));
        let change = match self.journal.begin(0) {
            Ok(change) => change,
            Err(why) => return failed(500, &why.to_string()),
        };
        let mut catalog = lock(&self.catalog);
        let Some(id) = catalog.add_token(name, &token, rights, expiry) else {
            return failed(409, &format!("token name already exists, {name}"));
        };
        kept::record_catalog(&change, &catalog);
        drop(catalog);
        drop(change);
        let mut hash = String::new();
        for byte in catalog::hash(&token) {
            let _ = write!(hash, "{byte:02x}");
        }
        let time = |at: i64| {
            let time = jiff::Timestamp::from_nanosecond(i128::from(at));
            time.map(|time| time.to_string()).unwrap_or_default()
        };
        let body = json!({
            "id": id,
            "name": name,
            "token": token,
            "hash": hash,
            "created_at": time(now),
            "expiry": expiry.map_or(Json::Null, |at| time(at).into()),
        });
        // `json` alone is what the product says (recorded).
        Routed::Ok(Response::new(201).with("Content-Type", "json").with_body(body.to_string()))
    }

    pub(super) fn delete_token(&self, request: &Request) -> Routed {
        let Some(name) = request.query.get("token_name") else {
            return failed(400, "serde error: missing field `token_name`");
        };
        // Without it anybody could make the owner's token anew. Status and words are our own.
        if name == catalog::OWNER {
            return failed(405, "the owner's token cannot be deleted");
        }
        let change = match self.journal.begin(0) {
            Ok(change) => change,
            Err(why) => return failed(500, &why.to_string()),
        };
        let mut catalog = lock(&self.catalog);
        if catalog.remove_token(name) {
            kept::record_catalog(&change, &catalog);
            return Routed::Ok(Response::new(200));
        }
        failed(404, &format!("the requested resource was not found: {name}"))
    }
}

/// What a token without an admin's rights is told outside of writes and queries: our own words.
pub(super) fn admins_only() -> Routed {
    let body = json!({"code": "unauthorized", "message": "an admin token is needed for this"});
    Routed::Err(Response::new(401).with_body(body.to_string()))
}

fn new_token() -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut token = "apiv3_".to_owned();
    while token.len() < TOKEN_LENGTH + 6 {
        let bits = crate::ids::unique_bits();
        let letters = (0..10).map(|i| char::from(ALPHABET[(bits >> (6 * i)) as usize & 63]));
        token.extend(letters);
    }
    token.truncate(TOKEN_LENGTH + 6);
    token
}
