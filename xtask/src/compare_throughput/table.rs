//! The table, in Markdown: medians of the rounds, and ratios of figures of the same round.

use super::contender::{Contender, Kind};
use super::figures::Figures;
use std::fmt::Write as _;

const HEAD: &str = "\
| server | a line is acknowledged | lines/s | ours to it | server CPU µs/line | ours to it | p50 ms | p99 ms | peak MiB |
|---|---|---:|---:|---:|---:|---:|---:|---:|
";

/// A row for each server, and what has to be known of them. `rounds` has all servers in each.
pub(super) fn markdown(contenders: &[Contender], rounds: &[Vec<Figures>]) -> String {
    let mut text = HEAD.to_owned();
    for (index, contender) in contenders.iter().enumerate() {
        let of = |figure: fn(&Figures) -> f64| {
            median(rounds.iter().map(|round| figure(&round[index])).collect())
        };
        let ratios = |figure| match contender.kind {
            Kind::Own { .. } => "–".to_owned(),
            Kind::Influxd | Kind::VictoriaMetrics => ratios(rounds, index, figure),
        };
        let lines: fn(&Figures) -> f64 = |figures| figures.lines_per_second;
        let cost: fn(&Figures) -> f64 = |figures| figures.cpu_us_per_line;
        let _ = writeln!(
            text,
            "| {} | {} | {:.0} | {} | {:.2} | {} | {:.1} | {:.1} | {:.0} |",
            contender.name,
            contender.answers,
            of(lines),
            ratios(lines),
            of(cost),
            ratios(cost),
            of(|figures| figures.p50_ms),
            of(|figures| figures.p99_ms),
            of(|figures| figures.peak_mib),
        );
    }
    let _ = write!(text, "\n{}", notes(contenders, rounds));
    text
}

/// What the first two are to this one, the middle of the rounds each.
fn ratios(rounds: &[Vec<Figures>], index: usize, figure: fn(&Figures) -> f64) -> String {
    let ratio = |own: usize| {
        // Within a round, so that a slow minute slows both.
        median(rounds.iter().map(|round| figure(&round[own]) / figure(&round[index])).collect())
    };
    format!("{:.2}× / {:.2}×", ratio(0), ratio(1))
}

fn notes(contenders: &[Contender], rounds: &[Vec<Figures>]) -> String {
    let all = || rounds.iter().flatten();
    let fewest = all().map(|figures| figures.sampled).min().unwrap_or_default();
    let is_uncounted = |index: usize| rounds.iter().any(|round| !round[index].counted);
    let uncounted = contenders.iter().enumerate().filter(|(index, _)| is_uncounted(*index));
    let uncounted: Vec<_> = uncounted.map(|(_, contender)| contender.name.as_str()).collect();
    let counted = match uncounted.as_slice() {
        [] => "all were counted".to_owned(),
        names => format!("all were counted, but those of {}", names.join(" and ")),
    };
    let median = match rounds.len() {
        1 => "One round".to_owned(),
        several => format!("Medians of {several} rounds"),
    };
    format!(
        "{median}, one server at a time, the load on the same machine. Ours to it: the first row / the \
         second row, in the same round; of lines/s more is better, of CPU less.\n\
         Of each server at least {fewest} acknowledged lines were read back, each as it was written; \
         {counted}.\n"
    )
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    let middle = figures.len() / 2;
    if figures.len() % 2 == 1 {
        figures[middle]
    } else {
        f64::midpoint(figures[middle - 1], figures[middle])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(lines_per_second: f64, cpu_us_per_line: f64) -> Figures {
        Figures {
            profile: String::new(),
            lines_per_second,
            cpu_us_per_line,
            p50_ms: 1.04,
            p99_ms: 2.0,
            peak_mib: 100.4,
            sampled: 1000,
            counted: true,
        }
    }

    fn contender(name: &str, kind: Kind) -> Contender {
        Contender { name: name.to_owned(), profile: "", answers: "in memory", kind }
    }

    fn three() -> [Contender; 3] {
        [
            contender("ours on disk", Kind::Own { keeps: true }),
            contender("ours", Kind::Own { keeps: false }),
            contender("theirs", Kind::Influxd),
        ]
    }

    #[test]
    fn a_ratio_is_of_one_round_and_the_table_has_the_middle() {
        // The second round is half as fast for all, the third only for theirs.
        let rounds = [
            vec![figures(400.0, 1.0), figures(800.0, 0.5), figures(100.0, 2.0)],
            vec![figures(200.0, 2.0), figures(400.0, 1.0), figures(50.0, 4.0)],
            vec![figures(400.0, 1.0), figures(800.0, 0.5), figures(50.0, 4.0)],
        ];
        let text = markdown(&three(), &rounds);
        let row =
            "| theirs | in memory | 50 | 4.00× / 8.00× | 4.00 | 0.50× / 0.25× | 1.0 | 2.0 | 100 |";
        assert!(text.lines().any(|line| line == row), "{text}");
        let row = "| ours | in memory | 800 | – | 0.50 | – | 1.0 | 2.0 | 100 |";
        assert!(text.lines().any(|line| line == row), "{text}");
        assert!(text.contains("Medians of 3 rounds"), "{text}");
        assert!(text.contains("all were counted.\n"), "{text}");
        let columns: Vec<_> = text.lines().take(5).map(|line| line.matches('|').count()).collect();
        assert_eq!(columns, [10; 5]);
    }

    #[test]
    fn what_was_looked_at_least_is_said() {
        let mut round = vec![figures(1.0, 1.0), figures(1.0, 1.0), figures(1.0, 1.0)];
        round[2].counted = false;
        round[1].sampled = 40;
        let text = markdown(&three(), &[round]);
        assert!(text.contains("at least 40 acknowledged lines"), "{text}");
        assert!(text.contains("all were counted, but those of theirs.\n"), "{text}");
        assert!(text.contains("One round, "), "{text}");
    }

    #[test]
    fn the_median_of_an_even_number_is_between_the_middle_two() {
        assert!((median(vec![4.0, 1.0, 3.0, 2.0]) - 2.5).abs() < 1e-9);
        assert!((median(vec![3.0, 1.0, 2.0]) - 2.0).abs() < 1e-9);
    }
}
