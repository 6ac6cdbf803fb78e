//! The API families. Each has its routes, its catalog (what exists and who may use it) and
//! the headers that all its answers share; writing itself is `write_path`'s.

pub mod iox;
pub mod v1;
pub mod v2;
pub mod v3;
