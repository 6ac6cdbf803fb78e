//! `lineproof explain`.

use crate::cli::ExplainArgs;
use crate::exit::Failure;
use crate::streams::print;
use harness::snapshot::Snapshots;
use harness::wire::Base;
use std::process::ExitCode;

pub(crate) fn explain(args: &ExplainArgs) -> Result<ExitCode, Failure> {
    let cases = crate::list::cases(args.cases_dir.as_deref())?;
    let case = cases.iter().find(|case| case.id == args.case).ok_or_else(|| {
        let near: Vec<_> = cases
            .iter()
            .map(|c| c.id.as_str())
            .filter(|id| id.contains(&args.case))
            .take(5)
            .collect();
        let near =
            if near.is_empty() { String::new() } else { format!("; near it: {}", near.join(", ")) };
        Failure::usage(format!("no case has the id \"{}\"{near}", args.case))
    })?;
    let named: Result<Vec<_>, _> = args.profiles.iter().map(|name| profiles::find(name)).collect();
    let named = named.map_err(Failure::usage)?;
    let profiles = if named.is_empty() { profiles::ALL.to_vec() } else { named };
    let url = args.target.as_deref().map(Base::parse).transpose().map_err(Failure::usage)?;
    let snapshots = Snapshots::new(args.snapshots_dir.clone());
    let text = harness::explain::explain(case, &profiles, &snapshots, url.as_ref())
        .map_err(Failure::usage)?;
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}
