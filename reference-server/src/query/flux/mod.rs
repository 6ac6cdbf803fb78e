//! Flux, as far as reading back what was written needs it. A script goes through the parser
//! ([`syntax`]), the checks of names and arguments, the evaluation that makes a plan, and the run of
//! the plan over tables; the answer is annotated CSV. Each stage words its errors as the product
//! does. What Flux has and this subset has not is refused by its name.
//!
//! The engine knows the server by [`Host`] alone, and HTTP not at all: [`http::answer`] takes the
//! parts of a request and gives the parts of an answer.

mod aggregate;
mod ast;
mod build;
mod check;
mod csv;
mod error;
mod eval;
mod host;
pub mod http;
mod infer;
mod json;
mod lexer;
mod literal;
mod operator;
mod package;
mod parse_compound;
mod parse_expression;
mod parser;
mod pivot;
mod plan;
mod predicate;
mod read;
mod request;
mod rows;
mod run;
mod signature;
mod sort;
mod syntax;
mod table;
#[cfg(test)]
mod tests;
mod text;
mod time;
mod token;
mod transform;
mod value;
mod window;

pub use csv::{Annotation, Dialect};
pub use error::{ErrorCode, FluxError};
pub use host::{Bucket, BucketReference, Host, OrganizationReference};
pub use package::Package;

use super::allowance::Allowance;
use profiles::flux::FluxRules;

/// A script and how its answer shall look.
#[derive(Clone, Debug)]
pub struct Query<'a> {
    /// The script's bytes.
    pub script: &'a [u8],
    /// What is set before the script begins.
    pub package: Package,
    /// The look of the answer.
    pub dialect: Dialect,
    /// What `now()` is, if not the present.
    pub now: Option<i64>,
}

/// Run a query; the answer is CSV, which holds names and values as they were written, UTF-8 or not.
///
/// # Errors
/// The error object's code and message.
pub fn run(
    host: &dyn Host,
    rules: &FluxRules,
    query: &Query<'_>,
    allowance: &Allowance,
) -> Result<Vec<u8>, FluxError> {
    let script = syntax::read(query.script)?;
    let script = query.package.before(script).map_err(FluxError::unsupported)?;
    check::check(&script, rules)?;
    let evaluator = eval::Evaluator::new(query.now.unwrap_or_else(|| host.now()));
    evaluator.script(&script)?;
    let ran = run::run(host, &evaluator, rules, allowance);
    // Where it was ended something is missing, or is the reason for another failure.
    allowance.check().map_err(FluxError::stopped)?;
    let body = csv::write(&ran?, &query.dialect, allowance);
    allowance.check().map_err(FluxError::stopped)?;
    Ok(body)
}
