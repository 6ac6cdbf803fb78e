//! Collecting a script's syntax errors: those kept in the nodes, and those that a node is.

use super::ast::{
    Base, Expression, ExpressionKind as E, Function, FunctionBody, Property, PropertyKey, Script,
    Span, Statement, StatementKind as S,
};
use super::error::FluxError;
use super::parser::{TOO_DEEP, parse};

/// How deep the tree may be.
const MAX_DEPTH: u32 = 180;

/// An error and its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Located {
    pub(super) span: Span,
    pub(super) message: String,
}

/// Several errors in one message, an empty line between them.
pub(super) fn join(errors: &[Located]) -> String {
    let texts: Vec<_> = errors.iter().map(|e| format!("error {}: {}", e.span, e.message)).collect();
    texts.join("\n\n")
}

/// Read a script.
///
/// # Errors
/// The script is not UTF-8 or has syntax errors.
pub(super) fn read(script: &[u8]) -> Result<Script, FluxError> {
    let text = std::str::from_utf8(script).map_err(|error| {
        let message = format!("compilation failed: error @0:0-0:0: flux source: {error}");
        FluxError::invalid(message)
    })?;
    let tree = parse(text);
    let mut walk = Walk { depth: 0, errors: Vec::new() };
    for import in &tree.imports {
        walk.keep(&import.base);
        import.alias.iter().for_each(|alias| walk.keep(&alias.base));
        walk.keep(&import.path.base);
    }
    walk.statements(&tree.body);
    if walk.errors.is_empty() {
        return Ok(tree);
    }
    // What seems to be missing may stand in the part that was not read.
    if tree.interpolated {
        return Err(FluxError::unsupported("string interpolation"));
    }
    if let Some(deep) = walk.errors.iter().find(|e| e.message == TOO_DEEP) {
        walk.errors = vec![deep.clone()];
    }
    Err(FluxError::invalid(format!("compilation failed: {}", join(&walk.errors))))
}

struct Walk {
    depth: u32,
    errors: Vec<Located>,
}

impl Walk {
    fn push(&mut self, span: Span, message: impl Into<String>) {
        self.errors.push(Located { span, message: message.into() });
    }

    fn keep(&mut self, base: &Base) {
        for error in &base.errors {
            self.push(base.span, error);
        }
    }

    fn statements(&mut self, statements: &[Statement]) {
        for statement in statements {
            self.keep(&statement.base);
            match &statement.kind {
                S::Bad(text) => {
                    self.push(statement.base.span, format!("invalid statement: {text}"));
                }
                S::Expression(value) | S::Return(value) => self.expression(value),
                S::Assignment(name, value) | S::Option(name, value) => {
                    self.keep(&name.base);
                    self.expression(value);
                }
                S::MemberOption(name, member, value) => {
                    self.keep(&name.base);
                    self.keep(&member.base);
                    self.expression(value);
                }
                S::Other(_) => {}
            }
        }
    }

    fn expression(&mut self, expression: &Expression) {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            self.push(expression.base.span, TOO_DEEP);
        } else {
            self.keep(&expression.base);
            self.children(expression);
        }
        self.depth -= 1;
    }

    fn children(&mut self, expression: &Expression) {
        match &expression.kind {
            E::Bad(why) if !why.is_empty() => {
                self.push(expression.base.span, format!("invalid expression: {why}"));
            }
            E::Array(items) => items.iter().for_each(|item| self.expression(item)),
            E::Record(with, properties) => {
                with.iter().for_each(|name| self.keep(&name.base));
                self.properties(expression.base.span, properties);
            }
            E::Call(callee, arguments) => {
                self.expression(callee);
                if let (Some(first), Some(last)) = (arguments.first(), arguments.last()) {
                    self.properties(first.base.span.to(last.base.span), arguments);
                }
            }
            E::Pipe(left, right) | E::Index(left, right) => {
                self.expression(left);
                self.expression(right);
            }
            E::Binary(_, left, right) | E::Logical(_, left, right) => {
                self.expression(left);
                self.expression(right);
            }
            E::Member(object, key) => {
                self.expression(object);
                self.keep(key.base());
            }
            E::Unary(_, operand) | E::Parenthesis(operand) => self.expression(operand),
            E::Conditional(test, consequent, alternate) => {
                self.expression(test);
                self.expression(consequent);
                self.expression(alternate);
            }
            E::Function(function) => self.function(function),
            _ => {}
        }
    }

    fn function(&mut self, function: &Function) {
        for parameter in &function.parameters {
            self.property(parameter);
        }
        match &function.body {
            FunctionBody::Expression(value) => self.expression(value),
            FunctionBody::Block(base, statements) => {
                self.keep(base);
                self.depth += 1;
                self.statements(statements);
                self.depth -= 1;
            }
        }
    }

    /// Properties that have values do not stand beside such that have none.
    fn properties(&mut self, span: Span, properties: &[Property]) {
        let sound = || properties.iter().filter(|p| p.base.errors.is_empty());
        for property in sound().filter(|p| p.value.is_none()) {
            if let PropertyKey::Text(key) = &property.key {
                let key = String::from_utf8_lossy(&key.value);
                self.push(span, format!("string literal key {key} must have a value"));
            }
        }
        if sound().any(|p| p.value.is_none()) && sound().any(|p| p.value.is_some()) {
            self.push(span, "cannot mix implicit and explicit properties");
        }
        for property in properties {
            self.property(property);
        }
    }

    fn property(&mut self, property: &Property) {
        self.keep(&property.base);
        self.keep(property.key.base());
        if let Some(value) = &property.value {
            self.expression(value);
        }
    }
}
