//! Where the published crate and the products part, each under a name that the README has too.
//!
//! The grammar and the texts of 2.0.0 are those of InfluxDB 3 until 3.8, the dialect `IOX_3_6`; only
//! the limit on the length of a string came later. Each predicate recognises its own class and
//! nothing else, and each class is one of texts: no line that is good here is bad there, unless it
//! is too long.

use crate::read::{Item, Ours, ours};
use line_protocol::{Dialect, IoxDialect, ParseErrorKind as Kind};

/// Whether a line's difference is of this class: theirs, ours, the dialect in which it is ours.
type Predicate = fn(&Item, &Ours<'_>, IoxDialect) -> bool;

pub(crate) struct Difference {
    pub(crate) name: &'static str,
    /// In which of our dialects.
    pub(crate) releases: &'static [&'static str],
    /// A body of one line that shows it, and no other.
    pub(crate) example: fn() -> String,
    pub(crate) is: Predicate,
}

pub(crate) const DIFFERENCES: &[Difference] = &[
    Difference {
        name: "length limit",
        releases: &["3.6", "3.9"],
        example: || format!("m f=\"{}\"", "x".repeat(1_048_577)),
        is: length_limit,
    },
    Difference {
        name: "quotes around a value",
        releases: &["3.9"],
        example: || "m f=9223372036854775808i".to_owned(),
        is: quotes,
    },
    Difference {
        name: "trailing content",
        releases: &["3.9"],
        example: || "m f=1 not a timestamp".to_owned(),
        is: trailing_content,
    },
    Difference {
        name: "no space before the fields",
        releases: &["3.9"],
        example: || "m,a=b\tf=1".to_owned(),
        is: no_space,
    },
    Difference {
        name: "malformed first tag",
        releases: &["3.9"],
        example: || "m,a= f=1".to_owned(),
        is: |theirs, ours, _| {
            says(theirs, "Tag Set Malformed") && tag_is_explained(ours, Tag::First)
        },
    },
    Difference {
        name: "malformed later tag",
        releases: &["3.9"],
        example: || "m,a=1,b f=1".to_owned(),
        is: |theirs, ours, _| says(theirs, NO_SPACE) && tag_is_explained(ours, Tag::Later),
    },
];

/// Which tag of a line is malformed.
#[derive(Clone, Copy, PartialEq)]
enum Tag {
    First,
    Later,
}

/// What nom says of a line without a space where one has to be.
const NO_SPACE: &str = "A generic parsing error occurred: TakeWhile1";

/// We refuse what is too long, and with the limit lifted we say what they say, or would say it but
/// for one of the other differences.
fn length_limit(theirs: &Item, our: &Ours<'_>, dialect: IoxDialect) -> bool {
    let Some(Kind::StringTooLong { limit }) = our.error.as_ref().map(|error| error.kind) else {
        return false;
    };
    let text = if limit == 65_536 { "64KB" } else { "1MB" };
    let unlimited = Dialect::Iox(IoxDialect {
        max_string_bytes: usize::MAX,
        wording: IoxDialect::V3_6.wording,
    });
    let without = ours(our.line(), &unlimited);
    limit == dialect.max_string_bytes
        && says(our.item(), &format!("String is greater than {text}"))
        && without.len() == 1
        && without[0].item() == theirs
}

/// `Unable to parse … value '…'`: the same text, backticks for quotes.
fn quotes(theirs: &Item, our: &Ours<'_>, _: IoxDialect) -> bool {
    let (Item::Bad(theirs), Item::Bad(ours)) = (theirs, our.item()) else { return false };
    let Some((what, value)) = theirs.split_once(" value '") else { return false };
    let Some(value) = value.strip_suffix('\'') else { return false };
    what.starts_with("Unable to parse ") && *ours == format!("{what} value `{value}`")
}

/// The same content, in backticks and cut.
fn trailing_content(theirs: &Item, our: &Ours<'_>, _: IoxDialect) -> bool {
    const BEFORE: &str = "Could not parse entire line. Found trailing content: ";
    let (Item::Bad(theirs), Item::Bad(ours)) = (theirs, our.item()) else { return false };
    let content = theirs.strip_prefix(BEFORE).and_then(|rest| rest.strip_prefix('\''));
    let Some(content) = content.and_then(|rest| rest.strip_suffix('\'')) else { return false };
    our.line().ends_with(content) && *ours == format!("{BEFORE}`{}`", shortened(content))
}

/// The rest of the line is shown whole, and it does not begin with the comma of a tag.
fn no_space(theirs: &Item, our: &Ours<'_>, _: IoxDialect) -> bool {
    let Item::Bad(ours) = our.item() else { return false };
    let Some(got) = ours.strip_prefix("Expected at least one space character, got ") else {
        return false;
    };
    let rest = got.strip_prefix('`').and_then(|rest| rest.strip_suffix('`'));
    let shown = match rest {
        Some(rest) => our.line().ends_with(rest) && !rest.starts_with([' ', ',']),
        None => got == "end of input",
    };
    says(theirs, NO_SPACE) && shown
}

/// Since 3.9 a malformed tag is told: which part is missing, and what stands there. The places are
/// found anew here, so that the test does not believe the span.
fn tag_is_explained(our: &Ours<'_>, tag: Tag) -> bool {
    let (Item::Bad(text), line) = (our.item(), our.line()) else { return false };
    let Some(set) = after_measurement(line) else { return false };
    let no_equals =
        format!("Tag set malformed: could not find equals sign in `{}`", shortened(set));
    if *text == no_equals {
        return tag == Tag::First || set.contains('=');
    }
    // A key is missing behind a comma, a value behind an equal sign.
    let (separator, got) = match text.strip_prefix("Expected tag ").map(|rest| rest.split_at(3)) {
        Some(("key", rest)) => (',', rest),
        Some(("val", rest)) => ('=', rest.strip_prefix("ue").unwrap_or_default()),
        _ => return false,
    };
    let place = |at: usize| line[..at].ends_with(separator) && got == echo(&line[at..]);
    match (tag, separator) {
        (Tag::First, ',') => got == echo(set),
        _ => (line.len() - set.len()..=line.len()).any(|at| line.is_char_boundary(at) && place(at)),
    }
}

fn echo(rest: &str) -> String {
    if rest.is_empty() {
        ", got end of input".to_owned()
    } else {
        format!(", got `{}`", shortened(rest))
    }
}

/// What follows the comma that ends the measurement.
fn after_measurement(line: &str) -> Option<&str> {
    let mut escaped = false;
    let comma = line.find(|c| {
        let ends = c == ',' && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    })?;
    Some(&line[comma + 1..])
}

/// Ten bytes are shown; of more, ten characters.
fn shortened(text: &str) -> String {
    if text.len() > 10 {
        text.chars().take(10).collect::<String>() + "..."
    } else {
        text.to_owned()
    }
}

fn says(item: &Item, text: &str) -> bool {
    matches!(item, Item::Bad(said) if said == text)
}
