//! The IOx family over real sockets: what page 002 promises, what the router's source says, and the
//! API that makes databases and tokens.

mod accounts;
mod client;
mod documented;
mod router;
