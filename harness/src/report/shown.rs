//! What others wrote, made harmless to look at: nothing in it is invisible or turns its neighbours.
//!
//! A server's answer may hold anything. Here control characters become their pictures and characters
//! that cannot be seen their numbers; what is markup in a report's own form is that report's matter.

use std::borrow::Cow;

/// Text of several lines: line breaks and tabs stay.
pub(crate) fn block(text: &str) -> Cow<'_, str> {
    replaced(text, |c| if matches!(c, '\n' | '\t') { None } else { picture(c) })
}

/// Text that has to stay on its line.
pub(crate) fn line(text: &str) -> Cow<'_, str> {
    replaced(text, picture)
}

/// At most so many characters; whoever reads sees that there was more, and how much.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    // Counted only where it may be too long at all.
    if text.len() <= most {
        return Cow::Borrowed(text);
    }
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some((end, _)) => {
            let more = text[end..].chars().count();
            Cow::Owned(format!("{}… ({more} more characters)", &text[..end]))
        }
    }
}

fn replaced(text: &str, picture: impl Fn(char) -> Option<String>) -> Cow<'_, str> {
    if text.bytes().all(|byte| (b' '..0x7f).contains(&byte)) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match picture(c) {
            Some(picture) => shown += &picture,
            None => shown.push(c),
        }
    }
    Cow::Owned(shown)
}

/// What stands for a character that must not be shown itself.
fn picture(c: char) -> Option<String> {
    match c {
        '\0'..='\x1f' => char::from_u32(0x2400 + u32::from(c)).map(String::from),
        '\x7f' => Some("␡".to_owned()),
        _ if is_unseen(c) => Some(c.escape_unicode().to_string()),
        _ => None,
    }
}

/// Without ink, or with power over the order of others: the C1 controls; what Unicode calls
/// Bidi_Control, Default_Ignorable_Code_Point (but for the selectors of emoji), line and paragraph
/// separators; non-characters, which XML cannot hold (PropList.txt, DerivedCoreProperties.txt).
fn is_unseen(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}'
        | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fdd0}'..='\u{fdef}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
        || u32::from(c) & 0xfffe == 0xfffe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_stays_that_cannot_be_seen() {
        // RIGHT-TO-LEFT OVERRIDE, NUL, ESC, DEL, a C1 control, ZERO WIDTH SPACE, a non-character.
        let hostile = "a\u{202e}b\0\x1b[31m\x7f\u{85}\u{200b}\u{1ffff}é漢\u{fffd}";
        assert_eq!(line(hostile), "a\\u{202e}b␀␛[31m␡\\u{85}\\u{200b}\\u{1ffff}é漢\u{fffd}");
        assert_eq!(line("a\nb\tc\r"), "a␊b␉c␍");
        assert_eq!(block("a\nb\tc\r\n"), "a\nb\tc␍\n");
    }

    #[test]
    fn what_is_cut_is_told() {
        assert_eq!(cut("éééé", 4), "éééé");
        assert_eq!(cut("ééééé", 3), "ééé… (2 more characters)");
    }
}
