//! `/api/v3/query_influxql`: one statement, its rows as objects, CSV or a drawn table. Not how rows
//! are found.
//!
//! What no recording shows is from the release's own tests (3.6:influxdb3/tests/server/query.rs).

use super::ast::Statement;
use super::exec::{Context, Failure};
use super::host::Host;
use super::http::{Answer, run_one};
use super::iox::{self, Words};
use super::json;
use super::parse::{Params, bound};
use super::result::{Cell, Outcome, Series};
use super::time;
use crate::query::allowance::Allowance;
use crate::query::v3_request::{self, Asked, Format, Request};
use crate::store::Value;
use profiles::influxql::{Floats, Influxql, Strings, TimeDigits};
use profiles::sql::{ARRAY_PARAMETER, OBJECT_PARAMETER, Refusals};
use serde::Deserialize;
use std::collections::HashMap;

/// The values of `params`.
type Given = HashMap<String, Param>;

/// One value: anything but a list or an object.
#[derive(Debug, Deserialize)]
#[serde(try_from = "serde_json::Value")]
struct Param(serde_json::Value);

impl TryFrom<serde_json::Value> for Param {
    type Error = &'static str;

    fn try_from(value: serde_json::Value) -> Result<Self, Self::Error> {
        match value {
            serde_json::Value::Array(_) => Err(ARRAY_PARAMETER),
            serde_json::Value::Object(_) => Err(OBJECT_PARAMETER),
            other => Ok(Self(other)),
        }
    }
}

/// Answers `/api/v3/query_influxql`.
pub fn query_influxql(
    request: Request<'_>,
    accept: Option<&[u8]>,
    host: &dyn Host,
    rules: &Influxql,
    refusals: &Refusals,
    allowance: &Allowance,
) -> Answer {
    let asked: Asked<Option<String>, Given> = match v3_request::read(refusals, request, accept) {
        Ok(asked) => asked,
        Err((status, text)) => return iox::plain(status, &text),
    };
    let words = Words {
        unread: refusals.bad_influxql,
        unplanned: refusals.unplanned,
        planning: refusals.planning,
    };
    match table(&asked, host, rules, words, allowance) {
        Ok(table) => table
            .print(asked.format, rules)
            .unwrap_or_else(|what| iox::failed(&Failure::Unsupported(what.to_owned()), words)),
        Err(answer) => answer,
    }
}

fn table(
    asked: &Asked<Option<String>, Given>,
    host: &dyn Host,
    rules: &Influxql,
    words: Words,
    allowance: &Allowance,
) -> Result<Table, Answer> {
    let token = |(name, value): (&String, &Param)| Some((name.clone(), bound(&value.0)?));
    let params: Params = asked.params.iter().filter_map(token).collect();
    let statement = iox::only(asked.query.as_bytes(), &params, rules, words)?;
    if matches!(statement, Statement::ShowDatabases) {
        return Ok(databases(host));
    }
    let database = asked.database.as_deref().unwrap_or_default();
    if let Statement::ShowRetentionPolicies(named) = &statement {
        // Alone among the statements it needs no database: it lists those of all.
        let all = database.is_empty() && named.is_none();
        let database =
            if all { None } else { Some(iox::database_of(&statement, database, words)?) };
        let named = named.clone().or(database);
        return policies(named.as_deref(), host).map_err(|failure| iox::failed(&failure, words));
    }
    let database = iox::database_of(&statement, database, words)?;
    let context = Context { host, rules, database: &database, policy: "", allowance };
    let outcome = run_one(&statement, context).map_err(|failure| iox::failed(&failure, words))?;
    Ok(Table::of(&outcome))
}

/// `SHOW DATABASES`. The product lists deleted ones too; none is kept here.
fn databases(host: &dyn Host) -> Table {
    let row = |name: String| vec![Cell::text(name), Cell::boolean(false)];
    let columns = ["iox::database", "deleted"].map(|name| name.as_bytes().to_vec());
    Table { columns: columns.to_vec(), rows: sorted(host).into_iter().map(row).collect() }
}

/// `SHOW RETENTION POLICIES`: one for each database (3.6:influxdb3_query_executor/src/lib.rs).
fn policies(database: Option<&str>, host: &dyn Host) -> Result<Table, Failure> {
    let mut databases = sorted(host);
    if let Some(wanted) = database {
        databases.retain(|name| name == wanted);
        if databases.is_empty() {
            return Err(Failure::UnknownDatabase(wanted.to_owned()));
        }
    }
    let row = |database: String| {
        let policies = host.policies(&database).unwrap_or_default();
        let duration = policies.first().map_or(0, |policy| policy.duration);
        let (name, policy) = database.split_once('/').unwrap_or((&database, "autogen"));
        let duration = if duration == 0 { Cell::Null } else { Cell::integer(duration) };
        vec![Cell::text(name), Cell::text(policy), duration]
    };
    let columns = ["iox::database", "name", "duration"].map(|name| name.as_bytes().to_vec());
    Ok(Table { columns: columns.to_vec(), rows: databases.into_iter().map(row).collect() })
}

fn sorted(host: &dyn Host) -> Vec<String> {
    let mut names = host.databases();
    names.sort();
    names
}

/// Rows that all have the same columns.
struct Table {
    columns: Vec<Vec<u8>>,
    rows: Vec<Vec<Cell>>,
}

impl Table {
    /// The measurement, the time, the tags that rows are grouped by, the other columns.
    fn of(outcome: &Outcome) -> Self {
        let mut columns: Vec<Vec<u8>> = vec![b"iox::measurement".to_vec()];
        for series in &outcome.series {
            for (name, _) in cells(series, None) {
                if !columns.iter().any(|known| known == name) {
                    columns.push(name.to_vec());
                }
            }
        }
        let mut rows = Vec::new();
        for series in &outcome.series {
            for row in &series.rows {
                let mut made = vec![Cell::Null; columns.len()];
                made[0] = Cell::text(&series.name);
                for (name, cell) in cells(series, Some(row)) {
                    if let Some(i) = columns.iter().position(|known| known == name) {
                        made[i] = cell;
                    }
                }
                rows.push(made);
            }
        }
        Self { columns, rows }
    }

    fn print(&self, format: Format, rules: &Influxql) -> Result<Answer, &'static str> {
        let body = match format {
            Format::Json => {
                [b"[".to_vec(), self.objects(rules).join(&b','), b"]".to_vec()].concat()
            }
            Format::JsonLines => {
                let line = |object| [object, b"\n".to_vec()].concat();
                self.objects(rules).into_iter().map(line).collect::<Vec<_>>().concat()
            }
            Format::Csv => self.csv(),
            Format::Pretty => self.drawn()?,
            Format::Parquet => return Err("the format parquet"),
        };
        let content_type = Some(format.content_type());
        Ok(Answer { status: 200, content_type, body, ..Answer::default() })
    }

    /// An object for each row; nulls are left out.
    fn objects(&self, rules: &Influxql) -> Vec<Vec<u8>> {
        let object = |row: &Vec<Cell>| {
            let mut object = b"{".to_vec();
            for (name, cell) in self.columns.iter().zip(row) {
                let Some(value) = json_cell(cell, rules) else { continue };
                if object.len() > 1 {
                    object.push(b',');
                }
                json::string(&mut object, name, rules.json.strings);
                object.push(b':');
                object.extend_from_slice(&value);
            }
            object.push(b'}');
            object
        };
        self.rows.iter().map(object).collect()
    }

    /// A header and the rows; nothing at all where there is no row.
    fn csv(&self) -> Vec<u8> {
        let mut out = Vec::new();
        if !self.rows.is_empty() {
            super::csv::line(&mut out, self.columns.iter().cloned());
        }
        for row in &self.rows {
            super::csv::line(&mut out, row.iter().map(text_cell));
        }
        out
    }

    /// A table of lines, as Arrow draws it.
    fn drawn(&self) -> Result<Vec<u8>, &'static str> {
        if self.rows.is_empty() {
            return Ok(b"++\n++".to_vec());
        }
        let rows = self.rows.iter().map(|row| row.iter().map(text_cell).collect());
        let lines: Vec<Vec<Vec<u8>>> = std::iter::once(self.columns.clone()).chain(rows).collect();
        let plain = |byte: &u8| byte.is_ascii_graphic() || *byte == b' ';
        if !lines.iter().flatten().flatten().all(plain) {
            return Err("the format pretty for text that is not ASCII");
        }
        let width = |i: usize| lines.iter().map(|line| line[i].len()).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.columns.len()).map(width).collect();
        let rule: String =
            widths.iter().map(|width| format!("+{}", "-".repeat(width + 2))).collect();
        let drawn = |line: &Vec<Vec<u8>>| {
            let cell = |(text, width): (&Vec<u8>, &usize)| {
                format!("| {:1$} ", String::from_utf8_lossy(text), width)
            };
            line.iter().zip(&widths).map(cell).collect::<String>() + "|\n"
        };
        let rule = rule + "+";
        let mut out = format!("{rule}\n{}{rule}\n", drawn(&lines[0]));
        lines.iter().skip(1).for_each(|line| out += &drawn(line));
        Ok((out + &rule).into_bytes())
    }
}

/// The columns of a series in their order, with a row's cells where there is one.
fn cells<'a>(series: &'a Series, row: Option<&'a Vec<Cell>>) -> Vec<(&'a [u8], Cell)> {
    let mut found = Vec::new();
    for (i, name) in series.columns.iter().enumerate() {
        found.push((&**name, row.and_then(|row| row.get(i)).cloned().unwrap_or(Cell::Null)));
        if &**name == b"time" {
            found.extend(series.tags.iter().map(|(key, value)| {
                (&**key, if value.is_empty() { Cell::Null } else { Cell::text(value) })
            }));
        }
    }
    found
}

fn moment(nanoseconds: i64) -> String {
    time::plain(nanoseconds, TimeDigits::Thousands)
}

fn json_cell(cell: &Cell, rules: &Influxql) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    match cell {
        Cell::Null => return None,
        Cell::Time(ns) => json::string(&mut out, moment(*ns).as_bytes(), Strings::Serde),
        // arrow-json writes what is not finite as null, which is left out.
        Cell::Value(Value::Float(n)) if !n.is_finite() => return None,
        Cell::Value(Value::String(s)) => json::string(&mut out, s, rules.json.strings),
        other => out = text_cell(other),
    }
    Some(out)
}

/// A cell outside JSON.
fn text_cell(cell: &Cell) -> Vec<u8> {
    match cell {
        Cell::Null => Vec::new(),
        Cell::Time(ns) => moment(*ns).into_bytes(),
        Cell::Value(Value::Float(n)) if !n.is_finite() => n.to_string().into_bytes(),
        // As arrow prints it, whatever `/query` does.
        Cell::Value(Value::Float(n)) => json::float(*n, Floats::Serde).into_bytes(),
        Cell::Value(Value::Integer(n)) => n.to_string().into_bytes(),
        Cell::Value(Value::Unsigned(n)) => n.to_string().into_bytes(),
        Cell::Value(Value::Boolean(b)) => b.to_string().into_bytes(),
        Cell::Value(Value::String(s)) => s.to_vec(),
    }
}
