//! Arrow Flight over real sockets, asked by the client of the library that the server's part is
//! built on, and by hand where that client would not do it.

mod client;
mod connections;
mod influxql;
mod limits;
mod refusals;
mod slow;
mod sql;
mod tls;
