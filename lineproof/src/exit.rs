//! A command that ends before it has a verdict: why, and with which exit code.

mod signals;

use std::fmt;
use std::panic::AssertUnwindSafe;
use std::process::ExitCode;

pub(crate) use signals::Signals;

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

    /// The target cannot be judged: 3.
    pub(crate) fn unusable(message: impl fmt::Display) -> Self {
        Self { code: ExitCode::from(3), message: message.to_string() }
    }

    /// The user has had enough: 130.
    #[cfg(feature = "mutants")]
    pub(crate) fn interrupted() -> Self {
        Self { code: ExitCode::from(130), message: "interrupted".to_owned() }
    }

    /// A fault of lineproof itself: 70.
    pub(crate) fn internal(message: impl fmt::Display) -> Self {
        Self { code: ExitCode::from(70), message: message.to_string() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&plain(&self.message))
    }
}

/// A text for a terminal: what a file has put into it moves no cursor and sets no colours.
pub(crate) fn plain(text: &str) -> String {
    let shown = |c: char| if c.is_control() && c != '\n' { '\u{fffd}' } else { c };
    text.chars().map(shown).collect()
}

/// Runs a command; a panic in it is a fault of lineproof, and no verdict on the target.
pub(crate) fn guarded(
    command: impl FnOnce() -> Result<ExitCode, Failure>,
) -> Result<ExitCode, Failure> {
    std::panic::catch_unwind(AssertUnwindSafe(command)).unwrap_or_else(|_| {
        Err(Failure::internal(
            "this is a fault of lineproof itself; please report it with the text above",
        ))
    })
}

/// The exit code of a command, after it was told why it ended early, if it did.
pub(crate) fn told(outcome: Result<ExitCode, Failure>) -> ExitCode {
    outcome.unwrap_or_else(|failure| {
        say!("lineproof: {failure}");
        failure.code
    })
}
