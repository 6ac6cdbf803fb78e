//! `/query` where each statement has its own result or error, as v1 has it, over the planner of
//! InfluxDB 3. Not how rows are found.
//!
//! The words are those of influxdb3_core c7612d1:iox_v1_query_api.

use super::ast::Statement;
use super::exec::{Context, Failure};
use super::host::Host;
use super::http::{Answer, Parameters, Request, params, run_one};
use super::iox::{self, Unreadable};
use super::json;
use super::parse::parse_query;
use super::result::Outcome;
use crate::query::allowance::Allowance;
use profiles::influxql::{Influxql, Strings};

/// The units that `epoch` may name, as serde lists them.
const UNITS: &[&str] = &["ns", "u", "µ", "ms", "s", "m", "h", "d", "w"];

/// Answers `/query`.
pub(super) fn query(
    request: Request<'_>,
    host: &dyn Host,
    rules: &Influxql,
    allowance: &Allowance,
) -> Answer {
    if request.parameters.is_empty() {
        return refused("missing query parameters 'db' and 'q'");
    }
    let output = match iox::wanted(&request, rules, UNITS) {
        Ok(output) => output,
        Err(Unreadable::Parameter(why)) => {
            return refused(&format!("error decoding params from url: {why}"));
        }
        Err(Unreadable::Accept(why)) => return refused(&why),
    };
    let outcomes = match outcomes(request.parameters, host, rules, allowance) {
        Ok(outcomes) => outcomes,
        Err(answer) => return answer,
    };
    let content_type = Some(output.content_type(rules));
    match output.print(&outcomes, rules) {
        Ok(body) => Answer { status: 200, content_type, body, ..Answer::default() },
        Err(unprintable) => iox::infinite(unprintable, &output, rules, content_type),
    }
}

/// What each statement gives; an answer where it is none of the product's statements that fails.
fn outcomes(
    parameters: &Parameters,
    host: &dyn Host,
    rules: &Influxql,
    allowance: &Allowance,
) -> Result<Vec<Outcome>, Answer> {
    let Some(q) = parameters.get("q") else { return Err(refused(rules.missing_query)) };
    let bound =
        params(parameters).map_err(|e| refused(&format!("error decoding query body: {e}")))?;
    let statements = match parse_query(q, &bound, rules) {
        Ok(statements) => statements,
        Err(error) => return Ok(vec![failed(0, iox::parse_error(q, &error))]),
    };
    let (database, policy) = (parameters.text("db"), parameters.text("rp"));
    let context = Context { host, rules, database: &database, policy: &policy, allowance };
    let one = |(number, statement)| outcome(number, statement, context);
    statements.iter().enumerate().map(one).collect()
}

fn outcome(number: usize, statement: &Statement, context: Context<'_>) -> Result<Outcome, Answer> {
    let everywhere = matches!(statement, Statement::ShowDatabases);
    if !everywhere && context.database.is_empty() && !iox::names_database(statement) {
        let text = "must specify a 'db' parameter, or provide the database in the InfluxQL query";
        return Ok(failed(number, text.to_owned()));
    }
    match run_one(statement, context) {
        Ok(outcome) => Ok(Outcome { statement: number, ..outcome }),
        Err(Failure::UnknownDatabase(name)) => Ok(failed(
            number,
            format!("Cannot retrieve database: External error: database not found: {name}"),
        )),
        Err(Failure::Stopped(why)) => Ok(failed(number, why.to_string())),
        Err(Failure::Planning(text)) => Ok(failed(number, format!("datafusion error: {text}"))),
        Err(Failure::Statement(text) | Failure::Told(text) | Failure::OfFirst(text)) => {
            Ok(failed(number, format!("datafusion error: Error during planning: {text}")))
        }
        Err(failure @ Failure::Unimplemented(_)) => {
            Ok(failed(number, format!("datafusion error: {}", failure.message())))
        }
        Err(failure @ Failure::Unsupported(_)) => {
            Err(Answer { status: 501, body: failure.message().into_bytes(), ..Answer::default() })
        }
    }
}

fn failed(statement: usize, error: String) -> Outcome {
    Outcome { statement, error: Some(error), ..Outcome::default() }
}

/// What cannot be read is refused as a whole.
fn refused(text: &str) -> Answer {
    let mut body = b"{\"error\":".to_vec();
    json::string(&mut body, text.as_bytes(), Strings::Serde);
    body.push(b'}');
    Answer { status: 400, body, error: Some(text.to_owned()), ..Answer::default() }
}
