//! When two requests are the same: what a request says, without what differs from server to server
//! and without what HTTP lets a client spell in several ways.

use base64::Engine;
use flate2::bufread::GzDecoder;
use profiles::Family;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Read;

/// A request, sent or recorded.
#[derive(Clone, Debug, Default)]
pub(super) struct Asked {
    pub(super) method: String,
    pub(super) path: String,
    pub(super) query: String,
    /// Names in lower case; without those that only carry the body.
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
    pub(super) chunked: bool,
}

/// What was asked in a database so far, in order; reading leaves it as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct History(u64);

impl History {
    /// With one more request.
    pub(super) fn and(self, key: u64) -> Self {
        Self(digest(&(self.0, key)))
    }

    /// Of a database that was made with this retention, in seconds.
    pub(super) fn retention(seconds: u64) -> Self {
        Self(digest(&("retention", seconds)))
    }
}

/// A header of the requests that nobody authorizes in another way.
pub(super) const fn owner(family: Family) -> &'static str {
    match family {
        Family::V1 => "Basic @b64:admin:admin",
        Family::V2 => "Token {token}",
        Family::V3 | Family::Iox(_) => "Bearer {token}",
    }
}

/// What is asked. `take_back` puts placeholders for what differs from server to server.
pub(super) fn key(family: Family, asked: &Asked, take_back: &dyn Fn(&str) -> String) -> u64 {
    let path = take_back(&asked.path);
    let mut pairs = pairs(&take_back(&asked.query));
    // Version 3 has no organisations; clients of version 2 send one all the same.
    if family == Family::V3 && path == "/api/v2/write" {
        pairs.retain(|(name, _)| name != "org");
    }
    let mut headers: Vec<(&str, String)> = Vec::new();
    for (name, value) in &asked.headers {
        let value = if name == "authorization" {
            take_back(&credentials(value.trim()))
        } else {
            take_back(value.trim())
        };
        headers.push((name, value));
    }
    headers.sort();
    let encoded = headers.iter().any(|(n, v)| *n == "content-encoding" && v == "gzip");
    let inflated = encoded.then(|| inflate(&asked.body)).flatten();
    let body = match inflated {
        Some(body) => ("inflated", body),
        // Bytes that are compressed, or too many to be worth looking through.
        None if asked.body.len() > 5000 => ("as it is", asked.body.clone()),
        None => match std::str::from_utf8(&asked.body) {
            Ok(text) => ("as it is", take_back(text).into_bytes()),
            Err(_) => ("as it is", asked.body.clone()),
        },
    };
    digest(&(&asked.method, path, pairs, headers, body, asked.chunked))
}

/// Whether this request leaves everything that is stored as it is.
pub(super) fn only_reads(asked: &Asked) -> bool {
    let query = pairs(&asked.query);
    let text = query.iter().find(|(name, _)| name == "q").map_or("", |(_, q)| q.as_str());
    let word = text.split_whitespace().next().unwrap_or_default().to_ascii_uppercase();
    match (asked.method.as_str(), asked.path.as_str()) {
        (_, "/query") => {
            matches!(word.as_str(), "" | "SELECT" | "SHOW")
                && !text.to_ascii_uppercase().contains(" INTO ")
        }
        ("GET" | "HEAD" | "OPTIONS", _) => true,
        ("POST", "/api/v3/query_sql" | "/api/v3/query_influxql") => true,
        ("POST", "/api/v2/query") => !String::from_utf8_lossy(&asked.body).contains("to("),
        _ => false,
    }
}

/// The first value of a parameter.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = pairs(query).into_iter();
    pairs.find(|(known, _)| known == name).map(|(_, value)| value)
}

/// The pairs of a query string, decoded; several values of one name stay in their order.
fn pairs(query: &str) -> Vec<(String, String)> {
    let decode = |text: &str| {
        let spaced = text.replace('+', " ");
        match percent_encoding::percent_decode_str(&spaced).decode_utf8() {
            Ok(decoded) => decoded.into_owned(),
            Err(_) => text.to_owned(),
        }
    };
    let split = |pair: &str| match pair.split_once('=') {
        Some((name, value)) => (decode(name), decode(value)),
        // A name without a value is not a name with an empty one.
        None => (decode(pair), "\0".to_owned()),
    };
    let mut pairs: Vec<_> = query.split('&').filter(|p| !p.is_empty()).map(split).collect();
    pairs.sort_by(|a, b| a.0.cmp(&b.0));
    pairs
}

/// Basic credentials as the recordings write them: `Basic @b64:user:password`.
fn credentials(value: &str) -> String {
    let decoded = value.strip_prefix("Basic ").and_then(|pair| {
        let bytes = base64::engine::general_purpose::STANDARD.decode(pair).ok()?;
        String::from_utf8(bytes).ok()
    });
    decoded.map_or_else(|| value.to_owned(), |pair| format!("Basic @b64:{pair}"))
}

/// What a whole and valid gzip body inflates to.
fn inflate(body: &[u8]) -> Option<Vec<u8>> {
    let mut reader = GzDecoder::new(body);
    let mut inflated = Vec::new();
    reader.read_to_end(&mut inflated).ok()?;
    // What follows the first member is read in several ways: compare such bodies by their bytes. The
    // decoder takes no more of a buffered reader than its member.
    reader.into_inner().is_empty().then_some(inflated)
}

fn digest(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key_of(query: &str, authorization: &str) -> u64 {
        let headers = vec![("authorization".to_owned(), authorization.to_owned())];
        let asked = Asked {
            method: "POST".to_owned(),
            path: "/write".to_owned(),
            query: query.to_owned(),
            headers,
            ..Asked::default()
        };
        key(Family::V1, &asked, &|text| text.replace("lp_1", "{db}"))
    }

    #[test]
    fn what_follows_a_gzip_member_is_part_of_the_body() {
        let member = base64::engine::general_purpose::STANDARD
            .decode("H4sIAAAAAAACAwMAAAAAAAAAAAA=")
            .unwrap_or_default();
        assert_eq!(inflate(&member), Some(Vec::new()));
        assert_eq!(inflate(&[member.as_slice(), b"garbage"].concat()), None);
    }

    #[test]
    fn spelling_does_not_matter_and_meaning_does() {
        let recorded = key_of("db={db}&rp=a%20b", "Basic @b64:u:p");
        assert_eq!(key_of("rp=a+b&db=lp_1", "Basic dTpw"), recorded);
        assert_ne!(key_of("rp=a+b&db=lp_2", "Basic dTpw"), recorded);
        assert_ne!(key_of("db=a&db=b", ""), key_of("db=b&db=a", ""));
        assert_ne!(key_of("db", ""), key_of("db=", ""));
    }
}
