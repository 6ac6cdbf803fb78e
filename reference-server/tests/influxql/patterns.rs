//! Regular expressions: what is a group of flags to Go, and what only looks like one. What is expected
//! is what influxd 1.6.7 answered.

use crate::fake::{Fake, T};
use crate::read_back::ask;
use profiles::influxql::OSS_V1_1_6;
use reference_server::store::Value;

/// The measurements that a pattern finds, or what is said of it.
fn found(pattern: &str) -> String {
    let fake = Fake::with_database("d");
    for name in ["m", "(m", ":", "a:"] {
        fake.write(name.as_bytes(), &[], &[(b"v", Value::Integer(1))], T);
    }
    let text = format!("SHOW MEASUREMENTS WITH MEASUREMENT =~ /{pattern}/");
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answer = ask(&fake, &OSS_V1_1_6, &format!("db=d&q={encoded}"));
    let answer: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    if let Some(error) = answer["error"].as_str() {
        return error.replace("error parsing query: error parsing regexp: ", "");
    }
    let rows = answer["results"][0]["series"][0]["values"].as_array().cloned().unwrap_or_default();
    rows.iter().filter_map(|row| row[0].as_str()).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_group_of_no_flags_is_nothing() {
    assert_eq!(found("^(?)m$"), "m");
    assert_eq!(found("^[(?)](?)m$"), "(m");
    assert_eq!(found(r"^\((?)m$"), "(m");
}

#[test]
fn what_only_looks_like_one_is_left_alone() {
    assert_eq!(found(r"^(\(?)m$"), "(m m");
    assert_eq!(found("[(?)]"), "(m");
    // Beside one that is none.
    assert_eq!(found(r"^(\(?)(?)m$"), "(m m");
}

#[test]
fn errors_name_the_group_that_is_wrong() {
    let place = " at line 1, char 38";
    let missing = r"missing closing ): `(a\(?`";
    assert_eq!(found(r"(a\(?"), format!("{missing}{place}"));
    for (pattern, group) in
        [(r"\(?x(?z)", "(?z"), ("[(?q](?z)", "(?z"), (r"a\\(?", "(?"), ("[(]?(?x", "(?x")]
    {
        let expected = format!("invalid or unsupported Perl syntax: `{group}`{place}");
        assert_eq!(found(pattern), expected);
    }
    for (pattern, range) in [("^[a-=]$", "a-="), ("é[b-dz-y]", "z-y"), ("(?)[9-0]", "9-0")] {
        let expected = format!("invalid character class range: `{range}`{place}");
        assert_eq!(found(pattern), expected);
    }
}
