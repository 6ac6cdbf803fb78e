//! `cargo xtask snapshots playback`: expectations of products that cannot be run here, from the
//! recordings of the running products.
//!
//! A small server plays the recordings back, so that the harness asks, reads back, redacts and
//! writes just as it does with a product. A request is answered only if a recorded probe begins
//! with exactly the requests that this case has sent so far; anything else is "no recording".

mod fill;
mod http;
mod key;
mod provision;
mod recordings;
mod rows;
mod server;

use super::recording;
use anyhow::{Result, bail};
use clap::Args;
use harness::record::Provenance;
use harness::snapshot::Basis;
use harness::target::{Credentials, Target};
use profiles::Family;
use recordings::Source;
use std::process::ExitCode;
use std::time::Duration;

/// Records what the recordings in reference-server/tests/recordings hold
#[derive(Args)]
pub(crate) struct Arguments {
    /// The profile: product@edition
    #[arg(long)]
    profile: String,
    /// Only these cases, as in `lineproof run --cases`
    #[arg(long, value_name = "PATTERN")]
    cases: Vec<String>,
    /// Show each request that no recording answers, before the end of its case
    #[arg(long)]
    verbose: bool,
}

/// The recordings of each profile.
const SOURCES: &[(&str, Source)] = &[
    (
        "oss-v1@1.12",
        Source {
            from: "InfluxDB OSS 1.12.4",
            lines: &[("v1-1.12", "/write"), ("v1-1.12-api-v2-write", "/api/v2/write")],
            requests: &["v1-1.12-protocol", "v1-1.12-auth", "v1-1.12-compat"],
        },
    ),
    (
        "oss-v2@2.1",
        Source {
            from: "InfluxDB OSS 2.1.1",
            lines: &[("v2-2.1-api-v2-write", "/api/v2/write"), ("v2-2.1-write", "/write")],
            requests: &["v2-2.1-protocol", "v2-2.1-auth"],
        },
    ),
    (
        "oss-v2@2.7",
        Source {
            from: "InfluxDB OSS 2.7.12",
            lines: &[("v2-2.7-api-v2-write", "/api/v2/write"), ("v2-2.7-write", "/write")],
            requests: &["v2-2.7-protocol", "v2-2.7-auth"],
        },
    ),
    (
        "oss-v2@2.9",
        Source {
            from: "InfluxDB OSS 2.9.1",
            lines: &[("v2-2.9-api-v2-write", "/api/v2/write"), ("v2-2.9-write", "/write")],
            requests: &["v2-2.9-protocol", "v2-2.9-auth"],
        },
    ),
    (
        "v3-core@3.6",
        Source {
            from: "InfluxDB 3 Core 3.6.0",
            lines: &[
                ("v3-core-3.6-write_lp", "/api/v3/write_lp"),
                ("v3-core-3.6-write_lp-atomic", "/api/v3/write_lp?accept_partial=false"),
                ("v3-core-3.6-api-v2-write", "/api/v2/write"),
                ("v3-core-3.6-write", "/write"),
            ],
            requests: &["v3-core-3.6-protocol", "v3-core-3.6-auth"],
        },
    ),
    (
        "v3-core@3.8.0",
        Source {
            from: "InfluxDB 3 Core 3.8.0",
            lines: &[
                ("v3-core-3.8.0-write_lp", "/api/v3/write_lp"),
                ("v3-core-3.8.0-write_lp-atomic", "/api/v3/write_lp?accept_partial=false"),
                ("v3-core-3.8.0-api-v2-write", "/api/v2/write"),
                ("v3-core-3.8.0-write", "/write"),
            ],
            requests: &["v3-core-3.8.0-protocol", "v3-core-3.8.0-auth"],
        },
    ),
];

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let profile = recording::profile(&arguments.profile)?;
    let Some((_, source)) = SOURCES.iter().find(|(name, _)| *name == profile.name()) else {
        let names: Vec<_> = SOURCES.iter().map(|(name, _)| *name).collect();
        bail!("there are recordings of {} only", names.join(" and "));
    };
    let cases = recording::chosen(profile, &arguments.cases, |snapshot| {
        snapshot.basis == Basis::Recorded && snapshot.from != source.from
    })?;
    let played = recordings::load(profile.family, source)?;
    println!("{}: {} recorded answers", profile.name(), played.len());
    let server = server::Server::start(profile.family, played, arguments.verbose)?;
    let mut target = Target::new(&server.url(), profile)?;
    target.credentials = match profile.family {
        Family::V1 => Credentials {
            token: None,
            user: Some("admin".to_owned()),
            password: Some("admin".to_owned()),
        },
        Family::V2 | Family::V3 | Family::Iox(_) => {
            Credentials { token: Some(provision::TOKEN.to_owned()), ..Credentials::default() }
        }
    };
    target.timeout = Duration::from_secs(60);
    let provenance = Provenance { basis: Basis::Recorded, from: source.from.to_owned() };
    let counts = recording::record_all(&target, &cases, &provenance)?;
    Ok(recording::ending(&counts))
}
