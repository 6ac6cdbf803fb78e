//! The reports, from outside: events in, text out, held against what each form asks for.

#[path = "reports/forms.rs"]
mod forms;
#[path = "reports/html.rs"]
mod html;
#[path = "reports/junit.rs"]
mod junit;
#[path = "reports/markdown.rs"]
mod markdown;
#[path = "reports/saved.rs"]
mod saved;

use harness::event::Event;
use serde_json::{Value as Json, json};

/// What a hostile server or case might say.
const HOSTILE: &str = "</code></pre></script><script>alert(1)</script><img src=x onerror=alert(1)>\
    \n::error::injected\r\n##[error]too\n````\n@everyone #1 **b** | ]]> \" ' % , : \
    \0\u{1b}[31m\u{202e}txet\u{fffe}\u{85}";

/// An event, from its JSON.
fn event(json: Json) -> Event {
    serde_json::from_value(json).expect("an event")
}

fn started(profile: &str, cases: usize) -> Json {
    json!({"event": "started", "lineproof": "0.1.0", "profile": profile, "target": "http://h:1",
        "cases": cases, "strict": 1, "lacks": [["sql", "p@1 has none"]], "read_back": "influxql",
        "notes": []})
}

fn case(profile: &str, id: &str, verdict: &str) -> Json {
    json!({"event": "case", "profile": profile, "id": id, "level": "must", "summary": "A summary.",
        "clauses": [], "verdict": verdict, "reason": null, "basis": "recorded", "from": "a release",
        "findings": [], "ledgers": [], "curl": ["curl http://h:1/write"],
        "transcript": "1 write\n  status 204\n", "notes": [], "unread": false, "milliseconds": 1500})
}

/// A case that fails, and says so with this text wherever it can.
fn failing(profile: &str, id: &str, text: &str) -> Json {
    let mut case = case(profile, id, "fail");
    case["summary"] = text.into();
    case["reason"] = text.into();
    case["from"] = text.into();
    case["clauses"] = json!([text]);
    case["notes"] = json!([text]);
    case["curl"] = json!([text]);
    case["transcript"] = text.into();
    case["findings"] = json!([{"step": 1, "kind": "status", "expected": text, "got": text}]);
    let entry = json!({"line": 1, "text": text, "claim": "accepted", "fate": {"is": "mutated", "how": text}});
    case["ledgers"] = json!([[1, {"entries": [entry], "strays": [text]}]]);
    case
}

fn finished(profile: &str, ending: &str) -> Json {
    json!({"event": "finished", "profile": profile, "ending": ending, "reason": null,
        "left_behind": null, "stale": [], "milliseconds": 10})
}

/// A run on a hostile server.
fn hostile() -> Vec<Event> {
    let mut end = finished("p@1", "not-conformant");
    end["reason"] = HOSTILE.into();
    end["left_behind"] = HOSTILE.into();
    end["stale"] = json!([HOSTILE]);
    let mut warn = case("p@1", "a/warned", "warn");
    warn["reason"] = HOSTILE.into();
    let mut skipped = case("p@1", "a/skipped", "skipped");
    skipped["reason"] = HOSTILE.into();
    let mut error = case("p@1", "b/error", "error");
    error["reason"] = HOSTILE.into();
    let cases =
        [case("p@1", "a/good", "pass"), failing("p@1", "a/bad", HOSTILE), warn, skipped, error];
    let mut events = vec![started("p@1", cases.len())];
    events.extend(cases);
    events.push(end);
    events.into_iter().map(event).collect()
}
