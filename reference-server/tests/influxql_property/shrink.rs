//! Making a difference small: queries and data are taken apart as long as the answers differ.

use crate::both::{Both, Outcome};
use crate::data::DataSet;
use crate::known::{self, Known};
use crate::query::Query;
use crate::smaller::first;

/// Requests that may be spent on one difference.
const PATIENCE: usize = 700;

/// The smallest data and query that were found, and what both servers say.
pub(crate) fn smallest(
    both: &mut Both,
    known: &[Known],
    data: &DataSet,
    query: &Query,
) -> Result<String, String> {
    let (mut data, mut query) = (data.clone(), query.clone());
    let mut left = PATIENCE;
    loop {
        let mut progress = false;
        let database = both.load(&data)?;
        while let Some(smaller) = first(query.smaller(), &mut left, |candidate| {
            Ok(differ(both, known, &database, candidate)?.is_some())
        })? {
            query = smaller;
            progress = true;
        }
        both.forget(&database)?;
        while let Some(smaller) = first(data.smaller(), &mut left, |candidate| {
            // The servers may disagree over what is written; that is another difference.
            let Ok(database) = both.load(candidate) else { return Ok(false) };
            let found = differ(both, known, &database, &query)?.is_some();
            both.forget(&database)?;
            Ok(found)
        })? {
            data = smaller;
            progress = true;
        }
        if !progress || left == 0 {
            break;
        }
    }
    let database = both.load(&data)?;
    let said = differ(both, known, &database, &query)?;
    both.forget(&database)?;
    let said = said.unwrap_or_else(|| "  no difference when asked again".to_owned());
    let how = Query { statements: Vec::new(), ..query.clone() };
    Ok(format!("{}(shards of {})\n  {}\n  {how:?}\n{said}", data.text(), data.shard, query.text()))
}

fn differ(
    both: &mut Both,
    known: &[Known],
    database: &str,
    query: &Query,
) -> Result<Option<String>, String> {
    // A server that does not answer is another matter.
    let Ok(outcome) = both.ask(database, query) else { return Ok(None) };
    match outcome {
        Outcome::Different { influxd, reference }
            if known::find(known, query, &influxd, &reference).is_none() =>
        {
            Ok(Some(format!(
                "  influxd   {} {}\n  reference {} {}",
                influxd.status,
                influxd.body.trim_end(),
                reference.status,
                reference.body.trim_end()
            )))
        }
        _ => Ok(None),
    }
}
