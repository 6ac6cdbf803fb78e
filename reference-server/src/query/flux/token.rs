//! The kinds of token, by the names that error messages give them.

macro_rules! tokens {
    ($($kind:ident = $name:literal,)*) => {
        /// The kind of a token.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub(super) enum TokenKind { $($kind,)* }

        impl std::fmt::Display for TokenKind {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$kind => $name,)* })
            }
        }
    };
}

tokens! {
    Illegal = "ILLEGAL",
    Eof = "EOF",
    And = "AND",
    Or = "OR",
    Not = "NOT",
    Import = "IMPORT",
    Package = "PACKAGE",
    Return = "RETURN",
    Option = "OPTION",
    Builtin = "BUILTIN",
    TestCase = "TESTCASE",
    If = "IF",
    Then = "THEN",
    Else = "ELSE",
    Identifier = "IDENT",
    Integer = "INT",
    Float = "FLOAT",
    Text = "STRING",
    Regex = "REGEX",
    Time = "TIME",
    Duration = "DURATION",
    Add = "ADD",
    Subtract = "SUB",
    Multiply = "MUL",
    Divide = "DIV",
    Modulo = "MOD",
    Power = "POW",
    Equal = "EQ",
    Less = "LT",
    Greater = "GT",
    LessEqual = "LTE",
    GreaterEqual = "GTE",
    NotEqual = "NEQ",
    Matches = "REGEXEQ",
    MatchesNot = "REGEXNEQ",
    Assign = "ASSIGN",
    Arrow = "ARROW",
    LeftParenthesis = "LPAREN",
    RightParenthesis = "RPAREN",
    LeftBracket = "LBRACK",
    RightBracket = "RBRACK",
    LeftBrace = "LBRACE",
    RightBrace = "RBRACE",
    Comma = "COMMA",
    Dot = "DOT",
    Colon = "COLON",
    PipeForward = "PIPE_FORWARD",
    PipeReceive = "PIPE_RECEIVE",
    Exists = "EXISTS",
    Quote = "QUOTE",
    QuestionMark = "QUESTION_MARK",
    Attribute = "ATTRIBUTE",
}

/// The keyword that this word is, if any.
pub(super) fn keyword(word: &str) -> Option<TokenKind> {
    Some(match word {
        "and" => TokenKind::And,
        "or" => TokenKind::Or,
        "not" => TokenKind::Not,
        "import" => TokenKind::Import,
        "package" => TokenKind::Package,
        "return" => TokenKind::Return,
        "option" => TokenKind::Option,
        "builtin" => TokenKind::Builtin,
        "testcase" => TokenKind::TestCase,
        "if" => TokenKind::If,
        "then" => TokenKind::Then,
        "else" => TokenKind::Else,
        "exists" => TokenKind::Exists,
        _ => return None,
    })
}
