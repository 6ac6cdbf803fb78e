//! The words of a predicate: InfluxQL's scanner with its positions, which error messages tell.
//! Some positions look odd (a quoted string's is that of the character before it); they are the
//! product's.

/// A character's place, both from 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Pos {
    pub(super) line: usize,
    pub(super) char: usize,
}

/// What a word is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Eof,
    Blank,
    Ident,
    Number,
    Integer,
    Duration,
    String,
    /// A string without its end, or with an escape that does not exist.
    BadString(&'static str),
    /// A keyword but those that have a kind of their own.
    Keyword,
    Name,
    True,
    False,
    And,
    Or,
    Eq,
    Neq,
    Regex(&'static str),
    Sub,
    LParen,
    RParen,
    /// Anything else, by the scanner's word for it.
    Other(&'static str),
}

/// A word.
#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) pos: Pos,
    /// The text of literals; empty for others.
    pub(super) lit: String,
}

impl Token {
    /// The scanner's word for its kind.
    pub(super) fn word(&self) -> String {
        let word = match self.kind {
            Kind::Eof => "EOF",
            Kind::Blank => "WS",
            Kind::Ident => "IDENT",
            Kind::Number => "NUMBER",
            // The product has no word for it.
            Kind::Integer => "",
            Kind::Duration => "DURATIONVAL",
            Kind::String => "STRING",
            Kind::Keyword => return self.lit.to_ascii_uppercase(),
            Kind::Name => "NAME",
            Kind::True => "TRUE",
            Kind::False => "FALSE",
            Kind::And => "AND",
            Kind::Or => "OR",
            Kind::Eq => "=",
            Kind::Neq => "!=",
            Kind::Sub => "-",
            Kind::LParen => "(",
            Kind::RParen => ")",
            Kind::BadString(word) | Kind::Regex(word) | Kind::Other(word) => word,
        };
        word.to_owned()
    }

    /// The text that messages quote: literals' own, nothing for others.
    pub(super) fn literal(&self) -> &str {
        if self.kind == Kind::Keyword { "" } else { &self.lit }
    }
}

/// Reads words.
#[derive(Debug)]
pub(super) struct Scanner {
    /// The text's characters with their places, and two ends: the second is one place further.
    chars: Vec<(char, Pos)>,
    at: usize,
}

/// The character that stands for the text's end; one in the text ends it too.
const EOF: char = '\0';

impl Scanner {
    pub(super) fn new(text: &str) -> Self {
        let mut chars = Vec::with_capacity(text.len() + 2);
        let (mut pos, mut ended) = (Pos::default(), false);
        let mut rest = text.chars().peekable();
        loop {
            let next = rest.next();
            let c = match next {
                Some('\r') => {
                    rest.next_if_eq(&'\n');
                    '\n'
                }
                Some(c) => c,
                None => EOF,
            };
            chars.push((c, pos));
            if c == '\n' {
                pos = Pos { line: pos.line + 1, char: 0 };
            } else if !ended {
                pos.char += 1;
            }
            ended |= c == EOF;
            if next.is_none() {
                chars.push((EOF, pos));
                return Self { chars, at: 0 };
            }
        }
    }

    fn read(&mut self) -> (char, Pos) {
        self.at += 1;
        self.current()
    }

    fn unread(&mut self) {
        self.at = self.at.saturating_sub(1);
    }

    /// The character that was read last.
    fn current(&self) -> (char, Pos) {
        match self.at.checked_sub(1) {
            Some(index) => self.chars[index.min(self.chars.len() - 1)],
            None => (EOF, Pos::default()),
        }
    }

    fn peek(&mut self) -> char {
        let next = self.read().0;
        self.unread();
        next
    }

    /// The next word but blanks.
    pub(super) fn word(&mut self) -> Token {
        loop {
            let token = self.scan();
            if token.kind != Kind::Blank {
                return token;
            }
        }
    }

    /// The next word.
    pub(super) fn scan(&mut self) -> Token {
        let (c, pos) = self.read();
        let is = |kind| Token { kind, pos, lit: String::new() };
        match c {
            EOF => is(Kind::Eof),
            ' ' | '\t' | '\n' => {
                while matches!(self.peek(), ' ' | '\t' | '\n') {
                    self.read();
                }
                is(Kind::Blank)
            }
            'a'..='z' | 'A'..='Z' | '_' | '"' => {
                self.unread();
                self.ident()
            }
            '0'..='9' => self.number(),
            '.' if self.peek().is_ascii_digit() => self.number(),
            '\'' => self.string(),
            '=' if self.peek() == '~' => {
                self.read();
                is(Kind::Regex("=~"))
            }
            '=' => is(Kind::Eq),
            '!' if self.peek() == '=' => {
                self.read();
                is(Kind::Neq)
            }
            '!' if self.peek() == '~' => {
                self.read();
                is(Kind::Regex("!~"))
            }
            '<' if self.peek() == '>' => {
                self.read();
                is(Kind::Neq)
            }
            '-' if self.peek() == '-' => {
                while !matches!(self.read().0, '\n' | EOF) {}
                // The product has no word for a comment.
                is(Kind::Other(""))
            }
            '-' => is(Kind::Sub),
            '(' => is(Kind::LParen),
            ')' => is(Kind::RParen),
            other => is(Kind::Other(self.sign(other))),
        }
    }

    /// The word for a sign that no predicate has.
    fn sign(&mut self, c: char) -> &'static str {
        let mut followed = |next, word, alone| {
            if self.peek() == next {
                self.read();
                word
            } else {
                alone
            }
        };
        match c {
            '<' => followed('=', "<=", "<"),
            '>' => followed('=', ">=", ">"),
            ':' => followed(':', "::", ":"),
            '/' => followed('*', "", "/"),
            '.' => ".",
            '+' => "+",
            '*' => "*",
            '%' => "%",
            '&' => "&",
            '|' => "|",
            '^' => "^",
            ',' => ",",
            ';' => ";",
            '$' => "",
            _ => "ILLEGAL",
        }
    }

    fn ident(&mut self) -> Token {
        let pos = self.read().1;
        self.unread();
        let mut lit = String::new();
        loop {
            match self.read().0 {
                EOF => break,
                '"' => {
                    let token = self.string();
                    return match token.kind {
                        Kind::String => Token { kind: Kind::Ident, pos, ..token },
                        _ => token,
                    };
                }
                c if c.is_ascii_alphanumeric() || c == '_' => {
                    lit.push(c);
                    // The product reads bare characters in a loop of its own, which at the
                    // text's end reads the end once more.
                    loop {
                        match self.read().0 {
                            EOF => break,
                            c if c.is_ascii_alphanumeric() || c == '_' => lit.push(c),
                            _ => {
                                self.unread();
                                break;
                            }
                        }
                    }
                }
                _ => {
                    self.unread();
                    break;
                }
            }
        }
        let kind = keyword(&lit);
        let kept = matches!(kind, Kind::Ident | Kind::Keyword);
        Token { kind, pos, lit: if kept { lit } else { String::new() } }
    }

    /// A string whose first quote was read.
    fn string(&mut self) -> Token {
        self.unread();
        let pos = self.current().1;
        let quote = self.read().0;
        let mut lit = String::new();
        loop {
            match self.read().0 {
                c if c == quote => return Token { kind: Kind::String, pos, lit },
                EOF | '\n' => return Token { kind: Kind::BadString("BADSTRING"), pos, lit },
                '\\' => match self.read().0 {
                    'n' => lit.push('\n'),
                    c @ ('\\' | '"' | '\'') => lit.push(c),
                    c => {
                        let pos = self.current().1;
                        let lit = format!("\\{c}");
                        return Token { kind: Kind::BadString("BADESCAPE"), pos, lit };
                    }
                },
                c => lit.push(c),
            }
        }
    }

    /// A number whose first character was read.
    fn number(&mut self) -> Token {
        let pos = self.current().1;
        self.unread();
        let mut lit = self.digits();
        if self.peek() == '.' {
            self.read();
            if self.peek().is_ascii_digit() {
                lit.push('.');
                lit += &self.digits();
            }
            return Token { kind: Kind::Number, pos, lit };
        }
        let in_unit = |c: char| c.is_ascii_alphabetic() || c == 'µ';
        if !in_unit(self.peek()) {
            return Token { kind: Kind::Integer, pos, lit };
        }
        while in_unit(self.peek()) || self.peek().is_ascii_digit() {
            lit.push(self.read().0);
        }
        Token { kind: Kind::Duration, pos, lit }
    }

    fn digits(&mut self) -> String {
        let mut out = String::new();
        while self.peek().is_ascii_digit() {
            out.push(self.read().0);
        }
        out
    }
}

fn keyword(text: &str) -> Kind {
    const KEYWORDS: &[&str] = &[
        "all",
        "alter",
        "analyze",
        "any",
        "as",
        "asc",
        "begin",
        "by",
        "cardinality",
        "create",
        "continuous",
        "database",
        "databases",
        "default",
        "delete",
        "desc",
        "destinations",
        "diagnostics",
        "distinct",
        "drop",
        "duration",
        "end",
        "every",
        "exact",
        "explain",
        "field",
        "for",
        "from",
        "grant",
        "grants",
        "group",
        "groups",
        "in",
        "inf",
        "insert",
        "into",
        "key",
        "keys",
        "kill",
        "limit",
        "measurement",
        "measurements",
        "offset",
        "on",
        "order",
        "password",
        "policy",
        "policies",
        "privileges",
        "queries",
        "query",
        "read",
        "replication",
        "resample",
        "retention",
        "revoke",
        "select",
        "series",
        "set",
        "show",
        "shard",
        "shards",
        "slimit",
        "soffset",
        "stats",
        "subscription",
        "subscriptions",
        "tag",
        "to",
        "user",
        "users",
        "values",
        "verbose",
        "where",
        "with",
        "write",
    ];
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "and" => Kind::And,
        "or" => Kind::Or,
        "true" => Kind::True,
        "false" => Kind::False,
        "name" => Kind::Name,
        other if KEYWORDS.contains(&other) => Kind::Keyword,
        _ => Kind::Ident,
    }
}
