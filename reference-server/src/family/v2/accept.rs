//! A write to a product that queues: what is found wrong before the answer, what is put into the
//! queue.

use super::catalog::{ColumnKind, Schema, SchemaKind};
use super::queue::Work;
use super::rejections::{Reason, Rejection};
use super::{Id, Service};
use crate::lock::lock;
use crate::stage::WriteFault;
use crate::stage::parse::ParsedBatch;
use crate::store::shards::{Row, type_of};
use line_protocol::{FieldValue, Line};
use profiles::answer::Fault;
use profiles::{Setting, Settings};
use std::sync::Arc;

/// What a malformed line does to its batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Malformed {
    /// The batch is rejected, the answer holds the first such line.
    FirstLine,
    /// It counts as one rejected point among the others.
    Counted,
}

impl Malformed {
    /// As it is set.
    pub(super) fn of(settings: &Settings) -> Self {
        match settings.text(Setting::MalformedLine) {
            Some("counted") => Self::Counted,
            _ => Self::FirstLine,
        }
    }
}

impl Service {
    /// Takes what it can of a batch; what it takes is due then.
    ///
    /// # Errors
    /// What was rejected; the rest is queued, where there is any.
    pub(super) fn accept(
        &self,
        (organisation, bucket): (Id, Id),
        batch: &ParsedBatch<'_>,
        now: i64,
        due: i64,
    ) -> Result<(), WriteFault> {
        let mut rejections: Vec<_> =
            batch.rejected.iter().cloned().map(Rejection::Malformed).collect();
        if let (Some(first), Malformed::FirstLine) = (batch.rejected.first(), self.malformed) {
            self.log_rejections(organisation, bucket, &rejections, now);
            return Err(WriteFault::with(Fault::LinesRejected, "detail", first.clone()));
        }
        let mut lines = batch.lines().to_vec();
        let fields = |lines: &[Line<'_>]| lines.iter().map(|line| line.fields.len()).sum::<usize>();
        let points = fields(&lines) + rejections.len();
        let found = lock(&self.catalog).bucket(bucket).map(|record| record.schema.clone());
        let is_there = found.is_ok();
        if let Ok(Some(SchemaKind::Explicit(schemas))) = found {
            lines.retain_mut(|line| conform(line, &schemas.measurements, &mut rejections));
        }
        let (rejected, accepted) = (rejections.len(), fields(&lines));
        // What was dropped since the write found it has no series, and nobody waits for its lines.
        if is_there {
            self.quotas.take_series(&organisation.to_string(), &bucket.to_string(), &lines)?;
            // A write that finds no room is to be sent again: nothing of it is logged yet, and its
            // series are its own already.
            if !lines.is_empty() {
                let rows = Arc::new(lines.iter().map(Row::from).collect());
                self.enqueue(Work::Write { organisation, bucket, rows }, due)?;
            }
        }
        self.log_rejections(organisation, bucket, &rejections, now);
        if rejected == 0 {
            return Ok(());
        }
        let fault = if accepted == 0 { Fault::PointsRejected } else { Fault::PartialPoints };
        Err(WriteFault::with(fault, "rejected", rejected.to_string())
            .and("accepted", accepted.to_string())
            .and("points", points.to_string()))
    }
}

/// Leaves of a line what its measurement's schema allows; whether that is anything. A tag that the
/// schema does not have costs the line all its fields.
fn conform(line: &mut Line<'_>, schemas: &[Schema], rejections: &mut Vec<Rejection>) -> bool {
    let schema = schemas.iter().find(|schema| schema.name.as_bytes() == &*line.measurement);
    let kind = |name: &[u8]| {
        let columns = schema.map(|schema| schema.columns.as_slice()).unwrap_or_default();
        columns.iter().find(|column| column.name.as_bytes() == name).map(|column| column.kind)
    };
    let unknown_tag = line.tags.iter().any(|(key, _)| kind(key) != Some(ColumnKind::Tag));
    let check = |field: &[u8], value: &FieldValue<'_>| {
        let got = type_of(value);
        match (schema, kind(field)) {
            (None, _) => Err(Reason::MEASUREMENT_NOT_ALLOWED),
            _ if unknown_tag => Err(Reason::TAG_NOT_ALLOWED),
            (_, Some(ColumnKind::Field(want))) if want == got => Ok(()),
            (_, Some(ColumnKind::Field(want))) => Err(Reason::schema_type(got, want)),
            _ => Err(Reason::FIELD_NOT_ALLOWED),
        }
    };
    let measurement = line.measurement.to_vec();
    line.fields.retain(|(field, value)| match check(field, value) {
        Ok(()) => true,
        Err(reason) => {
            let (measurement, field) = (measurement.clone(), field.to_vec());
            rejections.push(Rejection::Field { measurement, field, reason });
            false
        }
    });
    !line.fields.is_empty()
}
