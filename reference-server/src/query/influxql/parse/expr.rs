//! Expressions, conditions and what they are made of.

use super::{Parsed, Parser, at, found};
use crate::query::influxql::duration;
use crate::query::influxql::expr::{Binary, Call, Cast, Expr, Kind, Pattern, Var};
use crate::query::influxql::print::Ident;
use crate::query::influxql::token::{Op, Token, Word};
use crate::store::FieldType;

/// A longer chain of operators is a tree too deep to walk.
const MAX_OPERATORS: usize = 1000;

impl Parser<'_> {
    /// `unary (op unary)*`, the operators grouped by precedence.
    pub(super) fn expr(&mut self) -> Parsed<Expr> {
        self.nested(Self::operations)
    }

    fn operations(&mut self) -> Parsed<Expr> {
        let mut root = self.unary()?;
        for _ in 0..MAX_OPERATORS {
            let Token::Op(op) = self.next().token else {
                self.unscan();
                return Ok(root);
            };
            let right = if matches!(op, Op::Match | Op::NotMatch) {
                match self.regex()? {
                    Some(pattern) => Expr::Regex(pattern),
                    None => return Err(found(&self.next(), &["regex"])),
                }
            } else {
                self.unary()?
            };
            attach(&mut root, op, right);
        }
        Err(format!(
            "more than {MAX_OPERATORS} operators in one expression, which this server does not read"
        ))
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let lexeme = self.next();
        match lexeme.token {
            Token::LeftParen => {
                let inner = self.expr()?;
                let end = self.next();
                if end.token != Token::RightParen {
                    return Err(found(&end, &[")"]));
                }
                Ok(Expr::Paren(Box::new(inner)))
            }
            Token::Ident => {
                if self.scan().token == Token::LeftParen {
                    return self.nested(|p| p.call(&lexeme.text));
                }
                self.unscan();
                self.unscan();
                self.var().map(Expr::Var)
            }
            Token::Word(Word::Distinct) => {
                let next = self.scan();
                match next.token {
                    Token::LeftParen => self.nested(|p| p.call("distinct")),
                    Token::Whitespace => self.ident().map(Expr::Distinct),
                    _ => Err(found(&next, &["(", "identifier"])),
                }
            }
            Token::Str => Ok(Expr::Str(lexeme.text)),
            Token::Number => lexeme
                .text
                .parse()
                .map(Expr::Number)
                .map_err(|_| at("unable to parse number", lexeme.place)),
            Token::Integer => match (lexeme.text.parse(), lexeme.text.parse()) {
                (Ok(n), _) => Ok(Expr::Integer(n)),
                (_, Ok(n)) => Ok(Expr::Unsigned(n)),
                _ => Err(at("unable to parse integer", lexeme.place)),
            },
            Token::True => Ok(Expr::Bool(true)),
            Token::False => Ok(Expr::Bool(false)),
            Token::Duration => duration::parse(&lexeme.text).map(Expr::Duration),
            Token::Op(Op::Mul) => self.wildcard(),
            Token::Regex => {
                Pattern::new(&lexeme.text).map(Expr::Regex).map_err(|e| at(&e, lexeme.place))
            }
            Token::BoundParam => Err(match &lexeme.text[1..] {
                "" => "empty bound parameter".to_owned(),
                name => format!("missing parameter: {name}"),
            }),
            Token::Op(op @ (Op::Add | Op::Sub)) => self.nested(|p| p.signed(op)),
            _ => Err(found(&lexeme, &["identifier", "string", "number", "bool"])),
        }
    }

    /// What follows a sign.
    fn signed(&mut self, op: Op) -> Parsed<Expr> {
        let next = self.next();
        if !matches!(
            next.token,
            Token::Number | Token::Integer | Token::Duration | Token::LeftParen | Token::Ident
        ) {
            return Err(found(&next, &["identifier", "number", "duration", "("]));
        }
        self.unscan();
        let sign: i64 = if op == Op::Sub { -1 } else { 1 };
        Ok(match self.unary()? {
            Expr::Number(n) => Expr::Number(n * sign as f64),
            Expr::Integer(n) => Expr::Integer(n.wrapping_mul(sign)),
            Expr::Duration(n) => Expr::Duration(n.wrapping_mul(sign)),
            Expr::Unsigned(n) if sign > 0 => Expr::Unsigned(n),
            Expr::Unsigned(n) if n == i64::MIN.unsigned_abs() => Expr::Integer(i64::MIN),
            Expr::Unsigned(n) => return Err(format!("constant -{n} underflows int64")),
            operand => Expr::Binary(Box::new(Binary {
                op: Op::Mul,
                left: Expr::Integer(sign),
                right: operand,
            })),
        })
    }

    fn wildcard(&mut self) -> Parsed<Expr> {
        if self.scan().token != Token::DoubleColon {
            self.unscan();
            return Ok(Expr::Wildcard(None));
        }
        let kind = self.scan();
        match kind.token {
            Token::Word(Word::Field) => Ok(Expr::Wildcard(Some(Kind::Field))),
            Token::Word(Word::Tag) => Ok(Expr::Wildcard(Some(Kind::Tag))),
            _ => Err(found(&kind, &["field", "tag"])),
        }
    }

    /// `name(args)`, the name and the parenthesis already read.
    fn call(&mut self, name: &str) -> Parsed<Expr> {
        let name = name.to_ascii_lowercase();
        let mut args = Vec::new();
        if let Some(pattern) = self.regex()? {
            args.push(Expr::Regex(pattern));
        } else {
            if self.scan().token == Token::RightParen {
                return Ok(Expr::Call(Call { name, args }));
            }
            self.unscan();
            args.push(self.expr()?);
        }
        loop {
            if self.next().token != Token::Comma {
                self.unscan();
                break;
            }
            match self.regex()? {
                Some(pattern) => args.push(Expr::Regex(pattern)),
                None => args.push(self.expr()?),
            }
        }
        let end = self.scan();
        if end.token == Token::RightParen {
            Ok(Expr::Call(Call { name, args }))
        } else {
            Err(found(&end, &[")"]))
        }
    }

    /// A column, and its `::type`.
    fn var(&mut self) -> Parsed<Var> {
        let name = self.segments()?.join(".");
        if self.scan().token != Token::DoubleColon {
            self.unscan();
            return Ok(Var { name, cast: None });
        }
        let kind = self.scan();
        let cast = match kind.token {
            Token::Word(Word::Field) => Cast::Kind(Kind::Field),
            Token::Word(Word::Tag) => Cast::Kind(Kind::Tag),
            Token::Ident => match kind.text.to_ascii_lowercase().as_str() {
                "float" => Cast::Type(FieldType::Float),
                "integer" => Cast::Type(FieldType::Integer),
                "unsigned" => Cast::Type(FieldType::Unsigned),
                "string" => Cast::Type(FieldType::String),
                "boolean" => Cast::Type(FieldType::Boolean),
                _ => {
                    return Err(found(
                        &kind,
                        &["float", "integer", "unsigned", "string", "boolean", "field", "tag"],
                    ));
                }
            },
            _ => {
                return Err(found(
                    &kind,
                    &["float", "integer", "string", "boolean", "field", "tag"],
                ));
            }
        };
        Ok(Var { name, cast: Some(cast) })
    }

    /// `a.b.c`, `a..c`.
    pub(super) fn segments(&mut self) -> Parsed<Vec<String>> {
        let mut segments = vec![self.ident()?];
        loop {
            if self.scan().token != Token::Dot {
                self.unscan();
                break;
            }
            match self.lexer.peek() {
                '/' | ':' => break,
                '.' => segments.push(String::new()),
                _ => segments.push(self.ident()?),
            }
        }
        if segments.len() > 3 {
            let last = segments.len() - 1;
            let shown = |(i, s): (usize, &String)| match i {
                _ if i == last => Ident(s).to_string(),
                _ if s.is_empty() => String::new(),
                _ => format!("\"{s}\""),
            };
            let shown: Vec<_> = segments.iter().enumerate().map(shown).collect();
            let message = format!("too many segments in {}", shown.join("."));
            return Err(at(&message, Default::default()));
        }
        Ok(segments)
    }

    /// `/…/`, where one stands.
    pub(super) fn regex(&mut self) -> Parsed<Option<Pattern>> {
        if matches!(self.lexer.peek(), ' ' | '\t' | '\n') {
            self.skip_whitespace();
        }
        match self.lexer.peek() {
            '$' => {
                let token = self.scan().token;
                self.unscan();
                if token != Token::Regex {
                    return Ok(None);
                }
            }
            '/' => {}
            _ => return Ok(None),
        }
        let lexeme = self.scan_with(crate::query::influxql::lexer::Lexer::scan_regex);
        match lexeme.token {
            Token::Regex => Pattern::new(&lexeme.text).map(Some).map_err(|e| at(&e, lexeme.place)),
            Token::BadRegex => Err(at("bad regex: ", lexeme.place)),
            _ => Err(found(&lexeme, &["regex"])),
        }
    }

    /// Takes the next token if it is whitespace.
    pub(super) fn skip_whitespace(&mut self) {
        if self.scan().token != Token::Whitespace {
            self.unscan();
        }
    }

    /// `WHERE expr`, where it stands.
    pub(super) fn condition(&mut self) -> Parsed<Option<Expr>> {
        if self.take(Word::Where) { self.expr().map(Some) } else { Ok(None) }
    }
}

/// Puts a new operation at the place in the tree that its precedence gives it: down the right side,
/// to the first operation that binds as tightly or tighter.
fn attach(node: &mut Expr, op: Op, right: Expr) {
    if let Expr::Binary(b) = node
        && b.op.precedence() < op.precedence()
    {
        return attach(&mut b.right, op, right);
    }
    let left = std::mem::replace(node, Expr::Bool(false));
    *node = Expr::Binary(Box::new(Binary { op, left, right }));
}
