//! The writers of a round, over real connections: each sends its bodies one after the other, and does
//! to them on their way what the plan says.

use super::history::{By, Came, Fault, Part, Sent};
use super::plan::{Body, Course};
use crate::case::{Action, Asked, Body as Text, Sending, Step};
use crate::claim::{Claims, claims};
use crate::model::{Item, items};
use crate::outgoing::{Outgoing, outgoing};
use crate::session::Session;
use crate::space::Space;
use crate::wire::{Held, Left, Response};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// How often a body is sent that gets no answer, or is told to come back.
const ATTEMPTS: usize = 4;

/// The longest that a writer waits because it was told to.
const LONGEST_WAIT: u64 = 310;

/// What the writers of a round share.
pub(super) struct Round {
    pub(super) session: Arc<Session>,
    pub(super) space: Space,
    pub(super) began: Instant,
    /// An answer took too long: nobody sends any more.
    pub(super) is_over: AtomicBool,
}

/// A writer.
pub(super) struct Writer {
    round: Arc<Round>,
    number: usize,
    held: Held,
    history: Vec<Sent>,
}

impl Writer {
    pub(super) fn new(round: Arc<Round>, number: usize) -> Self {
        let held = Held::new(&round.session.pool);
        Self { round, number, held, history: Vec::new() }
    }

    /// Sends all of these; what came of it.
    pub(super) async fn write(mut self, bodies: &[Body]) -> Vec<Sent> {
        for (n, body) in bodies.iter().enumerate() {
            let family = self.round.session.target.profile.family;
            let Some(out) = outgoing(family, &step(body), &self.round.space) else { continue };
            self.one(n + 1, body, &out).await;
        }
        self.history
    }

    async fn one(&mut self, write: usize, body: &Body, out: &Outgoing) {
        let mut attempt = 1;
        let mut by = |own: &Self| {
            let by = By { writer: own.number, write, attempt };
            attempt += 1;
            by
        };
        match body.course {
            Course::Plain => {}
            Course::TimeOut { times, wait } => {
                for _ in 0..times {
                    let by = by(self);
                    self.leave(by, body, out, Left::Unanswered, wait).await;
                }
            }
            Course::Drop { cut, wait, again } => {
                let at = if body.gzip {
                    // Anywhere: what it holds up to there, nobody can say.
                    out.request.body.len() * cut.byte(out.lines()) / out.lines().len().max(1)
                } else {
                    cut.byte(out.lines())
                };
                let by = by(self);
                self.leave(by, body, out, Left::After(at), wait).await;
                if !again {
                    return;
                }
            }
        }
        for _ in 0..ATTEMPTS {
            let by = by(self);
            if self.round.is_over.load(Ordering::Relaxed) || self.sent(by, body, out).await {
                return;
            }
        }
    }

    /// Sends a body and leaves before the answer.
    async fn leave(&mut self, by: By, body: &Body, out: &Outgoing, left: Left, wait: Duration) {
        if self.round.is_over.load(Ordering::Relaxed) {
            return;
        }
        let began = self.round.began.elapsed();
        let gone_out = self.held.leave(&out.request, left, wait, body.fresh).await;
        let came = match gone_out {
            Ok(()) => Came::Left,
            // How much of it went out nobody knows, but no more than was meant to.
            Err(why) => Came::Nothing { why: why.to_string(), fault: Fault::None },
        };
        let (items, part) = match left {
            Left::Unanswered => (items(out.lines()), None),
            Left::After(at) => gone_out_of(body, out, at),
        };
        let items = self.round.session.losses().items(items);
        self.history.push(Sent { by, began, items, part, came });
    }

    /// Sends a body and waits for the answer; whether that is the end of it.
    async fn sent(&mut self, by: By, body: &Body, out: &Outgoing) -> bool {
        let began = self.round.began.elapsed();
        // Who was left without an answer does not trust the connection any more.
        let fresh = body.fresh || by.attempt > 1;
        let exchanged = self.held.send(&out.request, fresh).await;
        let ended = self.round.began.elapsed();
        let items = items(out.lines());
        let mut wait = None;
        let came = match &exchanged.answer {
            Ok(response) => {
                wait = told_to_wait(response);
                answer(response, ended, &items)
            }
            Err(error) => {
                let fault = if error.is_late() {
                    self.round.is_over.store(true, Ordering::Relaxed);
                    Fault::Late
                } else if exchanged.was_kept {
                    Fault::None
                } else {
                    Fault::Server
                };
                Came::Nothing { why: error.to_string(), fault }
            }
        };
        let is_done = wait.is_none() && matches!(came, Came::Answer { .. });
        let items = self.round.session.losses().items(items);
        self.history.push(Sent { by, began, items, part: None, came });
        if let Some(wait) = wait {
            sleep(wait).await;
        }
        is_done
    }
}

fn answer(response: &Response, ended: Duration, items: &[Item]) -> Came {
    let status = response.status;
    let said: String = response.text().trim().chars().take(200).collect();
    let busy = status == 503 && response.header("retry-after").is_some();
    let mut claims = claims(response, items);
    if claims.items.len() != items.len() {
        claims = Claims { items: vec![crate::claim::Claim::Unmentioned; items.len()], unnamed: 0 };
    }
    Came::Answer { ended, status, said, busy, claims }
}

/// How long a server that is busy asks to wait; none where it is not, or where that is too long.
fn told_to_wait(answer: &Response) -> Option<Duration> {
    let header = answer.header("retry-after").filter(|_| matches!(answer.status, 429 | 503));
    let seconds = header?.parse::<u64>().ok()?;
    (seconds <= LONGEST_WAIT).then(|| Duration::from_secs(seconds))
}

/// The lines that went out whole with the first bytes of a body, and what went out besides.
fn gone_out_of(body: &Body, out: &Outgoing, at: usize) -> (Vec<Item>, Option<Part>) {
    let (lines, of) = (out.lines(), out.request.body.len());
    if body.gzip {
        let text = String::from_utf8_lossy(lines);
        let cut = text.lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect();
        return (items(lines), Some(Part { bytes: at, of, cut }));
    }
    let gone = &lines[..at.min(lines.len())];
    let is_whole = gone.len() == lines.len() || lines[gone.len()] == b'\n';
    let whole = if is_whole {
        gone.len()
    } else {
        memchr::memrchr(b'\n', gone).map_or(0, |newline| newline + 1)
    };
    let rest = String::from_utf8_lossy(&gone[whole..]).into_owned();
    let cut = if rest.is_empty() { Vec::new() } else { vec![rest] };
    (items(&gone[..whole]), Some(Part { bytes: at, of, cut }))
}

/// The step of a case that sends this body.
fn step(body: &Body) -> Step {
    let sending = Sending { gzip: body.gzip, chunked: body.chunked, ..Sending::default() };
    Step { line: 0, action: Action::Write(Text::Text(body.text())), asked: Asked::Once, sending }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::concurrent::plan::{At, Cut};
    use profiles::Family;

    fn gone(gzip: bool, at: usize) -> (Vec<String>, Vec<String>) {
        let body = Body {
            lines: vec!["m f=1 1".to_owned(), "m f=22 2".to_owned()],
            comment: 0,
            ends: false,
            gzip,
            chunked: false,
            fresh: false,
            course: Course::Plain,
        };
        let space = Space { database: "d".to_owned(), ..Space::default() };
        let out = outgoing(Family::V1, &step(&body), &space).unwrap();
        let (items, part) = gone_out_of(&body, &out, at);
        (items.into_iter().map(|item| item.text).collect(), part.unwrap().cut)
    }

    #[test]
    fn what_went_out_is_known_line_by_line() {
        let is = |at: usize, whole: &[&str], cut: &[&str]| {
            let (lines, rest) = gone(false, at);
            assert_eq!((lines, rest), (owned(whole), owned(cut)), "{at}");
        };
        is(0, &[], &[]);
        is(5, &[], &["m f=1"]);
        is(7, &["m f=1 1"], &[]);
        is(8, &["m f=1 1"], &[]);
        is(13, &["m f=1 1"], &["m f=2"]);
        is(16, &["m f=1 1", "m f=22 2"], &[]);
        // Of a compressed body anything may have come.
        let (lines, rest) = gone(true, 9);
        assert_eq!(lines, rest);
        assert_eq!(lines.len(), 2);
    }

    fn owned(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    #[test]
    fn a_cut_of_the_plan_is_one_of_the_body() {
        let cut = Cut { line: 1, at: At::Within(0) };
        assert_eq!(cut.byte(b"m f=1 1\nm f=22 2"), 13);
    }
}
