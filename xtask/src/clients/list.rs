//! `clients/clients.toml`: which script of which client runs on which profile.

use anyhow::{Context, Result, bail};
use std::path::{Path, PathBuf};

/// A client.
#[derive(Debug)]
pub(super) struct Client {
    /// The name of its folder.
    pub(super) folder: String,
    /// Where the folder is.
    pub(super) path: PathBuf,
    /// What is run.
    pub(super) runs: Vec<Run>,
}

/// A script on a profile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Run {
    /// The script, as a Python module.
    pub(super) script: String,
    /// The profile that the server has.
    pub(super) profile: String,
    /// What the script is told of the product, words with blanks between them.
    pub(super) facts: String,
    /// Whether the script runs on Debian's influxd too, as after the first profile.
    pub(super) influxd: bool,
}

/// Reads the list in the folder of the clients.
pub(super) fn read(clients: &Path) -> Result<Vec<Client>> {
    let path = clients.join("clients.toml");
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("{} cannot be read", path.display()))?;
    parse(&text, clients).with_context(|| format!("{} is not understood", path.display()))
}

fn parse(text: &str, clients: &Path) -> Result<Vec<Client>> {
    let list: toml::Table = text.parse()?;
    tables(&list, "client")?
        .into_iter()
        .map(|client| {
            let folder = text_of(client, "folder")?.to_owned();
            let mut runs = Vec::new();
            for run in tables(client, "run")? {
                let script = text_of(run, "script")?;
                let facts = words(run, "facts")?.join(" ");
                let influxd = run.get("influxd").and_then(toml::Value::as_bool).unwrap_or(false);
                for (n, profile) in words(run, "profiles")?.into_iter().enumerate() {
                    runs.push(Run {
                        script: script.to_owned(),
                        profile: profile.to_owned(),
                        facts: facts.clone(),
                        influxd: influxd && n == 0,
                    });
                }
            }
            Ok(Client { path: clients.join(&folder), folder, runs })
        })
        .collect()
}

fn tables<'t>(table: &'t toml::Table, key: &str) -> Result<Vec<&'t toml::Table>> {
    let list = table.get(key).and_then(toml::Value::as_array);
    let list = list.with_context(|| format!("there is no [[{key}]]"))?;
    let table = |item: &'t toml::Value| item.as_table().with_context(|| format!("{key}: no table"));
    list.iter().map(table).collect()
}

fn text_of<'t>(table: &'t toml::Table, key: &str) -> Result<&'t str> {
    table.get(key).and_then(toml::Value::as_str).with_context(|| format!("a text {key} is missing"))
}

fn words<'t>(table: &'t toml::Table, key: &str) -> Result<Vec<&'t str>> {
    let Some(list) = table.get(key) else { return Ok(Vec::new()) };
    let Some(list) = list.as_array() else { bail!("{key} is no list") };
    list.iter().map(|word| word.as_str().with_context(|| format!("{key} holds no text"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_for_each_profile() {
        let text = "[[client]]\nfolder = 'f'\n[[client.run]]\nscript = 's'\nprofiles = ['a', 'b']\n\
            facts = ['x', 'y']\ninfluxd = true";
        let clients = parse(text, Path::new("/c")).unwrap();
        let run = |profile: &str, influxd| Run {
            script: "s".to_owned(),
            profile: profile.to_owned(),
            facts: "x y".to_owned(),
            influxd,
        };
        assert_eq!(clients[0].path, Path::new("/c/f"));
        assert_eq!(clients[0].runs, [run("a", true), run("b", false)]);
    }

    #[test]
    fn what_is_missing_is_said() {
        let why = |text| format!("{:#}", parse(text, Path::new("/c")).unwrap_err());
        assert_eq!(why(""), "there is no [[client]]");
        assert_eq!(why("[[client]]\nfolder = 1\n[[client.run]]"), "a text folder is missing");
        assert_eq!(
            why("[[client]]\nfolder = 'f'\n[[client.run]]\nscript = 's'\nprofiles = 'p'"),
            "profiles is no list"
        );
    }

    /// The list of this repository: each script is there, and each client is pinned.
    #[test]
    fn the_list_names_what_there_is() {
        let clients = read(&crate::cargo::root().join("clients")).unwrap();
        for client in clients {
            let pins = std::fs::read_to_string(client.path.join("requirements.txt")).unwrap();
            assert!(pins.lines().all(|line| line.contains("==")), "{}", client.folder);
            for run in client.runs {
                let script = client.path.join(format!("{}.py", run.script));
                assert!(script.is_file(), "{}", script.display());
            }
        }
    }
}
