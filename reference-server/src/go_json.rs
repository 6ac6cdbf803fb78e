//! JSON byte for byte as Go's `encoding/json` writes it, and read with the errors that it gives.
//! Nothing here knows a product: the releases differ by [`ControlEscapes`] alone.
//!
//! - this file: strings and documents out
//! - [`scan`]: text into a flat list of elements, with Go's syntax errors
//! - [`decode`]: elements into fields, with Go's type errors

pub mod decode;
pub mod scan;

pub use decode::{Decoder, Place};
pub use profiles::ControlEscapes;
pub use scan::{Document, SyntaxError};

use serde_json::Value;

/// Appends a string in quotes. `<`, `>`, `&`, U+2028 and U+2029 are escaped; each byte that is
/// not UTF-8 becomes `\ufffd`.
pub fn push_string(out: &mut Vec<u8>, text: &[u8], escapes: ControlEscapes) {
    out.push(b'"');
    for chunk in text.utf8_chunks() {
        for c in chunk.valid().chars() {
            push_char(out, c, escapes);
        }
        for _ in chunk.invalid() {
            out.extend_from_slice(b"\\ufffd");
        }
    }
    out.push(b'"');
}

fn push_char(out: &mut Vec<u8>, c: char, escapes: ControlEscapes) {
    let short = match c {
        '"' => "\\\"",
        '\\' => "\\\\",
        '\n' => "\\n",
        '\r' => "\\r",
        '\t' => "\\t",
        '\x08' if escapes == ControlEscapes::Short => "\\b",
        '\x0c' if escapes == ControlEscapes::Short => "\\f",
        '\0'..' ' | '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
            out.extend_from_slice(format!("\\u{:04x}", u32::from(c)).as_bytes());
            return;
        }
        _ => {
            out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            return;
        }
    };
    out.extend_from_slice(short.as_bytes());
}

/// A string in quotes.
pub fn string(text: &[u8], escapes: ControlEscapes) -> String {
    let mut out = Vec::with_capacity(text.len() + 2);
    push_string(&mut out, text, escapes);
    String::from_utf8(out).unwrap_or_default()
}

/// A document in one line, without a newline at its end.
pub fn compact(value: &Value, escapes: ControlEscapes) -> Vec<u8> {
    let mut out = Vec::new();
    Writer { out: &mut out, indent: None, escapes }.value(value, 0);
    out
}

/// A document as `json.MarshalIndent` writes it, without a newline at its end.
pub fn indented(value: &Value, indent: &str, escapes: ControlEscapes) -> Vec<u8> {
    let mut out = Vec::new();
    Writer { out: &mut out, indent: Some(indent), escapes }.value(value, 0);
    out
}

/// Writes documents that this server made: they are a few levels deep, so it calls itself.
struct Writer<'w> {
    out: &'w mut Vec<u8>,
    indent: Option<&'w str>,
    escapes: ControlEscapes,
}

impl Writer<'_> {
    fn value(&mut self, value: &Value, depth: usize) {
        match value {
            Value::String(text) => push_string(self.out, text.as_bytes(), self.escapes),
            Value::Array(items) => {
                self.out.push(b'[');
                for (i, item) in items.iter().enumerate() {
                    self.separate(i, depth + 1);
                    self.value(item, depth + 1);
                }
                self.close(items.is_empty(), depth, b']');
            }
            Value::Object(fields) => {
                self.out.push(b'{');
                for (i, (key, field)) in fields.iter().enumerate() {
                    self.separate(i, depth + 1);
                    push_string(self.out, key.as_bytes(), self.escapes);
                    self.out.extend_from_slice(if self.indent.is_some() { b": " } else { b":" });
                    self.value(field, depth + 1);
                }
                self.close(fields.is_empty(), depth, b'}');
            }
            other => self.out.extend_from_slice(other.to_string().as_bytes()),
        }
    }

    fn separate(&mut self, index: usize, depth: usize) {
        if index > 0 {
            self.out.push(b',');
        }
        self.newline(depth);
    }

    fn close(&mut self, empty: bool, depth: usize, bracket: u8) {
        if !empty {
            self.newline(depth);
        }
        self.out.push(bracket);
    }

    fn newline(&mut self, depth: usize) {
        if let Some(indent) = self.indent {
            self.out.push(b'\n');
            for _ in 0..depth {
                self.out.extend_from_slice(indent.as_bytes());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn html_is_escaped() {
        // Recorded from 2.7: `organization name "<a&b>" not found`.
        let text = string(br#"organization name "<a&b>" not found"#, ControlEscapes::Short);
        assert_eq!(text, r#""organization name \"\u003ca\u0026b\u003e\" not found""#);
    }

    #[test]
    fn bytes_that_are_not_utf8() {
        // Recorded from 2.7: the body FF FE FD.
        let text = string(b"unable to parse '\xff\xfe\xfd'", ControlEscapes::Short);
        assert_eq!(text, r#""unable to parse '\ufffd\ufffd\ufffd'""#);
        // Each byte of a cut sequence counts; U+FFFD itself is an ordinary character.
        assert_eq!(string(b"\xe2\x82", ControlEscapes::Short), r#""\ufffd\ufffd""#);
        assert_eq!(string("\u{fffd}".as_bytes(), ControlEscapes::Short), "\"\u{fffd}\"");
    }

    #[test]
    fn control_characters() {
        let text = b"\x00\x08\x0c\x1f\x7f\t\xe2\x80\xa8";
        let short = string(text, ControlEscapes::Short);
        assert_eq!(short, "\"\\u0000\\b\\f\\u001f\x7f\\t\\u2028\"");
        let hex = string(text, ControlEscapes::Hex);
        assert_eq!(hex, "\"\\u0000\\u0008\\u000c\\u001f\x7f\\t\\u2028\"");
    }

    #[test]
    fn layouts() {
        let value = json!({"b": [], "a": [1, {"x": {}}]});
        assert_eq!(compact(&value, ControlEscapes::Short), br#"{"b":[],"a":[1,{"x":{}}]}"#);
        let tabs = "{\n\t\"b\": [],\n\t\"a\": [\n\t\t1,\n\t\t{\n\t\t\t\"x\": {}\n\t\t}\n\t]\n}";
        assert_eq!(indented(&value, "\t", ControlEscapes::Short), tabs.as_bytes());
    }
}
