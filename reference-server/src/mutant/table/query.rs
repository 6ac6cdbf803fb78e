//! Faults of reading: what is stored is shown otherwise.

use super::mutant;
use crate::mutant::Change::Answer;
use crate::mutant::Home::{V1, V2, V3};
use crate::mutant::Mutant;
use crate::mutant::help::{json, rewrite};
use serde_json::Value;

/// Changes the rows of each series of an answer to InfluxQL.
fn series(value: &mut Value, change: &mut dyn FnMut(&mut Value)) {
    let results = value.get_mut("results").and_then(Value::as_array_mut);
    for result in results.into_iter().flatten() {
        let series = result.get_mut("series").and_then(Value::as_array_mut);
        series.into_iter().flatten().for_each(&mut *change);
    }
}

fn rows(one: &mut Value, change: impl FnOnce(&mut Vec<Value>)) {
    if let Some(rows) = one.get_mut("values").and_then(Value::as_array_mut) {
        change(rows);
    }
}

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "respond.query-order",
        V1,
        "Rows come from the last to the first.",
        &[Answer(|seen, response| {
            if seen.is_query() {
                json(response, |v| series(v, &mut |one| rows(one, |rows| rows.reverse())));
            }
        })],
    ),
    mutant(
        "respond.query-cut",
        V1,
        "At most a thousand rows are shown.",
        &[Answer(|seen, response| {
            if seen.is_query() {
                json(response, |v| series(v, &mut |one| rows(one, |rows| rows.truncate(1000))));
            }
        })],
    ),
    mutant(
        "respond.query-count",
        V1,
        "A count is one too small.",
        &[Answer(|seen, response| {
            if seen.is_query() {
                json(response, |value| {
                    series(value, &mut |one| {
                        let is_count =
                            one.get("columns").is_some_and(|c| c.to_string().contains("count"));
                        let fewer = |rows: &mut Vec<Value>| {
                            for cell in
                                rows.iter_mut().filter_map(Value::as_array_mut).flatten().skip(1)
                            {
                                if let Some(count) = cell.as_i64() {
                                    *cell = (count - 1).into();
                                }
                            }
                        };
                        if is_count {
                            rows(one, fewer);
                        }
                    });
                });
            }
        })],
    ),
    mutant(
        "respond.query-groups",
        V1,
        "Only the first of several series is shown.",
        &[Answer(|seen, response| {
            if seen.is_query() && seen.query.to_lowercase().contains("group") {
                json(response, |value| {
                    let results = value.get_mut("results").and_then(Value::as_array_mut);
                    for result in results.into_iter().flatten() {
                        if let Some(series) = result.get_mut("series").and_then(Value::as_array_mut)
                        {
                            series.truncate(1);
                        }
                    }
                });
            }
        })],
    ),
    mutant(
        "respond.query-error",
        V2,
        "A query that cannot be answered shows nothing, with 200.",
        &[Answer(|seen, response| {
            if seen.is_query() && response.status == 400 {
                response.status = 200;
                response.body = b"{\"results\":[{\"statement_id\":0}]}\n".to_vec();
            }
        })],
    ),
    mutant(
        "respond.query-time-unit",
        V1,
        "Times are shown without their nanoseconds.",
        &[Answer(|seen, response| {
            if seen.is_query() {
                let body = std::mem::take(&mut response.body);
                response.body = rewrite(body, r"(T[0-9:]{8})\.[0-9]+Z", "${1}Z");
            }
        })],
    ),
    mutant(
        "query.error-as-500",
        V1,
        "A query with a mistake is the server's fault.",
        &[Answer(|seen, response| {
            if seen.is_query() && response.status == 400 {
                response.status = 500;
            }
        })],
    ),
    mutant(
        "query.sql-error-as-200",
        V3,
        "A query with a mistake is answered with 200.",
        &[Answer(|seen, response| {
            if seen.is_query() && response.status == 400 {
                response.status = 200;
            }
        })],
    ),
    mutant(
        "query.content-type-wrong",
        V1,
        "Answers to queries are declared as text.",
        &[Answer(|seen, response| {
            if seen.is_query() {
                crate::mutant::help::header(response, "Content-Type", |v| {
                    *v = b"text/plain".to_vec();
                });
            }
        })],
    ),
];
