//! What is said of the faults.

use super::survivors;
use harness::verdict::Ending;
use reference_server::mutant::Mutant;
use std::fmt::Write;
use std::time::Duration;

/// How many of a hundred faults the suite has to find.
const WANTED: usize = 98;

/// A run that a fault did not survive.
pub(super) struct Kill {
    pub(super) profile: &'static str,
    pub(super) ending: Ending,
    /// The cases that failed.
    pub(super) cases: Vec<String>,
    /// Why the server is not judged, where it is not.
    pub(super) why: String,
}

/// A run that came to no verdict, not even with the usual patience.
pub(super) struct Doubt {
    pub(super) profile: &'static str,
    pub(super) cases: Vec<String>,
}

/// What became of a fault.
pub(super) struct Found {
    pub(super) mutant: &'static Mutant,
    pub(super) home: &'static str,
    /// How many cases promise to kill it.
    pub(super) promised: usize,
    pub(super) kills: Vec<Kill>,
    /// Runs of which nothing certain is known.
    pub(super) undecided: Vec<Doubt>,
    /// The cases that notice it, where none fails.
    pub(super) warned: Vec<String>,
    /// The cases that promise and pass.
    pub(super) broken: Vec<String>,
    /// The cases that promise and came to no verdict.
    pub(super) open: Vec<String>,
    pub(super) elapsed: Duration,
}

impl Found {
    /// Whether it breaks only what fails no run, and is noticed.
    fn is_light(&self) -> bool {
        survivors::is_light(self.mutant.id) && !self.warned.is_empty()
    }

    pub(super) fn new(mutant: &'static Mutant, home: &'static str, promised: usize) -> Self {
        Self {
            mutant,
            home,
            promised,
            kills: Vec::new(),
            undecided: Vec::new(),
            warned: Vec::new(),
            broken: Vec::new(),
            open: Vec::new(),
            elapsed: Duration::ZERO,
        }
    }
}

/// The faults by name, one a line.
pub(super) fn listed(mutants: &[&'static Mutant]) -> String {
    let width = mutants.iter().map(|mutant| mutant.id.len()).max().unwrap_or(0);
    let line = |mutant: &&'static Mutant| {
        let home = format!("{:?}", mutant.home);
        format!("{:<width$}  {home:<6}  {}\n", mutant.id, mutant.summary)
    };
    mutants.iter().map(line).collect()
}

/// What is said of one fault.
pub(super) fn line(found: &Found, every_case: bool) -> String {
    let id = found.mutant.id;
    let Some(kill) = found.kills.first() else {
        if !found.warned.is_empty() {
            return format!("warned    {id}  on {}: {}\n", found.home, some(&found.warned));
        }
        if let Some(doubt) = found.undecided.first() {
            let cases = some(&doubt.cases);
            return format!("UNDECIDED {id}  on {}: no verdict from {cases}\n", doubt.profile);
        }
        return format!("SURVIVES  {id}  on {}: {}\n", found.home, found.mutant.summary);
    };
    let how = match kill.ending {
        Ending::Unusable => format!("not judged: {}", kill.why),
        Ending::NotConformant if every_case => {
            let last = found.kills.last().unwrap_or(kill);
            last.cases.join(", ")
        }
        _ => some(&kill.cases),
    };
    format!("killed    {id}  on {}: {how}\n", kill.profile)
}

/// The first few of the cases.
fn some(cases: &[String]) -> String {
    const SHOWN: usize = 4;
    let shown = cases[..cases.len().min(SHOWN)].join(", ");
    match cases.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// Everything in the end.
pub(super) struct Report {
    pub(super) found: Vec<Found>,
    /// What cases promise to kill that is no fault of the tables.
    pub(super) unknown: Vec<String>,
    /// Profiles whose sound servers fail.
    pub(super) unsound: Vec<String>,
    pub(super) elapsed: Duration,
}

impl Report {
    /// Those that are not killed: whether they would be, is not certain of all.
    fn survivors(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.kills.is_empty() && !found.is_light())
    }

    /// Those of which the suite may not do more than warn, and does.
    fn light(&self) -> impl Iterator<Item = &Found> {
        self.found.iter().filter(|found| found.kills.is_empty() && found.is_light())
    }

    /// Whether enough is found, each survivor is known, and each case keeps its word.
    pub(super) fn is_good(&self) -> bool {
        let heavy = self.found.len() - self.light().count();
        let killed = heavy - self.survivors().count();
        let enough = killed * 100 >= heavy * WANTED;
        let reviewed = self.survivors().all(|f| survivors::reason(f.mutant.id).is_some());
        let kept = |found: &Found| found.broken.is_empty() && found.open.is_empty();
        let kept = self.found.iter().all(kept);
        enough && reviewed && kept && self.unknown.is_empty() && self.unsound.is_empty()
    }

    pub(super) fn text(&self) -> String {
        let mut text = String::new();
        for name in &self.unsound {
            let _ = writeln!(text, "a sound server fails, so nothing is proven: {name}");
        }
        for name in &self.unknown {
            let _ = writeln!(text, "unknown fault among the `kills`: {name}");
        }
        for found in &self.found {
            for case in &found.broken {
                let _ = writeln!(text, "{case} says that it kills {}, and passes", found.mutant.id);
            }
            for case in &found.open {
                let id = found.mutant.id;
                let _ = writeln!(text, "{case} says that it kills {id}, and comes to no verdict");
            }
        }
        let (mut survivors, mut undecided) = (0, 0);
        for found in self.survivors() {
            survivors += 1;
            if found.undecided.is_empty() {
                let reason = survivors::reason(found.mutant.id).unwrap_or("NO REASON GIVEN");
                let _ = writeln!(text, "survivor: {} ({}): {reason}", found.mutant.id, found.home);
                continue;
            }
            undecided += 1;
            for doubt in &found.undecided {
                let (id, cases) = (found.mutant.id, some(&doubt.cases));
                let _ = writeln!(
                    text,
                    "undecided, so not killed: {id} ({}): no verdict from {cases}",
                    doubt.profile
                );
            }
        }
        let is_killed = |found: &&Found| !found.kills.is_empty();
        let refused = self.found.iter().filter(is_killed);
        let refused =
            refused.filter(|f| f.kills.iter().all(|k| k.ending == Ending::Unusable)).count();
        let unnamed = self.found.iter().filter(is_killed).filter(|f| f.promised == 0).count();
        let warned = self.light().count();
        let (all, heavy) = (self.found.len(), self.found.len() - warned);
        let killed = heavy - survivors;
        let percent = killed as f64 * 100.0 / heavy.max(1) as f64;
        let _ = writeln!(
            text,
            "{all} faults: {warned} of what fails no run (MAY, or only inferred), each warned of; of the \
             other {heavy} {killed} killed ({percent:.1} %), {survivors} not (of them {undecided} undecided); of the killed {refused} \
             were refused before any case, {unnamed} are named by no case; {:.0} s",
            self.elapsed.as_secs_f64()
        );
        let slowest = self.found.iter().max_by_key(|found| found.elapsed);
        if let Some(found) = slowest {
            let seconds = found.elapsed.as_secs_f64();
            let _ = writeln!(text, "slowest: {} {seconds:.1} s", found.mutant.id);
        }
        text
    }
}
