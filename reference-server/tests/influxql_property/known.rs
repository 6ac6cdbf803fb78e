//! The reviewed list of answers that are not influxd's.

use crate::client::Answer;
use crate::query::Query;
use regex::Regex;
use serde::Deserialize;
use std::path::Path;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    difference: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    /// Found in the query.
    query: String,
    /// Not found in the query.
    but_not: Option<String>,
    /// Found in influxd's answer; an entry that takes any answer would hide what nobody has seen.
    influxd: String,
    /// Found in the reference server's answer.
    reference: String,
    /// What alone is different; without it, anything that the patterns leave open.
    #[serde(default)]
    only: Option<Only>,
    reason: String,
}

/// A difference between answers that are the same in all else.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Only {
    /// Zeros are negative in one and not in the other.
    SignOfZero,
}

impl Only {
    fn differs(self, influxd: &str, reference: &str) -> bool {
        match self {
            // The words around a number are those of JSON or CSV: a text keeps its quotes.
            Self::SignOfZero => {
                let unsigned = |body: &str| {
                    let parts = body.split_inclusive([',', '[', ']', '\n']);
                    let plain = |part: &str| match part.strip_prefix("-0") {
                        Some(rest) if rest.len() <= 1 => format!("0{rest}"),
                        _ => part.to_owned(),
                    };
                    parts.map(plain).collect::<String>()
                };
                unsigned(influxd) == unsigned(reference)
            }
        }
    }
}

/// A difference that is known.
pub(crate) struct Known {
    query: Regex,
    but_not: Option<Regex>,
    influxd: Regex,
    reference: Regex,
    only: Option<Only>,
    pub(crate) reason: String,
}

/// Reads `known_differences.toml`.
pub(crate) fn load() -> Result<Vec<Known>, String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let path = here.join("tests/influxql_property/known_differences.toml");
    let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
    let file: File = toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    let regex = |pattern: &str| Regex::new(pattern).map_err(|e| format!("{pattern}: {e}"));
    let known = |entry: Entry| {
        Ok(Known {
            query: regex(&entry.query)?,
            but_not: entry.but_not.as_deref().map(regex).transpose()?,
            influxd: regex(&entry.influxd)?,
            reference: regex(&entry.reference)?,
            only: entry.only,
            reason: entry.reason,
        })
    };
    file.difference.into_iter().map(known).collect()
}

/// The entry that this difference falls under.
pub(crate) fn find<'k>(
    list: &'k [Known],
    query: &Query,
    influxd: &Answer,
    reference: &Answer,
) -> Option<&'k Known> {
    let text = query.text();
    list.iter().find(|k| {
        k.query.is_match(&text)
            && k.but_not.as_ref().is_none_or(|not| !not.is_match(&text))
            && k.influxd.is_match(&influxd.body)
            && k.reference.is_match(&reference.body)
            && k.only.is_none_or(|only| only.differs(&influxd.body, &reference.body))
    })
}
