//! The reviewed list of answers that are not the recorded ones.

use crate::recording::folder;
use serde::Deserialize;

/// `known_differences.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct List {
    /// Probes whose id begins so are compared and counted, but fail nothing.
    pub(crate) reported_only: Vec<String>,
    #[serde(default)]
    pub(crate) difference: Vec<Known>,
}

/// One of them.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Known {
    pub(crate) recording: String,
    /// The probe's.
    pub(crate) id: String,
    pub(crate) reason: String,
    /// Only where the server is built without SQL.
    #[serde(default)]
    pub(crate) without_sql: bool,
}

/// Reads the list.
pub(crate) fn load() -> Result<List, String> {
    let path = folder().join("known_differences.toml");
    let text = std::fs::read_to_string(&path)
        .map_err(|e| format!("cannot read {}: {e}", path.display()))?;
    let mut list: List = toml::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
    list.difference.retain(|known| !known.without_sql || cfg!(not(feature = "sql")));
    Ok(list)
}
