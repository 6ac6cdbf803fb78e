//! Record batches as the body of an answer.
//!
//! An empty result has no columns any more when it gets here: that is how the products answer
//! (`[]`, or nothing at all).

use crate::query::v3_request::Format;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::arrow::{csv, json};
use parquet::arrow::ArrowWriter;

impl Format {
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
