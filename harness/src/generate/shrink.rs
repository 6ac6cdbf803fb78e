//! Making a finding small, on the server itself: fewer writes, fewer lines, shorter lines, as long
//! as the same sort of finding comes back.

use super::batch::{Batch, Sent};
use crate::event::CaseResult;
use std::ops::Range;
use std::time::{Duration, Instant};

/// How often a finding is asked for again at most, and for how long.
const TRIES: usize = 400;
const TIME: Duration = Duration::from_secs(30);

/// Sends a batch once more; its result, where it is the same sort of finding.
pub(super) trait Again {
    fn again(&self, batch: &Batch) -> impl Future<Output = Option<CaseResult>> + Send;
}

struct Shrinker<A> {
    best: Batch,
    result: CaseResult,
    tries: usize,
    until: Instant,
    again: A,
}

/// The smallest batch found that `again` says the same of, with its last result.
pub(super) async fn shrink(
    batch: Batch,
    result: CaseResult,
    again: impl Again,
) -> (Batch, CaseResult) {
    let until = Instant::now() + TIME;
    let mut shrinker = Shrinker { best: batch, result, tries: TRIES, until, again };
    loop {
        let weight = shrinker.best.weight();
        shrinker.writes().await;
        shrinker.lines().await;
        shrinker.forms().await;
        shrinker.parts().await;
        shrinker.bytes().await;
        if shrinker.best.weight() == weight || shrinker.is_tired() {
            return (shrinker.best, shrinker.result);
        }
    }
}

impl<A: Again> Shrinker<A> {
    fn is_tired(&self) -> bool {
        self.tries == 0 || Instant::now() > self.until
    }

    /// Takes the smaller batch if the finding is there again.
    async fn accepts(&mut self, smaller: Batch) -> bool {
        if self.is_tired() || smaller.weight() >= self.best.weight() {
            return false;
        }
        self.tries -= 1;
        let Some(result) = self.again.again(&smaller).await else { return false };
        self.best = smaller;
        self.result = result;
        true
    }

    async fn accepts_write(&mut self, at: usize, change: impl FnOnce(&mut Sent)) -> bool {
        let mut smaller = self.best.clone();
        change(&mut smaller.writes[at]);
        self.accepts(smaller).await
    }

    async fn writes(&mut self) {
        for at in (0..self.best.writes.len()).rev() {
            if self.best.writes.len() > 1 {
                let mut smaller = self.best.clone();
                smaller.writes.remove(at);
                self.accepts(smaller).await;
            }
        }
    }

    async fn lines(&mut self) {
        for at in 0..self.best.writes.len() {
            let mut size = self.best.writes[at].lines.len() / 2;
            while size > 0 {
                let mut from = 0;
                while from < self.best.writes[at].lines.len() {
                    let to = (from + size).min(self.best.writes[at].lines.len());
                    if !self.accepts_write(at, |sent| drop(sent.lines.drain(from..to))).await {
                        from = to;
                    }
                }
                size /= 2;
            }
        }
    }

    async fn forms(&mut self) {
        for at in 0..self.best.writes.len() {
            self.accepts_write(at, |sent| sent.gzip = false).await;
            self.accepts_write(at, |sent| sent.chunked = false).await;
            self.accepts_write(at, |sent| sent.precision = None).await;
            self.accepts_write(at, |sent| sent.endpoint = None).await;
        }
    }

    /// What stands between commas and spaces goes as a whole: most of a line that is sound stays so.
    async fn parts(&mut self) {
        for at in 0..self.best.writes.len() {
            for line in 0..self.best.writes[at].lines.len() {
                let mut number = 0;
                while let Some(part) = part_of(&self.best.writes[at].lines[line], number) {
                    if !self.accepts_write(at, |sent| drop(sent.lines[line].drain(part))).await {
                        number += 1;
                    }
                }
            }
        }
    }

    async fn bytes(&mut self) {
        for at in 0..self.best.writes.len() {
            for line in 0..self.best.writes[at].lines.len() {
                let mut size = self.best.writes[at].lines[line].len().div_ceil(2);
                while size > 0 && !self.is_tired() {
                    self.pieces(at, line, size).await;
                    size /= 2;
                }
            }
        }
    }

    /// Takes pieces of so many bytes out of a line, never a part of a character.
    async fn pieces(&mut self, at: usize, line: usize, size: usize) {
        let mut from = 0;
        loop {
            let bytes = &self.best.writes[at].lines[line];
            if from >= bytes.len() {
                return;
            }
            let mut to = (from + size).min(bytes.len());
            while to < bytes.len() && bytes[to] & 0xc0 == 0x80 {
                to += 1;
            }
            if !self.accepts_write(at, |sent| drop(sent.lines[line].drain(from..to))).await {
                from = to;
            }
        }
    }
}

/// One of the pieces of a line that begin with a comma or a space which is not escaped.
fn part_of(line: &[u8], number: usize) -> Option<Range<usize>> {
    let begins = |at: &usize| matches!(line[*at], b',' | b' ') && line[at - 1] != b'\\';
    let mut starts = (1..line.len()).filter(begins);
    let from = starts.nth(number)?;
    Some(from..starts.next().unwrap_or(line.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chance::blank;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn batch(bodies: &[&str]) -> Batch {
        let lines = |body: &&str| body.lines().map(|line| line.as_bytes().to_vec()).collect();
        let sent = |body| Sent { lines: lines(body), gzip: true, ..Sent::default() };
        Batch { writes: bodies.iter().map(sent).collect() }
    }

    struct Fails<F>(F, AtomicUsize);

    impl<F: Fn(&Batch) -> bool + Sync> Again for &Fails<F> {
        async fn again(&self, batch: &Batch) -> Option<CaseResult> {
            self.1.fetch_add(1, Ordering::Relaxed);
            (self.0)(batch).then(|| blank("p", "generated/x", String::new()))
        }
    }

    /// What is left of a batch when the server fails at a batch that this is true of.
    async fn shrunk(
        bodies: &[&str],
        fails: impl Fn(&Batch) -> bool + Sync,
    ) -> (Vec<String>, usize) {
        let fails = Fails(fails, AtomicUsize::new(0));
        let first = blank("p", "generated/x", String::new());
        let (small, _) = shrink(batch(bodies), first, &fails).await;
        let bodies = small.writes.iter().map(|sent| {
            assert!(!sent.gzip, "the simplest form");
            String::from_utf8(sent.body()).unwrap()
        });
        (bodies.collect(), fails.1.into_inner())
    }

    fn holds(batch: &Batch, text: &str) -> bool {
        batch.writes.iter().any(|sent| String::from_utf8_lossy(&sent.body()).contains(text))
    }

    #[tokio::test]
    async fn what_does_not_matter_goes() {
        let bodies = ["a f=1\nb f=2", "cpu,host=é,x=y f=1,bad=7 17\ncpu f=1\ncpu f=2"];
        let (small, _) = shrunk(&bodies, |batch| holds(batch, "bad=7")).await;
        assert_eq!(small, ["bad=7"]);
        let (small, _) = shrunk(&bodies, |batch| holds(batch, "é") && holds(batch, "a f")).await;
        assert_eq!(small, ["a f", "é"]);
        let both = |batch: &Batch| batch.writes.iter().map(|s| s.lines.len()).sum::<usize>() > 1;
        let (small, _) = shrunk(&bodies, both).await;
        assert_eq!(small, ["\n"]);
    }

    #[tokio::test]
    async fn it_comes_to_an_end() {
        let long = format!("m {}=1", "x".repeat(5_000));
        let (_, tries) = shrunk(&[&long], |batch| batch.weight() % 2 == 0).await;
        assert!(tries <= TRIES, "{tries}");
    }
}
