//! Making a difference small: data and query are taken apart as long as server and model differ.

use crate::compare::difference;
use crate::data::DataSet;
use crate::expression::Arithmetic;
use crate::query::{Dress, Query, Source, Step};
use crate::server::Servers;
use crate::smaller::{first, shorter};

/// Questions that may be spent on one difference.
const PATIENCE: usize = 1500;

/// The smallest data and query that were found, and what both say.
pub(crate) fn smallest(servers: &Servers, data: &DataSet, query: &Query) -> Result<String, String> {
    let (mut data, mut query) = (data.clone(), query.clone());
    let mut left = PATIENCE;
    loop {
        let mut progress = false;
        let mut loaded = servers.load(&data)?;
        while let Some(smaller) = first(smaller(&query), &mut left, |candidate| {
            Ok(difference(&mut loaded, &data, candidate)?.is_some())
        })? {
            query = smaller;
            progress = true;
        }
        while let Some(smaller) = first(data.smaller(), &mut left, |candidate| {
            // Nothing is written by an empty request.
            if candidate.lines.is_empty() {
                return Ok(false);
            }
            Ok(difference(&mut servers.load(candidate)?, candidate, &query)?.is_some())
        })? {
            data = smaller;
            progress = true;
        }
        if !progress || left == 0 {
            break;
        }
    }
    let said = difference(&mut servers.load(&data)?, &data, &query)?;
    let said = said.unwrap_or_else(|| "no difference when asked again".to_owned());
    Ok(format!("{}---\n{}---\n{said}", data.text(), query.text()))
}

fn smaller(query: &Query) -> Vec<Query> {
    let mut all = Vec::new();
    for results in shorter(&query.results, 0) {
        all.push(Query { results, ..query.clone() });
    }
    if let [(_, steps)] = &query.results[..] {
        let steps = query.steps.iter().chain(steps).cloned().collect();
        all.push(Query { steps, results: Vec::new(), ..query.clone() });
    }
    let plain = Dress { params: query.dress.params, ..Dress::default() };
    if format!("{plain:?}") != format!("{:?}", query.dress) {
        all.push(Query { dress: plain, ..query.clone() });
    }
    all.extend(lists(&query.steps).into_iter().map(|steps| Query { steps, ..query.clone() }));
    for (i, (_, steps)) in query.results.iter().enumerate() {
        for steps in lists(steps) {
            let mut query = query.clone();
            query.results[i].1 = steps;
            all.push(query);
        }
    }
    match &query.source {
        Source::Rows(names, rows) => {
            for rows in shorter(rows, 1) {
                all.push(Query { source: Source::Rows(names.clone(), rows), ..query.clone() });
            }
        }
        Source::Schema(schema, range) => {
            for predicate in schema.predicate.iter().flat_map(|p| p.smaller()) {
                let mut schema = schema.clone();
                schema.predicate = Some(predicate);
                all.push(Query { source: Source::Schema(schema, range.clone()), ..query.clone() });
            }
        }
        Source::Bucket(_) => {}
    }
    all
}

/// Pipelines that lack a step, or have a smaller one.
fn lists(steps: &[Step]) -> Vec<Vec<Step>> {
    let mut all = shorter(steps, 0);
    for (i, step) in steps.iter().enumerate() {
        for step in smaller_step(step) {
            let mut steps = steps.to_vec();
            steps[i] = step;
            all.push(steps);
        }
    }
    all
}

fn smaller_step(step: &Step) -> Vec<Step> {
    match step {
        Step::Filter { predicate, keep_empty } => {
            let predicates = predicate.smaller().into_iter();
            predicates
                .map(|predicate| Step::Filter { predicate, keep_empty: *keep_empty })
                .collect()
        }
        Step::Keep(names) => shorter(names, 1).into_iter().map(Step::Keep).collect(),
        Step::Drop(names) => shorter(names, 1).into_iter().map(Step::Drop).collect(),
        Step::Rename(names) => shorter(names, 1).into_iter().map(Step::Rename).collect(),
        Step::Sort { columns: Some(columns), desc } => shorter(columns, 1)
            .into_iter()
            .map(|columns| Step::Sort { columns: Some(columns), desc: *desc })
            .collect(),
        Step::Limit { n, offset: Some(_) } => vec![Step::Limit { n: *n, offset: None }],
        Step::Group { columns, except } => shorter(columns, 0)
            .into_iter()
            .map(|columns| Step::Group { columns, except: *except })
            .collect(),
        Step::Window { every, offset: Some(_), function, create_empty } => vec![Step::Window {
            every: *every,
            offset: None,
            function: *function,
            create_empty: *create_empty,
        }],
        Step::Map { with, columns } => {
            let map = |columns| Step::Map { with: *with, columns };
            let mut all: Vec<_> = shorter(columns, 1).into_iter().map(map).collect();
            for (i, (_, value)) in columns.iter().enumerate() {
                all.extend(value.smaller().into_iter().map(|value: Arithmetic| {
                    let mut columns = columns.clone();
                    columns[i].1 = value;
                    map(columns)
                }));
            }
            all
        }
        _ => Vec::new(),
    }
}
