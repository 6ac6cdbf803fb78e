//! Where a run's reports go, and in which form.

use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Where the report goes.
#[derive(Debug, Args)]
pub(crate) struct OutputArgs {
    /// The form of the report
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(crate) format: Format,
    /// Write the report into this file instead of stdout, or into object storage: `s3://bucket/name`,
    /// with credentials from the environment as `lineproof report merge` has them
    #[arg(long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write another report beside it, in a form as of --format: `html=report.html` (may be repeated)
    #[arg(long = "report", value_name = "FORMAT=FILE", value_parser = report)]
    pub(crate) reports: Vec<(Format, PathBuf)>,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Text,
    /// One event a line: from it every other form can be made (`lineproof report render`)
    #[value(alias = "ndjson")]
    Json,
    /// JUnit's XML, for CI systems
    Junit,
    /// For a comment on a pull request: never longer than GitHub takes
    #[value(alias = "md")]
    Markdown,
    /// Annotations for GitHub Actions
    Github,
    /// One page that needs no network: filter, requests, answers, ledgers, clauses
    Html,
    /// A picture in SVG
    Badge,
    /// The same for shields.io to draw
    BadgeJson,
}

/// `html=report.html`.
fn report(text: &str) -> Result<(Format, PathBuf), String> {
    let (form, file) = text.split_once('=').ok_or("say FORMAT=FILE, as `html=report.html`")?;
    let format = Format::from_str(form, false).map_err(|_| {
        let names = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let names: Vec<_> = names.map(|value| value.get_name().to_owned()).collect();
        format!("there is no form \"{form}\"; known are {}", names.join(", "))
    })?;
    if file.is_empty() {
        return Err("there is no file behind the `=`".to_owned());
    }
    Ok((format, PathBuf::from(file)))
}
