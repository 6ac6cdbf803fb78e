//! Calls of the known functions: each becomes nodes of the plan.

use super::ast::{Duration, Property, Span};
use super::error::FluxError;
use super::eval::{Arguments, Evaluated, Evaluator, at, get};
use super::plan::{Aggregate, BucketName, Columns, NodeId, Operation as O, Renaming, Windows};
use super::table::{Cell, Column, Kind, label};
use super::time;
use super::value::{Builtin as F, Closure, Value};
use crate::store::Name;
use std::rc::Rc;

struct Call<'a> {
    evaluator: &'a Evaluator,
    arguments: Arguments,
    span: Span,
}

/// Call a function that makes tables.
pub(super) fn call(
    evaluator: &Evaluator,
    builtin: F,
    arguments: Arguments,
    span: Span,
) -> Evaluated {
    let call = Call { evaluator, arguments, span };
    let node = call.node(builtin)?;
    if let (F::Yield, O::Yield(name)) = (builtin, evaluator.operation(node)) {
        evaluator.plan.borrow_mut().results.push((name, node));
    }
    Ok(Value::Stream(node))
}

impl Evaluator {
    fn operation(&self, node: NodeId) -> O {
        self.plan.borrow().nodes[node].operation.clone()
    }
}

impl Call<'_> {
    fn node(&self, builtin: F) -> Result<NodeId, FluxError> {
        let operation = match builtin {
            F::From => return self.source(self.from()?),
            F::Buckets => return self.source(O::Buckets),
            F::ArrayFrom => return self.source(self.rows()?),
            F::SchemaMeasurements => return self.tag_values(label("_measurement"), None),
            F::SchemaFieldKeys => return self.tag_values(label("_field"), None),
            F::SchemaTagValues => return self.tag_values(self.need_text("tag")?, None),
            F::SchemaMeasurementFieldKeys => {
                return self.tag_values(label("_field"), Some(self.need_text("measurement")?));
            }
            F::SchemaMeasurementTagValues => {
                let measurement = self.need_text("measurement")?;
                return self.tag_values(self.need_text("tag")?, Some(measurement));
            }
            F::SchemaTagKeys => return self.schema(O::TagKeys, None),
            F::SchemaMeasurementTagKeys => {
                return self.schema(O::TagKeys, Some(self.need_text("measurement")?));
            }
            F::Range => O::Range(self.time("start")?, self.stop()?),
            F::Filter => {
                let on_empty = self.text("onEmpty")?.unwrap_or_else(|| label("drop"));
                let keep_empty = match &*on_empty {
                    b"keep" => true,
                    b"drop" => false,
                    _ => return Err(self.error("onEmpty must be keep or drop")),
                };
                O::Filter { function: self.function("fn", "r")?, keep_empty }
            }
            F::Keep => O::Keep(self.columns("keep")?),
            F::Drop => O::Drop(self.columns("drop")?),
            F::Rename => O::Rename(self.renaming()?),
            F::Sort => O::Sort {
                columns: self.texts("columns")?.unwrap_or_else(|| vec![label("_value")]),
                descending: self.boolean("desc")?.unwrap_or(false),
            },
            F::Limit => O::Limit {
                count: self.integer("n")?.unwrap_or(0),
                offset: self.integer("offset")?.unwrap_or(0),
            },
            F::Count => O::Aggregate(Aggregate::Count, self.column()?),
            F::Sum => O::Aggregate(Aggregate::Sum, self.column()?),
            F::Mean => O::Aggregate(Aggregate::Mean, self.column()?),
            F::First => O::Aggregate(Aggregate::First, self.column()?),
            F::Last => O::Aggregate(Aggregate::Last, self.column()?),
            F::Min => O::Aggregate(Aggregate::Min, self.column()?),
            F::Max => O::Aggregate(Aggregate::Max, self.column()?),
            F::Group => O::Group {
                columns: self.texts("columns")?.unwrap_or_default(),
                except: match self.text("mode")?.as_deref() {
                    None | Some(b"by") => false,
                    Some(b"except") => true,
                    _ => {
                        let why = "invalid group mode: must be \"by\" or \"except\"";
                        return Err(self.error(why));
                    }
                },
            },
            F::Distinct => O::Distinct(self.column()?),
            F::Keys => O::Keys(self.column()?),
            F::Pivot => O::Pivot {
                rows: self.texts("rowKey")?.unwrap_or_default(),
                columns: self.texts("columnKey")?.unwrap_or_default(),
                value: self.need_text("valueColumn")?,
            },
            F::Map => O::Map(self.function("fn", "r")?),
            F::AggregateWindow => O::Window(self.windows()?),
            F::Yield => {
                let name = self.text("name")?.unwrap_or_else(|| label("_result"));
                O::Yield(String::from_utf8_lossy(&name).into_owned())
            }
            F::Now => return Err(self.error("now gives no tables")),
        };
        let input = self.tables()?;
        Ok(self.evaluator.plan.borrow_mut().add(operation, Some(input), self.span))
    }

    fn error(&self, message: &str) -> FluxError {
        at(self.span, message)
    }

    fn source(&self, operation: O) -> Result<NodeId, FluxError> {
        Ok(self.evaluator.plan.borrow_mut().add(operation, None, self.span))
    }

    fn argument(&self, name: &str) -> Option<&Value> {
        self.arguments.iter().find(|(given, _)| given == name).map(|(_, value)| value)
    }

    fn misfit(&self, name: &str, expected: &str, found: &Value) -> FluxError {
        let found = found.kind();
        self.error(&format!("expected {expected} but found {found} (argument {name})"))
    }

    fn text(&self, name: &str) -> Result<Option<Name>, FluxError> {
        match self.argument(name) {
            None => Ok(None),
            Some(Value::Cell(Cell::Text(text))) => Ok(Some(text.clone())),
            Some(other) => Err(self.misfit(name, "string", other)),
        }
    }

    fn need_text(&self, name: &str) -> Result<Name, FluxError> {
        let missing = || self.error(&format!("missing required argument {name}"));
        self.text(name)?.ok_or_else(missing)
    }

    fn column(&self) -> Result<Name, FluxError> {
        Ok(self.text("column")?.unwrap_or_else(|| label("_value")))
    }

    fn texts(&self, name: &str) -> Result<Option<Vec<Name>>, FluxError> {
        let Some(value) = self.argument(name) else { return Ok(None) };
        let Value::Array(items) = value else { return Err(self.misfit(name, "[string]", value)) };
        let text = |item: &Value| match item {
            Value::Cell(Cell::Text(text)) => Ok(text.clone()),
            other => Err(self.misfit(name, "string", other)),
        };
        items.iter().map(text).collect::<Result<_, _>>().map(Some)
    }

    fn integer(&self, name: &str) -> Result<Option<i64>, FluxError> {
        match self.argument(name) {
            None => Ok(None),
            Some(Value::Cell(Cell::Integer(n))) => Ok(Some(*n)),
            Some(other) => Err(self.misfit(name, "int", other)),
        }
    }

    fn boolean(&self, name: &str) -> Result<Option<bool>, FluxError> {
        match self.argument(name) {
            None => Ok(None),
            Some(Value::Cell(Cell::Boolean(v))) => Ok(Some(*v)),
            Some(other) => Err(self.misfit(name, "bool", other)),
        }
    }

    fn duration(&self, name: &str) -> Result<Option<Duration>, FluxError> {
        match self.argument(name) {
            None => Ok(None),
            Some(Value::Duration(v)) => Ok(Some(*v)),
            Some(other) => Err(self.misfit(name, "duration", other)),
        }
    }

    /// A function of one parameter of this name: Flux takes no other.
    fn function(&self, name: &str, parameter: &str) -> Result<Rc<Closure>, FluxError> {
        match self.argument(name) {
            Some(Value::Function(closure)) => {
                let named = |p: &Property| p.key.bytes() == parameter.as_bytes();
                if !closure.function.parameters.iter().any(named) {
                    let what = format!("{name} needs a function with the parameter {parameter}");
                    return Err(self.error(&what));
                }
                Ok(closure.clone())
            }
            Some(Value::Builtin(_)) => {
                Err(FluxError::unsupported(format!("a built-in function as argument {name}")))
            }
            Some(other) => Err(self.misfit(name, "function", other)),
            None => Err(self.error(&format!("missing required argument {name}"))),
        }
    }

    fn tables(&self) -> Result<NodeId, FluxError> {
        match self.argument("tables") {
            Some(Value::Stream(node)) => Ok(*node),
            Some(other) => Err(self.misfit("tables", "stream", other)),
            None => Err(self.error("missing required argument tables")),
        }
    }

    /// A moment: a time, a length of time from now, or seconds since 1970.
    fn moment(&self, name: &str) -> Result<Option<i64>, FluxError> {
        Ok(Some(match self.argument(name) {
            None => return Ok(None),
            Some(Value::Cell(Cell::Time(time))) => *time,
            Some(Value::Cell(Cell::Integer(seconds))) => seconds.saturating_mul(1_000_000_000),
            Some(Value::Duration(duration)) => time::add(self.evaluator.now.get(), *duration),
            Some(other) => {
                let found = other.kind();
                return Err(self.error(&format!("{found} is not Timeable (argument {name})")));
            }
        }))
    }

    fn time(&self, name: &str) -> Result<i64, FluxError> {
        let missing = || self.error(&format!("missing required argument {name}"));
        self.moment(name)?.ok_or_else(missing)
    }

    fn stop(&self) -> Result<i64, FluxError> {
        Ok(self.moment("stop")?.unwrap_or_else(|| self.evaluator.now.get()))
    }

    fn from(&self) -> Result<O, FluxError> {
        let string = |name: Name| String::from_utf8_lossy(&name).into_owned();
        for other in ["host", "org", "orgID", "token"] {
            if self.argument(other).is_some() {
                return Err(FluxError::unsupported(format!("argument \"{other}\" of from")));
            }
        }
        match (self.text("bucket")?, self.text("bucketID")?) {
            (Some(name), None) => Ok(O::From(BucketName::Name(string(name)))),
            (None, Some(id)) => Ok(O::From(BucketName::Id(string(id)))),
            _ => Err(self.error("must specify one of bucket or bucketID")),
        }
    }

    /// `from |> range |> filter`, and what the schema package asks of it.
    fn schema(&self, operation: O, measurement: Option<Name>) -> Result<NodeId, FluxError> {
        let bucket = String::from_utf8_lossy(&self.need_text("bucket")?).into_owned();
        let month = Duration { nanoseconds: -30 * 86_400_000_000_000, months: 0 };
        let month_ago = time::add(self.evaluator.now.get(), month);
        let start = self.moment("start")?.unwrap_or(month_ago);
        let stop = self.stop()?;
        let function = match self.argument("predicate") {
            Some(_) => Some(self.function("predicate", "r")?),
            None => None,
        };
        let mut plan = self.evaluator.plan.borrow_mut();
        let mut node = plan.add(O::From(BucketName::Name(bucket)), None, self.span);
        node = plan.add(O::Range(start, stop), Some(node), self.span);
        if let Some(name) = measurement {
            node = plan.add(O::Measurement(name), Some(node), self.span);
        }
        if let Some(function) = function {
            let filter = O::Filter { function, keep_empty: false };
            node = plan.add(filter, Some(node), self.span);
        }
        Ok(plan.add(operation, Some(node), self.span))
    }

    fn tag_values(&self, tag: Name, measurement: Option<Name>) -> Result<NodeId, FluxError> {
        self.schema(O::TagValues(tag), measurement)
    }

    fn columns(&self, of: &str) -> Result<Columns, FluxError> {
        match (self.texts("columns")?, self.argument("fn")) {
            (Some(names), None) => Ok(Columns::Names(names)),
            (None, Some(_)) => Ok(Columns::Predicate(self.function("fn", "column")?)),
            (None, None) => Err(self.error(&format!(
                "{of} error: neither column list nor predicate function provided"
            ))),
            _ => Err(self.error(&format!("{of} error: both column list and predicate provided"))),
        }
    }

    fn renaming(&self) -> Result<Renaming, FluxError> {
        match (self.argument("columns"), self.argument("fn")) {
            (None, Some(_)) => Ok(Renaming::Function(self.function("fn", "column")?)),
            (Some(Value::Record(record)), None) => {
                let text = |(from, to): &(Name, Value)| match to {
                    Value::Cell(Cell::Text(to)) => Ok((from.clone(), to.clone())),
                    other => Err(self.misfit("columns", "string", other)),
                };
                Ok(Renaming::Names(record.iter().map(text).collect::<Result<_, _>>()?))
            }
            (Some(other), None) => Err(self.misfit("columns", "record", other)),
            (None, None) => {
                Err(self.error("rename error: neither column list nor map function provided"))
            }
            _ => Err(self.error("rename error: both column list and map function provided")),
        }
    }

    fn windows(&self) -> Result<Windows, FluxError> {
        let every = self.duration("every")?.unwrap_or_default();
        if let Some(period) = self.duration("period")?
            && period != Duration::default()
            && period != every
        {
            return Err(FluxError::unsupported("aggregateWindow with a period unlike every"));
        }
        if self.argument("location").is_some() {
            return Err(FluxError::unsupported("argument \"location\" of aggregateWindow"));
        }
        let whole = (every.months > 0) != (every.nanoseconds > 0);
        if !whole || every.months < 0 || every.nanoseconds < 0 {
            return Err(self.error("every must be a positive duration of months or of nanoseconds"));
        }
        let aggregate = match self.argument("fn") {
            Some(Value::Builtin(F::Count)) => Aggregate::Count,
            Some(Value::Builtin(F::Sum)) => Aggregate::Sum,
            Some(Value::Builtin(F::Mean)) => Aggregate::Mean,
            Some(Value::Builtin(F::First)) => Aggregate::First,
            Some(Value::Builtin(F::Last)) => Aggregate::Last,
            Some(Value::Builtin(F::Min)) => Aggregate::Min,
            Some(Value::Builtin(F::Max)) => Aggregate::Max,
            _ => return Err(FluxError::unsupported("this function as fn of aggregateWindow")),
        };
        let source = self.text("timeSrc")?.unwrap_or_else(|| label("_stop"));
        let at_start = match &*source {
            b"_start" => true,
            b"_stop" => false,
            _ => return Err(FluxError::unsupported("this timeSrc of aggregateWindow")),
        };
        Ok(Windows {
            every,
            offset: self.duration("offset")?.unwrap_or_default(),
            aggregate,
            column: self.column()?,
            at_start,
            destination: self.text("timeDst")?.unwrap_or_else(|| label("_time")),
            create_empty: self.boolean("createEmpty")?.unwrap_or(true),
        })
    }

    /// `array.from`: the first record gives the columns, in byte order.
    fn rows(&self) -> Result<O, FluxError> {
        let rows = match self.argument("rows") {
            Some(Value::Array(rows)) => rows.clone(),
            Some(other) => return Err(self.misfit("rows", "array", other)),
            None => return Err(self.error("missing required argument rows")),
        };
        let mut columns: Vec<Column> = Vec::new();
        let mut cells = Vec::new();
        for row in rows.iter() {
            let Value::Record(record) = row else { return Err(self.misfit("rows", "record", row)) };
            if columns.is_empty() {
                let mut labels: Vec<_> = record.iter().map(|(name, _)| name.clone()).collect();
                labels.sort();
                columns = labels.into_iter().map(|l| Column::new(l, Kind::Text)).collect();
            }
            let cell = |column: &Column| match get(record, &column.label) {
                Some(Value::Cell(cell)) => Ok(cell),
                None => Ok(Cell::Null),
                Some(other) => Err(self.misfit("rows", "a basic type", &other)),
            };
            cells.push(columns.iter().map(cell).collect::<Result<Vec<_>, _>>()?);
        }
        if cells.is_empty() {
            return Err(self.error("rows must be non-empty"));
        }
        for (i, column) in columns.iter_mut().enumerate() {
            let mut kinds = cells.iter().filter_map(|row| row[i].kind());
            column.kind = kinds.next().unwrap_or(Kind::Text);
            if kinds.any(|kind| kind != column.kind) {
                return Err(self.error("the rows of an array have different types"));
            }
        }
        Ok(O::Rows(columns, cells))
    }
}
