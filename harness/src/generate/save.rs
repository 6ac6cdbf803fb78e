//! A finding as a case file that fails by itself.

use super::AREA;
use super::batch::Batch;
use crate::event::CaseResult;
use crate::load::file_of;
use crate::session::Session;
use crate::target::Target;
use shell_words::quote;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

/// How close `run` compares where nothing is said.
const USUAL: u8 = 1;

/// Saves it; the note that says where, or why not.
pub(super) fn save(
    dir: &Path,
    name: &str,
    batch: &Batch,
    result: &CaseResult,
    strict: u8,
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
        Ok(()) => {
            let again = again(&session.target, &result.profile, strict, dir, name);
            let path = path(dir, name);
            session.hide(&format!("saved in {}; again: {again}", path.display()))
        }
        Err(why) => format!("not saved in {}: {why}", dir.display()),
    }
}

/// The command line that sends it again, for a shell. Credentials are those of the environment.
fn again(target: &Target, profile: &str, strict: u8, dir: &Path, name: &str) -> String {
    let mut options = vec![("--target", target.base.url()), ("--profile", profile.to_owned())];
    options.extend(target.org.iter().map(|org| ("--org", org.clone())));
    options.extend(target.database.iter().map(|database| ("--database", database.clone())));
    options.extend(target.lacks.iter().map(|lack| ("--lacks", lack.word().to_owned())));
    if strict != USUAL {
        options.push(("--strict", strict.to_string()));
    }
    options.push(("--cases-dir", dir.display().to_string()));
    options.push(("--cases", format!("{AREA}/{name}")));
    let mut line = "lineproof run".to_owned();
    for (option, value) in options {
        let _ = write!(line, " {option} {}", quote(&value));
    }
    // Its own command line is nobody's business.
    line + if target.read_back.is_some() { " --read-back …" } else { "" }
}

/// The file, named as every case's is.
fn path(dir: &Path, name: &str) -> PathBuf {
    dir.join(file_of(&format!("{AREA}/{name}")))
}

fn write(dir: &Path, name: &str, text: &str) -> Result<(), String> {
    std::fs::create_dir_all(dir.join(AREA)).map_err(|error| error.to_string())?;
    std::fs::write(path(dir, name), text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use profiles::Capability;

    #[test]
    fn it_is_sent_again_as_it_was_sent_and_a_shell_takes_the_line() {
        let profile = profiles::find("oss-v2@2.7").unwrap();
        let mut target = Target::new("http://h:8086/a$b", profile).unwrap();
        target.org = Some("the `org`".to_owned());
        target.database = Some("it's mine".to_owned());
        target.lacks = vec![Capability::Flux, Capability::Influxql];
        target.credentials.token = Some("hunter22".to_owned());
        let line = again(&target, &profile.name(), 3, Path::new("my findings"), "s1-0");
        let expected = [
            "lineproof",
            "run",
            "--target",
            "http://h:8086/a$b",
            "--profile",
            "oss-v2@2.7",
            "--org",
            "the `org`",
            "--database",
            "it's mine",
            "--lacks",
            "flux",
            "--lacks",
            "influxql",
            "--strict",
            "3",
            "--cases-dir",
            "my findings",
            "--cases",
            "generated/s1-0",
        ];
        assert_eq!(shell_words::split(&line).unwrap(), expected);
        for unquoted in [" http://h:8086/a$b", " the `org`", " my findings"] {
            assert!(!line.contains(unquoted), "{line}");
        }
        // What is as it is without saying so is not said.
        let line = again(&Target::new("http://h", profile).unwrap(), "p", 1, Path::new("d"), "s");
        assert!(!["--strict", "--org", "--database", "--lacks"].iter().any(|o| line.contains(o)));
    }
}
