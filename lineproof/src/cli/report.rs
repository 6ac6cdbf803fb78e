//! What can be done with saved runs.

pub(crate) use super::merge::MergeArgs;
pub(crate) use super::render::RenderArgs;
use clap::{Args, Subcommand};

/// Makes reports of saved runs
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(subcommand)]
    pub(crate) command: ReportCommand,
}

#[derive(Debug, Subcommand)]
pub(crate) enum ReportCommand {
    Render(RenderArgs),
    Merge(MergeArgs),
}
