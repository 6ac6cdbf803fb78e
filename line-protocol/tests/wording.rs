//! Error texts that no recording reaches: those of InfluxDB 3.9 and later, and rare ones.

#![allow(clippy::unwrap_used)]

use line_protocol::{Dialect, ErrorSink, FirstN, IoxDialect, IoxWording, Options, ParseError};
use line_protocol::{Parser, parse};

fn text(body: &[u8], dialect: Dialect) -> String {
    let error = parse(body, &dialect, &Options::default()).find_map(Result::err);
    error.unwrap_or_else(|| panic!("accepted: {body:?}")).message(body)
}

/// Most of these texts are asserted by the product's own tests; the others follow its code.
#[test]
fn iox_since_3_9() {
    let long_key = format!("J,{}", "a".repeat(200));
    let long_field = format!("testmeasure,foo=f bar=1i,ba{}=", "z".repeat(100));
    for (body, expected) in [
        ("measurement", "Expected at least one space character, got end of input"),
        (",", "Invalid measurement was provided"),
        ("J,#", "Tag set malformed: could not find equals sign in `#`"),
        (&*long_key, "Tag set malformed: could not find equals sign in `aaaaaaaaaa...`"),
        ("J,", "Expected tag key, got end of input"),
        ("testmeasure, bar=1i", "Expected tag key, got ` bar=1i`"),
        ("0,,=", "Expected tag value, got end of input"),
        ("testmeasure,foo\\=\\,baz= bar=1i", "Expected tag value, got ` bar=1i`"),
        ("testmeasure,foo=,baz= bar=1i", "Expected tag value, got `,baz= bar=...`"),
        ("m,a=b,itsEmpty=,effect=No v=1", "Expected tag value, got `,effect=No...`"),
        (
            "testmeasure,foo=f bar=1i,baz=",
            "Could not parse entire line. Found trailing content: `baz=`",
        ),
        (&*long_field, "Could not parse entire line. Found trailing content: `bazzzzzzzz...`"),
        ("\u{1b}# /", "No fields were provided"),
        (
            ":\u{14}\\",
            "Measurements, tag keys and values, and field keys may not end with a backslash",
        ),
        (
            "m f=3.0 18888888888888888888888",
            "Unable to parse timestamp value `18888888888888888888888`",
        ),
        ("m f=66666666666666666668i", "Unable to parse integer value `66666666666666666668`"),
        (
            "m f=66666666666666666668u",
            "Unable to parse unsigned integer value `66666666666666666668`",
        ),
    ] {
        assert_eq!(text(body.as_bytes(), Dialect::IOX_3_9), expected, "{body}");
    }
}

#[test]
fn a_size_limit_is_told_in_its_unit() {
    let body = format!("m f=\"{}\"", "x".repeat(1_048_577));
    assert_eq!(text(body.as_bytes(), Dialect::IOX_3_6), "String is greater than 64KB");
    assert_eq!(text(body.as_bytes(), Dialect::IOX_3_9), "String is greater than 1MB");
    let largest = format!("m f=\"{}\"", "x".repeat(65_536));
    assert!(parse(largest.as_bytes(), &Dialect::IOX_3_6, &Options::default()).all(|l| l.is_ok()));
}

#[test]
fn the_wordings_are_two_values() {
    let old = IoxDialect { wording: IoxWording::Quotes, ..IoxDialect::V3_9 };
    assert_eq!(
        text(b"m,a=1,b f=1", Dialect::Iox(old)),
        "A generic parsing error occurred: TakeWhile1"
    );
    assert_eq!(
        text(b"m,a=1,b f=1", Dialect::IOX_3_9),
        "Tag set malformed: could not find equals sign in `a=1,b f=1`"
    );
}

#[test]
fn go_quotes_the_reserved_bytes() {
    for (key, shown) in [(&b"\xff"[..], "\\xff"), (b"\x00", "\\x00"), (b"_field", "_field")] {
        let body = [b"m,", key, b"=1 f=1"].concat();
        let error = parse(&body, &Dialect::GO_V2, &Options::default()).next().unwrap();
        let reason = error.unwrap_err().reason(&body);
        assert_eq!(reason, format!("cannot use reserved tag key \"{shown}\""));
    }
}

/// A string's key that ends in a backslash is read differently than it was judged.
#[test]
fn go_cannot_tell_such_a_field_apart() {
    let body = br#"m f\\="x" 1"#;
    assert_eq!(
        text(body, Dialect::GO_V2),
        r#"unable to parse 'm f\\="x" 1': invalid value: field-key=f\\="x""#
    );
    // Where some releases break off.
    assert!(text(br#"m f\\="=" 1"#, Dialect::GO_V2).contains("invalid value"));
}

/// Go replaces every bad byte when it writes JSON; Rust would replace `e2 82` once.
#[test]
fn go_texts_hold_the_lines_bytes() {
    let body = b"m\xe2\x82";
    let error = parse(body, &Dialect::GO_V2, &Options::default()).next().unwrap().unwrap_err();
    assert_eq!(error.message(body), "unable to parse 'm\u{fffd}\u{fffd}': missing fields");
    assert_eq!(error.message_bytes(body), b"unable to parse 'm\xe2\x82': missing fields");
}

#[test]
fn an_echo_is_cut_between_characters() {
    let body = "ééééééééé \u{20ac}x".as_bytes();
    let error = parse(body, &Dialect::IOX_3_6, &Options::default()).next().unwrap().unwrap_err();
    assert_eq!(error.original_line(body), "ééééééééé ".as_bytes());
    let crlf = b"# c\r\nbad\r\n";
    let error = parse(crlf, &Dialect::IOX_3_6, &Options::default()).next().unwrap().unwrap_err();
    assert_eq!((error.line_number, error.original_line(crlf)), (1, &b"# c"[..]));
}

#[test]
fn sinks_decide_how_far_to_go() {
    let body = b"bad\nm f=1\nbad\nbad\nm f=2";
    fn drive(body: &[u8], mut sink: impl ErrorSink) -> usize {
        let mut good = 0;
        let mut parser = Parser::new(Dialect::GO_V2);
        let _ = parser.parse_into(body, &Options::default(), |_| good += 1, &mut sink);
        good
    }
    let (mut first, mut all, mut some) = (None::<ParseError>, Vec::new(), FirstN::new(2));
    assert_eq!(drive(body, &mut first), 0);
    assert_eq!(drive(body, &mut all), 2);
    assert_eq!(drive(body, &mut some), 2);
    assert_eq!(drive(body, ()), 2);
    assert_eq!(first.map(|error| error.line_number), Some(1));
    assert_eq!(all.iter().map(|error| error.line_number).collect::<Vec<_>>(), [1, 3, 4]);
    assert_eq!((some.kept.len(), some.total), (2, 3));
}

#[test]
fn an_echo_since_3_9_is_cut_beyond_ten_bytes() {
    let trailing = "Could not parse entire line. Found trailing content: ";
    for (rest, shown) in [
        ("123456789x", "`123456789x`"),
        ("123456789xy", "`123456789x...`"),
        // Ten bytes decide, ten characters are shown.
        ("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", "`\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}...`"),
    ] {
        let body = format!("m f=\"a\"{rest}");
        assert_eq!(text(body.as_bytes(), Dialect::IOX_3_9), format!("{trailing}{shown}"));
    }
}

/// What a schema error of InfluxDB 3 shows is made of values, not of the line.
#[test]
fn a_line_is_written_back_as_iox_does() {
    for (body, shown) in [
        (r#"m f="a \"b\", c" 1"#, r#"m f=a \"b\", c 1"#),
        (r"m\,\ x=y,t\=k=v\,w\ = f\ g=1.0,h=1e20 ", ""),
        (
            r"m\,\ x=y,t\=k=v\,w\= f\ g=1.0,h=1e20",
            r"m\,\ x=y,t\=k=v\,w\= f\ g=1,h=100000000000000000000",
        ),
        ("m b=T,i=-007i,u=7u  12  ", "m b=true,i=-7i,u=7u 12"),
        ("m f=1e400", "m f=inf"),
    ] {
        let line = parse(body.as_bytes(), &Dialect::IOX_3_6, &Options::default()).next().unwrap();
        assert_eq!(line.map(|line| line.to_string()).unwrap_or_default(), shown, "{body}");
    }
}
