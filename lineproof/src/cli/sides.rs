//! What can be said of each of two servers besides where it is and who we are there.

use super::target::{capability, pair};
use clap::Args;
use harness::read_back::Program;
use profiles::Capability;

/// The same as `run` takes of its one target.
#[derive(Debug, Args)]
#[command(next_help_heading = "What the servers are like, as with `run`")]
pub(crate) struct SidesArgs {
    /// Run everything in this existing database or bucket of the first server
    #[arg(long, value_name = "NAME", requires = "a")]
    pub(crate) database_a: Option<String>,
    /// The same on the second server
    #[arg(long, value_name = "NAME", requires = "b")]
    pub(crate) database_b: Option<String>,
    /// Something that the first server lacks (may be repeated)
    #[arg(long, value_name = "CAPABILITY", value_parser = capability, requires = "a")]
    pub(crate) lacks_a: Vec<Capability>,
    /// Something that the second server lacks (may be repeated)
    #[arg(long, value_name = "CAPABILITY", value_parser = capability, requires = "b")]
    pub(crate) lacks_b: Vec<Capability>,
    /// A program that reads the first server back (see `run --read-back`)
    #[arg(long, value_name = "PROGRAM", value_parser = Program::parse, requires = "a")]
    pub(crate) read_back_a: Option<Program>,
    /// A program that reads the second server back
    #[arg(long, value_name = "PROGRAM", value_parser = Program::parse, requires = "b")]
    pub(crate) read_back_b: Option<Program>,
    /// Where a server like the first is that is set up as some cases need it (see `run --setup`; may
    /// be repeated)
    #[arg(long, value_name = "NAME=URL", value_parser = pair, requires = "a")]
    pub(crate) setup_a: Vec<(String, String)>,
    /// Where a server like the second is that is set up so (may be repeated)
    #[arg(long, value_name = "NAME=URL", value_parser = pair, requires = "b")]
    pub(crate) setup_b: Vec<(String, String)>,
    /// How many seconds what was accepted may stay invisible [default: as the profiles say]
    #[arg(long, value_name = "SECONDS", requires = "a")]
    pub(crate) visible_within: Option<f64>,
}
