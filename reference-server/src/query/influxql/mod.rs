//! InfluxQL: a query and a view of the store become the answers of `/query`.
//!
//! Text → `lexer` → `parse` → `ast` → `exec` over a [`Host`](host::Host) → `result` → `http`.

pub mod ast;
mod bound;
mod chunk;
mod csv;
mod duration;
pub mod exec;
pub mod expr;
mod growing;
pub mod host;
pub mod http;
mod in_statement;
mod iox;
mod json;
mod lexer;
pub(crate) mod messagepack;
pub mod parse;
mod pattern;
mod print;
#[cfg(feature = "flight")]
pub mod question;
pub mod result;
pub mod rows;
mod time;
pub mod token;
pub mod zone;
