//! Where reports go: standard output or files, several at once, each in its own form.

use crate::cli::{Format, OutputArgs};
use crate::exit::Failure;
use crate::report::storage;
use crate::streams::print;
use harness::clauses::Register;
use harness::event::Event;
use harness::report::{self, text::Style};
use std::fs::File;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};

/// All reports of a run.
pub(crate) struct Outputs<'a> {
    outs: Vec<(Format, Out<'a>)>,
    /// The words of the clauses, for the forms that show them.
    register: Option<Register>,
    /// The folder of the cases, for the forms that name their files.
    folder: String,
}

impl<'a> Outputs<'a> {
    /// Opened before the run: a run is too long to be lost to a wrong path.
    pub(crate) fn open(args: &'a OutputArgs, cases: Option<&Path>) -> Result<Self, Failure> {
        let more = args.reports.iter().map(|(format, path)| (*format, Some(path.as_path())));
        let all: Vec<_> =
            std::iter::once((args.format, args.output.as_deref())).chain(more).collect();
        for (n, (_, path)) in all.iter().enumerate() {
            if path.is_some() && all[..n].iter().any(|(_, other)| other == path) {
                let path = path.unwrap_or(Path::new("")).display();
                return Err(Failure::usage(format!("two reports cannot go into {path}")));
            }
        }
        let register = if all.iter().any(|(format, _)| *format == Format::Html) {
            Register::load(cases).map_err(Failure::usage)?
        } else {
            None
        };
        let outs = all.into_iter().map(|(format, path)| Ok((format, Out::open(path)?)));
        let folder = cases.map_or_else(|| "cases".to_owned(), |dir| dir.display().to_string());
        Ok(Self { outs: outs.collect::<Result<_, Failure>>()?, register, folder })
    }

    /// Writes them all. Where one cannot be written, the others are.
    pub(crate) fn write(self, events: &[Event]) -> Result<(), Failure> {
        let mut failed = None;
        for (format, out) in self.outs {
            let text = match format {
                Format::Text => {
                    Ok(report::text::report(events, Style { colour: out.has_colour() }))
                }
                Format::Json => Ok(report::json::report(events)),
                Format::Junit => Ok(report::junit::report(events)),
                Format::Markdown => Ok(report::markdown::report(events)),
                Format::Github => Ok(report::github::report(events, &self.folder)),
                Format::Html => report::html::report(events, self.register.as_ref()),
                Format::Badge => Ok(report::badge::svg(events)),
                Format::BadgeJson => Ok(report::badge::json(events)),
            };
            // Each is written, whatever became of the one before.
            let written = text.map_err(Failure::internal).and_then(|text| out.write(&text));
            failed = failed.or_else(|| written.err());
        }
        failed.map_or(Ok(()), Err)
    }
}

/// Where one report goes.
enum Out<'a> {
    Standard,
    File(PathBuf, File),
    /// In object storage.
    Object(&'a str),
}

impl<'a> Out<'a> {
    fn open(path: Option<&'a Path>) -> Result<Self, Failure> {
        let Some(given) = path else { return Ok(Self::Standard) };
        let mut path = given.to_owned();
        if let Some(url) = given.to_str().filter(|text| text.contains("://")) {
            match storage::local(url)? {
                Some(local) => path = local,
                None => return storage::check(url).map(|()| Self::Object(url)),
            }
        }
        // What an earlier run left stays until there is something to put in its place.
        let file = File::options().create(true).write(true).truncate(false).open(&path);
        let file = file.map_err(|error| Self::failure(&path, &error))?;
        Ok(Self::File(path, file))
    }

    /// A terminal, whose user did not say otherwise.
    fn has_colour(&self) -> bool {
        let to_terminal = matches!(self, Self::Standard) && std::io::stdout().is_terminal();
        to_terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
    }

    fn write(self, text: &str) -> Result<(), Failure> {
        match self {
            Self::Standard => print(text),
            Self::File(path, mut file) => file
                .set_len(0)
                .or_else(|error| if is_special(&file) { Ok(()) } else { Err(error) })
                .and_then(|()| file.write_all(text.as_bytes()))
                .map_err(|error| Self::failure(&path, &error)),
            Self::Object(url) => storage::put(url, text),
        }
    }

    fn failure(path: &Path, error: &std::io::Error) -> Failure {
        Failure::usage(format!("{}: {error}", path.display()))
    }
}

/// A pipe or a device has no length to set.
fn is_special(file: &File) -> bool {
    file.metadata().is_ok_and(|metadata| !metadata.is_file())
}
