//! How far a bench is, on a terminal only: a line for each second of the load, then a bar while lines are
//! read back.

use harness::bench::News;
use harness::bench::result::Second;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::time::Duration;

/// What is shown.
pub(super) struct Live {
    is_shown: bool,
    bar: Option<ProgressBar>,
}

impl Live {
    pub(super) fn new() -> Self {
        Self { is_shown: std::io::stderr().is_terminal(), bar: None }
    }

    pub(super) fn show(&mut self, news: News<'_>) {
        if !self.is_shown {
            return;
        }
        match news {
            News::Second(second) => say!("{}", line(second)),
            News::Reading { looked, of, within } => {
                let bar = self.bar.get_or_insert_with(|| bar(of, within));
                bar.set_position(looked as u64);
            }
            News::Counting { within } => {
                if let Some(bar) = &self.bar {
                    bar.set_message(counting(within));
                }
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

fn bar(of: usize, within: Duration) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(of as u64), ProgressDrawTarget::stderr());
    if let Ok(style) =
        ProgressStyle::with_template("reading back [{bar:30}] {pos}/{len} {elapsed} {wide_msg}")
    {
        bar.set_style(style.progress_chars("=> "));
    }
    bar.set_message(format!("{} s at most", within.as_secs_f64()));
    // A server that takes long for an answer is no bench that stands still.
    bar.enable_steady_tick(Duration::from_millis(500));
    bar
}

fn counting(within: Duration) -> String {
    format!("the server counts, for {} s at most", within.as_secs_f64())
}

/// A second in a line.
fn line(second: &Second) -> String {
    let at = second.at + second.seconds;
    let p99 =
        second.p99_ms.map_or_else(|| "no answer".to_owned(), |p99| format!("p99 {p99:.1} ms"));
    let errors = match second.errors {
        0 => String::new(),
        errors => format!("   {errors} errors"),
    };
    let warmup = if second.warmup { "   warming up" } else { "" };
    format!("{at:6.1} s   {:>10.0} lines/s   {p99}{errors}{warmup}", second.lines_per_second)
}
