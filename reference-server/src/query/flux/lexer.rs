//! Text to tokens. A `/` begins a regular expression only where the parser expects an operand.

use super::ast::{Position, Span};
use super::token::{TokenKind, keyword};

/// A token: its kind, its bytes in the script, and where they stand.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: TokenKind,
    pub(super) text: &'a str,
    pub(super) span: Span,
    /// Bytes before it.
    pub(super) offset: usize,
}

/// The rest of a script.
#[derive(Debug)]
pub(super) struct Lexer<'a> {
    script: &'a str,
    offset: usize,
    line: u32,
    line_start: usize,
    /// Whether a string with `${` has come: what follows it cannot be read.
    pub(super) interpolated: bool,
}

const UNITS: [&str; 11] = ["ns", "us", "µs", "ms", "mo", "y", "w", "d", "h", "m", "s"];

impl<'a> Lexer<'a> {
    pub(super) const fn new(script: &'a str) -> Self {
        Self { script, offset: 0, line: 1, line_start: 0, interpolated: false }
    }

    /// The next token; with `operand`, a regular expression is one.
    pub(super) fn next(&mut self, operand: bool) -> Token<'a> {
        self.skip_blank();
        let rest = &self.script[self.offset..];
        let (kind, length) = match rest.as_bytes() {
            [] => (TokenKind::Eof, 0),
            [b'/', ..] if operand => {
                regex_length(rest).map_or((TokenKind::Divide, 1), |n| (TokenKind::Regex, n))
            }
            [b'"', ..] => text_length(rest).map_or((TokenKind::Quote, 1), |n| (TokenKind::Text, n)),
            [b'0'..=b'9', ..] => number(rest),
            [b'.', b'0'..=b'9', ..] => (TokenKind::Float, 1 + digits(&rest[1..])),
            _ => word_or_sign(rest),
        };
        self.interpolated |= kind == TokenKind::Quote && interpolates(rest);
        self.take(kind, length)
    }

    /// Scan again from this token, which was taken for a division.
    pub(super) const fn rewind(&mut self, token: &Token<'_>) {
        self.offset = token.offset;
        self.line = token.span.start.line;
        self.line_start = token.offset + 1 - token.span.start.column as usize;
    }

    fn take(&mut self, kind: TokenKind, length: usize) -> Token<'a> {
        let offset = self.offset;
        let start = self.position();
        let text = &self.script[offset..offset + length];
        for (i, _) in text.match_indices('\n') {
            self.line += 1;
            self.line_start = offset + i + 1;
        }
        self.offset += length;
        Token { kind, text, span: Span { start, end: self.position() }, offset }
    }

    fn position(&self) -> Position {
        let column = self.offset - self.line_start + 1;
        Position { line: self.line, column: u32::try_from(column).unwrap_or(u32::MAX) }
    }

    /// Blanks and comments.
    fn skip_blank(&mut self) {
        let bytes = self.script.as_bytes();
        loop {
            match bytes.get(self.offset) {
                Some(b'\n') => {
                    self.offset += 1;
                    self.line += 1;
                    self.line_start = self.offset;
                }
                Some(b' ' | b'\t' | b'\r' | 0x0b | 0x0c) => self.offset += 1,
                Some(b'/') if bytes.get(self.offset + 1) == Some(&b'/') => {
                    let rest = &bytes[self.offset..];
                    let length = rest.iter().position(|b| *b == b'\n').unwrap_or(rest.len());
                    self.offset += length;
                }
                _ => return,
            }
        }
    }
}

fn digits(text: &str) -> usize {
    text.bytes().take_while(u8::is_ascii_digit).count()
}

/// An integer, a float, a duration or a time, whichever is longest.
fn number(rest: &str) -> (TokenKind, usize) {
    if let Some(length) = time_length(rest) {
        return (TokenKind::Time, length);
    }
    let whole = digits(rest);
    if rest[whole..].starts_with('.') {
        return (TokenKind::Float, whole + 1 + digits(&rest[whole + 1..]));
    }
    let mut length = 0;
    loop {
        let count = digits(&rest[length..]);
        let after = &rest[length + count..];
        let unit = UNITS.iter().find(|u| after.starts_with(**u)).filter(|_| count > 0);
        let Some(unit) = unit else { break };
        length += count + unit.len();
    }
    if length > 0 { (TokenKind::Duration, length) } else { (TokenKind::Integer, whole) }
}

/// `2006-01-02`, or with `T15:04:05.999` and an offset.
fn time_length(rest: &str) -> Option<usize> {
    fn shape(text: &str, pattern: &[u8]) -> bool {
        let bytes = text.as_bytes();
        bytes.len() >= pattern.len()
            && pattern.iter().zip(bytes).all(|(p, b)| match p {
                b'd' => b.is_ascii_digit(),
                _ => p == b,
            })
    }
    if !shape(rest, b"dddd-dd-dd") {
        return None;
    }
    let mut length = 10;
    if !shape(&rest[length..], b"Tdd:dd:dd") {
        return Some(length);
    }
    length += 9;
    if rest[length..].starts_with('.') {
        length += 1 + digits(&rest[length + 1..]);
    }
    let after = &rest[length..];
    if after.starts_with('Z') {
        length += 1;
    } else if shape(after, b"+dd:dd") || shape(after, b"-dd:dd") {
        length += 6;
    }
    Some(length)
}

/// A string in quotes; none where it does not end or holds `${`.
fn text_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut i = 1;
    loop {
        match bytes.get(i)? {
            b'"' => return Some(i + 1),
            b'\\' => match bytes.get(i + 1)? {
                b'n' | b'r' | b't' | b'\\' | b'"' => i += 2,
                b'x' if hexadecimal(bytes.get(i + 2..i + 4)?) => i += 4,
                b'$' if bytes.get(i + 2) == Some(&b'{') => i += 3,
                _ => return None,
            },
            b'$' if bytes.get(i + 1) == Some(&b'{') => return None,
            _ => i += 1,
        }
    }
}

/// Whether a string holds `${` before it ends.
fn interpolates(rest: &str) -> bool {
    let mut bytes = rest.bytes().skip(1).peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => return false,
            b'\\' => {
                bytes.next();
            }
            b'$' if bytes.peek() == Some(&b'{') => return true,
            _ => {}
        }
    }
    false
}

fn hexadecimal(bytes: &[u8]) -> bool {
    bytes.iter().all(u8::is_ascii_hexdigit)
}

/// `/…/`, in which `\/` does not end it.
fn regex_length(rest: &str) -> Option<usize> {
    let bytes = rest.as_bytes();
    let mut i = 1;
    loop {
        match bytes.get(i)? {
            b'/' => return (i > 1).then_some(i + 1),
            b'\\' if bytes.get(i + 1) == Some(&b'/') => i += 2,
            _ => i += 1,
        }
    }
}

fn word_or_sign(rest: &str) -> (TokenKind, usize) {
    use TokenKind as T;
    let first = rest.chars().next().unwrap_or_default();
    if first.is_alphabetic() || first == '_' {
        let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
        return (keyword(&rest[..end]).unwrap_or(T::Identifier), end);
    }
    let two = match rest.as_bytes() {
        [b'=', b'=', ..] => Some(T::Equal),
        [b'<', b'=', ..] => Some(T::LessEqual),
        [b'>', b'=', ..] => Some(T::GreaterEqual),
        [b'!', b'=', ..] => Some(T::NotEqual),
        [b'=', b'~', ..] => Some(T::Matches),
        [b'!', b'~', ..] => Some(T::MatchesNot),
        [b'=', b'>', ..] => Some(T::Arrow),
        [b'<', b'-', ..] => Some(T::PipeReceive),
        [b'|', b'>', ..] => Some(T::PipeForward),
        _ => None,
    };
    if let Some(kind) = two {
        return (kind, 2);
    }
    let one = match first {
        '+' => T::Add,
        '-' => T::Subtract,
        '*' => T::Multiply,
        '/' => T::Divide,
        '%' => T::Modulo,
        '^' => T::Power,
        '<' => T::Less,
        '>' => T::Greater,
        '=' => T::Assign,
        '(' => T::LeftParenthesis,
        ')' => T::RightParenthesis,
        '[' => T::LeftBracket,
        ']' => T::RightBracket,
        '{' => T::LeftBrace,
        '}' => T::RightBrace,
        ':' => T::Colon,
        ',' => T::Comma,
        '.' => T::Dot,
        '?' => T::QuestionMark,
        '@' => {
            let end = rest[1..].find(|c: char| !c.is_alphanumeric() && c != '_');
            return (T::Attribute, end.map_or(rest.len(), |n| n + 1));
        }
        _ => T::Illegal,
    };
    (one, first.len_utf8())
}
