//! What is stored: shards of series for the Go products, tables for v3, and one view of both.

pub mod value;
pub mod view;

pub use value::{FieldType, Name, Value};
