//! Where two profiles part: what the snapshots of both say of the same case, held against each other.
//! A promise of the documentation against what a release was seen to do is such a difference.

use crate::case::Case;
use crate::compare::between;
use crate::snapshot::{Basis, Snapshot, Snapshots};
use profiles::Profile;
use serde::Serialize;

/// One difference between two profiles.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// The clauses of the case.
    pub clauses: Vec<String>,
    /// The case.
    pub case: String,
    /// Its summary.
    pub summary: String,
    /// The step, from 1.
    pub step: usize,
    /// What kind of difference it is, in words.
    pub kind: &'static str,
    /// The first profile's side.
    pub first: Side,
    /// The second profile's side.
    pub second: Side,
}

/// What one profile says, and on what ground.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Side {
    /// What it says or does.
    pub says: String,
    /// What that rests on.
    pub basis: Basis,
    /// Which page, release or file.
    pub from: String,
}

/// What was found, and how much could be held against each other.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Differences {
    /// The differences, in the order of the cases.
    pub found: Vec<Difference>,
    /// How many cases both profiles have something to say of.
    pub compared: usize,
}

/// All differences of these cases that this strictness sees.
///
/// # Errors
/// A snapshot cannot be read.
pub fn differences(
    cases: &[&Case],
    snapshots: &Snapshots,
    (first, second): (&Profile, &Profile),
    strict: u8,
) -> Result<Differences, String> {
    let mut differences = Differences::default();
    for case in cases {
        let both = (snapshots.find(first, case)?, snapshots.find(second, case)?);
        if let (Some(a), Some(b)) = both {
            differences.compared += 1;
            differences.found.extend(of_case(case, &a, &b, strict));
        }
    }
    Ok(differences)
}

fn of_case(case: &Case, a: &Snapshot, b: &Snapshot, strict: u8) -> Vec<Difference> {
    let side = |snapshot: &Snapshot, says: String| Side {
        says,
        basis: snapshot.basis,
        from: snapshot.from.clone(),
    };
    let mut found = between(&a.transcript, &b.transcript);
    found.retain(|finding| finding.kind.from_strictness() <= strict);
    let difference = |finding: crate::compare::Finding| {
        let kind = finding.kind.title();
        let (first, second) = (side(a, finding.expected), side(b, finding.got));
        Difference {
            clauses: case.clauses.clone(),
            case: case.id.clone(),
            summary: case.summary.clone(),
            step: finding.step,
            kind,
            first,
            second,
        }
    };
    found.into_iter().map(difference).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::Transcript;

    fn snapshot(basis: Basis, transcript: &str) -> Snapshot {
        Snapshot {
            description: String::new(),
            basis,
            seen: false,
            from: basis.word().to_owned(),
            case: String::new(),
            transcript: Transcript::parse(transcript).unwrap(),
        }
    }

    #[test]
    fn a_promise_is_held_against_an_answer_from_either_side() {
        let toml = "id='batch/x'\nsummary='s'\nlevel='must'\nclauses=['a:one']\nneeds=[]\n[[step]]\nwrite='m f=1'\n";
        let case = crate::load::parse("cases/batch/x.toml", toml).unwrap();
        let page = "1 write\n  promised 400\n  json line = 2\n";
        let page = snapshot(Basis::Documented, page);
        let release = snapshot(Basis::Recorded, "1 write\n  status 400\n  | {\"error\":\"x\"}\n");
        let [one] = of_case(&case, &page, &release, 1).try_into().unwrap();
        assert_eq!(
            (one.first.says.as_str(), one.first.basis),
            ("json line = 2", Basis::Documented)
        );
        assert_eq!(one.second.says, "no line: {\"error\":\"x\"}");
        let [other] = of_case(&case, &release, &page, 1).try_into().unwrap();
        assert_eq!((other.first, other.second), (one.second, one.first));
        assert_eq!(of_case(&case, &page, &page, 3), []);
    }
}
