//! A program that reads a server back, where no query language here can. It is told where and what
//! by its environment, and prints what is stored as line protocol (`docs/read-back.md`).

mod child;

use super::{Place, Unreadable};
use crate::printed::{Printed, parse};
use crate::redact::Secrets;
use crate::target::{Credentials, Target};
use crate::wire::WireError;
use child::Stopped;
pub use child::end_all;
use std::fmt;
use std::path::Path;
use std::time::Duration;

/// More of its words than these no report shows.
const MOST_SAID: usize = 500;

/// The command line of such a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    words: Vec<String>,
}

impl Program {
    /// From a command line, split as a shell would; no shell runs it.
    ///
    /// # Errors
    /// It is empty, or a quote is open.
    pub fn parse(line: &str) -> Result<Self, String> {
        let words = shell_words::split(line).map_err(|_| "a quote is not closed".to_owned())?;
        if words.first().is_none_or(String::is_empty) {
            return Err("it names no program".to_owned());
        }
        Ok(Self { words })
    }

    /// Whether there is such a file, as far as a look can tell: before a target is blamed for it.
    pub fn is_there(&self) -> bool {
        let Some(first) = self.words.first().map(Path::new) else { return false };
        if first.components().count() > 1 || cfg!(windows) {
            return cfg!(windows) || first.is_file();
        }
        let folders = std::env::var_os("PATH").unwrap_or_default();
        std::env::split_paths(&folders).any(|folder| folder.join(first).is_file())
    }
}

impl fmt::Display for Program {
    /// The program alone: its arguments are nobody's business.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let first = self.words.first().map(Path::new);
        let name = first.and_then(Path::file_name).unwrap_or_default();
        write!(f, "the program {}", name.to_string_lossy())
    }
}

/// A program, and everything that its runs on one target share.
pub(crate) struct Runner {
    program: Program,
    url: String,
    credentials: Credentials,
    timeout: Duration,
    secrets: Secrets,
}

impl Runner {
    pub(crate) fn new(program: &Program, target: &Target, secrets: Secrets) -> Self {
        Self {
            program: program.clone(),
            url: target.base.url(),
            credentials: target.credentials.clone(),
            timeout: target.timeout,
            secrets,
        }
    }

    /// Its name, for reports.
    pub(crate) fn name(&self) -> String {
        self.program.to_string()
    }

    /// Runs it once.
    pub(crate) async fn read(&self, place: &Place) -> Result<Printed, Unreadable> {
        let only = place.only.as_ref();
        let tag = only.map(|only| format!("{}={}", only.tag, only.value));
        let [from, until] = [only.map(|only| only.from), only.map(|only| only.until)]
            .map(|t| t.map(|t| t.to_string()));
        let environment = [
            ("LINEPROOF_TAG", tag.as_ref()),
            ("LINEPROOF_FROM", from.as_ref()),
            ("LINEPROOF_UNTIL", until.as_ref()),
            ("LINEPROOF_TARGET", Some(&self.url)),
            ("LINEPROOF_DATABASE", Some(&place.database)),
            ("LINEPROOF_PREFIX", Some(&place.prefix)),
            ("LINEPROOF_ORG", place.org.as_ref()),
            ("LINEPROOF_TOKEN", self.credentials.token.as_ref()),
            ("LINEPROOF_USER", self.credentials.user.as_ref()),
            ("LINEPROOF_PASSWORD", self.credentials.password.as_ref()),
        ];
        let done = child::run(&self.program.words, &environment, self.timeout).await;
        let said = match done {
            Ok(done) => {
                // Hidden before it is cut: half a secret would not be found.
                let text = self.secrets.hide(&String::from_utf8_lossy(&done.stderr));
                let text = one_line(&text);
                match (done.status.success(), text.is_empty()) {
                    (true, true) => {
                        return parse(&done.stdout)
                            .map_err(|why| Unreadable::Wrong(self.says(&one_line(&why))));
                    }
                    (true, false) => format!("says {text}"),
                    (false, true) => format!("ended with {}, and said nothing", done.status),
                    (false, false) => format!("ended with {}, and said {text}", done.status),
                }
            }
            // In the words of a query that takes too long: nothing certain is known then.
            Err(Stopped::TooLate) => {
                let why = WireError::Timeout(self.timeout).to_string();
                return Err(Unreadable::Late(self.says(&why)));
            }
            Err(Stopped::TooMuch) => {
                format!("printed more than {} MiB", child::MOST_PRINTED >> 20)
            }
            Err(Stopped::NotStarted(error)) => format!("cannot be started: {error}"),
            Err(Stopped::Broken(error)) => format!("could not be listened to: {error}"),
        };
        Err(Unreadable::Wrong(self.says(&said)))
    }

    fn says(&self, said: &str) -> String {
        format!("{}: {}", self.program, self.secrets.hide(said))
    }
}

/// A text that fits a line of a report.
fn one_line(text: &str) -> String {
    let words = text.split(|c: char| c.is_whitespace() || c.is_control());
    let line = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(MOST_SAID) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_is_split_as_a_shell_would() {
        let program = Program::parse("'./my reader' --url \"http://a b\" c\\ d").unwrap();
        assert_eq!(program.words, ["./my reader", "--url", "http://a b", "c d"]);
        assert_eq!(program.to_string(), "the program my reader");
        assert!(Program::parse(" ").is_err() && Program::parse("''").is_err());
        assert_eq!(Program::parse("a 'b").unwrap_err(), "a quote is not closed");
    }

    #[test]
    fn what_it_says_fits_a_line() {
        assert_eq!(one_line(" a\n\tb\u{1b}c \n"), "a b c");
        assert_eq!(one_line(&"é".repeat(600)).chars().count(), MOST_SAID + 1);
    }
}
