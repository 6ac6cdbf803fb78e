//! The servers that are compared, and how each is started.

use crate::peer::Peer;
use crate::peer::served::Served;
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// What stands between measurement and field in VictoriaMetrics, so that it can be read back.
const SEPARATOR: &str = "@@";

/// The programs of others, each with its Debian package.
const PACKAGES: &[(&str, &str)] =
    &[("influxd", "influxdb"), ("victoria-metrics", "victoria-metrics")];

/// A server to measure.
pub(super) struct Contender {
    pub(super) name: String,
    /// What it is taken for.
    pub(super) profile: &'static str,
    /// What has happened to a line when it is acknowledged.
    pub(super) answers: &'static str,
    pub(super) kind: Kind,
}

/// Which program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// `lineproof serve`.
    Own {
        /// With `--data`.
        keeps: bool,
    },
    Influxd,
    VictoriaMetrics,
}

/// In the order of the table. The ratios are of the first two.
pub(super) fn all() -> Vec<Contender> {
    const V1: &str = "oss-v1@1.6";
    const V3: &str = "v3-core@3.8.0";
    let own = |profile, keeps| Contender {
        name: format!("`lineproof serve`, `{profile}`{}", if keeps { ", `--data`" } else { "" }),
        profile,
        answers: if keeps { "on disk, synced" } else { "in memory" },
        kind: Kind::Own { keeps },
    };
    let influxd = Contender {
        name: versioned("influxd", "influxdb"),
        profile: V1,
        // Its `wal-fsync-delay` is 0.
        answers: "on disk, synced",
        kind: Kind::Influxd,
    };
    let victoria_metrics = Contender {
        name: versioned("VictoriaMetrics", "victoria-metrics"),
        profile: V1,
        // It writes what came in the last seconds later.
        answers: "in memory",
        kind: Kind::VictoriaMetrics,
    };
    vec![own(V1, true), own(V1, false), influxd, victoria_metrics, own(V3, true), own(V3, false)]
}

/// That all programs are there.
///
/// # Errors
/// Which packages are to be installed.
pub(super) fn check_packages() -> Result<()> {
    let missing: Vec<_> =
        PACKAGES.iter().filter(|(program, _)| !is_installed(program)).map(|(_, p)| *p).collect();
    ensure!(missing.is_empty(), "{}", to_install(&missing));
    Ok(())
}

fn to_install(missing: &[&str]) -> String {
    let missing = missing.join(" ");
    format!("what it is compared with is not installed: apt-get install {missing}")
}

/// Whether one of the folders for programs has it.
fn is_installed(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
}

/// A program's name with the version of its package, where the system tells it: VictoriaMetrics itself
/// does not.
fn versioned(name: &str, package: &str) -> String {
    let asked = Command::new("dpkg-query")
        .args(["--show", "--showformat", "${Version}", package])
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    match asked {
        Ok(told) if told.status.success() => {
            format!("{name} {}", released(&String::from_utf8_lossy(&told.stdout)))
        }
        _ => name.to_owned(),
    }
}

/// The release in a package's version: `1.79.5` of `1.79.5+ds1-2+b5`.
fn released(version: &str) -> &str {
    version.split(['~', '+', '-']).next().unwrap_or(version)
}

impl Contender {
    /// The program that reads it back, where no query can: this binary has it.
    pub(super) fn read_back(&self, binary: &Path) -> Result<Option<String>> {
        if self.kind != Kind::VictoriaMetrics {
            return Ok(None);
        }
        let program = binary.to_str().filter(|path| !path.contains('\''));
        let program = program.context("the binary's path cannot stand in a command line")?;
        Ok(Some(format!("'{program}' read-back victoria-metrics --separator {SEPARATOR}")))
    }
}

/// A server that runs; it is stopped, and its data removed, when it is dropped.
pub(super) enum Running {
    Own {
        server: Served,
        /// After the server, so that nobody writes there any more.
        _data: Option<TempDir>,
    },
    Peer(Peer),
}

impl Running {
    pub(super) fn start(contender: &Contender, binary: &Path) -> Result<Self> {
        Ok(match contender.kind {
            Kind::Own { keeps } => {
                let data = if keeps { Some(tempfile::tempdir()?) } else { None };
                let mut options = vec!["--auth", "off"];
                if let Some(data) = &data {
                    let path = data.path().to_str();
                    options.extend(["--data", path.context("the folder's name is not text")?]);
                }
                let server = Served::start(binary, contender.profile, &options)?;
                Self::Own { server, _data: data }
            }
            Kind::Influxd => Self::Peer(Peer::influxdb(false)?),
            Kind::VictoriaMetrics => {
                let separator = format!("-influxMeasurementFieldSeparator={SEPARATOR}");
                Self::Peer(Peer::victoria_metrics(&[&separator])?)
            }
        })
    }

    /// Where it answers.
    pub(super) fn url(&self) -> String {
        match self {
            Self::Own { server, .. } => server.url().to_owned(),
            Self::Peer(peer) => peer.url(),
        }
    }

    /// Its process.
    pub(super) fn id(&self) -> u32 {
        match self {
            Self::Own { server, .. } => server.id(),
            Self::Peer(peer) => peer.id(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_said_as_the_command_that_installs_it() {
        assert!(!is_installed("a program that nobody has"));
        assert!(is_installed("sh"));
        let told = to_install(&["influxdb", "victoria-metrics"]);
        assert!(told.ends_with(": apt-get install influxdb victoria-metrics"), "{told}");
    }

    #[test]
    fn a_release_is_the_front_of_a_package_version() {
        assert_eq!(released("1.6.7~rc0-1+b13"), "1.6.7");
        assert_eq!(released("1.79.5+ds1-2+b5"), "1.79.5");
        assert_eq!(released("2.0"), "2.0");
    }

    #[test]
    fn the_ratios_are_of_one_server_on_disk_and_in_memory() {
        let all = all();
        assert_eq!(all[0].kind, Kind::Own { keeps: true });
        assert_eq!(all[1].kind, Kind::Own { keeps: false });
        assert_eq!(all[0].profile, all[1].profile);
        // Others are held against what is taken for the same.
        let peers = all.iter().filter(|one| !matches!(one.kind, Kind::Own { .. }));
        assert!(
            peers.clone().count() == 2 && peers.clone().all(|one| one.profile == all[0].profile)
        );
    }

    #[test]
    fn a_binary_in_a_folder_with_a_space_is_one_word() {
        let of = |kind, path: &str| {
            Contender { name: String::new(), profile: "", answers: "", kind }
                .read_back(Path::new(path))
        };
        let program = of(Kind::VictoriaMetrics, "/a b/lineproof").unwrap().unwrap();
        assert_eq!(program, "'/a b/lineproof' read-back victoria-metrics --separator @@");
        assert!(of(Kind::VictoriaMetrics, "/a'b").is_err());
        assert_eq!(of(Kind::Influxd, "/a'b").unwrap(), None);
    }
}
