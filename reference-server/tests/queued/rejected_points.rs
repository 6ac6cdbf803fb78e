//! `rejected_points` of the bucket `_monitoring`.

use crate::server::{Asked, DELAY};

const TYPES: &[&str] =
    &["_field", "_value", "measurement", "field", "reason", "gotType", "wantType"];

#[test]
fn a_conflict_in_a_batch_is_told_in_the_log_alone() {
    let asked = Asked::new();
    assert_eq!(asked.write("b", "m,t=a f=1,g=1i 1\nm,t=a f=2i,g=2i,h=1 2").status, 204);
    asked.pass(DELAY - 1);
    assert_eq!(asked.log("count", TYPES), [""; 0]);
    asked.pass(2);
    assert_eq!(asked.stored("b"), ["1,f", "1,g", "1,h", "2,g"]);
    assert_eq!(
        asked.log("count", TYPES),
        ["1,count,f,Integer,m,type conflict in batch write,Float"]
    );
}

#[test]
fn a_conflict_with_what_is_stored_is_another_reason() {
    let asked = Asked::new();
    asked.write("b", "m f=1,g=\"x\",b=true,u=1u 1");
    asked.pass(DELAY);
    asked.write("b", "m f=\"x\",g=1i,b=1,u=true 2\nm,t=other f=true 2");
    asked.pass(DELAY + 1);
    let existing = |field: &str, got: &str, want: &str| {
        format!("1,count,{field},{got},m,type conflict with existing data,{want}")
    };
    assert_eq!(
        asked.log("count", TYPES),
        [
            existing("b", "Float", "Boolean"),
            existing("f", "String", "Float"),
            existing("g", "Integer", "String"),
            existing("u", "Boolean", "UnsignedInteger"),
        ]
    );
}

#[test]
fn equal_rejections_are_rows_of_their_own() {
    let asked = Asked::new();
    asked.write("b", "m f=1 1\nm f=1i 2\nm f=2i 3\nm f=3i 4");
    asked.pass(DELAY + 1);
    assert_eq!(asked.log("count", &["_value"]), ["1", "1", "1"]);
}

#[test]
fn a_malformed_line_is_answered_and_logged() {
    let asked = Asked::new();
    let answer = asked.write("b", "m f=1 1\nm f= 2\nm, f=1 3");
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["code"], "invalid");
    assert!(answer.message().contains("m f= 2") && !answer.message().contains("m, f=1 3"));
    asked.pass(DELAY);
    assert_eq!(asked.stored("b"), [""; 0], "nothing of that batch");
    let rows = asked.log("error", &["_field", "_value"]);
    assert_eq!(rows.len(), 2);
    assert!(rows.iter().any(|row| row.contains("m f= 2")), "{rows:?}");
    assert!(rows.iter().all(|row| row.starts_with("error,") || row.contains("error")), "{rows:?}");
    assert_eq!(asked.log("count", &["_value"]), [""; 0]);
}

#[test]
fn a_request_logs_no_more_than_ten_thousand_rows() {
    let asked = Asked::new();
    let lines = "m f=\n".repeat(10_001);
    assert_eq!(asked.write("b", &lines).status, 400);
    asked.pass(DELAY);
    assert_eq!(asked.log("error", &["_value"]).len(), 10_000);
}

#[test]
fn a_name_too_long_for_the_log_is_cut() {
    let asked = Asked::new();
    let long = "m".repeat(65_500);
    let lines = format!("{long} f=1 1\n{long} f=2i 2");
    assert_eq!(asked.write("b", &lines).status, 204);
    asked.pass(DELAY + 1);
    assert_eq!(asked.log("count", &["_value"]), ["1"]);
}
