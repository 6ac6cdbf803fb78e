//! Who asks: users with a password, by header or by parameters.

use super::catalog::{Catalog, User};
use crate::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use profiles::answer::Fault;
use profiles::v1_api::TokenScheme;

/// Who asks.
#[derive(Clone, Debug)]
pub enum Caller {
    /// Nobody in particular: credentials are not asked for.
    Anyone,
    /// Nobody yet: credentials are asked for, but there is no admin to have made any user.
    FirstAdmin,
    /// A user.
    User(User),
}

/// Finds the caller (1.6:services/httpd/handler.go parseCredentials and authenticate).
///
/// # Errors
/// What is wrong with the credentials.
pub fn authenticate(
    required: bool,
    tokens: TokenScheme,
    catalog: &Catalog,
    request: &Request,
) -> Result<Caller, Fault> {
    if !required {
        return Ok(Caller::Anyone);
    }
    if !catalog.has_admin() {
        return Ok(Caller::FirstAdmin);
    }
    let (name, password) = credentials(request, tokens)?;
    if name.is_empty() {
        return Err(Fault::UsernameRequired);
    }
    match catalog.user(&name) {
        Some(user) if user.password_is(&password) => Ok(Caller::User(user.clone())),
        _ => Err(Fault::CredentialsWrong),
    }
}

/// User and password: the parameters first, then the header.
fn credentials(request: &Request, tokens: TokenScheme) -> Result<(String, String), Fault> {
    let query = &request.query;
    if let (Some(user), Some(password)) = (query.non_empty("u"), query.non_empty("p")) {
        return Ok((user.to_owned(), password.to_owned()));
    }
    let header = request.header("authorization").ok_or(Fault::CredentialsMissing)?;
    let mut parts = header.split(' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("Bearer"), Some(_), None) => Err(Fault::BearerDisabled),
        (Some("Token"), Some(token), None) if tokens == TokenScheme::UserAndPassword => {
            let (user, password) = token.split_once(':').ok_or(Fault::CredentialsMissing)?;
            Ok((user.to_owned(), password.to_owned()))
        }
        (Some("Basic"), Some(encoded), None) => {
            let decoded = STANDARD.decode(encoded).map_err(|_| Fault::CredentialsMissing)?;
            let decoded = String::from_utf8_lossy(&decoded);
            let (user, password) = decoded.split_once(':').ok_or(Fault::CredentialsMissing)?;
            Ok((user.to_owned(), password.to_owned()))
        }
        _ => Err(Fault::CredentialsMissing),
    }
}
