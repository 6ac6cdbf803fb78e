//! What the recordings wrote, and ways to ask for it.

use super::host::Memory;
use crate::query::flux::{ErrorCode, FluxError, Query, run};
use crate::store::view::{Column, Measurement, Series};
use crate::store::{FieldType, Value};
use profiles::flux::OSS_V2_2_7;

pub(super) const SECOND: i64 = 1_700_000_000_000_000_000;

/// A column of a series.
pub(super) fn column(name: &[u8], points: &[(i64, Value)]) -> Column {
    let field_type = points.first().map_or(FieldType::Float, |(_, v)| v.field_type());
    let first_shard = points.first().map_or(0, |(time, _)| *time);
    Column { name: name.into(), field_type, points: points.to_vec().into(), first_shard }
}

/// A series.
pub(super) fn series(tags: &[(&[u8], &[u8])], columns: Vec<Column>) -> Series {
    let tags = tags.iter().map(|(k, v)| ((*k).into(), (*v).into())).collect();
    Series { tags, columns: columns.into(), ..Series::default() }
}

/// A measurement.
pub(super) fn measurement(name: &[u8], series: Vec<Series>) -> Measurement {
    Measurement { name: name.into(), series, ..Measurement::default() }
}

/// A server that holds these measurements; its present is the time of the recordings' sample.
pub(super) fn server(measurements: Vec<Measurement>) -> Memory {
    Memory { measurements, now: SECOND + 30_000_000_000 }
}

/// What the recordings' Flux probes wrote:
/// `cpu,host=a f=1.5,i=2i,u=3u,s="x, \"y\"",b=true`, `cpu,host=b f=2`, `mem free=1i`,
/// `cpu,host=a f=-0.25,i=-7i`.
pub(super) fn sample() -> Memory {
    let later = SECOND + 10_000_000_000;
    let a = series(
        &[(b"host", b"a")],
        vec![
            column(b"b", &[(SECOND, Value::Boolean(true))]),
            column(b"f", &[(SECOND, Value::Float(1.5)), (later, Value::Float(-0.25))]),
            column(b"i", &[(SECOND, Value::Integer(2)), (later, Value::Integer(-7))]),
            column(b"s", &[(SECOND, Value::String((*b"x, \"y\"").into()))]),
            column(b"u", &[(SECOND, Value::Unsigned(3))]),
        ],
    );
    let f = column(b"f", &[(SECOND + 1_000_000_000, Value::Float(2.0))]);
    let b = series(&[(b"host", b"b")], vec![f]);
    let free = series(&[], vec![column(b"free", &[(SECOND, Value::Integer(1))])]);
    server(vec![measurement(b"cpu", vec![a, b]), measurement(b"mem", vec![free])])
}

/// The answer's bytes.
pub(super) fn bytes(server: &Memory, script: &str) -> Result<Vec<u8>, FluxError> {
    let query = Query {
        script: script.as_bytes(),
        package: Default::default(),
        dialect: Default::default(),
        now: None,
    };
    run(server, &OSS_V2_2_7, &query, &crate::query::allowance::Allowance::unlimited())
}

/// The answer's text.
pub(super) fn csv(server: &Memory, script: &str) -> String {
    match bytes(server, script) {
        Ok(body) => String::from_utf8_lossy(&body).into_owned(),
        Err(error) => panic!("{script}: {error}"),
    }
}

/// The message of a refusal of the script itself.
pub(super) fn refusal(script: &str) -> String {
    match bytes(&sample(), script) {
        Ok(body) => panic!("{script}: {}", String::from_utf8_lossy(&body)),
        Err(error) => {
            assert_eq!(error.code, ErrorCode::Invalid, "{script}");
            error.message
        }
    }
}
