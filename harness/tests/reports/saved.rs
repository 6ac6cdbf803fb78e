//! Saved runs: what cannot be read is told with its line, what is missing makes the run partial.

use super::{case, finished, started};
use harness::event::Event;
use harness::report::{complete, ending, text};
use harness::saved;
use harness::verdict::Ending;
use serde_json::Value as Json;

fn lines(events: &[Json]) -> String {
    events.iter().map(|event| format!("{event}\n")).collect()
}

fn read(text: &str) -> Result<Vec<Event>, String> {
    let saved = saved::read(text.as_bytes())?;
    complete(saved.events)
}

fn ends(text: &str) -> Ending {
    ending(&read(text).unwrap())
}

#[test]
fn a_broken_line_is_told_by_its_number() {
    let good = lines(&[started("p@1", 1), case("p@1", "a/x", "pass")]);
    let error = |text: String| read(&text).unwrap_err();
    let broken = error(format!("{good}\n{{\"event\": \"case\", \n{good}"));
    assert!(broken.starts_with("line 4: not a line of JSON ("), "{broken}");
    let other = error(format!("{good}{{\"a\":1}}\n"));
    assert_eq!(other, "line 3: not an event of `lineproof run --format json`");
    let lacks = error(format!("{good}{{\"event\":\"case\",\"id\":\"a/x\"}}\n"));
    assert!(lacks.starts_with("line 3: an event that cannot be read (missing field"), "{lacks}");
    assert!(error("\u{1f}binary".to_owned()).starts_with("line 1: "));
    let bytes = saved::read(&b"{\"event\":\"\xff\"}\n"[..]).unwrap_err();
    assert!(bytes.starts_with("line 1: "), "{bytes}");
}

#[test]
fn events_of_a_newer_version_are_left_out() {
    let mut run =
        vec![started("p@1", 1), case("p@1", "a/x", "pass"), finished("p@1", "conformant")];
    run[1]["news"] = serde_json::json!({"of": "tomorrow"});
    run.insert(1, serde_json::json!({"event": "weather", "profile": "p@1"}));
    let saved = saved::read(lines(&run).as_bytes()).unwrap();
    assert_eq!((saved.unknown, saved.events.len()), (1, 3));
    assert_eq!(ends(&lines(&run)), Ending::Conformant);
}

#[test]
fn a_run_that_is_not_whole_is_partial() {
    let run = [started("p@1", 2), case("p@1", "a/x", "pass"), case("p@1", "a/y", "pass")];
    let end = finished("p@1", "conformant");
    let whole = lines(&run) + &lines(std::slice::from_ref(&end));
    assert_eq!(ends(&whole), Ending::Conformant);
    // The end is missing, or cut off in the middle of a line.
    assert_eq!(ends(&lines(&run)), Ending::Interrupted);
    assert_eq!(ends(&whole[..whole.len() - 20]), Ending::Interrupted);
    // A case is.
    let gap = lines(&run[..2]) + &lines(&[end]);
    assert_eq!(ends(&gap), Ending::Interrupted);
    let report = text::report(&read(&gap).unwrap(), text::Style::default());
    assert!(report.contains("1 cases are missing: the report is partial"), "{report}");
}

/// One result stands for all random batches.
#[test]
fn a_run_of_random_batches_is_whole() {
    let run =
        [started("p@1", 3000), case("p@1", "generated/s1", "pass"), finished("p@1", "conformant")];
    assert_eq!(ends(&lines(&run)), Ending::Conformant);
}

#[test]
fn the_ending_is_weighed_by_the_cases() {
    let run = |verdict| {
        lines(&[started("p@1", 1), case("p@1", "a/x", verdict), finished("p@1", "conformant")])
    };
    assert_eq!(ends(&run("fail")), Ending::NotConformant);
    assert_eq!(ends(&run("unknown")), Ending::NoVerdict);
    assert_eq!(ends(&run("warn")), Ending::Conformant);
    let two = run("pass") + &run("fail").replace("p@1", "q@1");
    assert_eq!(ends(&two), Ending::NotConformant);
    assert_eq!(ends(&lines(&[finished("p@1", "unusable")])), Ending::Unusable);
    // The target was lost in the middle: that is why cases are missing.
    let lost = [started("p@1", 3), case("p@1", "a/x", "fail"), finished("p@1", "unusable")];
    assert_eq!(ends(&lines(&lost)), Ending::Unusable);
    let twice = read(&(run("pass") + &run("pass"))).unwrap_err();
    assert!(twice.starts_with("a/x is there twice on p@1"), "{twice}");
}
