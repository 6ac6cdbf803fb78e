//! The page, as far as it can be judged without a browser; `cargo xtask report-pages` opens it.

use super::{HOSTILE, case, event, failing, finished, hostile, started};
use base64::Engine;
use harness::clauses::Register;
use harness::event::Event;
use harness::report::html::report;
use sha2::{Digest, Sha256};

fn page(events: &[Event]) -> String {
    of(events, None)
}

/// The page; that slashes are escaped too is of no interest.
fn of(events: &[Event], register: Option<&Register>) -> String {
    report(events, register).unwrap().replace("&#x2f;", "/")
}

/// What stands between these two, the first time.
fn between<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    let start = text.find(from).unwrap() + from.len();
    &text[start..start + text[start..].find(to).unwrap()]
}

#[test]
fn nothing_can_be_loaded_and_only_its_own_script_runs() {
    let page = page(&hostile());
    let policy = between(&page, "Content-Security-Policy\" content=\"", "\"");
    assert!(policy.starts_with("default-src 'none'; "), "{policy}");
    for (source, element) in [("style-src", "style"), ("script-src", "script")] {
        let inline = between(&page, &format!("<{element}>"), &format!("</{element}>"));
        let digest = Sha256::digest(inline.as_bytes());
        let digest = base64::engine::general_purpose::STANDARD.encode(digest);
        assert!(policy.contains(&format!("{source} 'sha256-{digest}'")), "{source}: {policy}");
        assert_eq!(page.matches(&format!("<{element}")).count(), 1, "{element}");
    }
    assert!(!page.contains(" style=") && !page.contains("http-equiv=\"refresh"));
}

#[test]
fn nobody_elses_text_is_markup() {
    let page = page(&hostile());
    assert!(!page.contains("<img") && !page.contains("onerror=alert(1)>"));
    assert!(page.matches("&lt;img src=x onerror=alert(1)&gt;").count() >= 10);
    for hidden in ['\0', '\u{1b}', '\u{202e}', '\u{fffe}', '\u{85}', '\r'] {
        assert!(HOSTILE.contains(hidden) && !page.contains(hidden), "{hidden:?}");
    }
}

#[test]
fn a_case_has_all_that_is_known_of_it() {
    let mut bad = failing("oss-v2@2.7", "a/bad", "what it says");
    bad["clauses"] = serde_json::json!(["v2:400-malformed", "v3:message"]);
    let events: Vec<_> =
        [started("oss-v2@2.7", 1), bad, finished("oss-v2@2.7", "not-conformant")].map(event).into();
    let register = Register::load(None).unwrap();
    let page = of(&events, register.as_ref());
    let case = between(&page, "id=\"run-1/a/bad\"", "</details>");
    for part in [
        "FAIL",
        "MUST",
        "1.500 s",
        "Step 1: status",
        "<pre class=\"curl\">\nwhat it says</pre>",
        "✗ MUTATED: what it says",
        "Expected by: recorded: what it says",
        // The page's own words, of the product's own promises.
        "The response body contains the first malformed line in the data.",
        "Clauses of other products: v3:message.",
    ] {
        assert!(case.contains(part), "{part}: {case}");
    }
}

#[test]
fn a_large_run_is_shown_in_short_and_says_so() {
    let long = format!("1 write\n{}", "  | x\n".repeat(3_000));
    let ids: Vec<_> = (0..700).map(|n| format!("area/case-{n}")).collect();
    let mut events = vec![started("p@1", ids.len() + 1)];
    events.extend(ids.iter().map(|id| {
        let mut case = case("p@1", id, "pass");
        case["transcript"] = long.clone().into();
        case
    }));
    events.push(failing("p@1", "area/bad", "bad"));
    events.push(finished("p@1", "not-conformant"));
    let events: Vec<_> = events.into_iter().map(event).collect();
    let page = page(&events);
    assert!(page.len() < 1_000_000, "{}", page.len());
    assert!(page.contains("700 cases that are as they should be are shown in short"));
    assert_eq!(page.matches("<pre class=\"curl\">").count(), 1);
    assert_eq!(page.matches(" data-v=\"pass\"").count(), 700);
    // Ten of them have room.
    let few: Vec<_> = events[..11].iter().cloned().chain([events[702].clone()]).collect();
    let page = of(&few, None);
    assert!(!page.contains("Left out:"));
    assert_eq!(page.matches("<pre class=\"curl\">").count(), 10);
}
