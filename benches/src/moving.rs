//! A workload that is written again and again without a line being the same point twice: the times go
//! on, all else stays. What writes the same points over and over measures a store that replaces.

use crate::workloads::Workload;

/// The digits of a time in nanoseconds, from 2001 to 2286.
const DIGITS: usize = 19;

/// When it begins: 2023-11-14.
const START: i64 = 1_700_000_000_000_000_000;

/// From line to line: a thousand lines a second, so that a million bodies do not take the store through
/// more shards of time than a server has.
const STEP: i64 = 1_000_000;

/// A body whose times go on from line to line and from call to call.
#[derive(Clone, Debug)]
pub struct Moving {
    body: Vec<u8>,
    /// Where the time of each line begins.
    places: Vec<usize>,
    /// The next line's.
    time: i64,
}

impl Moving {
    /// Of a workload each of whose lines ends with a time in nanoseconds.
    ///
    /// # Panics
    /// One does not.
    pub fn new(workload: &Workload) -> Self {
        let body = workload.body.clone().into_bytes();
        let ends = body.iter().enumerate().filter(|(_, byte)| **byte == b'\n').map(|(at, _)| at);
        let place = |end: usize| {
            let place = end.checked_sub(DIGITS).filter(|place| {
                body[*place..end].iter().all(u8::is_ascii_digit) && body[..*place].ends_with(b" ")
            });
            place.expect("a time in nanoseconds ends each line")
        };
        let places = ends.map(place).collect();
        Self { body, places, time: START }
    }

    /// How far the times go on with each body.
    pub fn step(&self) -> i64 {
        self.places.len() as i64 * STEP
    }

    /// The next body.
    pub fn next_body(&mut self) -> &[u8] {
        for &place in &self.places {
            let mut rest = self.time;
            for digit in self.body[place..place + DIGITS].iter_mut().rev() {
                *digit = b'0' + (rest % 10) as u8;
                rest /= 10;
            }
            self.time += STEP;
        }
        &self.body
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workloads::{mixed, small, tsbs};
    use std::collections::BTreeSet;

    #[test]
    fn no_time_comes_twice_and_nothing_else_changes() {
        for workload in [tsbs(300), small(300)] {
            let mut moving = Moving::new(&workload);
            let step = moving.step();
            let mut times = BTreeSet::new();
            for round in 0..3_i64 {
                let body = std::str::from_utf8(moving.next_body()).unwrap();
                assert_eq!(body.lines().count(), 300);
                for (number, (now, first)) in body.lines().zip(workload.body.lines()).enumerate() {
                    let (now, time) = now.rsplit_once(' ').unwrap();
                    assert_eq!(now, first.rsplit_once(' ').unwrap().0);
                    let time: i64 = time.parse().unwrap();
                    assert_eq!(time, START + round * step + number as i64 * STEP);
                    assert!(times.insert(time), "{time} came twice");
                }
            }
            assert_eq!(times.len(), 900);
        }
    }

    #[test]
    #[should_panic(expected = "a time in nanoseconds ends each line")]
    fn a_line_without_a_time_is_refused() {
        let _ = Moving::new(&mixed(100));
    }
}
