//! The words and signs of the language. Not how they are read from text: that is `lexer`.

/// A kind of lexical token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Token {
    /// A character that begins no token.
    Illegal,
    /// The end of the query.
    Eof,
    /// Blanks, tabs and line ends.
    Whitespace,
    /// `-- …` or `/* … */`.
    Comment,
    /// A bare or double-quoted name.
    Ident,
    /// `$name`, a parameter that has no value.
    BoundParam,
    /// `1.5`.
    Number,
    /// `1`.
    Integer,
    /// `1h`.
    Duration,
    /// `'text'`.
    Str,
    /// A quoted text without its end.
    BadString,
    /// A backslash that escapes nothing.
    BadEscape,
    /// `true`.
    True,
    /// `false`.
    False,
    /// `/…/`.
    Regex,
    /// A regular expression without its end.
    BadRegex,
    /// An operator.
    Op(Op),
    /// `(`.
    LeftParen,
    /// `)`.
    RightParen,
    /// `,`.
    Comma,
    /// `:`.
    Colon,
    /// `::`.
    DoubleColon,
    /// `;`.
    Semicolon,
    /// `.`.
    Dot,
    /// A reserved word.
    Word(Word),
}

/// A binary operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `%`
    Mod,
    /// `&`
    BitAnd,
    /// `|`
    BitOr,
    /// `^`
    BitXor,
    /// `AND`
    And,
    /// `OR`
    Or,
    /// `=`
    Eq,
    /// `!=`, `<>`
    NotEq,
    /// `=~`
    Match,
    /// `!~`
    NotMatch,
    /// `<`
    Lt,
    /// `<=`
    LtEq,
    /// `>`
    Gt,
    /// `>=`
    GtEq,
}

impl Op {
    /// The operator as messages and columns print it.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::Mod => "%",
            Self::BitAnd => "&",
            Self::BitOr => "|",
            Self::BitXor => "^",
            Self::And => "AND",
            Self::Or => "OR",
            Self::Eq => "=",
            Self::NotEq => "!=",
            Self::Match => "=~",
            Self::NotMatch => "!~",
            Self::Lt => "<",
            Self::LtEq => "<=",
            Self::Gt => ">",
            Self::GtEq => ">=",
        }
    }

    /// How tightly it binds: a higher number first.
    pub const fn precedence(self) -> u8 {
        match self {
            Self::Or => 1,
            Self::And => 2,
            Self::Eq
            | Self::NotEq
            | Self::Match
            | Self::NotMatch
            | Self::Lt
            | Self::LtEq
            | Self::Gt
            | Self::GtEq => 3,
            Self::Add | Self::Sub | Self::BitOr | Self::BitXor => 4,
            Self::Mul | Self::Div | Self::Mod | Self::BitAnd => 5,
        }
    }

    /// Whether it gives true or false.
    pub const fn is_condition(self) -> bool {
        self.precedence() <= 3
    }
}

impl Token {
    /// What messages call a token that has no text of its own.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Illegal => "ILLEGAL",
            Self::Eof => "EOF",
            Self::Whitespace => "WS",
            // The products have no name for these kinds.
            Self::Comment | Self::BoundParam | Self::Integer | Self::BadRegex => "",
            Self::Ident => "IDENT",
            Self::Number => "NUMBER",
            Self::Duration => "DURATIONVAL",
            Self::Str => "STRING",
            Self::BadString => "BADSTRING",
            Self::BadEscape => "BADESCAPE",
            Self::True => "TRUE",
            Self::False => "FALSE",
            Self::Regex => "REGEX",
            Self::Op(op) => op.text(),
            Self::LeftParen => "(",
            Self::RightParen => ")",
            Self::Comma => ",",
            Self::Colon => ":",
            Self::DoubleColon => "::",
            Self::Semicolon => ";",
            Self::Dot => ".",
            Self::Word(word) => word.text(),
        }
    }

    /// The reserved word that this bare name is, in any case; else [`Token::Ident`].
    pub fn lookup(name: &str) -> Self {
        match name.to_ascii_uppercase().as_str() {
            "AND" => Self::Op(Op::And),
            "OR" => Self::Op(Op::Or),
            "TRUE" => Self::True,
            "FALSE" => Self::False,
            upper => {
                Word::ALL.iter().find(|w| w.text() == upper).map_or(Self::Ident, |w| Self::Word(*w))
            }
        }
    }
}

macro_rules! words {
    ($($variant:ident = $text:literal,)*) => {
        /// A reserved word.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)] // each variant is the word that it names
        pub enum Word { $($variant,)* }

        impl Word {
            const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word in capitals, as messages print it.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }
        }
    };
}

words! {
    All = "ALL", Alter = "ALTER", Analyze = "ANALYZE", Any = "ANY", As = "AS", Asc = "ASC", Begin = "BEGIN",
    By = "BY", Cardinality = "CARDINALITY", Create = "CREATE", Continuous = "CONTINUOUS", Database = "DATABASE",
    Databases = "DATABASES", Default = "DEFAULT", Delete = "DELETE", Desc = "DESC",
    Destinations = "DESTINATIONS", Diagnostics = "DIAGNOSTICS", Distinct = "DISTINCT", Drop = "DROP",
    Duration = "DURATION", End = "END", Every = "EVERY", Exact = "EXACT", Explain = "EXPLAIN", Field = "FIELD",
    For = "FOR", From = "FROM", Grant = "GRANT", Grants = "GRANTS", Group = "GROUP", Groups = "GROUPS",
    In = "IN", Inf = "INF", Insert = "INSERT", Into = "INTO", Key = "KEY", Keys = "KEYS", Kill = "KILL",
    Limit = "LIMIT", Measurement = "MEASUREMENT", Measurements = "MEASUREMENTS", Name = "NAME",
    Offset = "OFFSET", On = "ON", Order = "ORDER", Password = "PASSWORD", Policy = "POLICY",
    Policies = "POLICIES", Privileges = "PRIVILEGES", Queries = "QUERIES", Query = "QUERY", Read = "READ",
    Replication = "REPLICATION", Resample = "RESAMPLE", Retention = "RETENTION", Revoke = "REVOKE",
    Select = "SELECT", Series = "SERIES", Set = "SET", Show = "SHOW", Shard = "SHARD", Shards = "SHARDS",
    Slimit = "SLIMIT", Soffset = "SOFFSET", Stats = "STATS", Subscription = "SUBSCRIPTION",
    Subscriptions = "SUBSCRIPTIONS", Tag = "TAG", To = "TO", User = "USER", Users = "USERS", Values = "VALUES",
    Verbose = "VERBOSE", Where = "WHERE", With = "WITH", Write = "WRITE",
}
