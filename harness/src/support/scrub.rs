//! The last thing that happens to a file before it is packed: secrets out, those that are known by
//! their value and those that only their place gives away.

use crate::redact::Secrets;
use crate::target::Credentials;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use regex::{Captures, Regex};
use std::io::Read;
use std::sync::LazyLock;

/// What stands for a secret whose name nobody knows.
const HIDDEN: &str = "{hidden}";

/// What is a secret by where it stands, and what is put there.
static PLACES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    let rules = [
        // `http://user:password@host`.
        (r"(?i)\b([a-z][a-z0-9+.-]*://)[^\s/@\x22']+@", "${1}{hidden}@"),
        // A header, in a log, in a line for a shell, in an answer that echoes it; shell variables stay.
        (
            r#"(?i)(authorization["'\\]*\s*[:=]\s*["'\\]*[a-z]+\s+)[^\s"'\\,${};][^\s"'\\,;]*"#,
            "${1}{hidden}",
        ),
        (r#"(?i)(authorization["'\\]*\s*[:=]\s*["'\\]*)[^\s"'\\,${};]{16,}"#, "${1}{hidden}"),
        (r#"(?i)\b((?:bearer|token|basic)(?:\s|%20|\+)+)[a-z0-9_.~+/=-]{16,}"#, "${1}{hidden}"),
        // Parameters of a URL.
        (
            r#"(?i)([?&](?:p|pass|passwd|password|[a-z_]*token|api_?key|secret|auth)=)[^&\s"'#${][^&\s"'#]*"#,
            "${1}{hidden}",
        ),
        // Members of JSON, also within a string of JSON.
        (
            r#"(?i)(\\*"(?:[a-z_-]*token|[a-z_-]*password|passwd|[a-z_-]*secret|api_?key)\\*"\s*:\s*\\*")[^"\\{][^"\\]*"#,
            "${1}{hidden}",
        ),
        // `WITH PASSWORD 'x'`, `PASSWORD FOR u = 'x'`, also as a URL has them.
        (
            r#"(?i)(password(?:(?:\s|%20|\+)+for(?:\s|%20|\+)+\S+?)?(?:\s|%20|\+)*(?:=|%3d)?(?:\s|%20|\+)*(?:'|%27))[^'%{]+"#,
            "${1}{hidden}",
        ),
        // Tags and fields with such names; a short bare value is a number or a flag.
        (
            r#"(?im)((?:^|[\s,;])(?:[a-z0-9_-]*password|[a-z0-9_-]*token|passwd|[a-z0-9_-]*secret|api[_-]?key)=")(?:[^"\\]|\\.)+"#,
            "${1}{hidden}",
        ),
        (
            r#"(?im)((?:^|[\s,;])(?:[a-z0-9_-]*password|[a-z0-9_-]*token|passwd|[a-z0-9_-]*secret|api[_-]?key)=)[^\s,&"'{$][^\s,&"']{7,}"#,
            "${1}{hidden}",
        ),
        // The forms that tokens of this protocol's servers have.
        (r"\bapiv[0-9]+_[A-Za-z0-9_-]{8,}", HIDDEN),
        (r"\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", HIDDEN),
        (r"[A-Za-z0-9_-]{86}==", HIDDEN),
    ];
    rules.map(|(text, with)| (compiled(text), with)).into()
});

/// A body that is no text, in a line for a shell.
static ENCODED: LazyLock<Regex> =
    LazyLock::new(|| compiled(r"\becho ([A-Za-z0-9+/]+={0,2}) \| base64 -d"));

fn compiled(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| panic!("{error}"))
}

/// Takes secrets out of texts.
#[derive(Clone, Default)]
pub struct Scrub {
    known: Secrets,
}

impl Scrub {
    /// Knows the credentials and these other secrets, in each form that a text may have them.
    pub fn new(credentials: &Credentials, others: &[String]) -> Self {
        let mut forms: Vec<(String, &'static str)> = Vec::new();
        let others = others.iter().map(|secret| (secret.as_str(), HIDDEN));
        for (secret, name) in credentials.secrets().chain(others) {
            let escaped = |what: &[char]| {
                let mut text = String::new();
                for c in secret.chars() {
                    text.extend(what.contains(&c).then_some('\\'));
                    text.push(c);
                }
                text
            };
            let json = serde_json::Value::from(secret).to_string();
            let mut all = vec![
                secret.to_owned(),
                // Line protocol's escapes, of tags and of strings.
                escaped(&[' ', ',', '=']),
                escaped(&['"', '\\']),
                // A shell's word, a member of JSON.
                secret.replace('\'', r"'\''"),
                json[1..json.len() - 1].to_owned(),
            ];
            // Short ones would be found everywhere.
            if secret.len() > 3 {
                all.push(STANDARD.encode(secret));
            }
            forms.extend(all.into_iter().map(|form| (form, name)));
        }
        if let (Some(user), Some(password)) = (&credentials.user, &credentials.password) {
            forms.push((STANDARD.encode(format!("{user}:{password}")), "{credentials}"));
        }
        Self { known: Secrets::new(forms.iter().map(|(form, name)| (form.as_str(), *name))) }
    }

    /// The text without secrets.
    pub fn text(&self, text: &str) -> String {
        let text = ENCODED.replace_all(text, |found: &Captures<'_>| {
            let body = STANDARD.decode(&found[1]).unwrap_or_default();
            if self.is_in(&body) {
                "echo {left out, for it holds a secret} | base64 -d".to_owned()
            } else {
                found[0].to_owned()
            }
        });
        self.plain(&text)
    }

    fn plain(&self, text: &str) -> String {
        let text = self.known.hide(text);
        PLACES
            .iter()
            .fold(text, |text, (pattern, with)| pattern.replace_all(&text, *with).into_owned())
    }

    /// Whether a body holds a secret, as it is or compressed.
    fn is_in(&self, body: &[u8]) -> bool {
        // More than this no line for a shell has.
        const MOST: u64 = 1 << 20;
        let mut inflated = Vec::new();
        let decoder = flate2::read::MultiGzDecoder::new(body).take(MOST);
        // What is no gzip, or broken, is looked at as far as it goes.
        let _ = { decoder }.read_to_end(&mut inflated);
        [body, &inflated].into_iter().any(|bytes| {
            let text = String::from_utf8_lossy(bytes);
            self.plain(&text) != text
        })
    }
}
