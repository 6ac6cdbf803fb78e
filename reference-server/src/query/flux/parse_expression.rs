//! Expressions made of operators: a function for each level of precedence, loosest first.

use super::ast::{
    BinaryOperator as B, Expression, ExpressionKind as E, Identifier, LogicalOperator, PropertyKey,
    Span, UnaryOperator,
};
use super::lexer::Token;
use super::literal;
use super::parser::Parser;
use super::token::TokenKind as T;

/// The binary operators by precedence, tightest first.
const LEVELS: [&[(T, B)]; 4] = [
    &[(T::Power, B::Power)],
    &[(T::Multiply, B::Multiply), (T::Divide, B::Divide), (T::Modulo, B::Modulo)],
    &[(T::Add, B::Add), (T::Subtract, B::Subtract)],
    &[
        (T::Equal, B::Equal),
        (T::NotEqual, B::NotEqual),
        (T::Less, B::Less),
        (T::LessEqual, B::LessEqual),
        (T::Greater, B::Greater),
        (T::GreaterEqual, B::GreaterEqual),
        (T::Matches, B::Matches),
        (T::MatchesNot, B::MatchesNot),
    ],
];

impl<'a> Parser<'a> {
    /// `if … then … else …`, or anything below.
    pub(super) fn expression(&mut self) -> Expression {
        self.deeper(Self::conditional).unwrap_or_else(|| {
            let token = self.scan();
            bad_token(&token)
        })
    }

    fn conditional(&mut self) -> Expression {
        if !self.next_is(T::If) {
            let left = self.and_operand();
            return self.logical_after(left);
        }
        let start = self.scan();
        let test = self.expression();
        let consequent = self.branch(T::Then);
        let alternate = self.branch(T::Else);
        let base = self.base(start.span.to(alternate.base.span));
        let kind = E::Conditional(Box::new(test), Box::new(consequent), Box::new(alternate));
        Expression { base, kind }
    }

    fn branch(&mut self, keyword: T) -> Expression {
        let token = self.expect_or_skip(keyword);
        if token.kind == keyword { self.expression() } else { bad(token.span, String::new()) }
    }

    /// What follows a name at the start of a statement or of a parenthesis.
    pub(super) fn expression_after(&mut self, name: Identifier) -> Expression {
        let Identifier { base, name } = name;
        let mut left = Expression { base, kind: E::Identifier(name) };
        left = self.postfix_after(left);
        left = self.pipes_after(left);
        for level in 0..LEVELS.len() {
            left = self.binary_after(left, level);
        }
        left = self.and_after(left);
        self.logical_after(left)
    }

    fn logical_after(&mut self, mut left: Expression) -> Expression {
        let mut count = 0;
        while self.next_is(T::Or) && self.link(&mut count) {
            self.scan();
            let right = self.and_operand();
            left = self.logical(LogicalOperator::Or, left, right);
        }
        left
    }

    fn and_operand(&mut self) -> Expression {
        let left = self.not_operand();
        self.and_after(left)
    }

    fn and_after(&mut self, mut left: Expression) -> Expression {
        let mut count = 0;
        while self.next_is(T::And) && self.link(&mut count) {
            self.scan();
            let right = self.not_operand();
            left = self.logical(LogicalOperator::And, left, right);
        }
        left
    }

    fn logical(&mut self, op: LogicalOperator, left: Expression, right: Expression) -> Expression {
        let base = self.base(left.base.span.to(right.base.span));
        Expression { base, kind: E::Logical(op, Box::new(left), Box::new(right)) }
    }

    fn not_operand(&mut self) -> Expression {
        let operator = match self.peek().kind {
            T::Not => UnaryOperator::Not,
            T::Exists => UnaryOperator::Exists,
            _ => return self.binary(LEVELS.len()),
        };
        self.unary(operator, Self::not_operand)
    }

    fn unary(
        &mut self,
        operator: UnaryOperator,
        operand: fn(&mut Self) -> Expression,
    ) -> Expression {
        let start = self.scan();
        let Some(argument) = self.deeper(operand) else {
            let token = self.scan();
            return bad_token(&token);
        };
        let base = self.base(start.span.to(argument.base.span));
        Expression { base, kind: E::Unary(operator, Box::new(argument)) }
    }

    /// An expression of the operators below a level.
    fn binary(&mut self, level: usize) -> Expression {
        let Some(below) = level.checked_sub(1) else {
            let left = self.signed();
            return self.pipes_after(left);
        };
        let left = self.binary(below);
        self.binary_after(left, below)
    }

    fn binary_after(&mut self, mut left: Expression, level: usize) -> Expression {
        let mut count = 0;
        loop {
            let kind = self.peek().kind;
            let operator = LEVELS[level].iter().find(|(token, _)| *token == kind);
            let Some((_, operator)) = operator else { return left };
            if !self.link(&mut count) {
                return left;
            }
            self.scan();
            let right = self.binary(level);
            let base = self.base(left.base.span.to(right.base.span));
            let kind = E::Binary(*operator, Box::new(left), Box::new(right));
            left = Expression { base, kind };
        }
    }

    fn pipes_after(&mut self, mut left: Expression) -> Expression {
        let mut count = 0;
        while self.next_is(T::PipeForward) && self.link(&mut count) {
            self.scan();
            let mut call = self.signed();
            if !matches!(call.kind, E::Call(..)) {
                self.errors.push("pipe destination must be a function call".to_owned());
                let base = self.base(call.base.span);
                call = Expression { base, kind: E::Call(Box::new(call), Vec::new()) };
            }
            let base = self.base(left.base.span.to(call.base.span));
            left = Expression { base, kind: E::Pipe(Box::new(left), Box::new(call)) };
        }
        left
    }

    fn signed(&mut self) -> Expression {
        match self.peek().kind {
            T::Subtract => self.unary(UnaryOperator::Minus, Self::signed),
            T::Add => self.unary(UnaryOperator::Plus, Self::signed),
            _ => {
                let operand = self.primary();
                self.postfix_after(operand)
            }
        }
    }

    fn postfix_after(&mut self, mut left: Expression) -> Expression {
        let mut count = 0;
        loop {
            let kind = self.peek().kind;
            if !matches!(kind, T::Dot | T::LeftParenthesis | T::LeftBracket)
                || !self.link(&mut count)
            {
                return left;
            }
            left = match kind {
                T::Dot => {
                    self.scan();
                    let key = self.identifier();
                    let base = self.base(left.base.span.to(key.base.span));
                    let key = PropertyKey::Identifier(key);
                    Expression { base, kind: E::Member(Box::new(left), key) }
                }
                T::LeftParenthesis => self.call(left),
                _ => self.index(left),
            };
        }
    }

    fn call(&mut self, callee: Expression) -> Expression {
        self.open(T::LeftParenthesis, T::RightParenthesis);
        let arguments = self.properties();
        let end = self.close(T::RightParenthesis);
        let base = self.base(callee.base.span.to(end.span));
        Expression { base, kind: E::Call(Box::new(callee), arguments) }
    }

    fn index(&mut self, left: Expression) -> Expression {
        let start = self.open(T::LeftBracket, T::RightBracket);
        let index = self.expressions_until(&[]);
        let end = self.close(T::RightBracket);
        let span = left.base.span.to(end.span);
        match index {
            Some(Expression { base, kind: E::Text(value) }) => {
                let key = PropertyKey::Text(super::ast::TextLiteral { base, value });
                Expression { base: self.base(span), kind: E::Member(Box::new(left), key) }
            }
            Some(index) => {
                let kind = E::Index(Box::new(left), Box::new(index));
                Expression { base: self.base(span), kind }
            }
            None => {
                self.errors.push("no expression included in brackets".to_owned());
                let index = bad(start.span.to(end.span), String::new());
                let kind = E::Index(Box::new(left), Box::new(index));
                Expression { base: self.base(span), kind }
            }
        }
    }

    fn primary(&mut self) -> Expression {
        let token = self.peek_operand();
        let kind = match token.kind {
            T::Identifier => E::Identifier(token.text.to_owned()),
            T::Integer => return self.integer(),
            T::Float => E::Float(token.text.parse().unwrap_or(f64::NAN)),
            T::Text => E::Text(literal::text(token.text)),
            T::Regex => E::Regex(literal::regex(token.text)),
            T::Time => match literal::time(token.text) {
                Some(time) => E::Time(time),
                None => {
                    self.scan();
                    let message = "invalid date time literal, missing time offset";
                    return bad(token.span, message.to_owned());
                }
            },
            T::Duration => match literal::duration(token.text) {
                Some(duration) => E::Duration(duration),
                None => {
                    self.scan();
                    return bad_token(&token);
                }
            },
            T::PipeReceive => E::PipeReceive,
            T::Quote => E::Other("string interpolation"),
            T::Dot => E::Other("label literal"),
            T::LeftBracket => return self.array(),
            T::LeftBrace => return self.record(),
            T::LeftParenthesis => return self.parenthesis(),
            _ => return bad_token(&token),
        };
        self.scan();
        if token.kind == T::Quote {
            // what is between the quotes is no Flux: nothing after it can be read
            while self.scan().kind != T::Eof {}
        }
        Expression { base: self.base(token.span), kind }
    }

    fn integer(&mut self) -> Expression {
        let token = self.scan();
        let text = token.text;
        let mut value = 0;
        if text.len() > 1 && text.starts_with('0') {
            let why = "nonzero value cannot start with 0";
            self.errors.push(format!("invalid integer literal \"{text}\": {why}"));
        } else if let Ok(n) = text.parse() {
            value = n;
        } else {
            let why = "value out of range";
            self.errors.push(format!("invalid integer literal \"{text}\": {why}"));
        }
        Expression { base: self.base(token.span), kind: E::Integer(value) }
    }

    /// Expressions up to a closing or stopping token; more than one are an error in one node.
    pub(super) fn expressions_until(&mut self, stops: &[T]) -> Option<Expression> {
        let mut left: Option<Expression> = None;
        let mut count = 0;
        while !stops.contains(&self.peek().kind) && self.more() && self.link(&mut count) {
            let right = self.expression();
            if matches!(right.kind, E::Bad(_)) {
                let token = self.scan();
                self.errors.push(format!("invalid expression {}: {}", token.span, token.text));
                continue;
            }
            left = Some(match left {
                None => right,
                Some(left) => {
                    let base = self.base(left.base.span.to(right.base.span));
                    let kind = E::Binary(B::Invalid, Box::new(left), Box::new(right));
                    Expression { base, kind }
                }
            });
        }
        left
    }
}

/// A token that begins no expression. It is left for others to consume, and so are the errors.
fn bad_token(token: &Token<'_>) -> Expression {
    bad(token.span, format!("invalid token for primary expression: {}", token.kind))
}

pub(super) fn bad(span: Span, why: String) -> Expression {
    let base = super::ast::Base { span, errors: Vec::new() };
    Expression { base, kind: E::Bad(why) }
}
