//! What a handler answers: data that someone else turns into HTTP.

use super::id::{Id, IdError};
use crate::go_json::{self, ControlEscapes};
use crate::http::BodyError;
use serde_json::{Value, json};

/// How a document is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// One line, nothing behind it.
    Compact,
    /// One line and a newline.
    CompactLine,
    /// Indented by tabs, no newline at its end.
    Tabs,
    /// Indented by four blanks, and a newline.
    FourSpaces,
}

/// The body of an answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Document {
    /// No body, and no `Content-Type`.
    Empty,
    /// JSON, `application/json; charset=utf-8`.
    Json(Value, Layout),
    /// JSON whose bytes stand already, `application/json; charset=utf-8`.
    RawJson(String),
    /// `text/plain; charset=utf-8`.
    Text(&'static str),
}

impl Document {
    /// The body's bytes.
    pub fn bytes(&self, escapes: ControlEscapes) -> Vec<u8> {
        match self {
            Self::Empty => Vec::new(),
            Self::Text(text) => text.as_bytes().to_vec(),
            Self::RawJson(text) => text.clone().into_bytes(),
            Self::Json(value, layout) => {
                let mut bytes = match layout {
                    Layout::Compact | Layout::CompactLine => go_json::compact(value, escapes),
                    Layout::Tabs => go_json::indented(value, "\t", escapes),
                    Layout::FourSpaces => go_json::indented(value, "    ", escapes),
                };
                if matches!(layout, Layout::CompactLine | Layout::FourSpaces) {
                    bytes.push(b'\n');
                }
                bytes
            }
        }
    }

    /// The body's `Content-Type`.
    pub const fn content_type(&self) -> Option<&'static str> {
        match self {
            Self::Empty => None,
            Self::Json(..) | Self::RawJson(_) => Some("application/json; charset=utf-8"),
            Self::Text(_) => Some("text/plain; charset=utf-8"),
        }
    }
}

/// An answer that is no [`ApiError`].
#[derive(Clone, Debug, PartialEq)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// The body.
    pub document: Document,
    /// The methods of an `Allow` header, as they stand in it.
    pub allow: Option<&'static str>,
    /// The version of what the body tells, as an `ETag`.
    pub etag: Option<String>,
    /// Buckets that are no more: their data is to be dropped.
    pub dropped: Vec<Id>,
}

impl Reply {
    /// This status with this body.
    pub const fn new(status: u16, document: Document) -> Self {
        Self { status, document, allow: None, etag: None, dropped: Vec::new() }
    }

    /// This status with a document in the layout of the management API.
    pub const fn tabs(status: u16, value: Value) -> Self {
        Self::new(status, Document::Json(value, Layout::Tabs))
    }

    /// 204.
    pub const fn no_content() -> Self {
        Self::new(204, Document::Empty)
    }
}

/// The product's error codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// 500.
    Internal,
    /// 501.
    NotImplemented,
    /// 404.
    NotFound,
    /// 422.
    Conflict,
    /// 400.
    Invalid,
    /// 422.
    Unprocessable,
    /// 403.
    Forbidden,
    /// 401.
    Unauthorized,
    /// 405.
    MethodNotAllowed,
}

impl Code {
    /// The word in `code` and in `X-Platform-Error-Code`.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Internal => "internal error",
            Self::NotImplemented => "not implemented",
            Self::NotFound => "not found",
            Self::Conflict => "conflict",
            Self::Invalid => "invalid",
            Self::Unprocessable => "unprocessable entity",
            Self::Forbidden => "forbidden",
            Self::Unauthorized => "unauthorized",
            Self::MethodNotAllowed => "method not allowed",
        }
    }

    /// The HTTP status.
    pub const fn status(self) -> u16 {
        match self {
            Self::Internal => 500,
            Self::NotImplemented => 501,
            Self::NotFound => 404,
            Self::Conflict | Self::Unprocessable => 422,
            Self::Invalid => 400,
            Self::Forbidden => 403,
            Self::Unauthorized => 401,
            Self::MethodNotAllowed => 405,
        }
    }
}

/// An error in the product's own form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiError {
    /// Its code, which decides the status.
    pub code: Code,
    /// Its text: bytes, since names in it need not be UTF-8.
    pub message: Vec<u8>,
    /// How the body is laid out.
    pub layout: Layout,
    /// The methods of an `Allow` header.
    pub allow: Option<&'static str>,
}

impl ApiError {
    /// An error in one line.
    pub fn new(code: Code, message: impl Into<Vec<u8>>) -> Self {
        Self { code, message: message.into(), layout: Layout::Compact, allow: None }
    }

    /// An error as the management API lays it out.
    #[must_use]
    pub fn tabs(mut self) -> Self {
        self.layout = Layout::Tabs;
        self
    }

    /// 400.
    pub fn invalid(message: impl Into<Vec<u8>>) -> Self {
        Self::new(Code::Invalid, message)
    }

    /// Of a body that could not be read: 400, or 500 where there was no room for it.
    pub fn unreadable(error: &BodyError) -> Self {
        let code = if matches!(error, BodyError::NoRoom) { Code::Internal } else { Code::Invalid };
        Self::new(code, error.to_string())
    }

    /// 404.
    pub fn not_found(message: impl Into<Vec<u8>>) -> Self {
        Self::new(Code::NotFound, message)
    }

    /// This error behind a text and a colon, with its code.
    #[must_use]
    pub fn behind(mut self, text: &str) -> Self {
        let mut message = text.as_bytes().to_vec();
        message.extend_from_slice(b": ");
        message.append(&mut self.message);
        self.message = message;
        self
    }

    /// The body's bytes. `Content-Type` is `application/json; charset=utf-8`.
    pub fn bytes(&self, escapes: ControlEscapes) -> Vec<u8> {
        let code = json!(self.code.word());
        // The message may hold bytes that no JSON value holds, so its place is filled by hand.
        let (open, comma, close) = match self.layout {
            Layout::Tabs => ("{\n\t\"code\": ", ",\n\t\"message\": ", "\n}"),
            _ => ("{\"code\":", ",\"message\":", "}"),
        };
        let mut out = open.as_bytes().to_vec();
        out.extend(go_json::compact(&code, escapes));
        out.extend_from_slice(comma.as_bytes());
        go_json::push_string(&mut out, &self.message, escapes);
        out.extend_from_slice(close.as_bytes());
        out
    }
}

impl From<IdError> for ApiError {
    fn from(error: IdError) -> Self {
        Self::invalid(error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_as_recorded_from_2_7() {
        let error = ApiError::not_found("path not found");
        assert_eq!(
            error.bytes(ControlEscapes::Short),
            br#"{"code":"not found","message":"path not found"}"#
        );
        assert_eq!(
            error.tabs().bytes(ControlEscapes::Short),
            b"{\n\t\"code\": \"not found\",\n\t\"message\": \"path not found\"\n}"
        );
    }
}
