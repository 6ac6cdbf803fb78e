//! `line-protocol`: both grammars, each implementation of the structural scan, and the iterator of
//! lines that own their parts.

use super::Contender;
use line_protocol::{Dialect, FieldValue, Options, Parser, Scan, parse};
use lineproof_benches::{Grammar, Tally, Workload};

pub(super) fn all() -> Vec<Contender> {
    let mut all = vec![
        views("iox".to_owned(), Parser::new(Dialect::IOX_3_9)),
        views("go".to_owned(), Parser::new(Dialect::GO_V2)),
    ];
    // The fastest is what a parser takes by itself.
    for &scan in Scan::available().iter().rev().skip(1) {
        let name = format!("iox-{scan:?}").to_lowercase();
        all.push(views(name, Parser::new(Dialect::IOX_3_9).with_scan(scan)));
    }
    all.push(Contender {
        name: "iox-owned".to_owned(),
        grammar: Grammar::Iox,
        run: Box::new(|workload| owned_lines(workload, &Dialect::IOX_3_9)),
    });
    all
}

/// Lines that are the parser's, which is kept from body to body.
fn views(name: String, mut parser: Parser) -> Contender {
    let is_go = matches!(parser.dialect(), Dialect::Go(_));
    let grammar = if is_go { Grammar::Go } else { Grammar::Iox };
    let run = move |workload: &Workload| {
        let mut tally = Tally::default();
        for body in workload.bodies() {
            std::str::from_utf8(body).expect("UTF-8");
            let mut lines = parser.lines(body, &Options::default());
            while let Some(item) = lines.next_line() {
                let Ok(line) = item else {
                    tally.refused();
                    continue;
                };
                tally.line(line.measurement());
                line.tags().for_each(|(key, value)| tally.tag(key, value));
                for (key, value) in line.fields() {
                    tally.field(key);
                    visit(&value, &mut tally);
                }
                tally.time(line.timestamp());
            }
        }
        tally
    };
    Contender { name, grammar, run: Box::new(run) }
}

fn owned_lines(workload: &Workload, dialect: &Dialect) -> Tally {
    let mut tally = Tally::default();
    for body in workload.bodies() {
        std::str::from_utf8(body).expect("UTF-8");
        for item in parse(body, dialect, &Options::default()) {
            let Ok(line) = item else {
                tally.refused();
                continue;
            };
            tally.line(&line.measurement);
            line.tags.iter().for_each(|(key, value)| tally.tag(key, value));
            for (key, value) in &line.fields {
                tally.field(key);
                visit(value, &mut tally);
            }
            tally.time(line.timestamp);
        }
    }
    tally
}

#[inline(always)]
fn visit(value: &FieldValue<'_>, tally: &mut Tally) {
    match value {
        FieldValue::Integer(value) => tally.integer(*value),
        FieldValue::Unsigned(value) => tally.unsigned(*value),
        FieldValue::Float(value) => tally.float(*value),
        FieldValue::Boolean(value) => tally.boolean(*value),
        FieldValue::String(value) => tally.string(value),
    }
}
