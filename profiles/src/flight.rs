//! What a product says over Arrow Flight, gRPC on the port of its HTTP API: which engine runs the SQL
//! of a ticket, and the words and statuses of what is refused where releases differ. Plain data.
//!
//! Sources: `service_grpc_flight` of influxdata/influxdb3_core, at the revisions that the releases pin
//! (3.6: f1bc156; 3.8: c7612d1) or, since 3.10, in the release's own repository below `core/`.

use crate::sql::{self, Sql};

/// The statuses of gRPC that releases use differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FlightStatus {
    /// `NOT_FOUND`.
    NotFound,
    /// `INTERNAL`.
    Internal,
    /// `UNAUTHENTICATED`.
    Unauthenticated,
    /// `PERMISSION_DENIED`.
    PermissionDenied,
}

/// A status and its message; `{name}` in it is what was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FlightRefusal {
    /// The status.
    pub status: FlightStatus,
    /// The message.
    pub text: &'static str,
}

/// Everything about Flight that differs between releases.
#[derive(Debug)]
pub struct Flight {
    /// The names and words of the engine that SQL runs on.
    pub sql: &'static Sql,
    /// A token that is none.
    pub wrong_token: FlightRefusal,
    /// A database that does not exist.
    pub unknown_database: FlightRefusal,
    /// Before what stopped the planning.
    pub planning: &'static str,
    /// How many bytes of a message are sent; what is longer ends in `...`.
    pub longest_message: Option<usize>,
}

/// InfluxDB 3 Core 3.6.
pub const V3_CORE_3_6: Flight = Flight {
    sql: &sql::V3_CORE_3_6,
    // 3.6:influxdb3_authz/src/lib.rs:58-71: such a token counts as none.
    wrong_token: FlightRefusal { status: FlightStatus::Unauthenticated, text: "Unauthenticated" },
    // 3.6:influxdb3_query_executor/src/lib.rs:470-474 fails before the service could say that there
    // is none, and so it counts as the server's fault.
    unknown_database: FlightRefusal {
        status: FlightStatus::Internal,
        text: "Cannot retrieve database: External error: database not found: {name}",
    },
    planning: "Error while planning query: ",
    longest_message: None,
};

/// InfluxDB 3 Core 3.8: long messages are cut.
pub const V3_CORE_3_8: Flight = Flight { longest_message: Some(2000), ..V3_CORE_3_6 };

/// InfluxDB 3 Core 3.10: the first of two steps of planning fails
/// (3.10:core/service_grpc_flight/src/lib.rs).
pub const V3_CORE_3_10: Flight = Flight {
    sql: &sql::V3_CORE_3_10,
    planning: "Error while logically planning query: ",
    ..V3_CORE_3_8
};

/// The hosted products: the service alone, as influxdb3_core 349d802 has it. What their engine says
/// of a query is not known; these are the words of Core's.
pub const HOSTED: Flight = Flight {
    sql: &Sql { system_tables: &[], ..sql::V3_CORE_3_6 },
    wrong_token: FlightRefusal {
        status: FlightStatus::PermissionDenied,
        text: "Permission denied",
    },
    unknown_database: FlightRefusal {
        status: FlightStatus::NotFound,
        text: "Database '{name}' not found",
    },
    ..V3_CORE_3_8
};
