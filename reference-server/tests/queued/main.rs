//! A product that acknowledges what it has only queued, over real sockets and under a clock that
//! stands still until it is told to go on.

mod explicit;
mod limits;
mod rejected_points;
mod server;
mod waiting;
