//! `limit`, `offset`, `after`, `sortBy` and `descending` of a list, and the links to its pages.

use crate::family::v2::id::Id;
use crate::family::v2::reply::ApiError;
use crate::go_text::{Query, query_escape};
use serde_json::{Map, Value};

const DEFAULT_LIMIT: i64 = 20;
const MAX_LIMIT: i64 = 100;

/// Which part of a list is wanted, and in which order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Paging {
    pub(super) limit: i64,
    pub(super) offset: i64,
    pub(super) after: Option<Id>,
    pub(super) sort_by: String,
    pub(super) descending: bool,
}

impl Paging {
    pub(super) fn of(query: &Query) -> Result<Self, ApiError> {
        let invalid = |what: &str| ApiError::invalid(format!("{what} is invalid"));
        let offset = number(query, "offset", 0).ok_or_else(|| invalid("offset"))?;
        let after = match query.first("after") {
            b"" => None,
            text => {
                let id = Id::parse(text).map_err(ApiError::from);
                Some(id.map_err(|error| error.behind("decoding after"))?)
            }
        };
        let limit = number(query, "limit", DEFAULT_LIMIT).ok_or_else(|| invalid("limit"))?;
        if !(1..=MAX_LIMIT).contains(&limit) {
            let message = format!("limit must be between 1 and {MAX_LIMIT}");
            return Err(ApiError::invalid(message));
        }
        let descending = match query.first("descending") {
            b"" => false,
            text => boolean(text).ok_or_else(|| invalid("descending"))?,
        };
        let sort_by = String::from_utf8_lossy(query.first("sortBy")).into_owned();
        Ok(Self { limit, offset, after, sort_by, descending })
    }

    /// The links of a page with `count` items; `filter` are the parameters that chose them.
    pub(super) fn links(&self, path: &str, filter: &[(&str, Vec<u8>)], count: usize) -> Value {
        let mut links = Map::new();
        if self.offset > 0 {
            let offset = (self.offset - self.limit).max(0);
            links.insert("prev".to_owned(), self.url(path, filter, offset).into());
        }
        links.insert("self".to_owned(), self.url(path, filter, self.offset).into());
        if i64::try_from(count).is_ok_and(|count| count >= self.limit) {
            let offset = self.offset.saturating_add(self.limit);
            links.insert("next".to_owned(), self.url(path, filter, offset).into());
        }
        Value::Object(links)
    }

    fn url(&self, path: &str, filter: &[(&str, Vec<u8>)], offset: i64) -> String {
        let mut pairs: Vec<(&str, Vec<u8>)> = filter.to_vec();
        pairs.push(("descending", self.descending.to_string().into()));
        pairs.push(("offset", offset.to_string().into()));
        pairs.push(("limit", self.limit.to_string().into()));
        pairs.push(("sortBy", self.sort_by.clone().into()));
        if let Some(after) = self.after {
            pairs.push(("after", after.to_string().into()));
        }
        pairs.retain(|(_, value)| !value.is_empty());
        pairs.sort_by_key(|(key, _)| *key);
        let encoded: Vec<String> =
            pairs.iter().map(|(k, v)| format!("{k}={}", query_escape(v))).collect();
        format!("{path}?{}", encoded.join("&"))
    }
}

/// Go's `strconv.Atoi`, with a default for an absent parameter.
fn number(query: &Query, key: &str, default: i64) -> Option<i64> {
    match query.first(key) {
        b"" => Some(default),
        text => str::from_utf8(text).ok()?.parse().ok(),
    }
}

/// Go's `strconv.ParseBool`.
pub(super) fn boolean(text: &[u8]) -> Option<bool> {
    match text {
        b"1" | b"t" | b"T" | b"TRUE" | b"true" | b"True" => Some(true),
        b"0" | b"f" | b"F" | b"FALSE" | b"false" | b"False" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_link_to_their_neighbours() {
        let paging = Paging::of(&Query::parse("limit=2&offset=1")).unwrap();
        let links = paging.links("/b", &[("bucket", b"a b".to_vec())], 2).to_string();
        let page = |offset| format!("/b?bucket=a+b&descending=false&limit=2&offset={offset}");
        let (prev, this, next) = (page(0), page(1), page(3));
        assert_eq!(links, format!(r#"{{"prev":"{prev}","self":"{this}","next":"{next}"}}"#));
    }

    #[test]
    fn bad_parameters() {
        for (query, message) in [
            ("offset=x", "offset is invalid"),
            ("limit=x", "limit is invalid"),
            ("limit=101", "limit must be between 1 and 100"),
            ("descending=x", "descending is invalid"),
            ("after=x", "decoding after: id must have a length of 16 bytes"),
        ] {
            let error = Paging::of(&Query::parse(query)).unwrap_err();
            assert_eq!(error.message, message.as_bytes());
        }
    }
}
