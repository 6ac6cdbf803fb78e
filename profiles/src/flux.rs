//! Where releases that speak Flux differ in what a query returns: plain data.

/// What `limit` gives for a table of which its `offset` skips every row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitWithoutRows {
    /// The table disappears.
    NoTable,
    /// The table stays, empty, and is printed as a block with its header alone.
    EmptyTable,
}

/// The order of the columns that `map` gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MapColumns {
    /// Those of the input stay where they were, new ones follow.
    AsBefore,
    /// All in byte order.
    ByteOrder,
}

/// Where `aggregateWindow` of a total puts the time of a window, if storage does not make it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WindowColumns {
    /// Before the columns of the key and the value.
    TimeFirst,
    /// After them.
    TimeLast,
}

/// The Flux of one release.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FluxRules {
    /// `limit` with an `offset` beyond the last row.
    pub limit_without_rows: LimitWithoutRows,
    /// Columns of `map`.
    pub map_columns: MapColumns,
    /// Columns of `aggregateWindow` in memory.
    pub window_columns: WindowColumns,
    /// Whether `schema.measurements` has the parameters `start` and `stop`.
    pub measurements_take_a_range: bool,
    /// A request of the type `influxql`.
    pub influxql_requests: InfluxqlRequests,
}

/// What a request of the type `influxql` is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InfluxqlRequests {
    /// Of a type that is not known.
    Unknown,
    /// Compiled to Flux, by a compiler that knows no `*`: 500 with its words.
    Compiled,
}

/// InfluxDB OSS 2.7 (Flux 0.196.1).
pub const OSS_V2_2_7: FluxRules = FluxRules {
    // recorded 2.7.12: `limit(n: 1, offset: 9)` over shorter tables gives no block; 2.1.1 gives an
    // empty block with its header
    limit_without_rows: LimitWithoutRows::NoTable,
    // recorded 2.7.12: `{r with …}` leaves the columns in place; 2.1.1 sorts them
    map_columns: MapColumns::AsBefore,
    // flux v0.196.1:stdlib/universe/aggregate_window.go, computeFromState: one transformation in the
    // place of window, total and window again
    window_columns: WindowColumns::TimeFirst,
    // recorded 2.7.12: `schema.measurements(bucket:, start:)` answers; 2.1.1 refuses the argument
    measurements_take_a_range: true,
    // recorded 2.7.12: `unknown query type: influxql`; 2.1.1 compiles it
    influxql_requests: InfluxqlRequests::Unknown,
};
