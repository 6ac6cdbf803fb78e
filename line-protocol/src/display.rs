//! A line as IOx writes it back when it names it in an error.
//!
//! This is not the encoder: what comes out may mean something else when read again, since string
//! values lose their quotes, and that is what the product shows.

use crate::line::{FieldValue, Line};
use crate::text::lossy;
use core::fmt;

/// Measurement: commas and spaces escaped. Keys and tag values: equal signs too. String values:
/// quotes escaped, no quotes around. Floats as Rust shows them: `1.0` is `1`, `1e20` all digits.
impl fmt::Display for Line<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escaped(f, &self.measurement, &[',', ' '])?;
        for (key, value) in &self.tags {
            f.write_str(",")?;
            escaped(f, key, &[',', '=', ' '])?;
            f.write_str("=")?;
            escaped(f, value, &[',', '=', ' '])?;
        }
        for (index, (key, value)) in self.fields.iter().enumerate() {
            f.write_str(if index == 0 { " " } else { "," })?;
            escaped(f, key, &[',', '=', ' '])?;
            write!(f, "={value}")?;
        }
        match self.timestamp {
            Some(timestamp) => write!(f, " {timestamp}"),
            None => Ok(()),
        }
    }
}

/// See [`Line`]'s.
impl fmt::Display for FieldValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Float(v) => write!(f, "{v}"),
            Self::Integer(v) => write!(f, "{v}i"),
            Self::Unsigned(v) => write!(f, "{v}u"),
            Self::Boolean(v) => write!(f, "{v}"),
            Self::String(v) => escaped(f, v, &['"']),
        }
    }
}

fn escaped(f: &mut fmt::Formatter<'_>, bytes: &[u8], special: &[char]) -> fmt::Result {
    let text = lossy(bytes);
    let mut rest = &*text;
    while let Some(at) = rest.find(special) {
        write!(f, "{}\\{}", &rest[..at], &rest[at..=at])?;
        rest = &rest[at + 1..];
    }
    f.write_str(rest)
}
