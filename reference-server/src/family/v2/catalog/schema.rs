//! Schemas of buckets: implicit, or explicit with one schema for each measurement.
//!
//! From docs-v2, content/influxdb/cloud/admin/buckets/bucket-schema.md ("docs"), and the API
//! contract of Cloud, whose messages these are where no other source stands. Mixed capitals are the
//! contract's own.

use super::{Bucket, Catalog};
use crate::family::v2::id::Id;
use crate::family::v2::reply::{ApiError, Code};
use crate::store::FieldType;
use serde::{Deserialize, Serialize};
use std::collections::HashSet;

/// The longest name of a measurement or column (docs; whether bytes or characters is not said).
const LONGEST_NAME: usize = 128;

/// Which schema a bucket has.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum SchemaKind {
    /// What its points make.
    #[default]
    Implicit,
    /// What was set, and nothing else.
    Explicit(ExplicitSchema),
}

impl SchemaKind {
    /// The kind of this word.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "implicit" => Some(Self::Implicit),
            "explicit" => Some(Self::Explicit(ExplicitSchema::default())),
            _ => None,
        }
    }

    /// The word of `schemaType`.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Implicit => "implicit",
            Self::Explicit(_) => "explicit",
        }
    }
}

/// The schemas of a bucket's measurements.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExplicitSchema {
    /// How often they were changed: the `ETag`.
    pub version: u64,
    /// In the order in which they were made.
    pub measurements: Vec<Schema>,
}

/// The schema of one measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Schema {
    /// Its id.
    pub id: Id,
    /// The measurement.
    pub name: String,
    /// Its columns, as they were given.
    pub columns: Vec<Column>,
    /// When it was made.
    pub created_at: i64,
    /// When it was changed last.
    pub updated_at: i64,
}

/// A column of a measurement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: ColumnKind,
}

/// What a column is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnKind {
    /// The time.
    Timestamp,
    /// A tag.
    Tag,
    /// A field of this type.
    Field(FieldType),
}

impl Catalog {
    /// The schemas of a bucket.
    ///
    /// # Errors
    /// There is no such bucket, or it is not explicit.
    pub fn explicit_schema(&self, bucket: Id) -> Result<&ExplicitSchema, ApiError> {
        match &self.bucket(bucket)?.schema {
            Some(SchemaKind::Explicit(schema)) => Ok(schema),
            _ => Err(not_explicit()),
        }
    }

    /// One schema of a bucket.
    ///
    /// # Errors
    /// As above, or there is no such schema (our words).
    pub fn measurement_schema(&self, bucket: Id, id: Id) -> Result<&Schema, ApiError> {
        let schemas = &self.explicit_schema(bucket)?.measurements;
        schemas.iter().find(|schema| schema.id == id).ok_or_else(no_schema)
    }

    /// Makes the schema of a measurement.
    ///
    /// # Errors
    /// What is wrong with it, or that the measurement has one (422: docs; our words).
    pub fn create_schema(
        &mut self,
        bucket: Id,
        name: String,
        columns: Option<Vec<Column>>,
        now: i64,
    ) -> Result<&Schema, ApiError> {
        let known = &self.explicit_schema(bucket)?.measurements;
        if !is_name(&name) {
            return Err(ApiError::invalid("name is invalid"));
        }
        let columns = checked(columns)?;
        if known.iter().any(|schema| schema.name == name) {
            let message = format!("measurement schema with name {name} already exists");
            return Err(ApiError::new(Code::Unprocessable, message));
        }
        let id = self.ids.random();
        let new = Schema { id, name, columns, created_at: now, updated_at: now };
        let all = self.explicit_mut(bucket)?;
        all.version += 1;
        all.measurements.push(new);
        self.measurement_schema(bucket, id)
    }

    /// Adds columns to a schema: all that it has are given again.
    ///
    /// # Errors
    /// What is wrong with the columns, or that some are missing or changed.
    pub fn update_schema(
        &mut self,
        bucket: Id,
        id: Id,
        columns: Option<Vec<Column>>,
        now: i64,
    ) -> Result<&Schema, ApiError> {
        let old = self.measurement_schema(bucket, id)?;
        let columns = checked(columns)?;
        for column in &old.columns {
            match columns.iter().find(|new| new.name == column.name) {
                None => return Err(ApiError::invalid("Unable to delete columns from schema")),
                // Docs: a column cannot be modified; our words.
                Some(new) if new.kind != column.kind => {
                    return Err(ApiError::invalid("Unable to modify columns of schema"));
                }
                Some(_) => {}
            }
        }
        let all = self.explicit_mut(bucket)?;
        all.version += 1;
        if let Some(schema) = all.measurements.iter_mut().find(|schema| schema.id == id) {
            schema.columns = columns;
            schema.updated_at = now;
        }
        self.measurement_schema(bucket, id)
    }

    fn explicit_mut(&mut self, bucket: Id) -> Result<&mut ExplicitSchema, ApiError> {
        match self.buckets.get_mut(&bucket) {
            Some(Bucket { schema: Some(SchemaKind::Explicit(schema)), .. }) => Ok(schema),
            _ => Err(not_explicit()),
        }
    }
}

fn not_explicit() -> ApiError {
    ApiError::invalid("bucket schemaType must be explicit")
}

fn no_schema() -> ApiError {
    ApiError::not_found("measurement schema not found")
}

/// Columns that make a schema.
fn checked(columns: Option<Vec<Column>>) -> Result<Vec<Column>, ApiError> {
    let columns = columns.unwrap_or_default();
    let mut names = HashSet::new();
    let message = if columns.is_empty() {
        "columns is required"
    } else if !columns.iter().all(|column| is_name(&column.name)) {
        "name is invalid"
    } else if !columns.iter().all(|column| names.insert(column.name.as_str())) {
        "Duplicate column names"
    } else if !columns.iter().any(|column| matches!(column.kind, ColumnKind::Field(_))) {
        "At least one field column is required"
    } else if !columns.iter().any(|column| column.kind == ColumnKind::Timestamp) {
        "Timestamp column is required"
    } else {
        return Ok(columns);
    };
    Err(ApiError::invalid(message))
}

/// Docs: 1 to 128 characters, not beginning with `_` or a digit, no quotes; contract: printable.
fn is_name(name: &str) -> bool {
    let begins_well = !name.starts_with(|c: char| c == '_' || c.is_ascii_digit());
    let plain = |c: char| !c.is_control() && !matches!(c, '\'' | '"');
    (1..=LONGEST_NAME).contains(&name.chars().count()) && begins_well && name.chars().all(plain)
}
