//! Transcripts held against each other, by hand.

use super::*;

fn kinds(expected: &str, got: &str) -> Vec<Kind> {
    let parse = |text: &str| Transcript::parse(text).unwrap();
    compare(&parse(expected), &parse(got)).into_iter().map(|finding| finding.kind).collect()
}

#[test]
fn each_difference_has_its_kind() {
    let base = "1 write\n  status 400\n  a: b\n  | {\"error\":\"x\"}␊\n";
    assert_eq!(kinds(base, base), []);
    assert_eq!(kinds(base, &base.replace("400", "422")), [Kind::Status]);
    assert_eq!(kinds(base, &base.replace("400", "204")), [Kind::StatusClass]);
    assert_eq!(kinds(base, &base.replace("a: b", "a: c")), [Kind::Header]);
    assert_eq!(kinds(base, &base.replace("error\":\"x", "error\":\"y")), [Kind::Message]);
    assert_eq!(kinds(base, &base.replace("error", "message")), [Kind::Shape]);
    assert_eq!(
        kinds(base, &base.replace("  | {\"error\":\"x\"}␊\n", "  | <html>\n")),
        [Kind::Shape]
    );
    assert_eq!(kinds(base, &base.replace("␊", "")), [Kind::Bytes]);
    assert_eq!(kinds(base, "1 write\n  no answer: reset\n"), [Kind::NoAnswer]);
    let stored = "1 read_back\n  = m f=1 1\n";
    assert_eq!(kinds(stored, "1 read_back\n  nothing stored\n"), [Kind::Stored]);
    assert_eq!(kinds(stored, "1 read_back\n  ? broken\n"), [Kind::Stored]);
}

#[test]
fn to_do_better_than_the_product_is_no_fault() {
    let product = "1 write\n  status 500\n2 read_back\n  nothing stored\n";
    let better = "1 write\n  status 204\n2 read_back\n  = m f=1 1\n";
    assert_eq!(kinds(product, better), [Kind::Message, Kind::Message]);
    assert_eq!(kinds(better, product), [Kind::StatusClass, Kind::Stored]);
    let product = "1 write\n  status 500\n2 write\n  status 204\n";
    let fails_later = "1 write\n  status 204\n2 write\n  status 503\n";
    assert_eq!(kinds(product, fails_later), [Kind::Message, Kind::StatusClass]);
    let dies_later = "1 write\n  status 204\n2 write\n  no answer: reset\n";
    assert_eq!(kinds(product, dies_later), [Kind::Message, Kind::NoAnswer]);
}

#[test]
fn what_is_promised_is_all_that_counts() {
    let got = "1 write\n  status 400\n  retry-after: 3\n  | {\"line\":2}\n";
    assert_eq!(kinds("1 write\n  promised 400\n  json line = 2\n", got), []);
    assert_eq!(kinds("1 write\n  unsaid\n", got), []);
    assert_eq!(kinds("1 write\n  promised 4xx\n  retry-after: <seconds>\n", got), []);
    assert_eq!(kinds("1 write\n  promised 422\n  json line = 2\n", got), [Kind::Status]);
    assert_eq!(kinds("1 write\n  promised 204\n  body <empty>\n", got), [Kind::StatusClass]);
    assert_eq!(kinds("1 write\n  promised 400\n  body <empty>\n", got), [Kind::Promise]);
    assert_eq!(
        kinds("1 write\n  promised 400\n", "1 write\n  no answer: reset\n"),
        [Kind::NoAnswer]
    );
}

#[test]
fn what_a_query_gives_is_data() {
    let of = |v: &str| {
        format!("1 request\n  status 200\n  | {{\"results\":[{{\"values\":[[{v}]]}}]}}\n")
    };
    assert_eq!(kinds(&of("1"), &of("1.0")), [Kind::Bytes]);
    assert_eq!(kinds(&of("1"), &of("2")), [Kind::Data]);
}

fn findings(expected: &str, got: &str) -> Vec<Finding> {
    compare(&Transcript::parse(expected).unwrap(), &Transcript::parse(got).unwrap())
}

#[test]
fn a_finding_names_its_step_and_both_sides() {
    let wait = "1 wait\n  waited\n";
    let found = findings(
        &format!("{wait}2 write\n  status 400\n  a: b\n  | x␊\n"),
        &format!("{wait}2 write\n  status 422\n  | y␊\n"),
    );
    let shown: Vec<_> =
        found.iter().map(|f| (f.step, f.kind, f.expected.as_str(), f.got.as_str())).collect();
    assert_eq!(
        shown,
        [
            (2, Kind::Status, "400 x", "422 y"),
            (2, Kind::Message, "x", "y"),
            (2, Kind::Header, "a: b", "no a"),
        ]
    );
    // What is beyond the expectation is not judged.
    assert_eq!(findings(wait, &format!("{wait}2 write\n  status 500\n")), []);
}

#[test]
fn each_kind_counts_from_its_strictness_and_has_a_title() {
    use Kind::{
        Bytes, Data, Header, Honesty, Message, NoAnswer, Promise, Shape, Status, StatusClass,
        Stored,
    };
    for (kind, from, title) in [
        (Honesty, 0, "ledger"),
        (NoAnswer, 0, "no answer"),
        (StatusClass, 0, "status"),
        (Status, 1, "status"),
        (Shape, 1, "shape of the body"),
        (Stored, 1, "what is stored"),
        (Data, 1, "what the query gives"),
        (Promise, 1, "what is promised"),
        (Message, 2, "message"),
        (Header, 3, "header"),
        (Bytes, 3, "bytes of the body"),
    ] {
        assert_eq!((kind.from_strictness(), kind.title()), (from, title));
    }
}

#[test]
fn a_step_agrees_as_far_as_one_looks() {
    let record = |text: &str| Transcript::parse(text).unwrap().steps.remove(0);
    let expected = record("1 write\n  status 400\n  a: b\n  | {\"error\":\"x\"}␊\n");
    let agree = |got: &str| [0, 1, 2, 3].map(|strict| agrees(&expected, &record(got), strict));
    assert_eq!(agree("1 write\n  status 400\n  a: b\n  | {\"error\":\"x\"}␊\n"), [true; 4]);
    assert_eq!(
        agree("1 write\n  status 400\n  a: c\n  | {\"error\":\"x\"}␊\n"),
        [true, true, true, false]
    );
    assert_eq!(
        agree("1 write\n  status 400\n  a: c\n  | {\"error\":\"y\"}␊\n"),
        [true, true, false, false]
    );
    assert_eq!(
        agree("1 write\n  status 404\n  a: b\n  | {\"error\":\"x\"}␊\n"),
        [true, false, false, false]
    );
    assert_eq!(agree("1 write\n  status 204\n  a: b\n  | {\"error\":\"x\"}␊\n"), [false; 4]);
}

#[test]
fn who_does_better_has_to_answer_below_500() {
    let product = "1 write\n  status 500\n2 read_back\n  nothing stored\n";
    let other = "1 write\n  status 503\n2 read_back\n  = m f=1 1\n";
    assert_eq!(kinds(product, other), [Kind::Status, Kind::Stored]);
    let same = "1 write\n  status 500\n2 read_back\n  = m f=1 1\n";
    assert_eq!(kinds(product, same), [Kind::Stored]);
    // An answer where the product gives none is better too.
    let dies = "1 write\n  no answer: closed\n2 read_back\n  nothing stored\n";
    let answers = "1 write\n  status 204\n2 read_back\n  = m f=1 1\n";
    assert_eq!(kinds(dies, answers), [Kind::Message]);
    assert_eq!(kinds(dies, dies), []);
    // A 499 of the product is no failure of its own.
    let refuses = "1 write\n  status 499\n2 read_back\n  nothing stored\n";
    assert_eq!(kinds(refuses, answers), [Kind::StatusClass, Kind::Stored]);
    // To fail where one does better is told as what it is; a plain answer later is excused.
    let product = "1 write\n  status 500\n2 write\n  status 204\n3 write\n  status 204\n";
    let got = "1 write\n  status 204\n2 write\n  status 500\n3 write\n  status 499\n";
    assert_eq!(kinds(product, got), [Kind::Message, Kind::StatusClass, Kind::Message]);
}

#[test]
fn two_expectations_are_held_against_each_other() {
    let between = |a: &str, b: &str| {
        between(&Transcript::parse(a).unwrap(), &Transcript::parse(b).unwrap())
            .into_iter()
            .map(|f| (f.step, f.kind, f.expected, f.got))
            .collect::<Vec<_>>()
    };
    let waited = "1 wait\n  waited\n";
    let second = |text: &str| format!("{waited}2 write\n{text}");
    let answer = second("  status 400\n  | x␊\n");
    let promise = second("  promised 400\n");
    assert_eq!(between(&answer, &answer), []);
    assert_eq!(between(&promise, &promise), []);
    assert_eq!(between(&second("  unsaid\n"), &answer), []);
    assert_eq!(between(&answer, &second("  unsaid\n")), []);
    assert_eq!(between(&promise, &second("  unsaid\n")), []);
    let other = second("  promised 422\n");
    let both = |kind, a: &str, b: &str| vec![(2, kind, a.to_owned(), b.to_owned())];
    let texts = both(Kind::Promise, "  promised 400\n", "  promised 422\n");
    assert_eq!(between(&promise, &other), texts);
    assert_eq!(between(&promise, &answer), []);
    assert_eq!(between(&other, &answer), both(Kind::Status, "promised 422", "400 x"));
    // The sides stay where they were, whichever of them is the promise.
    assert_eq!(between(&answer, &other), both(Kind::Status, "400 x", "promised 422"));
    // Nobody is excused for doing better.
    let fails = "1 write\n  status 500\n2 read_back\n  nothing stored\n";
    let does = "1 write\n  status 204\n2 read_back\n  = m f=1 1\n";
    let kinds: Vec<_> = between(fails, does).into_iter().map(|(_, kind, ..)| kind).collect();
    assert_eq!(kinds, [Kind::StatusClass, Kind::Stored]);
}

#[test]
fn outcomes_of_other_kinds() {
    let stored = "1 read_back\n  = m f=1 1\n";
    assert_eq!(kinds(stored, stored), []);
    assert_eq!(kinds(stored, "1 read_back\n  = m f=2 1\n"), [Kind::Stored]);
    assert_eq!(kinds(stored, "1 read_back\n  not asked\n"), []);
    assert_eq!(kinds("1 read_back\n  not asked\n", stored), []);
    assert_eq!(kinds("1 read_back\n  unsaid\n", stored), []);
    assert_eq!(kinds("1 read_back\n  ? a\n", "1 read_back\n  ? b\n"), []);
    let waited = "1 wait\n  waited\n";
    assert_eq!(kinds(waited, waited), []);
    assert_eq!(kinds(waited, "1 wait\n  no answer: Retry-After says 900 s\n"), [Kind::NoAnswer]);
}

#[test]
fn promises_are_of_a_status_and_of_more() {
    let got = "1 write\n  status 404\n  | {\"line\":2}\n";
    assert_eq!(kinds("1 write\n  promised 400 | 503\n", got), [Kind::Status]);
    assert_eq!(kinds("1 write\n  promised 503 | 404\n", got), []);
    assert_eq!(
        kinds("1 write\n  promised 400\n  json line = 3\n", got),
        [Kind::Status, Kind::Promise]
    );
    assert_eq!(kinds("1 write\n  promised 503\n  json line = 3\n", got), [Kind::StatusClass]);
    let found = findings("1 write\n  promised 400 | 401\n  json line = 3\n", got);
    assert_eq!(
        (found[0].expected.as_str(), found[0].got.as_str()),
        ("promised 400 | 401", "404 {\"line\":2}")
    );
    assert_eq!((found[1].expected.as_str(), found[1].got.as_str()), ("json line = 3", "line is 2"));
}

#[test]
fn bodies_differ_in_bytes_in_words_in_shape_or_in_data() {
    let kind = |action: &str, status: u16, e: &str, g: &str| {
        let of = |body: &str| {
            let body = if body.is_empty() { String::new() } else { format!("  | {body}\n") };
            format!("1 {action}\n  status {status}\n{body}")
        };
        kinds(&of(e), &of(g))
    };
    // JSON: equal by meaning, of one shape, of another.
    assert_eq!(kind("write", 400, r#"{"a":1,"b":2}"#, r#"{"b":2.0,"a":1}"#), [Kind::Bytes]);
    assert_eq!(kind("write", 400, r#"{"a":1}"#, r#"{"a":2}"#), [Kind::Message]);
    assert_eq!(kind("write", 400, r#"{"a":true}"#, r#"{"a":false}"#), [Kind::Message]);
    assert_eq!(kind("write", 400, r#"{"a":[1]}"#, r#"{"a":[2]}"#), [Kind::Message]);
    for (e, g) in [
        (r#"{"a":1}"#, r#"{"a":1,"b":2}"#),
        (r#"{"a":1,"b":2}"#, r#"{"a":1}"#),
        (r#"{"a":1}"#, r#"{"b":1}"#),
        (r#"{"a":1}"#, r#"{"a":"1"}"#),
        (r#"{"a":null}"#, r#"{"a":true}"#),
        (r#"{"a":[1]}"#, r#"{"a":[1,2]}"#),
        (r#"{"a":[1,2]}"#, r#"{"a":[1]}"#),
        (r#"{"a":[1]}"#, r#"{"a":["x"]}"#),
        (r#"{"a":1}"#, "plain"),
        ("plain", r#"{"a":1}"#),
        ("plain", ""),
        ("", "plain"),
    ] {
        assert_eq!(kind("write", 400, e, g), [Kind::Shape], "{e} {g}");
    }
    assert_eq!(kind("write", 400, r#"[1]"#, r#"[1,2]"#), [Kind::Data]);
    assert_eq!(kind("write", 400, r#"{"a":null}"#, r#"{"a": null}"#), [Kind::Bytes]);
    // What a query gives is data, but an error that it gives is words.
    assert_eq!(kind("query", 200, r#"{"a":1}"#, r#"{"a":2}"#), [Kind::Data]);
    assert_eq!(kind("query", 200, r#"{"a":1}"#, r#"{"b":2}"#), [Kind::Data]);
    assert_eq!(kind("query", 200, r#"{"error":"x"}"#, r#"{"error":"y"}"#), [Kind::Message]);
    assert_eq!(kind("request", 200, r#"[1]"#, r#"[2]"#), [Kind::Data]);
    let result = r#"{"results":[{"error":"x"}]}"#;
    assert_eq!(kind("request", 200, result, &result.replace('x', "y")), [Kind::Message]);
    // Plain text.
    assert_eq!(kind("write", 400, "x", "x "), [Kind::Bytes]);
    assert_eq!(kind("write", 400, "x", "y"), [Kind::Message]);
    assert_eq!(kind("query", 400, "x", "y"), [Kind::Message]);
    assert_eq!(kind("query", 200, "x", "y"), [Kind::Data]);
    assert_eq!(kind("request", 200, "x", "y"), [Kind::Message]);
}
