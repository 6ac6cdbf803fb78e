//! Reading back: each language turns a query and a view of the store into rows.

pub mod flux;
pub mod influxql;
#[cfg(feature = "sql")]
pub mod sql;
pub mod v3_request;
