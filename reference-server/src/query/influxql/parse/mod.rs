//! From text to statements, with the Go products' messages. Not what statements mean.
//!
//! A query is statements between semicolons. Each production is a function; those of `SELECT`, of
//! `SHOW`, of administration and of expressions have a file each.

mod admin;
mod expr;
mod select;
mod show;

use super::ast::Statement;
use super::lexer::{Lexeme, Lexer, Place};
use super::token::{Token, Word};
use profiles::influxql::Influxql;
use std::collections::HashMap;

/// Values for `$name`, as the token that they stand for and its text.
pub type Params = HashMap<String, (Token, String)>;

/// Why a query does not parse: the products' message.
pub type ParseError = String;

type Parsed<T> = Result<T, ParseError>;

/// Nothing that people write is deeper; what is, would overflow the stack.
const MAX_DEPTH: usize = 100;

/// Reads the statements of a query.
///
/// # Errors
/// The message without any prefix: `found SELEC, expected SELECT, … at line 1, char 1`.
pub fn parse_query(query: &[u8], params: &Params, rules: &Influxql) -> Parsed<Vec<Statement>> {
    let mut p = Parser {
        lexer: Lexer::new(query),
        params,
        tag_keys_with_key: rules.tag_keys_with_key,
        tokens: Vec::new(),
        back: 0,
        depth: 0,
    };
    let mut statements = Vec::new();
    let mut separated = true;
    loop {
        let next = p.next();
        match next.token {
            Token::Eof => return Ok(statements),
            Token::Semicolon => separated = true,
            _ if !separated => return Err(found(&next, &[";"])),
            _ => {
                p.unscan();
                statements.push(p.statement()?);
                separated = false;
            }
        }
    }
}

/// The token that a bound value stands for; `None` for what cannot be bound.
pub fn bound(value: &serde_json::Value) -> Option<(Token, String)> {
    use serde_json::Value as V;
    Some(match value {
        V::String(text) => (Token::Str, text.clone()),
        V::Bool(true) => (Token::True, "true".to_owned()),
        V::Bool(false) => (Token::False, "false".to_owned()),
        V::Number(n) if n.is_f64() => (Token::Number, n.as_f64()?.to_string()),
        V::Number(n) => (Token::Integer, n.to_string()),
        V::Null | V::Array(_) | V::Object(_) => return None,
    })
}

struct Parser<'a> {
    lexer: Lexer,
    params: &'a Params,
    tag_keys_with_key: bool,
    /// Tokens read so far; the last `back` of them are to be read again.
    tokens: Vec<Lexeme>,
    back: usize,
    depth: usize,
}

/// The message for a token that does not fit.
fn found(lexeme: &Lexeme, expected: &[&str]) -> ParseError {
    let text = if lexeme.text.is_empty() { lexeme.token.text() } else { &lexeme.text };
    at(&format!("found {text}, expected {}", expected.join(", ")), lexeme.place)
}

/// A message with its place.
fn at(message: &str, place: Place) -> ParseError {
    format!("{message} at line {}, char {}", place.line + 1, place.char + 1)
}

const fn word(word: Word) -> Token {
    Token::Word(word)
}

impl Parser<'_> {
    /// The next token, whitespace and comments too.
    fn scan(&mut self) -> Lexeme {
        self.scan_with(Lexer::scan)
    }

    fn scan_with(&mut self, read: fn(&mut Lexer) -> Lexeme) -> Lexeme {
        if self.back == 0 {
            // Only three tokens back can ever be read again.
            if self.tokens.len() > 64 {
                self.tokens.drain(..32);
            }
            let lexeme = read(&mut self.lexer);
            self.tokens.push(lexeme);
        } else {
            self.back -= 1;
        }
        let mut lexeme = self.tokens[self.tokens.len() - 1 - self.back].clone();
        if lexeme.token == Token::BoundParam
            && let Some((token, text)) = self.params.get(&lexeme.text[1..])
        {
            lexeme = Lexeme { token: *token, text: text.clone(), ..lexeme };
        }
        lexeme
    }

    /// The next token that is not whitespace or a comment.
    fn next(&mut self) -> Lexeme {
        loop {
            let lexeme = self.scan();
            if !matches!(lexeme.token, Token::Whitespace | Token::Comment) {
                return lexeme;
            }
        }
    }

    const fn unscan(&mut self) {
        self.back += 1;
    }

    /// Takes the next token if it is this word.
    fn take(&mut self, wanted: Word) -> bool {
        let taken = self.next().token == word(wanted);
        if !taken {
            self.unscan();
        }
        taken
    }

    fn expect(&mut self, token: Token) -> Parsed<()> {
        let lexeme = self.next();
        if lexeme.token == token { Ok(()) } else { Err(found(&lexeme, &[token.text()])) }
    }

    fn expect_word(&mut self, wanted: Word) -> Parsed<()> {
        self.expect(word(wanted))
    }

    fn ident(&mut self) -> Parsed<String> {
        let lexeme = self.next();
        if lexeme.token == Token::Ident {
            Ok(lexeme.text)
        } else {
            Err(found(&lexeme, &["identifier"]))
        }
    }

    fn string(&mut self) -> Parsed<String> {
        let lexeme = self.next();
        if lexeme.token == Token::Str { Ok(lexeme.text) } else { Err(found(&lexeme, &["string"])) }
    }

    /// A word that must be one of a list, in the order in which messages list them.
    fn one_of(&mut self, words: &[Word]) -> Parsed<Word> {
        let lexeme = self.next();
        match lexeme.token {
            Token::Word(w) if words.contains(&w) => Ok(w),
            _ => Err(found(&lexeme, &words.iter().map(|w| w.text()).collect::<Vec<_>>())),
        }
    }

    /// `word integer`, where it stands; 0 where it does not.
    fn count(&mut self, wanted: Word) -> Parsed<usize> {
        if !self.take(wanted) {
            return Ok(0);
        }
        let lexeme = self.next();
        match lexeme.token {
            // What does not fit is as good as no limit.
            Token::Integer => Ok(lexeme.text.parse().unwrap_or(usize::MAX)),
            _ => Err(found(&lexeme, &["integer"])),
        }
    }

    /// Goes one level deeper into something that nests.
    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        if self.depth == MAX_DEPTH {
            return Err(format!(
                "nested deeper than {MAX_DEPTH} levels, which this server does not read"
            ));
        }
        self.depth += 1;
        let result = read(self);
        self.depth -= 1;
        result
    }

    fn statement(&mut self) -> Parsed<Statement> {
        use Word as W;
        let verbs = [
            W::Select,
            W::Delete,
            W::Show,
            W::Create,
            W::Drop,
            W::Explain,
            W::Grant,
            W::Revoke,
            W::Alter,
            W::Set,
            W::Kill,
        ];
        match self.one_of(&verbs)? {
            W::Select => Ok(Statement::Select(Box::new(self.select()?))),
            W::Delete => Ok(Statement::Delete(self.removal(false)?)),
            W::Show => self.show(),
            W::Create => self.create(),
            W::Drop => self.drop_statement(),
            W::Explain => {
                self.take(W::Analyze);
                self.expect_word(W::Select)?;
                self.select()?;
                Ok(Statement::Unsupported("EXPLAIN"))
            }
            W::Grant => self.grant(),
            W::Revoke => self.revoke(),
            W::Alter => {
                self.expect_word(W::Retention)?;
                self.expect_word(W::Policy)?;
                self.alter_policy()
            }
            W::Set => {
                self.expect_word(W::Password)?;
                self.expect_word(W::For)?;
                self.set_password()
            }
            _ => {
                self.expect_word(W::Query)?;
                self.unsigned()?;
                if self.take(W::On) {
                    self.ident()?;
                }
                Ok(Statement::Unsupported("KILL QUERY"))
            }
        }
    }

    fn unsigned(&mut self) -> Parsed<u64> {
        let lexeme = self.next();
        if lexeme.token != Token::Integer {
            return Err(found(&lexeme, &["integer"]));
        }
        lexeme.text.parse().map_err(|_| {
            at(
                &format!("strconv.ParseUint: parsing \"{}\": value out of range", lexeme.text),
                lexeme.place,
            )
        })
    }
}
