//! `lineproof bench`: the load, a line a second while it runs, and what came of it.

mod live;
mod table;

use crate::cli::{BenchArgs, BenchFormat};
use crate::detect;
use crate::embedded::Fault;
use crate::exit::{Failure, plain};
use crate::run;
use crate::streams::print;
use harness::bench::result::Outcome;
use harness::bench::{self, Ended, Pace, Plan, Shape};
use harness::detect::Undetected;
use harness::run::Interrupt;
use harness::target::Target;
use live::Live;
use profiles::{Capability, Profile};
use std::process::ExitCode;
use std::time::Duration;

pub(crate) fn bench(args: &BenchArgs) -> Result<ExitCode, Failure> {
    let plan = plan(args)?;
    if args.target.target.is_none() {
        return Err(Failure::usage("bench needs --target: which server is to be measured?"));
    }
    if !args.target.setups.is_empty() {
        return Err(Failure::usage("--setup is for cases: name the server with --target"));
    }
    run::runtime()?.block_on(async {
        let interrupt = run::interrupts();
        let Some(profile) = profile(args, &interrupt).await? else {
            return Ok(ExitCode::from(130));
        };
        let (target, _server) = run::target(&args.target, profile, Fault::default()).await?;
        let mut live = Live::new();
        let done = bench::run(&target, &plan, interrupt, |news| live.show(news)).await;
        drop(live);
        match done {
            Ok(outcome) => finished(args, &target, &outcome),
            Err(Ended::Unusable(why)) => Err(Failure::unusable(why)),
            Err(Ended::Interrupted(left)) => {
                say!("lineproof: interrupted before anything was sent");
                if let Some(left) = left {
                    say!("lineproof: left on the target: {}", plain(&left));
                }
                Ok(ExitCode::from(130))
            }
        }
    })
}

/// What the server is taken for: as the user says, or else as it acts. None where somebody had enough.
async fn profile(
    args: &BenchArgs,
    interrupt: &Interrupt,
) -> Result<Option<&'static Profile>, Failure> {
    if !args.target.profiles.is_empty() {
        return Ok(run::chosen_profiles(&args.target)?.first().copied());
    }
    let url = args.target.target.as_deref().unwrap_or_default();
    // Any profile will do to ask.
    let mut target = Target::new(url, profiles::ALL[0]).map_err(Failure::usage)?;
    target.credentials = run::credentials(&args.target);
    target.org = args.target.org.clone().filter(|org| !org.is_empty());
    target.database.clone_from(&args.target.database);
    target.timeout = run::timeout(args.target.timeout)?;
    match detect::of_target(&target, interrupt).await {
        Err(Undetected::Unusable(why)) => Err(Failure::unusable(why)),
        Err(Undetected::Interrupted(_)) => Ok(None),
        Ok(found) => {
            let best = found.best.first().and_then(|name| profiles::find(name).ok());
            let best = best.ok_or_else(|| {
                Failure::usage(
                    "it is not clear what the server is: say what it is taken for with --profile",
                )
            })?;
            say!(
                "lineproof: taken for {}, as which it acts most; --profile says another",
                best.name()
            );
            Ok(Some(best))
        }
    }
}

fn finished(args: &BenchArgs, target: &Target, outcome: &Outcome) -> Result<ExitCode, Failure> {
    print(&match args.format {
        BenchFormat::Text => table::table(outcome),
        BenchFormat::Json => {
            let json = serde_json::to_string_pretty(outcome);
            json.map_err(Failure::internal)? + "\n"
        }
    })?;
    let ledger = &outcome.ledger;
    if let Some(left) = outcome.left_behind.as_ref().filter(|_| !args.keep) {
        say!("lineproof: left on the target: {}", plain(left));
    }
    let answered = outcome.requests > outcome.errors.total || outcome.ledger.acknowledged > 0;
    Ok(ExitCode::from(if outcome.partial {
        130
    } else if ledger.is_broken() {
        5
    } else if !answered || (outcome.errors.total > 0 && !args.allow_errors) {
        1
    } else if let Some(why) = &ledger.not_read {
        let url = target.base.url();
        say!(
            "lineproof: what is stored on {url} cannot be read back ({}); --no-sample does without",
            plain(why)
        );
        3
    } else {
        0
    }))
}

fn plan(args: &BenchArgs) -> Result<Plan, Failure> {
    let seconds = |name: &str, seconds: f64| {
        let duration = Duration::try_from_secs_f64(seconds).ok();
        let duration = duration.filter(|duration| duration.as_secs() <= 30 * 86_400);
        duration.ok_or_else(|| {
            Failure::usage(format!("{name} is a number of seconds, at most 30 days of them"))
        })
    };
    if let Some(pid) = args.server_pid {
        if !bench::knows_processes() {
            return Err(Failure::usage("--server-pid is known on Linux only"));
        }
        if !bench::is_process(pid) {
            return Err(Failure::usage(format!("--server-pid: there is no process {pid}")));
        }
    }
    let no_sample = args.no_sample || args.target.lacks.contains(&Capability::ReadBack);
    let whole = |number: u32| usize::try_from(number).unwrap_or(usize::MAX);
    let plan = Plan {
        shape: Shape {
            batch: whole(args.batch),
            series: whole(args.series),
            fields: args.fields.into(),
            gzip: args.gzip,
            seed: args.seed,
        },
        connections: args.connections.into(),
        pace: args.rate.map_or(Pace::Closed, |lines_per_second| Pace::Open { lines_per_second }),
        warmup: seconds("--warmup", args.warmup)?,
        duration: seconds("--duration", args.duration)?,
        sample: if no_sample { 0 } else { args.sample.get() },
        sample_time: seconds("--sample-time", args.sample_time)?,
        keep: args.keep,
        server_pid: args.server_pid,
    };
    plan.check().map_err(Failure::usage)?;
    Ok(plan)
}
