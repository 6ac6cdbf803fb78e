//! Where two dialects must say the same, as far as that can be told without a third reader.

use line_protocol::{
    Dialect, FieldValue, IoxDialect, Line, Options, ParseError, ParseErrorKind, Precision, parse,
};

type Item<'a> = Result<Line<'a>, ParseError>;

fn items<'a>(body: &'a [u8], dialect: &Dialect, options: &Options) -> Vec<Item<'a>> {
    parse(body, dialect, options).collect()
}

fn kind(item: &Item<'_>) -> Option<ParseErrorKind> {
    item.as_ref().err().map(|error| error.kind)
}

/// The releases of the Go grammar differ in two points only: the later ones refuse some tag keys,
/// once the tags have proved well-formed, and know the literal `1u`.
pub fn go_releases_agree(body: &[u8], options: &Options) {
    let old = items(body, &Dialect::GO_V1_6, options);
    let new = items(body, &Dialect::GO_V2, options);
    assert_eq!(old.len(), new.len());
    for (old, new) in old.iter().zip(&new) {
        match (kind(old), kind(new)) {
            (kind, Some(ParseErrorKind::ReservedTagKey)) => assert!(!is_of_tags(kind), "{kind:?}"),
            (Some(ParseErrorKind::InvalidNumber), _) if old != new => {
                let line = old.as_ref().err().map_or(&[][..], |error| &body[error.line.clone()]);
                let literal = |pair: &[u8]| pair[0].is_ascii_digit() && pair[1] == b'u';
                assert!(line.windows(2).any(literal), "{old:?} {new:?}");
            }
            _ => assert_eq!(old, new),
        }
    }
}

fn is_of_tags(kind: Option<ParseErrorKind>) -> bool {
    use ParseErrorKind as Kind;
    let of_tags = [Kind::MissingMeasurement, Kind::MissingTagKey, Kind::MissingTagValue];
    kind.is_some_and(|kind| kind == Kind::InvalidTagFormat || of_tags.contains(&kind))
}

/// The releases of the IOx grammar give the same verdict on every line that is shorter than the
/// shorter of their limits, and the same points. Only the words differ, and for malformed tags the
/// kind of the error: the later ones name what the earlier ones take for the end of the tags.
pub fn iox_releases_agree(body: &[u8], options: &Options) {
    use ParseErrorKind as Kind;
    if body.len() > IoxDialect::V3_6.max_string_bytes {
        return;
    }
    let old = items(body, &Dialect::IOX_3_6, options);
    let new = items(body, &Dialect::IOX_3_9, options);
    assert_eq!(old.len(), new.len());
    for (old, new) in old.iter().zip(&new) {
        match (old, new) {
            (Err(old), Err(new)) => {
                let of_tags = matches!(
                    new.kind,
                    Kind::ExpectedTagKey | Kind::ExpectedTagValue | Kind::ExpectedEquals
                );
                let renamed = matches!(old.kind, Kind::TagSetMalformed | Kind::ExpectedSpace);
                let same = old.kind == new.kind && old.span == new.span;
                assert!(same || (of_tags && renamed), "{old:?} {new:?}");
                assert_eq!((old.line_number, &old.line), (new.line_number, &new.line));
                assert_eq!(old.physical_line(body), new.physical_line(body));
            }
            (old, new) => assert_eq!(old, new),
        }
    }
}

/// The two grammars cut a body into the same lines if nothing in it escapes, quotes or is skipped
/// by one alone; and a line that both accept they read alike, but for the order of the tags.
pub fn grammars_agree(body: &[u8]) {
    if body.iter().any(|byte| matches!(byte, b'\\' | b'"' | 0)) || str::from_utf8(body).is_err() {
        return;
    }
    let options = Options { precision: Precision::Nanosecond, default_time: 0 };
    let go = items(body, &Dialect::GO_V2, &options);
    let iox = items(body, &Dialect::IOX_3_9, &options);
    assert_eq!(go.len(), iox.len());
    for pair in go.into_iter().zip(iox) {
        let (Ok(go), Ok(mut iox)) = pair else { continue };
        iox.tags.sort();
        assert_eq!(go.span, iox.span);
        assert_eq!((&go.measurement, &go.tags), (&iox.measurement, &iox.tags));
        assert_eq!(go.fields, iox.fields);
        assert_eq!(go.timestamp.filter(|_| go.has_timestamp), iox.timestamp);
        assert!(!go.fields.iter().any(|(_, value)| matches!(value, FieldValue::String(_))));
    }
}
