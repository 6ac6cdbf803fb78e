//! The answers of InfluxDB 3: `/query` of the releases whose errors are the whole answer, and what
//! [`super::rows`] shares with it. Not how rows are found.

use super::ast::Statement;
use super::chunk;
use super::exec::{Context, Failure};
use super::host::Host;
use super::http::{Answer, Form, Output, Parameters, Request, params, run_one};
use super::json::{self, Style};
use super::parse::{Params, parse_query};
use super::result::Outcome;
use super::time::Epoch;
use crate::query::allowance::Allowance;
use profiles::influxql::{Infinite, Influxql, MeasurementOrder, Strings};
use profiles::sql::Unplanned;

/// Answers `/query`.
pub(super) fn query(
    request: Request<'_>,
    host: &dyn Host,
    rules: &Influxql,
    allowance: &Allowance,
) -> Answer {
    let output = match output(&request, rules) {
        Ok(output) => output,
        Err(answer) => return answer,
    };
    let mut outcome = match outcome(request.parameters, host, rules, allowance) {
        Ok(outcome) => outcome,
        Err(answer) => return answer,
    };
    // Finished measurements are put before those already there; not in chunks.
    if output.chunk.is_none() && rules.measurements == MeasurementOrder::Backwards {
        outcome.series.reverse();
    }
    let content_type = Some(output.content_type(rules));
    match output.print(std::slice::from_ref(&outcome), rules) {
        Ok(body) => Answer { status: 200, content_type, body, ..Answer::default() },
        Err(unprintable) => infinite(unprintable, &output, rules, content_type),
    }
}

/// What an infinite number makes of an answer.
pub(super) fn infinite(
    unprintable: json::Unprintable,
    output: &Output,
    rules: &Influxql,
    content_type: Option<&'static str>,
) -> Answer {
    match rules.json.infinite {
        Infinite::BreaksOff => {
            Answer { status: 200, content_type, breaks_off: true, ..Answer::default() }
        }
        Infinite::Refused | Infinite::InPlace(_) => {
            let body = json::error(&unprintable.to_string(), output.style);
            Answer { status: 200, content_type, body, ..Answer::default() }
        }
    }
}

/// Why no answer can be printed as asked.
pub(super) enum Unreadable {
    /// A parameter, in serde's words.
    Parameter(String),
    /// A form that the release does not print.
    Accept(String),
}

fn output(request: &Request<'_>, rules: &Influxql) -> Result<Output, Answer> {
    let units = &["ns", "u", "ms", "s", "m", "h", "µ"];
    wanted(request, rules, units).map_err(|unreadable| match unreadable {
        Unreadable::Parameter(why) => plain(400, &format!("serde error: {why}")),
        Unreadable::Accept(why) => plain(500, &why),
    })
}

/// How the answer is to be printed; `units` are those that `epoch` may name.
pub(super) fn wanted(
    request: &Request<'_>,
    rules: &Influxql,
    units: &[&str],
) -> Result<Output, Unreadable> {
    let p = request.parameters;
    let flag = |name: &str| match p.get(name) {
        None | Some(b"false") => Ok(false),
        Some(b"true") => Ok(true),
        Some(_) => {
            let why = "provided string was not `true` or `false`".to_owned();
            Err(Unreadable::Parameter(why))
        }
    };
    let (chunked, pretty) = (flag("chunked")?, flag("pretty")?);
    let size = match p.get("chunk_size") {
        None => chunk::DEFAULT_SIZE,
        Some(_) => match p.text("chunk_size").parse::<usize>() {
            Ok(n) => n,
            Err(e) => return Err(Unreadable::Parameter(e.to_string())),
        },
    };
    let epoch = match p.get("epoch").map(|_| p.text("epoch")) {
        None => None,
        Some(name) => match Epoch::named(&name).filter(|_| units.contains(&name.as_str())) {
            Some(epoch) => Some(epoch),
            None => {
                let units: Vec<_> = units.iter().map(|unit| format!("`{unit}`")).collect();
                let why = format!("unknown variant `{name}`, expected one of {}", units.join(", "));
                return Err(Unreadable::Parameter(why));
            }
        },
    };
    let form = match request.accept {
        Some("application/csv" | "text/csv") => Form::Csv,
        None | Some("application/json" | "*/*") => Form::Json,
        Some(other) => return Err(Unreadable::Accept(format!("invalid mime type ({other})"))),
    };
    let indent = if pretty && form == Form::Json { rules.pretty } else { 0 };
    Ok(Output {
        form,
        style: Style { json: rules.json, epoch, indent },
        chunk: chunked.then_some(size),
    })
}

/// The result of the one statement of a request.
fn outcome(
    parameters: &Parameters,
    host: &dyn Host,
    rules: &Influxql,
    allowance: &Allowance,
) -> Result<Outcome, Answer> {
    let Some(q) = parameters.get("q") else { return Err(plain(400, rules.missing_query)) };
    let bound = params(parameters).map_err(|e| plain(400, &format!("serde json error: {e}")))?;
    let statement = only(q, &bound, rules, WHOLE)?;
    if matches!(statement, Statement::ShowDatabases) {
        return Err(failed(&Failure::Unsupported("SHOW DATABASES".to_owned()), WHOLE));
    }
    let (database, policy) = (parameters.text("db"), parameters.text("rp"));
    let database = database_of(&statement, &database, WHOLE)?;
    let context = Context { host, rules, database: &database, policy: &policy, allowance };
    run_one(&statement, context).map_err(|f| failed(&f, WHOLE))
}

/// The statuses of refusals, and what stands before the planner's sentence.
#[derive(Clone, Copy)]
pub(super) struct Words {
    pub(super) unread: u16,
    pub(super) unplanned: Unplanned,
    pub(super) planning: &'static str,
}

/// Those of `/query`, where the error is the whole answer.
const WHOLE: Words = Words {
    unread: 500,
    unplanned: Unplanned { wrong: 500, unimplemented: 500, other: 500 },
    planning: "query error: error while planning query: ",
};

/// The only statement of a query.
pub(super) fn only(
    q: &[u8],
    bound: &Params,
    rules: &Influxql,
    words: Words,
) -> Result<Statement, Answer> {
    let statements =
        parse_query(q, bound, rules).map_err(|e| plain(words.unread, &parse_error(q, &e)))?;
    let Ok([statement]) = <[Statement; 1]>::try_from(statements) else {
        return Err(plain(words.unread, "must provide only one InfluxQl statement per query"));
    };
    Ok(statement)
}

/// The database that a statement is about: the request's, or the one that the statement names. They
/// may not differ (3.6:influxdb3_server/src/http.rs `query_influxql_inner`).
pub(super) fn database_of(
    statement: &Statement,
    asked: &str,
    words: Words,
) -> Result<String, Answer> {
    match (asked, named_database(statement)) {
        ("", None) => Err(plain(
            words.unread,
            "must specify a 'db' parameter, or provide the database in the InfluxQL query",
        )),
        (asked, Some(named)) if !asked.is_empty() && asked != named => Err(plain(
            words.unread,
            &format!(
                "provided a database in both the parameters ({asked}) and query string ({named}) \
                 that do not match, if providing a query that specifies the database, you can omit \
                 the 'database' parameter from your request"
            ),
        )),
        (asked, _) => Ok(asked.to_owned()),
    }
}

/// Whether a statement names a database.
pub(super) fn names_database(statement: &Statement) -> bool {
    named_database(statement).is_some()
}

/// The database that a statement names.
fn named_database(statement: &Statement) -> Option<String> {
    use super::ast::Source;
    match statement {
        Statement::Select(select) => select.sources.iter().find_map(|source| match source {
            Source::Measurement(path) if !path.database.is_empty() => Some(path.database.clone()),
            _ => None,
        }),
        Statement::ShowMeasurements(s)
        | Statement::ShowFieldKeys(s)
        | Statement::ShowTagKeys(s)
        | Statement::ShowTagValues(s) => s.database.clone(),
        Statement::ShowRetentionPolicies(database) => database.clone(),
        _ => None,
    }
}

/// What the products' parser says. Only where no statement begins is its text known; elsewhere this
/// server gives its own.
pub(super) fn parse_error(q: &[u8], message: &str) -> String {
    format!("error in InfluxQL statement: parsing error: {}", parse_reason(q, message))
}

/// The same without what the products' HTTP API puts before it.
pub(super) fn parse_reason(q: &[u8], message: &str) -> String {
    let text = String::from_utf8_lossy(q);
    let rest = text.trim_start();
    let first: String =
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
    let known = ["SELECT", "DELETE", "SHOW", "CREATE", "DROP", "EXPLAIN"];
    if known.contains(&first.to_ascii_uppercase().as_str()) {
        message.to_owned()
    } else {
        let at = text.len() - rest.len();
        format!("invalid InfluxQL statement at pos {at}. Parsing Error: Nom({rest:?}, Tag)")
    }
}

/// A refusal in plain text.
pub(super) fn plain(status: u16, text: &str) -> Answer {
    Answer {
        status,
        body: text.as_bytes().to_vec(),
        error: Some(text.to_owned()),
        ..Answer::default()
    }
}

/// The answer to a statement that fails.
pub(super) fn failed(failure: &Failure, words: Words) -> Answer {
    let planning = words.planning;
    match failure {
        Failure::UnknownDatabase(name) => {
            let message = format!("query error: database not found: {name}");
            let mut body = b"{\"error\":".to_vec();
            json::string(&mut body, message.as_bytes(), Strings::Serde);
            body.push(b'}');
            Answer { status: 404, body, error: Some(message), ..Answer::default() }
        }
        Failure::Unsupported(_) => plain(501, &failure.message()),
        Failure::Unimplemented(_) => {
            plain(words.unplanned.unimplemented, &format!("{planning}{}", failure.message()))
        }
        Failure::Statement(text) | Failure::Told(text) | Failure::OfFirst(text) => {
            plain(words.unplanned.wrong, &format!("{planning}Error during planning: {text}"))
        }
        Failure::Stopped(why) => plain(words.unplanned.other, &format!("query error: {why}")),
        Failure::Planning(text) => plain(words.unplanned.other, &format!("{planning}{text}")),
    }
}
