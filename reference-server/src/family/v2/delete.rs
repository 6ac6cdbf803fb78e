//! `/api/v2/delete` up to what is to be deleted: the body, the organisation and bucket, the
//! permission. Deleting is the store's.

mod expression;
mod parser;
mod scanner;
mod time;

use super::auth;
use super::catalog::{Catalog, LookupError, Token};
use super::id::Id;
use super::reply::{ApiError, Code};
use crate::go_json::{self, Decoder, Place};
use crate::go_text::Query;
use profiles::v2_api::DeleteByField;
use serde::{Deserialize, Serialize};

/// What a tag must be. `_measurement` is a tag here; a series without the tag is never taken,
/// whether it must be equal or not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TagRule {
    /// The tag's key.
    pub key: String,
    /// Whether the value must be this one, or must not.
    pub equals: bool,
    /// The value.
    pub value: String,
}

/// What is to be deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeleteRequest {
    /// The organisation.
    pub org: Id,
    /// The bucket.
    pub bucket: Id,
    /// The first time, nanoseconds since 1970.
    pub start: i64,
    /// The last time: it is deleted too. It may lie before the first.
    pub stop: i64,
    /// What a series' tags must be, all of it.
    pub rules: Vec<TagRule>,
}

/// Reads a request; which organisation it is about is the product's to say.
///
/// # Errors
/// The product's, in its order: body and predicate, organisation, bucket, permission.
pub fn read(
    catalog: &Catalog,
    organisation: impl Fn(&Query) -> Result<Id, LookupError>,
    token: &Token,
    query: &Query,
    body: &[u8],
) -> Result<DeleteRequest, ApiError> {
    let release = catalog.release();
    let prefix = release.delete_error_prefix;
    let invalid = |message: String| ApiError::invalid(message).behind(prefix);
    let document = go_json::Document::first(body).map_err(|error| invalid(error.to_string()))?;
    let behind = document.nothing_behind();
    let (start, stop, predicate) = fields(document)
        .map_err(|error| invalid(format!("Invalid delete predicate node request: {error}")))?;
    let start = time::parse(&start, time::Bound::Start).map_err(invalid)?;
    let stop = time::parse(&stop, time::Bound::Stop).map_err(invalid)?;
    let rules = parser::rules(&predicate).map_err(invalid)?;
    if let (Some(prefix), Err(error)) = (release.delete_trailing_prefix, behind) {
        return Err(ApiError::invalid(error.to_string()).behind(prefix));
    }
    if release.delete_by_field == DeleteByField::NotImplemented && !predicate.is_empty() {
        let by_field = expression::compares_field(&predicate).map_err(|error| {
            ApiError::invalid(error).behind("invalid request; error parsing predicate")
        })?;
        if by_field {
            return Err(ApiError::new(Code::NotImplemented, "delete by field is not supported"));
        }
    }
    let org = organisation(query)?;
    let bucket = catalog.bucket_for_delete(org, query)?.id;
    auth::check_delete(token, org, bucket)?;
    Ok(DeleteRequest { org, bucket, start, stop, rules })
}

/// `start`, `stop` and `predicate`, empty where they are absent.
fn fields(document: go_json::Document<'_>) -> Result<(String, String, String), String> {
    const NAMES: &[&str] = &["start", "stop", "predicate"];
    let mut values = [String::new(), String::new(), String::new()];
    let mut json = Decoder::new(document);
    for (index, node) in json.fields(json.root(), Place::whole("http.deleteRequestDecode"), NAMES) {
        let place = Place::field("deleteRequestDecode", NAMES[index], "string");
        if let Some(text) = json.string(node, place) {
            values[index] = text;
        }
    }
    json.finish()?;
    let [start, stop, predicate] = values;
    Ok((start, stop, predicate))
}

#[cfg(test)]
mod tests;
