//! Expressions in brackets: lists of properties, arrays, records, parentheses and functions.

use super::ast::{
    Base, BinaryOperator, Expression, ExpressionKind as E, Function, FunctionBody, Identifier,
    Property, PropertyKey, Span, TextLiteral,
};
use super::lexer::Token;
use super::parse_expression::bad;
use super::parser::Parser;
use super::token::TokenKind as T;

impl Parser<'_> {
    /// `key: value, …` up to the end of the block.
    pub(super) fn properties(&mut self) -> Vec<Property> {
        let mut properties = Vec::new();
        let mut errors = Vec::new();
        let mut last = self.peek().offset;
        while self.more() {
            let property = match self.peek().kind {
                T::Identifier => {
                    let key = PropertyKey::Identifier(self.identifier());
                    self.property_after(key)
                }
                T::Text => {
                    let key = PropertyKey::Text(self.text());
                    self.property_after(key)
                }
                _ => self.bad_property(),
            };
            properties.push(property);
            if self.more() {
                let token = self.peek();
                if token.kind == T::Comma {
                    self.scan();
                } else {
                    errors.push(format!("expected comma in property list, got {}", token.kind));
                }
            }
            let here = self.peek().offset;
            if here == last {
                break;
            }
            last = here;
        }
        self.errors.append(&mut errors);
        properties
    }

    fn property_after(&mut self, key: PropertyKey) -> Property {
        let mut value = None;
        if self.next_is(T::Colon) {
            self.scan();
            value = self.property_value();
        }
        let end = value.as_ref().map_or_else(|| key.base().span, |v| v.base.span);
        Property { base: self.base(key.base().span.to(end)), key, value }
    }

    fn property_value(&mut self) -> Option<Expression> {
        let value = self.expressions_until(&[T::Comma, T::Colon]);
        if value.is_none() {
            self.errors.push("missing property value".to_owned());
        }
        value
    }

    fn bad_property(&mut self) -> Property {
        let token = self.peek();
        let mut value = None;
        let error = match token.kind {
            T::Colon => {
                self.scan();
                value = self.property_value();
                "missing property key".to_owned()
            }
            T::Comma => "missing property in property list".to_owned(),
            _ => {
                self.expressions_until(&[T::Comma, T::Colon]);
                if self.next_is(T::Colon) {
                    self.scan();
                    value = self.property_value();
                }
                format!("unexpected token for property key: {} ({})", token.kind, token.text)
            }
        };
        self.errors.push(error);
        let end = self.peek().span.start;
        let base = self.base(Span { start: token.span.start, end });
        let place = Span { start: token.span.start, end: token.span.start };
        let key = TextLiteral { base: self.base(place), value: (*b"<invalid>").into() };
        Property { base, key: PropertyKey::Text(key), value }
    }

    pub(super) fn array(&mut self) -> Expression {
        let start = self.open(T::LeftBracket, T::RightBracket);
        let mut items = Vec::new();
        if self.next_is(T::Colon) {
            self.scan();
            let end = self.close(T::RightBracket);
            return self.unsupported(start, end, "dictionary");
        }
        if !self.next_is(T::RightBracket) {
            items.push(self.expression());
            if self.next_is(T::Colon) {
                // read to the end, so that the block is closed
                self.scan();
                self.expressions_until(&[]);
                let end = self.close(T::RightBracket);
                return self.unsupported(start, end, "dictionary");
            }
            if !self.next_is(T::RightBracket) {
                self.expect(T::Comma);
                let mut last = self.peek().offset;
                while self.more() {
                    items.push(self.expression());
                    if self.next_is(T::Comma) {
                        self.scan();
                    }
                    let here = self.peek().offset;
                    if here == last {
                        break;
                    }
                    last = here;
                }
            }
        }
        let end = self.close(T::RightBracket);
        Expression { base: self.base(start.span.to(end.span)), kind: E::Array(items) }
    }

    fn unsupported(&mut self, start: Token<'_>, end: Token<'_>, what: &'static str) -> Expression {
        Expression { base: self.base(start.span.to(end.span)), kind: E::Other(what) }
    }

    pub(super) fn record(&mut self) -> Expression {
        let start = self.open(T::LeftBrace, T::RightBrace);
        let mut with = None;
        let properties = if self.next_is(T::Identifier) {
            let name = self.identifier();
            let token = self.peek();
            if token.kind == T::Identifier {
                if token.text != "with" {
                    self.errors.push(String::new());
                }
                self.scan();
                with = Some(name);
                self.properties()
            } else {
                self.record_after(PropertyKey::Identifier(name))
            }
        } else if self.next_is(T::Text) {
            let key = PropertyKey::Text(self.text());
            self.record_after(key)
        } else {
            self.properties()
        };
        let end = self.close(T::RightBrace);
        Expression { base: self.base(start.span.to(end.span)), kind: E::Record(with, properties) }
    }

    fn record_after(&mut self, key: PropertyKey) -> Vec<Property> {
        let mut properties = vec![self.property_after(key)];
        if !self.more() {
            return properties;
        }
        let token = self.peek();
        if token.kind == T::Comma {
            self.scan();
        } else {
            self.errors.push(format!("expected comma in property list, got {}", token.kind));
        }
        properties.append(&mut self.properties());
        properties
    }

    pub(super) fn parenthesis(&mut self) -> Expression {
        let start = self.open(T::LeftParenthesis, T::RightParenthesis);
        match self.peek().kind {
            T::RightParenthesis => {
                self.close(T::RightParenthesis);
                self.function(start, Vec::new())
            }
            T::Identifier => {
                let name = self.identifier();
                self.parenthesis_after(start, name)
            }
            _ => {
                let token = self.peek();
                let inner = self.expressions_until(&[]);
                let inner = inner.unwrap_or_else(|| bad(token.span, token.text.to_owned()));
                self.enclosed(start, inner)
            }
        }
    }

    fn enclosed(&mut self, start: Token<'_>, inner: Expression) -> Expression {
        let end = self.close(T::RightParenthesis);
        let base = self.base(start.span.to(end.span));
        Expression { base, kind: E::Parenthesis(Box::new(inner)) }
    }

    fn parenthesis_after(&mut self, start: Token<'_>, name: Identifier) -> Expression {
        match self.peek().kind {
            T::RightParenthesis => {
                let end = self.close(T::RightParenthesis);
                if self.next_is(T::Arrow) {
                    let parameter = self.parameter_without_default(name);
                    return self.function(start, vec![parameter]);
                }
                let Identifier { base, name } = name;
                let inner = Expression { base, kind: E::Identifier(name) };
                let base = self.base(start.span.to(end.span));
                Expression { base, kind: E::Parenthesis(Box::new(inner)) }
            }
            T::Assign | T::Comma => {
                let first = self.parameter_after(name);
                let mut parameters = vec![first];
                if self.next_is(T::Comma) {
                    self.scan();
                    let mut last = self.peek().offset;
                    while self.more() {
                        let name = self.identifier();
                        parameters.push(self.parameter_after(name));
                        if self.next_is(T::Comma) {
                            self.scan();
                        }
                        let here = self.peek().offset;
                        if here == last {
                            break;
                        }
                        last = here;
                    }
                }
                self.close(T::RightParenthesis);
                self.function(start, parameters)
            }
            _ => {
                let mut inner = self.expression_after(name);
                let mut count = 0;
                while self.more() && self.link(&mut count) {
                    let right = self.expression();
                    if matches!(right.kind, E::Bad(_)) {
                        let token = self.scan();
                        let (span, text) = (token.span, token.text);
                        self.errors.push(format!("invalid expression {span}: {text}"));
                        continue;
                    }
                    let base = self.base(inner.base.span.to(right.base.span));
                    let operator = BinaryOperator::Invalid;
                    let kind = E::Binary(operator, Box::new(inner), Box::new(right));
                    inner = Expression { base, kind };
                }
                self.enclosed(start, inner)
            }
        }
    }

    fn parameter_without_default(&mut self, name: Identifier) -> Property {
        let base: Base = self.base(name.base.span);
        Property { base, key: PropertyKey::Identifier(name), value: None }
    }

    fn parameter_after(&mut self, name: Identifier) -> Property {
        if !self.next_is(T::Assign) {
            return self.parameter_without_default(name);
        }
        self.scan();
        let value = self.expression();
        let base = self.base(name.base.span.to(value.base.span));
        Property { base, key: PropertyKey::Identifier(name), value: Some(value) }
    }

    fn function(&mut self, start: Token<'_>, parameters: Vec<Property>) -> Expression {
        self.expect_or_skip(T::Arrow);
        let (body, end) = if self.next_is(T::LeftBrace) {
            let open = self.open(T::LeftBrace, T::RightBrace);
            let statements = self.statements();
            let close = self.close(T::RightBrace);
            let span = open.span.to(close.span);
            (FunctionBody::Block(self.base(span), statements), span)
        } else {
            let value = self.expression();
            let span = value.base.span;
            (FunctionBody::Expression(value), span)
        };
        let base = self.base(start.span.to(end));
        Expression { base, kind: E::Function(Box::new(Function { parameters, body })) }
    }
}
