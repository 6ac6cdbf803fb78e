//! `lineproof list --differences`: where two profiles part.

use crate::cli::{DifferencesFormat, ListArgs};
use crate::exit::Failure;
use crate::list;
use crate::streams::print;
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
        DifferencesFormat::Text => {
            text(&groups(&found.found, args.all), &names, &quotes(register.as_ref()))
        }
        DifferencesFormat::Markdown => markdown(&groups(&found.found, args.all), &names),
        DifferencesFormat::Json => json(&found)?,
    };
    print(&text)?;
    say!(
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

/// A difference that can be put together with others.
pub(crate) trait Grouped {
    /// The case.
    fn case(&self) -> &str;
    /// What kind of difference it is.
    fn kind(&self) -> &'static str;
    /// What either side says.
    fn says(&self) -> [&str; 2];
}

impl Grouped for Difference {
    fn case(&self) -> &str {
        &self.case
    }

    fn kind(&self) -> &'static str {
        self.kind
    }

    fn says(&self) -> [&str; 2] {
        [&self.first.says, &self.second.says]
    }
}

/// Differences of one kind: the same is said on the first side, and of a status on both.
pub(crate) struct Group<'d, D> {
    pub(crate) example: &'d D,
    pub(crate) more: Vec<&'d str>,
}

/// All differences as groups, the largest first; each alone where all are asked for.
pub(crate) fn groups<D: Grouped>(found: &[D], all: bool) -> Vec<Group<'_, D>> {
    let mut groups: Vec<Group<'_, D>> = Vec::new();
    let mut known: BTreeMap<(&str, &str, &str), usize> = BTreeMap::new();
    for difference in found {
        let [first, second] = difference.says();
        let is_status = difference.kind() == "status";
        let key = (
            difference.kind(),
            status(first, is_status),
            if is_status { status(second, true) } else { "" },
        );
        let at = *known.entry(key).or_insert(groups.len());
        match groups.get_mut(at) {
            Some(group) if !all => group.more.push(difference.case()),
            _ => groups.push(Group { example: difference, more: Vec::new() }),
        }
    }
    groups.sort_by_key(|group| std::cmp::Reverse(group.more.len()));
    groups
}

/// Of a status its number alone counts; of anything else all of it.
fn status(says: &str, is_status: bool) -> &str {
    let text = says.strip_prefix("promised ").unwrap_or(says);
    if is_status { text.get(..3).unwrap_or(text) } else { text }
}

/// Each group with its clauses, what each profile says and on what ground, and its cases.
fn text(
    groups: &[Group<'_, Difference>],
    names: &[String; 2],
    quotes: &BTreeMap<String, String>,
) -> String {
    let width = names.iter().map(String::len).max().unwrap_or(0);
    let mut text = String::new();
    for Group { example, more } in groups {
        let _ = writeln!(text, "{}  {}", example.case, example.summary);
        for clause in &example.clauses {
            let quote = quotes.get(clause).map_or("", String::as_str);
            let _ = writeln!(text, "  {clause}  \"{quote}\"");
        }
        let _ = writeln!(text, "  step {}, {}", example.step, example.kind);
        for (name, side) in names.iter().zip([&example.first, &example.second]) {
            let _ = writeln!(text, "    {name:<width$}  {}", one_line(&side.says));
            let _ = writeln!(text, "    {:<width$}  {}", "", ground(side));
        }
        if !more.is_empty() {
            let shown: Vec<_> = more.iter().take(3).copied().collect();
            let dots = if more.len() > shown.len() { ", …" } else { "" };
            let _ = writeln!(text, "  and {} more: {}{dots}", more.len(), shown.join(", "));
        }
        text.push('\n');
    }
    text
}

/// One table, a row a group.
fn markdown(groups: &[Group<'_, Difference>], names: &[String; 2]) -> String {
    let [first, second] = names;
    let mut text = format!(
        "| clause | case, step | {first} | ground | {second} | ground | more cases |\n|---|---|---|---|---|---|---|\n"
    );
    let cell = |text: &str| text.replace('|', "\\|");
    let code = |side: &Side| format!("`{}`", one_line(&side.says).replace('`', "'"));
    for Group { example: d, more } in groups {
        let cells = [
            d.clauses.join(", "),
            format!("{}, {}", d.case, d.step),
            code(&d.first),
            ground(&d.first),
            code(&d.second),
            ground(&d.second),
            more.len().to_string(),
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

pub(crate) fn one_line(text: &str) -> String {
    let lines: Vec<_> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let line = if text.is_empty() { "(nothing)".to_owned() } else { lines.join("; ") };
    if line.chars().count() <= MOST {
        return line;
    }
    line.chars().take(MOST).chain(['…']).collect()
}
