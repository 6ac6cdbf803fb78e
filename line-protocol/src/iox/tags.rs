//! The tag set of an IOx line.

use super::name::Names;
use crate::dialect::IoxWording;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::line::Tag;

/// ```text
/// tags = tag *( "," tag )
/// tag  = key "=" value
/// ```
/// Returns where the set ends. Until 3.8 a malformed tag ends the set before its comma, unless it
/// is the first; since 3.9 it refuses the line. Keys may repeat.
pub(super) fn read<'a>(
    line: &'a [u8],
    start: usize,
    names: &Names,
    wording: IoxWording,
    tags: &mut Vec<Tag<'a>>,
) -> Result<usize, Fault> {
    let mut at = start;
    loop {
        match (read_tag(line, start, at, names)?, wording) {
            (Ok((tag, end)), _) => {
                tags.push(tag);
                if line.get(end) != Some(&b',') {
                    return Ok(end);
                }
                at = end + 1;
            }
            (Err(fault), IoxWording::Backticks) => return Err(fault),
            (Err(_), IoxWording::Quotes) if tags.is_empty() => {
                return Err(Fault::new(Kind::TagSetMalformed, start..line.len()));
            }
            (Err(_), IoxWording::Quotes) => return Ok(at - 1),
        }
    }
}

/// A tag and where it ends. The outer error is final in every release; the inner one says that
/// there is no tag here.
#[allow(clippy::type_complexity)]
fn read_tag<'a>(
    line: &'a [u8],
    set: usize,
    start: usize,
    names: &Names,
) -> Result<Result<(Tag<'a>, usize), Fault>, Fault> {
    let rest = |kind, from: usize| Ok(Err(Fault::new(kind, from..line.len())));
    let Some((key, equals)) = names.key(line, start)? else {
        return rest(Kind::ExpectedTagKey, start);
    };
    if line.get(equals) != Some(&b'=') {
        return rest(Kind::ExpectedEquals, set);
    }
    let Some((value, end)) = names.tag_value(line, equals + 1)? else {
        return rest(Kind::ExpectedTagValue, equals + 1);
    };
    Ok(Ok(((key, value), end)))
}
