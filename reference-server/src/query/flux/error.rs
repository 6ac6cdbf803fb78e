//! What a query is refused with: a code that decides the HTTP status, and the product's message.

use crate::query::allowance::Stopped;
use std::fmt;

/// The codes of the error object that a Flux query can be answered with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// The request or the script is at fault.
    Invalid,
    /// A bucket or an organization does not exist, or may not be read.
    NotFound,
    /// The product cannot do it and says so in words of its own.
    Internal,
}

impl ErrorCode {
    /// The word in the error object.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invalid => "invalid",
            Self::NotFound => "not found",
            Self::Internal => "internal error",
        }
    }

    /// The HTTP status of the answer.
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::NotFound => 404,
            Self::Internal => 500,
        }
    }
}

/// A query that has no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FluxError {
    /// What kind of fault it is.
    pub code: ErrorCode,
    /// The message, as the product words it.
    pub message: String,
}

impl FluxError {
    /// A fault of the script or the request.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::Invalid, message: message.into() }
    }

    /// Something that is not there.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self { code: ErrorCode::NotFound, message: message.into() }
    }

    /// Something that Flux has and this server has not.
    pub fn unsupported(what: impl fmt::Display) -> Self {
        Self::invalid(format!("{what} is not supported by this server's subset of Flux"))
    }

    /// That the query was ended. 2.x answers what exhausts its resources, or is cancelled, as a fault
    /// of the query (2.0:query/control/controller.go, `handleFluxError`); the words are our own.
    pub(super) fn stopped(why: Stopped) -> Self {
        Self::invalid(why.to_string())
    }

    /// The same fault, with words before its message.
    pub fn within(mut self, context: &str) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }
}

impl fmt::Display for FluxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FluxError {}
