//! For programs: one object a line.
//!
//! `{"type":"error"}` for each line and each dialect that refuses it, `"warning"`, `"unreadable"`,
//! and for each dialect a `"summary"` of each file and a `"total"` of several.

use super::Report;
use crate::check::dialects::Named;
use crate::check::finding::{Finding, Refusal, Warning};
use crate::check::input::Source;
use crate::check::walk::Tally;
use line_protocol::ParseErrorKind;
use serde_json::{Value, json};

/// For programs.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Json;

impl Report for Json {
    fn refused(&self, source: &Source, finding: &Finding) -> String {
        let object = |Refusal { dialect, error, place, lines }: &Refusal| {
            line(&json!({
                "type": "error",
                "file": source.name,
                "line": place.line,
                "column": place.column,
                "first_line": lines.0,
                "last_line": lines.1,
                "span": [error.span.start, error.span.end],
                "kind": kind(error.kind),
                "reason": error.reason(&source.bytes),
                "message": error.message(&source.bytes),
                "dialect": dialect.name,
                "accepted_by": finding.accepted_by,
                "storage_refuses_time": finding.storage_refuses,
            }))
        };
        finding.refusals.iter().map(object).collect()
    }

    fn warning(&self, source: &Source, warning: &Warning) -> String {
        line(&json!({
            "type": "warning",
            "kind": format!("{:?}", warning.kind),
            "dialects": warning.dialects,
            "file": source.name,
            "line": warning.place.line,
            "column": warning.place.column,
            "span": [warning.span.start, warning.span.end],
            "message": warning.text,
            "notes": warning.notes,
        }))
    }

    fn done(&self, source: &Source, tallies: &[(&'static Named, Tally)], hidden: u64) -> String {
        let object = |(dialect, tally): &(&'static Named, Tally)| {
            line(&json!({
                "type": "summary",
                "file": source.name,
                "dialect": dialect.name,
                "good": tally.good,
                "bad": tally.bad,
                "not_shown": hidden,
            }))
        };
        tallies.iter().map(object).collect()
    }

    fn total(&self, files: usize, tallies: &[(&'static Named, Tally)]) -> String {
        let object = |(dialect, Tally { good, bad }): &(&'static Named, Tally)| {
            line(&json!({
                "type": "total",
                "files": files,
                "dialect": dialect.name,
                "good": good,
                "bad": bad,
            }))
        };
        tallies.iter().map(object).collect()
    }

    fn unreadable(&self, name: &str, why: &str) -> String {
        line(&json!({ "type": "unreadable", "file": name, "message": why }))
    }
}

fn line(value: &Value) -> String {
    format!("{value}\n")
}

/// The kind's name in the library, without what it holds.
fn kind(kind: ParseErrorKind) -> String {
    let text = format!("{kind:?}");
    text.split(' ').next().unwrap_or(&text).to_owned()
}
