//! `cargo xtask snapshots check`: does every case have an expectation on every profile that can run
//! it, does every expectation have a case, and what does each rest on?

use super::recording;
use anyhow::{Result, anyhow};
use clap::Args;
use harness::case::{Case, Role};
use harness::snapshot::{Basis, Snapshots, audit};
use profiles::{Capability, Family, Profile};
use std::process::ExitCode;

/// Fails where cases and snapshots do not belong together; counts snapshots by profile and basis
#[derive(Args)]
pub(crate) struct Arguments {}

pub(crate) fn run(_: &Arguments) -> Result<ExitCode> {
    let cases = recording::cases()?;
    let snapshots = Snapshots::new(Some(recording::folder()));
    let mut wrong = audit(&cases, profiles::ALL, &snapshots);
    println!("| profile | recorded | source | documented | inferred | ledger alone | cannot run |");
    println!("|---|---|---|---|---|---|---|");
    for profile in profiles::ALL {
        let mut counts = [0_usize; Basis::ALL.len()];
        let mut unsupported = 0;
        let mut missing = Vec::new();
        for case in &cases {
            let runs = can_run(profile, case);
            unsupported += usize::from(!runs);
            match snapshots.find(profile, case).map_err(|why| anyhow!(why))? {
                Some(snapshot) => {
                    let at = Basis::ALL.iter().position(|basis| *basis == snapshot.basis);
                    counts[at.unwrap_or_default()] += 1;
                }
                None if runs => missing.push(case),
                None => {}
            }
        }
        // Of an edition that nobody has seen running, what nothing is known of is not guessed: the
        // ledger alone judges there. A case that needs a server set up for it cannot be recorded.
        let was_seen = counts[0] > 0;
        let demanded = missing.iter().filter(|case| was_seen && case.setup.is_none());
        let name = profile.name();
        wrong.extend(demanded.map(|case| format!("{name}: {} has no snapshot", case.id)));
        let missing = missing.len();
        let counts: Vec<_> = counts.iter().map(ToString::to_string).collect();
        println!("| `{}` | {} | {missing} | {unsupported} |", profile.name(), counts.join(" | "));
    }
    println!("\n{} cases", cases.len());
    wrong.iter().for_each(|line| eprintln!("{line}"));
    Ok(ExitCode::from(u8::from(!wrong.is_empty())))
}

/// Whether the profile offers what the case needs. Without reading back the answers can still be
/// judged; users of version 1 cannot be switched off.
fn can_run(profile: &Profile, case: &Case) -> bool {
    let inactive = case.steps.iter().any(|step| step.sending.role == Role::Inactive);
    case.needs.iter().all(|need| *need == Capability::ReadBack || profile.offers(*need))
        && !(inactive && profile.family == Family::V1)
}
