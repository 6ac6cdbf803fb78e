//! The register of promises and the cases, in step.

use harness::clauses::Register;

#[test]
fn every_promise_has_a_case_or_a_reason_why_it_has_none() {
    let cases = harness::load::load(None).unwrap();
    let register = Register::load(None).unwrap().unwrap();
    for covered in register.coverage(&cases) {
        let (id, has_case) = (&covered.clause.id, !covered.cases.is_empty());
        match &covered.clause.untestable {
            None => assert!(has_case, "{id} has no case"),
            Some(why) => assert!(!has_case, "{id} has a case, though \"{why}\""),
        }
    }
}
