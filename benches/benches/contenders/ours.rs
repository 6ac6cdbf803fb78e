//! `line-protocol`, both grammars.

use super::Contender;
use line_protocol::{Dialect, FieldValue, Options, parse};
use lineproof_benches::{Grammar, Tally, Workload};

pub(super) fn all() -> Vec<Contender> {
    vec![lines("iox-lines", Dialect::IOX_3_9), lines("go-lines", Dialect::GO_V2)]
}

/// The iterator of owned lines.
fn lines(name: &'static str, dialect: Dialect) -> Contender {
    let run = move |workload: &Workload| {
        let mut tally = Tally::default();
        for body in workload.bodies() {
            std::str::from_utf8(body).expect("UTF-8");
            for item in parse(body, &dialect, &Options::default()) {
                let Ok(line) = item else {
                    tally.refused();
                    continue;
                };
                tally.line(&line.measurement);
                for (key, value) in &line.tags {
                    tally.tag(key, value);
                }
                for (key, value) in &line.fields {
                    tally.field(key);
                    visit(value, &mut tally);
                }
                tally.time(line.timestamp);
            }
        }
        tally
    };
    let grammar = if matches!(dialect, Dialect::Go(_)) { Grammar::Go } else { Grammar::Iox };
    Contender { name, grammar, run: Box::new(run) }
}

fn visit(value: &FieldValue<'_>, tally: &mut Tally) {
    match value {
        FieldValue::Integer(value) => tally.integer(*value),
        FieldValue::Unsigned(value) => tally.unsigned(*value),
        FieldValue::Float(value) => tally.float(*value),
        FieldValue::Boolean(value) => tally.boolean(*value),
        FieldValue::String(value) => tally.string(value),
    }
}
