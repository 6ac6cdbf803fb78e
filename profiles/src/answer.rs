//! Which fault is answered how. A stage of the server finds a fault; this table gives its words.

/// What can be wrong with a write, from the first check to the last.
///
/// The names in braces are the holes that the text of an [`Answer`] may have for that fault; where
/// there is {name} or {value}, {quoted} is the same between Go's quotes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// No credentials, or none that can be understood.
    CredentialsMissing,
    /// An `Authorization` header that is not of any known form.
    CredentialsMalformed,
    /// Credentials of nobody.
    CredentialsWrong,
    /// A user name is needed and empty.
    UsernameRequired,
    /// `Bearer` where no shared secret is set.
    BearerDisabled,
    /// A token that was switched off.
    TokenInactive,
    /// The caller may not write there: {user} {database}.
    Forbidden,
    /// No database, bucket or query string at all.
    QueryMissing,
    /// No `db` parameter, or an empty one.
    NoDatabaseParameter,
    /// No database or bucket is named.
    DatabaseMissing,
    /// The database or bucket does not exist: {name}, as the caller wrote it.
    DatabaseUnknown,
    /// A bucket that stands for a database and a policy names no database: {name}.
    BucketWithoutDatabase,
    /// The database's name is not allowed, the product's own reason: {detail}.
    DatabaseName,
    /// The retention policy does not exist: {name}.
    PolicyUnknown,
    /// No database and policy is mapped to a bucket: {name}, the database.
    MappingUnknown,
    /// Neither an organisation's name nor its id.
    OrganisationMissing,
    /// No organisation has this name: {name}.
    OrganisationUnknown,
    /// No organisation has this id: {name}.
    OrganisationIdUnknown,
    /// An id that is not 16 bytes long.
    IdLength,
    /// An id of 16 bytes that are no hexadecimal number, or zero.
    IdInvalid,
    /// The precision is not one of the endpoint's: {value}.
    PrecisionUnknown,
    /// The consistency level is unknown.
    ConsistencyUnknown,
    /// A parameter is given twice: {name}.
    ParameterRepeated,
    /// A parameter is neither `true` nor `false`.
    ParameterNotBoolean,
    /// The content encoding is not known: {value}.
    EncodingUnknown,
    /// The body is announced as gzip and does not begin as one.
    GzipHeader,
    /// The body is announced as gzip and shorter than a gzip header.
    GzipShortHeader,
    /// The body is announced as gzip and empty.
    GzipEmpty,
    /// The gzip body ends too early.
    GzipTruncated,
    /// The gzip body's checksum or length is wrong.
    GzipChecksum,
    /// The gzip body's compressed data is damaged: {offset}.
    GzipCorrupt,
    /// What follows a gzip member does not begin as one.
    GzipTrailer,
    /// The body is larger than allowed: {limit}.
    TooLarge,
    /// The client stopped in the middle of the body.
    BodyBroken,
    /// The body is not UTF-8: {detail}.
    NotUtf8,
    /// The body has no line at all.
    EmptyWrite,
    /// Lines are malformed and nothing was stored: {detail} joins all reasons (v3: is the first).
    LinesRejected,
    /// Lines were rejected, by the parser or the schema; the rest was stored: {detail} as above,
    /// {target} ` for database: …`, with ` for retention policy: …` where the caller named one.
    PartialLines,
    /// Every line was rejected, where good ones would have been stored.
    AllLines,
    /// Lines were rejected because a limit of the schema is reached; the rest was stored.
    PartialLimit,
    /// Every line was rejected, some because a limit of the schema is reached.
    AllLimit,
    /// Every point, which is one field of one line here, was refused before it was queued:
    /// {rejected} of {points}.
    PointsRejected,
    /// Some points were refused before they were queued, the others are accepted: {accepted},
    /// {rejected} of {points}.
    PartialPoints,
    /// Storage dropped points and says why: {detail}; the rest was stored.
    PartialStorage,
    /// Storage failed as a whole: {detail}; nothing was stored.
    StorageFailed,
    /// Storage failed because a type differs within the batch; nothing was stored: {detail}.
    StorageConflict,
    /// Another database would be one too many: {limit}.
    DatabaseLimit,
    /// The organisation has sent more than its plan allows in this window: {organisation},
    /// {retry_after}, the whole seconds until the next one.
    RateExceeded,
    /// The server has taken all it can in this window: {retry_after}.
    Unavailable,
    /// The organisation would have more series than its plan allows: {organisation}.
    CardinalityExceeded,
    /// Another table would be one too many, and nothing was stored: {existing} there are, {merged}
    /// there would be, {limit}.
    TableLimit,
    /// The same of the columns of {table}.
    ColumnLimit,
    /// A column has another type, and nothing was stored: {table}, {column}, {stored} and {given}
    /// types.
    SchemaConflict,
    /// Points are older than the retention period, and nothing was stored: {table}, {minimum} that
    /// is kept, {observed}.
    OutsideRetention,
    /// No such path, or not by this method.
    RouteUnknown,
    /// The product knows of deletes by HTTP, and makes none.
    DeletesUnsupported,
    /// The release is known to panic on this input.
    Panic,
}

/// How a body is built around its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// `{"error":M}` and a newline, `application/json`, the text in `X-Influxdb-Error` too.
    ErrorLine,
    /// The same without `X-Influxdb-Error`, with `WWW-Authenticate`.
    ErrorChallenge,
    /// `{"code":C,"message":M}` without a newline, `application/json; charset=utf-8`, the code in
    /// `X-Platform-Error-Code` too.
    CodeMessage(&'static str),
    /// `{"error":M}`, without a content type.
    BareError,
    /// `{"code":C,"message":M}`, without a content type.
    BareCodeMessage(&'static str),
    /// `{"error":M,"data":[…]}`, one entry for each rejected line, without a content type.
    BareErrorLines,
    /// `{"error":M,"data":{…}}`, the first rejected line only, without a content type.
    BareErrorFirstLine,
    /// `{"error": "M"}` with that space, nothing escaped, without a content type.
    BareErrorSpaced,
    /// The text alone, without a content type; no body where the text is empty.
    BareText,
    /// The text and a newline, `text/plain; charset=utf-8`.
    PlainLine,
    /// `{"code":C,"message":M,"line":N}`, `application/json`: N is the number of the first rejected
    /// line, and where no line was rejected there is no `line`. `{lines}` in the text stands for
    /// what the reports say of each rejected line, one below the other.
    CodeMessageLine(&'static str, &'static LineReports),
}

/// How an answer that lists the rejected lines tells of one. {number} is the line's, from 1, blank
/// lines and comments not counted; {detail} is the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineReports {
    /// A line that could not be read.
    pub parsing: &'static str,
    /// A line that does not fit what is stored, or itself.
    pub writing: &'static str,
    /// A line whose time cannot be told in nanoseconds.
    pub time: &'static str,
    /// How many lines are told of; of the others nothing is said.
    pub most: usize,
}

/// The reports of the IOx router: influxdata/influxdb3_core c7612d1:mutable_batch_lp/src/lib.rs,
/// Error and MAXIMUM_RETURNED_ERRORS. Page 002 promises the number of reports and shows the first.
pub const IOX_REPORTS: LineReports = LineReports {
    parsing: "error parsing line {number} (1-based): {detail}",
    writing: "error writing line {number} (1-based): {detail}",
    time: "timestamp overflows i64 on line {number} (1-based)",
    most: 100,
};

/// The answer to one fault.
#[derive(Clone, Copy, Debug)]
pub struct Answer {
    /// The fault.
    pub fault: Fault,
    /// The status.
    pub status: u16,
    /// The body's form.
    pub shape: Shape,
    /// The body's text; `{…}` are the holes that the fault names.
    pub text: &'static str,
    /// Further headers, with the same holes.
    pub headers: &'static [(&'static str, &'static str)],
}

/// The header that says when to try again.
pub const RETRY_AFTER: &[(&str, &str)] = &[("Retry-After", "{retry_after}")];

impl Answer {
    /// An answer, shorter to write in a table.
    pub const fn new(fault: Fault, status: u16, shape: Shape, text: &'static str) -> Self {
        Self { fault, status, shape, text, headers: &[] }
    }

    /// The same answer with further headers.
    #[must_use]
    pub const fn with(self, headers: &'static [(&'static str, &'static str)]) -> Self {
        Self { headers, ..self }
    }
}

/// The answers of an endpoint: its own words first, then those that it shares with others.
pub type Answers = &'static [&'static [Answer]];

/// The answer to a fault; a table that lacks one is a bug that a test of the table finds.
pub fn find(answers: Answers, fault: Fault) -> Option<&'static Answer> {
    answers.iter().copied().flatten().find(|answer| answer.fault == fault)
}
