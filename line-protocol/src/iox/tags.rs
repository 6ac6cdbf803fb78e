//! The tag set of an IOx line.

use super::name::Names;
use crate::dialect::IoxWording;
use crate::error::ParseErrorKind as Kind;
use crate::fault::Fault;
use crate::tape::{TagNames, Tape};

/// ```text
/// tags = tag *( "," tag )
/// tag  = key "=" value
/// ```
/// Returns where the set ends. Until 3.8 a malformed tag ends the set before its comma, unless it
/// is the first; since 3.9 it refuses the line. Keys may repeat.
pub(super) fn read(
    line: &[u8],
    start: usize,
    names: &Names,
    wording: IoxWording,
    tape: &mut Tape,
) -> Result<usize, Fault> {
    let mut at = start;
    loop {
        match (read_tag(line, start, at, names, tape)?, wording) {
            (Ok((tag, end)), _) => {
                tape.tags.push(tag);
                if line.get(end) != Some(&b',') {
                    return Ok(end);
                }
                at = end + 1;
            }
            (Err(fault), IoxWording::Backticks) => return Err(fault),
            (Err(_), IoxWording::Quotes) if tape.tags.is_empty() => {
                return Err(Fault::new(Kind::TagSetMalformed, start..line.len()));
            }
            (Err(_), IoxWording::Quotes) => return Ok(at - 1),
        }
    }
}

/// A tag and where it ends. The outer error is final in every release; the inner one says that
/// there is no tag here.
// Two kinds of no, as the doc says; a type of its own would only rename them.
#[allow(clippy::type_complexity)]
fn read_tag(
    line: &[u8],
    set: usize,
    start: usize,
    names: &Names,
    tape: &mut Tape,
) -> Result<Result<(TagNames, usize), Fault>, Fault> {
    let rest = |kind, from: usize| Ok(Err(Fault::new(kind, from..line.len())));
    let Some((key, equals)) = names.key(line, start, tape)? else {
        return rest(Kind::ExpectedTagKey, start);
    };
    if line.get(equals) != Some(&b'=') {
        return rest(Kind::ExpectedEquals, set);
    }
    let Some((value, end)) = names.tag_value(line, equals + 1, tape)? else {
        return rest(Kind::ExpectedTagValue, equals + 1);
    };
    Ok(Ok(((key, value), end)))
}
