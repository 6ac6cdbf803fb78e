//! How each release speaks InfluxQL, where they differ.

/// What a release's InfluxQL does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Influxql {
    /// How results become JSON.
    pub json: Json,
    /// How results become CSV.
    pub csv: Csv,
    /// How errors of the whole query are answered.
    pub errors: Errors,
    /// Which planner answers `SELECT`.
    pub planner: Planner,
    /// The order in which `/query` gives the measurements of one statement.
    pub measurements: MeasurementOrder,
    /// How a POST to `/query` carries its parameters.
    pub post_body: PostBody,
    /// Which statements change anything.
    pub administration: Administration,
    /// What `SHOW RETENTION POLICIES` lists.
    pub policies: Policies,
    /// What a `q` that is missing or empty gives.
    pub missing_query: &'static str,
    /// Where `SHOW` looks tags up.
    pub tag_index: TagIndex,
    /// Whether `SHOW TAG KEYS` has a `WITH KEY`.
    pub tag_keys_with_key: bool,
    /// Whether the parameter `pretty` indents, and by how much.
    pub pretty: usize,
}

/// How results become JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Json {
    /// How floats print.
    pub floats: Floats,
    /// What is done with a number that JSON cannot hold.
    pub infinite: Infinite,
    /// How strings are escaped.
    pub strings: Strings,
    /// How many digits a time's fraction has.
    pub time_digits: TimeDigits,
    /// What follows the document.
    pub end: &'static str,
}

/// How floats print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Floats {
    /// As Go's `encoding/json`: `1`, `1e-7`, `1e+21`.
    Go,
    /// As Rust's `serde_json`: `1.0`, `1e-7`, `1e16`.
    Serde,
    /// The same, but that a number without a fraction which an `i64` can hold is printed as one:
    /// `1`, and `0` for `-0.0`.
    SerdeWhole,
}

/// What an infinite number does to an answer in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Infinite {
    /// The connection breaks off after the head.
    BreaksOff,
    /// The body is `{"error":"json: unsupported value: +Inf"}` (`-Inf`) and nothing else.
    Refused,
    /// In place of the document stands `json: unsupported value: +Inf` (`-Inf`) behind these words.
    InPlace(&'static str),
}

/// How strings are escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strings {
    /// As Go before 1.22: `\u003c`, `\u0008`, `\ufffd` for what is not UTF-8.
    Go,
    /// As Go from 1.22: `\u003c`, `\b`.
    GoShort,
    /// As `serde_json`: nothing but what must be.
    Serde,
}

/// How many digits the fraction of a time has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeDigits {
    /// As few as say it.
    Shortest,
    /// 3, 6 or 9.
    Thousands,
}

/// How results become CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Csv {
    /// The `Content-Type`.
    pub content_type: &'static str,
    /// The cell of a null.
    pub null: &'static str,
    /// Whether cells are quoted where they must be, and the end of the body.
    pub form: CsvForm,
}

/// The form of CSV.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvForm {
    /// Go's `encoding/csv`: quotes where needed, a blank line and a new header where columns change.
    Go,
    /// Never quoted, one header, `\r\n` at the end.
    Plain,
    /// Quoted where there is a comma or a quote, one header a statement and a blank line before
    /// each but the first. A statement that fails leaves nothing.
    CommaQuoted,
}

/// How errors of the whole query are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errors {
    /// 400 `{"error":"error parsing query: …"}`.
    V1,
    /// 400 `{"code":"invalid","message":"failed to parse query: …"}`.
    V2,
    /// 500 with plain text, 404 JSON for an unknown database.
    V3,
    /// 200 with the error in the result of its statement, of which there may be several; 400
    /// `{"error":…}` for parameters that cannot be read.
    InStatement,
}

/// The order in which `/query` gives the measurements of one statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeasurementOrder {
    /// By their names.
    ByName,
    /// By their names, the last first.
    Backwards,
}

/// How a POST to `/query` carries its parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PostBody {
    /// As a form, if its type says so.
    FormIfTyped,
    /// As a form, whatever its type says.
    Form,
    /// As its type says: a form or, without a type too, the statements themselves.
    FormOrStatements,
}

/// Which planner answers `SELECT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Planner {
    /// The Go products': ties in time come in the order of a heap of series.
    Go,
    /// InfluxDB 3's: rows sorted by time and tags.
    Iox,
}

/// What `SHOW RETENTION POLICIES` lists.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Policies {
    /// The policies with their shards and replicas.
    Shards,
    /// The same, and how old and how new a point may be.
    ShardsAndWriteLimits,
    /// One row with the database's own name and how long it keeps points.
    Database,
    /// Rows without a measurement, which `/query` was not made for; how it ends was not seen.
    WithoutMeasurement,
}

/// Where `SHOW` looks tags up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TagIndex {
    /// In one index of the whole database, kept in memory: a time in the condition only decides
    /// whether there is a shard to ask.
    OfDatabase,
    /// In an index of each shard, or it is not known where.
    OfShards,
}

/// Which statements change anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Administration {
    /// All that the language has.
    All,
    /// `DELETE` and `DROP MEASUREMENT`; the others are `not implemented: …`.
    Deletes,
    /// None.
    Nothing,
}

const GO_JSON: Json = Json {
    floats: Floats::Go,
    // Storage takes no infinity; what a function's infinite value does was not seen.
    infinite: Infinite::Refused,
    strings: Strings::Go,
    time_digits: TimeDigits::Shortest,
    end: "\n",
};

/// `oss-v1@1.6`: recorded from 1.6.7 (`/query` in its protocol probes, read-back of its writes).
pub const OSS_V1_1_6: Influxql = Influxql {
    // Built with a Go before 1.22: `\u0008`.
    json: Json {
        // services/httpd/response_writer.go, `jsonFormatter`; asked of a running 1.6.7, whose
        // stddev() of numbers as far apart as 1e300 is infinite.
        infinite: Infinite::InPlace(
            "json: error calling MarshalJSON for type httpd.Response: json: error calling \
             MarshalJSON for type *query.Result: ",
        ),
        ..GO_JSON
    },
    // `Accept: application/csv` gives `text/csv`.
    csv: Csv { content_type: "text/csv", null: "", form: CsvForm::Go },
    errors: Errors::V1,
    planner: Planner::Go,
    measurements: MeasurementOrder::ByName,
    post_body: PostBody::FormIfTyped,
    administration: Administration::All,
    policies: Policies::Shards,
    // tsdb/config.go, `DefaultIndex`: inmem (1.6); asked of a running 1.6.7.
    tag_index: TagIndex::OfDatabase,
    missing_query: "missing required parameter \"q\"",
    // Asked of a running 1.6.7: `found WITH, expected ;`.
    tag_keys_with_key: false,
    pretty: 4,
};

/// `oss-v2@2.7`: recorded from 2.7.12.
pub const OSS_V2_2_7: Influxql = Influxql {
    json: Json { strings: Strings::GoShort, ..GO_JSON },
    csv: Csv { content_type: "application/csv", null: "", form: CsvForm::Go },
    errors: Errors::V2,
    planner: Planner::Go,
    measurements: MeasurementOrder::ByName,
    post_body: PostBody::FormIfTyped,
    // v1/coordinator/statement_executor.go: 62 `not implemented`, 369-404 deletes.
    administration: Administration::Deletes,
    policies: Policies::Shards,
    // 2.7:tsdb/config.go, `DefaultIndex`: tsi1.
    tag_index: TagIndex::OfShards,
    missing_query: "mime: no media type",
    // influxdata/influxql parser.go, parseShowTagKeysStatement (inferred: not recorded).
    tag_keys_with_key: true,
    // The parameter is read and ignored.
    pretty: 0,
};

/// `v3-core@3.6`: recorded from 3.6.0.
pub const V3_CORE_3_6: Influxql = Influxql {
    json: Json {
        floats: Floats::Serde,
        infinite: Infinite::BreaksOff,
        strings: Strings::Serde,
        time_digits: TimeDigits::Thousands,
        end: "\r\n",
    },
    csv: Csv { content_type: "application/csv", null: "null", form: CsvForm::Plain },
    errors: Errors::V3,
    planner: Planner::Iox,
    measurements: MeasurementOrder::Backwards,
    post_body: PostBody::Form,
    administration: Administration::Nothing,
    // influxdb3_query_executor/src/lib.rs gives rows without a measurement, which
    // influxdb3_server/src/http/v1.rs `push_row` cannot take (inferred: not recorded).
    policies: Policies::WithoutMeasurement,
    tag_index: TagIndex::OfShards,
    missing_query: "serde error: missing field `q`",
    // influxdb_influxql_parser, show_tag_keys: no such clause (inferred: not recorded).
    tag_keys_with_key: false,
    // serde_json's pretty printer (influxdb3_server/src/http/v1.rs).
    pretty: 2,
};
