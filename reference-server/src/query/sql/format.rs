//! Record batches as the body of an answer.
//!
//! An empty result has no columns any more when it gets here: that is how the products answer
//! (`[]`, or nothing at all).

use crate::lock::lock;
use crate::query::v3_request::Format;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::util::pretty::pretty_format_batches;
use datafusion::arrow::{csv, json};
use parquet::arrow::ArrowWriter;
use std::io::{self, Write};
use std::sync::{Arc, Mutex};

impl Format {
    /// What prints it batch by batch; none of a form that is made of all rows: the columns of a drawn
    /// table are as wide as the widest value, and a Parquet file says at its end where all is.
    pub(super) fn printer(self) -> Option<Printer> {
        let printed = Printed::default();
        let writer = match self {
            Self::Json => Writer::Json(json::ArrayWriter::new(printed.clone())),
            Self::JsonLines => Writer::JsonLines(json::LineDelimitedWriter::new(printed.clone())),
            Self::Csv => Writer::Csv(Box::new(csv::Writer::new(printed.clone()))),
            Self::Pretty | Self::Parquet => return None,
        };
        Some(Printer { writer, printed })
    }

    /// The whole body.
    ///
    /// # Errors
    /// When the form cannot hold a type, as CSV cannot hold lists.
    pub fn body(self, batches: &[RecordBatch]) -> Result<Vec<u8>, ArrowError> {
        if let Some(mut printer) = self.printer() {
            for batch in batches {
                printer.print(batch)?;
            }
            return printer.finish();
        }
        match self {
            Self::Parquet => parquet(batches),
            _ => Ok(pretty_format_batches(batches)?.to_string().into_bytes()),
        }
    }
}

/// A body that is made batch by batch.
pub(super) struct Printer {
    writer: Writer,
    printed: Printed,
}

enum Writer {
    Json(json::ArrayWriter<Printed>),
    JsonLines(json::LineDelimitedWriter<Printed>),
    Csv(Box<csv::Writer<Printed>>),
}

/// What was printed and not taken yet.
#[derive(Clone, Debug, Default)]
struct Printed(Arc<Mutex<Vec<u8>>>);

impl Write for Printed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        lock(&self.0).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Printer {
    /// Prints one more batch.
    ///
    /// # Errors
    /// As [`Format::body`].
    pub(super) fn print(&mut self, batch: &RecordBatch) -> Result<(), ArrowError> {
        match &mut self.writer {
            Writer::Json(writer) => writer.write(batch),
            Writer::JsonLines(writer) => writer.write(batch),
            Writer::Csv(writer) => writer.write(batch),
        }
    }

    /// How many bytes can be taken.
    pub(super) fn len(&self) -> usize {
        lock(&self.printed.0).len()
    }

    /// What was printed since this was asked last.
    pub(super) fn take(&self) -> Vec<u8> {
        std::mem::take(&mut lock(&self.printed.0))
    }

    /// The rest of the body.
    ///
    /// # Errors
    /// As [`Format::body`].
    pub(super) fn finish(self) -> Result<Vec<u8>, ArrowError> {
        match self.writer {
            Writer::Json(mut writer) => writer.finish()?,
            Writer::JsonLines(mut writer) => writer.finish()?,
            // What it holds back goes with it.
            Writer::Csv(writer) => drop((*writer).into_inner()),
        }
        Ok(std::mem::take(&mut lock(&self.printed.0)))
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
