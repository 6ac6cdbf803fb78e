//! From files to cases: the folder `cases/`, embedded in the binary or given by a path. Every
//! mistake is told with its file and line; all of them at once.

mod file;
mod validate;

use crate::case::Case;
use crate::clauses::Register;
use crate::setup::Setups;
use include_dir::{Dir, include_dir};
use std::collections::HashMap;
use std::fmt;
use std::path::Path;

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../cases");

/// What is wrong in a case file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseError {
    /// The file, as `cases/<area>/<name>.toml`.
    pub file: String,
    /// The line, from 1; 0 where the whole file is meant.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for CaseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "{}: {}", self.file, self.message),
            line => write!(f, "{}:{line}: {}", self.file, self.message),
        }
    }
}

/// All cases, sorted by id: those of this folder, or the embedded ones.
///
/// # Errors
/// Everything that is wrong in any file.
pub fn load(dir: Option<&Path>) -> Result<Vec<Case>, Vec<CaseError>> {
    let files = match dir {
        Some(dir) => read_dir(dir)?,
        None => embedded(&EMBEDDED),
    };
    let mut cases = Vec::new();
    let mut errors = Vec::new();
    for (name, text) in files {
        match parse(&name, &text) {
            Ok(case) => cases.push(case),
            Err(error) => errors.push(error),
        }
    }
    errors.extend(repeated_ids(&cases));
    match Setups::load(dir) {
        Ok(setups) => errors.extend(setups.unknown(&cases)),
        Err(error) => errors.push(error),
    }
    match Register::load(dir) {
        Ok(register) => errors.extend(register.iter().flat_map(|r| r.unknown(&cases))),
        Err(error) => errors.push(error),
    }
    if errors.is_empty() {
        cases.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(cases)
    } else {
        Err(errors)
    }
}

/// The file that a case of this id belongs into, in the folder of cases.
pub(crate) fn file_of(id: &str) -> String {
    format!("{id}.toml")
}

/// One case from the text of its file.
///
/// # Errors
/// The first thing that is wrong in it.
pub fn parse(file: &str, text: &str) -> Result<Case, CaseError> {
    let raw = file::read(file, text)?;
    validate::case(file, text, raw)
}

/// A file that stands beside the areas' folders; none if there is none.
pub(crate) fn beside_the_cases(
    dir: Option<&Path>,
    name: &str,
) -> Result<Option<String>, CaseError> {
    let Some(dir) = dir else {
        let file = EMBEDDED.get_file(name);
        return Ok(file.map(|file| String::from_utf8_lossy(file.contents()).into_owned()));
    };
    match std::fs::read_to_string(dir.join(name)) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(CaseError { file: name.to_owned(), line: 0, message: error.to_string() }),
    }
}

fn repeated_ids(cases: &[Case]) -> Vec<CaseError> {
    let mut seen: HashMap<&str, &str> = HashMap::new();
    let mut errors = Vec::new();
    for case in cases {
        if let Some(first) = seen.insert(&case.id, &case.file) {
            errors.push(CaseError {
                file: case.file.clone(),
                line: 0,
                message: format!("the id \"{}\" is already taken by {first}", case.id),
            });
        }
    }
    errors
}

fn embedded(dir: &Dir<'_>) -> Vec<(String, String)> {
    let mut files: Vec<_> = dir.files().collect();
    files.sort_by_key(|file| file.path().to_path_buf());
    let mut found: Vec<_> = files
        .into_iter()
        .filter(|file| is_case(file.path()))
        .map(|file| (shown(file.path()), String::from_utf8_lossy(file.contents()).into_owned()))
        .collect();
    for sub in dir.dirs() {
        found.extend(embedded(sub));
    }
    found
}

fn read_dir(dir: &Path) -> Result<Vec<(String, String)>, Vec<CaseError>> {
    fn walk(root: &Path, dir: &Path, found: &mut Vec<(String, String)>) -> std::io::Result<()> {
        let mut entries = std::fs::read_dir(dir)?.collect::<Result<Vec<_>, _>>()?;
        entries.sort_by_key(std::fs::DirEntry::path);
        for path in entries.iter().map(std::fs::DirEntry::path) {
            if path.is_dir() {
                walk(root, &path, found)?;
            } else if path.strip_prefix(root).is_ok_and(is_case) {
                let name = path.strip_prefix(root).map_or_else(|_| shown(&path), shown);
                found.push((name, std::fs::read_to_string(&path)?));
            }
        }
        Ok(())
    }
    let mut found = Vec::new();
    walk(dir, dir, &mut found).map_err(|error| {
        vec![CaseError { file: dir.display().to_string(), line: 0, message: error.to_string() }]
    })?;
    Ok(found)
}

/// Every `.toml` but the one that tells of setups.
fn is_case(path: &Path) -> bool {
    path.extension().is_some_and(|e| e == "toml") && path != Path::new(crate::setup::FILE)
}

fn shown(path: &Path) -> String {
    format!("cases/{}", path.display())
}
