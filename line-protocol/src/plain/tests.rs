//! What the grammar in [`read`] calls plain is read here and not left to the slower grammars. Whether it
//! is read rightly is the parser's tests' matter; that a line is refused for nothing they cannot see.

use super::{Plain, TagOrder, Walk, read};
use crate::scan::{Index, Scan};
use crate::tape::Tape;
use crate::{Dialect, GoDialect, IoxDialect, Options};
use std::format;

const DIALECTS: [Dialect; 4] =
    [Dialect::GO_V1_6, Dialect::GO_V2, Dialect::IOX_3_6, Dialect::IOX_3_9];

/// What stands at the beginning of a body, of which no more than `scanned` bytes were scanned.
fn begin(body: &str, scanned: usize, dialect: &Dialect) -> Plain {
    let mut index = Index::default();
    index.fill(Scan::fastest(), &body.as_bytes()[..scanned]);
    if scanned == body.len() {
        index.push(scanned as u32);
    }
    let (mut order, mut tape) = (TagOrder::default(), Tape::default());
    let mut walk = Walk::resume(body.as_bytes(), &index, 0);
    read(&mut walk, 0, dialect, &Options::default(), &mut order, &mut tape)
}

fn is_line(line: &str, dialect: &Dialect) -> bool {
    let ended = format!("{line}\nnext f=1\n");
    let is = |body: &str| {
        assert!(body.len() <= Index::LONGEST_STRETCH, "{body}");
        matches!(begin(body, body.len(), dialect), Plain::Line(end) if end == line.len())
    };
    is(line) && is(&ended)
}

/// The measurement is long, since numbers are read with the eight bytes before their end.
#[test]
fn a_plain_line_is_read_at_once() {
    for line in [
        "measurement f=1",
        "measurement f=1.5 17",
        "measurement f=1,g=2 1700000000000000000",
        "measurement,tag=value f=-12i -17",
        "measurement,a=1,b=2,c=3 f=1.25e-3,g=1E5,h=1e+5,i=0.1",
        "measurement,c=1,a=2,b=3 f=1 17",
        "measurement f=t,g=T,h=true,i=True,j=TRUE 1",
        "measurement f=f,g=F,h=false,i=False,j=FALSE 1",
        "measurement f=\"\",g=\"text\",h=\"a, b = c\nd\" 1",
        r#"measurement f="a \"b\" \\ \c",g="\\" 1"#,
        r"mea\,su\ re\=ment,t\,a\ g\==v\,a\ l\= f\,ie\ ld\==1 17",
        r"me\asurement,t\ag=v\alue f\ield=1 17",
        "measurement f=12345678901234567,g=0.30000000000000004 17",
        "measurement f=100000000000000000000000.5 17",
    ] {
        for dialect in DIALECTS {
            assert!(is_line(line, &dialect), "{dialect:?} {line}");
        }
    }
    for dialect in [Dialect::GO_V2, Dialect::IOX_3_6, Dialect::IOX_3_9] {
        assert!(is_line("measurement f=7u,g=18446744073709551615u 1", &dialect), "{dialect:?}");
    }
}

#[test]
fn comments_and_blank_lines_are_passed_at_once() {
    for dialect in DIALECTS {
        for line in ["", "#", "# a, comment = with all\t"] {
            let body = format!("{line}\nm f=1\n");
            let found = begin(&body, body.len(), &dialect);
            assert!(matches!(found, Plain::Nothing(end) if end == line.len()), "{found:?} {line}");
        }
    }
}

/// Only then is it worth while to scan more.
#[test]
fn what_was_not_scanned_is_told_apart() {
    for body in ["measurement,tag=value f=1,g=\"text\" 17\n", "# comment\n"] {
        for scanned in 0..body.len() {
            let found = begin(body, scanned, &Dialect::GO_V2);
            assert!(matches!(found, Plain::Unscanned), "{scanned} {found:?}");
        }
    }
    let bad = "measurement,tag f=1\nm f=1\n";
    assert!(matches!(begin(bad, bad.len(), &Dialect::GO_V2), Plain::Other));
}

/// A long line of short parts is as plain as a short one. What is limited is said by the dialects: Go's
/// series key with 4 and the field key, IOx's parts one by one.
#[test]
fn a_long_line_of_short_parts_is_plain() {
    let key = "measurement,tag=value";
    let field = "field";
    let line = format!("{key} {field}=\"{}\",g=1 17", "x".repeat(60));
    let longest = key.len() + 4 + field.len();
    for (limit, is_plain) in [(longest - 1, false), (longest, true), (longest + 1, true)] {
        let dialect = Dialect::Go(GoDialect { max_key_bytes: limit, ..GoDialect::V2 });
        assert_eq!(is_line(&line, &dialect), is_plain, "{limit}");
    }
    for part in [
        "{},tag=value f=1",
        "measurement,{}=v f=1",
        "measurement,t={} f=1",
        "measurement f=1,{}=1",
        "measurement f=1,g=\"{}\"",
    ] {
        let line = part.replace("{}", "twelve_bytes");
        for (limit, is_plain) in [(11, false), (12, true)] {
            let dialect = Dialect::Iox(IoxDialect { max_string_bytes: limit, ..IoxDialect::V3_9 });
            assert_eq!(is_line(&line, &dialect), is_plain, "{limit} {line}");
        }
    }
}
