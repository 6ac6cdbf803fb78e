//! From a request's credentials to a token, and what a token may do to a bucket. Two doors: the
//! API under `/api/v2`, and the compatibility endpoints `/write` and `/query`, each with its own
//! schemes and its own words.

use super::catalog::{Action, Bucket, Catalog, Permission, Token};
use super::id::Id;
use super::reply::{ApiError, Code};
use crate::go_text::Query;
use base64::Engine as _;
use profiles::v2_api::PasswordToken;
use std::sync::Arc;

/// Why a request has no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AuthFailure {
    /// No credentials, or none that can be read; under `/api/v2` also wrong ones.
    Missing,
    /// Credentials that are wrong, or of a token that is switched off; compatibility endpoints.
    Wrong,
    /// The token's user is gone.
    NoUser,
}

impl From<AuthFailure> for ApiError {
    fn from(failure: AuthFailure) -> Self {
        match failure {
            AuthFailure::Missing => Self::new(Code::Unauthorized, "unauthorized access"),
            AuthFailure::Wrong => Self::new(Code::Unauthorized, "Unauthorized"),
            AuthFailure::NoUser => Self::new(Code::Forbidden, "User is inactive"),
        }
    }
}

/// The token of a request under `/api/v2`, from its `Authorization` header alone. A token that is
/// switched off is let in: it may do nothing.
///
/// # Errors
/// [`AuthFailure::Missing`], or [`AuthFailure::NoUser`].
pub fn api_token(
    catalog: &Catalog,
    authorization: Option<&[u8]>,
) -> Result<Arc<Token>, AuthFailure> {
    let header = authorization.ok_or(AuthFailure::Missing)?;
    let secret = after_scheme(header, b"Token ")
        .or_else(|| after_scheme(header, b"Bearer ").filter(|secret| !secret.is_empty()));
    let secret = secret.ok_or(AuthFailure::Missing)?;
    let token = catalog.token_by_secret(secret).ok_or(AuthFailure::Missing)?;
    catalog.user(token.user_id).map_err(|_| AuthFailure::NoUser)?;
    Ok(Arc::clone(token))
}

/// What follows the scheme, in any case; all of it, blanks too.
fn after_scheme<'h>(header: &'h [u8], scheme: &[u8]) -> Option<&'h [u8]> {
    let (start, rest) = header.split_at_checked(scheme.len())?;
    start.eq_ignore_ascii_case(scheme).then_some(rest)
}

/// The token of a request to `/write` or `/query`: `u` and `p`, else the header.
///
/// # Errors
/// [`AuthFailure::Missing`] or [`AuthFailure::Wrong`].
pub fn compat_token(
    catalog: &Catalog,
    query: &Query,
    authorization: Option<&[u8]>,
) -> Result<Arc<Token>, AuthFailure> {
    let credentials =
        parameters(query).or_else(|| authorization.and_then(header)).ok_or(AuthFailure::Missing)?;
    let secret = match credentials {
        Credentials::Token(secret) => secret,
        Credentials::Password(secret) => match catalog.release().password_token {
            PasswordToken::Accepted => secret,
            PasswordToken::Refused => return Err(AuthFailure::Wrong),
        },
    };
    let token = catalog.token_by_secret(&secret).filter(|token| token.active);
    token.map(Arc::clone).ok_or(AuthFailure::Wrong)
}

enum Credentials {
    Token(Vec<u8>),
    Password(Vec<u8>),
}

fn parameters(query: &Query) -> Option<Credentials> {
    let (user, password) = (query.first("u"), query.first("p"));
    let given = !user.is_empty() && !password.is_empty();
    given.then(|| Credentials::Password(password.to_vec()))
}

fn header(header: &[u8]) -> Option<Credentials> {
    let words: Vec<&[u8]> = header.split(|byte| *byte == b' ').collect();
    if let [b"Token", token] = words[..] {
        // `Token user:secret`: what stands before the first colon is not looked at.
        let at = token.iter().position(|byte| *byte == b':').map_or(0, |at| at + 1);
        return Some(Credentials::Token(token[at..].to_vec()));
    }
    let encoded = after_scheme(header, b"Basic ")?;
    let decoded = base64::engine::general_purpose::STANDARD.decode(encoded).ok()?;
    let colon = decoded.iter().position(|byte| *byte == b':')?;
    Some(Credentials::Password(decoded[colon + 1..].to_vec()))
}

/// The right to a bucket, as an endpoint asks for it: with the organisation of its request.
fn right(action: Action, org: Id, bucket: Id) -> Permission {
    Permission::new(action, "buckets", Some(bucket), Some(org))
}

/// That the token may write to the bucket; `org` is the request's organisation.
///
/// # Errors
/// 403 `insufficient permissions for write`.
pub fn check_write(token: &Token, org: Id, bucket: Id) -> Result<(), ApiError> {
    token.allows(&right(Action::Write, org, bucket)).map_err(|_| {
        let reason = if token.active { "" } else { ": token is inactive" };
        let message = format!("insufficient permissions for write{reason}");
        ApiError::new(Code::Forbidden, message)
    })
}

/// That the token may delete from the bucket.
///
/// # Errors
/// 403 `insufficient permissions to delete`.
pub fn check_delete(token: &Token, org: Id, bucket: Id) -> Result<(), ApiError> {
    token
        .allows(&right(Action::Write, org, bucket))
        .map_err(|_| ApiError::new(Code::Forbidden, "insufficient permissions to delete"))
}

/// Whether the token may read the bucket's points: to one that may not, it does not exist.
pub fn may_read(token: &Token, bucket: &Bucket) -> bool {
    token.allows(&right(Action::Read, bucket.org_id, bucket.id)).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::family::v2::fixture::{self, Fixture, OPERATOR};

    fn api(fixture: &Fixture, header: &str) -> Option<AuthFailure> {
        api_token(&fixture.catalog, Some(header.as_bytes())).err()
    }

    fn compat(fixture: &Fixture, query: &str, header: &str) -> Option<AuthFailure> {
        let header = Some(header.as_bytes()).filter(|h| !h.is_empty());
        compat_token(&fixture.catalog, &Query::parse(query), header).err()
    }

    /// Recorded from 2.7, `v2/header/...`.
    #[test]
    fn schemes_of_the_api() {
        let f = fixture::ready();
        for header in ["Token op-token", "Bearer op-token", "bearer op-token", "TOKEN op-token"] {
            assert_eq!(api(&f, header), None, "{header}");
        }
        for header in [
            "Token  op-token",
            "Token",
            "Bearer",
            "Garbage op-token",
            "Bearer zzz",
            "Token user:op-token",
            "Basic !!!",
            "Basic dXNlcjpvcC10b2tlbg==",
        ] {
            assert_eq!(api(&f, header), Some(AuthFailure::Missing), "{header}");
        }
        assert_eq!(api_token(&f.catalog, None), Err(AuthFailure::Missing));
    }

    /// Recorded from 2.7, `v1/header/...`, `v1/basic-...`, `v1/params-token`.
    #[test]
    fn schemes_of_the_compatibility_endpoints() {
        let f = fixture::ready();
        let basic = |text: &str| {
            format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(text))
        };
        assert_eq!(compat(&f, "", "Token op-token"), None);
        assert_eq!(compat(&f, "", "Token user:op-token"), None);
        assert_eq!(compat(&f, "", &basic(":op-token")), None);
        assert_eq!(compat(&f, "u=x&p=op-token", ""), None);
        for header in [
            "TOKEN op-token",
            "Bearer op-token",
            "Token  op-token",
            "Token",
            "op-token",
            "Bearer zzz",
            "Basic",
            &basic("op-token"),
            "",
        ] {
            assert_eq!(compat(&f, "p=op-token", header), Some(AuthFailure::Missing), "{header}");
        }
        assert_eq!(compat(&f, "", "Token zzz"), Some(AuthFailure::Wrong));
        assert_eq!(compat(&f, "", &basic("admin:password")), Some(AuthFailure::Wrong));
        let wins = compat(&f, "u=x&p=zzz", "Token op-token");
        assert_eq!(wins, Some(AuthFailure::Wrong), "parameters win over a good header");
    }

    /// Recorded from 2.7, `v2/permission/...`, `delete/...`, `v1/permission/...`.
    #[test]
    fn what_a_token_may_do_to_a_bucket() {
        let mut f = fixture::ready();
        let bucket = f.bucket("db");
        let other = f.bucket("other");
        let record = f.catalog.bucket(bucket).unwrap().clone();
        let tokens = [
            f.token(bucket, &[Action::Read]),
            f.token(bucket, &[Action::Write]),
            f.token(other, &[Action::Read, Action::Write]),
        ];
        let [ro, wo, elsewhere] = tokens.map(|id| Arc::clone(f.catalog.token(id).unwrap()));
        let message = |r: Result<(), ApiError>| {
            r.err().map(|e| String::from_utf8(e.message).unwrap()).unwrap_or_default()
        };
        for token in [&ro, &elsewhere] {
            let text = message(check_write(token, f.org, bucket));
            assert_eq!(text, "insufficient permissions for write");
            let text = message(check_delete(token, f.org, bucket));
            assert_eq!(text, "insufficient permissions to delete");
        }
        assert_eq!(message(check_write(&wo, f.org, bucket)), "");
        assert!(
            may_read(&ro, &record) && !may_read(&wo, &record) && !may_read(&elsewhere, &record)
        );

        // The compatibility endpoints find the bucket only for whom it exists.
        let write = |t: &Token| f.catalog.bucket_for_compat_write(t, b"db", b"").is_ok();
        let read = |t: &Token| f.catalog.bucket_for_compat_query(t, b"db", b"autogen").is_ok();
        assert!(write(&ro) && write(&wo) && !write(&elsewhere));
        assert!(read(&ro) && !read(&wo) && !read(&elsewhere));

        let off = f.catalog.update_token(ro.id, Some(false), None, 3).unwrap();
        let text = message(check_write(off, f.org, bucket));
        assert_eq!(text, "insufficient permissions for write: token is inactive");
        let secret = format!("Token {}", off.token);
        assert_eq!(compat(&f, "", &secret), Some(AuthFailure::Wrong));
        assert_eq!(api(&f, &secret), None);
        assert!(f.catalog.token_by_secret(OPERATOR.as_bytes()).is_some());
    }
}
