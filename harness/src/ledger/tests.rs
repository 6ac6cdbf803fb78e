//! The words of a ledger.

use super::*;

fn ledger(fates: &[Fate]) -> Ledger {
    let entry = |(n, fate): (usize, &Fate)| Entry {
        line: n + 1,
        text: "a f=1".to_owned(),
        claim: Claim::Accepted,
        fate: fate.clone(),
    };
    let entries = fates.iter().enumerate().map(entry).collect();
    Ledger { entries, strays: vec!["PHANTOM, b".to_owned()] }
}

#[test]
fn only_what_is_wrong_is_a_difference() {
    let right = [Fate::Stored, Fate::Absent, Fate::Unjudged];
    assert_eq!(ledger(&right).differences(), ["PHANTOM, b"]);
    assert!(!right.iter().any(Fate::is_wrong));
    assert_eq!(right.map(|fate| fate.word()), ["stored", "-", "unjudged"]);
    let how = Fate::Mutated("f is 2".to_owned());
    let wrong = [Fate::Lost, Fate::Phantom, how, Fate::Duplicated, Fate::Late];
    assert_eq!(
        ledger(&wrong).differences(),
        [
            "line 1 LOST: a f=1",
            "line 2 PHANTOM: a f=1",
            "line 3 MUTATED (f is 2): a f=1",
            "line 4 DUPLICATED: a f=1",
            "line 5 LATE: a f=1",
            "PHANTOM, b",
        ]
    );
}

#[test]
fn only_a_lost_line_may_still_come() {
    assert!(ledger(&[Fate::Stored, Fate::Lost]).misses_something());
    assert!(!ledger(&[Fate::Stored, Fate::Absent, Fate::Phantom]).misses_something());
}
