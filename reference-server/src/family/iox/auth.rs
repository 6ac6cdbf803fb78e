//! Who asks: a token in one of three schemes or as a parameter, and what it may do.

use super::Service;
use super::accounts::Accounts;
use super::catalog::Action;
use crate::family::v2;
use crate::family::v2::catalog::Token;
use crate::http::Request;
use crate::lock::lock;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use profiles::answer::Fault;
use std::sync::Arc;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody is asked.
    Anyone,
    /// Who sent this, which may be no token. A cluster looks at it once it knows the database.
    Secret(Option<Vec<u8>>),
    /// A token of an organisation, which the gateway knows before anything else.
    Token(Arc<Token>),
}

/// Finds the token: the header first, then `p` on the paths of v1
/// (metrico/influxdb_iox ab17bbc9:router/src/server/http/write/single_tenant/auth.rs).
fn secret(request: &Request) -> Option<Vec<u8>> {
    let header = request.headers.iter().find(|(name, _)| name == "authorization");
    let of_header = header.and_then(|(_, value)| from_header(value));
    let compatible = matches!(request.path.as_str(), "/write" | "/query");
    let parameter = || request.query.non_empty("p").filter(|_| compatible);
    of_header.or_else(|| parameter().map(|p| p.as_bytes().to_vec()))
}

/// A scheme in this very case, one space, and all that follows
/// (metrico/influxdb_iox ab17bbc9:authz/src/lib.rs, extract_token).
pub(crate) fn from_header(value: &[u8]) -> Option<Vec<u8>> {
    let mut parts = value.splitn(2, |byte| *byte == b' ');
    let token = match (parts.next()?, parts.next()?) {
        (b"Token" | b"Bearer", token) => token.to_vec(),
        (b"Basic", encoded) => {
            let decoded = STANDARD.decode(encoded).ok()?;
            decoded.splitn(2, |byte| *byte == b':').nth(1)?.to_vec()
        }
        _ => return None,
    };
    (!token.is_empty()).then_some(token)
}

impl Service {
    /// Who asks.
    pub(super) fn caller(&self, request: &Request) -> Result<Caller, Fault> {
        self.asker(secret(request))
    }

    /// Who asks with this secret.
    pub(super) fn asker(&self, secret: Option<Vec<u8>>) -> Result<Caller, Fault> {
        match &self.accounts {
            Accounts::Cluster(_) if !self.auth => Ok(Caller::Anyone),
            Accounts::Cluster(_) => Ok(Caller::Secret(secret)),
            Accounts::Organisations(catalog) => {
                let secret = secret.ok_or(Fault::CredentialsMissing)?;
                let catalog = lock(catalog);
                let token = catalog.token_by_secret(&secret).filter(|token| token.active);
                token.map(|token| Caller::Token(Arc::clone(token))).ok_or(Fault::CredentialsWrong)
            }
        }
    }

    /// Whether the caller may do this to a database, by its key.
    pub(super) fn may(&self, caller: &Caller, action: Action, key: &str) -> Result<(), Fault> {
        match (caller, &self.accounts) {
            (Caller::Secret(None), _) => Err(Fault::CredentialsMissing),
            (Caller::Secret(Some(secret)), Accounts::Cluster(catalog)) => {
                let catalog = lock(catalog);
                let token = catalog.token(secret).ok_or(Fault::CredentialsWrong)?;
                token.may(action, key).then_some(()).ok_or(Fault::Forbidden)
            }
            (Caller::Token(token), _) => {
                let action = match action {
                    Action::Read => v2::catalog::Action::Read,
                    Action::Write => v2::catalog::Action::Write,
                };
                let bucket = key.parse().ok();
                let allowed = token.may(action, "buckets", bucket, Some(token.org_id));
                allowed.then_some(()).ok_or(Fault::Forbidden)
            }
            (Caller::Anyone | Caller::Secret(_), _) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::from_header;

    /// The product's own test, test_extract_token.
    #[test]
    fn a_token_stands_behind_its_scheme() {
        for header in
            ["", "Basic", "Basic Og==", "Basic dXNlcm5hbWU6", "Bearer", "Bearer ", "Token"]
        {
            assert_eq!(from_header(header.as_bytes()), None, "{header}");
        }
        for header in ["token x", "bearer x", "Tokenx", "X x"] {
            assert_eq!(from_header(header.as_bytes()), None, "{header}");
        }
        for (header, token) in [
            ("Basic OnBhc3N3b3Jk", "password"),
            ("Basic dXNlcm5hbWU6cGFzc3dvcmQy", "password2"),
            ("Bearer token", "token"),
            ("Token token2", "token2"),
            ("Token  x", " x"),
        ] {
            assert_eq!(from_header(header.as_bytes()), Some(token.as_bytes().to_vec()), "{header}");
        }
    }
}
