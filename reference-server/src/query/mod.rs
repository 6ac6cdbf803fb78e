//! Reading back: each language turns a query and a view of the store into rows.

pub mod allowance;
pub mod flux;
pub mod influxql;
pub(crate) mod running;
#[cfg(feature = "sql")]
pub mod sql;
pub mod v3_request;
