//! The keys that a case file may have, before any of them is judged.

use super::CaseError;
use crate::case::{Endpoint, Level, Repeat, Role, SchemaType};
use profiles::Capability;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;

/// A file as it stands.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) id: String,
    pub(super) summary: String,
    pub(super) level: Level,
    pub(super) clauses: Vec<String>,
    #[serde(deserialize_with = "capabilities")]
    pub(super) needs: Vec<Capability>,
    #[serde(default)]
    pub(super) kills: Vec<String>,
    pub(super) retention: Option<String>,
    pub(super) setup: Option<String>,
    pub(super) schema_type: Option<SchemaType>,
    #[serde(rename = "step", default)]
    pub(super) steps: Vec<FileStep>,
}

/// A step as it stands: every key that any step may have.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FileStep {
    pub(super) write: Option<String>,
    pub(super) write_base64: Option<String>,
    pub(super) write_repeat: Option<Repeat>,
    pub(super) request: Option<String>,
    pub(super) query: Option<String>,
    pub(super) read_back: Option<bool>,
    pub(super) wait: Option<String>,
    #[serde(default)]
    pub(super) eventually: bool,
    #[serde(default)]
    pub(super) throughout: bool,
    pub(super) body: Option<String>,
    pub(super) language: Option<Language>,
    pub(super) endpoint: Option<Endpoint>,
    pub(super) precision: Option<String>,
    pub(super) params: Option<String>,
    pub(super) query_string: Option<String>,
    pub(super) method: Option<String>,
    pub(super) path: Option<String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    pub(super) encoding: Option<Encoding>,
    #[serde(default)]
    pub(super) chunked: bool,
    #[serde(rename = "as")]
    pub(super) role: Option<Role>,
    pub(super) authorization: Option<String>,
}

/// The languages that a query may be in.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Language {
    Influxql,
    Flux,
    Sql,
}

/// The encodings that the harness can make.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Encoding {
    Gzip,
}

fn capabilities<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Capability>, D::Error> {
    Vec::<String>::deserialize(deserializer)?
        .iter()
        .map(|word| word.parse().map_err(serde::de::Error::custom))
        .collect()
}

/// Reads the keys, and says where one is wrong.
pub(super) fn read(file: &str, text: &str) -> Result<File, CaseError> {
    toml::from_str(text).map_err(|error| CaseError {
        file: file.to_owned(),
        line: error.span().map_or(0, |span| line_at(text, span.start)),
        message: error.message().replace('\n', " "),
    })
}

fn line_at(text: &str, offset: usize) -> usize {
    1 + text.as_bytes()[..offset.min(text.len())].iter().filter(|b| **b == b'\n').count()
}
