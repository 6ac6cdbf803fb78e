//! `lineproof check` from outside: what the binary prints for real files, to the byte, and its exit
//! codes.

#[path = "check/gzip.rs"]
mod gzip;
#[path = "check/mistakes.rs"]
mod mistakes;
#[path = "check/strings.rs"]
mod strings;
#[path = "check/times.rs"]
mod times;

use serde_json::Value;
use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A folder with files to check.
struct Folder(TempDir);

/// How a run ended.
struct Ran {
    code: i32,
    out: String,
    err: String,
}

impl Folder {
    fn new(files: &[(&str, &[u8])]) -> Self {
        let folder = TempDir::new().unwrap();
        for (name, bytes) in files {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
        Self(folder)
    }

    /// The binary in this folder, so that files go by their names alone.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lineproof"));
        command.current_dir(self.0.path()).arg("check").args(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    fn check(&self, arguments: &[&str]) -> Ran {
        ran(self.command(arguments).spawn().unwrap())
    }
}

fn ran(child: std::process::Child) -> Ran {
    let output = child.wait_with_output().unwrap();
    Ran {
        code: output.status.code().unwrap(),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

fn from_stdin(arguments: &[&str], body: &[u8]) -> Ran {
    let folder = Folder::new(&[]);
    let mut child = folder.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(body).unwrap();
    ran(child)
}

#[track_caller]
fn assert_said(ran: &Ran, code: i32, expected: &str) {
    let expected = expected.strip_prefix('\n').unwrap_or(expected);
    assert_eq!(ran.out, expected, "\n{}\n{}", ran.out, ran.err);
    assert_eq!((ran.code, ran.err.as_str()), (code, ""));
}

#[test]
fn a_good_file_is_good() {
    let folder = Folder::new(&[("a.lp", b"cpu load=1\ncpu load=2 1700000000000000000\n")]);
    assert_said(&folder.check(&["a.lp"]), 0, "a.lp: 2 good, 0 bad lines\n");
}

#[test]
fn an_error_is_pointed_at() {
    let folder = Folder::new(&[("a.lp", b"cpu load=1\ncpu,a=1,a=2 load=1\ncpu load=2\n")]);
    assert_said(
        &folder.check(&["a.lp"]),
        1,
        r"
error: duplicate tags
 --> a.lp:2:9
  |
2 | cpu,a=1,a=2 load=1
  |         ^^^
  = note: v2 answers: unable to parse 'cpu,a=1,a=2 load=1': duplicate tags
  = accepted by: v3.6, v3

a.lp: 2 good, 1 bad line
",
    );
}

#[test]
fn lines_are_counted_as_an_editor_does() {
    // The products would say line 2: blank lines and comments do not count there.
    let body = b"# comment\n\n\ncpu load=1\n\n   cpu load=\n";
    let ran = from_stdin(&["-"], body);
    assert_said(
        &ran,
        1,
        r"
error: missing field value
 --> <stdin>:6:13
  |
6 |    cpu load=
  |             ^
  = note: v2 answers: unable to parse 'cpu load=': missing field value
  = help: no dialect accepts this line

<stdin>: 1 good, 1 bad line
",
    );
}

#[test]
fn columns_are_characters_and_carets_stand_below_wide_ones() {
    let folder = Folder::new(&[("a.lp", "мера,тег=日本 поле=x\n".as_bytes())]);
    assert_said(
        &folder.check(&["a.lp", "--dialect", "v3"]),
        1,
        r#"
error: No fields were provided
 --> a.lp:1:13
  |
1 | мера,тег=日本 поле=x
  |               ^^^^^^
  = help: no dialect accepts this line
  = help: a string needs quotes: `поле="x"`

a.lp: 0 good, 1 bad line
"#,
    );
}

#[test]
fn what_cannot_be_seen_is_shown() {
    let folder = Folder::new(&[("a.lp", b"m,t=\xff\x1b[1m f=1\nm\tx,\xe2\x80\xae=\xc3 f=1x\n")]);
    assert_said(
        &folder.check(&["a.lp"]),
        1,
        r"
error: invalid number
 --> a.lp:2:11
  |
2 | m␉x,\u{202e}=\xc3 f=1x
  |                     ^^
  = note: v2 answers: unable to parse 'm␉x,\u{202e}=\xc3 f=1x': invalid number
  = help: no dialect accepts this line
  = note: ␉ is a tab

a.lp: 1 good, 1 bad line
",
    );
}

#[test]
fn carriage_returns_are_named() {
    let folder = Folder::new(&[("a.lp", b"cpu load=1 17\r\n")]);
    assert_said(
        &folder.check(&["a.lp"]),
        1,
        r"
error: bad timestamp
 --> a.lp:1:12
  |
1 | cpu load=1 17␍
  |            ^^^
  = note: v2 answers: unable to parse 'cpu load=1 17␍': bad timestamp
  = help: no dialect accepts this line
  = help: v2 would accept it without the carriage return at its end (CR LF)
  = note: ␍ is a carriage return

a.lp: 0 good, 1 bad line
",
    );
}

#[test]
fn strings_may_hold_line_breaks() {
    let body = b"m s=\"one\ntwo\" 1\nm s=\"one\ntwo\nthree\" x\nm s=\"open\n\n\n\n\n";
    let folder = Folder::new(&[("a.lp", body)]);
    assert_said(
        &folder.check(&["a.lp"]),
        1,
        r#"
error: bad timestamp
 --> a.lp:5:8
  |
3 | m s="one
  ...
5 | three" x
  |        ^
  = note: v2 answers: unable to parse 'm s="one␊two␊three" x': bad timestamp
  = help: no dialect accepts this line
  = help: a string opens on line 3, column 5 and is closed on line 5 only; lines 3 to 5 were read as one

error: unbalanced quotes
 --> a.lp:6:5
  |
6 | m s="open
  |     ^^^^^
7 |
  | ^
8 |
  | ^
  ...
  = note: v2 answers: unable to parse 'm s="open␊␊␊␊': unbalanced quotes
  = help: no dialect accepts this line
  = help: a string opens on line 6, column 5 and is never closed; lines 6 to 9 were read as one

a.lp: 1 good, 2 bad lines
"#,
    );
}

#[test]
fn a_string_of_two_lines_leaves_nothing_out() {
    assert_said(
        &from_stdin(&[], b"m s=\"one\ntwo\" x\n"),
        1,
        r#"
error: bad timestamp
 --> <stdin>:2:6
  |
1 | m s="one
2 | two" x
  |      ^
  = note: v2 answers: unable to parse 'm s="one␊two" x': bad timestamp
  = help: no dialect accepts this line
  = help: a string opens on line 1, column 5 and is closed on line 2 only; lines 1 to 2 were read as one

<stdin>: 0 good, 1 bad line
"#,
    );
}

#[test]
fn a_long_line_is_shown_around_the_error() {
    let many = |word: &str| (0..20_000).map(|n| format!("{word}{n}=1i,")).collect::<String>();
    let body = format!("m {}bad=1z,{}z=1\n", many("é"), many("b"));
    let folder = Folder::new(&[("a.lp", body.as_bytes())]);
    let ran = folder.check(&["a.lp"]);
    let lines: Vec<_> = ran.out.lines().collect();
    assert_eq!(lines[1], " --> a.lp:1:188897");
    assert_eq!(
        lines[3],
        "1 | ...96=1i,é19997=1i,é19998=1i,é19999=1i,bad=1z,b0=1i,b1=1i,b2=1i,b3=1i,b4=1i,b5=1i,b6=1i,\
         b7=1i,b8=1i,..."
    );
    assert_eq!(lines[4], "  |                                            ^^");
    assert!(lines.iter().all(|line| line.chars().count() < 250), "{}", ran.out);
}

#[test]
fn several_dialects_are_told_apart() {
    let folder = Folder::new(&[("a.lp", b"m f=5.\nm f=x\nm f=1u\n")]);
    assert_said(
        &folder.check(&["--dialect", "v1.6", "--dialect", "oss-v2@2.7,v3", "a.lp"]),
        1,
        r#"
error[v3]: Could not parse entire line. Found trailing content: `.`
 --> a.lp:1:6
  |
1 | m f=5.
  |      ^
  = accepted by: v1, v2

error[v1]: invalid boolean
 --> a.lp:2:5
  |
2 | m f=x
  |     ^
  = note: v1, v2 answer: unable to parse 'm f=x': invalid boolean
  = note: v3 answers: No fields were provided
  = help: no dialect accepts this line
  = help: a string needs quotes: `f="x"`

error[v1]: invalid number
 --> a.lp:3:5
  |
3 | m f=1u
  |     ^^
  = note: v1 answers: unable to parse 'm f=1u': invalid number
  = accepted by: v2, v3.6, v3

a.lp: v1: 1 good, 2 bad lines
a.lp: v2: 2 good, 1 bad line
a.lp: v3: 1 good, 2 bad lines
"#,
    );
}

#[test]
fn what_dialects_read_differently_is_a_warning_told_once() {
    let folder = Folder::new(&[("a.lp", b"m,b=1,a=2 f=1,g=\"x\" 5\nm\\=x f=1\nm\\=x f=1\n")]);
    assert_said(
        &folder.check(&["--dialect", "v2,v3", "a.lp"]),
        0,
        r"
warning: v2 and v3 read this line differently
 --> a.lp:2:1
  |
2 | m\=x f=1
  | ^^^^^^^^
  = note: v2 reads the measurement `m=x`
  = note: v3 reads the measurement `m\=x`

a.lp: v2: 3 good, 0 bad lines
a.lp: v3: 3 good, 0 bad lines
",
    );
}

#[test]
fn a_time_in_1970_is_doubted_once() {
    let body = b"m f=1\nm f=1 1700000000 \nm f=1 1700000001\n";
    let folder = Folder::new(&[("a.lp", body)]);
    assert_said(
        &folder.check(&["a.lp"]),
        0,
        r"
warning: time is 1970-01-01T00:00:01.7Z
 --> a.lp:2:7
  |
2 | m f=1 1700000000
  |       ^^^^^^^^^^
  = note: are these seconds? then it is 2023-11-14T22:13:20Z (--precision s)

a.lp: 3 good, 0 bad lines
",
    );
    // InfluxDB 3 guesses the unit, unless it is told.
    for argument in ["--precision=s", "--dialect=v3"] {
        assert_said(&folder.check(&[argument, "a.lp"]), 0, "a.lp: 3 good, 0 bad lines\n");
    }
    let told = folder.check(&["--dialect=v3", "--precision=ms", "a.lp"]);
    assert!(told.out.contains("are these seconds?"), "{}", told.out);
}

#[test]
fn a_time_beyond_the_range_asks_for_its_unit() {
    let ran = from_stdin(&["--precision", "s"], b"m f=1 1700000000000\n");
    assert_said(
        &ran,
        1,
        r"
error: time outside range -9223372036854775806 - 9223372036854775806
 --> <stdin>:1:7
  |
1 | m f=1 1700000000000
  |       ^^^^^^^^^^^^^
  = note: v2 answers: unable to parse 'm f=1 1700000000000': time outside range -9223372036854775806 - 9223372036854775806
  = accepted by: v3.6, v3 (storage will refuse the time)
  = help: are these milliseconds? then it is 2023-11-14T22:13:20Z (--precision ms)

<stdin>: 0 good, 1 bad line
",
    );
}

#[test]
fn files_that_are_not_utf8_text_are_named() {
    let folder = Folder::new(&[("bom.lp", b"\xef\xbb\xbfm f=1\n"), ("wide.lp", b"\xff\xfem\0 \0")]);
    let bom = folder.check(&["bom.lp"]);
    assert_eq!(bom.code, 0, "the products take it");
    assert!(bom.out.starts_with("warning: the file begins with a byte order mark"), "{}", bom.out);
    let wide = folder.check(&["wide.lp"]);
    assert!(wide.out.starts_with("warning: this looks like UTF-16"), "{}", wide.out);
}

#[test]
fn only_so_many_errors_are_shown() {
    let folder = Folder::new(&[("a.lp", &b"m f=\n".repeat(30))]);
    let shown = |arguments: &[&str]| {
        let ran = folder.check(arguments);
        assert!(ran.out.ends_with("\na.lp: 0 good, 30 bad lines\n"), "{}", ran.out);
        let hidden = ran.out.lines().find(|line| line.contains("more bad")).map(str::to_owned);
        (ran.out.matches("error: ").count(), hidden)
    };
    let hidden = |n| Some(format!("{n} more bad lines are not shown (--max-errors 0 shows all)"));
    assert_eq!(shown(&["a.lp"]), (20, hidden(10)));
    assert_eq!(shown(&["a.lp", "--max-errors", "3"]), (3, hidden(27)));
    assert_eq!(shown(&["a.lp", "--max-errors", "0"]), (30, None));
}

#[test]
fn json_is_one_object_a_line() {
    let folder = Folder::new(&[("a.lp", "é f=1\n\né,a=1,a=2 f=1 17\n".as_bytes())]);
    let ran = folder.check(&["--format", "json", "--dialect", "v2,v3", "a.lp", "none.lp"]);
    assert_eq!(ran.code, 2);
    let objects: Vec<Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(
        objects,
        [
            serde_json::json!({
                "type": "error", "file": "a.lp", "line": 3, "column": 7, "span": [15, 18],
                "kind": "DuplicateTags", "reason": "duplicate tags",
                "message": "unable to parse 'é,a=1,a=2 f=1 17': duplicate tags",
                "dialect": "v2", "accepted_by": ["v3.6", "v3"], "storage_refuses_time": [],
                "first_line": 3, "last_line": 3,
            }),
            serde_json::json!({
                "type": "summary", "file": "a.lp", "dialect": "v2", "good": 1, "bad": 1,
                "not_shown": 0,
            }),
            serde_json::json!({
                "type": "summary", "file": "a.lp", "dialect": "v3", "good": 2, "bad": 0,
                "not_shown": 0,
            }),
            serde_json::json!({
                "type": "unreadable", "file": "none.lp", "message": "No such file or directory",
            }),
        ]
    );
}

#[test]
fn kinds_in_json_are_single_words() {
    let body = format!("{} f=1\n", "k".repeat(65_536));
    let ran = from_stdin(&["--format=json"], body.as_bytes());
    let error: Value = serde_json::from_str(ran.out.lines().next().unwrap()).unwrap();
    assert_eq!(error["kind"], "KeyTooLong");
    assert_eq!(error["reason"], "max key length exceeded: 65536 > 65535");
}

#[test]
fn github_gets_annotations() {
    let folder = Folder::new(&[("a,b%.lp", b"m f=1\nm f=%x\n")]);
    let ran = folder.check(&["--format", "github", "--dialect", "v2,v3", "a,b%.lp"]);
    assert_said(
        &ran,
        1,
        "::error file=a%2Cb%25.lp,line=2,col=5::v2: invalid boolean%0A\
         v3: No fields were provided%0Ano dialect accepts this line\n\
         a,b%.lp: v2: 1 good, 1 bad line\na,b%.lp: v3: 1 good, 1 bad line\n",
    );
}

#[test]
fn a_file_that_cannot_be_read_does_not_stop_the_others() {
    let folder = Folder::new(&[("a.lp", b"m f=1\n"), ("b.lp", b"m f=\n")]);
    let ran = folder.check(&["none.lp", ".", "a.lp", "b.lp", "--quiet"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, ""));
    assert_eq!(
        ran.err,
        "lineproof: none.lp: No such file or directory\nlineproof: .: is a directory\n"
    );
    let ran = folder.check(&["none.lp", "a.lp"]);
    assert_eq!((ran.code, ran.out.as_str()), (2, "a.lp: 1 good, 0 bad lines\n"));
}

#[test]
fn quiet_leaves_the_exit_code() {
    assert_said(&from_stdin(&["-q"], b"m f=1\n"), 0, "");
    assert_said(&from_stdin(&["-q"], b"m f=1\nm f=\n"), 1, "");
    assert_said(&from_stdin(&[], b""), 0, "<stdin>: 0 good, 0 bad lines\n");
}

#[test]
fn wrong_usage_is_two() {
    for arguments in [["--dialect", "v4"], ["--precision", "d"], ["--max-errors", "x"]] {
        let ran = from_stdin(&arguments, b"");
        assert_eq!((ran.code, ran.out.as_str()), (2, ""), "{arguments:?}");
    }
}

#[test]
fn several_files_have_a_total() {
    let folder = Folder::new(&[("a.lp", b"m f=1\nm f=\n"), ("b.lp", b"m f=2\n")]);
    let ran = folder.check(&["a.lp", "b.lp"]);
    assert!(
        ran.out.ends_with("\nb.lp: 1 good, 0 bad lines\n2 files: 2 good, 1 bad line\n"),
        "{}",
        ran.out
    );
    let ran = folder.check(&["--format=json", "a.lp", "b.lp", "none.lp"]);
    let last: Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!(
        last,
        serde_json::json!({"type": "total", "files": 2, "dialect": "v2", "good": 2, "bad": 1})
    );
}

#[test]
fn dialects_are_known_in_capitals_too() {
    assert_said(
        &from_stdin(&["--dialect=V1,ALL"], b""),
        0,
        "
<stdin>: v1:   0 good, 0 bad lines
<stdin>: v2:   0 good, 0 bad lines
<stdin>: v3.6: 0 good, 0 bad lines
<stdin>: v3:   0 good, 0 bad lines
",
    );
}

#[test]
fn a_reader_that_has_seen_enough_ends_it_quietly() {
    let folder = Folder::new(&[("a.lp", &b"m f=\n".repeat(20_000))]);
    let mut child = folder.command(&["--max-errors", "0", "a.lp"]).spawn().unwrap();
    let mut first = [0; 5];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    let ran = ran(child);
    assert_eq!(first, *b"error");
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
}
