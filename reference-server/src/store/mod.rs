//! What is stored: shards of series for the Go products, tables for v3, tables in partitions for
//! the IOx router, and one view of all.

mod blocks;
mod chunk;
pub(crate) mod kept;
mod last_read;
pub(crate) mod numbers;
pub mod partitions;
pub mod points;
mod recent;
pub(crate) mod rows;
mod series;
mod series_map;
pub mod shards;
mod shared_names;
pub(crate) mod snapshot;
pub mod tables;
pub mod value;
pub mod view;
pub(crate) mod waiting;

pub use chunk::Slice;
pub use series::TagSet;
pub use value::{FieldType, Name, Value};
