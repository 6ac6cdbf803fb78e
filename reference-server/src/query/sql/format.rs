//! Record batches as the body of an answer.
//!
//! An empty result has no columns any more when it gets here: that is how the products answer
//! (`[]`, or nothing at all).

use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::arrow::{csv, json};
use parquet::arrow::ArrowWriter;
use serde::Deserialize;

/// The forms of an answer. The order is that of the error that lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// Apache Parquet, uncompressed.
    Parquet,
    /// Comma-separated, with a header.
    Csv,
    /// A drawn table.
    Pretty,
    /// One array of objects; nulls are left out.
    Json,
    /// An object a line.
    #[serde(alias = "jsonl")]
    JsonLines,
}

/// An `Accept` header that names no format.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BadAccept {
    /// It is none of the known ones.
    Unknown(String),
    /// It is not text; the reason.
    NotUtf8(String),
}

impl Format {
    /// The `Content-Type` of an answer in this form.
    pub const fn content_type(self) -> &'static str {
        match self {
            Self::Parquet => "application/vnd.apache.parquet",
            Self::Csv => "text/csv",
            Self::Pretty => "text/plain; charset=utf-8",
            Self::Json => "application/json",
            Self::JsonLines => "application/jsonl",
        }
    }

    /// The form that an `Accept` header asks for: one exact type, or anything that a browser sends.
    ///
    /// # Errors
    /// [`BadAccept`] for any other header; there is no type for JSON lines.
    pub fn from_accept(accept: Option<&[u8]>) -> Result<Self, BadAccept> {
        match accept {
            Some(b"application/vnd.apache.parquet") => Ok(Self::Parquet),
            Some(b"text/csv") => Ok(Self::Csv),
            Some(b"text/plain") => Ok(Self::Pretty),
            Some(b"application/json") | None => Ok(Self::Json),
            Some(other) => match String::from_utf8(other.to_vec()) {
                Ok(text) if text.contains("text/html") || text.contains("*/*") => Ok(Self::Json),
                Ok(text) => Err(BadAccept::Unknown(text)),
                Err(error) => Err(BadAccept::NotUtf8(error.to_string())),
            },
        }
    }

    /// The body.
    ///
    /// # Errors
    /// When the form cannot hold a type, as CSV cannot hold lists.
    pub fn body(self, batches: &[RecordBatch]) -> Result<Vec<u8>, ArrowError> {
        match self {
            Self::Json => {
                let mut writer = json::ArrayWriter::new(Vec::new());
                for batch in batches {
                    writer.write(batch)?;
                }
                writer.finish()?;
                Ok(writer.into_inner())
            }
            Self::JsonLines => {
                let mut writer = json::LineDelimitedWriter::new(Vec::new());
                for batch in batches {
                    writer.write(batch)?;
                }
                writer.finish()?;
                Ok(writer.into_inner())
            }
            Self::Csv => {
                let mut writer = csv::Writer::new(Vec::new());
                for batch in batches {
                    writer.write(batch)?;
                }
                Ok(writer.into_inner())
            }
            Self::Pretty => Ok(pretty_format_batches(batches)?.to_string().into_bytes()),
            Self::Parquet => parquet(batches),
        }
    }
}

fn parquet(batches: &[RecordBatch]) -> Result<Vec<u8>, ArrowError> {
    let Some(first) = batches.first() else { return Ok(Vec::new()) };
    let mut body = Vec::new();
    let mut writer = ArrowWriter::try_new(&mut body, first.schema(), None)?;
    for batch in batches {
        writer.write(batch)?;
    }
    writer.close()?;
    Ok(body)
}
