//! From what is known of a case to its verdict: one match, computed once.

use crate::case::Level;
use crate::compare::{Finding, Kind};
use crate::snapshot::Basis;
use serde::{Deserialize, Serialize};

/// What is said of a case in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Everything that could be judged is as expected.
    Pass,
    /// Something is not.
    Fail,
    /// Something is not, and it does not weigh enough to fail.
    Warn,
    /// It fails, as is known.
    Xfail,
    /// It passes, though it is known to fail.
    Xpass,
    /// The target lacks what the case needs.
    Unsupported,
    /// It did not run.
    Skipped,
    /// It ran, and nothing certain came of it.
    Unknown,
    /// It could not run.
    Error,
}

impl Verdict {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Pass,
        Self::Fail,
        Self::Warn,
        Self::Xfail,
        Self::Xpass,
        Self::Unsupported,
        Self::Skipped,
        Self::Unknown,
        Self::Error,
    ];

    /// The word that reports use.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Warn => "warn",
            Self::Xfail => "xfail",
            Self::Xpass => "xpass",
            Self::Unsupported => "unsupported",
            Self::Skipped => "skipped",
            Self::Unknown => "unknown",
            Self::Error => "error",
        }
    }
}

/// How a case went.
pub(crate) enum Course<'f> {
    /// The target lacks something.
    Unsupported,
    /// It was not begun.
    Skipped,
    /// It could not begin.
    Error,
    /// No answer came in time, so that nothing certain is known.
    Unknown,
    /// It ran; what counts is among these.
    Ran(&'f [Finding]),
}

/// What the expectation weighs.
pub(crate) struct Weight {
    pub(crate) level: Level,
    /// What the snapshot rests on; none without a snapshot.
    pub(crate) basis: Option<Basis>,
    pub(crate) strict: u8,
    /// The case is on the list of known failures.
    pub(crate) known: bool,
}

/// The verdict. A fault against the ledger counts at every level and on any basis: it needs no
/// expectation. Any other counts if its case says must or should and its basis is more than a
/// guess.
pub(crate) fn verdict(course: &Course<'_>, weight: &Weight) -> Verdict {
    let findings = match course {
        Course::Unsupported => return Verdict::Unsupported,
        Course::Skipped => return Verdict::Skipped,
        Course::Error => return Verdict::Error,
        Course::Unknown => return Verdict::Unknown,
        Course::Ran(findings) => findings,
    };
    let counts = |finding: &&Finding| finding.kind.from_strictness() <= weight.strict;
    let fails = |finding: &Finding| {
        matches!(finding.kind, Kind::Honesty | Kind::NoAnswer)
            || (weight.level != Level::May && weight.basis != Some(Basis::Inferred))
    };
    let failed = findings.iter().filter(counts).any(fails);
    let warned = findings.iter().any(|finding| counts(&finding));
    match (failed, warned, weight.known) {
        (true, _, true) | (false, true, true) => Verdict::Xfail,
        (true, _, false) => Verdict::Fail,
        (false, false, true) => Verdict::Xpass,
        (false, true, false) => Verdict::Warn,
        (false, false, false) => Verdict::Pass,
    }
}

/// How a run ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// Everything that ran is as expected: 0.
    Conformant,
    /// Not conformant, a known failure that passes, or a stale list: 1.
    NotConformant,
    /// Wrong usage, or nothing ran: 2.
    Usage,
    /// The target cannot be judged: 3.
    Unusable,
    /// No verdict: 4.
    NoVerdict,
    /// Interrupted: 130.
    Interrupted,
}

impl Ending {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Conformant => 0,
            Self::NotConformant => 1,
            Self::Usage => 2,
            Self::Unusable => 3,
            Self::NoVerdict => 4,
            Self::Interrupted => 130,
        }
    }

    /// The ending of verdicts alone.
    pub fn of(verdicts: impl IntoIterator<Item = Verdict>) -> Self {
        let verdicts: Vec<_> = verdicts.into_iter().collect();
        let any = |wanted: &[Verdict]| verdicts.iter().any(|v| wanted.contains(v));
        if any(&[Verdict::Fail, Verdict::Xpass]) {
            Self::NotConformant
        } else if any(&[Verdict::Unknown, Verdict::Error]) {
            Self::NoVerdict
        } else if any(&[Verdict::Pass, Verdict::Warn, Verdict::Xfail]) {
            Self::Conformant
        } else {
            Self::Usage
        }
    }

    /// The ending of several runs: the gravest counts.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let rank = |ending| match ending {
            Self::Conformant => 0,
            Self::NoVerdict => 1,
            Self::NotConformant => 2,
            Self::Unusable => 3,
            Self::Usage => 4,
            Self::Interrupted => 5,
        };
        if rank(other) > rank(self) { other } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(kind: Kind, level: Level, basis: Basis, strict: u8) -> Verdict {
        let finding = Finding { step: 1, kind, expected: String::new(), got: String::new() };
        verdict(
            &Course::Ran(&[finding]),
            &Weight { level, basis: Some(basis), strict, known: false },
        )
    }

    #[test]
    fn level_basis_and_strictness_decide() {
        use Basis::{Inferred, Recorded};
        use Level::{May, Must, Should};
        assert_eq!(of(Kind::Status, Must, Recorded, 1), Verdict::Fail);
        assert_eq!(of(Kind::Status, Should, Recorded, 1), Verdict::Fail);
        assert_eq!(of(Kind::Status, May, Recorded, 1), Verdict::Warn);
        assert_eq!(of(Kind::Status, Must, Inferred, 1), Verdict::Warn);
        assert_eq!(of(Kind::Status, Must, Recorded, 0), Verdict::Pass);
        assert_eq!(of(Kind::Message, Must, Recorded, 1), Verdict::Pass);
        assert_eq!(of(Kind::Honesty, May, Inferred, 0), Verdict::Fail);
    }

    #[test]
    fn no_answer_counts_as_much_as_a_lie() {
        assert_eq!(of(Kind::NoAnswer, Level::May, Basis::Inferred, 0), Verdict::Fail);
        assert_eq!(of(Kind::StatusClass, Level::May, Basis::Recorded, 0), Verdict::Warn);
        assert_eq!(of(Kind::StatusClass, Level::Must, Basis::Documented, 0), Verdict::Fail);
        assert_eq!(of(Kind::StatusClass, Level::Must, Basis::Source, 0), Verdict::Fail);
    }

    #[test]
    fn what_did_not_run_has_a_verdict_of_its_own() {
        let weight = Weight { level: Level::Must, basis: None, strict: 1, known: true };
        assert_eq!(verdict(&Course::Unsupported, &weight), Verdict::Unsupported);
        assert_eq!(verdict(&Course::Skipped, &weight), Verdict::Skipped);
        assert_eq!(verdict(&Course::Error, &weight), Verdict::Error);
        assert_eq!(verdict(&Course::Unknown, &weight), Verdict::Unknown);
    }

    #[test]
    fn verdicts_have_words_and_endings_have_codes() {
        let words = Verdict::ALL.map(Verdict::word);
        let expected = "pass fail warn xfail xpass unsupported skipped unknown error".split(' ');
        assert!(words.into_iter().eq(expected), "{words:?}");
        use Ending::{Conformant, Interrupted, NoVerdict, NotConformant, Unusable, Usage};
        let order = [Conformant, NoVerdict, NotConformant, Unusable, Usage, Interrupted];
        assert_eq!(order.map(Ending::code), [0, 4, 1, 3, 2, 130]);
        for (n, low) in order.into_iter().enumerate() {
            for high in order.into_iter().skip(n) {
                assert_eq!((low.and(high), high.and(low)), (high, high));
            }
        }
    }

    #[test]
    fn known_failures_must_fail() {
        let weight =
            |known| Weight { level: Level::Must, basis: Some(Basis::Recorded), strict: 1, known };
        assert_eq!(verdict(&Course::Ran(&[]), &weight(true)), Verdict::Xpass);
        assert_eq!(verdict(&Course::Ran(&[]), &weight(false)), Verdict::Pass);
        // What only warns has not passed.
        let expected = String::new();
        let finding = Finding { step: 1, kind: Kind::Status, expected, got: String::new() };
        let may = Weight { level: Level::May, ..weight(true) };
        assert_eq!(verdict(&Course::Ran(&[finding]), &may), Verdict::Xfail);
    }

    #[test]
    fn endings_have_an_order() {
        use Verdict::{Error, Fail, Pass, Skipped, Unknown, Unsupported, Xpass};
        assert_eq!(Ending::of([Pass, Unsupported]).code(), 0);
        assert_eq!(Ending::of([Pass, Xpass]).code(), 1);
        assert_eq!(Ending::of([Unknown, Fail]).code(), 1);
        assert_eq!(Ending::of([Pass, Error]).code(), 4);
        assert_eq!(Ending::of([Unsupported, Skipped]).code(), 2);
        assert_eq!(Ending::of([]).code(), 2);
        for conformant in [Verdict::Warn, Verdict::Xfail] {
            assert_eq!(Ending::of([conformant]).code(), 0);
        }
        assert_eq!(Ending::of([Pass, Unknown]).code(), 4);
        assert_eq!(Ending::NotConformant.and(Ending::Unusable).code(), 3);
    }
}
