//! The organisation's log of what was not stored, in its bucket `_monitoring`, in the form that the
//! product has for it.

use super::catalog::Catalog;
use super::{Id, Service};
use crate::lock::lock;
use crate::mutant;
use crate::stage::WriteFault;
use crate::store::FieldType;
use crate::store::shards::{LostField, Why};
use line_protocol::{Dialect, FieldValue, Line, Options, Point, Precision};
use profiles::answer::Fault;
use profiles::v2_api::RejectionLog;

/// The bucket that each organisation has for what storage refused.
const MONITORING: &[u8] = b"_monitoring";

/// The most rows that one request is logged with. A figure of ours: what the product does with more is
/// not documented, and here the log is memory.
const MOST_ROWS: usize = 10_000;

/// The most bytes of a name or a message in a row. A figure of ours, so that a row with two of the
/// longest names is a line that this very server takes.
const LONGEST_TEXT: usize = 4096;

/// One row of `rejected_points` (page 004, "rejected_points schema").
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    /// A line that cannot be parsed, and why: it has no measurement and no field that could be
    /// named.
    Malformed(Vec<u8>),
    /// One field of a line.
    Field {
        /// The line's measurement.
        measurement: Vec<u8>,
        /// The field.
        field: Vec<u8>,
        /// Why, and where it is the type's fault what it has and what it should have.
        reason: Reason,
    },
}

/// The reason of a row, and the types that go with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reason {
    text: &'static str,
    types: Option<(FieldType, FieldType)>,
}

impl Reason {
    /// Documented.
    pub(super) const MEASUREMENT_NOT_ALLOWED: Self =
        Self { text: "measurement not allowed by schema", types: None };
    /// Our words: that such a field is refused is documented, how is not.
    pub(super) const FIELD_NOT_ALLOWED: Self =
        Self { text: "field not allowed by schema", types: None };
    /// Our words, likewise.
    pub(super) const TAG_NOT_ALLOWED: Self =
        Self { text: "tag not allowed by schema", types: None };

    /// Documented.
    pub(super) const fn schema_type(got: FieldType, want: FieldType) -> Self {
        Self { text: "field type mismatch with schema", types: Some((got, want)) }
    }
}

impl From<Why> for Reason {
    fn from(why: Why) -> Self {
        match why {
            // Both documented.
            Why::ConflictInBatch { got, want } => {
                Self { text: "type conflict in batch write", types: Some((got, want)) }
            }
            Why::ConflictWithStored { got, want } => {
                Self { text: "type conflict with existing data", types: Some((got, want)) }
            }
            // That such points are rejected is documented; our words.
            Why::TooOld => Self { text: "point outside retention policy", types: None },
            Why::NamedTime => Self { text: "name not allowed", types: None },
        }
    }
}

/// A type as `gotType` and `wantType` name it.
const fn word(field_type: FieldType) -> &'static str {
    match field_type {
        FieldType::Float => "Float",
        FieldType::Integer => "Integer",
        FieldType::Unsigned => "UnsignedInteger",
        FieldType::String => "String",
        FieldType::Boolean => "Boolean",
    }
}

impl Rejection {
    /// The row's point.
    fn point(&self, bucket: Id, time: i64) -> Point<'static> {
        // Whoever reads the log reads the rows of all writers: none of them may spoil it.
        let text = |bytes: &[u8]| {
            line_protocol::lossy(line_protocol::cut(bytes, LONGEST_TEXT)).into_bytes()
        };
        let mut tags = vec![("bucket", bucket.to_string().into_bytes())];
        let field = match self {
            Self::Malformed(why) => {
                // Every row has a reason; which one these have is not documented.
                tags.push(("reason", b"unable to parse line".to_vec()));
                ("error", FieldValue::String(text(why).into()))
            }
            Self::Field { measurement, field, reason } => {
                tags.push(("field", text(field)));
                if let Some((got, want)) = reason.types {
                    tags.push(("gotType", word(got).into()));
                    tags.push(("wantType", word(want).into()));
                }
                tags.push(("measurement", text(measurement)));
                tags.push(("reason", reason.text.into()));
                ("count", FieldValue::Integer(1))
            }
        };
        let own = |text: &str| text.as_bytes().to_vec().into();
        Point {
            measurement: own("rejected_points"),
            tags: tags.into_iter().map(|(key, value)| (own(key), value.into())).collect(),
            fields: vec![(own(field.0), field.1)],
            timestamp: Some(time),
        }
    }
}

impl Service {
    /// Writes what was found wrong before the answer into `rejected_points`.
    pub(super) fn log_rejections(
        &self,
        organisation: Id,
        bucket: Id,
        rejections: &[Rejection],
        now: i64,
    ) {
        let mut text = Vec::new();
        let mut time = lock(&self.logged);
        if rejections.len() > MOST_ROWS {
            tracing::warn!(rejected = rejections.len(), "only {MOST_ROWS} rejections are logged");
        }
        for rejection in rejections.iter().take(MOST_ROWS) {
            // Two rows of one time and one set of tags would be one: every row has a time of its
            // own, a nanosecond behind the last.
            *time = now.max(time.saturating_add(1));
            let point = rejection.point(bucket, *time);
            let encoded = line_protocol::encode(
                &point,
                &self.profile.facts.dialect,
                Precision::Nanosecond,
                &mut text,
            );
            match encoded {
                Ok(()) => text.push(b'\n'),
                Err(error) => tracing::warn!(%error, "a rejection could not be logged"),
            }
        }
        drop(time);
        self.write_log(organisation, &mutant::log(text), now);
    }

    /// Writes what was found wrong behind the answer into `rejected_points`.
    pub(super) fn log_lost(&self, organisation: Id, bucket: Id, lost: &[LostField], now: i64) {
        let rejection = |lost: &LostField| Rejection::Field {
            measurement: lost.measurement.to_vec(),
            field: lost.field.to_vec(),
            reason: lost.why.into(),
        };
        let rejections: Vec<_> = lost.iter().map(rejection).collect();
        self.log_rejections(organisation, bucket, &rejections, now);
    }

    /// Writes a fault of storage into `write_errors`, where the product has that log
    /// (2.7:storage/points_writer.go:32-69; recorded).
    pub(super) fn log_fault(&self, organisation: &str, fault: &WriteFault, now: i64) {
        let api = self.profile.facts.v2_api;
        if api.is_none_or(|api| api.rejection_log != RejectionLog::WriteErrors) {
            return;
        }
        let Ok(organisation) = organisation.parse::<Id>() else { return };
        let detail = fault.holes.iter().find(|(hole, _)| *hole == "detail");
        let detail = detail.map(|(_, text)| text.as_slice()).unwrap_or_default();
        let prefix: &[u8] =
            if fault.fault == Fault::PartialStorage { b"partial write: " } else { b"" };
        let mut line = b"write_errors error=\"".to_vec();
        for &byte in [prefix, detail].concat().iter() {
            if matches!(byte, b'"' | b'\\') {
                line.push(b'\\');
            }
            line.push(byte);
        }
        line.push(b'"');
        self.write_log(organisation, &line, now);
    }

    fn write_log(&self, organisation: Id, text: &[u8], now: i64) {
        if text.is_empty() {
            return;
        }
        let find = |catalog: &Catalog| {
            catalog.bucket_by_name(organisation, MONITORING).map(|bucket| bucket.id)
        };
        let Ok(monitoring) = find(&lock(&self.catalog)) else { return };
        let options = Options { default_time: now, ..Options::default() };
        let parsed = line_protocol::parse(text, &Dialect::GO_V2, &options);
        let lines: Vec<Line<'_>> = parsed
            .filter_map(|line| {
                line.inspect_err(|error| {
                    let error = error.message(text);
                    tracing::warn!(error, "a rejection could not be logged");
                })
                .ok()
            })
            .collect();
        let bucket = self.points(monitoring);
        if let Err(fault) = lock(&bucket).write(&lines, now) {
            tracing::warn!(?fault, "a rejection could not be logged");
        }
    }
}
