//! `cargo xtask snapshots influxd`: Debian's InfluxDB 1.6.7, with authentication on.

use super::recording;
use crate::peer::Peer;
use anyhow::{Result, bail};
use clap::Args;
use harness::record::Provenance;
use harness::snapshot::Basis;
use harness::target::{Credentials, Target};
use std::process::ExitCode;

/// Records influxd 1.6.7 of Debian's package `influxdb`; a second run says that all is the same
#[derive(Args)]
pub(crate) struct Arguments {
    /// Only these cases, as in `lineproof run --cases`
    #[arg(long, value_name = "PATTERN")]
    cases: Vec<String>,
}

const PROFILE: &str = "oss-v1@1.6";
const FROM: &str = "InfluxDB 1.6.7 (Debian package influxdb 1.6.7~rc0-1)";

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let profile = recording::profile(PROFILE)?;
    let cases = recording::chosen(profile, &arguments.cases, |_| false)?;
    let influxd = Peer::influxdb(true)?;
    let admin = "q=CREATE%20USER%20admin%20WITH%20PASSWORD%20%27admin%27%20WITH%20ALL%20PRIVILEGES";
    if influxd.post(&format!("/query?{admin}"))? != 200 {
        bail!("influxd did not make its admin");
    }
    let mut target = Target::new(&influxd.url(), profile)?;
    let word = || Some("admin".to_owned());
    target.credentials = Credentials { token: None, user: word(), password: word() };
    let provenance = Provenance { basis: Basis::Recorded, from: FROM.to_owned() };
    let counts = recording::record_all(&target, &cases, &provenance)?;
    Ok(recording::ending(&counts))
}
