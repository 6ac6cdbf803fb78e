//! Small rules of showing bytes as text: cutting an echo, decoding bytes that are not UTF-8.
//!
//! Unescaping is not here; it belongs to the grammars.

use alloc::string::String;

/// How much of a line IOx shows, in bytes.
pub const ORIGINAL_LINE_BYTES: usize = 20;

/// The first `limit` bytes, or fewer where the cut would fall inside a character.
///
/// ```
/// assert_eq!(line_protocol::cut(b"temperature", 4), b"temp");
/// assert_eq!(line_protocol::cut("tempé".as_bytes(), 5), b"temp");
/// ```
pub fn cut(bytes: &[u8], limit: usize) -> &[u8] {
    if bytes.len() <= limit {
        return bytes;
    }
    let mut end = limit;
    // A continuation byte is 10xxxxxx; at most three of them follow a first byte.
    while end > 0 && limit - end < 4 && bytes[end] & 0xC0 == 0x80 {
        end -= 1;
    }
    if bytes[end] & 0xC0 == 0x80 { &bytes[..limit] } else { &bytes[..end] }
}

/// Decodes as Go does when it writes JSON: every byte that is not part of a character becomes one
/// U+FFFD, where Rust would make one of several.
pub fn lossy(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().map(|_| char::REPLACEMENT_CHARACTER));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_no_character_are_cut_at_the_limit() {
        assert_eq!(cut(&[0x80; 30], 20), [0x80; 20]);
        assert_eq!(cut(b"a\x80\x80\x80\x80\x80b", 5), b"a\x80\x80\x80\x80");
        // The last character fits, and the one after it does not.
        assert_eq!(cut("aé€".as_bytes(), 4), "aé".as_bytes());
    }
}
