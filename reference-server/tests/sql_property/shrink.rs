//! Making a difference small: query and data are taken apart as long as the answers differ.

use crate::data::DataSet;
use crate::model::{self, Expected};
use crate::query::Query;
use crate::replies::{Reply, difference};
use crate::servers::{Ground, Loaded};
use crate::stored;

/// Requests that may be spent on one difference.
const PATIENCE: usize = 400;

/// What came of a query.
pub(crate) enum Outcome {
    Same {
        /// Whether there were any.
        rows: bool,
    },
    /// The model knows several answers that are right.
    Unsteady,
    Different(String),
}

/// Asks the server and the model.
pub(crate) fn hold(
    server: &mut Loaded<'_>,
    data: &[stored::Table],
    query: &Query,
) -> Result<Outcome, String> {
    let Ok(expected) = model::answer(data, query) else { return Ok(Outcome::Unsteady) };
    let reply = server.ask(query)?;
    let Some(what) = difference(&expected, &reply, query.format) else {
        let rows = matches!(&reply, Reply::Rows { rows, .. } if !rows.is_empty());
        return Ok(Outcome::Same { rows });
    };
    let expected = match &expected {
        Expected::Rows(rows) => rows.shown(query.format),
        Expected::Refused => "a refusal".to_owned(),
    };
    let reply = match &reply {
        Reply::Refused(text) => text.clone(),
        Reply::Rows { header, rows } => {
            format!("{}: {}", header.as_deref().unwrap_or_default(), rows.join("\n    "))
        }
    };
    Ok(Outcome::Different(format!("  differs in {what}\n  model  {expected}\n  server {reply}")))
}

/// The smallest data and query that were found, and both answers.
pub(crate) fn smallest(
    ground: &Ground,
    edition: &str,
    data: &DataSet,
    query: &Query,
) -> Result<String, String> {
    let (mut data, mut query) = (data.clone(), query.clone());
    let mut left = PATIENCE;
    let differ = |data: &DataSet, query: &Query| -> Option<String> {
        // A server that does not answer, or does not take the data, is another matter.
        let mut server = ground.load(edition, data).ok()?;
        match hold(&mut server, &stored::tables(data), query) {
            Ok(Outcome::Different(what)) => Some(what),
            _ => None,
        }
    };
    loop {
        let mut progress = false;
        while let Some(smaller) = first(query.smaller(), &mut left, |q| differ(&data, q).is_some())
        {
            query = smaller;
            progress = true;
        }
        while let Some(smaller) = first(data.smaller(), &mut left, |d| differ(d, &query).is_some())
        {
            data = smaller;
            progress = true;
        }
        if !progress || left == 0 {
            break;
        }
    }
    let said = differ(&data, &query);
    let said = said.unwrap_or_else(|| "  no difference when asked again".to_owned());
    let params: Vec<_> =
        query.params().iter().map(|(name, value)| format!("{name}={}", value.param())).collect();
    let method = if query.post { "POST" } else { "GET" };
    let mut lines = data.text();
    if lines.len() > 20_000 {
        lines.truncate(lines.floor_char_boundary(2_000));
        lines.push_str("…\n");
    }
    let params = params.join(" ");
    Ok(format!("{edition}\n{lines}  {method} {:?} {params}\n  {query}\n{said}", query.format))
}

/// The first candidate for which `differs`.
fn first<T>(
    candidates: Vec<T>,
    left: &mut usize,
    mut differs: impl FnMut(&T) -> bool,
) -> Option<T> {
    candidates.into_iter().find(|candidate| {
        if *left == 0 {
            return false;
        }
        *left -= 1;
        differs(candidate)
    })
}
