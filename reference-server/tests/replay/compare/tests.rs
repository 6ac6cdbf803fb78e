//! The comparison sees what differs, and nothing else.

use super::*;
use crate::answer::ReadBack;
use crate::recording::Script;

fn answer(status: u16, header: (&str, &str), body: &str) -> Answer {
    let headers = [(header.0.to_owned(), header.1.to_owned())].into();
    Answer { status, headers, body: Content::Text(body.to_owned()) }
}

fn stored(body: &str) -> Stored {
    let read = ReadBack { status: 200, body: Content::Text(body.to_owned()) };
    [("select".to_owned(), read)].into()
}

fn levels(recorded: (Answer, Stored), got: (Answer, Stored)) -> Vec<Level> {
    let probe = Probe {
        id: "an/id".to_owned(),
        script: Script::Requests(Vec::new()),
        answers: vec![recorded.0],
        stored: recorded.1,
    };
    let played = Played { answers: vec![got.0], stored: got.1 };
    differences(&probe, &played).into_iter().map(|d| d.level).collect()
}

const VERSION: (&str, &str) = ("x-influxdb-version", "1.6.7~rc0");

#[test]
fn each_level_is_seen() {
    let recorded = || (answer(400, VERSION, "{\"error\":\"x\"}\n"), stored("{\"a\":1}"));
    let other = [
        (answer(204, VERSION, "{\"error\":\"x\"}\n"), stored("{\"a\":1}"), Level::Status),
        (answer(400, VERSION, "{\"error\":\"x\"}"), stored("{\"a\":1}"), Level::Body),
        (
            answer(400, ("x-influxdb-version", "1.8"), "{\"error\":\"x\"}\n"),
            stored("{\"a\":1}"),
            Level::Headers,
        ),
        (answer(400, VERSION, "{\"error\":\"x\"}\n"), stored("{\"a\":1.0}"), Level::Read),
        (answer(400, VERSION, "{\"error\":\"x\"}\n"), Stored::new(), Level::Read),
    ];
    for (answer, stored, level) in other {
        assert_eq!(levels(recorded(), (answer, stored)), [level]);
    }
    assert_eq!(levels(recorded(), recorded()), []);
}

#[test]
fn what_no_two_runs_share_is_not_seen() {
    let recorded = (
        answer(200, ("allow", "GET, POST"), "at 2026-11-21T03:34:26.049Z, 1795228768000"),
        stored("{\"a\":[1795228768000000000],\"b\":2}"),
    );
    let got = (
        answer(200, ("allow", "POST, GET"), "at 2027-01-02T03:04:05Z, 1795240000123"),
        stored("{ \"b\": 2, \"a\": [1795240000123456789] }\n"),
    );
    assert_eq!(levels(recorded, got), []);
}
