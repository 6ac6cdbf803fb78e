//! `lineproof report render`: a saved run in another form.

use crate::cli::report::RenderArgs;
use crate::exit::Failure;
use crate::out::Outputs;
use harness::event::Event;
use harness::report::{self, complete};
use harness::saved;
use harness::verdict::Ending;
use std::fs::File;
use std::io::BufReader;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn render(args: &RenderArgs) -> Result<ExitCode, Failure> {
    let mut events = Vec::new();
    for path in &args.files {
        events.extend(read(path)?);
    }
    if events.is_empty() {
        let why = "there is no event in it; `lineproof run --format json` saves a run";
        return Err(fail(&args.files[0], why));
    }
    let events = complete(events).map_err(Failure::usage)?;
    for event in &events {
        if let Event::Finished(finished) = event
            && finished.ending == Ending::Interrupted
        {
            let why = finished.reason.as_deref().unwrap_or("interrupted: the report is partial");
            let told = format!("{}: {why}", finished.profile);
            say!("lineproof: {}", crate::check::show::text(told.as_bytes()));
        }
    }
    // Opened after the reading: one of the files may be the one that is written.
    let outputs = Outputs::open(&args.output, args.cases_dir.as_deref())?;
    outputs.write(&events)?;
    Ok(ExitCode::from(report::ending(&events).code()))
}

fn read(path: &Path) -> Result<Vec<Event>, Failure> {
    let saved = if path.as_os_str() == "-" {
        saved::read(std::io::stdin().lock())
    } else {
        let file = File::open(path).map_err(|error| fail(path, error))?;
        saved::read(BufReader::new(file))
    };
    let saved = saved.map_err(|why| fail(path, why))?;
    if saved.unknown > 0 {
        say!(
            "lineproof: {}: {} events of a kind that this version does not know are left out",
            path.display(),
            saved.unknown
        );
    }
    Ok(saved.events)
}

fn fail(path: &Path, why: impl std::fmt::Display) -> Failure {
    Failure::usage(format!("{}: {why}", path.display()))
}
