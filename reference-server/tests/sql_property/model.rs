//! What a query must answer: filtered, grouped, selected, made distinct, ordered, cut.

use crate::evaluate::{Scope, Unsteady, evaluate};
use crate::expression::Expr;
use crate::query::{Key, Query};
use crate::stored::Table;
use crate::value::{Value, compare};
use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

/// The answer to a query.
#[derive(Debug)]
pub(crate) enum Expected {
    Rows(Rows),
    /// It names what is not there.
    Refused,
}

/// Rows in their order. Those in one group may stand in any order.
#[derive(Debug)]
pub(crate) struct Rows {
    pub(crate) columns: Vec<String>,
    pub(crate) groups: Vec<Vec<Vec<Value>>>,
    pub(crate) offset: usize,
    pub(crate) limit: usize,
}

pub(crate) fn answer(tables: &[Table], query: &Query) -> Result<Expected, Unsteady> {
    let Some(table) = tables.iter().find(|table| table.name == query.table) else {
        return Ok(Expected::Refused);
    };
    let unknown = |name: &String| !table.columns.contains(name);
    let is_unknown = |expr: &Expr| match expr {
        Expr::Column(name) => unknown(name),
        Expr::Selector(_, _, other, _) => other.as_ref().is_some_and(unknown),
        _ => false,
    };
    if query.expressions().into_iter().any(is_unknown) {
        return Ok(Expected::Refused);
    }
    let columns = &table.columns;
    let mut wanted: Vec<&[Value]> = Vec::new();
    for row in &table.rows {
        let row = row.as_slice();
        let scope = Scope { columns, rows: &[row] };
        if holds(query.condition.as_ref(), scope)? {
            wanted.push(row);
        }
    }
    let mut selected = Vec::new();
    for rows in scopes(query, columns, &wanted)? {
        let scope = Scope { columns, rows: &rows };
        if !holds(query.having.as_ref(), scope)? {
            continue;
        }
        let items = query.items.iter().map(|item| evaluate(&item.expr, scope));
        let row = match query.items.is_empty() {
            true => rows[0].to_vec(),
            false => items.collect::<Result<_, _>>()?,
        };
        let keys = query.order.iter().map(|key| evaluate(&key.expr, scope));
        selected.push((keys.collect::<Result<Vec<_>, _>>()?, row));
    }
    if query.distinct {
        let mut seen = HashSet::new();
        selected.retain(|(_, row)| seen.insert(format!("{row:?}")));
    }
    selected.sort_by(|(a, _), (b, _)| by_keys(&query.order, a, b));
    let alike = selected.chunk_by(|(a, _), (b, _)| by_keys(&query.order, a, b).is_eq());
    let groups = alike.map(|group| group.iter().map(|(_, row)| row.clone()).collect()).collect();
    let columns = match query.items.is_empty() {
        true => columns.clone(),
        false => query.items.iter().map(|item| item.name(&table.name)).collect(),
    };
    let (offset, limit) = (query.offset.unwrap_or(0), query.limit.unwrap_or(usize::MAX));
    Ok(Expected::Rows(Rows { columns, groups, offset, limit }))
}

fn holds(condition: Option<&Expr>, scope: Scope<'_>) -> Result<bool, Unsteady> {
    condition.map_or(Ok(true), |expr| Ok(evaluate(expr, scope)? == Value::Boolean(true)))
}

/// The rows that each row of the answer is made of.
fn scopes<'a>(
    query: &Query,
    columns: &[String],
    rows: &[&'a [Value]],
) -> Result<Vec<Vec<&'a [Value]>>, Unsteady> {
    if !query.is_aggregated() {
        return Ok(rows.iter().map(|row| vec![*row]).collect());
    }
    if query.group.is_empty() {
        return Ok(vec![rows.to_vec()]);
    }
    let mut places = HashMap::new();
    let mut groups: Vec<Vec<&[Value]>> = Vec::new();
    for row in rows {
        let scope = Scope { columns, rows: &[*row] };
        let key = query.group.iter().map(|expr| evaluate(expr, scope));
        let key = format!("{:?}", key.collect::<Result<Vec<_>, _>>()?);
        let place = *places.entry(key).or_insert(groups.len());
        if place == groups.len() {
            groups.push(Vec::new());
        }
        groups[place].push(*row);
    }
    Ok(groups)
}

fn by_keys(keys: &[Key], a: &[Value], b: &[Value]) -> Ordering {
    let order = |(key, (a, b)): (&Key, (&Value, &Value))| {
        let nulls = if key.nulls_first() { Ordering::Less } else { Ordering::Greater };
        match (a, b) {
            (Value::Null, Value::Null) => Ordering::Equal,
            (Value::Null, _) => nulls,
            (_, Value::Null) => nulls.reverse(),
            _ => {
                let order = compare(a, b).unwrap_or(Ordering::Equal);
                if key.descending { order.reverse() } else { order }
            }
        }
    };
    let orders = keys.iter().zip(a.iter().zip(b)).map(order);
    orders.fold(Ordering::Equal, Ordering::then)
}
