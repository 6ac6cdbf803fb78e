//! Times, and the units that they are written in.

use super::{Folder, assert_said, from_stdin};
use serde_json::Value;

#[test]
fn who_takes_a_time_that_storage_refuses_is_told() {
    let body = b"m f=1 1700000000000000000\n";
    assert_said(
        &from_stdin(&["--precision=us"], body),
        1,
        r"
error: time outside range -9223372036854775806 - 9223372036854775806
 --> <stdin>:1:7
  |
1 | m f=1 1700000000000000000
  |       ^^^^^^^^^^^^^^^^^^^
  = note: v2 answers: unable to parse 'm f=1 1700000000000000000': time outside range -9223372036854775806 - 9223372036854775806
  = accepted by: v3.6, v3 (storage will refuse the time)
  = help: are these nanoseconds? then it is 2023-11-14T22:13:20Z (--precision ns)

<stdin>: 0 good, 1 bad line
",
    );
    let ran = from_stdin(&["--precision=us", "--dialect=v2,v3", "--format=json"], body);
    let objects: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(objects[0]["kind"], "TimeOutOfRange");
    assert_eq!(objects[0]["dialects"], serde_json::json!(["v3"]));
    assert_eq!(objects[1]["accepted_by"], serde_json::json!(["v3.6", "v3"]));
    assert_eq!(objects[1]["storage_refuses_time"], serde_json::json!(["v3.6", "v3"]));
    let of_v3 = &objects[3];
    assert_eq!((&of_v3["dialect"], &of_v3["good"]), (&Value::from("v3"), &Value::from(1)));
}

#[test]
fn minutes_and_hours_are_known_to_v1_alone() {
    for unit in ["m", "h"] {
        let of_v1 = from_stdin(&["--dialect=v1", "--precision", unit], b"m f=1 472222\n");
        assert_eq!(of_v1.code, 0, "{}", of_v1.err);
        for dialects in ["v2", "v1,v3", "all"] {
            let ran = from_stdin(&["--dialect", dialects, "--precision", unit], b"");
            assert_eq!((ran.code, ran.out.as_str()), (2, ""));
            assert!(ran.err.contains(&format!("--precision {unit} is known to v1")), "{}", ran.err);
        }
    }
    // Who does not know the unit does not accept the line either.
    let ran = from_stdin(&["--dialect=v1", "--precision=m"], b"m f=1u 472222\n");
    assert!(ran.out.contains("= help: no dialect accepts this line\n"), "{}", ran.out);
}

#[test]
fn units_have_the_names_that_the_products_give_them() {
    for names in [
        ["ns", "n", "nanosecond"].as_slice(),
        &["us", "u", "microsecond"],
        &["ms", "millisecond"],
        &["s", "second"],
    ] {
        let outs = names.iter().map(|name| {
            let ran = from_stdin(&["--precision", name], b"m f=1 1700000000000\n");
            assert_eq!(ran.err, "");
            (ran.code, ran.out)
        });
        let outs: Vec<_> = outs.collect();
        assert!(outs.iter().all(|out| *out == outs[0]), "{outs:?}");
    }
}

#[test]
fn a_time_in_1970_is_whose_unit_it_is() {
    let folder = Folder::new(&[("a.lp", b"m f=1 1700000000\n")]);
    let ran = folder.check(&["--dialect=v3,v1,v2", "a.lp"]);
    assert!(
        ran.out.starts_with("warning[v1, v2]: time is 1970-01-01T00:00:01.7Z\n"),
        "{}",
        ran.out
    );
    let ran = folder.check(&["--dialect=all", "--format=json", "a.lp"]);
    let warning: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!(warning["kind"], "UnlikelyTime");
    assert_eq!(warning["dialects"], serde_json::json!(["v1", "v2"]));
    let ran = folder.check(&["--dialect=all", "--format=github", "a.lp"]);
    assert!(ran.out.contains("::v1, v2: time is 1970"), "{}", ran.out);
}
