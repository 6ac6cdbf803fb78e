//! Running statements against a [`Host`]. Not the text of queries, nor how answers are printed.

mod aggregate;
mod authorise;
mod calls;
mod chosen;
mod columns;
mod compile;
mod condition;
mod filled;
mod function;
mod header;
mod heap;
mod index;
mod moment;
mod node;
mod part;
mod read;
mod reduce;
mod remove;
mod select;
mod show;
mod show_series;
mod source;
mod tag_sets;
mod types;
mod windows;

use super::ast::{Admin, Statement};
use super::chunk;
use super::host::Host;
use super::json::Part;
use super::result::{self, Outcome, Series};
use crate::query::allowance::{Allowance, Stopped};
use profiles::influxql::{Administration, Influxql, Planner};
use std::cell::RefCell;

pub use authorise::authorise;
pub(super) use show::series_key;

/// What a query runs in.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// The server.
    pub host: &'a dyn Host,
    /// The release's rules.
    pub rules: &'a Influxql,
    /// The database of the request; empty for none.
    pub database: &'a str,
    /// The retention policy of the request; empty for the default one.
    pub policy: &'a str,
    /// What it may use.
    pub allowance: &'a Allowance,
}

/// Why a statement fails.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The product says this of the statement.
    Statement(String),
    /// The product says this of the statement and goes on with the next one.
    Told(String),
    /// The product says this of the statement as if it were the first one.
    OfFirst(String),
    /// There is no such database.
    UnknownDatabase(String),
    /// v3's planner says this of a table.
    Planning(String),
    /// v3's planner knows the statement and does not do it.
    Unimplemented(&'static str),
    /// The product would answer; this server does not know what.
    Unsupported(String),
    /// It was ended.
    Stopped(Stopped),
}

impl Failure {
    /// The failure as the error of one statement.
    pub fn message(&self) -> String {
        match self {
            Self::Statement(text)
            | Self::Planning(text)
            | Self::Told(text)
            | Self::OfFirst(text) => text.clone(),
            Self::UnknownDatabase(name) => format!("database not found: {name}"),
            Self::Stopped(why) => why.to_string(),
            Self::Unimplemented(what) => format!("This feature is not implemented: {what}"),
            Self::Unsupported(what) => {
                format!("{what} is outside the InfluxQL that this server runs")
            }
        }
    }
}

impl From<String> for Failure {
    fn from(message: String) -> Self {
        Self::Statement(message)
    }
}

impl From<Stopped> for Failure {
    fn from(why: Stopped) -> Self {
        Self::Stopped(why)
    }
}

/// What the Go products say of a query that takes too long. For memory they have no limit
/// (1.6:query/executor.go, `ErrQueryTimeoutLimitExceeded`).
const OVERDUE: &str = "query-timeout limit exceeded";

/// Runs statements in order; after the first failure none is run. What a statement that gives no
/// result at all leaves out is not in the answer.
pub fn run(statements: &[Statement], context: Context<'_>, read_only: bool) -> Vec<Outcome> {
    let mut outcomes = Vec::new();
    let execute = |statement: &Statement, _: &Outcome| execute(statement, context);
    run_each(statements, read_only, &execute, &mut |outcome| outcomes.push(outcome));
    outcomes
}

/// The same in pieces of so many rows of a series: as they are made, where the rows of a statement can
/// be made so. `give` says whether anybody wants more.
pub(super) fn run_in_pieces(
    statements: &[Statement],
    context: Context<'_>,
    read_only: bool,
    size: usize,
    give: &mut dyn FnMut(Part<'_>) -> bool,
) {
    let give = RefCell::new(give);
    let execute = |statement: &Statement, outcome: &Outcome| match statement {
        Statement::Select(select) if context.rules.planner == Planner::Go => {
            let mut is_given = false;
            let mut pieces = select::Pieces {
                size,
                give: &mut |series, series_goes_on, statement_goes_on| {
                    is_given = true;
                    let series = std::slice::from_ref(&series);
                    (give.borrow_mut())(Part { outcome, series, series_goes_on, statement_goes_on })
                },
            };
            let series = whole_or_stopped(statement, context, || {
                select::select(select, context, Some(&mut pieces)).map(Some)
            })?;
            // Nothing is to be said twice.
            Ok(series.filter(|series| !is_given || !series.is_empty()))
        }
        _ => execute(statement, context),
    };
    run_each(statements, read_only, &execute, &mut |outcome| {
        for chunk in chunk::chunks(std::slice::from_ref(&outcome), size) {
            let goes_on = chunk.iter().all(|chunk| (give.borrow_mut())(chunk.part()));
            if !goes_on {
                break;
            }
        }
    });
}

/// The series of a statement, or `None` where it gives no result at all.
type Executed = Result<Option<Vec<Series>>, Failure>;

/// Runs statements by `execute`, which is given what is known of the result before.
fn run_each(
    statements: &[Statement],
    read_only: bool,
    execute: &dyn Fn(&Statement, &Outcome) -> Executed,
    give: &mut dyn FnMut(Outcome),
) {
    for (number, statement) in statements.iter().enumerate() {
        let whole = !matches!(
            statement,
            Statement::Select(_) | Statement::ShowSeries(_) | Statement::ShowFieldKeys(_)
        );
        let mut outcome = Outcome { statement: number, whole, ..Outcome::default() };
        if let Statement::Select(select) = statement {
            outcome.zone = select::zone(select).unwrap_or_default();
        }
        match execute(statement, &outcome) {
            Ok(None) => {}
            Ok(Some(series)) => {
                outcome.series = series;
                if read_only && changes(statement) {
                    outcome.warnings.push(format!(
                        "deprecated use of '{statement}' in a read only context, please use a POST request instead"
                    ));
                }
                give(outcome);
            }
            Err(failure) => {
                outcome.error = Some(failure.message());
                outcome.unsupported = matches!(failure, Failure::Unsupported(_));
                if matches!(failure, Failure::OfFirst(_)) {
                    outcome.statement = 0;
                }
                give(outcome);
                if matches!(failure, Failure::Told(_)) {
                    continue;
                }
                // What follows would take the place of the text that names what is missing here.
                if matches!(failure, Failure::Unsupported(_)) {
                    break;
                }
                // The products give each statement that is left the number of the one that failed.
                let not_executed = Outcome {
                    statement: number,
                    error: Some("not executed".to_owned()),
                    ..Outcome::default()
                };
                for _ in number + 1..statements.len() {
                    give(not_executed.clone());
                }
                break;
            }
        }
    }
}

/// Runs one statement: its series, or `None` where it gives no result at all.
///
/// # Errors
/// Why it fails.
pub fn execute(
    statement: &Statement,
    context: Context<'_>,
) -> Result<Option<Vec<Series>>, Failure> {
    whole_or_stopped(statement, context, || answered(statement, context))
}

/// What a statement gives, unless the query was ended meanwhile, so that it is not all.
fn whole_or_stopped(
    statement: &Statement,
    context: Context<'_>,
    answer: impl FnOnce() -> Result<Option<Vec<Series>>, Failure>,
) -> Result<Option<Vec<Series>>, Failure> {
    let before = context.allowance.kept();
    let mut done = answer();
    // Of what was looked at for it nothing is left, but the rows.
    if let Ok(Some(series)) = &done {
        let rows = series.iter().flat_map(|series| &series.rows);
        let kept: usize = rows.map(|row| result::kept(row)).sum();
        context.allowance.settle(before.saturating_add(kept));
    }
    // What was changed is changed. Of what is read some is missing, or the reason for a failure.
    if !is_a_change(statement)
        && let Err(why) = context.allowance.check()
    {
        done = Err(why.into());
    }
    match done {
        Err(Failure::Stopped(Stopped::Overdue(_))) if context.rules.planner == Planner::Go => {
            Err(Failure::Statement(OVERDUE.to_owned()))
        }
        done => done,
    }
}

/// The same, whatever of it is missing because the query was ended.
fn answered(statement: &Statement, context: Context<'_>) -> Result<Option<Vec<Series>>, Failure> {
    let all = context.rules.administration == Administration::All;
    let refused = || Failure::Statement(format!("not implemented: {}", not_implemented(statement)));
    if context.rules.administration == Administration::Nothing {
        beyond_v3(statement)?;
    }
    match statement {
        Statement::Select(select) => select::select(select, context, None).map(Some),
        Statement::ShowDatabases => Ok(Some(vec![show::databases(context)])),
        Statement::ShowMeasurements(s) => show::measurements(s, context).map(Some),
        Statement::ShowSeries(s) => show::series(s, context).map(Some),
        Statement::ShowFieldKeys(s) => show::field_keys(s, context).map(Some),
        Statement::ShowTagKeys(s) => show::tag_keys(s, context).map(Some),
        Statement::ShowTagValues(s) => show::tag_values(s, context).map(Some),
        Statement::ShowRetentionPolicies(database) => {
            show::policies(database.as_deref(), context).map(|s| Some(vec![s]))
        }
        Statement::ShowUsers if all => Ok(Some(vec![show::users(context)])),
        Statement::ShowGrants(user) if all => show::grants(user, context).map(|s| Some(vec![s])),
        Statement::Admin(admin) if all => {
            context.host.administer(admin)?;
            Ok(Some(Vec::new()))
        }
        Statement::DropSeries(_) if !all => Err(refused()),
        Statement::Delete(removal) => {
            remove::points(removal, context).map(|()| result_of_removal(all))
        }
        Statement::DropSeries(removal) => {
            remove::series(removal, context).map(|()| result_of_removal(all))
        }
        Statement::DropMeasurement(name) => {
            remove::measurement(name, context).map(|()| result_of_removal(all))
        }
        // EXPLAIN runs on v2 too, and so do counts that are exact or of a part (2.7:
        // v1/coordinator/statement_executor.go, influxql/query/statement_rewriter.go).
        Statement::Unsupported(words)
            if all || *words == "EXPLAIN" || words.ends_with("CARDINALITY") =>
        {
            Err(Failure::Unsupported((*words).to_owned()))
        }
        Statement::ShowUsers
        | Statement::ShowGrants(_)
        | Statement::Admin(_)
        | Statement::Unsupported(_) => Err(refused()),
    }
}

/// Fails for what v3 has not: three statements are known to its planner (influxdb3_core:
/// iox_query_influxql/src/plan/planner.rs:729-731), others not even to its parser, whose words for
/// them were not seen.
fn beyond_v3(statement: &Statement) -> Result<(), Failure> {
    match statement {
        Statement::Admin(Admin::CreateDatabase { .. })
        | Statement::Delete(_)
        | Statement::DropMeasurement(_) => Err(Failure::Unimplemented(not_implemented(statement))),
        Statement::ShowSeries(_) => Err(Failure::Unsupported("SHOW SERIES".to_owned())),
        Statement::Admin(_)
        | Statement::DropSeries(_)
        | Statement::ShowUsers
        | Statement::ShowGrants(_)
        | Statement::Unsupported(_) => {
            Err(Failure::Unsupported(not_implemented(statement).to_owned()))
        }
        _ => Ok(()),
    }
}

/// v2 deletes without a word: the answer has no entry for the statement.
const fn result_of_removal(all: bool) -> Option<Vec<Series>> {
    if all { Some(Vec::new()) } else { None }
}

/// Whether a statement draws a warning unless it comes by POST; `DELETE` does not.
const fn changes(statement: &Statement) -> bool {
    matches!(
        statement,
        Statement::Admin(_) | Statement::DropSeries(_) | Statement::DropMeasurement(_)
    )
}

/// Whether a statement changes something.
pub(super) const fn is_a_change(statement: &Statement) -> bool {
    changes(statement) || matches!(statement, Statement::Delete(_))
}

/// A statement's words in `not implemented: …`.
fn not_implemented(statement: &Statement) -> &'static str {
    match statement {
        Statement::Admin(admin) => match admin {
            Admin::CreateDatabase { .. } => "CREATE DATABASE",
            Admin::DropDatabase(_) => "DROP DATABASE",
            Admin::CreateRetentionPolicy { .. } => "CREATE RETENTION POLICY",
            Admin::AlterRetentionPolicy { .. } => "ALTER RETENTION POLICY",
            Admin::DropRetentionPolicy { .. } => "DROP RETENTION POLICY",
            Admin::CreateUser { .. } => "CREATE USER",
            Admin::DropUser(_) => "DROP USER",
            Admin::SetPassword { .. } => "SET PASSWORD",
            Admin::Grant { .. } => "GRANT",
            Admin::GrantAdmin(_) => "GRANT ALL",
            Admin::Revoke { .. } => "REVOKE",
            Admin::RevokeAdmin(_) => "REVOKE ALL",
        },
        Statement::ShowUsers => "SHOW USERS",
        Statement::ShowGrants(_) => "SHOW GRANTS",
        Statement::Delete(_) => "DELETE",
        Statement::DropSeries(_) => "DROP SERIES",
        Statement::DropMeasurement(_) => "DROP MEASUREMENT",
        Statement::Unsupported(words) => words,
        _ => "statement",
    }
}
