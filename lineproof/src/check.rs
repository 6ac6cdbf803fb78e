//! `lineproof check`: files of line protocol, and what the dialects have against them.

pub(crate) mod dialects;
mod excerpt;
mod finding;
mod input;
mod mistakes;
mod place;
mod report;
pub(crate) mod show;
mod strings;
mod time;
mod walk;
mod warnings;

use crate::cli::{CheckArgs, CheckFormat, Unit};
use crate::exit::Failure;
use clap::ValueEnum;
use dialects::Named;
use finding::Finding;
use input::Source;
use line_protocol::{Options, Precision};
use place::Places;
use report::{Github, Human, Json, Report};
use std::io::{self, BufWriter, IsTerminal, StdoutLock, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use walk::{Tally, Walk};
use warnings::Watch;

/// The exit codes, the worst last.
const GOOD: u8 = 0;
const REFUSED: u8 = 1;
const UNREADABLE: u8 = 2;

pub(crate) fn check(args: &CheckArgs) -> Result<ExitCode, Failure> {
    let stdin = [PathBuf::from("-")];
    let files = if args.files.is_empty() { &stdin } else { args.files.as_slice() };
    let mut check = Check::new(args)?;
    let mut code = GOOD;
    for path in files {
        let own = check.file(path).and_then(|code| check.out.flush().map(|()| code));
        let own = own.map_err(|error| Failure::usage(format!("cannot write: {error}")))?;
        code = code.max(own);
    }
    let total = check.total();
    total.map_err(|error| Failure::usage(format!("cannot write: {error}")))?;
    Ok(ExitCode::from(code))
}

struct Check {
    dialects: Vec<&'static Named>,
    options: Options,
    unit_is_given: bool,
    /// How many bad lines of a file are shown.
    shown: u64,
    report: Box<dyn Report>,
    out: Out,
    /// How many files were read, and what their lines come to.
    files: usize,
    tallies: Vec<(&'static Named, Tally)>,
}

impl Check {
    fn new(args: &CheckArgs) -> Result<Self, Failure> {
        let mut dialects: Vec<&Named> = Vec::new();
        for named in args.dialects.iter().copied().flatten() {
            if dialects.iter().all(|earlier| earlier.name != named.name) {
                dialects.push(named);
            }
        }
        let precision = precision(args.precision);
        known_to_all(args.precision, precision, &dialects)?;
        let to_terminal = io::stdout().is_terminal();
        let plain = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let human = Human { colour: to_terminal && !plain, several: dialects.len() > 1 };
        Ok(Self {
            files: 0,
            tallies: dialects.iter().map(|named| (*named, Tally::default())).collect(),
            dialects,
            options: Options { precision, default_time: 0 },
            unit_is_given: args.precision.is_some(),
            shown: if args.max_errors == 0 { u64::MAX } else { args.max_errors as u64 },
            report: match args.format {
                CheckFormat::Human => Box::new(human),
                CheckFormat::Json => Box::new(Json),
                CheckFormat::Github => Box::new(Github),
            },
            out: Out { to: BufWriter::new(io::stdout().lock()), silent: args.quiet },
        })
    }

    /// Checks one file, and returns the exit code that it alone would have.
    fn file(&mut self, path: &Path) -> io::Result<u8> {
        let (code, broken) = match input::read(path) {
            Ok(source) => (self.source(&source)?, source.broken),
            Err(why) => (GOOD, Some(why)),
        };
        let Some(why) = broken else { return Ok(code) };
        // What was found comes first, on a terminal too.
        self.out.flush()?;
        let name = input::name(path);
        say!("lineproof: {}: {why}", show::text(name.as_bytes()));
        self.out.write(&self.report.unreadable(&name, &why))?;
        Ok(UNREADABLE)
    }

    fn source(&mut self, source: &Source) -> io::Result<u8> {
        let body = &*source.bytes;
        let mut places = Places::new(body);
        let mut watch = Watch::new(self.options, self.unit_is_given);
        let mut walk = Walk::new(body, &self.dialects, &self.options);
        let (mut step, mut refused) = (Vec::new(), 0_u64);
        if let Some(warning) = Watch::file(body, &self.dialects, &places) {
            self.out.write(&self.report.warning(source, &warning))?;
        }
        while let Some(line) = walk.next(&mut step) {
            places.pass(line.start);
            for warning in watch.line(&step, &places) {
                self.out.write(&self.report.warning(source, &warning))?;
            }
            if step.iter().all(|(_, verdict)| verdict.is_ok()) {
                continue;
            }
            refused += 1;
            if self.out.silent {
                // Nobody reads more than the exit code.
                return Ok(REFUSED);
            }
            if refused <= self.shown {
                let finding = Finding::new(body, &line, &step, &self.options, &places);
                self.out.write(&self.report.refused(source, &finding))?;
            }
        }
        let tallies: Vec<_> = walk.tallies().collect();
        self.files += 1;
        for ((_, total), (_, own)) in self.tallies.iter_mut().zip(&tallies) {
            total.good += own.good;
            total.bad += own.bad;
        }
        let hidden = refused.saturating_sub(self.shown);
        self.out.write(&self.report.done(source, &tallies, hidden))?;
        Ok(if refused > 0 { REFUSED } else { GOOD })
    }

    /// What several files come to.
    fn total(&mut self) -> io::Result<()> {
        if self.files > 1 {
            self.out.write(&self.report.total(self.files, &self.tallies))?;
        }
        self.out.flush()
    }
}

fn precision(unit: Option<Unit>) -> Precision {
    match unit {
        None | Some(Unit::Ns) => Precision::Nanosecond,
        Some(Unit::Us) => Precision::Microsecond,
        Some(Unit::Ms) => Precision::Millisecond,
        Some(Unit::S) => Precision::Second,
        Some(Unit::M) => Precision::Minute,
        Some(Unit::H) => Precision::Hour,
    }
}

/// A dialect that does not know the unit would refuse every request.
fn known_to_all(
    unit: Option<Unit>,
    precision: Precision,
    asked: &[&'static Named],
) -> Result<(), Failure> {
    let names = |found: Vec<&Named>| {
        let names: Vec<_> = found.iter().map(|named| named.name).collect();
        names.join(", ")
    };
    let ignorant: Vec<_> = asked.iter().copied().filter(|named| !named.knows(precision)).collect();
    let (Some(unit), false) = (unit, ignorant.is_empty()) else { return Ok(()) };
    let unit = unit.to_possible_value();
    let unit = unit.as_ref().map_or("", |value| value.get_name());
    let knowing = names(dialects::KNOWN.iter().filter(|named| named.knows(precision)).collect());
    let ignorant = names(ignorant);
    Err(Failure::usage(format!("--precision {unit} is known to {knowing} only, not to {ignorant}")))
}

/// Standard output, until its reader has seen enough.
struct Out {
    to: BufWriter<StdoutLock<'static>>,
    silent: bool,
}

impl Out {
    fn write(&mut self, text: &str) -> io::Result<()> {
        if self.silent {
            return Ok(());
        }
        let written = self.to.write_all(text.as_bytes());
        self.ended(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.silent {
            return Ok(());
        }
        let flushed = self.to.flush();
        self.ended(flushed)
    }

    /// A reader that has gone away is no failure of ours, but the exit code still counts.
    fn ended(&mut self, result: io::Result<()>) -> io::Result<()> {
        match result {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.silent = true;
                Ok(())
            }
            other => other,
        }
    }
}
