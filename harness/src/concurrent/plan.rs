//! What each writer of a round does: the same for the same seed and round, whatever the server and
//! the other writers make of it.
//!
//! All writers write to the same few series. Some points are a writer's own, at times that nobody else
//! has; some are everybody's: there each writer has a field of its own, so that a point is put together
//! from several writes, and all of them write the field `v`, so that one overtakes the other. Each value
//! stands in one line only: whatever is stored says by itself where it comes from.

use proptest::prelude::RngExt;
use proptest::test_runner::{RngAlgorithm, TestRng};
use std::time::Duration;

/// The most writers of a round: each has a field of its own.
pub const MOST_WRITERS: u16 = 64;

/// What all writers do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Planned {
    /// Of each writer, one after the other.
    pub(crate) writers: Vec<Vec<Body>>,
    /// After all of them: the server must still be there.
    pub(crate) last: Body,
}

/// One body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Body {
    /// Its lines, without what ends them.
    pub(crate) lines: Vec<String>,
    /// So many bytes of a comment stand before them: a body that no server reads in one piece.
    pub(crate) comment: usize,
    /// Whether the last line ends with a newline too.
    pub(crate) ends: bool,
    pub(crate) gzip: bool,
    pub(crate) chunked: bool,
    /// On a connection of its own.
    pub(crate) fresh: bool,
    pub(crate) course: Course,
}

/// What happens to it on its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Course {
    /// Nothing.
    Plain,
    /// It is sent whole so many times, each time without waiting for the answer, and then once more.
    TimeOut { times: u8, wait: Duration },
    /// The connection ends in the middle of it; perhaps it is sent again then.
    Drop { cut: Cut, wait: Duration, again: bool },
}

/// Where a body is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Cut {
    /// The line, from 0.
    pub(crate) line: usize,
    pub(crate) at: At,
}

/// Where a line is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum At {
    /// So many thousandths of the way from its first value to its end: what is left looks like a line
    /// to a server that does not ask whether the body is whole.
    Within(usize),
    /// Before what ends it.
    BeforeNewline,
    /// After what ends it.
    AfterNewline,
}

impl Body {
    /// The text of the body.
    pub(crate) fn text(&self) -> String {
        let comment = match self.comment {
            0 => String::new(),
            length => format!("#{}\n", "x".repeat(length)),
        };
        let end = if self.ends { "\n" } else { "" };
        comment + &self.lines.join("\n") + end
    }
}

impl Cut {
    /// The byte of this body at which it ends.
    pub(crate) fn byte(self, body: &[u8]) -> usize {
        let mut start = 0;
        let before = self.line + usize::from(body.starts_with(b"#"));
        for _ in 0..before {
            start += memchr::memchr(b'\n', &body[start..]).map_or(body.len() - start, |at| at + 1);
        }
        let line = &body[start..];
        let line = &line[..memchr::memchr(b'\n', line).unwrap_or(line.len())];
        let after_head = memchr::memchr(b' ', line).map_or(0, |at| at + 1);
        let value = memchr::memchr(b'=', &line[after_head..]).map_or(0, |at| at + 2);
        let first = (after_head + value).min(line.len());
        start
            + match self.at {
                At::Within(part) => {
                    first + (line.len() - first).saturating_sub(1) * part.min(1000) / 1000
                }
                At::BeforeNewline => line.len(),
                At::AfterNewline => (line.len() + 1).min(body.len() - start),
            }
    }
}

/// The plan of this round.
pub(crate) fn planned(seed: u64, round: u64, writers: u16) -> Planned {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    bytes[8..16].copy_from_slice(&round.to_le_bytes());
    bytes[16..18].copy_from_slice(&writers.to_le_bytes());
    let mut maker = Maker { rng: TestRng::from_seed(RngAlgorithm::ChaCha, &bytes), next: 0 };
    let of_writer = |writer| maker.writer(u64::from(writer));
    let writers = (1..=writers).map(of_writer).collect();
    let lines = vec![format!("{} v={}i {}", "load,host=last", LAST, seconds(LAST_TIME))];
    let course = Course::Plain;
    let (gzip, chunked, comment) = (false, false, 0);
    let last = Body { lines, comment, ends: true, gzip, chunked, fresh: true, course };
    Planned { writers, last }
}

/// A Monday, 2023-11-20: products that keep weeks apart begin a new shard here, and half of what eight
/// writers write lies on either side.
const MONDAY: u64 = 1_700_438_400;
const LAST_TIME: u64 = MONDAY + 5_000_000;
const LAST: u64 = 99_000_000;
/// So many seconds each writer has for itself.
const OWN: u64 = 20_000;
/// So many times are everybody's.
const SHARED: u64 = 6;

/// Whole seconds, as nanoseconds: no server cuts anything off them.
fn seconds(time: u64) -> u64 {
    time * 1_000_000_000
}

/// Makes the bodies.
struct Maker {
    rng: TestRng,
    /// How many lines there are already.
    next: u64,
}

impl Maker {
    fn below(&mut self, most: u64) -> u64 {
        self.rng.random_range(0..most.max(1))
    }

    fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// What the writer of this number does, from 1.
    fn writer(&mut self, writer: u64) -> Vec<Body> {
        self.next = 0;
        let count = 10 + self.below(11);
        (0..count).map(|_| self.body(writer)).collect()
    }

    fn body(&mut self, writer: u64) -> Body {
        // Mostly short ones.
        let count = 1 + self.below(30).min(self.below(30));
        let mut lines: Vec<_> = (0..count).map(|_| self.line(writer)).collect();
        if self.chance(12) {
            let at = self.below(count + 1);
            let bad = self.malformed(writer);
            lines.insert(usize::try_from(at).unwrap_or(0), bad);
        }
        let wait = Duration::from_millis(self.below(4));
        let course = match self.below(100) {
            0..12 => Course::TimeOut { times: if self.chance(25) { 2 } else { 1 }, wait },
            12..28 => Course::Drop { cut: self.cut(lines.len()), wait, again: self.chance(60) },
            _ => Course::Plain,
        };
        let comment = if self.chance(4) { 50_000 + self.below(50_000) } else { 0 };
        Body {
            comment: usize::try_from(comment).unwrap_or(0),
            ends: self.chance(70),
            gzip: self.chance(20),
            chunked: self.chance(15),
            fresh: self.chance(30),
            lines,
            course,
        }
    }

    fn cut(&mut self, lines: usize) -> Cut {
        let line = usize::try_from(self.below(lines as u64)).unwrap_or(0);
        let at = match self.below(4) {
            0 => At::BeforeNewline,
            1 => At::AfterNewline,
            _ => At::Within(usize::try_from(self.below(1001)).unwrap_or(0)),
        };
        Cut { line, at }
    }

    /// A number that stands in no other line, and of which no beginning does: all have nine digits.
    fn number(&mut self, writer: u64) -> u64 {
        self.next += 1;
        (100 + writer) * 1_000_000 + self.next
    }

    fn series(&mut self, hosts: u64) -> String {
        let host = char::from(b'a' + u8::try_from(self.below(hosts)).unwrap_or(0));
        if self.chance(50) {
            format!("load,host={host}")
        } else {
            format!("memory,host={host},zone=east")
        }
    }

    fn line(&mut self, writer: u64) -> String {
        let number = self.number(writer);
        if self.chance(55) {
            let series = self.series(4);
            let fields = match self.below(4) {
                0 => format!("f={number}.5,n={number}i,s=\"written as {number}, once\",b=true"),
                1 => format!("n={number}i,f={number}.25"),
                2 => format!("s=\"a=b {number}\",n={number}i"),
                _ => format!("f={number}.75"),
            };
            // Half of the writers before the Monday.
            let time = MONDAY - 5 * OWN + writer * OWN + self.next;
            return format!("{series} {fields} {}", seconds(time));
        }
        let series = self.series(2);
        let fields = match self.below(3) {
            0 => format!("w{writer}={number}.5"),
            1 => format!("v={number}i"),
            _ => format!("w{writer}={number}.5,v={number}i"),
        };
        // Before all that is anybody's own, and on both sides of another week.
        let time = MONDAY - 7 * 86_400 - 3 + self.below(SHARED);
        format!("{series} {fields} {}", seconds(time))
    }

    /// What is no line in any grammar.
    fn malformed(&mut self, writer: u64) -> String {
        let number = self.number(writer);
        let time = seconds(MONDAY);
        match self.below(4) {
            0 => format!("load,host=a f={number}x {time}"),
            1 => format!("load,host=a f= {}", time + number),
            2 => format!("load,host=bad{number}"),
            _ => format!("load,host=a n={number}i {time} 17"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Sureness, items, sureness};
    use std::collections::BTreeSet;

    fn bodies() -> Vec<Body> {
        let rounds = (0..20).map(|round| planned(1, round, 8));
        rounds.flat_map(|planned| planned.writers).flatten().collect()
    }

    #[test]
    fn a_seed_and_a_round_give_one_plan() {
        assert_eq!(planned(7, 3, 8), planned(7, 3, 8));
        assert_ne!(planned(7, 3, 8), planned(7, 4, 8));
        assert_ne!(planned(7, 3, 8), planned(8, 3, 8));
    }

    /// Each line is taken by every product, or by none; what it says, no other line says.
    #[test]
    fn lines_are_sure_and_tell_where_they_come_from() {
        for writers in [1, 8, MOST_WRITERS] {
            let planned = planned(1, 0, writers);
            let mut seen = BTreeSet::new();
            let lines = planned.writers.iter().flatten().chain([&planned.last]);
            let (mut plain, mut malformed) = (0, 0);
            for line in lines.flat_map(|body| &body.lines) {
                assert!(seen.insert(line.clone()), "{line}");
                let items = items(line.as_bytes());
                assert_eq!(items.len(), 1);
                match sureness(&items[0].text, &items[0].meaning) {
                    Sureness::Plain => plain += 1,
                    Sureness::Malformed => malformed += 1,
                    Sureness::Odd => panic!("{line}"),
                }
            }
            assert!(plain > 20 * malformed && malformed > 0, "{plain} {malformed}");
        }
    }

    #[test]
    fn there_is_enough_of_everything() {
        let bodies = bodies();
        let count = |is: &dyn Fn(&Body) -> bool| bodies.iter().filter(|body| is(body)).count();
        assert!(count(&|body| matches!(body.course, Course::TimeOut { .. })) > 100);
        assert!(count(&|body| matches!(body.course, Course::Drop { again: true, .. })) > 100);
        assert!(count(&|body| matches!(body.course, Course::Drop { again: false, .. })) > 100);
        assert!(count(&|b| b.gzip && matches!(b.course, Course::Drop { .. })) > 20);
        assert!(count(&|b| b.chunked && matches!(b.course, Course::Drop { .. })) > 20);
        assert!(count(&|body| body.fresh) > 100);
        assert!(count(&|b| b.comment > 0 && matches!(b.course, Course::Drop { .. })) > 5);
        assert!(bodies.iter().all(|body| (1..=31).contains(&body.lines.len())));
    }

    #[test]
    fn a_cut_is_where_it_hurts() {
        let body = b"m f=1 1\nload,host=a f=12345 17\nm f=2 2";
        let at = |line, at| {
            let byte = Cut { line, at }.byte(body);
            std::str::from_utf8(&body[..byte]).unwrap().to_owned()
        };
        assert_eq!(at(1, At::Within(0)), "m f=1 1\nload,host=a f=1");
        assert_eq!(at(1, At::Within(1000)), "m f=1 1\nload,host=a f=12345 1");
        assert_eq!(at(0, At::BeforeNewline), "m f=1 1");
        assert_eq!(at(0, At::AfterNewline), "m f=1 1\n");
        assert_eq!(at(2, At::AfterNewline), "m f=1 1\nload,host=a f=12345 17\nm f=2 2");
        assert_eq!(at(9, At::Within(500)).len(), body.len());
        // A comment before the lines is none of them.
        let cut = Cut { line: 0, at: At::BeforeNewline };
        assert_eq!(cut.byte(b"#xx\nm f=1 1\nm f=2 2"), 11);
    }
}
