//! Which rights a statement needs, and whether the caller has them, before anything is run.

use crate::query::influxql::ast::{Admin, Path, Privilege, Select, Source, Statement};
use crate::query::influxql::host::{Caller, Host};

/// One right: on a database (empty for the request's), or of an administrator.
enum Need {
    Administrator,
    On(Privilege, String),
}

/// Checks all statements of a query for the caller.
///
/// # Errors
/// The products' message, without the prefix `error authorizing query: `.
pub fn authorise(statements: &[Statement], database: &str, host: &dyn Host) -> Result<(), String> {
    let user = match host.caller() {
        Caller::Unchecked => return Ok(()),
        Caller::NoAdministratorYet => {
            return match statements {
                [Statement::Admin(Admin::CreateUser { admin: true, .. })] => Ok(()),
                _ => Err("create admin user first or disable authentication".to_owned()),
            };
        }
        Caller::User(user) => user,
    };
    if host.may(Privilege::All, None) {
        return Ok(());
    }
    for statement in statements {
        for need in needs(statement) {
            let lack = |what: &str| {
                Err(format!(
                    "{user} not authorized to execute statement '{statement}', requires {what}"
                ))
            };
            match need {
                Need::Administrator => return lack("admin privilege"),
                Need::On(privilege, named) => {
                    let on = if named.is_empty() { database } else { &named };
                    if privilege != Privilege::None && !host.may(privilege, Some(on)) {
                        return lack(&format!("{} on {on}", privilege.text()));
                    }
                }
            }
        }
    }
    Ok(())
}

fn needs(statement: &Statement) -> Vec<Need> {
    let on = |privilege, database: &Option<String>| {
        vec![Need::On(privilege, database.clone().unwrap_or_default())]
    };
    match statement {
        Statement::Select(select) => select_needs(select),
        Statement::ShowDatabases => vec![Need::On(Privilege::None, String::new())],
        Statement::ShowMeasurements(s)
        | Statement::ShowSeries(s)
        | Statement::ShowFieldKeys(s)
        | Statement::ShowTagKeys(s)
        | Statement::ShowTagValues(s) => on(Privilege::Read, &s.database),
        Statement::ShowRetentionPolicies(database) => on(Privilege::Read, database),
        Statement::Delete(_) | Statement::DropSeries(_) => {
            vec![Need::On(Privilege::Write, String::new())]
        }
        Statement::DropMeasurement(_)
        | Statement::ShowUsers
        | Statement::ShowGrants(_)
        | Statement::Admin(_)
        | Statement::Unsupported(_) => vec![Need::Administrator],
    }
}

fn select_needs(select: &Select) -> Vec<Need> {
    let mut needs = Vec::new();
    for source in &select.sources {
        match source {
            Source::Measurement(Path { database, .. }) => {
                needs.push(Need::On(Privilege::Read, database.clone()));
            }
            Source::Subquery(inner) => needs.extend(select_needs(inner)),
        }
    }
    if let Some(into) = &select.into {
        needs.push(Need::On(Privilege::Write, into.database.clone()));
    }
    needs
}
