//! A finding as a case file that fails by itself.

use super::AREA;
use super::batch::Batch;
use crate::event::CaseResult;
use crate::session::Session;
use std::fmt::Write as _;
use std::path::Path;

/// Saves it; the note that says where, or why not.
pub(super) fn save(
    dir: &Path,
    name: &str,
    batch: &Batch,
    result: &CaseResult,
    session: &Session,
) -> String {
    let mut head = format!(
        "Found on {}, which was taken for {}:\n",
        session.target.base.url(),
        result.profile
    );
    for finding in &result.findings {
        let _ = writeln!(head, "  step {}: {}", finding.step, finding.got.replace('\n', " "));
    }
    if let Some(reason) = &result.reason {
        let _ = writeln!(head, "  {reason}");
    }
    for curl in &result.curl {
        let _ = writeln!(head, "{curl}");
    }
    let written = batch
        .case(name, &result.summary, &session.hide(&head))
        .map_err(|error| error.to_string())
        .and_then(|case| write(dir, name, &case.source));
    match written {
        Ok(()) => format!(
            "saved in {}; again: lineproof run --target {} --profile {} --cases-dir {} --cases {AREA}/{name}{}",
            dir.join(AREA).join(format!("{name}.toml")).display(),
            session.target.base.url(),
            result.profile,
            dir.display(),
            // Its own command line is nobody's business.
            if session.target.read_back.is_some() { " --read-back …" } else { "" },
        ),
        Err(why) => format!("not saved in {}: {why}", dir.display()),
    }
}

fn write(dir: &Path, name: &str, text: &str) -> Result<(), String> {
    let folder = dir.join(AREA);
    std::fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    std::fs::write(folder.join(format!("{name}.toml")), text).map_err(|error| error.to_string())
}
