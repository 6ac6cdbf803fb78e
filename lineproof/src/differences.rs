//! `lineproof list --differences`: where two profiles part.

use crate::cli::{DifferencesFormat, ListArgs};
use crate::exit::Failure;
use crate::list;
use harness::clauses::Register;
use harness::differences::{Difference, Differences, Side, differences};
use harness::snapshot::Snapshots;
use profiles::Profile;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

/// What of a side is shown: a body may be long.
const MOST: usize = 300;

pub(crate) fn list(args: &ListArgs, first: &str, second: &str) -> Result<ExitCode, Failure> {
    let first = profiles::find(first).map_err(Failure::usage)?;
    let second = profiles::find(second).map_err(Failure::usage)?;
    let cases = list::load(&args.select)?;
    let chosen = list::selection(&args.select).choose(&cases).map_err(Failure::usage)?;
    let snapshots = Snapshots::new(args.snapshots_dir.clone());
    let found = differences(&chosen, &snapshots, (first, second), args.strict);
    let mut found = found.map_err(Failure::usage)?;
    let register = Register::load(args.select.cases_dir.as_deref()).map_err(Failure::usage)?;
    let promised = |clause: &String| {
        let register = register.as_ref()?;
        let of = |profile: &Profile| register.promises(clause, profile.product);
        Some(of(first) || of(second))
    };
    for difference in &mut found.found {
        difference.clauses.retain(|clause| promised(clause).unwrap_or(true));
    }
    let names = [first.name(), second.name()];
    let text = match args.format {
        DifferencesFormat::Text => text(&found, &names, &quotes(register.as_ref())),
        DifferencesFormat::Markdown => markdown(&found, &names),
        DifferencesFormat::Json => json(&found)?,
    };
    list::print(&text);
    eprintln!(
        "{} differences in {} cases, of {} that both have something to say of",
        found.found.len(),
        found.found.iter().map(|d| &d.case).collect::<std::collections::BTreeSet<_>>().len(),
        found.compared
    );
    Ok(ExitCode::SUCCESS)
}

/// What each clause says, by its id.
fn quotes(register: Option<&Register>) -> BTreeMap<String, String> {
    let clauses = register.into_iter().flat_map(|register| &register.clauses);
    clauses.map(|clause| (clause.id.clone(), clause.quote.clone())).collect()
}

/// By case: its clauses of the two products, then what each profile says and on what ground.
fn text(found: &Differences, names: &[String; 2], quotes: &BTreeMap<String, String>) -> String {
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    let mut last = "";
    for difference in &found.found {
        if difference.case != last {
            let _ = writeln!(text, "{}  {}", difference.case, difference.summary);
            for clause in &difference.clauses {
                let quote = quotes.get(clause).map_or("", String::as_str);
                let _ = writeln!(text, "  {clause}  \"{quote}\"");
            }
        }
        last = &difference.case;
        let _ = writeln!(text, "  step {}, {}", difference.step, difference.kind);
        for (name, side) in names.iter().zip([&difference.first, &difference.second]) {
            let says = one_line(&side.says);
            let _ = writeln!(text, "    {name:<width$}  {says}");
            let _ = writeln!(text, "    {:<width$}  {}", "", ground(side));
        }
    }
    text
}

/// One table, a row a difference.
fn markdown(found: &Differences, names: &[String; 2]) -> String {
    let [first, second] = names;
    let mut text = format!(
        "| clause | case, step | {first} | ground | {second} | ground |\n|---|---|---|---|---|---|\n"
    );
    let cell = |text: &str| text.replace('|', "\\|");
    let code = |side: &Side| format!("`{}`", one_line(&side.says).replace('`', "'"));
    for d in &found.found {
        let cells = [
            d.clauses.join(", "),
            format!("{}, {}", d.case, d.step),
            code(&d.first),
            ground(&d.first),
            code(&d.second),
            ground(&d.second),
        ];
        let cells: Vec<_> = cells.iter().map(|text| cell(text)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

fn json(found: &Differences) -> Result<String, Failure> {
    let line = |d: &Difference| serde_json::to_string(d).map(|line| line + "\n");
    found.found.iter().map(line).collect::<Result<_, _>>().map_err(Failure::internal)
}

fn ground(side: &Side) -> String {
    format!("{}: {}", side.basis.word(), side.from)
}

fn one_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let line = if text.is_empty() { "(nothing)".to_owned() } else { lines.join("; ") };
    if line.chars().count() <= MOST {
        return line;
    }
    line.chars().take(MOST).chain(['…']).collect()
}
