//! The cases and snapshots of this repository: readable, and belonging together.

use harness::load::load;
use harness::snapshot::{Snapshots, audit};

#[test]
fn every_case_can_be_read() {
    let cases = load(None).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    assert!(cases.len() >= 200, "only {} cases are embedded", cases.len());
}

#[test]
fn every_snapshot_belongs_to_its_case() {
    let cases = load(None).unwrap();
    let wrong = audit(&cases, profiles::ALL, &Snapshots::default());
    assert_eq!(wrong, [""; 0], "record them again: `lineproof record`");
}

#[test]
fn a_snapshot_of_another_text_is_found() {
    let mut cases = load(None).unwrap();
    for case in &mut cases {
        case.source = case.source.replace("[[step]]", "[[step]] # changed");
    }
    let wrong = audit(&cases, profiles::ALL, &Snapshots::default());
    assert!(wrong.iter().any(|line| line.contains("has changed since")), "{wrong:?}");
    let wrong = audit(&[], profiles::ALL, &Snapshots::default());
    assert!(wrong.iter().any(|line| line.contains("no case and profile")), "{wrong:?}");
}
