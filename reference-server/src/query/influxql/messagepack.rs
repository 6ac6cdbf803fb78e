//! Results as MessagePack, which the Go products print where `Accept` asks for it. Not which results
//! there are.
//!
//! Made as `msgpackFormatter` makes it (1.6:services/httpd/response_writer.go, the same in 1.12, and
//! in 2.7:influxql/query/response_writer.go) with tinylib/msgp 1.1: every number in its shortest
//! signed form, a time as extension 5. A statement that fails is its error alone, without its
//! number; a series always has its `values`, a statement its `series`.

use super::duration::SECOND;
use super::json::Part;
use super::result::{Cell, Series};
use super::time::Epoch;
use crate::store::Value;

/// The `Content-Type`, and the `Accept` that asks for it.
pub(crate) const MIME: &str = "application/x-msgpack";

/// msgp's extension for a time: seconds in 8 bytes, nanoseconds in 4.
const TIME: u8 = 5;

/// One document with the results of statements, or parts of them.
pub(super) fn document(parts: &[Part<'_>], epoch: Option<Epoch>) -> Vec<u8> {
    let mut w = Writer { out: Vec::new(), epoch };
    w.map(1);
    w.text(b"results");
    w.array(parts.len());
    for part in parts {
        w.part(part);
    }
    w.out
}

/// An error of the whole request.
pub(crate) fn error(message: &[u8]) -> Vec<u8> {
    let mut w = Writer { out: Vec::new(), epoch: None };
    w.map(1);
    w.text(b"error");
    w.text(message);
    w.out
}

struct Writer {
    out: Vec<u8>,
    epoch: Option<Epoch>,
}

impl Writer {
    fn part(&mut self, part: &Part<'_>) {
        if let Some(error) = &part.outcome.error {
            self.map(1);
            self.text(b"error");
            self.text(error.as_bytes());
            return;
        }
        let warnings = &part.outcome.warnings;
        self.map(2 + usize::from(!warnings.is_empty()) + usize::from(part.statement_goes_on));
        self.text(b"statement_id");
        self.integer(i64::try_from(part.outcome.statement).unwrap_or(i64::MAX));
        if !warnings.is_empty() {
            self.text(b"messages");
            self.array(warnings.len());
            for warning in warnings {
                self.map(2);
                self.text(b"level");
                self.text(b"warning");
                self.text(b"text");
                self.text(warning.as_bytes());
            }
        }
        self.text(b"series");
        self.array(part.series.len());
        for (i, series) in part.series.iter().enumerate() {
            self.series(series, part.series_goes_on && i + 1 == part.series.len());
        }
        if part.statement_goes_on {
            self.text(b"partial");
            self.boolean(true);
        }
    }

    fn series(&mut self, series: &Series, goes_on: bool) {
        let (named, tagged) = (!series.name.is_empty(), !series.tags.is_empty());
        self.map(2 + usize::from(named) + usize::from(tagged) + usize::from(goes_on));
        if named {
            self.text(b"name");
            self.text(&series.name);
        }
        if tagged {
            self.text(b"tags");
            self.map(series.tags.len());
            for (key, value) in &series.tags {
                self.text(key);
                self.text(value);
            }
        }
        self.text(b"columns");
        self.array(series.columns.len());
        for column in &series.columns {
            self.text(column);
        }
        self.text(b"values");
        self.array(series.rows.len());
        for row in &series.rows {
            self.array(row.len());
            for cell in row {
                self.cell(cell);
            }
        }
        if goes_on {
            self.text(b"partial");
            self.boolean(true);
        }
    }

    fn cell(&mut self, cell: &Cell) {
        match cell {
            Cell::Null => self.out.push(0xc0),
            Cell::Time(at) => match self.epoch {
                Some(epoch) => self.integer(epoch.of(*at)),
                None => self.time(*at),
            },
            Cell::Value(Value::Float(n)) => self.tagged(0xcb, &n.to_be_bytes()),
            Cell::Value(Value::Integer(n)) => self.integer(*n),
            Cell::Value(Value::Unsigned(n)) => self.unsigned(*n),
            Cell::Value(Value::Boolean(b)) => self.boolean(*b),
            Cell::Value(Value::String(s)) => self.text(s),
        }
    }

    fn time(&mut self, at: i64) {
        let (seconds, rest) = (at.div_euclid(SECOND), at.rem_euclid(SECOND));
        self.tagged(0xc7, &[12, TIME]);
        self.out.extend(seconds.to_be_bytes());
        self.out.extend(i32::try_from(rest).unwrap_or_default().to_be_bytes());
    }

    fn boolean(&mut self, b: bool) {
        self.out.push(if b { 0xc3 } else { 0xc2 });
    }

    fn integer(&mut self, n: i64) {
        if let Ok(n @ -32..=127) = i8::try_from(n) {
            self.out.extend(n.to_be_bytes());
        } else if let Ok(n) = i8::try_from(n) {
            self.tagged(0xd0, &n.to_be_bytes());
        } else if let Ok(n) = i16::try_from(n) {
            self.tagged(0xd1, &n.to_be_bytes());
        } else if let Ok(n) = i32::try_from(n) {
            self.tagged(0xd2, &n.to_be_bytes());
        } else {
            self.tagged(0xd3, &n.to_be_bytes());
        }
    }

    fn unsigned(&mut self, n: u64) {
        if let Ok(n @ 0..=127) = u8::try_from(n) {
            self.out.push(n);
        } else if let Ok(n) = u8::try_from(n) {
            self.tagged(0xcc, &n.to_be_bytes());
        } else if let Ok(n) = u16::try_from(n) {
            self.tagged(0xcd, &n.to_be_bytes());
        } else if let Ok(n) = u32::try_from(n) {
            self.tagged(0xce, &n.to_be_bytes());
        } else {
            self.tagged(0xcf, &n.to_be_bytes());
        }
    }

    fn text(&mut self, text: &[u8]) {
        match text.len() {
            n @ 0..=31 => self.out.push(0xa0 | low_byte(n)),
            n @ 32..=255 => self.tagged(0xd9, &[low_byte(n)]),
            n => self.length(n, 0xda),
        }
        self.out.extend_from_slice(text);
    }

    fn array(&mut self, n: usize) {
        if n < 16 { self.out.push(0x90 | low_byte(n)) } else { self.length(n, 0xdc) }
    }

    fn map(&mut self, n: usize) {
        if n < 16 { self.out.push(0x80 | low_byte(n)) } else { self.length(n, 0xde) }
    }

    /// A length in two bytes after `tag`, or in four after the next tag.
    fn length(&mut self, n: usize, tag: u8) {
        match u16::try_from(n) {
            Ok(n) => self.tagged(tag, &n.to_be_bytes()),
            Err(_) => {
                self.tagged(tag + 1, &u32::try_from(n).unwrap_or(u32::MAX).to_be_bytes());
            }
        }
    }

    fn tagged(&mut self, tag: u8, rest: &[u8]) {
        self.out.push(tag);
        self.out.extend_from_slice(rest);
    }
}

fn low_byte(n: usize) -> u8 {
    (n & 0xff) as u8
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::influxql::result::Outcome;

    fn bytes(cell: Cell, epoch: Option<Epoch>) -> Vec<u8> {
        let mut w = Writer { out: Vec::new(), epoch };
        w.cell(&cell);
        w.out
    }

    #[test]
    fn each_number_takes_its_shortest_form() {
        // The first five as influxd 1.6.7 sent them, the others by the format's definition.
        let integers: [(i64, &[u8]); 9] = [
            (3, b"\x03"),
            (0, b"\x00"),
            (-300, b"\xd1\xfe\xd4"),
            (1_500_000_000, b"\xd2\x59\x68\x2f\x00"),
            (127, b"\x7f"),
            (128, b"\xd1\x00\x80"),
            (-32, b"\xe0"),
            (-33, b"\xd0\xdf"),
            (i64::MIN, b"\xd3\x80\x00\x00\x00\x00\x00\x00\x00"),
        ];
        for (n, expected) in integers {
            assert_eq!(bytes(Cell::integer(n), None), expected, "{n}");
        }
        let unsigned: [(u64, &[u8]); 4] = [
            (127, b"\x7f"),
            (200, b"\xcc\xc8"),
            (65_535, b"\xcd\xff\xff"),
            (u64::MAX, b"\xcf\xff\xff\xff\xff\xff\xff\xff\xff"),
        ];
        for (n, expected) in unsigned {
            assert_eq!(bytes(Cell::Value(Value::Unsigned(n)), None), expected, "{n}");
        }
        let float = bytes(Cell::float(1.5), None);
        assert_eq!(float, b"\xcb\x3f\xf8\x00\x00\x00\x00\x00\x00");
    }

    #[test]
    fn a_time_is_an_extension_or_a_number() {
        // From influxd 1.6.7.
        let at = Cell::Time(1_500_000_000_000_000_001);
        let expected = b"\xc7\x0c\x05\x00\x00\x00\x00\x59\x68\x2f\x00\x00\x00\x00\x01";
        assert_eq!(bytes(at.clone(), None), expected);
        assert_eq!(bytes(at, Epoch::named("s")), b"\xd2\x59\x68\x2f\x00");
        let before = bytes(Cell::Time(-1), None);
        assert_eq!(before[3..11], [0xff; 8]);
        assert_eq!(before[11..], 999_999_999_i32.to_be_bytes());
    }

    #[test]
    fn long_texts_and_lists_say_their_length_in_more_bytes() {
        let text = |n: usize| bytes(Cell::text("x".repeat(n)), None);
        assert_eq!(text(31)[..1], [0xbf]);
        assert_eq!(text(32)[..2], [0xd9, 32]);
        assert_eq!(text(256)[..3], [0xda, 1, 0]);
        assert_eq!(text(65_536)[..5], [0xdb, 0, 1, 0, 0]);
        let mut w = Writer { out: Vec::new(), epoch: None };
        w.array(15);
        w.array(16);
        w.array(65_536);
        w.map(16);
        assert_eq!(w.out, b"\x9f\xdc\x00\x10\xdd\x00\x01\x00\x00\xde\x00\x10");
    }

    #[test]
    fn a_statement_that_fails_is_its_error_alone() {
        let error = Some("database not found: nope".to_owned());
        let outcome = Outcome { statement: 1, error, ..Outcome::default() };
        let part = Part {
            outcome: &outcome,
            series: &[],
            series_goes_on: false,
            statement_goes_on: false,
        };
        // From influxd 1.6.7.
        let expected = b"\x81\xa7results\x91\x81\xa5error\xb8database not found: nope";
        assert_eq!(document(&[part], None), expected);
    }

    #[test]
    fn a_warning_stands_before_the_series() {
        let outcome = Outcome { warnings: vec!["w".to_owned()], ..Outcome::default() };
        let part = Part {
            outcome: &outcome,
            series: &[],
            series_goes_on: false,
            statement_goes_on: false,
        };
        // The order of influxd 1.6.7, whose text is longer.
        let expected = b"\x81\xa7results\x91\x83\xacstatement_id\x00\xa8messages\x91\
            \x82\xa5level\xa7warning\xa4text\xa1w\xa6series\x90";
        assert_eq!(document(&[part], None), expected);
    }
}
