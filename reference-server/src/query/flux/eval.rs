//! Running the script: names, functions and operators. Calls of functions that make tables add nodes
//! to the plan; nothing is read yet. The same code evaluates the functions given to `filter` and
//! `map`, once for each row.

use super::ast::{
    Expression, ExpressionKind as E, FunctionBody, Property, PropertyKey, Script, Span, Statement,
    StatementKind as S,
};
use super::build;
use super::error::FluxError;
use super::operator;
use super::plan::{NodeId, Plan};
use super::signature::{PACKAGES, UNIVERSE};
use super::table::Cell;
use super::value::{Builtin, Closure, Record, Scope, Value};
use crate::store::Name;
use std::cell::{Cell as Counter, RefCell};
use std::rc::Rc;

/// How many expressions a query may evaluate: scripts can ask for more than would ever end.
const FUEL: u64 = 50_000_000;

/// How deep functions may call each other.
const MAX_CALLS: u32 = 60;

/// The result of an evaluation.
pub(super) type Evaluated = Result<Value, FluxError>;

/// The state of one script's run.
#[derive(Debug)]
pub(super) struct Evaluator {
    pub(super) plan: RefCell<Plan>,
    pub(super) now: Counter<i64>,
    fuel: Counter<u64>,
    calls: Counter<u32>,
    /// The scopes that hold functions.
    holders: RefCell<Vec<Scope>>,
}

impl Drop for Evaluator {
    fn drop(&mut self) {
        for scope in self.holders.get_mut() {
            scope.clear();
        }
    }
}

/// The arguments of a call, by name.
pub(super) type Arguments = Vec<(String, Value)>;

impl Evaluator {
    pub(super) fn new(now: i64) -> Self {
        let (fuel, calls) = (Counter::new(FUEL), Counter::new(0));
        Self {
            plan: RefCell::default(),
            now: Counter::new(now),
            fuel,
            calls,
            holders: RefCell::default(),
        }
    }

    /// Run the statements; the results go into the plan.
    pub(super) fn script(&self, script: &Script) -> Result<(), FluxError> {
        let scope = Scope::default();
        for import in &script.imports {
            let path = String::from_utf8_lossy(&import.path.value).into_owned();
            let name = match &import.alias {
                Some(alias) => alias.name.as_str(),
                None => path.rsplit('/').next().unwrap_or_default(),
            };
            if let Some((path, _)) = PACKAGES.iter().find(|(known, _)| *known == path) {
                scope.set(name, Value::Package(path));
            }
        }
        let scope = scope.inner();
        for statement in &script.body {
            match &statement.kind {
                S::Expression(value) => {
                    if let Value::Stream(node) = self.expression(value, &scope)? {
                        self.result(node);
                    }
                }
                S::Option(name, value) if name.name == "now" => self.option_now(value, &scope)?,
                S::Assignment(name, value) | S::Option(name, value) => {
                    let value = self.expression(value, &scope)?;
                    self.define(&scope, &name.name, value);
                }
                _ => return Err(FluxError::unsupported("this statement")),
            }
        }
        Ok(())
    }

    fn define(&self, scope: &Scope, name: &str, value: Value) {
        if matches!(value, Value::Function(_) | Value::Record(_) | Value::Array(_)) {
            self.holders.borrow_mut().push(scope.clone());
        }
        scope.set(name, value);
    }

    /// A statement's tables are a result, unless they end in a `yield`, which is one already.
    fn result(&self, node: NodeId) {
        let mut plan = self.plan.borrow_mut();
        if !matches!(plan.nodes[node].operation, super::plan::Operation::Yield(_)) {
            plan.results.push(("_result".to_owned(), node));
        }
    }

    fn option_now(&self, value: &Expression, scope: &Scope) -> Result<(), FluxError> {
        let now = self.expression(value, scope)?;
        match self.call(&now, Vec::new(), value.base.span)? {
            Value::Cell(Cell::Time(time)) => {
                self.now.set(time);
                Ok(())
            }
            other => {
                let found = other.kind();
                Err(at(value.base.span, &format!("expected time but found {found}")))
            }
        }
    }

    pub(super) fn expression(&self, expression: &Expression, scope: &Scope) -> Evaluated {
        let Some(fuel) = self.fuel.get().checked_sub(1) else {
            return Err(FluxError::invalid("the query takes too many steps for this server"));
        };
        self.fuel.set(fuel);
        let span = expression.base.span;
        Ok(match &expression.kind {
            E::Identifier(name) => self.name(name, scope, span)?,
            E::Integer(v) => Value::Cell(Cell::Integer(*v)),
            E::Float(v) => Value::Cell(Cell::Float(*v)),
            E::Text(v) => Value::Cell(Cell::Text(v.clone())),
            E::Time(v) => Value::Cell(Cell::Time(*v)),
            E::Duration(v) => Value::Duration(*v),
            E::Regex(pattern) => Value::Regex(Rc::new(operator::regex(pattern)?)),
            E::Array(items) => {
                let items: Result<_, _> = items.iter().map(|i| self.expression(i, scope)).collect();
                Value::Array(Rc::new(items?))
            }
            E::Record(with, properties) => {
                let mut record = match with {
                    Some(with) => match self.name(&with.name, scope, with.base.span)? {
                        Value::Record(record) => (*record).clone(),
                        _ => return Err(at(with.base.span, "expected a record")),
                    },
                    None => Record::new(),
                };
                for property in properties {
                    let value = self.property(property, scope)?;
                    set(&mut record, property.key.bytes(), value);
                }
                Value::Record(Rc::new(record))
            }
            E::Function(function) => Value::Function(Rc::new(Closure {
                function: (**function).clone(),
                scope: scope.clone(),
            })),
            E::Call(callee, arguments) => {
                let callee = self.expression(callee, scope)?;
                let arguments = self.arguments(arguments, scope)?;
                self.call(&callee, arguments, span)?
            }
            E::Pipe(left, call) => {
                let tables = self.expression(left, scope)?;
                let E::Call(callee, arguments) = &call.kind else {
                    return Err(at(span, "pipe destination must be a function call"));
                };
                let callee = self.expression(callee, scope)?;
                let mut arguments = self.arguments(arguments, scope)?;
                arguments.push((pipe_parameter(&callee), tables));
                self.call(&callee, arguments, call.base.span)?
            }
            E::Member(object, key) => self.member(object, key, scope)?,
            E::Index(array, index) => {
                let (array, index) =
                    (self.expression(array, scope)?, self.expression(index, scope)?);
                operator::index(&array, &index, span)?
            }
            E::Binary(operator, left, right) => {
                let (left, right) = (self.expression(left, scope)?, self.expression(right, scope)?);
                operator::binary(*operator, &left, &right)?
            }
            E::Logical(operator, left, right) => {
                let left = self.expression(left, scope)?;
                match operator::decided(*operator, &left)? {
                    Some(value) => value,
                    None => operator::logical(self.expression(right, scope)?)?,
                }
            }
            E::Unary(operator, operand) => {
                operator::unary(*operator, &self.expression(operand, scope)?)?
            }
            E::Conditional(test, consequent, alternate) => {
                let test = self.expression(test, scope)?;
                let branch = if operator::is_true(&test)? { consequent } else { alternate };
                self.expression(branch, scope)?
            }
            E::Parenthesis(inner) => self.expression(inner, scope)?,
            E::PipeReceive | E::Bad(_) => return Err(at(span, "unexpected expression")),
            E::Other(what) => return Err(FluxError::unsupported(*what)),
        })
    }

    fn name(&self, name: &str, scope: &Scope, span: Span) -> Evaluated {
        if let Some(value) = scope.get(name) {
            return Ok(value);
        }
        if let Some(signature) = UNIVERSE.iter().find(|s| s.name == name) {
            return Ok(Value::Builtin(signature.builtin));
        }
        match name {
            "true" => Ok(Value::Cell(Cell::Boolean(true))),
            "false" => Ok(Value::Cell(Cell::Boolean(false))),
            _ => Err(at(span, &format!("undefined identifier {name}"))),
        }
    }

    fn property(&self, property: &Property, scope: &Scope) -> Evaluated {
        match (&property.value, &property.key) {
            (Some(value), _) => self.expression(value, scope),
            (None, PropertyKey::Identifier(name)) => self.name(&name.name, scope, name.base.span),
            (None, PropertyKey::Text(_)) => Ok(Value::NULL),
        }
    }

    fn arguments(&self, properties: &[Property], scope: &Scope) -> Result<Arguments, FluxError> {
        let evaluate = |p: &Property| {
            let name = String::from_utf8_lossy(p.key.bytes()).into_owned();
            Ok((name, self.property(p, scope)?))
        };
        properties.iter().map(evaluate).collect()
    }

    fn member(&self, object: &Expression, key: &PropertyKey, scope: &Scope) -> Evaluated {
        match self.expression(object, scope)? {
            Value::Record(record) => Ok(get(&record, key.bytes()).unwrap_or(Value::NULL)),
            Value::Package(path) => {
                let package = PACKAGES.iter().find(|(known, _)| *known == path);
                let functions = package.map_or(&[][..], |(_, functions)| functions);
                let signature = functions.iter().find(|s| s.name.as_bytes() == key.bytes());
                let name = String::from_utf8_lossy(key.bytes());
                let missing = || FluxError::unsupported(format!("\"{name}\" of \"{path}\""));
                Ok(Value::Builtin(signature.ok_or_else(missing)?.builtin))
            }
            Value::Cell(Cell::Null) => Ok(Value::NULL),
            other => {
                let message = format!("{} has no members", other.kind());
                Err(at(object.base.span, &message))
            }
        }
    }

    pub(super) fn call(&self, callee: &Value, arguments: Arguments, span: Span) -> Evaluated {
        match callee {
            Value::Builtin(Builtin::Now) => Ok(Value::Cell(Cell::Time(self.now.get()))),
            Value::Builtin(builtin) => build::call(self, *builtin, arguments, span),
            Value::Function(closure) => self.closure(closure, arguments, span),
            other => Err(at(span, &format!("{} is not a function", other.kind()))),
        }
    }

    fn closure(&self, closure: &Closure, mut arguments: Arguments, span: Span) -> Evaluated {
        let calls = self.calls.get();
        if calls >= MAX_CALLS {
            return Err(FluxError::invalid("functions call each other too deeply for this server"));
        }
        let scope = closure.scope.inner();
        for parameter in &closure.function.parameters {
            let name = String::from_utf8_lossy(parameter.key.bytes()).into_owned();
            let value = match arguments.iter().position(|(given, _)| *given == name) {
                Some(at) => arguments.swap_remove(at).1,
                None => match &parameter.value {
                    Some(default) if !matches!(default.kind, E::PipeReceive) => {
                        self.expression(default, &closure.scope)?
                    }
                    _ => return Err(at(span, &format!("missing required argument {name}"))),
                },
            };
            scope.set(&name, value);
        }
        if let Some((name, _)) = arguments.first() {
            return Err(at(span, &format!("found unexpected argument {name}")));
        }
        self.calls.set(calls + 1);
        let result = match &closure.function.body {
            FunctionBody::Expression(value) => self.expression(value, &scope),
            FunctionBody::Block(_, statements) => self.block(statements, &scope),
        };
        self.calls.set(calls);
        result
    }

    fn block(&self, statements: &[Statement], scope: &Scope) -> Evaluated {
        for statement in statements {
            match &statement.kind {
                S::Return(value) => return self.expression(value, scope),
                S::Assignment(name, value) => {
                    let value = self.expression(value, scope)?;
                    self.define(scope, &name.name, value);
                }
                S::Expression(value) => {
                    self.expression(value, scope)?;
                }
                _ => return Err(FluxError::unsupported("this statement in a function")),
            }
        }
        Err(FluxError::invalid("missing return statement in block"))
    }

    /// Call a function of one argument, whatever its parameter is called.
    pub(super) fn apply(&self, closure: &Closure, argument: Value) -> Evaluated {
        let parameter = closure.function.parameters.first();
        let name = parameter.map(|p| String::from_utf8_lossy(p.key.bytes()).into_owned());
        let arguments = name.map(|name| vec![(name, argument)]).unwrap_or_default();
        self.closure(closure, arguments, Span::default())
    }
}

/// The name of the parameter that takes what is piped in.
fn pipe_parameter(callee: &Value) -> String {
    let Value::Function(closure) = callee else { return "tables".to_owned() };
    let piped = |p: &&Property| matches!(&p.value, Some(v) if matches!(v.kind, E::PipeReceive));
    let parameter = closure.function.parameters.iter().find(piped);
    parameter.map_or_else(
        || "tables".to_owned(),
        |p| String::from_utf8_lossy(p.key.bytes()).into_owned(),
    )
}

/// An error with its place.
pub(super) fn at(span: Span, message: &str) -> FluxError {
    FluxError::invalid(format!("error {span}: {message}"))
}

/// The property of a record.
pub(super) fn get(record: &Record, key: &[u8]) -> Option<Value> {
    record.iter().find(|(name, _)| **name == *key).map(|(_, value)| value.clone())
}

fn set(record: &mut Record, key: &[u8], value: Value) {
    match record.iter_mut().find(|(name, _)| **name == *key) {
        Some((_, old)) => *old = value,
        None => record.push((Name::from(key), value)),
    }
}
