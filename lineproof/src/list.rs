//! `lineproof list`.

use crate::cli::{ListArgs, SelectArgs};
use crate::exit::Failure;
use crate::streams::print;
use harness::case::Case;
use harness::select::Selection;
use harness::setup::Setups;
use harness::snapshot::Snapshots;
use profiles::Setting;
use std::fmt::Write as _;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn list(args: &ListArgs) -> Result<ExitCode, Failure> {
    if args.profiles {
        let width = profiles::ALL.iter().map(|profile| profile.name().len()).max().unwrap_or(0);
        let mut text = String::new();
        for profile in profiles::ALL {
            let words: Vec<_> = profile.capabilities.iter().map(|c| c.word()).collect();
            let _ = writeln!(text, "{:<width$}  {}", profile.name(), words.join(" "));
        }
        print(&text)?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.settings {
        print(&settings())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let [first, second] = args.differences.as_slice() {
        return crate::differences::list(args, first, second);
    }
    let cases = load(&args.select)?;
    if args.setups {
        print(&setups(&setups_of(&args.select)?))?;
        return Ok(ExitCode::SUCCESS);
    }
    if args.stale {
        let snapshots = Snapshots::new(args.snapshots_dir.clone());
        let wrong = harness::snapshot::audit(&cases, profiles::ALL, &snapshots);
        let lines: String = wrong.iter().map(|line| format!("{line}\n")).collect();
        print(&lines)?;
        return Ok(ExitCode::from(u8::from(!wrong.is_empty())));
    }
    let chosen = selection(&args.select).choose(&cases).map_err(Failure::usage)?;
    let width = chosen.iter().map(|case| case.id.len()).max().unwrap_or(0);
    let mut text = String::new();
    for case in &chosen {
        text += &format!("{:<width$}  {:<6}  {}\n", case.id, case.level.word(), case.summary);
    }
    print(&text)?;
    say!("{} of {} cases", chosen.len(), cases.len());
    Ok(ExitCode::SUCCESS)
}

/// What each setting means, and each profile's own value for it.
fn settings() -> String {
    let mut text = String::new();
    for setting in Setting::ALL {
        let _ = writeln!(text, "{setting}  {}", setting.help().trim());
        for profile in profiles::ALL {
            for knob in profile.settings.iter().filter(|knob| knob.setting == *setting) {
                let _ =
                    writeln!(text, "  {:<28} {:<10} {}", profile.name(), knob.value, knob.source);
            }
        }
    }
    text
}

/// The setups of the cases that the arguments name.
pub(crate) fn setups_of(args: &SelectArgs) -> Result<Setups, Failure> {
    Setups::load(args.cases_dir.as_deref()).map_err(Failure::usage)
}

fn setups(setups: &Setups) -> String {
    let mut text = String::new();
    for (name, setup) in setups.iter() {
        let _ = writeln!(text, "{name}  {}", setup.summary);
        for (setting, value) in &setup.settings {
            let _ = writeln!(text, "  --set {setting}={value}");
        }
    }
    text
}

/// The cases that the arguments name, or all that is wrong with them.
pub(crate) fn load(args: &SelectArgs) -> Result<Vec<Case>, Failure> {
    cases(args.cases_dir.as_deref())
}

/// The cases of a folder, or those in the binary.
pub(crate) fn cases(dir: Option<&Path>) -> Result<Vec<Case>, Failure> {
    harness::load::load(dir).map_err(|errors| {
        let lines: Vec<_> = errors.iter().map(|error| format!("  {error}")).collect();
        Failure::usage(format!("wrong case files, {}:\n{}", errors.len(), lines.join("\n")))
    })
}

pub(crate) fn selection(args: &SelectArgs) -> Selection {
    Selection { patterns: args.cases.clone(), level: args.level }
}
