//! Scripts against a store in memory; what is expected was recorded from InfluxDB 2.7.12, but where
//! a test says otherwise.

mod host;
mod in_memory;
mod language;
mod pruning;
mod reading;
mod refusals;
mod requests;
mod sample;
