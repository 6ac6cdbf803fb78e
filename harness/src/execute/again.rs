//! Steps that are asked again: until the answer is as expected, or for as long as it must be so.

use super::step::Run;
use crate::case::{Action, Step, Wait};
use crate::compare::agrees;
use crate::transcript::{Outcome, Record};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long an answer is waited for, however soon the profile promises it: a slow machine must not
/// change a verdict.
const PATIENCE: Duration = Duration::from_secs(10);

/// The longest that a case waits because it was told to.
const LONGEST_WAIT: u64 = 310;

/// How much longer than data a log of what was rejected may take.
const LOG_IS_SLOWER: u32 = 10;

/// The shortest time between two questions.
const PAUSE: Duration = Duration::from_millis(20);

/// How long to pause between two questions, where the answer may take so long to come.
pub(super) fn pause(visible: Duration) -> Duration {
    PAUSE.max(visible / 50)
}

impl Run<'_> {
    /// Asks until the answer is as expected; the last answer counts. Without an expectation the
    /// answer after the profile's time counts.
    pub(super) async fn eventually(&mut self, number: usize, step: &Step) -> Record {
        let visible = self.session.target.visible_within();
        if self.expected.is_none() {
            // Of writes the ledger has waited already; of anything else nobody has.
            if self.stored.is_none() {
                sleep(visible).await;
            }
            return self.once(number, step).await;
        }
        let is_data = matches!(step.action, Action::ReadBack);
        let longest = if is_data { visible } else { visible * LOG_IS_SLOWER };
        let deadline = Instant::now() + longest.max(PATIENCE);
        let timed_out = self.done.timed_out;
        loop {
            // Of several questions only the last one counts, also where one took too long.
            self.done.timed_out = timed_out;
            let record = self.attempt(number, step).await;
            if self.is_expected(number, &record) || Instant::now() >= deadline {
                return record;
            }
            sleep(pause(visible)).await;
        }
    }

    /// Asks for the profile's time; the first answer that is not as expected counts, else the last.
    pub(super) async fn throughout(&mut self, number: usize, step: &Step) -> Record {
        let visible = self.session.target.visible_within();
        let end = Instant::now() + visible;
        loop {
            let record = self.attempt(number, step).await;
            if !self.is_expected(number, &record) || Instant::now() >= end {
                return record;
            }
            sleep(pause(visible)).await;
        }
    }

    /// One of several times: only what the last one leaves behind counts.
    async fn attempt(&mut self, number: usize, step: &Step) -> Record {
        self.done.unreadable.retain(|(step, _)| *step != number);
        self.done.exchanges.retain(|exchange| exchange.step != number);
        let before = self.done.curl.len();
        let record = self.once(number, step).await;
        let said = self.done.curl.get(before).cloned();
        self.done.curl.truncate(before);
        if self.done.curl.last() != said.as_ref() {
            self.done.curl.extend(said);
        }
        record
    }

    fn is_expected(&self, number: usize, record: &Record) -> bool {
        let Some(expected) = self.expected else { return true };
        let step = expected.transcript.steps.get(number - 1);
        step.is_none_or(|step| {
            let step = self.session.losses().expected_record(step, record);
            agrees(&step, record, expected.strict)
        })
    }

    /// What the last answer said of waiting.
    pub(super) fn retry_after(&self) -> Option<u64> {
        let answers = self.done.transcript.steps.iter().rev();
        let mut answers = answers.filter_map(|record| match &record.outcome {
            Outcome::Answer(answer) => Some(answer),
            _ => None,
        });
        let headers = &answers.next()?.headers;
        headers.iter().find(|(name, _)| name == "retry-after")?.1.parse().ok()
    }
}

/// Waits as the case says; `not asked` where no answer said how long.
pub(super) async fn wait(wait: Wait, retry_after: Option<u64>) -> Record {
    let outcome = match wait {
        Wait::For(time) => {
            sleep(time).await;
            Outcome::Waited
        }
        Wait::RetryAfter => match retry_after {
            None => Outcome::NotAsked,
            Some(seconds) if seconds > LONGEST_WAIT => {
                let why =
                    format!("Retry-After says {seconds} s, which is longer than a case waits");
                Outcome::NoAnswer(why)
            }
            Some(seconds) => {
                sleep(Duration::from_secs(seconds)).await;
                Outcome::Waited
            }
        },
    };
    Record { action: "wait".to_owned(), outcome, ledger: Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_wait_is_as_long_as_was_said() {
        let outcome = async |said| wait(Wait::RetryAfter, said).await.outcome;
        assert_eq!(outcome(None).await, Outcome::NotAsked);
        let began = Instant::now();
        assert_eq!(outcome(Some(1)).await, Outcome::Waited);
        assert!(began.elapsed() >= Duration::from_secs(1));
        let too_long = outcome(Some(LONGEST_WAIT + 1)).await;
        assert!(
            matches!(&too_long, Outcome::NoAnswer(why) if why.contains("says 311 s")),
            "{too_long:?}"
        );
    }

    #[test]
    fn a_slow_product_is_asked_less_often() {
        assert_eq!(pause(Duration::ZERO), PAUSE);
        assert_eq!(pause(Duration::from_secs(50)), Duration::from_secs(1));
    }
}
