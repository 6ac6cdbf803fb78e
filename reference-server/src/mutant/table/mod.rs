//! The faults, by stage.

mod auth;
mod decode;
mod delete;
mod http;
mod log;
mod params;
mod parse;
mod query;
mod quota;
mod respond;
mod store;
mod validate;
mod values;

use super::{Change, Home, Mutant};

/// Every fault, in the order of the stages.
pub static ALL: &[&[Mutant]] = &[
    http::MUTANTS,
    auth::MUTANTS,
    params::MUTANTS,
    decode::MUTANTS,
    quota::MUTANTS,
    parse::MUTANTS,
    values::MUTANTS,
    validate::MUTANTS,
    store::MUTANTS,
    delete::MUTANTS,
    respond::MUTANTS,
    log::MUTANTS,
    query::MUTANTS,
];

/// An entry of a table.
const fn mutant(
    id: &'static str,
    home: Home,
    summary: &'static str,
    changes: &'static [Change],
) -> Mutant {
    Mutant { id, summary, home, changes }
}
