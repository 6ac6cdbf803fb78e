//! The clause register: what the products' own pages promise, and which cases show it.
//!
//! It says what was promised and where, never what a product does; that is in snapshots.

use crate::case::{Case, Level};
use crate::load::{self, CaseError};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::Path;

/// The name of the register's file, beside the areas' folders.
pub const FILE: &str = "clauses.register";

/// One promise.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// `<whose>:<name>`, which cases refer to.
    pub id: String,
    /// The number of the page.
    pub page: String,
    /// The page's own words.
    pub quote: String,
    /// How much it binds.
    #[serde(deserialize_with = "level", serialize_with = "word")]
    pub level: Level,
    /// Why no case can show it, if none can.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub untestable: Option<String>,
}

/// All promises.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Register {
    /// Whose promise it is, by what stands before the colon of an id.
    products: BTreeMap<String, Vec<String>>,
    /// The promises, by page.
    #[serde(rename = "clause")]
    pub clauses: Vec<Clause>,
}

/// A promise and the cases that show it.
#[derive(Clone, Debug, Serialize)]
pub struct Covered<'r> {
    /// The promise.
    #[serde(flatten)]
    pub clause: &'r Clause,
    /// Whose it is.
    pub products: &'r [String],
    /// The ids of its cases.
    pub cases: Vec<&'r str>,
}

fn level<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Level, D::Error> {
    let word = String::deserialize(from)?;
    [Level::Must, Level::Should, Level::May]
        .into_iter()
        .find(|level| level.word() == word)
        .ok_or_else(|| serde::de::Error::custom("a level is must, should or may"))
}

fn word<S: serde::Serializer>(level: &Level, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(level.word())
}

impl Register {
    /// Whether the clause of this id is a promise of this product.
    pub fn promises(&self, id: &str, product: &str) -> bool {
        let whose = id.split_once(':').and_then(|(whose, _)| self.products.get(whose));
        whose.is_some_and(|products| products.iter().any(|one| one == product))
    }

    /// The register in a folder of cases, or the one in the binary. None where the folder has none.
    ///
    /// # Errors
    /// What is wrong in it, with its line.
    pub fn load(dir: Option<&Path>) -> Result<Option<Self>, CaseError> {
        let Some(text) = load::beside_the_cases(dir, FILE)? else { return Ok(None) };
        let fault = |line, message| CaseError { file: FILE.to_owned(), line, message };
        let register: Self = toml::from_str(&text).map_err(|error| {
            let line = error.span().map_or(0, |span| 1 + text[..span.start].matches('\n').count());
            fault(line, error.message().to_owned())
        })?;
        let mut seen = std::collections::HashSet::new();
        for clause in &register.clauses {
            if !seen.insert(&clause.id) {
                return Err(fault(0, format!("the id \"{}\" is there twice", clause.id)));
            }
            if register.products(&clause.id).is_empty() {
                return Err(fault(
                    0,
                    format!("[products] does not say whose \"{}\" is", clause.id),
                ));
            }
        }
        Ok(Some(register))
    }

    /// The products that made a promise.
    fn products(&self, id: &str) -> &[String] {
        let whose = id.split_once(':').map_or(id, |(whose, _)| whose);
        self.products.get(whose).map_or(&[], Vec::as_slice)
    }

    /// Each promise with its cases.
    pub fn coverage<'r>(&'r self, cases: &'r [Case]) -> Vec<Covered<'r>> {
        let of = |clause: &'r Clause| Covered {
            clause,
            products: self.products(&clause.id),
            cases: cases
                .iter()
                .filter(|case| case.clauses.contains(&clause.id))
                .map(|case| case.id.as_str())
                .collect(),
        };
        self.clauses.iter().map(of).collect()
    }

    /// What cases refer to and is not there.
    pub(crate) fn unknown(&self, cases: &[Case]) -> Vec<CaseError> {
        let known = |id: &String| self.clauses.iter().any(|clause| clause.id == *id);
        let of = |case: &Case| {
            let unknown = case.clauses.iter().find(|id| !known(id))?;
            Some(CaseError {
                file: case.file.clone(),
                line: 0,
                message: format!("{FILE} has no clause \"{unknown}\""),
            })
        };
        cases.iter().filter_map(of).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    const CASE: &str = "id = \"batch/x\"\nsummary = \"s\"\nlevel = \"must\"\nneeds = []\n\
                        clauses = [\"a:one\"]\n\n[[step]]\nwrite = '''\nm f=1\n'''\n";
    const REGISTER: &str = "[products]\na = [\"p\"]\n\n[[clause]]\nid = \"a:one\"\npage = \"000\"\n\
                            quote = \"One.\"\nlevel = \"must\"\n";

    /// What is wrong with this register beside one case that refers to `a:one`.
    fn wrong(register: &str) -> Vec<String> {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("batch")).unwrap();
        fs::write(folder.path().join("batch/x.toml"), CASE).unwrap();
        fs::write(folder.path().join(FILE), register).unwrap();
        let errors = load::load(Some(folder.path())).err().unwrap_or_default();
        errors.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_case_refers_to_clauses_that_are_there() {
        assert_eq!(wrong(REGISTER), Vec::<String>::new());
        assert_eq!(
            wrong(&REGISTER.replace("a:one", "a:two")),
            ["cases/batch/x.toml: clauses.register has no clause \"a:one\""]
        );
    }

    #[test]
    fn a_wrong_register_is_told() {
        let twice = [REGISTER, &REGISTER[REGISTER.find("[[clause]]").unwrap()..]].concat();
        assert_eq!(wrong(&twice), ["clauses.register: the id \"a:one\" is there twice"]);
        assert_eq!(
            wrong(&REGISTER.replace("a = ", "b = ")),
            ["clauses.register: [products] does not say whose \"a:one\" is"]
        );
        let level = wrong(&REGISTER.replace("must", "perhaps"));
        assert_eq!(level, ["clauses.register:8: a level is must, should or may"]);
    }

    #[test]
    fn each_clause_has_its_cases_and_each_page_some() {
        let cases = load::load(None).unwrap();
        let register = Register::load(None).unwrap().unwrap();
        let covered = register.coverage(&cases);
        for page in ["000", "001", "002", "003", "004"] {
            let of_page = || covered.iter().filter(|one| one.clause.page == page);
            assert!(of_page().any(|one| !one.cases.is_empty()), "{page}");
        }
    }
}
