//! Faults of the log of rejected points, and of explicit schemas.

use super::mutant;
use crate::mutant::Change::{Answer, Log, Outcome, Profile};
use crate::mutant::Home::Queue;
use crate::mutant::Mutant;
use crate::mutant::help::{each_line, keep_lines, replace, rewrite, v2};
use memchr::memmem::find;
use profiles::answer::Fault;
use profiles::v2_api::{BucketSchemas, RejectionLog};

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant("rejected-points.not-logged", Queue, "No rejection is logged.", &[Log(|_| Vec::new())]),
    mutant(
        "rejected-points.logged-as-write-errors",
        Queue,
        "Rejections are logged as another product does.",
        &[
            Profile(|profile| v2(profile, |api| api.rejection_log = RejectionLog::WriteErrors)),
            Log(|rows| replace(&rows, b"rejected_points", b"write_errors")),
        ],
    ),
    mutant(
        "rejected-points.types-swapped",
        Queue,
        "What came and what is there are mistaken.",
        &[Log(|rows| {
            let rows = replace(&rows, b"gotType", b"\x01");
            replace(&replace(&rows, b"wantType", b"gotType"), b"\x01", b"wantType")
        })],
    ),
    mutant(
        "rejected-points.wrong-reason",
        Queue,
        "The two kinds of conflict are mistaken.",
        &[Log(|rows| {
            let batch: &[u8] = br"type\ conflict\ in\ batch\ write";
            let stored: &[u8] = br"type\ conflict\ with\ existing\ data";
            let rows = replace(&rows, batch, b"\x01");
            replace(&replace(&rows, stored, batch), b"\x01", stored)
        })],
    ),
    mutant(
        "rejected-points.wrong-measurement",
        Queue,
        "The measurement is missing.",
        &[Log(|rows| rewrite(rows, ",measurement=[a-z_]+", ",measurement=other"))],
    ),
    mutant(
        "rejected-points.field-missing",
        Queue,
        "The field is missing.",
        &[Log(|rows| rewrite(rows, ",field=[a-z_0-9]+", ""))],
    ),
    mutant(
        "rejected-points.wrong-bucket",
        Queue,
        "The bucket is another one.",
        &[Log(|rows| rewrite(rows, ",bucket=[0-9a-f]+", ",bucket=0000000000000001"))],
    ),
    mutant(
        "rejected-points.count-wrong",
        Queue,
        "A rejection counts twice.",
        &[Log(|rows| replace(&rows, b"count=1i", b"count=2i"))],
    ),
    mutant(
        "rejected-points.unsigned-misnamed",
        Queue,
        "Unsigned integers have another name.",
        &[Log(|rows| replace(&rows, b"UnsignedInteger", b"Unsigned"))],
    ),
    mutant(
        "rejected-points.rows-of-one-time",
        Queue,
        "All rows of a write have one time.",
        &[Log(|rows| {
            let first = rows.split(|&b| b == b'\n').next().unwrap_or_default();
            let time = first.rsplit(|&b| b == b' ').next().unwrap_or_default().to_vec();
            each_line(&rows, |row| match row.iter().rposition(|&b| b == b' ') {
                Some(end) => [&row[..=end], &time].concat(),
                None => row.to_vec(),
            })
        })],
    ),
    mutant(
        "rejected-points.one-row-per-line",
        Queue,
        "Of a write only one rejection is logged.",
        &[Log(|rows| rows.split_inclusive(|&b| b == b'\n').next().unwrap_or_default().to_vec())],
    ),
    mutant(
        "rejected-points.parse-error-not-logged",
        Queue,
        "A line that cannot be read is not logged.",
        &[Log(|rows| keep_lines(&rows, |row| find(row, b" error=").is_none()))],
    ),
    mutant(
        "rejected-points.parse-error-counted",
        Queue,
        "A line that cannot be read is counted.",
        &[Log(|rows| replace(&rows, b" error=", b" count=1i,error="))],
    ),
    mutant(
        "rejected-points.error-missing",
        Queue,
        "Why a line cannot be read is not logged.",
        &[Log(|rows| rewrite(rows, r#" error="([^"\\]|\\.)*""#, " error=\"\""))],
    ),
    mutant(
        "explicit-schema.bad-schema-accepted",
        Queue,
        "A schema that is none is told to be made.",
        &[Answer(|seen, response| {
            if seen.path.contains("/schema/measurements") && matches!(response.status, 400..=422) {
                response.status = 201;
            }
        })],
    ),
    mutant(
        "explicit-schema.not-listed",
        Queue,
        "No schema is found.",
        &[Answer(|seen, response| {
            if seen.method == "GET" && seen.path.contains("/schema/measurements") {
                response.body = b"{\"measurementSchemas\":[]}".to_vec();
            }
        })],
    ),
    mutant(
        "explicit-schema.implicit-bucket",
        Queue,
        "An implicit bucket has schemas.",
        &[Answer(|seen, response| {
            if seen.path.contains("/schema/measurements")
                && response.status >= 400
                && seen.method == "GET"
            {
                response.status = 200;
                response.body = b"{\"measurementSchemas\":[]}".to_vec();
            }
        })],
    ),
    mutant(
        "explicit-schema.not-known",
        Queue,
        "Buckets have no explicit schemas.",
        &[Profile(|profile| v2(profile, |api| api.bucket_schemas = BucketSchemas::ImplicitOnly))],
    ),
    mutant(
        "explicit-schema.rejection-as-success",
        Queue,
        "What a schema refuses is a success.",
        &[Outcome(|outcome| {
            let is = |fault| matches!(fault, Fault::PointsRejected | Fault::PartialPoints);
            outcome.or_else(|fault| if is(fault.fault) { Ok(()) } else { Err(fault) })
        })],
    ),
    mutant(
        "explicit-schema.partial-as-nothing",
        Queue,
        "That some points are accepted is not told.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                if fault.fault == Fault::PartialPoints {
                    fault.fault = Fault::PointsRejected;
                }
                fault
            })
        })],
    ),
];
