//! JUnit against its schema. There is no one standard; the strictest that is widely used is that of
//! Jenkins' xunit plugin, `junit-10.xsd` (github.com/jenkinsci/xunit-plugin,
//! src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd). What it says of the elements that
//! are used here is told below in our own words, and beside it what it leaves to the XML
//! recommendation (2.2: which characters there may be), and that the totals are true.

use super::{HOSTILE, hostile};
use harness::report::junit::report;
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeMap;

/// An element: what it may stand in, its attributes (`!` before those that must be), and whether it
/// holds text.
const ELEMENTS: &[(&str, &[&str], &[&str], bool)] = &[
    ("testsuites", &[""], &["name", "time", "tests", "failures", "errors"], false),
    (
        "testsuite",
        &["testsuites", "testsuite"],
        &[
            "!name",
            "!tests",
            "!failures",
            "!errors",
            "group",
            "time",
            "skipped",
            "timestamp",
            "hostname",
            "id",
            "package",
            "file",
            "log",
            "url",
        ],
        false,
    ),
    ("testcase", &["testsuite"], &["!name", "time", "classname", "group"], false),
    ("failure", &["testcase"], &["type", "message"], true),
    ("error", &["testcase"], &["type", "message"], true),
    ("skipped", &["testcase"], &["type", "message"], true),
    ("system-out", &["testcase", "testsuite"], &[], true),
    ("system-err", &["testcase", "testsuite"], &[], true),
];

/// What an element has been seen to hold, by the name of an element or an attribute.
type Seen = BTreeMap<String, String>;

/// What is wrong with a report.
fn check(xml: &str) -> Result<(), String> {
    // XML 1.0, 2.2: production Char.
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    if let Some(c) = xml.chars().find(|c| !allowed(*c)) {
        return Err(format!("U+{:04X} is no character of XML", u32::from(c)));
    }
    let mut reader = Reader::from_str(xml);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<(String, Seen, BTreeMap<&str, usize>)> = Vec::new();
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Eof if open.is_empty() => return Ok(()),
            Event::Eof => return Err("it ends too soon".to_owned()),
            Event::Start(tag) => {
                let name = tag.name().as_ref().to_owned();
                let parent = open.last().map_or("", |(name, ..)| name);
                let known = ELEMENTS.iter().find(|(one, ..)| *one == name);
                let (_, parents, attributes, _) = known.ok_or_else(|| format!("<{name}>?"))?;
                if !parents.contains(&parent) {
                    return Err(format!("<{name}> in <{parent}>"));
                }
                let mut seen = Seen::new();
                for attribute in tag.attributes() {
                    let attribute = attribute.map_err(|error| error.to_string())?;
                    let key = attribute.key.as_ref().to_owned();
                    let raw = attribute.value.to_string();
                    let value = quick_xml::escape::unescape(&raw).map_err(|e| e.to_string())?;
                    if value.chars().any(|c| !allowed(c)) || raw.contains('<') {
                        return Err(format!("{key}=\"{raw}\""));
                    }
                    seen.insert(key, value.into_owned());
                }
                for key in seen.keys() {
                    if !attributes.iter().any(|one| one.trim_start_matches('!') == key) {
                        return Err(format!("<{name}> has no attribute {key}"));
                    }
                }
                for must in attributes.iter().filter_map(|one| one.strip_prefix('!')) {
                    seen.get(must).ok_or_else(|| format!("<{name}> lacks {must}"))?;
                }
                // SUREFIRE_TIME: digits, and perhaps a point and more of them.
                if let Some(time) = seen.get("time")
                    && !time.chars().all(|c| c.is_ascii_digit() || c == '.')
                {
                    return Err(format!("time=\"{time}\""));
                }
                open.push((name, seen, BTreeMap::new()));
            }
            Event::End(_) => {
                let (name, seen, counts) = open.pop().ok_or("an end too many")?;
                for (attribute, element) in [
                    ("tests", "testcase"),
                    ("failures", "failure"),
                    ("errors", "error"),
                    ("skipped", "skipped"),
                ] {
                    let count = counts.get(element).copied().unwrap_or(0).to_string();
                    if let Some(told) = seen.get(attribute)
                        && *told != count
                    {
                        return Err(format!(
                            "<{name}> says {attribute}=\"{told}\", there are {count}"
                        ));
                    }
                }
                if let Some((_, _, above)) = open.last_mut() {
                    for (element, count) in counts {
                        *above.entry(element).or_default() += count;
                    }
                    let name =
                        ELEMENTS.iter().find(|(one, ..)| *one == name).map_or("", |one| one.0);
                    *above.entry(name).or_default() += 1;
                }
            }
            Event::Text(text) => {
                let name = open.last().map_or("", |(name, ..)| name);
                let mixed = ELEMENTS.iter().any(|(one, _, _, mixed)| *one == name && *mixed);
                if !mixed && !text.trim_ascii().is_empty() {
                    return Err(format!("text in <{name}>"));
                }
            }
            Event::GeneralRef(_) | Event::Decl(_) => {}
            other => return Err(format!("{other:?}")),
        }
    }
}

#[test]
fn it_is_valid_whatever_a_server_says() {
    let xml = report(&hostile());
    assert_eq!(check(&xml), Ok(()), "{xml}");
    assert!(HOSTILE.contains("]]>") && !xml.contains("]]>"));
    for hidden in ['\0', '\u{1b}', '\u{fffe}', '\u{202e}', '\u{85}'] {
        assert!(!xml.contains(hidden), "{hidden:?}");
    }
}

/// The check sees what it is for.
#[test]
fn a_wrong_report_is_found() {
    let xml = report(&hostile());
    for (from, to) in [
        ("<testsuites name=", "<testsuites skipped=\"1\" name="),
        ("<testcase name=", "<testcase status=\"run\" name="),
        ("<testcase name=\"a/good\"", "<testcase"),
        (" failures=\"1\"", " failures=\"2\""),
        ("time=\"1.500\"", "time=\"1,5 s\""),
        ("<failure ", "\u{1}<failure "),
        ("<skipped ", "stray text<skipped "),
        ("</testsuites>", ""),
    ] {
        assert!(xml.contains(from), "{from}");
        assert!(check(&xml.replace(from, to)).is_err(), "{to}");
    }
}
