//! What holds of every answer, whatever the input: numbers that count, spans in bounds, texts that
//! can be made.

use line_protocol::{Dialect, Line, ORIGINAL_LINE_BYTES, Options, ParseError, parse};

/// Parses the body and looks at every part of every item.
pub fn assert_sound(body: &[u8], dialect: &Dialect, options: &Options) {
    let mut end = 0;
    for (index, item) in parse(body, dialect, options).enumerate() {
        let (number, span) = match &item {
            Ok(line) => (line.number, line.span.clone()),
            Err(error) => (error.line_number, error.line.clone()),
        };
        assert_eq!(number, index + 1);
        assert!(end <= span.start && span.start < span.end && span.end <= body.len());
        end = span.end;
        match item {
            Ok(line) => assert_sound_line(body, &line, dialect),
            Err(error) => assert_sound_error(body, &error, dialect),
        }
    }
}

fn assert_sound_line(body: &[u8], line: &Line<'_>, dialect: &Dialect) {
    assert_eq!(&body[line.span.clone()], &*line.raw);
    assert!(!line.measurement.is_empty() && !line.fields.is_empty());
    assert!(line.raw.starts_with(&line.series_key) || matches!(dialect, Dialect::Go(_)));
    assert!(line.tags.iter().all(|(key, value)| !key.is_empty() && !value.is_empty()));
    assert!(line.timestamp.is_some() || !line.has_timestamp);
    assert!(!line.to_string().is_empty());
}

fn assert_sound_error(body: &[u8], error: &ParseError, dialect: &Dialect) {
    assert!(error.line.start <= error.span.start && error.span.end <= error.line.end, "{error:?}");
    assert!(error.span.start <= error.span.end, "{error:?}");
    let (message, reason) = (error.message_bytes(body), error.reason_bytes(body));
    assert!(!reason.is_empty() && message.ends_with(&reason));
    assert!(matches!(dialect, Dialect::Go(_)) == message.starts_with(b"unable to parse '"));
    assert!(!error.message(body).is_empty() && !error.reason(body).is_empty());
    assert!(error.physical_line(body).starts_with(error.original_line(body)));
    assert!(error.original_line(body).len() <= ORIGINAL_LINE_BYTES);
    assert!(!error.to_string().is_empty());
}
