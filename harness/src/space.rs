//! A case's place on the target: its database and everything that has a name there, and how the
//! placeholders of a case are filled with it.

use crate::case::Role;
use crate::read_back::encode;
use crate::redact::Secrets;
use std::collections::BTreeMap;

/// Who sends a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Credential {
    /// The value of the `Authorization` header; none where nothing is sent.
    pub(crate) authorization: Option<String>,
    /// The parts of it that no report may show, and a placeholder for each.
    pub(crate) secrets: Vec<(String, &'static str)>,
}

/// Where a case lives.
#[derive(Clone, Debug, Default)]
pub(crate) struct Space {
    /// The database or bucket.
    pub(crate) database: String,
    pub(crate) org: Option<String>,
    pub(crate) org_id: Option<String>,
    pub(crate) bucket_id: Option<String>,
    /// What `{token}` stands for.
    pub(crate) token: String,
    /// The roles that this target has made for the case.
    pub(crate) roles: BTreeMap<Role, Credential>,
    /// Nanoseconds since 1970 when the case began: what `{now}` means in it.
    pub(crate) now: i64,
    /// Put before each measurement where the database is shared with others; else empty.
    pub(crate) prefix: String,
    /// Ids that must be given back.
    pub(crate) made: Vec<Made>,
}

/// Something made for a case, besides its database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Made {
    /// A v2 bucket, by id.
    Bucket(String),
    /// A v2 authorization, by id.
    Authorization(String),
    /// A v1 user, by name.
    User(String),
    /// A database, by name.
    Database(String),
    /// A token, by the id or the name by which it is deleted.
    Token(String),
}

/// Times that a case wrote by placeholder: the text and what it stood for.
pub(crate) type Times = Vec<(String, String)>;

impl Space {
    /// The secrets of its roles.
    pub(crate) fn secrets(&self) -> Secrets {
        let of_roles = self.roles.values().flat_map(|credential| &credential.secrets);
        let token = (self.token.as_str(), "{token}");
        Secrets::new(of_roles.map(|(secret, name)| (secret.as_str(), *name)).chain([token]))
    }

    /// Replaces the placeholders that names have.
    pub(crate) fn fill(&self, text: &str) -> String {
        let none = String::new();
        let pairs = [
            ("{db}", &self.database),
            ("{org}", self.org.as_ref().unwrap_or(&none)),
            ("{org_id}", self.org_id.as_ref().unwrap_or(&none)),
            ("{bucket_id}", self.bucket_id.as_ref().unwrap_or(&none)),
            ("{token}", &self.token),
        ];
        pairs.iter().fold(text.to_owned(), |text, (name, value)| text.replace(name, value))
    }

    /// The same for a URL, in which a value must be no more than a value.
    pub(crate) fn fill_url(&self, text: &str) -> String {
        let encoded = |text: &Option<String>| text.as_deref().map(encode);
        let of_url = Self {
            database: encode(&self.database),
            org: encoded(&self.org),
            org_id: encoded(&self.org_id),
            bucket_id: encoded(&self.bucket_id),
            token: encode(&self.token),
            ..Self::default()
        };
        of_url.fill(text)
    }

    /// The same for a body, where times are written in `unit` nanoseconds.
    pub(crate) fn fill_body(&self, text: &str, unit: i64, times: &mut Times) -> String {
        let mut filled = String::new();
        let mut rest = text;
        while let Some(at) = rest.find("{now") {
            let Some(end) = rest[at..].find('}') else { break };
            let placeholder = &rest[at..=at + end];
            filled += &rest[..at];
            match offset(&placeholder[4..placeholder.len() - 1]) {
                Some(offset) => {
                    let value = ((i128::from(self.now) + offset) / i128::from(unit)).to_string();
                    times.push((placeholder.to_owned(), value.clone()));
                    filled += &value;
                }
                None => filled += placeholder,
            }
            rest = &rest[at + end + 1..];
        }
        self.fill(&(filled + rest))
    }
}

/// `-2h` in nanoseconds; nothing is 0.
fn offset(text: &str) -> Option<i128> {
    if text.is_empty() {
        return Some(0);
    }
    let sign = match text.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let unit: i128 = match text.chars().last()? {
        's' => 1,
        'm' => 60,
        'h' => 3_600,
        'd' => 86_400,
        'w' => 604_800,
        'y' => 365 * 86_400,
        _ => return None,
    };
    let count: i128 = text[1..text.len() - 1].parse().ok()?;
    Some(sign * count * unit * 1_000_000_000)
}

/// Nanoseconds of one unit of a precision as a case writes it; other texts count as nanoseconds.
pub(crate) fn unit(precision: Option<&str>) -> i64 {
    match precision {
        Some("us") => 1_000,
        Some("ms") => 1_000_000,
        Some("s") => 1_000_000_000,
        Some("m") => 60_000_000_000,
        Some("h") => 3_600_000_000_000,
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_are_filled_in_the_unit_of_the_step() {
        let space = Space {
            database: "lp_1".to_owned(),
            now: 1_700_000_000_123_456_789,
            ..Space::default()
        };
        let mut times = Times::new();
        let body =
            space.fill_body("m,d={db} f={x} {now-2h}\nm f=1 {now}", unit(Some("s")), &mut times);
        assert_eq!(body, "m,d=lp_1 f={x} 1699992800\nm f=1 1700000000");
        assert_eq!(times[0], ("{now-2h}".to_owned(), "1699992800".to_owned()));
        assert_eq!(space.fill_body("{now+10y}", 1, &mut times), "2015360000123456789");
    }
}
