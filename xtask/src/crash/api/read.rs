//! What InfluxQL answers, as cells.

use crate::crash::ledger::{Cell, NUMBER, Name, Reading, Stored, Value, WRITER};
use crate::crash::plan;
use anyhow::{Context, Result, bail, ensure};
use serde_json::Value as Json;
use std::sync::Arc;

/// The names of databases in an answer to `SHOW DATABASES`.
pub(super) fn databases(answer: &Json) -> Result<Vec<(String, String)>> {
    let mut names = Vec::new();
    for series in series(answer)? {
        let rows = series["values"].as_array().context("no rows")?;
        let name = |row: &Json| Some((row[0].as_str()?.to_owned(), String::new()));
        names.extend(rows.iter().filter_map(name));
    }
    Ok(names)
}

/// A database is there.
pub(super) fn database(name: &Name, id: String, into: &mut Reading) {
    into.add(Cell::database(name), Stored { value: Value::present(), mark: id });
}

/// The points of an answer to `SELECT * FROM /.*/` with times in nanoseconds.
pub(super) fn points(database: &Name, answer: &Json, into: &mut Reading) -> Result<()> {
    for series in series(answer)? {
        let measurement: Name = series["name"].as_str().context("a series without a name")?.into();
        let columns = series["columns"].as_array().context("a series without columns")?;
        let columns: Vec<Name> =
            columns.iter().map(|column| column.as_str().unwrap_or_default().into()).collect();
        // There one of a kind, here one a series.
        let by_server = *measurement == *plan::TIMELESS;
        for row in series["values"].as_array().context("a series without rows")? {
            let row = row.as_array().context("a row that is no list")?;
            ensure!(row.len() == columns.len(), "a row of another length: {row:?}");
            let of = |name: &str| {
                let at = columns.iter().position(|column| **column == *name);
                at.and_then(|at| row[at].as_str()).unwrap_or_default().into()
            };
            let time = row.first().and_then(Json::as_i64).context("a row without a time")?;
            let (writer, number): (Name, Name) = (of(WRITER), of(NUMBER));
            into.points += 1;
            for (field, value) in columns.iter().zip(row).skip(1) {
                if matches!(&**field, WRITER | NUMBER) || value.is_null() {
                    continue;
                }
                let cell = Cell {
                    database: Arc::clone(database),
                    measurement: Arc::clone(&measurement),
                    writer: Arc::clone(&writer),
                    number: Arc::clone(&number),
                    time: (!by_server).then_some(time),
                    field: Arc::clone(field),
                };
                let mark = if by_server { time.to_string() } else { String::new() };
                into.add(cell, Stored { value: Value(value.to_string().into()), mark });
            }
        }
    }
    Ok(())
}

/// The series of all statements.
fn series(answer: &Json) -> Result<Vec<&Json>> {
    let mut all = Vec::new();
    for result in answer["results"].as_array().with_context(|| format!("no results: {answer}"))? {
        if let Some(error) = result.get("error") {
            bail!("{error}");
        }
        ensure!(result.get("partial").is_none(), "a part of the answer is missing");
        for series in result["series"].as_array().into_iter().flatten() {
            ensure!(series.get("partial").is_none(), "a part of a series is missing");
            all.push(series);
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::{Reading, databases, points};
    use serde_json::json;

    #[test]
    fn rows_are_cells() {
        // As influxd 1.6.7 answers.
        let answer = json!({"results": [{"statement_id": 0, "series": [
            {"name": "own", "columns": ["time", "a", "s", "w"],
             "values": [[5, 1.5, null, "1"], [6, null, "x", "1"]]},
            {"name": "timeless", "columns": ["time", "n", "v", "w"],
             "values": [[7, "12", 3, "1"], [8, "12", 3, "1"]]},
        ]}]});
        let mut reading = Reading::default();
        points(&"main".into(), &answer, &mut reading).unwrap();
        let shown: Vec<_> = reading
            .cells
            .iter()
            .map(|(cell, stored)| format!("{cell} = {} {}", stored.value, stored.mark))
            .collect();
        let expected = [
            "a of own,w=1 at 5 in main = 1.5 ",
            "s of own,w=1 at 6 in main = \"x\" ",
            "v of timeless,w=1,n=12 at the server's time in main = 3 7",
        ];
        assert_eq!(shown, expected);
        assert_eq!((reading.twice.len(), reading.points), (1, 4));
    }

    #[test]
    fn an_answer_that_is_not_whole_is_none() {
        let mut reading = Reading::default();
        for answer in [
            json!({"error": "no"}),
            json!({"results": [{"error": "database not found: main"}]}),
            json!({"results": [{"series": [], "partial": true}]}),
            json!({"results": [{"series": [
                {"name": "own", "columns": ["time"], "values": [], "partial": true}]}]}),
        ] {
            points(&"main".into(), &answer, &mut reading).unwrap_err();
        }
        let list = json!({"results": [{"series": [
            {"name": "databases", "columns": ["name"], "values": [["main"], ["one"]]}]}]});
        let names: Vec<_> = databases(&list).unwrap().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["main", "one"]);
    }
}
