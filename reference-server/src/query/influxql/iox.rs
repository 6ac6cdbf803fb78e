//! The answers of InfluxDB 3: `/query` of the releases whose errors are the whole answer, and
//! `/api/v3/query_influxql`. Not how rows are found.

use super::ast::Statement;
use super::chunk;
use super::exec::{Context, Failure};
use super::host::Host;
use super::http::{Answer, Form, Output, Parameters, Request, params, run_one};
use super::json::{self, Style};
use super::parse::parse_query;
use super::result::{Cell, Outcome};
use super::time::{self, Epoch};
use crate::store::Value;
use profiles::influxql::{Floats, Infinite, Influxql, MeasurementOrder, Strings, TimeDigits};

/// Answers `/query`.
pub(super) fn query(request: Request<'_>, host: &dyn Host, rules: &Influxql) -> Answer {
    let output = match output(&request, rules) {
        Ok(output) => output,
        Err(answer) => return answer,
    };
    let mut outcome = match outcome(request.parameters, host, rules) {
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
        Infinite::Refused => {
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
fn outcome(parameters: &Parameters, host: &dyn Host, rules: &Influxql) -> Result<Outcome, Answer> {
    let Some(q) = parameters.get("q") else { return Err(plain(400, rules.missing_query)) };
    let bound = params(parameters).map_err(|e| plain(400, &format!("serde json error: {e}")))?;
    let statements = parse_query(q, &bound, rules).map_err(|e| plain(500, &parse_error(q, &e)))?;
    let [statement] = statements.as_slice() else {
        return Err(plain(500, "must provide only one InfluxQl statement per query"));
    };
    if matches!(statement, Statement::ShowDatabases) {
        return Err(failed(&Failure::Unsupported("SHOW DATABASES".to_owned())));
    }
    let (database, policy) = (parameters.text("db"), parameters.text("rp"));
    if database.is_empty() && !names_database(statement) {
        return Err(plain(
            500,
            "must specify a 'db' parameter, or provide the database in the InfluxQL query",
        ));
    }
    let context = Context { host, rules, database: &database, policy: &policy };
    run_one(statement, context).map_err(|f| failed(&f))
}

pub(super) fn names_database(statement: &Statement) -> bool {
    use super::ast::Source;
    match statement {
        Statement::Select(select) => select
            .sources
            .iter()
            .any(|s| matches!(s, Source::Measurement(path) if !path.database.is_empty())),
        Statement::ShowMeasurements(s)
        | Statement::ShowFieldKeys(s)
        | Statement::ShowTagKeys(s)
        | Statement::ShowTagValues(s) => s.database.is_some(),
        Statement::ShowRetentionPolicies(database) => database.is_some(),
        _ => false,
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

fn plain(status: u16, text: &str) -> Answer {
    Answer {
        status,
        body: text.as_bytes().to_vec(),
        error: Some(text.to_owned()),
        ..Answer::default()
    }
}

fn failed(failure: &Failure) -> Answer {
    match failure {
        Failure::UnknownDatabase(name) => {
            let message = format!("query error: database not found: {name}");
            let mut body = b"{\"error\":".to_vec();
            json::string(&mut body, message.as_bytes(), Strings::Serde);
            body.push(b'}');
            Answer { status: 404, body, error: Some(message), ..Answer::default() }
        }
        Failure::Unsupported(_) => plain(501, &failure.message()),
        Failure::Statement(text) | Failure::Told(text) => plain(
            500,
            &format!("query error: error while planning query: Error during planning: {text}"),
        ),
        Failure::Planning(text) => {
            plain(500, &format!("query error: error while planning query: {text}"))
        }
    }
}

/// Answers `/api/v3/query_influxql`: rows with the measurement first, nulls left out.
pub(super) fn query_influxql(parameters: &Parameters, host: &dyn Host, rules: &Influxql) -> Answer {
    let format = match parameters.get("format") {
        None => b"json".as_slice(),
        Some(format) => format,
    };
    match format {
        b"json" | b"json_lines" | b"jsonl" | b"csv" => {}
        b"pretty" | b"parquet" => {
            return failed(&Failure::Unsupported(format!(
                "the format {}",
                String::from_utf8_lossy(format)
            )));
        }
        other => {
            let text = format!(
                "serde error: unknown variant `{}`, expected one of `parquet`, `csv`, `pretty`, `json`, `json_lines`, `jsonl`",
                String::from_utf8_lossy(other)
            );
            return plain(400, &text);
        }
    }
    let outcome = match outcome(parameters, host, rules) {
        Ok(outcome) => outcome,
        Err(answer) => return answer,
    };
    let (content_type, body) = match format {
        b"csv" => ("text/csv", rows_as_csv(&outcome, rules)),
        b"json" => {
            let objects = objects(&outcome, rules);
            let mut body = b"[".to_vec();
            body.extend(objects.join(&b','));
            body.push(b']');
            ("application/json", body)
        }
        _ => {
            let lines = objects(&outcome, rules).into_iter().map(|o| [o, b"\n".to_vec()].concat());
            ("application/jsonl", lines.collect::<Vec<_>>().concat())
        }
    };
    Answer { status: 200, content_type: Some(content_type), body, ..Answer::default() }
}

/// A row's cells with their names: the measurement, the tags that rows are grouped by, the columns.
fn objects(outcome: &Outcome, rules: &Influxql) -> Vec<Vec<u8>> {
    let mut objects = Vec::new();
    for series in &outcome.series {
        for row in &series.rows {
            let mut object = b"{\"iox::measurement\":".to_vec();
            json::string(&mut object, &series.name, rules.json.strings);
            let mut put = |name: &[u8], value: &[u8]| {
                object.push(b',');
                json::string(&mut object, name, rules.json.strings);
                object.push(b':');
                object.extend_from_slice(value);
            };
            for (name, cell) in series.columns.iter().zip(row) {
                if let Some(value) = json_cell(cell, rules) {
                    put(name, &value);
                }
                if matches!(cell, Cell::Time(_)) {
                    for (key, value) in series.tags.iter().filter(|t| !t.1.is_empty()) {
                        let mut text = Vec::new();
                        json::string(&mut text, value, rules.json.strings);
                        put(key, &text);
                    }
                }
            }
            object.push(b'}');
            objects.push(object);
        }
    }
    objects
}

fn json_cell(cell: &Cell, rules: &Influxql) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match cell {
        Cell::Null => return None,
        Cell::Time(ns) => json::string(
            &mut out,
            time::plain(*ns, TimeDigits::Thousands).as_bytes(),
            Strings::Serde,
        ),
        // arrow-json writes what is not finite as null, which is left out.
        Cell::Value(Value::Float(n)) if !n.is_finite() => return None,
        // arrow-json again, whatever `/query` does.
        Cell::Value(Value::Float(n)) => out.extend(json::float(*n, Floats::Serde).into_bytes()),
        Cell::Value(Value::Integer(n)) => out.extend(n.to_string().into_bytes()),
        Cell::Value(Value::Unsigned(n)) => out.extend(n.to_string().into_bytes()),
        Cell::Value(Value::Boolean(b)) => out.extend(b.to_string().into_bytes()),
        Cell::Value(Value::String(s)) => json::string(&mut out, s, rules.json.strings),
    }
    Some(out)
}

fn rows_as_csv(outcome: &Outcome, rules: &Influxql) -> Vec<u8> {
    let mut out = Vec::new();
    let Some(first) = outcome.series.first() else { return out };
    let names = first.columns.iter().map(|c| c.to_vec());
    super::csv::line(&mut out, std::iter::once(b"iox::measurement".to_vec()).chain(names));
    for series in &outcome.series {
        for row in &series.rows {
            let cell = |c: &Cell| match c {
                Cell::Null => Vec::new(),
                Cell::Time(ns) => time::plain(*ns, TimeDigits::Thousands).into_bytes(),
                Cell::Value(Value::String(s)) => s.to_vec(),
                other => json_cell(other, rules).unwrap_or_default(),
            };
            super::csv::line(
                &mut out,
                std::iter::once(series.name.clone()).chain(row.iter().map(cell)),
            );
        }
    }
    out
}
