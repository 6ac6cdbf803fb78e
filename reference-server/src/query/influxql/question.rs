//! One InfluxQL statement to its rows, for callers that print nothing: as the planner of the v3
//! products takes it, without what `/query` makes of statements beforehand
//! (influxdata/influxdb3_core f1bc156:iox_query_influxql/src/frontend/planner.rs).

use super::ast::{Select, Source, Statement};
use super::exec::{Context, Failure};
use super::host::Host;
use super::http::run_one;
use super::iox::parse_reason;
use super::parse::{Params, bound, parse_query};
use super::result::Outcome;
use crate::query::allowance::Allowance;
use profiles::influxql::Influxql;
use serde_json::{Map, Value};

/// A statement, and what it is asked of.
#[derive(Clone, Debug)]
pub struct Question {
    /// The statement.
    pub text: String,
    /// The values for `$name`.
    pub params: Map<String, Value>,
    /// The database.
    pub database: String,
}

impl Question {
    /// The rows, within what the query may use.
    ///
    /// # Errors
    /// Why there are none.
    pub fn answer(
        &self,
        host: &dyn Host,
        rules: &Influxql,
        allowance: &Allowance,
    ) -> Result<Outcome, Failure> {
        let values = self.params.iter();
        let params: Params =
            values.filter_map(|(name, value)| Some((name.clone(), bound(value)?))).collect();
        let query = self.text.as_bytes();
        let statements = parse_query(query, &params, rules).map_err(|message| {
            let reason = parse_reason(query, &message);
            Failure::Planning(format!("Error during planning: {reason}"))
        })?;
        let [statement] = statements.as_slice() else {
            return Err(not_implemented(
                "The context currently only supports a single InfluxQL statement",
            ));
        };
        if let Some(feature) = refused(statement) {
            return Err(not_implemented(feature));
        }
        let (database, policy) = (self.database.as_str(), "");
        run_one(statement, Context { host, rules, database, policy, allowance })
    }
}

fn not_implemented(feature: &str) -> Failure {
    Failure::Planning(format!("This feature is not implemented: {feature}"))
}

/// What the planner refuses and `/query` does without it
/// (influxdb3_core f1bc156:iox_query_influxql/src/plan/{rewriter,planner}.rs).
fn refused(statement: &Statement) -> Option<&'static str> {
    match statement {
        Statement::ShowDatabases => Some("SHOW DATABASES"),
        Statement::ShowMeasurements(show) if show.database.is_some() => {
            Some("SHOW MEASUREMENTS ON <database>")
        }
        Statement::ShowFieldKeys(show) if show.database.is_some() => {
            Some("SHOW FIELD KEYS ON <database>")
        }
        Statement::ShowTagKeys(show) if show.database.is_some() => {
            Some("SHOW TAG KEYS ON <database>")
        }
        Statement::ShowTagValues(show) if show.database.is_some() => {
            Some("SHOW TAG VALUES ON <database>")
        }
        Statement::ShowRetentionPolicies(Some(_)) => Some("SHOW RETENTION POLICIES ON <database>"),
        Statement::Select(select) if names_database(select) => {
            Some("database prefix in qualified measurement syntax")
        }
        _ => None,
    }
}

fn names_database(select: &Select) -> bool {
    select.sources.iter().any(|source| match source {
        Source::Measurement(path) => !path.database.is_empty(),
        Source::Subquery(select) => names_database(select),
    })
}
