//! What a run says of the fault that its server has. Nothing is said by what came to no verdict: the
//! machine may have been slow, and no fault is found by that. It needs no server, so that it is tested in
//! the build that everybody tests.

use harness::verdict::{Ending, Verdict};
use std::collections::BTreeMap;

/// What came of some cases on one server.
pub(super) struct Ran {
    pub(super) ending: Ending,
    pub(super) reason: Option<String>,
    pub(super) verdicts: BTreeMap<String, Verdict>,
}

/// What a run says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    /// The fault is found: the server is not conformant, or is refused.
    Killed,
    /// It is not.
    Lives,
    /// Neither is certain.
    Undecided,
}

impl Ran {
    pub(super) fn says(&self) -> Says {
        match self.ending {
            Ending::NotConformant | Ending::Unusable => Says::Killed,
            Ending::Conformant | Ending::Usage => Says::Lives,
            Ending::NoVerdict | Ending::Interrupted => Says::Undecided,
        }
    }

    /// The cases that found something.
    pub(super) fn failed(&self) -> impl Iterator<Item = &str> {
        self.with(&[Verdict::Fail])
    }

    /// The cases that came to no verdict.
    pub(super) fn open(&self) -> impl Iterator<Item = &str> {
        self.with(&[Verdict::Unknown, Verdict::Error])
    }

    fn with(&self, wanted: &'static [Verdict]) -> impl Iterator<Item = &str> {
        let chosen = self.verdicts.iter().filter(move |(_, verdict)| wanted.contains(verdict));
        chosen.map(|(id, _)| id.as_str())
    }

    /// The cases that a patient server is asked once more, before it is believed that time alone
    /// was missing; all of them where the run came to nothing at all.
    pub(super) fn is_doubtful(&self, id: &str) -> bool {
        match self.ending {
            // Also a canary may have been too late.
            Ending::Unusable => true,
            _ => self.open().any(|open| open == id),
        }
    }

    /// The same, where the doubtful cases were asked again in peace: that counts in the place of
    /// what they said first.
    #[must_use]
    pub(super) fn and_again(mut self, again: Self) -> Self {
        self.verdicts.extend(again.verdicts);
        if again.ending == Ending::Unusable {
            return Self { ending: Ending::Unusable, reason: again.reason, ..self };
        }
        let ending = Ending::of(self.verdicts.values().copied());
        Self { ending, reason: None, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Verdict::{Error, Fail, Pass, Unknown, Unsupported, Warn};

    fn ran(ending: Ending, verdicts: &[(&str, Verdict)]) -> Ran {
        let verdicts = verdicts.iter().map(|(id, verdict)| ((*id).to_owned(), *verdict));
        Ran { ending, reason: Some("why".to_owned()), verdicts: verdicts.collect() }
    }

    /// `lineproof mutants --help`: killed is what is not conformant, or what is refused.
    #[test]
    fn only_a_verdict_kills() {
        for (ending, says) in [
            (Ending::NotConformant, Says::Killed),
            (Ending::Unusable, Says::Killed),
            (Ending::Conformant, Says::Lives),
            (Ending::Usage, Says::Lives),
            (Ending::NoVerdict, Says::Undecided),
            (Ending::Interrupted, Says::Undecided),
        ] {
            assert_eq!(ran(ending, &[]).says(), says, "{ending:?}");
        }
    }

    #[test]
    fn what_could_not_run_has_found_nothing() {
        let verdicts = [("a", Fail), ("b", Unknown), ("c", Error), ("d", Warn), ("e", Pass)];
        let ran = ran(Ending::NotConformant, &verdicts);
        assert_eq!(ran.failed().collect::<Vec<_>>(), ["a"]);
        assert_eq!(ran.open().collect::<Vec<_>>(), ["b", "c"]);
    }

    #[test]
    fn what_was_late_is_asked_again_and_the_second_answer_counts() {
        let first = || ran(Ending::NoVerdict, &[("a", Pass), ("b", Unknown), ("c", Error)]);
        let doubtful: Vec<_> =
            ["a", "b", "c"].into_iter().map(|id| first().is_doubtful(id)).collect();
        assert_eq!(doubtful, [false, true, true]);
        for (verdict, ending, says) in [
            (Pass, Ending::Conformant, Says::Lives),
            (Fail, Ending::NotConformant, Says::Killed),
            (Unknown, Ending::NoVerdict, Says::Undecided),
            (Unsupported, Ending::Conformant, Says::Lives),
        ] {
            let second = ran(Ending::of([verdict]), &[("b", verdict), ("c", Pass)]);
            let both = first().and_again(second);
            assert_eq!((both.ending, both.says()), (ending, says), "{verdict:?}");
            assert_eq!(both.verdicts.len(), 3);
            assert_eq!(both.reason, None);
        }
    }

    #[test]
    fn a_refusal_must_be_said_twice() {
        let refused = || ran(Ending::Unusable, &[]);
        assert!(refused().is_doubtful("any"));
        assert_eq!(
            refused().and_again(ran(Ending::Conformant, &[("a", Pass)])).says(),
            Says::Lives
        );
        let twice = refused().and_again(refused());
        assert_eq!((twice.says(), twice.reason.as_deref()), (Says::Killed, Some("why")));
        let late = ran(Ending::NoVerdict, &[("a", Unknown)]).and_again(refused());
        assert_eq!(late.ending, Ending::Unusable);
    }
}
