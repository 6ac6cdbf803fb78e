//! What is often written wrong, and what helps.

use super::from_stdin;

/// The helps of a line's first error, but for who accepts it.
fn helps(dialect: &str, line: &str) -> Vec<String> {
    let ran = from_stdin(&["--dialect", dialect], format!("{line}\n").as_bytes());
    let helps = ran.out.lines().filter_map(|line| line.split_once("= help: "));
    let helps = helps.map(|(_, help)| help.to_owned());
    helps.filter(|help| help != "no dialect accepts this line").collect()
}

#[test]
fn common_mistakes_have_a_help() {
    for (line, help) in [
        ("c state=running", r#"a string needs quotes: `state="running"`"#),
        (r#"c a="x y",state=up,b=2i 17"#, r#"a string needs quotes: `state="up"`"#),
        ("c a=1,b=NaN", "there is no `NaN`; leave the field out"),
        ("c\tload=1", "a tab separates nothing: write a space"),
        ("c,host=a load=1\t5", "a tab separates nothing: write a space"),
        ("c load=1 load2=2", "fields are separated by commas: `load=1,load2=2`"),
        ("c load=1 load2=2 b=\"x y\" 17", "fields are separated by commas: `load=1,load2=2`"),
        ("c load=1, load2=2", "no space follows the comma: `load=1,load2=2`"),
        (
            "c load=1 2026-01-01T00:00:00Z",
            "a time is an integer: 1767225600000000000 (in ns), not `2026-01-01T00:00:00Z`",
        ),
        ("c,host=server 1 load=1", r"a space in a tag needs a backslash: `server\ 1`"),
        ("c,host=my own pc,dc=b load=1 17", r"a space in a tag needs a backslash: `my\ own\ pc`"),
        ("c load=1,5", "a decimal point, not a comma: `load=1.5`"),
        ("c a=t,load=-1,5 17", "a decimal point, not a comma: `load=-1.5`"),
    ] {
        for dialect in ["v1", "v2", "v3.6", "v3"] {
            assert_eq!(helps(dialect, line), [help], "{dialect}: {line}");
        }
    }
}

#[test]
fn a_time_is_told_in_the_unit_that_was_asked() {
    let ran = from_stdin(&["--precision=s"], b"c load=1 2026-01-01T01:00:00+01:00\n");
    assert!(ran.out.contains("a time is an integer: 1767225600 (in s)"), "{}", ran.out);
}

#[test]
fn no_help_where_it_would_be_a_guess() {
    for line in [
        "c load=hello world",
        "c load=1.2.3",
        "c load=1 17 b=2",
        "c load",
        "c,host=server 1 load",
        "c load=1,a",
        "c load=",
        "c load=1 yesterday",
    ] {
        for dialect in ["v2", "v3"] {
            assert_eq!(helps(dialect, line), [""; 0], "{dialect}: {line}");
        }
    }
}
