//! A server that answers writes like each InfluxDB product, and keeps what it accepted.

pub mod go_json;
pub mod go_text;
pub mod query;
pub mod store;
pub mod v2;
