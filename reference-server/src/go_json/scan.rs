//! JSON text into a flat list of elements, with the syntax errors of Go's `encoding/json`.
//! The list has no tree to walk or to drop, so deep nesting costs no stack.

use crate::go_text;
use std::fmt;

/// Go's own limit (`maxNestingDepth`).
const DEEPEST: usize = 10_000;

/// What an element is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number.
    Number,
    /// A string.
    String,
    /// An array; its items follow.
    Array,
    /// An object; its keys and values follow in turn.
    Object,
}

impl Kind {
    /// The word in Go's type errors.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "bool",
            Self::Number => "number",
            Self::String => "string",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

/// One value or key.
#[derive(Clone, Copy, Debug)]
pub struct Element {
    /// What it is.
    pub kind: Kind,
    /// Where its text starts.
    pub start: usize,
    /// Where its text ends; of arrays and objects where the next element starts is in `next`.
    pub end: usize,
    /// The index of the element after it and all that it holds.
    pub next: usize,
}

/// Why a text is not JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SyntaxError {
    /// Nothing but blanks.
    Empty,
    /// It ends within the value.
    Cut,
    /// A byte that cannot stand there.
    Unexpected {
        /// The byte.
        byte: u8,
        /// Where it stands, in Go's words.
        place: &'static str,
    },
}

impl fmt::Display for SyntaxError {
    /// Go's text, as `json.Decoder` gives it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("EOF"),
            Self::Cut => f.write_str("unexpected EOF"),
            Self::Unexpected { byte, place } => {
                let quoted = match byte {
                    b'\'' => "\\'".to_owned(),
                    b'"' => "\"".to_owned(),
                    _ => {
                        let text = go_text::quote(char::from(*byte).to_string().as_bytes());
                        text[1..text.len() - 1].to_owned()
                    }
                };
                write!(f, "invalid character '{quoted}' {place}")
            }
        }
    }
}

/// The elements of the first JSON value of a text.
#[derive(Debug)]
pub struct Document<'t> {
    /// The text.
    pub text: &'t [u8],
    /// The elements, in their order; the first is the value itself.
    pub elements: Vec<Element>,
    /// Where the value ends.
    pub end: usize,
}

impl<'t> Document<'t> {
    /// The first value of the text, as `json.Decoder` reads it: what follows is not looked at.
    ///
    /// # Errors
    /// Go's [`SyntaxError`].
    pub fn first(text: &'t [u8]) -> Result<Self, SyntaxError> {
        let mut scan = Scan { text, at: 0, elements: Vec::new(), open: Vec::new() };
        scan.run()?;
        Ok(Self { text, elements: scan.elements, end: scan.at })
    }

    /// The one value of the text, as `json.Unmarshal` reads it.
    ///
    /// # Errors
    /// Go's text.
    pub fn whole(text: &'t [u8]) -> Result<Self, String> {
        let document = Self::first(text).map_err(|error| match error {
            SyntaxError::Empty | SyntaxError::Cut => "unexpected end of JSON input".to_owned(),
            unexpected => unexpected.to_string(),
        })?;
        document.nothing_behind().map_err(|error| error.to_string())?;
        Ok(document)
    }

    /// That nothing but blanks follows the value, as `json.Unmarshal` wants it.
    ///
    /// # Errors
    /// Go's [`SyntaxError`] about the first byte that does.
    pub fn nothing_behind(&self) -> Result<(), SyntaxError> {
        let rest = &self.text[self.end..];
        match rest.iter().find(|byte| !is_blank(**byte)) {
            Some(&byte) => Err(SyntaxError::Unexpected { byte, place: "after top-level value" }),
            None => Ok(()),
        }
    }
}

const fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// What may stand next.
#[derive(Clone, Copy, PartialEq)]
enum Expect {
    Value,
    ValueOrEnd,
    Key,
    KeyOrEnd,
    Colon,
    AfterValue,
}

struct Scan<'t> {
    text: &'t [u8],
    at: usize,
    elements: Vec<Element>,
    /// The arrays and objects that are open, by index.
    open: Vec<usize>,
}

impl Scan<'_> {
    fn run(&mut self) -> Result<(), SyntaxError> {
        if self.text.iter().all(|b| is_blank(*b)) {
            return Err(SyntaxError::Empty);
        }
        let mut expect = Expect::Value;
        loop {
            while self.peek().is_some_and(is_blank) {
                self.at += 1;
            }
            let byte = self.peek().ok_or(SyntaxError::Cut)?;
            expect = match expect {
                Expect::ValueOrEnd if byte == b']' => self.close(),
                Expect::KeyOrEnd if byte == b'}' => self.close(),
                Expect::Value | Expect::ValueOrEnd => self.value(byte)?,
                Expect::Key | Expect::KeyOrEnd => {
                    if byte != b'"' {
                        return Err(unexpected(byte, "looking for beginning of object key string"));
                    }
                    self.string()?;
                    Expect::Colon
                }
                Expect::Colon => {
                    if byte != b':' {
                        return Err(unexpected(byte, "after object key"));
                    }
                    self.at += 1;
                    Expect::Value
                }
                Expect::AfterValue => self.after_value(byte)?,
            };
            if expect == Expect::AfterValue && self.open.is_empty() {
                return Ok(());
            }
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn value(&mut self, byte: u8) -> Result<Expect, SyntaxError> {
        match byte {
            b'{' => return self.open(Kind::Object, byte),
            b'[' => return self.open(Kind::Array, byte),
            b'"' => self.string()?,
            b'-' | b'0'..=b'9' => self.number()?,
            b't' => self.word("true", Kind::Bool(true))?,
            b'f' => self.word("false", Kind::Bool(false))?,
            b'n' => self.word("null", Kind::Null)?,
            _ => return Err(unexpected(byte, "looking for beginning of value")),
        }
        Ok(Expect::AfterValue)
    }

    fn open(&mut self, kind: Kind, byte: u8) -> Result<Expect, SyntaxError> {
        self.open.push(self.elements.len());
        if self.open.len() > DEEPEST {
            return Err(unexpected(byte, "exceeded max depth"));
        }
        self.push(kind, self.at);
        self.at += 1;
        Ok(if kind == Kind::Array { Expect::ValueOrEnd } else { Expect::KeyOrEnd })
    }

    fn close(&mut self) -> Expect {
        self.at += 1;
        if let Some(index) = self.open.pop() {
            self.elements[index].end = self.at;
            self.elements[index].next = self.elements.len();
        }
        Expect::AfterValue
    }

    fn after_value(&mut self, byte: u8) -> Result<Expect, SyntaxError> {
        let inside = self.open.last().map(|index| self.elements[*index].kind);
        match (inside, byte) {
            (Some(Kind::Object), b',') => self.at += 1,
            (Some(Kind::Object), b'}') | (Some(Kind::Array), b']') => return Ok(self.close()),
            (Some(Kind::Object), _) => {
                return Err(unexpected(byte, "after object key:value pair"));
            }
            (_, b',') => {
                self.at += 1;
                return Ok(Expect::Value);
            }
            _ => return Err(unexpected(byte, "after array element")),
        }
        Ok(Expect::Key)
    }

    /// Adds an element that ends here.
    fn push(&mut self, kind: Kind, start: usize) {
        let next = self.elements.len() + 1;
        self.elements.push(Element { kind, start, end: self.at, next });
    }

    fn word(&mut self, word: &'static str, kind: Kind) -> Result<(), SyntaxError> {
        let start = self.at;
        for (i, expected) in word.bytes().enumerate() {
            let byte = self.peek().ok_or(SyntaxError::Cut)?;
            if byte != expected {
                return Err(unexpected(byte, literal_place(word, i)));
            }
            self.at += 1;
        }
        self.push(kind, start);
        Ok(())
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        self.at += 1;
        loop {
            let byte = self.next()?;
            match byte {
                b'"' => break,
                b'\\' => match self.next()? {
                    b'b' | b'f' | b'n' | b'r' | b't' | b'\\' | b'/' | b'"' => {}
                    b'u' => {
                        for _ in 0..4 {
                            let digit = self.next()?;
                            if !digit.is_ascii_hexdigit() {
                                return Err(unexpected(
                                    digit,
                                    "in \\u hexadecimal character escape",
                                ));
                            }
                        }
                    }
                    other => return Err(unexpected(other, "in string escape code")),
                },
                0..0x20 => return Err(unexpected(byte, "in string literal")),
                _ => {}
            }
        }
        self.push(Kind::String, start);
        Ok(())
    }

    fn next(&mut self) -> Result<u8, SyntaxError> {
        let byte = self.peek().ok_or(SyntaxError::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        let start = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits("in numeric literal")?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits("in exponent of numeric literal")?;
        }
        self.push(Kind::Number, start);
        Ok(())
    }

    fn digits(&mut self, place: &'static str) -> Result<(), SyntaxError> {
        let first = self.next()?;
        if !first.is_ascii_digit() {
            return Err(unexpected(first, place));
        }
        while self.peek().is_some_and(|b| b.is_ascii_digit()) {
            self.at += 1;
        }
        Ok(())
    }
}

const fn unexpected(byte: u8, place: &'static str) -> SyntaxError {
    SyntaxError::Unexpected { byte, place }
}

/// Where a literal word went wrong, in Go's words.
fn literal_place(word: &str, index: usize) -> &'static str {
    match (word, index) {
        ("true", 1) => "in literal true (expecting 'r')",
        ("true", 2) => "in literal true (expecting 'u')",
        ("true", _) => "in literal true (expecting 'e')",
        ("false", 1) => "in literal false (expecting 'a')",
        ("false", 2) => "in literal false (expecting 'l')",
        ("false", 3) => "in literal false (expecting 's')",
        ("false", _) => "in literal false (expecting 'e')",
        (_, 1) => "in literal null (expecting 'u')",
        _ => "in literal null (expecting 'l')",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(text: &str) -> String {
        Document::first(text.as_bytes()).err().map(|e| e.to_string()).unwrap_or_default()
    }

    #[test]
    fn syntax_errors_are_gos() {
        for (text, message) in [
            ("", "EOF"),
            (" \n", "EOF"),
            ("{", "unexpected EOF"),
            ("{\"a\":-", "unexpected EOF"),
            ("xx", "invalid character 'x' looking for beginning of value"),
            ("'a'", "invalid character '\\'' looking for beginning of value"),
            ("{a:1}", "invalid character 'a' looking for beginning of object key string"),
            ("{\"a\" 1}", "invalid character '1' after object key"),
            ("{\"a\":1 \"b\"}", "invalid character '\"' after object key:value pair"),
            ("{\"a\":1,}", "invalid character '}' looking for beginning of object key string"),
            ("[1,]", "invalid character ']' looking for beginning of value"),
            ("[1 2]", "invalid character '2' after array element"),
            ("[01]", "invalid character '1' after array element"),
            ("[-a]", "invalid character 'a' in numeric literal"),
            ("[1.x]", "invalid character 'x' after decimal point in numeric literal"),
            ("[1ex]", "invalid character 'x' in exponent of numeric literal"),
            ("[trux]", "invalid character 'x' in literal true (expecting 'e')"),
            ("\"\\x\"", "invalid character 'x' in string escape code"),
            ("\"\\u12g4\"", "invalid character 'g' in \\u hexadecimal character escape"),
            ("\"a\nb\"", "invalid character '\\n' in string literal"),
            ("\u{e9}", "invalid character 'Ã' looking for beginning of value"),
        ] {
            assert_eq!(error(text), message, "{text}");
        }
    }

    #[test]
    fn what_follows_the_value() {
        let document = Document::first(b"{} x").unwrap();
        let behind = document.nothing_behind().unwrap_err().to_string();
        assert_eq!(behind, "invalid character 'x' after top-level value");
        assert!(Document::first(b" [1, {\"a\": []}] \n").unwrap().nothing_behind().is_ok());
    }

    #[test]
    fn depth_is_bounded_by_an_error_not_by_the_stack() {
        assert_eq!(error(&"[".repeat(1_000_000)), "invalid character '[' exceeded max depth");
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(Document::first(deep.as_bytes()).unwrap().elements.len(), 10_000);
    }
}
