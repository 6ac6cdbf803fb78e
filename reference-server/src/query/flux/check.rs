//! What can be said of a script before it runs: names that do not exist, and arguments that do not
//! fit. Types are followed as far as literals, variables and the known functions give them; where
//! they are not known, running the script tells.

use super::ast::{
    Expression, ExpressionKind as E, Function, FunctionBody, Property, PropertyKey, Script, Span,
    Statement, StatementKind as S, UnaryOperator,
};
use super::error::FluxError;
use super::signature::{OTHER_NAMES, OTHER_PACKAGES, PACKAGES, Signature, Type, UNIVERSE};
use super::syntax::{Located, join};
use profiles::flux::FluxRules;
use std::collections::HashMap;

/// What is known of a name.
#[derive(Clone, Copy, Debug)]
enum Known {
    Type(Type),
    Function(&'static Signature),
    Package(&'static str, &'static [Signature]),
}

const ANY: Known = Known::Type(Type::Any);

struct Check<'a> {
    rules: &'a FluxRules,
    scopes: Vec<HashMap<String, Known>>,
    errors: Vec<Located>,
    /// The first thing that Flux has and this subset has not.
    unsupported: Option<String>,
}

/// Check a script that has no syntax errors.
///
/// # Errors
/// All that is found, in one message.
pub(super) fn check(script: &Script, rules: &FluxRules) -> Result<(), FluxError> {
    let mut check =
        Check { rules, scopes: vec![HashMap::new()], errors: Vec::new(), unsupported: None };
    for import in &script.imports {
        let path = String::from_utf8_lossy(&import.path.value).into_owned();
        let name = import.alias.as_ref().map_or_else(
            || path.rsplit('/').next().unwrap_or_default().to_owned(),
            |alias| alias.name.clone(),
        );
        let known = PACKAGES.iter().find(|(known, _)| *known == path);
        let known = match known {
            Some((path, functions)) => Known::Package(path, functions),
            None if OTHER_PACKAGES.iter().any(|p| path.split('/').next() == Some(p)) => {
                check.refuse(format!("package \"{path}\""));
                ANY
            }
            None => {
                check.error(import.base.span, format!("invalid import path {path}"));
                ANY
            }
        };
        check.define(&name, known);
    }
    check.statements(&script.body);
    if !check.errors.is_empty() {
        return Err(FluxError::invalid(join(&check.errors)));
    }
    check.unsupported.map_or(Ok(()), |what| Err(FluxError::unsupported(what)))
}

impl Check<'_> {
    fn error(&mut self, span: Span, message: impl Into<String>) {
        self.errors.push(Located { span, message: message.into() });
    }

    fn refuse(&mut self, what: impl Into<String>) {
        self.unsupported.get_or_insert_with(|| what.into());
    }

    fn define(&mut self, name: &str, known: Known) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.to_owned(), known);
        }
    }

    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            match &statement.kind {
                S::Expression(value) | S::Return(value) => {
                    self.infer(value);
                }
                S::Assignment(name, value) | S::Option(name, value) => {
                    let known = self.infer(value);
                    self.define(&name.name, known);
                }
                S::MemberOption(name, member, value) => {
                    self.infer(value);
                    self.refuse(format!("option \"{}.{}\"", name.name, member.name));
                }
                S::Other(what) => self.refuse(*what),
                S::Bad(_) => {}
            }
        }
    }

    fn identifier(&mut self, span: Span, name: &str) -> Known {
        if let Some(known) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return *known;
        }
        if let Some(signature) = UNIVERSE.iter().find(|s| s.name == name) {
            return Known::Function(signature);
        }
        match name {
            "true" | "false" => Known::Type(Type::Boolean),
            _ if OTHER_NAMES.contains(&name) => {
                self.refuse(format!("\"{name}\""));
                ANY
            }
            _ => {
                self.error(span, format!("undefined identifier {name}"));
                ANY
            }
        }
    }

    fn infer(&mut self, expression: &Expression) -> Known {
        let span = expression.base.span;
        Known::Type(match &expression.kind {
            E::Identifier(name) => return self.identifier(span, name),
            E::Integer(_) => Type::Integer,
            E::Float(_) => Type::Float,
            E::Text(_) => Type::Text,
            E::Time(_) => Type::Time,
            E::Duration(_) => Type::Duration,
            E::Regex(_) => Type::Regex,
            E::PipeReceive => Type::Stream,
            E::Array(items) => {
                let mut all_text = !items.is_empty();
                for item in items {
                    all_text &= matches!(self.infer(item), Known::Type(Type::Text));
                }
                if all_text { Type::Texts } else { Type::Any }
            }
            E::Record(with, properties) => {
                if let Some(with) = with {
                    self.identifier(with.base.span, &with.name);
                }
                for property in properties {
                    self.property(property);
                }
                Type::Record
            }
            E::Function(function) => {
                self.function(function);
                Type::Function
            }
            E::Call(callee, arguments) => return self.call(span, callee, arguments, false),
            E::Pipe(left, call) => {
                self.infer(left);
                match &call.kind {
                    E::Call(callee, arguments) => {
                        return self.call(call.base.span, callee, arguments, true);
                    }
                    _ => Type::Any,
                }
            }
            E::Member(object, key) => return self.member(object, key),
            E::Index(array, index) => {
                self.infer(array);
                self.infer(index);
                Type::Any
            }
            E::Binary(_, left, right) => {
                self.infer(left);
                self.infer(right);
                Type::Any
            }
            E::Logical(_, left, right) => {
                self.infer(left);
                self.infer(right);
                Type::Boolean
            }
            E::Unary(operator, operand) => {
                let operand = self.infer(operand);
                match operator {
                    UnaryOperator::Not | UnaryOperator::Exists => Type::Boolean,
                    UnaryOperator::Plus | UnaryOperator::Minus => return operand,
                }
            }
            E::Conditional(test, consequent, alternate) => {
                self.infer(test);
                self.infer(alternate);
                return self.infer(consequent);
            }
            E::Parenthesis(inner) => return self.infer(inner),
            E::Other(what) => {
                self.refuse(*what);
                Type::Any
            }
            E::Bad(_) => Type::Any,
        })
    }

    fn property(&mut self, property: &Property) -> Known {
        match (&property.value, &property.key) {
            (Some(value), _) => self.infer(value),
            (None, PropertyKey::Identifier(name)) => self.identifier(name.base.span, &name.name),
            (None, PropertyKey::Text(_)) => ANY,
        }
    }

    fn member(&mut self, object: &Expression, key: &PropertyKey) -> Known {
        let Known::Package(path, functions) = self.infer(object) else { return ANY };
        let name = String::from_utf8_lossy(key.bytes());
        match functions.iter().find(|s| s.name == name) {
            Some(signature) => Known::Function(signature),
            None => {
                self.refuse(format!("\"{name}\" of package \"{path}\""));
                ANY
            }
        }
    }

    fn function(&mut self, function: &Function) {
        let mut scope = HashMap::new();
        for parameter in &function.parameters {
            if let Some(default) = &parameter.value {
                self.infer(default);
            }
            scope.insert(String::from_utf8_lossy(parameter.key.bytes()).into_owned(), ANY);
        }
        self.scopes.push(scope);
        match &function.body {
            FunctionBody::Expression(value) => {
                self.infer(value);
            }
            FunctionBody::Block(_, statements) => self.statements(statements),
        }
        self.scopes.pop();
    }

    fn call(&mut self, span: Span, callee: &Expression, given: &[Property], piped: bool) -> Known {
        let callee = self.infer(callee);
        let given: Vec<_> = given.iter().map(|p| (p, self.property(p))).collect();
        let Known::Function(signature) = callee else { return ANY };
        let has = |name: &str| given.iter().any(|(p, _)| p.key.bytes() == name.as_bytes());
        let parameters = || signature.parameters.iter().filter(|p| self.takes(signature, p.0));
        let mut found = Vec::new();
        for (property, _) in &given {
            let name = String::from_utf8_lossy(property.key.bytes());
            if parameters().all(|p| p.0 != name) && !(signature.piped && name == "tables") {
                let required = parameters().filter(|p| p.2);
                let missing: Vec<_> = required
                    .chain(parameters().filter(|p| !p.2))
                    .filter(|p| !has(p.0))
                    .map(|p| p.0)
                    .collect();
                let expected = one_of(&missing);
                let message = format!("found unexpected argument {name}{expected}");
                found.push((span, message));
            }
        }
        for (name, expected, required) in parameters() {
            let argument = given.iter().find(|(p, _)| p.key.bytes() == name.as_bytes());
            match argument {
                Some((property, actual)) => {
                    if let Some(misfit) = misfit(*expected, *actual) {
                        let value = property.value.as_ref();
                        let at = value.map_or(property.base.span, |v| v.base.span);
                        found.push((at, format!("{misfit} (argument {name})")));
                    }
                }
                None if *required => {
                    found.push((span, format!("missing required argument {name}")));
                }
                None => {}
            }
        }
        if signature.piped && !piped && !has("tables") {
            found.push((span, "missing required argument tables".to_owned()));
        }
        for (span, message) in found {
            self.error(span, message);
        }
        Known::Type(if signature.name == "now" { Type::Time } else { Type::Stream })
    }

    /// Whether this release's function has the parameter.
    fn takes(&self, signature: &Signature, parameter: &str) -> bool {
        self.rules.measurements_take_a_range
            || signature.builtin != super::value::Builtin::SchemaMeasurements
            || !matches!(parameter, "start" | "stop")
    }
}

fn one_of(names: &[&str]) -> String {
    let quoted: Vec<_> = names.iter().map(|n| format!("`{n}`")).collect();
    match quoted.as_slice() {
        [] => String::new(),
        [one] => format!(" (Expected {one})"),
        [rest @ .., last] => format!(" (Expected one of {} or {last})", rest.join(", ")),
    }
}

/// Why the argument does not fit, if that is certain.
fn misfit(expected: Type, actual: Known) -> Option<String> {
    let Known::Type(actual) = actual else { return None };
    let found = word(actual)?;
    if expected == Type::Timeable {
        let fits = matches!(actual, Type::Time | Type::Duration | Type::Integer);
        return (!fits).then(|| format!("{found} is not Timeable"));
    }
    let wanted = word(expected)?;
    (expected != actual).then(|| format!("expected {wanted} but found {found}"))
}

const fn word(kind: Type) -> Option<&'static str> {
    Some(match kind {
        Type::Boolean => "bool",
        Type::Integer => "int",
        Type::Float => "float",
        Type::Text => "string",
        Type::Time => "time",
        Type::Duration => "duration",
        Type::Regex => "regexp",
        Type::Texts => "[string]",
        _ => return None,
    })
}
