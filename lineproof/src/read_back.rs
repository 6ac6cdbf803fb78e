//! `lineproof read-back`: programs that print what a server stores, for servers whose query language
//! the suite does not speak. They are programs like any other: `run` knows nothing of them.

mod victoria_metrics;

use crate::cli::read_back::{PlaceArgs, ReadBackArgs, ReadBackProgram};
use crate::exit::Failure;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use harness::wire::{Base, Request, Response, send};
use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

pub(crate) fn read_back(args: &ReadBackArgs) -> Result<ExitCode, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::internal(format!("no runtime: {error}")))?;
    let text = match &args.program {
        ReadBackProgram::VictoriaMetrics(args) => runtime.block_on(victoria_metrics::read(args))?,
    };
    let written = std::io::stdout().write_all(text.as_bytes());
    written.map_err(|error| Failure::unusable(format!("standard output: {error}")))?;
    Ok(ExitCode::SUCCESS)
}

/// The answer to a GET, which must be a success.
async fn get(place: &PlaceArgs, path_and_query: &str) -> Result<Response, Failure> {
    let base = Base::parse(&place.target).map_err(Failure::usage)?;
    let mut request = Request::new("GET", path_and_query);
    if let Some(user) = &place.user {
        let pair = format!("{user}:{}", place.password.as_deref().unwrap_or_default());
        request = request.header("Authorization", format!("Basic {}", STANDARD.encode(pair)));
    } else if let Some(token) = &place.token {
        request = request.header("Authorization", format!("Bearer {token}"));
    }
    let timeout = Duration::from_secs(place.timeout.into());
    let path = path_and_query.split('?').next().unwrap_or_default();
    let answer = send(&base, &request, timeout).await;
    let answer =
        answer.map_err(|error| Failure::unusable(format!("{}{path}: {error}", base.url())))?;
    if answer.status / 100 == 2 {
        return Ok(answer);
    }
    let text: String = answer.text().trim().chars().take(200).collect();
    let status = answer.status;
    Err(Failure::unusable(format!("{}{path}: status {status} {text}", base.url())))
}
