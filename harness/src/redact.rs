//! What differs from run to run becomes a placeholder: the one list of it. Everything that goes
//! into a transcript, a report or a snapshot comes through here, secrets first.

use crate::clock::is_near;
use crate::read_back::encode;
use crate::space::{Space, Times};
use regex::{Captures, Regex, Replacer};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::sync::LazyLock;

/// What is replaced in every case.
struct Rule {
    /// No match is without this: a search for it is all that most texts cost.
    hint: &'static str,
    pattern: Regex,
    with: &'static str,
}

/// The rules that need no knowledge of the case, in this order.
static RULES: LazyLock<Vec<Rule>> = LazyLock::new(|| {
    let rule = |hint, text, with| Rule { hint, pattern: pattern(text), with };
    vec![
        rule("-", r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "{uuid}"),
        rule("\"", r#"("(?:version|commit|revision|build)"\s*:\s*")[^"]+"#, "${1}{release}"),
        rule("\"", r#"("(?:up|started|uptime)"\s*:\s*")[^"]+"#, "${1}{up}"),
        rule("\"token\"", r#"("token"\s*:\s*")[^"{]+"#, "${1}{made_token}"),
        rule("\"hash\"", r#"("hash"\s*:\s*")[^"]+"#, "${1}{hash}"),
        rule("remoteAddr", r#"(remoteAddr: ")[^"]+"#, "${1}{address}"),
        // Where in a script an error is: columns shift with the length of the database's name.
        rule("@", r"@[0-9]+:[0-9]+-[0-9]+:[0-9]+", "@{place}"),
    ]
});

// Servers write times in ASCII; `\d` would be the digits of all scripts, in a large automaton.
static NUMBER: LazyLock<Regex> =
    LazyLock::new(|| pattern(&format!(r"-?\b[0-9]{{{SHORTEST_NUMBER},20}}\b")));
/// Digits of a number that may be a time; a date has more.
const SHORTEST_NUMBER: usize = 7;
static DATE: LazyLock<Regex> = LazyLock::new(|| {
    let (day, time) = ("[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?");
    pattern(&format!(r"\b{day}[T ]{time}(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})?"))
});
static ID: LazyLock<Regex> = LazyLock::new(|| pattern(&format!(r"\b[0-9a-f]{{{LENGTH_OF_ID}}}\b")));
const LENGTH_OF_ID: usize = 16;

fn pattern(text: &str) -> Regex {
    Regex::new(text).unwrap_or_else(|error| panic!("{error}"))
}

/// The text with every match replaced; it is not copied where there is none.
fn changed(pattern: &Regex, text: String, with: impl Replacer) -> String {
    let new = match pattern.replace_all(&text, with) {
        Cow::Borrowed(_) => None,
        Cow::Owned(new) => Some(new),
    };
    new.unwrap_or(text)
}

/// The text with a word replaced wherever it stands by itself, not within a longer one.
fn without_word(text: &str, word: &str, name: &str) -> String {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut new = String::with_capacity(text.len());
    let (mut copied, mut from) = (0, 0);
    while let Some(at) = text[from..].find(word).map(|found| from + found) {
        let end = at + word.len();
        let longer_before = word.starts_with(is_word) && text[..at].ends_with(is_word);
        let longer_after = word.ends_with(is_word) && text[end..].starts_with(is_word);
        if longer_before || longer_after {
            // It may begin again within itself.
            from = at + text[at..].chars().next().map_or(1, char::len_utf8);
        } else {
            new += &text[copied..at];
            new += name;
            (copied, from) = (end, end);
        }
    }
    new + &text[copied..]
}

/// Secrets, of any length, for what is said and never compared: reasons, notes, findings as they
/// are shown.
#[derive(Clone, Default)]
pub(crate) struct Secrets(Vec<(Regex, &'static str)>);

static MADE: LazyLock<Regex> = LazyLock::new(|| pattern(r#"("(?:token|password)"\s*:\s*")[^"{]+"#));

impl Secrets {
    /// The longest first: one may be a part of another.
    pub(crate) fn new<'s>(secrets: impl IntoIterator<Item = (&'s str, &'static str)>) -> Self {
        let mut all: Vec<(String, &str)> = Vec::new();
        for (secret, name) in secrets.into_iter().filter(|(secret, _)| !secret.is_empty()) {
            all.push((secret.to_owned(), name));
            let encoded = encode(secret);
            all.extend((encoded != secret).then_some((encoded, name)));
        }
        all.sort_by_key(|(secret, _)| std::cmp::Reverse(secret.len()));
        Self(all.iter().map(|(secret, name)| (Self::pattern(secret), *name)).collect())
    }

    /// A short one within a longer word tells nothing, and is left there.
    fn pattern(secret: &str) -> Regex {
        const SHORT: usize = 4;
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let bound = |at: bool| if at && secret.len() < SHORT { r"\b" } else { "" };
        let (first, last) = (secret.chars().next(), secret.chars().next_back());
        pattern(&format!(
            "{}{}{}",
            bound(is_word(first)),
            regex::escape(secret),
            bound(is_word(last))
        ))
    }

    /// The text without them, and without what a server's JSON calls a token or a password.
    pub(crate) fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (secret, name) in &self.0 {
            text = changed(secret, text, regex::NoExpand(name));
        }
        changed(&MADE, text, "${1}{made_token}")
    }
}

/// Replaces what belongs to one case in one run.
pub(crate) struct Redactor {
    exact: Vec<(String, String)>,
    words: Vec<(String, &'static str)>,
    times: HashMap<i128, String>,
    now: i64,
    ids: RefCell<HashMap<String, usize>>,
}

impl Redactor {
    /// For this place on this host.
    pub(crate) fn new(space: &Space, authority: &str) -> Self {
        let mut exact: Vec<(String, String)> = Vec::new();
        let mut add = |value: Option<&String>, name: &str| {
            if let Some(value) = value.filter(|v| v.len() > 3) {
                exact.push((value.clone(), name.to_owned()));
                let encoded = encode(value);
                exact.extend((encoded != *value).then_some((encoded, name.to_owned())));
            }
        };
        for credential in space.roles.values() {
            for (secret, name) in &credential.secrets {
                add(Some(secret), name);
            }
        }
        add(Some(&space.token), "{token}");
        add(Some(&space.prefix), "");
        add(Some(&space.database), "{db}");
        add(space.org_id.as_ref(), "{org_id}");
        add(space.bucket_id.as_ref(), "{bucket_id}");
        add(Some(&authority.to_owned()), "{host}");
        // The longest first: one may be a part of another.
        exact.sort_by_key(|(value, _)| std::cmp::Reverse(value.len()));
        Self {
            exact,
            words: space.org.iter().filter(|o| o.len() > 3).map(|o| (o.clone(), "{org}")).collect(),
            times: HashMap::new(),
            now: space.now,
            ids: RefCell::default(),
        }
    }

    /// Times that the case wrote by placeholder, in `unit` nanoseconds, for a server that cuts them
    /// to `resolution` nanoseconds.
    pub(crate) fn learn(&mut self, times: &Times, unit: i64, resolution: i64) {
        for (placeholder, value) in times {
            if let Ok(value) = value.parse::<i128>() {
                self.times.insert(value, placeholder.clone());
                let time = value * i128::from(unit);
                self.times.insert(time, placeholder.clone());
                self.times.insert(time - time % i128::from(resolution), placeholder.clone());
            }
        }
    }

    /// A text without secrets, and without what differs from run to run.
    pub(crate) fn text(&self, text: &str) -> String {
        let mut text = self.secrets(text);
        for rule in RULES.iter() {
            if text.contains(rule.hint) {
                text = changed(&rule.pattern, text, rule.with);
            }
        }
        // Most texts are values of a point, too short for any of these.
        if text.len() >= SHORTEST_NUMBER && text.bytes().any(|byte| byte.is_ascii_digit()) {
            text = changed(&DATE, text, |found: &Captures<'_>| self.date(&found[0]));
            text = changed(&NUMBER, text, |found: &Captures<'_>| self.number(&found[0]));
        }
        if text.len() >= LENGTH_OF_ID {
            text = changed(&ID, text, |found: &Captures<'_>| self.id(&found[0]));
        }
        text
    }

    /// The same for a header's value.
    pub(crate) fn header(&self, name: &str, value: &str) -> String {
        match name {
            "x-influxdb-version" => "{release}".to_owned(),
            // The order of methods is some servers' chance.
            "allow" => {
                let mut methods: Vec<_> = value.split(',').map(str::trim).collect();
                methods.sort_unstable();
                methods.join(", ")
            }
            _ => self.text(value),
        }
    }

    /// A text in which only names and secrets are replaced.
    pub(crate) fn secrets(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, name) in &self.exact {
            if text.contains(value) {
                text = text.replace(value, name);
            }
        }
        for (word, name) in &self.words {
            if text.contains(word) {
                text = without_word(&text, word, name);
            }
        }
        text
    }

    /// A time of a stored point.
    pub(crate) fn time(&self, nanoseconds: i64) -> String {
        match self.times.get(&i128::from(nanoseconds)) {
            Some(placeholder) => placeholder.clone(),
            None if is_near(nanoseconds, self.now) => "{now}".to_owned(),
            None => nanoseconds.to_string(),
        }
    }

    fn number(&self, text: &str) -> Cow<'static, str> {
        let Ok(value) = text.parse::<i128>() else { return text.to_owned().into() };
        if let Some(placeholder) = self.times.get(&value) {
            return placeholder.clone().into();
        }
        // Seconds, milliseconds, microseconds, nanoseconds.
        let scale = match text.len() {
            10 => 1_000_000_000,
            13 => 1_000_000,
            16 => 1_000,
            19 => 1,
            _ => return text.to_owned().into(),
        };
        match i64::try_from(value * scale) {
            Ok(time) if is_near(time, self.now) => "{now}".into(),
            _ => text.to_owned().into(),
        }
    }

    fn date(&self, text: &str) -> String {
        let mut parsed = text.replacen(' ', "T", 1);
        if parsed.len() >= 19 && !parsed.ends_with('Z') && !parsed[19..].contains(['+', '-']) {
            parsed.push('Z');
        }
        let nanoseconds =
            parsed.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_nanosecond);
        match nanoseconds.and_then(|n| i64::try_from(n).ok()) {
            Some(time) => match self.time(time) {
                shown if shown.starts_with('{') => shown,
                _ => text.to_owned(),
            },
            None => text.to_owned(),
        }
    }

    /// An id that the server made; small ones are written by cases.
    fn id(&self, text: &str) -> String {
        if text.starts_with("000000000000") || !text.bytes().any(|b| b.is_ascii_lowercase()) {
            return text.to_owned();
        }
        let mut ids = self.ids.borrow_mut();
        let next = ids.len() + 1;
        let number = *ids.entry(text.to_owned()).or_insert(next);
        format!("{{id{number}}}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Role;
    use crate::space::Credential;

    fn redactor() -> Redactor {
        let mut space = Space {
            database: "lp_ab12_0001".to_owned(),
            org: Some("acme".to_owned()),
            token: "s3cret+token".to_owned(),
            now: 1_790_000_000_000_000_000,
            ..Space::default()
        };
        space.roles.insert(
            Role::ReadOnly,
            Credential {
                authorization: Some("Token reader".to_owned()),
                secrets: vec![("reader".to_owned(), "{read-only}")],
            },
        );
        let mut redactor = Redactor::new(&space, "127.0.0.1:8086");
        redactor.learn(&vec![("{now+10y}".to_owned(), "2105360000".to_owned())], 1_000_000_000, 1);
        redactor
    }

    #[test]
    fn secrets_of_any_length_are_hidden() {
        let secrets = Secrets::new([("k", "{token}"), ("p@ss$1", "{password}"), ("", "{none}")]);
        assert_eq!(
            secrets.hide(r#"k asks: p@ss$1 p%40ss%241 {"token":"abc", "password": "x"}"#),
            r#"{token} asks: {password} {password} {"token":"{made_token}", "password": "{made_token}"}"#
        );
    }

    #[test]
    fn a_word_is_found_where_it_overlaps_itself() {
        assert_eq!(without_word("xa-a-a", "a-a", "{org}"), "xa-{org}");
    }

    #[test]
    fn each_rule_has_its_placeholder() {
        let redactor = redactor();
        let is = |text: &str, expected: &str| assert_eq!(redactor.text(text), expected);
        is("db lp_ab12_0001_other of acme, not acmes", "db {db}_other of {org}, not acmes");
        is("xacme _acme acme_ acme-acme", "xacme _acme acme_ {org}-{org}");
        is("s3cret+token reader 127.0.0.1:8086", "{token} {read-only} {host}");
        is("/write?p=s3cret%2Btoken", "/write?p={token}");
        is(
            "1790000000 1790000000123 1790000000123456 1790000100123456789",
            "{now} {now} {now} {now}",
        );
        is("1700000000000000000 2105360000000000000", "1700000000000000000 {now+10y}");
        is(
            "2026-09-21T14:13:20Z 2026-09-21 14:13:20.5 2023-11-14T22:13:20Z",
            "{now} {now} 2023-11-14T22:13:20Z",
        );
        is(
            r#""version": "v2.7", "commit":"abc""#,
            r#""version": "{release}", "commit":"{release}""#,
        );
        is(
            "0a1b2c3d4e5f6071 ffffffffffffffff 0a1b2c3d4e5f6071 00000000000000ff",
            "{id1} {id2} {id1} 00000000000000ff",
        );
        is("db84d9ee-e58e-11f1-803f-000000000000", "{uuid}");
        assert_eq!(redactor.header("allow", "POST, OPTIONS"), "OPTIONS, POST");
    }
}
