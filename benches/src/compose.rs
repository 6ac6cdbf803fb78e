//! Writes a body from what is meant, and counts it while writing: the tally comes from what was
//! put in, never from reading it back.

use crate::tally::Tally;
use std::fmt::{Display, Write};

/// A body in the making.
#[derive(Debug, Default)]
pub(crate) struct Composer {
    pub(crate) body: String,
    /// As IOx reads it.
    pub(crate) tally: Tally,
    /// How often a measurement has `\=`, which only Go takes for `=`.
    pub(crate) equals_in_measurements: u64,
    /// Whether the line has a field already.
    in_fields: bool,
}

impl Composer {
    /// Begins a line. The measurement is given as written, since not all agree on what it means.
    pub(crate) fn line(&mut self, measurement: &str) -> &mut Self {
        let meant = measurement.replace("\\,", ",").replace("\\ ", " ");
        self.equals_in_measurements += measurement.matches("\\=").count() as u64;
        self.body.push_str(measurement);
        self.tally.line(meant.as_bytes());
        self.in_fields = false;
        self
    }

    /// Adds a tag, escaped where it has to be.
    pub(crate) fn tag(&mut self, key: &str, value: &str) -> &mut Self {
        self.body.push(',');
        self.name(key);
        self.body.push('=');
        self.name(value);
        self.tally.tag(key.as_bytes(), value.as_bytes());
        self
    }

    /// Adds a float as it is written here.
    pub(crate) fn float(&mut self, key: &str, text: &str) -> &mut Self {
        self.tally.float(text.parse().expect("a float"));
        self.field(key, text)
    }

    pub(crate) fn integer(&mut self, key: &str, value: i64) -> &mut Self {
        self.tally.integer(value);
        self.field(key, format_args!("{value}i"))
    }

    pub(crate) fn unsigned(&mut self, key: &str, value: u64) -> &mut Self {
        self.tally.unsigned(value);
        self.field(key, format_args!("{value}u"))
    }

    /// Adds a boolean in one of its ten spellings.
    pub(crate) fn boolean(&mut self, key: &str, text: &str) -> &mut Self {
        self.tally.boolean(text.starts_with(['t', 'T']));
        self.field(key, text)
    }

    /// Adds a string, its quotes and backslashes escaped.
    pub(crate) fn string(&mut self, key: &str, value: &str) -> &mut Self {
        self.tally.string(value.as_bytes());
        let escaped = value.replace('\\', "\\\\").replace('"', "\\\"");
        self.field(key, format_args!("\"{escaped}\""))
    }

    /// Ends the line.
    pub(crate) fn end(&mut self, time: Option<i64>) {
        if let Some(time) = time {
            let _ = write!(self.body, " {time}");
        }
        self.tally.time(time);
        self.body.push('\n');
    }

    /// A line that every grammar refuses.
    pub(crate) fn bad(&mut self, line: &str) {
        self.tally.refused();
        self.nothing(line);
    }

    /// A line that holds nothing: blank, or a comment.
    pub(crate) fn nothing(&mut self, line: &str) {
        self.body.push_str(line);
        self.body.push('\n');
    }

    fn field(&mut self, key: &str, value: impl Display) -> &mut Self {
        self.body.push(if self.in_fields { ',' } else { ' ' });
        self.in_fields = true;
        self.name(key);
        let _ = write!(self.body, "={value}");
        self.tally.field(key.as_bytes());
        self
    }

    fn name(&mut self, meant: &str) {
        for letter in meant.chars() {
            if matches!(letter, ' ' | ',' | '=') {
                self.body.push('\\');
            }
            self.body.push(letter);
        }
    }
}

/// Numbers that look random and are the same for ever (splitmix64).
#[derive(Debug)]
pub(crate) struct Numbers(pub(crate) u64);

impl Numbers {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// From 0 to 1, with all 53 bits.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// One of these.
    pub(crate) fn one_of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len() as u64) as usize]
    }
}
