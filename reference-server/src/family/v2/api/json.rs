//! What the handlers read from bodies: the steps that all of them share.

use crate::family::v2::id::Id;
use crate::go_json::decode::Node;
use crate::go_json::{Decoder, Document, Place};

/// The first JSON value of a body.
pub(super) fn body(text: &[u8]) -> Result<Decoder<'_>, String> {
    Document::first(text).map(Decoder::new).map_err(|error| error.to_string())
}

/// An id: a string of 16 digits. Another string is an error at once, another type one at the end.
pub(super) fn id(
    json: &mut Decoder<'_>,
    node: Node,
    place: Place<'_>,
) -> Result<Option<Id>, String> {
    match json.string(node, place) {
        Some(text) => {
            text.parse().map(Some).map_err(|error: crate::family::v2::IdError| error.to_string())
        }
        None => Ok(None),
    }
}

/// Sets a field where the body has a value for it.
pub(super) fn set<T>(field: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *field = value;
    }
}

/// Sets a pointer field: `null` unsets it, a value of the wrong type leaves it.
pub(super) fn point<T>(field: &mut Option<T>, json: &Decoder<'_>, node: Node, value: Option<T>) {
    if value.is_some() || json.is_null(node) {
        *field = value;
    }
}
