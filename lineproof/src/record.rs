//! `lineproof record`.

use crate::cli::RecordArgs;
use crate::embedded::Fault;
use crate::exit::Failure;
use crate::{list, run};
use harness::record::{Provenance, Recorded};
use harness::snapshot::Snapshots;
use std::collections::BTreeMap;
use std::process::ExitCode;

pub(crate) fn record(args: &RecordArgs) -> Result<ExitCode, Failure> {
    if args.target.target.is_none() {
        return Err(Failure::usage("only a real product is recorded: give --target URL"));
    }
    let cases = list::load(&args.select)?;
    let chosen = list::selection(&args.select).choose(&cases).map_err(Failure::usage)?;
    let profiles = run::chosen_profiles(&args.target)?;
    let profile = profiles[0];
    let is_there = |case: &harness::case::Case| {
        args.snapshots_dir.join(Snapshots::path(profile, case)).exists()
    };
    let chosen: Vec<_> =
        chosen.into_iter().filter(|case| !(args.missing && is_there(case))).cloned().collect();
    let provenance = Provenance { basis: args.basis, from: args.from.clone() };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    let done = run::runtime()?.block_on(async {
        let (target, _server) = run::target(&args.target, profile, Fault::default()).await?;
        let on_case = |case: &harness::case::Case, recorded: &Recorded| {
            let word = match recorded {
                Recorded::New => "new",
                Recorded::Same => "same",
                Recorded::Changed => "changed",
                Recorded::Unsupported(_) => "unsupported",
                Recorded::Refused(why) => {
                    eprintln!("refused {}: {why}", case.id);
                    "refused"
                }
            };
            *counts.entry(word).or_default() += 1;
        };
        harness::record::record(&target, &chosen, &provenance, &args.snapshots_dir, on_case)
            .await
            .map_err(Failure::unusable)
    });
    for (word, count) in &counts {
        println!("{count} {word}");
    }
    done?;
    Ok(ExitCode::from(if counts.contains_key("refused") { 4 } else { 0 }))
}
