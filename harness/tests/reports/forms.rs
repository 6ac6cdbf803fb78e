//! Annotations and badges.

use super::{case, event, failing, finished, hostile, started};
use harness::event::Event;
use harness::report::{badge, github};
use serde_json::{Value as Json, json};

fn run(cases: Vec<Json>, ending: &str) -> Vec<Event> {
    let mut events = vec![started("p@1", cases.len())];
    events.extend(cases);
    events.push(finished("p@1", ending));
    events.into_iter().map(event).collect()
}

/// How values are written: github.com/actions/toolkit, packages/core/src/command.ts, escapeData and
/// escapeProperty.
#[test]
fn annotations_are_written_as_the_toolkit_writes_them() {
    let mut odd = failing("p@1", "a/one-two", "50 %: a,\nb");
    odd["findings"] = json!([]);
    let mut warn = case("p@1", "a/w", "warn");
    warn["reason"] = "odd".into();
    let text = github::report(&run(vec![odd, warn], "not-conformant"), "my cases, all");
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(
        lines,
        [
            "::error title=lineproof%3A p@1::not conformant: 1 MUST, 0 SHOULD, 0 MAY (1 fail, 1 warn)",
            "::error file=my cases%2C all/a/one-two.toml,title=FAIL a/one-two [p@1]::\
             50 %25: a,%0Ab%0A50 %25: a,%0Ab%0Alineproof explain a/one-two --profile p@1",
            "::warning file=my cases%2C all/a/w.toml,title=WARN a/w [p@1]::\
             A summary.%0Aodd%0Alineproof explain a/w --profile p@1",
            "p@1: not conformant: 1 MUST, 0 SHOULD, 0 MAY (1 fail, 1 warn)",
        ]
    );
}

#[test]
fn no_text_becomes_a_command() {
    let mut events = hostile();
    let profile = "::stop-commands::x\n##[error]y";
    events.push(event(finished(profile, "unusable")));
    for line in github::report(&events, "cases").lines() {
        let ours = line.starts_with("::error ") || line.starts_with("::warning ");
        assert!(ours || !(line.trim_start().starts_with("::") || line.contains("##[")), "{line}");
        assert!(!line.contains(['\0', '\u{1b}', '\u{202e}', '\r']), "{line}");
    }
}

/// What the members may be: <https://shields.io/badges/endpoint-badge>.
#[test]
fn a_badge_says_how_it_ended() {
    let badge = |events: &[Event]| -> Json { serde_json::from_str(&badge::json(events)).unwrap() };
    let good = run(vec![case("p@1", "a/x", "pass")], "conformant");
    assert_eq!(
        badge(&good),
        json!({"schemaVersion": 1, "label": "lineproof", "message": "p@1: conformant",
            "color": "brightgreen", "isError": false})
    );
    let bad = badge(&hostile());
    assert_eq!(bad["color"], "red");
    assert_eq!(bad["message"], "p@1: not conformant: 1 MUST, 0 SHOULD, 0 MAY");
    assert_eq!(badge(&[])["message"], "nothing ran");
    let mut two = good;
    two.push(event(finished("<q>&\"", "unusable")));
    assert_eq!(badge(&two)["message"], "1 of 2 profiles conformant");
    // A picture is XML, whatever a profile is called.
    let picture = badge::svg(&two[2..]);
    assert!(!picture.contains("<q>"), "{picture}");
    let mut reader = quick_xml::Reader::from_str(&picture);
    while !matches!(reader.read_event().unwrap(), quick_xml::events::Event::Eof) {}
}
