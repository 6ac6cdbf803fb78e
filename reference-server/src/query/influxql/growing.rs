//! The body of an answer in chunks while the query makes it: once it is long its beginning is given to
//! who asked, and the rest follows as it comes, so that no more of it is in memory than a few pieces.

use super::csv;
use super::http::{Answer, Output};
use super::json::{Part, Unprintable};
use crate::http::{FIRST, Making, More};
use crate::query::allowance::Allowance;
use crate::query::running::Early;
use profiles::influxql::Influxql;

/// How long a piece is, at least: documents may be as short as a row.
const PIECE: usize = 256 << 10;

/// A body.
pub(super) struct Growing<'q> {
    /// What the query may use.
    pub(super) allowance: &'q Allowance,
    /// What was not sent yet.
    body: Vec<u8>,
    /// Who is given its beginning; none where it is wanted as a whole, or was given.
    early: Option<Early<Answer>>,
    making: Option<Making>,
}

impl<'q> Growing<'q> {
    /// One that is wanted as a whole, or may be sent while it is made.
    pub(super) const fn new(allowance: &'q Allowance, early: Option<Early<Answer>>) -> Self {
        Self { allowance, body: Vec::new(), early, making: None }
    }

    /// Prints the documents that `run` gives; each is one part, and it is told whether anybody wants
    /// more. The body, or none where it was sent.
    ///
    /// # Errors
    /// Something cannot be printed, and nothing was sent by then. Later it breaks the body off.
    pub(super) fn print(
        &mut self,
        output: &Output,
        rules: &Influxql,
        run: impl FnOnce(&mut dyn FnMut(Part<'_>) -> bool),
    ) -> Result<Option<Vec<u8>>, Unprintable> {
        let mut printer = csv::Printer::new(rules.csv, output.style.epoch);
        let mut unprintable = None;
        run(&mut |part| {
            let printed = output.document(&[part], &mut printer, rules, &mut self.body);
            match printed {
                Ok(()) => self.send(output.content_type(rules)),
                Err(why) => {
                    unprintable = Some(why);
                    false
                }
            }
        });
        match (unprintable, self.making.take()) {
            (None, None) => Ok(Some(std::mem::take(&mut self.body))),
            (None, Some(making)) => {
                if self.put(&making) {
                    making.end_while(&|| self.goes_on());
                }
                Ok(None)
            }
            (Some(why), None) => Err(why),
            (Some(why), Some(_)) => {
                tracing::warn!(%why, "an answer that was being sent breaks off");
                Ok(None)
            }
        }
    }

    /// Sends what is there, if it is enough; false where nobody wants more.
    fn send(&mut self, content_type: &'static str) -> bool {
        if let Some(making) = self.making.take() {
            let is_wanted = self.body.len() < PIECE || self.put(&making);
            self.making = Some(making);
            return is_wanted;
        }
        if self.body.len() >= FIRST
            && let Some(early) = self.early.take()
        {
            let (making, more) = More::begin();
            let (body, more) = (std::mem::take(&mut self.body), Some(more));
            let content_type = Some(content_type);
            early.give(Answer { status: 200, content_type, body, more, ..Answer::default() });
            self.making = Some(making);
        }
        true
    }

    /// Sends all that is there, once there is room for it; false where nobody wants more.
    fn put(&mut self, making: &Making) -> bool {
        let is_put = making.put_while(std::mem::take(&mut self.body), &|| self.goes_on());
        self.allowance.go_on();
        is_put
    }

    /// Whether a client that does not take what is there is waited for: the connection knows for how long.
    /// Others need not wait with it.
    fn goes_on(&self) -> bool {
        self.allowance.rest();
        self.allowance.is_wanted()
    }
}
