//! What a product with SQL over HTTP says around the query engine: the names of its catalogue, its
//! system tables, and the words and statuses of what it refuses. Plain data; the engine's own
//! sentences are not here.
//!
//! Sources: "recorded" is what the running release answered; "source" is the release's own code.

/// What is said of an array among the values of `params`, by every release that was read (source:
/// iox_query_params/src/params.rs).
pub const ARRAY_PARAMETER: &str =
    "JSON arrays are not supported as query parameters. Expected null, boolean, number, or string.";

/// What is said of an object among the values of `params`; it has no full stop (source: as above).
pub const OBJECT_PARAMETER: &str =
    "JSON objects are not supported as query parameters. Expected null, boolean, number, or string";

/// Everything about `/api/v3/query_sql` that differs, or could differ, between releases.
#[derive(Debug)]
pub struct Sql {
    /// The catalog that unqualified names are in.
    pub catalog: &'static str,
    /// The schema of the stored tables.
    pub schema: &'static str,
    /// The schema of the system tables.
    pub system_schema: &'static str,
    /// The system tables of an ordinary database, by name.
    pub system_tables: &'static [SystemTable],
    /// How the engine's release names types and unknown columns.
    pub dialect: EngineDialect,
    /// The statuses and words of refusals.
    pub refusals: Refusals,
}

/// One table of the system schema.
#[derive(Debug)]
pub struct SystemTable {
    /// Its name.
    pub name: &'static str,
    /// Its columns in their order.
    pub columns: &'static [SystemColumn],
    /// What it holds in a server that keeps its data in memory and runs no plugins.
    pub content: SystemContent,
}

/// One column of a system table.
#[derive(Debug)]
pub struct SystemColumn {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub of: SystemType,
    /// Whether it may be null.
    pub nullable: bool,
}

/// The types that system tables have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemType {
    /// Text.
    Utf8,
    /// Text, as a view.
    Utf8View,
    /// True or false.
    Boolean,
    /// Signed 64-bit integer.
    Int64,
    /// Unsigned 64-bit integer.
    UInt64,
    /// Nanoseconds since 1970.
    Timestamp,
    /// Nanoseconds.
    Duration,
    /// List of unsigned 16-bit integers.
    UInt16List,
    /// List of texts, as views.
    Utf8ViewList,
}

/// What is in a system table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemContent {
    /// Nothing: what it lists cannot exist here.
    Empty,
    /// A row for each column of each stored table.
    Columns,
    /// Something that is not kept here; to read it is refused.
    NotKept,
}

/// Words of the engine's that changed from release to release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EngineDialect {
    /// Types by their long names, `Timestamp(Nanosecond, None)`; of an unknown column's error one
    /// line, which proposes a near name or else lists all. The DataFusion of 2025.
    Long,
}

/// What is refused, and how.
#[derive(Debug)]
pub struct Refusals {
    /// The status of bad parameters and bodies.
    pub bad_request: u16,
    /// The statuses of a query that cannot be planned, or goes wrong while rows come.
    pub unplanned: Unplanned,
    /// The status of InfluxQL that cannot be read, that is not one statement, or that names no
    /// database or two.
    pub bad_influxql: u16,
    /// The status of a query that cannot be run.
    pub failed: u16,
    /// The status of an `Accept` header that names no format.
    pub bad_accept: u16,
    /// The status of a database that does not exist.
    pub unknown_database: u16,
    /// GET without a query string.
    pub no_query_string: &'static str,
    /// Before what the parser of the query string says.
    pub query_string: &'static str,
    /// Before what the JSON parser says, of the body or of `params`.
    pub json: &'static str,
    /// Before and after an `Accept` header that names no format.
    pub accept: (&'static str, &'static str),
    /// Before what is wrong with an `Accept` header that is not UTF-8.
    pub accept_not_utf8: &'static str,
    /// Before the name of a database that does not exist; the text stands in `{"error": …}`.
    pub no_such_database: &'static str,
    /// Before what stopped the planning.
    pub planning: &'static str,
    /// Before what stopped the plan from starting.
    pub executing: &'static str,
    /// Before what went wrong while rows came.
    pub streaming: &'static str,
    /// A scan of a table that has no `time` column.
    pub no_time_column: &'static str,
    /// A scan of a table with columns of unequal length.
    pub uneven_columns: &'static str,
}

/// The statuses of a query that fails, by what the engine says is the cause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unplanned {
    /// The query is wrong.
    pub wrong: u16,
    /// The engine does not do that.
    pub unimplemented: u16,
    /// Anything else; a column that does not exist is among it.
    pub other: u16,
}

const fn column(name: &'static str, of: SystemType) -> SystemColumn {
    SystemColumn { name, of, nullable: false }
}

const fn nullable(name: &'static str, of: SystemType) -> SystemColumn {
    SystemColumn { name, of, nullable: true }
}

use SystemType::{
    Boolean, Duration, Int64, Timestamp, UInt16List, UInt64, Utf8, Utf8View, Utf8ViewList,
};

/// InfluxDB 3 Core 3.6. Names and order of the tables: recorded (`SHOW TABLES`). Their columns:
/// source, influxdb3_system_tables and influxdb3_py_api of branch 3.6.
const SYSTEM_TABLES_3_6: &[SystemTable] = &[
    SystemTable {
        name: "distinct_caches",
        columns: &[
            column("table", Utf8View),
            column("name", Utf8View),
            column("column_ids", UInt16List),
            column("column_names", Utf8ViewList),
            column("max_cardinality", UInt64),
            column("max_age_seconds", UInt64),
        ],
        content: SystemContent::Empty,
    },
    SystemTable {
        name: "influxdb_schema",
        columns: &[
            column("measurement", Utf8View),
            column("key", Utf8View),
            column("data_type", Utf8View),
        ],
        content: SystemContent::Columns,
    },
    SystemTable {
        name: "last_caches",
        columns: &[
            column("table", Utf8View),
            column("name", Utf8View),
            column("key_column_ids", UInt16List),
            column("key_column_names", Utf8ViewList),
            nullable("value_column_ids", UInt16List),
            nullable("value_column_names", Utf8ViewList),
            column("count", UInt64),
            column("ttl", UInt64),
        ],
        content: SystemContent::Empty,
    },
    SystemTable {
        name: "parquet_files",
        columns: &[
            column("table_name", Utf8),
            column("path", Utf8),
            column("size_bytes", UInt64),
            column("row_count", UInt64),
            column("min_time", Int64),
            column("max_time", Int64),
        ],
        content: SystemContent::Empty,
    },
    SystemTable {
        name: "processing_engine_logs",
        columns: &[
            column("event_time", Timestamp),
            column("trigger_name", Utf8),
            column("log_level", Utf8),
            column("log_text", Utf8),
        ],
        content: SystemContent::Empty,
    },
    SystemTable {
        name: "processing_engine_trigger_arguments",
        columns: &[
            column("trigger_name", Utf8),
            column("argument_key", Utf8),
            column("argument_value", Utf8),
        ],
        content: SystemContent::Empty,
    },
    SystemTable {
        name: "processing_engine_triggers",
        columns: &[
            column("trigger_name", Utf8),
            column("plugin_filename", Utf8),
            column("trigger_specification", Utf8),
            column("disabled", Boolean),
        ],
        content: SystemContent::Empty,
    },
    SystemTable {
        name: "queries",
        columns: &[
            column("id", Utf8),
            column("phase", Utf8),
            column("issue_time", Timestamp),
            column("query_type", Utf8),
            column("query_text", Utf8),
            nullable("partitions", Int64),
            nullable("parquet_files", Int64),
            nullable("plan_duration", Duration),
            nullable("permit_duration", Duration),
            nullable("execute_duration", Duration),
            nullable("end2end_duration", Duration),
            nullable("compute_duration", Duration),
            nullable("max_memory", Int64),
            column("success", Boolean),
            column("running", Boolean),
            column("cancelled", Boolean),
            nullable("trace_id", Utf8),
        ],
        content: SystemContent::NotKept,
    },
];

/// What 3.6 refuses, and how. Statuses and texts are recorded unless a line says otherwise.
const REFUSALS_3_6: Refusals = Refusals {
    bad_request: 400,
    unplanned: Unplanned { wrong: 500, unimplemented: 500, other: 500 },
    // Recorded: a syntax error. Source for the others: the catch-all of `into_response`.
    bad_influxql: 500,
    failed: 500,
    // Source: influxdb3_server/src/http.rs, the catch-all of `into_response`.
    bad_accept: 500,
    unknown_database: 404,
    no_query_string: "missing query parameters 'db' and 'q'",
    query_string: "serde error: ",
    json: "serde json error: ",
    // Source: influxdb3_types/src/http.rs.
    accept: ("invalid mime type (", ")"),
    accept_not_utf8: "the mime type specified was not valid UTF8: ",
    no_such_database: "query error: database not found: ",
    planning: "query error: error while planning query: ",
    // Source: influxdb3_internal_api/src/query_executor.rs.
    executing: "query error: error while executing plan: ",
    // Source: influxdb3_server/src/http.rs; so for the formats that the release collects before
    // it answers. In the others it breaks off in mid-answer.
    streaming: "datafusion error: ",
    // Source: influxdb3_write/src/lib.rs, `ChunkFilter::new`.
    no_time_column: "External error: unexpected: table should have a time column",
    // Recorded through InfluxQL, which scans the table in the same way.
    uneven_columns: "Execution error: error getting batches Error creating record batch: \
                     Invalid argument error: all columns in a record batch must have the \
                     same length",
};

/// InfluxDB 3 Core 3.6.
pub const V3_CORE_3_6: Sql = Sql {
    catalog: "public",
    schema: "iox",
    system_schema: "system",
    system_tables: SYSTEM_TABLES_3_6,
    // Recorded: `SHOW COLUMNS`, and the error of an unknown column (through InfluxQL); the words
    // for a near name are source, DataFusion 49 as the release pins it.
    dialect: EngineDialect::Long,
    refusals: REFUSALS_3_6,
};

/// InfluxDB 3 Core 3.10: what cannot be planned is the client's fault now, unless the engine says
/// otherwise, and told without a prefix (3.10:influxdb3_server/src/http.rs
/// datafusion_error_status_code and into_response); so are an `Accept` that names no format and
/// InfluxQL that cannot be read (`InfluxqlRewrite` and the three after it, ibid.).
pub const V3_CORE_3_10: Sql = Sql {
    refusals: Refusals {
        unplanned: Unplanned { wrong: 400, unimplemented: 405, other: 500 },
        bad_influxql: 400,
        planning: "",
        streaming: "",
        bad_accept: 400,
        ..REFUSALS_3_6
    },
    ..V3_CORE_3_6
};
