//! A run that ends before it has a verdict: why, and with which exit code.

use std::fmt;
use std::process::ExitCode;

/// Why a command ends early.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The exit code.
    pub(crate) code: ExitCode,
    message: String,
}

impl Failure {
    /// The user has asked for something that cannot be, or a case file is wrong: 2.
    pub(crate) fn usage(message: impl fmt::Display) -> Self {
        Self { code: ExitCode::from(2), message: message.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}
