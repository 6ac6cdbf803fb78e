//! What a replay found, counted and told.

use crate::compare::{Difference, Level, differences, nothing_to_equal};
use crate::known::List;
use crate::play::Played;
use crate::recording::{Probe, Script};
use std::collections::BTreeSet;

/// So many characters of a text are shown.
const WIDTH: usize = 600;
/// Of them, so many before the first that differs.
const LEAD: usize = 120;

/// The findings in one recording.
pub(crate) struct Report<'a> {
    recording: &'a str,
    list: &'a List,
    /// Listed for this recording and not yet seen to differ.
    unseen: BTreeSet<&'a str>,
    must_agree: Count,
    reported_only: Count,
    known: usize,
    not_compared: usize,
    failures: Vec<String>,
    remarks: Vec<String>,
}

/// How many agree, at each level and at all.
#[derive(Default)]
struct Count {
    probes: usize,
    levels: [usize; 4],
    all: usize,
}

impl Count {
    fn add(&mut self, found: &[Difference]) {
        self.probes += 1;
        for (count, level) in self.levels.iter_mut().zip(Level::ALL) {
            *count += usize::from(!found.iter().any(|d| d.level == level));
        }
        self.all += usize::from(found.is_empty());
    }
}

impl<'a> Report<'a> {
    /// Nothing found yet.
    pub(crate) fn new(recording: &'a str, list: &'a List) -> Self {
        let of_this = list.difference.iter().filter(|k| k.recording == recording);
        Self {
            recording,
            list,
            unseen: of_this.map(|k| k.id.as_str()).collect(),
            must_agree: Count::default(),
            reported_only: Count::default(),
            known: 0,
            not_compared: 0,
            failures: Vec::new(),
            remarks: Vec::new(),
        }
    }

    /// Compares a probe.
    pub(crate) fn add(&mut self, probe: &Probe, played: Played) {
        if nothing_to_equal(probe) {
            self.not_compared += 1;
            return;
        }
        let found = differences(probe, &played);
        if self.list.reported_only.iter().any(|p| probe.id.starts_with(p.as_str())) {
            self.reported_only.add(&found);
            self.remarks.extend(found.first().map(|d| told(probe, &played, d)));
            return;
        }
        self.must_agree.add(&found);
        match found.first() {
            None => {}
            Some(_) if self.unseen.remove(probe.id.as_str()) => self.known += 1,
            Some(first) => self.failures.push(told(probe, &played, first)),
        }
    }

    /// After the last probe: what is listed must have been seen to differ.
    pub(crate) fn finish(&mut self) {
        for id in std::mem::take(&mut self.unseen) {
            self.failures.push(format!(
                "--- {id}: listed in known_differences.toml, yet agrees or is not compared: take \
                 it off the list\n"
            ));
        }
    }

    /// Whether nothing unexpected differs.
    pub(crate) fn holds(&self) -> bool {
        self.failures.is_empty()
    }

    /// One line of counts.
    pub(crate) fn summary(&self) -> String {
        let count = &self.must_agree;
        let mut line = format!("{:<26} {:>3} probes:", self.recording, count.probes);
        for (level, n) in Level::ALL.into_iter().zip(count.levels) {
            line.push_str(&format!(" {} {n}", level.word()));
        }
        line.push_str(&format!(" all {}", count.all));
        if self.known > 0 {
            line.push_str(&format!("; known to differ {}", self.known));
        }
        if self.reported_only.probes > 0 {
            let Count { all, probes, .. } = self.reported_only;
            line.push_str(&format!("; reported only, agree {all} of {probes}"));
        }
        if self.not_compared > 0 {
            line.push_str(&format!("; not compared {}", self.not_compared));
        }
        line
    }

    /// The first that fail the test.
    pub(crate) fn failures(&self, shown: usize) -> String {
        let mut text = self.failures[..self.failures.len().min(shown)].concat();
        if self.failures.len() > shown {
            let more = self.failures.len() - shown;
            text.push_str(&format!("... and {more} more (LINEPROOF_REPLAY_SHOW={shown})\n"));
        }
        text
    }

    /// The first that differ and fail nothing.
    pub(crate) fn remarks(&self, shown: usize) -> String {
        self.remarks[..self.remarks.len().min(shown)].concat()
    }
}

/// A difference, for people.
fn told(probe: &Probe, played: &Played, d: &Difference) -> String {
    let mut text = format!("--- {}: {} differs, {}\n", probe.id, d.level.word(), d.of);
    for line in sent(probe, d.answer) {
        text.push_str(&format!("    sent      {line}\n"));
    }
    let (mut expected, mut got) = (d.expected.clone(), d.got.clone());
    if let (Level::Status, Some(number)) = (d.level, d.answer) {
        let body = |all: &[crate::answer::Answer]| {
            all.get(number).map(|a| format!(" {}", a.body.text())).unwrap_or_default()
        };
        expected.push_str(&body(&probe.answers));
        got.push_str(&body(&played.answers));
    }
    let (expected, got) = around_the_difference(&expected, &got);
    text.push_str(&format!("    expected  {expected}\n    got       {got}\n"));
    text
}

/// What was sent for this answer, or for all.
fn sent(probe: &Probe, answer: Option<usize>) -> Vec<String> {
    let one = |i: usize| answer.is_none_or(|n| n == i);
    match &probe.script {
        Script::Lines { precision, bodies } => bodies
            .iter()
            .enumerate()
            .filter(|(i, _)| one(*i))
            .map(|(_, body)| {
                let precision = precision.as_deref().unwrap_or("none");
                format!("precision {precision}: {}", cut(&format!("{:?}", body.text()), 0))
            })
            .collect(),
        Script::Requests(requests) => requests
            .iter()
            .enumerate()
            .filter(|(i, _)| one(*i))
            .map(|(_, r)| {
                let body = r.body.as_ref().map_or_else(
                    || format!("({} bytes)", r.body_size.unwrap_or_default()),
                    |body| format!("{:?}", body.text()),
                );
                let query = if r.query.is_empty() { "" } else { "?" };
                let line = format!("{} {}{query}{} {:?}", r.method, r.path, r.query, r.headers);
                format!("{line} {}", cut(&body, 0))
            })
            .collect(),
    }
}

/// Both texts on one line each, long ones cut to the neighbourhood of the first difference.
fn around_the_difference(a: &str, b: &str) -> (String, String) {
    let (a, b) = (a.escape_debug().to_string(), b.escape_debug().to_string());
    let (a, b) = (a.replace("\\\"", "\""), b.replace("\\\"", "\""));
    let same = a.chars().zip(b.chars()).take_while(|(x, y)| x == y).count();
    let from = if a.len().max(b.len()) > WIDTH { same.saturating_sub(LEAD) } else { 0 };
    (cut(&a, from), cut(&b, from))
}

fn cut(text: &str, from: usize) -> String {
    let mut shown: String = text.chars().skip(from).take(WIDTH).collect();
    if from > 0 {
        shown.insert_str(0, "… ");
    }
    if text.chars().count() > from.saturating_add(WIDTH) {
        shown.push_str(" …");
    }
    shown
}
