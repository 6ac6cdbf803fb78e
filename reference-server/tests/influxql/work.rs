//! Work that must not grow with what a statement does not ask for, and the texts of what is refused
//! because it would be too much.

use crate::fake::{Fake, T};
use crate::read_back::ask;
use profiles::influxql::OSS_V1_1_6;
use reference_server::store::Value;

fn answer(fake: &Fake, text: &str) -> String {
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let answer = ask(fake, &OSS_V1_1_6, &format!("db=d&epoch=ns&q={encoded}"));
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// How often the server is asked for all that it stores.
fn views(measurements: usize, text: &str) -> usize {
    let fake = Fake::with_database("d");
    for number in 0..measurements {
        let name = format!("m{number}");
        fake.write(name.as_bytes(), &[(b"t", b"a")], &[(b"v", Value::Integer(1))], T);
    }
    let answer = answer(&fake, text);
    assert!(answer.contains("values"), "{answer}");
    fake.views.get()
}

#[test]
fn show_looks_at_all_once_whatever_the_number_of_measurements() {
    for text in [
        "SHOW SERIES WHERE t = 'a'",
        "SHOW TAG KEYS WHERE t = 'a'",
        "SHOW TAG VALUES WITH KEY = t WHERE t = 'a'",
        "SHOW MEASUREMENTS WHERE t = 'a'",
    ] {
        assert_eq!(views(1, text), views(20, text), "{text}");
    }
}

/// A few points far apart in many groups.
fn far_apart(groups: usize) -> Fake {
    let fake = Fake::with_database("d");
    for number in 0..groups {
        let host = number.to_string();
        let point = [(b"v".as_slice(), Value::Integer(1))];
        fake.write(b"m", &[(b"host", host.as_bytes())], &point, 0);
    }
    fake
}

#[test]
fn windows_that_a_limit_leaves_out_count_too() {
    let windows = "WHERE time >= 0 AND time < 400000s GROUP BY time(1s), host LIMIT 1";
    let two = answer(&far_apart(2), &format!("SELECT count(v) FROM m {windows}"));
    assert!(two.contains("[[0,1]]"), "{two}");
    let three = answer(&far_apart(3), &format!("SELECT count(v) FROM m {windows}"));
    assert!(three.contains("GROUP BY time() with more than 1000000 windows"), "{three}");
}
