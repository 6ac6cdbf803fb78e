//! The conformance run: cases in, verdicts out.
//!
//! The way of a case through the modules: [`load`] reads the files into a [`case`], [`select`]
//! chooses. [`run`] opens a `session` on the [`target`]: the `driver` of its family makes it ready,
//! a canary finds what to [`read_back`] with, a language or a program (what that has [`printed`], and
//! which [`losses`] it declares). For each case the session makes a `space`, and
//! `execute` takes the steps in turn: `outgoing` fills in what is sent, [`wire`] sends it, `model`
//! says what each line means, [`claim`] what the answer says of it, [`read_back`] what is stored
//! (as a [`point`]), and the [`ledger`] sets one against the other. `redact` takes secrets and
//! chance out of it all, and the [`transcript`] keeps what is left. `findings` has [`compare`] set
//! that against the [`snapshot`], and [`verdict`] weighs it, with what is [`known`] to fail. Each
//! result is an [`event`], and [`report`] makes the events readable. [`shard`] divides the cases of
//! a run among several machines, whose [`saved`] events [`merge`] joins. [`generate`] makes cases of
//! chance and goes the same way with them; [`concurrent`] sends what no case can say, many writers at
//! once whose connections break; both are runs of `chance`. [`record`] goes the same way and writes
//! snapshots instead; [`explain`] tells of a case without a target, [`clauses`] which promises of the
//! products' pages have cases, [`detect`] whom a server acts like, and [`support`] packs what went wrong
//! for somebody else to look at. [`bench`] judges nothing but what is lost: it measures how fast a target
//! takes lines.

pub mod bench;
pub mod case;
mod chance;
pub mod claim;
pub mod clauses;
mod clock;
pub mod compare;
pub mod concurrent;
pub mod detect;
mod diagnose;
pub mod diff;
pub mod differences;
mod digest;
mod driver;
pub mod event;
mod execute;
pub mod explain;
mod findings;
pub mod generate;
pub mod known;
pub mod ledger;
pub mod load;
pub mod losses;
pub mod merge;
mod model;
mod outgoing;
pub mod point;
pub mod printed;
pub mod promise;
pub mod read_back;
pub mod record;
mod redact;
pub mod report;
pub mod run;
pub mod saved;
pub mod select;
mod session;
pub mod setup;
pub mod shard;
mod shared;
pub mod snapshot;
mod space;
pub mod support;
pub mod target;
pub mod transcript;
pub mod verdict;
pub mod wire;
