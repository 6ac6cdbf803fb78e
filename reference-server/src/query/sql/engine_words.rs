//! The engine's sentences in the words of the product's release, where this engine's version has
//! changed them since.
//!
//! Not here: sentences that are alike in both versions; they pass as they are.

use super::catalog::Said;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::utils::datafusion_strsim::normalized_levenshtein;
use datafusion::common::{Column, SchemaError};
use datafusion::error::DataFusionError;
use profiles::sql::EngineDialect;

/// A type by the release's name for it.
pub(super) fn type_name(dialect: EngineDialect, of: &DataType) -> String {
    match dialect {
        EngineDialect::Long => format!("{of:?}"),
    }
}

/// An error as the release words it.
pub(super) fn sentence(dialect: EngineDialect, error: &DataFusionError) -> String {
    match error {
        DataFusionError::External(other) => match other.downcast_ref::<Said>() {
            Some(said) => said.to_string(),
            None => error.to_string(),
        },
        DataFusionError::SchemaError(schema_error, _) => match &**schema_error {
            SchemaError::FieldNotFound { field, valid_fields } => {
                format!("Schema error: {}", unknown_column(dialect, field, valid_fields))
            }
            _ => error.to_string(),
        },
        DataFusionError::Context(what, inner) => {
            format!("{what}\ncaused by\n{}", sentence(dialect, inner))
        }
        DataFusionError::Diagnostic(_, inner) => sentence(dialect, inner),
        DataFusionError::Shared(inner) => sentence(dialect, inner),
        DataFusionError::Collection(errors) if !errors.is_empty() => sentence(dialect, &errors[0]),
        _ => with_type_names(dialect, error.to_string()),
    }
}

fn with_type_names(dialect: EngineDialect, text: String) -> String {
    match dialect {
        EngineDialect::Long => text.replace("Timestamp(ns)", "Timestamp(Nanosecond, None)"),
    }
}

fn unknown_column(dialect: EngineDialect, column: &Column, known: &[Column]) -> String {
    let EngineDialect::Long = dialect;
    let flat: Vec<String> = known.iter().map(Column::flat_name).collect();
    let mut text = format!("No field named {}", column.quoted_flat_name());
    let lower = column.flat_name().to_lowercase();
    if flat.iter().any(|name| name.to_lowercase() == lower) {
        text += &format!(
            ". Column names are case sensitive. You can use double quotes to refer to the \"{}\" \
             column or set the datafusion.sql_parser.enable_ident_normalization configuration",
            column.quoted_flat_name()
        );
    }
    // The first name that is near, not the nearest.
    let near = flat.iter().find(|name| normalized_levenshtein(name, column.name()) >= 0.5);
    if let Some(near) = near {
        text += &format!(". Did you mean '{near}'?");
    } else if !known.is_empty() {
        let known: Vec<String> = known.iter().map(Column::quoted_flat_name).collect();
        text += &format!(". Valid fields are {}", known.join(", "));
    }
    text + "."
}
