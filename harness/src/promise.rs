//! What a page or a source promises of an answer, where it does not give its bytes: a status, a
//! header that is a number of seconds, a member of the JSON body. Everything else stays unsaid.
//!
//! ```text
//!   promised 401 | 403
//!   retry-after: <seconds>
//!   json code = "invalid"
//!   json message has "line 2" | "second line"
//!   text lacks "secret"
//! ```

use crate::transcript::{Answer, KEPT};
use serde_json::Value as Json;
use std::fmt;

/// What is promised of one answer.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Promise {
    /// The statuses, any of them; at least one.
    pub statuses: Vec<Status>,
    /// Everything else, in the order of the file.
    pub terms: Vec<Term>,
}

/// A status, or a class of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// `400`.
    Exact(u16),
    /// `4xx`.
    Class(u16),
}

/// One thing that is promised besides the status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Term {
    /// A header, by its name in lower case.
    Header(String, Value),
    /// The body has no byte.
    EmptyBody,
    /// A member of the JSON body: the path with dots, and what it is.
    Member(String, Test),
    /// The body as text.
    Text(Test),
}

/// What a header's value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A whole number of seconds.
    Seconds,
    /// Anything, but there.
    Any,
    /// Not there.
    None,
    /// This.
    Exact(String),
}

/// What a text or a JSON value is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Test {
    /// Equal to this JSON value.
    Is(Json),
    /// A string that contains one of these.
    Has(Vec<String>),
    /// A string that does not contain this.
    Lacks(String),
    /// Of this type of JSON: `string`, `number`, `array`, `object`, `boolean`.
    Type(String),
    /// A string of so many lines.
    Lines(usize),
    /// A string of at most so many lines.
    LinesAtMost(usize),
}

impl Status {
    fn parse(text: &str) -> Option<Self> {
        match text.strip_suffix("xx") {
            Some(class) => class.parse().ok().filter(|c| (1..=5).contains(c)).map(Self::Class),
            None => text.parse().ok().filter(|s| (100..=599).contains(s)).map(Self::Exact),
        }
    }

    /// Whether an answer's status is this one.
    pub const fn covers(self, status: u16) -> bool {
        match self {
            Self::Exact(exact) => exact == status,
            Self::Class(class) => class == status / 100,
        }
    }

    /// The hundreds.
    pub const fn class(self) -> u16 {
        match self {
            Self::Exact(exact) => exact / 100,
            Self::Class(class) => class,
        }
    }
}

impl Promise {
    /// Begins with what stands behind `promised`.
    pub(crate) fn of_statuses(text: &str) -> Option<Self> {
        let statuses: Option<Vec<_>> = text.split('|').map(|s| Status::parse(s.trim())).collect();
        Some(Self { statuses: statuses?, terms: Vec::new() })
    }

    /// Takes one more line.
    pub(crate) fn add(&mut self, line: &str) -> Option<()> {
        self.terms.push(Term::parse(line)?);
        Some(())
    }

    /// Whether one of the statuses covers this one.
    pub fn covers(&self, status: u16) -> bool {
        self.statuses.iter().any(|promised| promised.covers(status))
    }

    /// Whether the class of this status is promised.
    pub fn covers_class(&self, status: u16) -> bool {
        self.statuses.iter().any(|promised| promised.class() == status / 100)
    }

    /// The terms that an answer does not keep, each with what is there instead.
    pub fn broken(&self, answer: &Answer) -> Vec<(String, String)> {
        let body = answer.whole_body();
        let json = serde_json::from_str::<Json>(&body).ok();
        let instead = |term: &Term| term.instead(answer, &body, json.as_ref());
        let broken = |term: &Term| Some((term.to_string(), instead(term)?));
        self.terms.iter().filter_map(broken).collect()
    }
}

impl Term {
    fn parse(line: &str) -> Option<Self> {
        if line == "body <empty>" {
            return Some(Self::EmptyBody);
        }
        if let Some(test) = line.strip_prefix("text ") {
            return Some(Self::Text(Test::parse(test)?));
        }
        if let Some(member) = line.strip_prefix("json ") {
            let (path, test) = member.split_once(' ')?;
            return Some(Self::Member(path.to_owned(), Test::parse(test)?));
        }
        let (name, value) = line.split_once(": ")?;
        let value = match value {
            "<seconds>" => Value::Seconds,
            "<any>" => Value::Any,
            "<none>" => Value::None,
            exact => Value::Exact(exact.to_owned()),
        };
        // Of any other header no transcript would know.
        KEPT.contains(&name).then(|| Self::Header(name.to_owned(), value))
    }

    /// What is there instead of what is promised; none where the promise is kept.
    fn instead(&self, answer: &Answer, body: &str, json: Option<&Json>) -> Option<String> {
        match self {
            Self::Header(name, promised) => {
                let found = answer.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v);
                (!promised.holds(found.map(String::as_str))).then(|| {
                    found.map_or_else(|| format!("no {name}"), |value| format!("{name}: {value}"))
                })
            }
            Self::EmptyBody => (!answer.body.is_empty()).then(|| answer.body.clone()),
            Self::Text(test) => {
                let text = Json::from(body);
                (!test.holds(Some(&text))).then(|| answer.body.clone())
            }
            Self::Member(path, test) => {
                let found = path.split('.').fold(json, member);
                (!test.holds(found)).then(|| match (json, found) {
                    (None, _) => format!("no JSON: {}", answer.body),
                    (_, None) => format!("no {path}: {}", answer.body),
                    (_, Some(value)) => format!("{path} is {value}"),
                })
            }
        }
    }
}

/// A member of an object by its name, of an array by its index.
fn member<'j>(json: Option<&'j Json>, name: &str) -> Option<&'j Json> {
    match json? {
        Json::Object(map) => map.get(name),
        Json::Array(items) => name.parse::<usize>().ok().and_then(|n| items.get(n)),
        _ => None,
    }
}

impl Value {
    fn holds(&self, found: Option<&str>) -> bool {
        match self {
            Self::Seconds => found.is_some_and(|value| value.parse::<u32>().is_ok()),
            Self::Any => found.is_some(),
            Self::None => found.is_none(),
            Self::Exact(exact) => found == Some(exact),
        }
    }
}

/// `"a" | "b"`: JSON strings, at least one.
fn alternatives(text: &str) -> Option<Vec<String>> {
    let mut strings = serde_json::Deserializer::from_str(text).into_iter::<String>();
    let first = strings.next()?.ok()?;
    let rest = text[strings.byte_offset()..].trim_start();
    let mut all = vec![first];
    match rest.strip_prefix('|') {
        Some(others) => all.extend(alternatives(others.trim_start())?),
        None if rest.is_empty() => {}
        None => return None,
    }
    Some(all)
}

impl Test {
    fn parse(text: &str) -> Option<Self> {
        let (word, rest) = text.split_once(' ')?;
        let string = || serde_json::from_str::<String>(rest).ok();
        match word {
            "=" => serde_json::from_str(rest).ok().map(Self::Is),
            "has" => alternatives(rest).map(Self::Has),
            "lacks" => string().map(Self::Lacks),
            "is" => ["string", "number", "array", "object", "boolean"]
                .contains(&rest)
                .then(|| Self::Type(rest.to_owned())),
            "lines" => match rest.split_once(' ')? {
                ("=", n) => n.parse().ok().map(Self::Lines),
                ("<=", n) => n.parse().ok().map(Self::LinesAtMost),
                _ => None,
            },
            _ => None,
        }
    }

    fn holds(&self, found: Option<&Json>) -> bool {
        let Some(found) = found else { return false };
        let text = found.as_str();
        match self {
            Self::Is(value) => value == found,
            Self::Has(parts) => {
                text.is_some_and(|text| parts.iter().any(|part| text.contains(part.as_str())))
            }
            Self::Lacks(part) => text.is_some_and(|text| !text.contains(part)),
            Self::Type(name) => match found {
                Json::String(_) => name == "string",
                Json::Number(_) => name == "number",
                Json::Array(_) => name == "array",
                Json::Object(_) => name == "object",
                Json::Bool(_) => name == "boolean",
                Json::Null => false,
            },
            Self::Lines(n) => text.is_some_and(|text| text.lines().count() == *n),
            Self::LinesAtMost(n) => text.is_some_and(|text| text.lines().count() <= *n),
        }
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statuses: Vec<_> = self.statuses.iter().map(ToString::to_string).collect();
        writeln!(f, "  promised {}", statuses.join(" | "))?;
        self.terms.iter().try_for_each(|term| writeln!(f, "  {term}"))
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exact(exact) => write!(f, "{exact}"),
            Self::Class(class) => write!(f, "{class}xx"),
        }
    }
}

impl fmt::Display for Term {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Header(name, Value::Seconds) => write!(f, "{name}: <seconds>"),
            Self::Header(name, Value::Any) => write!(f, "{name}: <any>"),
            Self::Header(name, Value::None) => write!(f, "{name}: <none>"),
            Self::Header(name, Value::Exact(value)) => write!(f, "{name}: {value}"),
            Self::EmptyBody => f.write_str("body <empty>"),
            Self::Text(test) => write!(f, "text {test}"),
            Self::Member(path, test) => write!(f, "json {path} {test}"),
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Is(value) => write!(f, "= {value}"),
            Self::Has(parts) => {
                let parts: Vec<_> =
                    parts.iter().map(|p| Json::from(p.as_str()).to_string()).collect();
                write!(f, "has {}", parts.join(" | "))
            }
            Self::Lacks(part) => write!(f, "lacks {}", Json::from(part.as_str())),
            Self::Type(name) => write!(f, "is {name}"),
            Self::Lines(n) => write!(f, "lines = {n}"),
            Self::LinesAtMost(n) => write!(f, "lines <= {n}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn promise(statuses: &str, terms: &[&str]) -> Promise {
        let mut promise = Promise::of_statuses(statuses).unwrap();
        for term in terms {
            promise.add(term).unwrap_or_else(|| panic!("{term}"));
        }
        promise
    }

    fn answer(headers: &[(&str, &str)], body: &str) -> Answer {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        let headers = headers.iter().map(owned).collect();
        Answer { status: 400, headers, body: body.to_owned(), ..Answer::default() }
    }

    #[test]
    fn a_promise_is_printed_as_it_is_written() {
        let terms = [
            "retry-after: <seconds>",
            "allow: <none>",
            "content-type: text/plain",
            "body <empty>",
            "json code = \"invalid\"",
            "json a.0.line = 2",
            "json message has \"a \\\"b\\\"\"",
            "json message has \"a\" | \"b | c\"",
            "json message lacks \"c\"",
            "json message is string",
            "json message lines <= 101",
            "text lines = 3",
        ];
        let text = promise("401 | 5xx", &terms).to_string();
        assert_eq!(text, format!("  promised 401 | 5xx\n  {}\n", terms.join("\n  ")));
        for wrong in [
            "body",
            "json code",
            "json code is text",
            "text has x",
            "X: y",
            "x: y",
            "lines",
            "text has \"a\" |",
            "text has \"a\" \"b\"",
        ] {
            assert!(Promise::default().add(wrong).is_none(), "{wrong}");
        }
        for wrong in ["400 401", "44xx", "0xx", "40", "600"] {
            assert!(Promise::of_statuses(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn each_term_is_kept_or_broken() {
        let broken = |term: &str, answer: &Answer| promise("400", &[term]).broken(answer).len();
        let said = answer(
            &[("retry-after", "3"), ("content-type", "application/json")],
            "{\"code\":\"invalid\",\"line\":2,\"message\":\"one\\ntwo\",\"data\":[{\"n\":1}]}",
        );
        let kept = [
            "retry-after: <seconds>",
            "retry-after: <any>",
            "allow: <none>",
            "content-type: application/json",
            "json code = \"invalid\"",
            "json line = 2",
            "json data.0.n = 1",
            "json message has \"two\"",
            "json message has \"three\" | \"two\"",
            "json message lacks \"three\"",
            "json message lines = 2",
            "json message lines <= 2",
            "json data is array",
            "text has \"one\"",
        ];
        let not_kept = [
            "content-type: <seconds>",
            "content-type: <none>",
            "allow: <any>",
            "body <empty>",
            "json code = \"other\"",
            "json line is string",
            "json missing is string",
            "json data.1.n = 1",
            "json message has \"three\"",
            "json message lacks \"two\"",
            "json message lines = 1",
            "json message lines <= 1",
            "text lacks \"one\"",
        ];
        for term in kept {
            assert_eq!(broken(term, &said), 0, "{term}");
        }
        for term in not_kept {
            assert_eq!(broken(term, &said), 1, "{term}");
        }
        assert_eq!(broken("body <empty>", &answer(&[], "")), 0);
        assert_eq!(broken("json code is string", &answer(&[], "<html>")), 1);
    }

    #[test]
    fn each_type_of_json_is_told_from_the_others() {
        let said = answer(&[], r#"{"a":"x","b":1,"c":[],"d":{},"e":true,"f":null}"#);
        let types = ["string", "number", "array", "object", "boolean", "null"];
        for (member, own) in ["a", "b", "c", "d", "e", "f"].into_iter().zip(types) {
            for other in &types[..5] {
                let term = format!("json {member} is {other}");
                let broken = promise("400", &[&term]).broken(&said);
                assert_eq!(broken.is_empty(), own == *other, "{term}");
            }
        }
    }

    #[test]
    fn what_is_there_instead_is_told() {
        let said = answer(&[("allow", "GET")], r#"{"code":"x"}"#);
        for (term, instead) in [
            ("allow: POST", "allow: GET"),
            ("retry-after: <seconds>", "no retry-after"),
            ("body <empty>", r#"{"code":"x"}"#),
            ("text has \"y\"", r#"{"code":"x"}"#),
            ("json code = \"y\"", "code is \"x\""),
            ("json other = \"y\"", r#"no other: {"code":"x"}"#),
            ("json code.n = 1", r#"no code.n: {"code":"x"}"#),
        ] {
            let broken = promise("400", &[term]).broken(&said);
            assert_eq!(broken, [(term.to_owned(), instead.to_owned())]);
        }
        let broken = promise("400", &["json code = 1"]).broken(&answer(&[], "<html>"));
        assert_eq!(broken[0].1, "no JSON: <html>");
    }

    #[test]
    fn only_statuses_that_there_are_can_be_promised() {
        for good in ["100", "599", "1xx", "5xx", "200 | 4xx"] {
            assert!(Promise::of_statuses(good).is_some(), "{good}");
        }
        for wrong in ["99", "600", "0xx", "6xx", "", "200 |"] {
            assert!(Promise::of_statuses(wrong).is_none(), "{wrong}");
        }
        let class = promise("4xx", &[]);
        assert!(class.covers(400) && class.covers(499) && !class.covers(399));
        assert!(class.covers_class(499) && !class.covers_class(399));
        assert!(!promise("400", &[]).covers_class(300));
    }

    #[test]
    fn a_status_is_one_of_several_or_of_a_class() {
        let several = promise("401 | 403", &[]);
        assert!(several.covers(403) && !several.covers(404) && several.covers_class(404));
        let class = promise("4xx", &[]);
        assert!(class.covers(404) && !class.covers(500) && !class.covers_class(500));
    }
}
