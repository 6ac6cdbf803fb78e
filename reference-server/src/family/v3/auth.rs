//! Who asks: a token, in one of three schemes or as a parameter.

use super::catalog::Catalog;
use super::rights::Rights;
use crate::http::Request;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use profiles::answer::Fault;

/// Finds the token and knows whether it is one (3.6:influxdb3_server/src/http.rs:1813-1870). A
/// malformed header is refused even where no token is asked for.
///
/// # Errors
/// What is wrong with the credentials.
pub fn authenticate(
    required: bool,
    catalog: &Catalog,
    request: &Request,
    now: i64,
) -> Result<Rights, Fault> {
    let compatible = matches!(request.path.as_str(), "/write" | "/query");
    let parameter = request.query.get("p").filter(|_| compatible);
    let token = match parameter {
        Some(token) => Some(token.to_owned()),
        None => request.header("authorization").map(from_header).transpose()?,
    };
    match token {
        _ if !required => Ok(Rights::All),
        None => Err(Fault::CredentialsMissing),
        Some(token) => catalog.rights(&token, now).ok_or(Fault::CredentialsWrong),
    }
}

/// `<auth-scheme> <token>`: exactly one space, the scheme in this very case.
fn from_header(header: &str) -> Result<String, Fault> {
    let mut parts = header.trim_end().split(' ');
    match (parts.next(), parts.next(), parts.next()) {
        (Some("Bearer" | "Token"), Some(token), None) if !token.is_empty() => Ok(token.to_owned()),
        (Some("Basic"), Some(encoded), None) => {
            let decoded = STANDARD.decode(encoded).map_err(|_| Fault::CredentialsMalformed)?;
            let decoded = String::from_utf8(decoded).map_err(|_| Fault::CredentialsMalformed)?;
            match decoded.rsplit_once(':') {
                Some((user, token)) if !user.contains(':') => Ok(token.to_owned()),
                _ => Err(Fault::CredentialsMalformed),
            }
        }
        _ => Err(Fault::CredentialsMalformed),
    }
}
