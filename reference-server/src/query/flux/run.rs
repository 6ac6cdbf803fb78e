//! Running a plan: what storage can do is handed to it, as the product's planner does, since the
//! order of tables and columns depends on it; the rest is done step by step.

use super::error::FluxError;
use super::eval::Evaluator;
use super::host::{Bucket, BucketReference, Host};
use super::plan::{Aggregate, BucketName, Node, NodeId, Operation as O};
use super::predicate::{self, Predicate};
use super::read::{Read, SeriesPoints};
use super::table::{Cell, Column, GroupKey, Kind, Table, label};
use super::text::quote;
use super::{aggregate, pivot, rows, sort, transform, window};
use crate::query::allowance::Allowance;
use crate::store::Name;
use crate::store::view::{Asked, Fields, Meant, Names, Which};
use profiles::flux::FluxRules;
use std::collections::HashMap;

/// A result: its name and its tables.
#[derive(Debug)]
pub(super) struct QueryResult {
    pub(super) name: String,
    pub(super) tables: Vec<Table>,
}

struct Run<'a> {
    host: &'a dyn Host,
    evaluator: &'a Evaluator,
    rules: &'a FluxRules,
    allowance: &'a Allowance,
    nodes: Vec<Node>,
    /// How many nodes take their tables from each.
    successors: Vec<usize>,
    buckets: HashMap<NodeId, Bucket>,
    done: HashMap<NodeId, Vec<Table>>,
}

/// Run the plan that the evaluator has made.
///
/// # Errors
/// As the product words them, by the stage in which it finds them.
pub(super) fn run(
    host: &dyn Host,
    evaluator: &Evaluator,
    rules: &FluxRules,
    allowance: &Allowance,
) -> Result<Vec<QueryResult>, FluxError> {
    let (nodes, results) = {
        let plan = evaluator.plan.borrow();
        (plan.nodes.clone(), plan.results.clone())
    };
    if results.is_empty() {
        return Err(FluxError::invalid(
            "error in query specification while starting program: this Flux script returns no streaming data. Consider adding a \"yield\" or invoking streaming functions directly, without performing an assignment",
        ));
    }
    let reached = reached(&nodes, &results);
    let mut successors = vec![0; nodes.len()];
    for (id, node) in nodes.iter().enumerate().filter(|(id, _)| reached[*id]) {
        debug_assert!(node.input.is_none_or(|input| input < id));
        node.input.into_iter().for_each(|input| successors[input] += 1);
    }
    let (buckets, done) = (HashMap::new(), HashMap::new());
    let mut run = Run { host, evaluator, rules, allowance, nodes, successors, buckets, done };
    run.check_plan(&results, &reached)?;
    run.find_buckets(&reached)?;
    let mut answers = Vec::with_capacity(results.len());
    for (name, node) in results {
        answers.push(QueryResult { name, tables: run.tables(node)? });
    }
    Ok(answers)
}

fn reached(nodes: &[Node], results: &[(String, NodeId)]) -> Vec<bool> {
    let mut reached = vec![false; nodes.len()];
    for (_, node) in results {
        let mut next = Some(*node);
        while let Some(id) = next.filter(|id| !reached[*id]) {
            reached[id] = true;
            next = nodes[id].input;
        }
    }
    reached
}

impl Run<'_> {
    fn check_plan(&self, results: &[(String, NodeId)], reached: &[bool]) -> Result<(), FluxError> {
        const PLANNING: &str = "error in building plan while starting program";
        for (i, (name, node)) in results.iter().enumerate() {
            if results[..i].iter().all(|(other, _)| other != name) {
                continue;
            }
            let name = quote(name);
            return Err(if matches!(self.nodes[*node].operation, O::Yield(_)) {
                let message = format!("found more than one call to yield() with the name {name}");
                FluxError::invalid(message).within(PLANNING)
            } else {
                let message = format!("tried to produce more than one result with the name {name}");
                FluxError::invalid(message).within("failed to initialize execute state")
            });
        }
        for (id, node) in self.nodes.iter().enumerate().filter(|(id, _)| reached[*id]) {
            let from = |input: NodeId| match &self.nodes[input].operation {
                O::From(BucketName::Name(name) | BucketName::Id(name)) => Some(name),
                _ => None,
            };
            let unbounded = match (&node.operation, node.input) {
                (O::Range(start, stop), Some(input)) => {
                    if stop <= start && from(input).is_some() {
                        return Err(
                            FluxError::invalid("cannot query an empty range").within(PLANNING)
                        );
                    }
                    None
                }
                (_, Some(input)) => from(input),
                (_, None) => (self.successors[id] == 0).then(|| from(id)).flatten(),
            };
            if let Some(bucket) = unbounded {
                let bucket = quote(bucket);
                let message = format!(
                    "cannot submit unbounded read to {bucket}; try bounding 'from' with a call to 'range'"
                );
                return Err(FluxError::invalid(message).within(PLANNING));
            }
        }
        Ok(())
    }

    fn find_buckets(&mut self, reached: &[bool]) -> Result<(), FluxError> {
        for (id, node) in self.nodes.iter().enumerate().filter(|(id, _)| reached[*id]) {
            let O::From(bucket) = &node.operation else { continue };
            let (reference, name) = match bucket {
                BucketName::Name(name) => (BucketReference::Name(name), name),
                BucketName::Id(name) => (BucketReference::Id(name), name),
            };
            let message = || {
                let message = format!("could not find bucket {}", quote(name));
                FluxError::not_found(message).within("failed to initialize execute state")
            };
            let found = self.host.find_bucket(reference).ok_or_else(message)?;
            self.buckets.insert(id, found);
        }
        Ok(())
    }

    /// The read that a node is, if storage does all of it.
    fn read_of(&self, id: NodeId) -> Result<Option<(NodeId, Read<'_>)>, FluxError> {
        let mut filters: Vec<Predicate> = Vec::new();
        let mut id = id;
        loop {
            let node = &self.nodes[id];
            let Some(input) = node.input else { return Ok(None) };
            match &node.operation {
                O::Range(start, stop) if self.buckets.contains_key(&input) => {
                    let (start, stop, allowance) = (*start, *stop, self.allowance);
                    let most = usize::MAX;
                    let read = Read { allowance, start, stop, predicates: filters, most };
                    return Ok(Some((input, read)));
                }
                O::Filter { function, keep_empty: false } if self.successors[input] == 1 => {
                    match predicate::split(function)? {
                        Some(split) if split.rest.is_empty() => filters.extend(split.pushed),
                        _ => return Ok(None),
                    }
                }
                _ => return Ok(None),
            }
            id = input;
        }
    }

    fn series(&self, source: NodeId, read: &Read<'_>) -> Vec<SeriesPoints> {
        let Some(bucket) = self.buckets.get(&source) else { return Vec::new() };
        let chooser = |measurement: &Name, _: Fields<'_>| -> Meant<'_> {
            let measurement = Name::clone(measurement);
            Box::new(move |tags| read.may_read(&measurement, tags))
        };
        let names = read.measurement().map_or(Names::All, |name| Names::One(name));
        let series = Which::Some(&chooser);
        let asked = Asked { series, ..Asked::everything(self.allowance) };
        let stored = self.host.measurements(bucket, names, &asked);
        if read.reads_much(&stored) {
            self.allowance.take_turns();
        }
        read.series(&stored)
    }

    /// The read of a node's input, if only this node takes it.
    fn sole_read(&self, input: NodeId) -> Result<Option<(NodeId, Read<'_>)>, FluxError> {
        if self.successors[input] == 1 { self.read_of(input) } else { Ok(None) }
    }

    fn tables(&mut self, id: NodeId) -> Result<Vec<Table>, FluxError> {
        // inputs first, from what storage makes on: a long chain must not nest calls
        let mut chain = Vec::new();
        let mut at = id;
        let mut tables = loop {
            if let Some(done) = self.done.get(&at) {
                self.allowance.keeps(kept(done));
                break done.clone();
            }
            let before = self.allowance.kept();
            if let Some(pushed) = self.pushed(at)? {
                self.allowance.settle(before.saturating_add(kept(&pushed)));
                self.allowance.check().map_err(FluxError::stopped)?;
                self.keep(at, &pushed);
                break pushed;
            }
            chain.push(at);
            match self.nodes[at].input {
                Some(input) => at = input,
                None => break Vec::new(),
            }
        };
        while let Some(next) = chain.pop() {
            let node = self.nodes[next].clone();
            let before = self.allowance.kept().saturating_sub(kept(&tables));
            tables = self.step(&node, tables)?;
            self.allowance.settle(before.saturating_add(kept(&tables)));
            self.allowance.check().map_err(FluxError::stopped)?;
            self.keep(next, &tables);
        }
        Ok(tables)
    }

    /// Keep what several nodes need.
    fn keep(&mut self, id: NodeId, tables: &[Table]) {
        if self.successors[id] > 1 {
            self.allowance.keeps(kept(tables));
            self.done.insert(id, tables.to_vec());
        }
    }

    /// The tables of a node that storage makes itself.
    fn pushed(&self, id: NodeId) -> Result<Option<Vec<Table>>, FluxError> {
        let node = &self.nodes[id];
        let Some(input) = node.input else { return Ok(None) };
        Ok(match &node.operation {
            O::Range(..) | O::Filter { .. } => {
                let read = self.read_of(id)?;
                read.map(|(source, read)| read.tables(self.series(source, &read)))
            }
            O::Limit { count: count @ 1.., offset: 0 } => {
                let Some((source, read)) = self.sole_read(input)? else { return Ok(None) };
                let read = Read { most: usize::try_from(*count).unwrap_or(usize::MAX), ..read };
                Some(read.tables(self.series(source, &read)))
            }
            O::Aggregate(aggregate, column) if &**column == b"_value" => {
                self.pushed_aggregate(input, *aggregate)?
            }
            O::Group { columns, except: false } if by_tags(columns) => {
                let Some((source, read)) = self.sole_read(input)? else { return Ok(None) };
                let groups = read.groups(self.series(source, &read), columns);
                let table = |group: &Vec<SeriesPoints>| {
                    one_type(group)?;
                    Ok(read.group_table(group, columns))
                };
                Some(groups.iter().map(table).collect::<Result<_, FluxError>>()?)
            }
            O::Window(windows)
                if &*windows.column == b"_value"
                    && &*windows.destination == b"_time"
                    && !windows.offset.is_negative() =>
            {
                let Some((source, read)) = self.sole_read(input)? else { return Ok(None) };
                Some(window::of_series(windows, &read, self.series(source, &read))?)
            }
            _ => None,
        })
    }

    fn pushed_aggregate(
        &self,
        input: NodeId,
        aggregate: Aggregate,
    ) -> Result<Option<Vec<Table>>, FluxError> {
        // The first point of a series is the first that is read.
        let most = if aggregate == Aggregate::First { 1 } else { usize::MAX };
        if let Some((source, read)) = self.sole_read(input)? {
            let read = Read { most, ..read };
            let series = aggregate::of_series(aggregate, self.series(source, &read))?;
            let table = |s: &SeriesPoints| read.table(s, aggregate.selects(), s.kind, &s.points);
            return Ok(Some(series.iter().map(table).collect()));
        }
        let node = &self.nodes[input];
        let O::Group { columns, except: false } = &node.operation else { return Ok(None) };
        let Some(before) = node.input else { return Ok(None) };
        if self.successors[input] != 1 || !by_tags(columns) || aggregate == Aggregate::Mean {
            return Ok(None);
        }
        let Some((source, read)) = self.sole_read(before)? else { return Ok(None) };
        let read = Read { most, ..read };
        let series = aggregate::of_series(aggregate, self.series(source, &read))?;
        let groups = read.groups(series, columns);
        let table = |group: &Vec<SeriesPoints>| {
            one_type(group)?;
            Ok(read.group_aggregate(group, columns, aggregate))
        };
        Ok(Some(groups.iter().map(table).collect::<Result<_, FluxError>>()?))
    }

    /// One step by itself.
    fn step(&self, node: &Node, input: Vec<Table>) -> Result<Vec<Table>, FluxError> {
        let word = node.operation.word();
        let runtime = |e: FluxError| {
            let message = format!("runtime error {}: {word}: {}", node.span, e.message);
            FluxError { message, ..e }
        };
        let evaluator = self.evaluator;
        match &node.operation {
            O::From(_) | O::Yield(_) => Ok(input),
            O::Buckets => Ok(self.bucket_table()),
            O::Rows(columns, cells) => {
                Ok(vec![Table::new(GroupKey::default(), columns.clone(), cells.clone())])
            }
            O::Range(start, stop) => range(input, *start, *stop),
            O::Filter { function, keep_empty } => {
                let split = if *keep_empty { None } else { predicate::split(function)? };
                let Some(split) = split.filter(|s| !s.pushed.is_empty()) else {
                    let (conditions, allowance) = (None, self.allowance);
                    let filter = rows::Filter { function, conditions, keep_empty: *keep_empty };
                    return rows::filter(evaluator, input, filter, allowance);
                };
                self.partly_pushed(node, function, split, input)
            }
            O::Keep(columns) => transform::keep(evaluator, input, columns, false),
            O::Drop(columns) => transform::keep(evaluator, input, columns, true),
            O::Rename(renaming) => transform::rename(evaluator, input, renaming),
            O::Sort { columns, descending } => Ok(sort::sort(input, columns, *descending)),
            O::Limit { count, offset } => {
                Ok(transform::limit(input, *count, *offset, self.rules.limit_without_rows))
            }
            O::Aggregate(aggregate, column) => aggregate::tables(*aggregate, column, input),
            O::Group { columns, except } => {
                transform::group(input, columns, *except, self.allowance)
            }
            O::Distinct(column) => transform::distinct(input, column),
            O::Keys(column) => Ok(transform::keys(input, column)),
            O::Pivot { rows, columns, value } => {
                pivot::pivot(input, rows, columns, value, self.allowance)
            }
            O::Map(function) => {
                rows::map(evaluator, input, function, self.rules.map_columns, self.allowance)
            }
            O::Window(windows) => {
                window::of_tables(windows, input, self.rules.window_columns, self.allowance)
            }
            O::Measurement(name) => {
                let is =
                    |t: &Table| t.key.value(b"_measurement") == Some(&Cell::Text(name.clone()));
                Ok(input.into_iter().filter(is).collect())
            }
            O::TagValues(tag) => Ok(transform::one_column(tag_values(&input, tag))),
            O::TagKeys => Ok(transform::one_column(tag_keys(&input))),
        }
        .map_err(runtime)
    }

    /// A filter of which storage does a part: where its input is a read, the pushed conditions hold
    /// by storage's rules; the rest are checked for each row.
    fn partly_pushed(
        &self,
        node: &Node,
        function: &super::value::Closure,
        split: predicate::Split<'_>,
        input: Vec<Table>,
    ) -> Result<Vec<Table>, FluxError> {
        let read = match node.input {
            Some(input) => self.sole_read(input)?,
            None => None,
        };
        let Some((source, mut read)) = read else {
            let filter = rows::Filter { function, conditions: None, keep_empty: false };
            return rows::filter(self.evaluator, input, filter, self.allowance);
        };
        read.predicates.extend(split.pushed);
        let tables = read.tables(self.series(source, &read));
        let filter = rows::Filter { function, conditions: Some(&split.rest), keep_empty: false };
        rows::filter(self.evaluator, tables, filter, self.allowance)
    }

    fn bucket_table(&self) -> Vec<Table> {
        let buckets = self.host.buckets();
        let Some(first) = buckets.first() else { return Vec::new() };
        let text = |name: &str| Column::new(label(name), Kind::Text);
        let organization = Cell::Text(label(&first.organization_id));
        let key = GroupKey(vec![(text("organizationID"), organization)]);
        let columns = vec![
            text("name"),
            text("id"),
            text("organizationID"),
            text("retentionPolicy"),
            Column::new(label("retentionPeriod"), Kind::Integer),
        ];
        let row = |bucket: &Bucket| {
            vec![
                Cell::Text(label(&bucket.name)),
                Cell::Text(label(&bucket.id)),
                Cell::Text(label(&bucket.organization_id)),
                Cell::Text(label("")),
                Cell::Integer(bucket.retention_nanoseconds),
            ]
        };
        vec![Table::new(key, columns, buckets.iter().map(row).collect())]
    }
}

/// About how many bytes tables take.
fn kept(tables: &[Table]) -> usize {
    tables.iter().map(Table::kept).sum()
}

/// Whether storage can group by these columns.
fn by_tags(columns: &[Name]) -> bool {
    !columns.iter().any(|c| matches!(&**c, b"_time" | b"_value"))
}

/// Storage puts no values of different types into one table.
fn one_type(group: &[SeriesPoints]) -> Result<(), FluxError> {
    const fn word(kind: Kind) -> &'static str {
        match kind {
            Kind::Boolean => "boolean",
            Kind::Integer => "integer",
            Kind::Unsigned => "unsigned",
            Kind::Float => "float",
            Kind::Text | Kind::Time => "string",
        }
    }
    let Some(first) = group.first() else { return Ok(()) };
    match group.iter().find(|s| s.kind != first.kind) {
        Some(other) => {
            let (a, b) = (word(first.kind), word(other.kind));
            let message = format!("schema collision: cannot group {a} and {b} types together");
            Err(FluxError::invalid(message))
        }
        None => Ok(()),
    }
}

/// `range` over tables that do not come from storage.
fn range(tables: Vec<Table>, start: i64, stop: i64) -> Result<Vec<Table>, FluxError> {
    let bounds = [("_start", start), ("_stop", stop)];
    let within = |mut table: Table| {
        let missing =
            || FluxError::invalid("range error: supplied time column _time doesn't exist");
        let time = table.position(b"_time").ok_or_else(missing)?;
        let inside = |row: &Vec<Cell>| matches!(row[time], Cell::Time(t) if t >= start && t < stop);
        table.rows.retain(inside);
        for (name, value) in bounds {
            let column = Column::new(label(name), Kind::Time);
            match table.position(name.as_bytes()) {
                Some(i) => table.rows.iter_mut().for_each(|row| row[i] = Cell::Time(value)),
                None => {
                    table.columns.push(column.clone());
                    table.rows.iter_mut().for_each(|row| row.push(Cell::Time(value)));
                }
            }
            table.key.0.retain(|(c, _)| c.label != column.label);
            table.key.0.push((column, Cell::Time(value)));
        }
        table.parts = vec![table.rows.len()];
        Ok(table)
    };
    tables.into_iter().map(within).collect()
}

fn tag_values(tables: &[Table], tag: &Name) -> Vec<Name> {
    let value = |table: &Table| match table.key.value(tag) {
        Some(Cell::Text(text)) => Some(text.clone()),
        _ => None,
    };
    let mut values: Vec<_> = tables.iter().filter_map(value).collect();
    values.sort();
    values.dedup();
    values
}

/// `_start` and `_stop` in any case, then the tags.
fn tag_keys(tables: &[Table]) -> Vec<Name> {
    let labels = tables.iter().flat_map(|t| &t.key.0).map(|(column, _)| column.label.clone());
    let mut labels: Vec<_> = labels.filter(|l| !matches!(&**l, b"_start" | b"_stop")).collect();
    labels.sort();
    labels.dedup();
    [label("_start"), label("_stop")].into_iter().chain(labels).collect()
}
