//! How far a run is, in a line: shown on a terminal only.

use harness::event::Event;
use harness::verdict::Verdict;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use profiles::Profile;
use std::io::IsTerminal;

/// Where a run stands.
pub(crate) struct Progress {
    bar: ProgressBar,
    failed: usize,
}

impl Progress {
    /// For so many cases on each of these profiles.
    pub(crate) fn new(profiles: &[&Profile], cases: usize) -> Self {
        let bar = ProgressBar::with_draw_target(
            Some((profiles.len() * cases) as u64),
            if std::io::stderr().is_terminal() {
                ProgressDrawTarget::stderr()
            } else {
                ProgressDrawTarget::hidden()
            },
        );
        if let Ok(style) =
            ProgressStyle::with_template("{prefix} [{bar:30}] {pos}/{len} {elapsed} {wide_msg}")
        {
            bar.set_style(style.progress_chars("=> "));
        }
        bar.set_prefix(match profiles {
            [one] => one.name(),
            several => format!("{} profiles", several.len()),
        });
        Self { bar, failed: 0 }
    }

    pub(crate) fn show(&mut self, event: &Event) {
        match event {
            Event::Started(_) | Event::Finished(_) => {}
            Event::Begun { profile, id } => self.message(profile, id),
            Event::Case(result) => {
                self.bar.inc(1);
                if matches!(result.verdict, Verdict::Fail | Verdict::Xpass | Verdict::Error) {
                    self.failed += 1;
                }
                self.message(&result.profile, &result.id);
            }
        }
    }

    fn message(&self, profile: &str, id: &str) {
        let failed =
            if self.failed > 0 { format!("{} failed  ", self.failed) } else { String::new() };
        self.bar.set_message(format!("{failed}{profile} {id}"));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
