//! How Go prints: `%q`, and strings in `encoding/json`.

use profiles::http::JsonControls;
use std::fmt::Write as _;

/// Bytes between quotes as `%q` prints them: quotes, backslashes and what cannot be printed are
/// escaped, letters beyond ASCII stay.
pub fn quoted(bytes: &[u8]) -> String {
    let mut out = String::with_capacity(bytes.len() + 2);
    out.push('"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\x07' => out.push_str("\\a"),
                '\x08' => out.push_str("\\b"),
                '\x0c' => out.push_str("\\f"),
                '\n' => out.push_str("\\n"),
                '\r' => out.push_str("\\r"),
                '\t' => out.push_str("\\t"),
                '\x0b' => out.push_str("\\v"),
                c if (c as u32) < 0x20 || c == '\x7f' => hex(&mut out, 'x', 2, c as u32),
                c if is_unprintable(c) && (c as u32) < 0x1_0000 => hex(&mut out, 'u', 4, c as u32),
                c if is_unprintable(c) => hex(&mut out, 'U', 8, c as u32),
                c => out.push(c),
            }
        }
        for &byte in chunk.invalid() {
            hex(&mut out, 'x', 2, u32::from(byte));
        }
    }
    out.push('"');
    out
}

/// The characters beyond ASCII that Go's `strconv.IsPrint` refuses and that names are likely to
/// have: controls, separators, format characters, private use, surrogate gaps.
fn is_unprintable(c: char) -> bool {
    c.is_control()
        || (c.is_whitespace() && c != ' ')
        || matches!(c as u32, 0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0xFEFF
            | 0xE000..=0xF8FF | 0xFFF9..=0xFFFB | 0xFFFE | 0xFFFF | 0xE0001..=0xE007F
            | 0xF0000..=0x10FFFF)
}

fn hex(out: &mut String, letter: char, width: usize, value: u32) {
    let _ = write!(out, "\\{letter}{value:0width$x}");
}

/// Bytes as a JSON string, quotes included, as `encoding/json` writes it: `<`, `>`, `&` and the
/// separators U+2028, U+2029 escaped, every byte that is not UTF-8 as `\ufffd`.
pub fn json_string(bytes: &[u8], controls: JsonControls) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len() + 2);
    out.push(b'"');
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            match (c, controls) {
                ('"', _) => out.extend_from_slice(b"\\\""),
                ('\\', _) => out.extend_from_slice(b"\\\\"),
                ('\n', _) => out.extend_from_slice(b"\\n"),
                ('\r', _) => out.extend_from_slice(b"\\r"),
                ('\t', _) => out.extend_from_slice(b"\\t"),
                ('\x08', JsonControls::Short) => out.extend_from_slice(b"\\b"),
                ('\x0c', JsonControls::Short) => out.extend_from_slice(b"\\f"),
                ('<' | '>' | '&' | '\u{2028}' | '\u{2029}' | '\0'..='\x1f', _) => {
                    out.extend_from_slice(format!("\\u{:04x}", c as u32).as_bytes());
                }
                (c, _) => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        for _ in chunk.invalid() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
    out.push(b'"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What `fmt.Sprintf("%q", …)` prints, from Go's documentation of strconv.Quote.
    #[test]
    fn quotes_like_go() {
        assert_eq!(quoted(b"a\"b\\c\n"), r#""a\"b\\c\n""#);
        assert_eq!(quoted("é☺\u{7f}\u{feff}".as_bytes()), r#""é☺\x7f\ufeff""#);
        assert_eq!(quoted(b"\xff\x00"), r#""\xff\x00""#);
    }

    /// Recorded: `65540 \u003e 65535`, and 08 as `\b` by all releases but 1.6.
    #[test]
    fn escapes_json_like_go() {
        let text = |controls| json_string(b"a > b\x08\xff", controls);
        assert_eq!(text(JsonControls::Short), br#""a \u003e b\b\ufffd""#);
        assert_eq!(text(JsonControls::Unicode), br#""a \u003e b\u0008\ufffd""#);
    }
}
