//! The syntax tree: what the parser read, with the place of each node and the errors found in it.

use crate::store::Name;

/// A place in the script. Lines and columns count from one, columns in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Position {
    /// The line.
    pub line: u32,
    /// The byte in the line.
    pub column: u32,
}

/// From the first byte of a node to the one after its last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Span {
    /// The first byte.
    pub start: Position,
    /// The byte after the last.
    pub end: Position,
}

impl Span {
    /// From the start of one to the end of the other.
    pub(super) fn to(self, end: Self) -> Self {
        Self { start: self.start, end: end.end }
    }
}

impl std::fmt::Display for Span {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { start, end } = self;
        write!(f, "@{}:{}-{}:{}", start.line, start.column, end.line, end.column)
    }
}

/// Where a node stands, and what the parser found wrong while it read it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Base {
    /// Its place.
    pub span: Span,
    /// What is wrong with it, apart from its children.
    pub errors: Vec<String>,
}

/// A whole script.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Script {
    /// `import "…"`.
    pub imports: Vec<Import>,
    /// The statements.
    pub body: Vec<Statement>,
    /// Whether a string holds `${`: nothing after it was read.
    pub interpolated: bool,
}

/// `import alias "path"`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Import {
    /// Where.
    pub base: Base,
    /// The name it is used by, if not the last part of the path.
    pub alias: Option<Identifier>,
    /// The package's path.
    pub path: TextLiteral,
}

/// A name in the script.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Identifier {
    /// Where.
    pub base: Base,
    /// The name.
    pub name: String,
}

/// A string in quotes, unescaped.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TextLiteral {
    /// Where.
    pub base: Base,
    /// Its bytes.
    pub value: Name,
}

/// A statement.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statement {
    /// Where.
    pub base: Base,
    /// Which.
    pub kind: StatementKind,
}

/// The statements.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum StatementKind {
    /// An expression, whose tables are a result.
    Expression(Expression),
    /// `name = expression`.
    Assignment(Identifier, Expression),
    /// `option name = expression`.
    Option(Identifier, Expression),
    /// `option package.name = expression`.
    MemberOption(Identifier, Identifier, Expression),
    /// `return expression`.
    Return(Expression),
    /// What is no statement; the text is the token.
    Bad(String),
    /// A statement that Flux has and this subset has not, by its keyword.
    Other(&'static str),
}

/// An expression.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Expression {
    /// Where.
    pub base: Base,
    /// Which.
    pub kind: ExpressionKind,
}

/// The operators with two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum BinaryOperator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Modulo,
    Power,
    Equal,
    NotEqual,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    Matches,
    MatchesNot,
    /// Two expressions without an operator between them.
    Invalid,
}

/// The operators with one operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum UnaryOperator {
    Plus,
    Minus,
    Not,
    Exists,
}

/// `and` and `or`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub(super) enum LogicalOperator {
    And,
    Or,
}

/// A length of time: months, or nanoseconds, or both.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Duration {
    /// Calendar months.
    pub months: i64,
    /// Nanoseconds.
    pub nanoseconds: i64,
}

/// The expressions.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub(super) enum ExpressionKind {
    Identifier(String),
    Integer(i64),
    Float(f64),
    Text(Name),
    Time(i64),
    Duration(Duration),
    Regex(String),
    /// `<-`
    PipeReceive,
    Array(Vec<Expression>),
    /// `{with …, properties}`
    Record(Option<Identifier>, Vec<Property>),
    Function(Box<Function>),
    Call(Box<Expression>, Vec<Property>),
    Pipe(Box<Expression>, Box<Expression>),
    Member(Box<Expression>, PropertyKey),
    Index(Box<Expression>, Box<Expression>),
    Binary(BinaryOperator, Box<Expression>, Box<Expression>),
    Logical(LogicalOperator, Box<Expression>, Box<Expression>),
    Unary(UnaryOperator, Box<Expression>),
    Conditional(Box<Expression>, Box<Expression>, Box<Expression>),
    Parenthesis(Box<Expression>),
    /// What is no expression; the text says why.
    Bad(String),
    /// An expression that Flux has and this subset has not.
    Other(&'static str),
}

/// `key: value`, or `key` alone.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Property {
    /// Where.
    pub base: Base,
    /// The key.
    pub key: PropertyKey,
    /// The value.
    pub value: Option<Expression>,
}

/// A property's key: a name or a string.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub(super) enum PropertyKey {
    Identifier(Identifier),
    Text(TextLiteral),
}

impl PropertyKey {
    /// The key's bytes.
    pub(super) fn bytes(&self) -> &[u8] {
        match self {
            Self::Identifier(identifier) => identifier.name.as_bytes(),
            Self::Text(text) => &text.value,
        }
    }

    /// Where it stands.
    pub(super) fn base(&self) -> &Base {
        match self {
            Self::Identifier(identifier) => &identifier.base,
            Self::Text(text) => &text.base,
        }
    }
}

/// `(parameters) => body`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Function {
    /// The parameters, with their defaults.
    pub parameters: Vec<Property>,
    /// The body.
    pub body: FunctionBody,
}

/// What a function computes.
#[derive(Clone, Debug, PartialEq)]
#[allow(missing_docs)]
pub(super) enum FunctionBody {
    Expression(Expression),
    /// `{ statements }`
    Block(Base, Vec<Statement>),
}
