//! The parser's machinery, and statements. Errors do not stop it: each is kept in the node that was
//! being read, so that a script's syntax errors come in the order and at the places in which Flux
//! reports them.

use super::ast::{Base, Identifier, Import, Script, Span, Statement, StatementKind, TextLiteral};
use super::lexer::{Lexer, Token};
use super::token::TokenKind;
use super::{literal, token::TokenKind as T};
use std::collections::HashMap;

/// How deep expressions and statements may be nested.
const MAX_DEPTH: u32 = 80;

/// How many operators, calls or pipes may follow each other: the tree grows with each.
const MAX_CHAIN: u32 = 180;

/// The error of a script that is nested deeper than that.
pub(super) const TOO_DEEP: &str = "Program is nested too deep";

/// A parser in the midst of a script.
#[derive(Debug)]
pub(super) struct Parser<'a> {
    lexer: Lexer<'a>,
    peeked: Option<Token<'a>>,
    /// Found since the last node was finished.
    pub(super) errors: Vec<String>,
    /// How often each closing token is awaited.
    blocks: HashMap<TokenKind, u32>,
    depth: u32,
}

/// Read a script.
pub(super) fn parse(script: &str) -> Script {
    Parser::new(script).script()
}

impl<'a> Parser<'a> {
    fn new(script: &'a str) -> Self {
        let lexer = Lexer::new(script);
        Self { lexer, peeked: None, errors: Vec::new(), blocks: HashMap::new(), depth: 0 }
    }

    pub(super) fn scan(&mut self) -> Token<'a> {
        self.peeked.take().unwrap_or_else(|| self.lexer.next(false))
    }

    pub(super) fn peek(&mut self) -> Token<'a> {
        let token = self.scan();
        self.peeked = Some(token);
        token
    }

    /// The next token where an operand is due: a regular expression is one here.
    pub(super) fn peek_operand(&mut self) -> Token<'a> {
        if let Some(token) = self.peeked.take_if(|t| t.kind == T::Divide) {
            self.lexer.rewind(&token);
        }
        let token = self.peeked.take().unwrap_or_else(|| self.lexer.next(true));
        self.peeked = Some(token);
        token
    }

    pub(super) fn next_is(&mut self, kind: TokenKind) -> bool {
        self.peek().kind == kind
    }

    fn unexpected(&mut self, expected: &str, token: &Token<'_>) {
        self.errors.push(if token.kind == T::Eof {
            format!("expected {expected}, got EOF")
        } else {
            let at = token.span.start;
            let (kind, text) = (token.kind, token.text);
            format!("expected {expected}, got {kind} ({text}) at {}:{}", at.line, at.column)
        });
    }

    /// Take the next token, whatever it is.
    pub(super) fn expect(&mut self, kind: TokenKind) -> Token<'a> {
        let token = self.scan();
        if token.kind != kind {
            self.unexpected(&kind.to_string(), &token);
        }
        token
    }

    /// Take the next token if it is the right one, else leave it.
    pub(super) fn expect_or_skip(&mut self, kind: TokenKind) -> Token<'a> {
        let token = self.scan();
        if token.kind == kind {
            return token;
        }
        self.unexpected(&kind.to_string(), &token);
        self.peeked = Some(token);
        if token.kind == T::Eof {
            return token;
        }
        let span = Span { start: token.span.start, end: token.span.start };
        Token { kind: T::Illegal, text: "", span, offset: token.offset }
    }

    /// Enter a block.
    pub(super) fn open(&mut self, start: TokenKind, end: TokenKind) -> Token<'a> {
        let token = self.expect(start);
        *self.blocks.entry(end).or_default() += 1;
        token
    }

    /// Whether the block goes on: neither the script nor any block that is open ends here.
    pub(super) fn more(&mut self) -> bool {
        let kind = self.peek().kind;
        kind != T::Eof && self.blocks.get(&kind).is_none_or(|n| *n == 0)
    }

    /// Leave a block.
    pub(super) fn close(&mut self, end: TokenKind) -> Token<'a> {
        if let Some(count) = self.blocks.get_mut(&end) {
            *count = count.saturating_sub(1);
        }
        let token = self.peek();
        if token.kind == end {
            return self.scan();
        }
        self.errors.push(format!("expected {end}, got {}", token.kind));
        token
    }

    /// Finish a node: it keeps the errors found since the last.
    pub(super) fn base(&mut self, span: Span) -> Base {
        Base { span, errors: std::mem::take(&mut self.errors) }
    }

    /// Run one step deeper; none where that is too deep.
    pub(super) fn deeper<R>(&mut self, step: impl FnOnce(&mut Self) -> R) -> Option<R> {
        self.depth += 1;
        let result = if self.depth > MAX_DEPTH {
            self.errors.push(TOO_DEEP.to_owned());
            None
        } else {
            Some(step(self))
        };
        self.depth -= 1;
        result
    }

    /// Count one more link of a chain of operators; false where the chain is too long, and the rest
    /// of the script is then left unread.
    pub(super) fn link(&mut self, count: &mut u32) -> bool {
        *count += 1;
        if *count <= MAX_CHAIN {
            return true;
        }
        self.errors.push(TOO_DEEP.to_owned());
        while self.scan().kind != T::Eof {}
        false
    }

    fn script(&mut self) -> Script {
        let mut imports = Vec::new();
        let mut body = Vec::new();
        if self.next_is(T::Package) {
            self.scan();
            self.identifier();
        }
        while self.next_is(T::Import) {
            imports.push(self.import());
        }
        while self.more() {
            body.push(self.statement());
        }
        Script { imports, body, interpolated: self.lexer.interpolated }
    }

    fn import(&mut self) -> Import {
        let start = self.scan();
        let alias = self.next_is(T::Identifier).then(|| self.identifier());
        let path = self.text();
        Import { base: self.base(start.span.to(path.base.span)), alias, path }
    }

    pub(super) fn statements(&mut self) -> Vec<Statement> {
        let mut statements = Vec::new();
        while self.more() {
            statements.push(self.statement());
        }
        statements
    }

    fn statement(&mut self) -> Statement {
        self.deeper(Self::statement_here).unwrap_or_else(|| self.bad_statement())
    }

    fn statement_here(&mut self) -> Statement {
        match self.peek().kind {
            T::Identifier => self.identifier_statement(),
            T::Option => self.option(),
            T::Return => {
                let start = self.scan();
                let value = self.expression();
                let base = self.base(start.span.to(value.base.span));
                Statement { base, kind: StatementKind::Return(value) }
            }
            T::Builtin => self.other("builtin statement"),
            T::TestCase => self.other("testcase statement"),
            T::Attribute => self.other("attribute"),
            T::Integer
            | T::Float
            | T::Text
            | T::Divide
            | T::Time
            | T::Duration
            | T::PipeReceive
            | T::LeftParenthesis
            | T::LeftBracket
            | T::LeftBrace
            | T::Add
            | T::Subtract
            | T::Not
            | T::If
            | T::Exists
            | T::Quote => {
                let value = self.expression();
                let base = self.base(value.base.span);
                Statement { base, kind: StatementKind::Expression(value) }
            }
            _ => self.bad_statement(),
        }
    }

    fn bad_statement(&mut self) -> Statement {
        let token = self.scan();
        let kind = StatementKind::Bad(token.text.to_owned());
        Statement { base: self.base(token.span), kind }
    }

    fn other(&mut self, what: &'static str) -> Statement {
        let token = self.scan();
        let rest = self.statements();
        let end = rest.last().map_or(token.span, |s| s.base.span);
        Statement { base: self.base(token.span.to(end)), kind: StatementKind::Other(what) }
    }

    fn identifier_statement(&mut self) -> Statement {
        let name = self.identifier();
        if self.next_is(T::Assign) {
            self.scan();
            let value = self.expression();
            let base = self.base(name.base.span.to(value.base.span));
            return Statement { base, kind: StatementKind::Assignment(name, value) };
        }
        let value = self.expression_after(name);
        let base = self.base(value.base.span);
        Statement { base, kind: StatementKind::Expression(value) }
    }

    fn option(&mut self) -> Statement {
        let start = self.scan();
        let name = self.identifier();
        match self.peek().kind {
            T::Assign => {
                self.scan();
                let value = self.expression();
                let base = self.base(start.span.to(value.base.span));
                Statement { base, kind: StatementKind::Option(name, value) }
            }
            T::Dot => {
                self.scan();
                let member = self.identifier();
                self.expect(T::Assign);
                let value = self.expression();
                let base = self.base(start.span.to(value.base.span));
                Statement { base, kind: StatementKind::MemberOption(name, member, value) }
            }
            _ => {
                let kind = StatementKind::Bad(start.text.to_owned());
                Statement { base: self.base(start.span), kind }
            }
        }
    }

    pub(super) fn identifier(&mut self) -> Identifier {
        let token = self.expect_or_skip(T::Identifier);
        Identifier { base: self.base(token.span), name: token.text.to_owned() }
    }

    pub(super) fn text(&mut self) -> TextLiteral {
        let token = self.expect(T::Text);
        let value = literal::text(if token.kind == T::Text { token.text } else { "" });
        TextLiteral { base: self.base(token.span), value }
    }
}
