//! `influxdb-line-protocol` from crates.io: the parser of IOx, as InfluxDB 3 uses it.

use super::Contender;
use influxdb_line_protocol::{FieldValue, parse_lines};
use lineproof_benches::{Grammar, Tally};

pub(super) fn influxdb_line_protocol() -> Contender {
    Contender {
        name: "influxdb-line-protocol".to_owned(),
        grammar: Grammar::Iox,
        run: Box::new(|workload| {
            let mut tally = Tally::default();
            workload.bodies().for_each(|body| parse(body, &mut tally));
            tally
        }),
    }
}

fn parse(body: &[u8], tally: &mut Tally) {
    let body = std::str::from_utf8(body).expect("UTF-8");
    for item in parse_lines(body) {
        let Ok(line) = item else {
            tally.refused();
            continue;
        };
        tally.line(line.series.measurement.as_bytes());
        for (key, value) in line.series.tag_set.iter().flatten() {
            tally.tag(key.as_bytes(), value.as_bytes());
        }
        for (key, value) in &line.field_set {
            tally.field(key.as_bytes());
            match value {
                FieldValue::I64(value) => tally.integer(*value),
                FieldValue::U64(value) => tally.unsigned(*value),
                FieldValue::F64(value) => tally.float(*value),
                FieldValue::Boolean(value) => tally.boolean(*value),
                FieldValue::String(value) => tally.string(value.as_bytes()),
            }
        }
        tally.time(line.timestamp);
    }
}
