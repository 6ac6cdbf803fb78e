//! Strings that reach further than they should.

use super::{Folder, assert_said, from_stdin};
use serde_json::Value;

/// One quote is missing on line 1.
const UNCLOSED: &[u8] = b"cpu f=\"x\ncpu f=1\ncpu f=bad\ncpu f=\"y\"\ncpu f=2\n";

#[test]
fn the_line_where_an_unclosed_string_opens_is_named() {
    assert_said(
        &from_stdin(&[], UNCLOSED),
        1,
        r#"
error: unbalanced quotes
 --> <stdin>:4:9
  |
1 | cpu f="x
  ...
4 | cpu f="y"
  |         ^
5 | cpu f=2
  | ^^^^^^^
  = note: v2 answers: unable to parse 'cpu f="x␊cpu f=1␊cpu f=bad␊cpu f="y"␊cpu f=2': unbalanced quotes
  = help: no dialect accepts this line
  = help: a string opens on line 1, column 7 and is closed on line 4 only; lines 1 to 5 were read as one

<stdin>: 0 good, 1 bad line
"#,
    );
}

#[test]
fn json_and_github_have_the_first_and_the_last_line() {
    let body = [b"cpu f=1\n", UNCLOSED].concat();
    let ran = from_stdin(&["--format=json"], &body);
    let error: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!([&error["line"], &error["first_line"], &error["last_line"]], [5, 2, 6]);
    let folder = Folder::new(&[("a.lp", &body)]);
    let ran = folder.check(&["--format=github", "a.lp"]);
    assert!(ran.out.starts_with("::error file=a.lp,line=2,endLine=6::v2: unb"), "{}", ran.out);
    assert!(ran.out.contains("%0Athe error is at line 5, column 9\n"), "{}", ran.out);
}

#[test]
fn lines_that_are_one_without_a_string_are_named() {
    let ran = from_stdin(&[], b"m f=1\\\nm f=2\n");
    assert!(ran.out.contains("= help: lines 1 to 2 were read as one\n"), "{}", ran.out);
}

#[test]
fn a_carriage_return_in_a_string_is_a_warning_told_once() {
    let body = b"log ok=\"\\\"\",n=1\nlog a=1,msg=\"hello\"\r\nlog msg=\"hello\"\r\n";
    assert_said(
        &from_stdin(&["--dialect=v1,v2"], body),
        0,
        r#"
warning[v1, v2]: the string is read as `hello"`: something follows its closing quote (a carriage return: is this a file with CR LF?)
 --> <stdin>:2:20
  |
2 | log a=1,msg="hello"␍
  |                    ^
  = note: ␍ is a carriage return

<stdin>: v1: 3 good, 0 bad lines
<stdin>: v2: 3 good, 0 bad lines
"#,
    );
}

#[test]
fn text_after_a_closing_quote_is_a_warning() {
    let ran = from_stdin(&["--format=json"], b"z,a=\"x\"y f=\"a\"b,g=1\n");
    let warning: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!(warning["kind"], "TextAfterString");
    assert_eq!(warning["dialects"], serde_json::json!(["v2"]));
    assert_eq!(warning["span"], serde_json::json!([14, 15]));
    let text = "the string is read as `a\"`: something follows its closing quote";
    assert_eq!(warning["message"], text);
}
