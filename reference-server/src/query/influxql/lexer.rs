//! From text to tokens, with places counted as the Go products count them. Not the grammar.
//!
//! The places in messages follow from how the products' reader steps back over characters, so the
//! reader here steps the same way: the end of the text counts one character, once.

use super::token::{Op, Token};

/// Line and character of a token, both from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Place {
    /// Line.
    pub line: usize,
    /// Character of the line.
    pub char: usize,
}

/// A token, where it begins, and its text where its kind does not say it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Lexeme {
    /// Its kind.
    pub token: Token,
    /// Where it begins.
    pub place: Place,
    /// The name, number or text, unescaped; empty where the kind says all.
    pub text: String,
}

/// A NUL ends the query for the products, as the end of the text does.
const END: char = '\0';

/// Reads tokens from a query.
#[derive(Debug)]
pub(super) struct Lexer {
    source: Vec<char>,
    taken: usize,
    /// Characters read so far, so that reading can step back.
    seen: Vec<(char, Place)>,
    at: usize,
    place: Place,
    ended: bool,
}

impl Lexer {
    /// A lexer over a query; bytes that are not UTF-8 read as U+FFFD each.
    pub(super) fn new(query: &[u8]) -> Self {
        let mut source = Vec::with_capacity(query.len());
        for chunk in query.utf8_chunks() {
            source.extend(chunk.valid().chars());
            source.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
        }
        Self { source, taken: 0, seen: Vec::new(), at: 0, place: Place::default(), ended: false }
    }

    fn read(&mut self) -> char {
        if self.at == self.seen.len() {
            let mut c = self.source.get(self.taken).copied().unwrap_or(END);
            self.taken += 1;
            if c == '\r' {
                if self.source.get(self.taken) == Some(&'\n') {
                    self.taken += 1;
                }
                c = '\n';
            }
            self.seen.push((c, self.place));
            if c == '\n' {
                self.place = Place { line: self.place.line + 1, char: 0 };
            } else if !self.ended {
                self.place.char += 1;
            }
            self.ended |= c == END;
        }
        self.at += 1;
        self.current().0
    }

    fn unread(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// The last character read and its place.
    fn current(&self) -> (char, Place) {
        self.at.checked_sub(1).map_or_else(|| (END, Place::default()), |i| self.seen[i])
    }

    /// The next character, left where it is.
    pub(super) fn peek(&mut self) -> char {
        let c = self.read();
        if c != END {
            self.unread();
        }
        c
    }

    /// The next token.
    pub(super) fn scan(&mut self) -> Lexeme {
        let c = self.read();
        let place = self.current().1;
        let plain = |token| Lexeme { token, place, text: String::new() };
        match c {
            END => plain(Token::Eof),
            ' ' | '\t' | '\n' => {
                Lexeme { token: Token::Whitespace, place, text: self.whitespace(c) }
            }
            'a'..='z' | 'A'..='Z' | '_' | '"' => {
                self.unread();
                self.name(true)
            }
            '0'..='9' => self.number(),
            '\'' => self.string(),
            '.' => {
                let next = self.read();
                self.unread();
                if next.is_ascii_digit() { self.number() } else { plain(Token::Dot) }
            }
            '$' => {
                let name = self.name(false);
                let token = if name.token == Token::Ident { Token::BoundParam } else { name.token };
                Lexeme { token, place, text: format!("${}", name.text) }
            }
            '-' => self.either('-', Token::Comment, Token::Op(Op::Sub), place),
            '/' => self.either('*', Token::Comment, Token::Op(Op::Div), place),
            '=' => self.either('~', Token::Op(Op::Match), Token::Op(Op::Eq), place),
            '>' => self.either('=', Token::Op(Op::GtEq), Token::Op(Op::Gt), place),
            ':' => self.either(':', Token::DoubleColon, Token::Colon, place),
            '!' => match self.read() {
                '=' => plain(Token::Op(Op::NotEq)),
                '~' => plain(Token::Op(Op::NotMatch)),
                _ => {
                    self.unread();
                    Lexeme { token: Token::Illegal, place, text: "!".to_owned() }
                }
            },
            '<' => match self.read() {
                '=' => plain(Token::Op(Op::LtEq)),
                '>' => plain(Token::Op(Op::NotEq)),
                _ => {
                    self.unread();
                    plain(Token::Op(Op::Lt))
                }
            },
            '+' => plain(Token::Op(Op::Add)),
            '*' => plain(Token::Op(Op::Mul)),
            '%' => plain(Token::Op(Op::Mod)),
            '&' => plain(Token::Op(Op::BitAnd)),
            '|' => plain(Token::Op(Op::BitOr)),
            '^' => plain(Token::Op(Op::BitXor)),
            '(' => plain(Token::LeftParen),
            ')' => plain(Token::RightParen),
            ',' => plain(Token::Comma),
            ';' => plain(Token::Semicolon),
            other => Lexeme { token: Token::Illegal, place, text: other.to_string() },
        }
    }

    /// One of two tokens, by the character that follows; a comment is skipped to its end.
    fn either(&mut self, second: char, with: Token, without: Token, place: Place) -> Lexeme {
        let mut token = without;
        if self.read() == second {
            token = with;
            if token == Token::Comment
                && !(if second == '-' { self.skip_line() } else { self.skip_comment() })
            {
                token = Token::Illegal;
            }
        } else {
            self.unread();
        }
        Lexeme { token, place, text: String::new() }
    }

    fn whitespace(&mut self, first: char) -> String {
        let mut text = String::from(first);
        loop {
            match self.read() {
                END => return text,
                c @ (' ' | '\t' | '\n') => text.push(c),
                _ => {
                    self.unread();
                    return text;
                }
            }
        }
    }

    fn skip_line(&mut self) -> bool {
        while !matches!(self.read(), '\n' | END) {}
        true
    }

    /// To the end of a block comment; false where it has none.
    fn skip_comment(&mut self) -> bool {
        let mut star = false;
        loop {
            match self.read() {
                END => return false,
                '/' if star => return true,
                c => star = c == '*',
            }
        }
    }

    fn name(&mut self, lookup: bool) -> Lexeme {
        self.read();
        let place = self.current().1;
        self.unread();
        let mut text = String::new();
        loop {
            match self.read() {
                END => break,
                '"' => {
                    let quoted = self.string();
                    let token =
                        if quoted.token == Token::Str { Token::Ident } else { return quoted };
                    return Lexeme { token, place, text: quoted.text };
                }
                c if c.is_ascii_alphanumeric() || c == '_' => text.push(c),
                _ => {
                    self.unread();
                    break;
                }
            }
        }
        match Token::lookup(&text) {
            token if lookup && token != Token::Ident => {
                Lexeme { token, place, text: String::new() }
            }
            _ => Lexeme { token: Token::Ident, place, text },
        }
    }

    /// A quoted text whose opening quote has just been read. Its place is the character before.
    fn string(&mut self) -> Lexeme {
        self.unread();
        let mut place = self.current().1;
        let quote = self.read();
        let mut text = String::new();
        let token = loop {
            match self.read() {
                c if c == quote => break Token::Str,
                END | '\n' => break Token::BadString,
                '\\' => match self.read() {
                    'n' => text.push('\n'),
                    c @ ('\\' | '"' | '\'') => text.push(c),
                    c => {
                        place = self.current().1;
                        text = format!("\\{c}");
                        break Token::BadEscape;
                    }
                },
                c => text.push(c),
            }
        };
        Lexeme { token, place, text }
    }

    /// A regular expression that begins at the next character.
    pub(super) fn scan_regex(&mut self) -> Lexeme {
        let place = self.current().1;
        let bad = Lexeme { token: Token::BadRegex, place, text: String::new() };
        if self.read() != '/' {
            return bad;
        }
        let mut text = String::new();
        loop {
            match self.read() {
                '/' => return Lexeme { token: Token::Regex, place, text },
                END | '\n' => return bad,
                '\\' => match self.read() {
                    '/' => text.push('/'),
                    END => return bad,
                    _ => {
                        self.unread();
                        text.push('\\');
                    }
                },
                c => text.push(c),
            }
        }
    }

    /// A number or duration whose first character has just been read.
    fn number(&mut self) -> Lexeme {
        let place = self.current().1;
        self.unread();
        let mut text = self.digits();
        if self.read() == '.' {
            let next = self.read();
            if next.is_ascii_digit() {
                text.push('.');
                text.push(next);
                text.push_str(&self.digits());
            } else {
                self.unread();
            }
            return Lexeme { token: Token::Number, place, text };
        }
        self.unread();
        let unit = |c: char| c.is_ascii_alphabetic() || c == 'µ';
        let mut token = Token::Integer;
        loop {
            let c = self.read();
            if !(unit(c) || token == Token::Duration && c.is_ascii_digit()) {
                self.unread();
                return Lexeme { token, place, text };
            }
            token = Token::Duration;
            text.push(c);
        }
    }

    fn digits(&mut self) -> String {
        let mut text = String::new();
        loop {
            let c = self.read();
            if !c.is_ascii_digit() {
                self.unread();
                return text;
            }
            text.push(c);
        }
    }
}
