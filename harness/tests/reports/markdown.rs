//! Markdown for a pull request: it fits, it says what is missing, and nobody's text is markup.

use super::{case, event, failing, finished, hostile, started};
use harness::report::markdown::report;

/// GitHub's limit for the body of a comment.
const LIMIT: usize = 65_536;

/// The text without its blocks of code, by the rule of fences (CommonMark 0.31, 4.5): a block ends
/// at the first line of as many backticks as opened it, or more.
fn outside_of_fences(text: &str) -> String {
    let mut outside = String::new();
    let mut fence = 0;
    for line in text.lines() {
        let ticks = line.len() - line.trim_start_matches('`').len();
        if fence == 0 && ticks >= 3 {
            fence = ticks;
        } else if fence > 0 && ticks >= fence && line.trim_start_matches('`').trim().is_empty() {
            fence = 0;
        } else if fence == 0 {
            outside += line;
            outside.push('\n');
        }
    }
    assert_eq!(fence, 0, "a block of code has no end");
    outside
}

#[test]
fn nobody_elses_text_is_markup() {
    let text = report(&hostile());
    let mut outside = outside_of_fences(&text);
    for own in ["details", "summary", "b", "code"] {
        outside = outside.replace(&format!("<{own}>"), "").replace(&format!("</{own}>"), "");
    }
    let outside = outside.replace("<!-- -->", "");
    assert!(!outside.contains(['<', '>', '`', '*', '@', '[']), "{outside}");
    assert!(outside.lines().all(|line| !line.starts_with("::")), "{outside}");
    // A table has as many columns in each row.
    let rows: Vec<_> = outside.lines().filter(|line| line.contains('|')).collect();
    assert_eq!(rows.iter().map(|row| row.matches('|').count()).collect::<Vec<_>>(), [4, 4, 4]);
    for hidden in ['\0', '\u{1b}', '\u{202e}', '\r'] {
        assert!(!text.contains(hidden), "{hidden:?}");
    }
}

#[test]
fn it_fits_and_says_what_is_left_out() {
    let long = "é`<@".repeat(5_000);
    let ids: Vec<_> = (0..2_000).map(|n| format!("area/case-{n}")).collect();
    let mut events = vec![started("p@1", ids.len())];
    events.extend(ids.iter().map(|id| failing("p@1", id, &long)));
    events.push(finished("p@1", "not-conformant"));
    let events: Vec<_> = events.into_iter().map(event).collect();
    let text = report(&events);
    assert!(text.len() <= LIMIT, "{}", text.len());
    assert!(text.len() > LIMIT / 2, "the room is used: {}", text.len());
    let shown = text.matches("<details>").count();
    assert_eq!(shown, text.matches("</details>").count());
    outside_of_fences(&text);
    let left = ids.len() - shown;
    assert!(text.contains(&format!("{left} more cases in short")), "{shown}");
    let named = text.lines().filter(|line| line.starts_with("- FAIL ")).count();
    assert!(text.contains(&format!("and {} more that are not named", left - named)), "{named}");
}

#[test]
fn the_gravest_come_first() {
    let mut events =
        vec![started("p@1", 3), case("p@1", "a/x", "warn"), case("p@1", "a/y", "error")];
    events.push(failing("p@1", "a/z", "why"));
    events.push(finished("p@1", "not-conformant"));
    let text = report(&events.into_iter().map(event).collect::<Vec<_>>());
    let place = |word: &str| text.find(&format!("<b>{word}</b>")).unwrap();
    assert!(place("FAIL") < place("ERROR") && place("ERROR") < place("WARN"));
    assert!(text.contains("- why\n+ why\n"), "{text}");
}
