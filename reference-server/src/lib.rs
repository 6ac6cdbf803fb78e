//! A server that answers writes like each InfluxDB product, and keeps what it accepted.

pub mod query;
pub mod store;
