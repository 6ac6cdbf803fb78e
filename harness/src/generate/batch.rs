//! A random batch as it is made and made smaller: plain data, of which a case file is a picture.

use crate::case::{Case, Endpoint};
use crate::load::CaseError;
use base64::Engine;
use std::fmt::Write as _;

/// The area of all cases that are made here.
pub(crate) const AREA: &str = "generated";

/// Writes, one after the other, to one database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Batch {
    pub(crate) writes: Vec<Sent>,
}

/// One write.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sent {
    /// The write endpoint, where it is not the family's own.
    pub(crate) endpoint: Option<Endpoint>,
    pub(crate) precision: Option<&'static str>,
    pub(crate) gzip: bool,
    pub(crate) chunked: bool,
    /// Its lines, without what ends them.
    pub(crate) lines: Vec<Vec<u8>>,
    /// Whether the last line ends with a newline too.
    pub(crate) ends: bool,
}

impl Sent {
    /// The body.
    pub(crate) fn body(&self) -> Vec<u8> {
        let mut body = self.lines.join(&b'\n');
        if self.ends && !self.lines.is_empty() {
            body.push(b'\n');
        }
        body
    }
}

impl Batch {
    /// How much there is in it: what a smaller one has less of.
    pub(crate) fn weight(&self) -> usize {
        let of = |sent: &Sent| {
            1 + usize::from(sent.endpoint.is_some())
                + usize::from(sent.precision.is_some())
                + usize::from(sent.gzip)
                + usize::from(sent.chunked)
                + sent.lines.iter().map(|line| line.len() + 1).sum::<usize>()
        };
        self.writes.iter().map(of).sum()
    }

    /// The case that sends it, made by the same road as one from a file.
    pub(crate) fn case(&self, name: &str, summary: &str, head: &str) -> Result<Case, CaseError> {
        crate::load::parse(&format!("cases/{AREA}/{name}.toml"), &self.toml(name, summary, head))
    }

    /// The file of that case. `head` is put before it, as comments.
    fn toml(&self, name: &str, summary: &str, head: &str) -> String {
        let mut text = String::new();
        for line in head.lines() {
            let _ = writeln!(text, "{}", format!("# {}", one_line(line)).trim_end());
        }
        let summary = toml::Value::from(one_line(summary));
        let _ = write!(
            text,
            "id      = \"{AREA}/{name}\"\nsummary = {summary}\nlevel   = \"must\"\nclauses = []\nneeds   = [\"write\", \"read-back\"]\n"
        );
        for sent in &self.writes {
            text += "\n[[step]]\n";
            text += &write_key(&sent.body());
            if let Some(endpoint) = sent.endpoint {
                let _ = writeln!(text, "endpoint = \"{}\"", endpoint.word());
            }
            if let Some(precision) = sent.precision {
                let _ = writeln!(text, "precision = \"{precision}\"");
            }
            if sent.gzip {
                text += "encoding = \"gzip\"\n";
            }
            if sent.chunked {
                text += "chunked = true\n";
            }
        }
        text
    }
}

/// The body of a write as a reader can best follow it.
fn write_key(body: &[u8]) -> String {
    match std::str::from_utf8(body) {
        // A brace could be a placeholder.
        Ok(text) if !text.contains('{') => {
            let shows = |c: char| c == '\n' || !c.is_control();
            if text.chars().all(shows) && !text.contains("'''") && !text.ends_with('\'') {
                format!("write = '''\n{text}'''\n")
            } else {
                format!("write = {}\n", basic_string(text))
            }
        }
        _ => {
            let encoded = base64::engine::general_purpose::STANDARD.encode(body);
            format!("write_base64 = \"{encoded}\"\n")
        }
    }
}

/// A string of one line, with everything escaped that does not show.
fn basic_string(text: &str) -> String {
    let mut quoted = "\"".to_owned();
    for c in text.chars() {
        match c {
            '"' => quoted += "\\\"",
            '\\' => quoted += "\\\\",
            '\n' => quoted += "\\n",
            '\r' => quoted += "\\r",
            '\t' => quoted += "\\t",
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted + "\""
}

fn one_line(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::{Action, Body};
    use crate::space::{Space, Times};
    use rstest::rstest;

    #[rstest]
    #[case(b"m f=1\nm f=2")]
    #[case(b"m s=\"it's\" 1")]
    #[case(b"m s='''")]
    #[case(b"m\tf=1\r\n\0\x7f")]
    #[case(b"m,t={now} f={db}")]
    #[case(b"m,t=\xff\xfe f=1")]
    #[case("m,t=é\u{85}\u{feff} f=1".as_bytes())]
    #[case(b"")]
    fn a_file_holds_the_very_bytes(#[case] body: &[u8]) {
        let lines = body.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect();
        let sent = Sent { lines, gzip: true, precision: Some("ms"), ..Sent::default() };
        let batch = Batch { writes: vec![sent] };
        let case = batch.case("s1-0", "A \"summary\"\n", "line one\nline two").unwrap();
        let Action::Write(body_of_case) = &case.steps[0].action else { panic!("no write") };
        let space = Space { database: "never".to_owned(), ..Space::default() };
        let sending = &case.steps[0].sending;
        let bytes = crate::outgoing::bytes(body_of_case, sending, &space, &mut Times::new());
        assert_eq!(bytes, body, "{}", case.source);
        assert!(sending.gzip && sending.precision.as_deref() == Some("ms"));
        assert!(matches!(body_of_case, Body::Text(_) | Body::Bytes(_)));
    }
}
