//! Functions that the products have and this engine lacks: a query with one is refused by its name,
//! not with the words for a function that nobody has.
//!
//! Sources: the names in influxdb3_core:query_functions/src, the table functions of
//! influxdb3_cache/src and influxdb3_catalog of branch 3.6, the functions of DataFusion's features
//! `nested_expressions`, `crypto_expressions` and `encoding_expressions`.

use datafusion::error::DataFusionError;

/// Functions of the product's own, and those of whose answer the engine's release is a part.
const NAMES: &[&str] = &[
    "coalesce_struct",
    "date_bin_gapfill",
    "date_bin_wallclock",
    "date_bin_wallclock_gapfill",
    "influx_regex_match",
    "influx_regex_not_match",
    "influx_window_bounds",
    "interpolate",
    "locf",
    "sleep",
    "tz",
    "version",
    "distinct_cache",
    "last_cache",
    // digests and encodings
    "decode",
    "digest",
    "encode",
    "md5",
    "sha224",
    "sha256",
    "sha384",
    "sha512",
    // lists and maps
    "arrays_overlap",
    "cardinality",
    "element_at",
    "empty",
    "flatten",
    "generate_series",
    "make_array",
    "make_list",
    "map",
    "range",
    "string_to_array",
    "string_to_list",
];

/// How the names of all other functions on lists and maps begin.
const PREFIXES: &[&str] = &["array_", "list_", "map_"];

/// The same error, or one that says what this server lacks.
pub(super) fn refuse(error: DataFusionError) -> DataFusionError {
    let text = error.to_string();
    let between = |before: &str| {
        let (_, rest) = text.split_once(before)?;
        rest.split_once('\'').map(|(name, _)| name.to_owned())
    };
    let name = between("Invalid function '").or_else(|| between("table function '"));
    match name {
        Some(name) if is_elsewhere(&name) => {
            DataFusionError::NotImplemented(format!("the function {name} in this server"))
        }
        _ => error,
    }
}

fn is_elsewhere(name: &str) -> bool {
    NAMES.contains(&name) || PREFIXES.iter().any(|prefix| name.starts_with(prefix))
}
