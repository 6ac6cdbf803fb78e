//! Faults of deletes.

use super::mutant;
use crate::mutant::Change::{Body, Profile};
use crate::mutant::Home::V2;
use crate::mutant::Mutant;
use crate::mutant::help::{rewrite, v2};
use profiles::v2_api::DeleteByField;

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "store.delete-too-much",
        V2,
        "A delete overlooks its predicate.",
        &[Body(|seen, body| {
            if seen.is_delete() {
                rewrite(body, r#""predicate" *: *"([^"\\]|\\.)*""#, r#""predicate":"""#)
            } else {
                body
            }
        })],
    ),
    mutant(
        "store.delete-ends-late",
        V2,
        "A delete goes on behind its end.",
        &[Body(|seen, body| {
            if seen.is_delete() {
                rewrite(body, r#""stop" *: *"[0-9][^"]*""#, r#""stop":"2200-01-01T00:00:00Z""#)
            } else {
                body
            }
        })],
    ),
    mutant(
        "store.delete-too-little",
        V2,
        "A delete deletes nothing.",
        &[Body(|seen, body| {
            if seen.is_delete() {
                let body = rewrite(
                    body,
                    r#""stop" *: *"2[0-9][^"]*""#,
                    r#""stop":"1700-01-01T00:00:00Z""#,
                );
                rewrite(
                    body,
                    r#""start" *: *"[12][0-9][^"]*""#,
                    r#""start":"1699-01-01T00:00:00Z""#,
                )
            } else {
                body
            }
        })],
    ),
    mutant(
        "store.delete-by-field-ignored",
        V2,
        "A delete by field is not told from any.",
        &[Profile(|profile| v2(profile, |api| api.delete_by_field = other(api.delete_by_field)))],
    ),
];

fn other(rule: DeleteByField) -> DeleteByField {
    match rule {
        DeleteByField::Done => DeleteByField::Ignored,
        DeleteByField::Ignored | DeleteByField::NotImplemented => DeleteByField::Done,
    }
}
