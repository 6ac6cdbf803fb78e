//! An answer, as recorded and as given.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a server answered to one request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The status; 0 where the connection broke.
    pub(crate) status: u16,
    /// The headers that are compared, names in lower case.
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) body: Content,
}

/// Bytes that are a text where they are UTF-8.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub(crate) enum Content {
    Text(String),
    Bytes { base64: String },
}

impl Content {
    /// From the bytes that came.
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        use base64::Engine as _;
        String::from_utf8(bytes).map_or_else(
            |e| Self::Bytes {
                base64: base64::engine::general_purpose::STANDARD.encode(e.as_bytes()),
            },
            Self::Text,
        )
    }

    /// The bytes that are meant.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, String> {
        use base64::Engine as _;
        match self {
            Self::Text(text) => Ok(text.clone().into_bytes()),
            Self::Bytes { base64 } => base64::engine::general_purpose::STANDARD
                .decode(base64)
                .map_err(|e| format!("the recorded body is no base64: {e}")),
        }
    }

    /// The text, or the base64 of what is none.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            Self::Bytes { base64 } => base64,
        }
    }
}

/// What a query gave back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReadBack {
    pub(crate) status: u16,
    pub(crate) body: Content,
}

/// What is stored, by the query that showed it.
pub(crate) type Stored = BTreeMap<String, ReadBack>;
