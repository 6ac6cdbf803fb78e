//! What can be done with saved runs.

pub(crate) use super::render::RenderArgs;
pub(crate) use super::merge::MergeArgs;
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
