//! What part of a run this is, and when it must be over.

use crate::cli::PartArgs;
use crate::exit::Failure;
use crate::report;
use harness::case::Case;
use harness::event::Finished;
use harness::run::{Deadline, Part, Why, digest_of};
use harness::shard::{Durations, Shard};
use harness::verdict::Ending;
use profiles::Profile;
use std::time::Duration;

/// The cases of this part, and how a join of reports will know it.
pub(crate) fn part<'c>(
    args: &PartArgs,
    chosen: Vec<&'c Case>,
    profiles: &[&Profile],
) -> Result<(Vec<&'c Case>, Part), Failure> {
    let selection = Some((chosen.len(), digest_of(chosen.iter().copied())));
    let run = args.run_id();
    let Some(text) = &args.shard else {
        return Ok((chosen, Part { shard: None, selection, run }));
    };
    let fail = |why| Failure::usage(format!("--shard {why}"));
    let shard = Shard::parse(text, usize::from(args.shard_from)).map_err(fail)?;
    let durations = match &args.durations {
        None => Durations::default(),
        Some(path) => {
            let names: Vec<_> = profiles.iter().map(|profile| profile.name()).collect();
            let durations = Durations::of(&report::file(path)?, &names);
            if durations.is_empty() {
                let path = path.display();
                return Err(Failure::usage(format!("{path}: no case has a result in it")));
            }
            durations
        }
    };
    let own = shard.choose(&chosen, &durations).map_err(fail)?;
    Ok((own, Part { shard: Some(shard), selection, run }))
}

/// When the run must be over.
pub(crate) fn deadline(seconds: Option<f64>) -> Result<Option<Deadline>, Failure> {
    // No clock goes further than that from now.
    const LONGEST: Duration = Duration::from_secs(366 * 86_400);
    let Some(seconds) = seconds else { return Ok(None) };
    match Duration::try_from_secs_f64(seconds) {
        Ok(after) if !after.is_zero() => Ok(Some(Deadline::after(after.min(LONGEST)))),
        _ => Err(Failure::usage("--deadline is a number of seconds above 0")),
    }
}

/// What is told of a profile whose turn never came.
pub(crate) fn not_begun(profile: &str, why: Why) -> Finished {
    Finished {
        profile: profile.to_owned(),
        ending: Ending::Interrupted,
        reason: Some(why.to_string()),
        left_behind: None,
        stale: Vec::new(),
        milliseconds: 0,
    }
}
