//! `lineproof detect`: who a server is, as text or JSON.

use crate::cli::{DetectArgs, DetectFormat};
use crate::exit::Failure;
use crate::run;
use crate::streams::print;
use harness::detect::{Detection, Knowledge, Undetected, detect as ask};
use harness::snapshot::Snapshots;
use harness::target::{Credentials, Target};
use std::fmt::Write as _;
use std::process::ExitCode;

/// How many profiles, probes or contradictions are shown; JSON has all of them.
const SHOWN: usize = 8;

/// What of an answer is shown.
const MOST: usize = 160;

pub(crate) fn detect(args: &DetectArgs) -> Result<ExitCode, Failure> {
    // Which profile it is taken for is what is looked for: any will do.
    let mut target = Target::new(&args.target, profiles::ALL[0]).map_err(Failure::usage)?;
    target.credentials =
        Credentials::given(args.token.as_deref(), args.user.as_deref(), args.password.as_deref());
    target.org = args.org.clone().filter(|org| !org.is_empty());
    target.database.clone_from(&args.database);
    target.timeout = run::timeout(args.timeout)?;
    let found = run::runtime()?.block_on(async {
        let interrupt = run::interrupts();
        of_target(&target, &interrupt).await
    });
    let found = match found {
        Ok(found) => found,
        Err(Undetected::Unusable(why)) => return Err(Failure::unusable(why)),
        Err(stopped @ Undetected::Interrupted(_)) => {
            say!("lineproof: {stopped}");
            return Ok(ExitCode::from(130));
        }
    };
    print(&match args.format {
        DetectFormat::Text => text(&found, args),
        DetectFormat::Json => json(&found, args)?,
    })?;
    Ok(ExitCode::from(if found.clear { 0 } else { 4 }))
}

/// Asks with the cases, snapshots and profiles in the binary.
pub(crate) async fn of_target(
    target: &Target,
    interrupt: &harness::run::Interrupt,
) -> Result<Detection, Undetected> {
    let cases = harness::load::load(None).map_err(|errors| {
        Undetected::Unusable(errors.first().map(ToString::to_string).unwrap_or_default())
    })?;
    let snapshots = Snapshots::new(None);
    let knowledge = Knowledge { cases: &cases, snapshots: &snapshots, profiles: profiles::ALL };
    ask(target, &knowledge, interrupt).await
}

/// The line to go on with.
fn next(found: &Detection, args: &DetectArgs) -> Option<String> {
    let best = found.best.first()?;
    let mut line = format!("lineproof run --target {} --profile {best}", word(&found.target));
    for (option, value) in [("--org", &args.org), ("--database", &args.database)] {
        if let Some(value) = value {
            let _ = write!(line, " {option} {}", word(value));
        }
    }
    Some(line)
}

/// One word for a shell.
fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:@%+,".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

fn json(found: &Detection, args: &DetectArgs) -> Result<String, Failure> {
    let mut json = serde_json::to_value(found).map_err(Failure::internal)?;
    json["next"] = next(found, args).into();
    Ok(format!("{json:#}\n"))
}

fn text(found: &Detection, args: &DetectArgs) -> String {
    let mut text = format!("{}  {}\n", found.target, verdict(found));
    for warning in &found.warnings {
        let _ = writeln!(text, "\nwarning: {warning}");
    }
    let _ = writeln!(text, "\nit says of itself:");
    for said in &found.claim.said {
        let _ = writeln!(text, "  {}", one_line(said));
    }
    if found.claim.said.is_empty() {
        text += "  nothing\n";
    }
    let _ = writeln!(text, "\nit acts like ({} probes answered):", found.probes);
    let width = found.candidates.iter().map(|c| c.profile.len()).max().unwrap_or(0);
    for candidate in found.candidates.iter().take(SHOWN) {
        let ground = if candidate.seen { "" } else { ", by its documentation" };
        let _ = writeln!(
            text,
            "  {:<width$}  {:>5.1} %  {} of {} probes to the byte{ground}",
            candidate.profile, candidate.percent, candidate.agrees, candidate.probes
        );
    }
    more(&mut text, found.candidates.len(), "profiles");
    if !found.telling.is_empty() {
        text += "\nprobes that tell:\n";
        for telling in found.telling.iter().take(SHOWN) {
            let _ =
                writeln!(text, "  {}, step {}: {}", telling.case, telling.step, telling.summary);
            let _ = writeln!(text, "    like {}: {}", telling.like, one_line(&telling.did));
            let _ = writeln!(text, "    {}: {}", telling.unlike, one_line(&telling.instead));
        }
        more(&mut text, found.telling.len(), "probes");
    }
    if let (Some(best), false) = (found.best.first(), found.against.is_empty()) {
        let _ = writeln!(text, "\nwhat contradicts {best}:");
        for against in found.against.iter().take(SHOWN) {
            let _ = writeln!(text, "  {}, step {}, {}", against.case, against.step, against.kind);
            let expected = one_line(&against.expected);
            let _ = writeln!(text, "    {}: {expected}", against.basis.word());
            let _ = writeln!(text, "    came: {}", one_line(&against.did));
        }
        more(&mut text, found.against.len(), "contradictions");
    }
    if !found.notes.is_empty() {
        text.push('\n');
    }
    for note in &found.notes {
        let _ = writeln!(text, "note: {note}");
    }
    if let Some(next) = next(found, args) {
        let _ = writeln!(text, "\ngo on with:\n  {next}");
    }
    text
}

/// In one sentence.
fn verdict(found: &Detection) -> String {
    match found.best.as_slice() {
        [] => "acts like nothing that is known".to_owned(),
        [one] if found.clear => format!("acts like {one}"),
        [one] if found.anonymous => {
            format!("is most like {one}, as far as it can be told without credentials")
        }
        [one] => format!("acts like none of the profiles; {one} is the nearest"),
        several if !found.somebody => {
            format!("acts like none of the profiles; the nearest are {}", several.join(", "))
        }
        several => {
            format!("cannot be told apart by these probes: {}", several.join(", "))
        }
    }
}

fn more(text: &mut String, all: usize, what: &str) {
    if all > SHOWN {
        let _ = writeln!(text, "  … and {} more {what} (--format json has all)", all - SHOWN);
    }
}

fn one_line(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let line = if line.is_empty() { "(nothing)".to_owned() } else { line };
    if line.chars().count() <= MOST {
        return line;
    }
    line.chars().take(MOST).chain(['…']).collect()
}
