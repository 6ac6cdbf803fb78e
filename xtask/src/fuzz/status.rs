//! What libFuzzer says of itself while it runs, and the table made of it.

use std::fmt::Write;

/// The last that a target said.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Status {
    executions: u64,
    seconds: u64,
    edges: String,
    features: String,
    corpus: String,
}

impl Status {
    /// Takes a line of its output; says whether it was one about the run.
    ///
    /// `#8192 NEW    cov: 898 ft: 1653 corp: 108/356b lim: 4 exec/s: 110 rss: 364Mb`
    pub(super) fn take(&mut self, line: &str, seconds: u64) -> bool {
        let Some(line) = line.strip_prefix('#') else { return false };
        let mut words = line.split_whitespace();
        let Some(executions) = words.next().and_then(|word| word.parse().ok()) else {
            return false;
        };
        (self.executions, self.seconds) = (executions, seconds);
        while let Some(word) = words.next() {
            let place = match word {
                "cov:" => &mut self.edges,
                "ft:" => &mut self.features,
                "corp:" => &mut self.corpus,
                _ => continue,
            };
            *place = words.next().unwrap_or_default().to_owned();
        }
        true
    }
}

/// One line for each target, and the sum.
pub(super) fn table(rows: &[(&str, Status)]) -> String {
    let mut text = String::new();
    let mut line = |cells: [&str; 7]| {
        let [name, numbers @ ..] = cells;
        let _ = write!(text, "{name:<18}");
        for number in numbers {
            let _ = write!(text, "{number:>12}");
        }
        text.push('\n');
    };
    line(["target", "seconds", "executions", "each second", "edges", "features", "corpus"]);
    let mut all = 0;
    for (name, status) in rows {
        all += status.executions;
        let rate = status.executions / status.seconds.max(1);
        line([
            name,
            &status.seconds.to_string(),
            &status.executions.to_string(),
            &rate.to_string(),
            &status.edges,
            &status.features,
            &status.corpus,
        ]);
    }
    let seconds: u64 = rows.iter().map(|(_, status)| status.seconds).sum();
    let rate = all / seconds.max(1);
    line(["all", &seconds.to_string(), &all.to_string(), &rate.to_string(), "", "", ""]);
    text.trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::{Status, table};

    #[test]
    fn the_last_words_count() {
        let mut status = Status::default();
        status.take("#2\tINITED cov: 5 ft: 6 corp: 1/1b exec/s: 0 rss: 36Mb", 0);
        assert!(!status.take("INFO: seed corpus: files: 1 min: 1b", 1));
        status.take("#9000\tREDUCE cov: 70 ft: 80 corp: 12/356b lim: 4 exec/s: 4500 rss: 9Mb", 2);
        assert!(!status.take("###### End of recommended dictionary. ######", 3));
        let table = table(&[("oracle", status.clone()), ("again", status)]);
        let cells: Vec<Vec<&str>> =
            table.lines().map(|line| line.split_whitespace().collect()).collect();
        assert_eq!(cells[1], ["oracle", "2", "9000", "4500", "70", "80", "12/356b"]);
        assert_eq!(cells[3], ["all", "4", "18000", "4500"]);
    }
}
