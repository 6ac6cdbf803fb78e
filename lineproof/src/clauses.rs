//! `lineproof clauses`: which promises of the products' pages the cases show.

use crate::cli::{ClausesArgs, ClausesFormat};
use crate::exit::Failure;
use crate::streams::print;
use harness::clauses::{Covered, FILE, Register};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

pub(crate) fn clauses(args: &ClausesArgs) -> Result<ExitCode, Failure> {
    let dir = args.cases_dir.as_deref();
    let cases = crate::list::cases(dir)?;
    let register = Register::load(dir)
        .map_err(Failure::usage)?
        .ok_or_else(|| Failure::usage(format!("the folder has no {FILE}")))?;
    let covered = register.coverage(&cases);
    let text = match args.format {
        ClausesFormat::Text => text(&covered, args.all),
        ClausesFormat::Json => json(&covered)?,
    };
    print(&text)?;
    Ok(ExitCode::SUCCESS)
}

/// By page and whose promise it is: how many have a case, and those that have none.
fn text(covered: &[Covered<'_>], all: bool) -> String {
    let mut groups: BTreeMap<(&str, String), Vec<&Covered<'_>>> = BTreeMap::new();
    for one in covered {
        groups.entry((&one.clause.page, one.products.join(", "))).or_default().push(one);
    }
    let mut text = String::new();
    for ((page, products), clauses) in &groups {
        let _ = writeln!(text, "page {page}  {products}: {}", share(clauses.iter().copied()));
        for one in clauses.iter().filter(|one| all || one.cases.is_empty()) {
            line(&mut text, one);
        }
    }
    let _ = writeln!(text, "{} have a case", share(covered.iter()));
    text
}

fn line(text: &mut String, one: &Covered<'_>) {
    let clause = one.clause;
    let _ = writeln!(text, "  {:<6} {}  \"{}\"", clause.level.word(), clause.id, clause.quote);
    let _ = match (&clause.untestable, one.cases.is_empty()) {
        (Some(why), true) => writeln!(text, "         cannot be tested: {why}"),
        (None, true) => writeln!(text, "         no case"),
        (_, false) => writeln!(text, "         {}", one.cases.join(" ")),
    };
}

fn share<'c>(clauses: impl Iterator<Item = &'c Covered<'c>>) -> String {
    let (mut with, mut all) = (0, 0);
    for one in clauses {
        all += 1;
        with += usize::from(!one.cases.is_empty());
    }
    format!("{with} of {all} clauses")
}

fn json(covered: &[Covered<'_>]) -> Result<String, Failure> {
    let mut text = String::new();
    for one in covered {
        text += &serde_json::to_string(one).map_err(Failure::internal)?;
        text.push('\n');
    }
    Ok(text)
}
