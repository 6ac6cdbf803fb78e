//! `benches/instructions.toml`: the counts that a change is held against, and what they are of.

use super::callgrind::Counts;
use crate::cargo;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::PathBuf;

/// What the file says.
pub(super) struct Baseline {
    pub(super) cpu: String,
    rustc: String,
    valgrind: String,
    counts: toml::Table,
}

fn path() -> PathBuf {
    cargo::root().join("benches").join("instructions.toml")
}

impl Baseline {
    pub(super) fn read() -> Result<Self> {
        let path = path();
        let text = std::fs::read_to_string(&path)
            .with_context(|| format!("{} could not be read", path.display()))?;
        let mut table: toml::Table = text.parse().context("benches/instructions.toml")?;
        let mut text = |key: &str| match table.remove(key) {
            Some(toml::Value::String(text)) => Ok(text),
            _ => Err(anyhow::anyhow!("benches/instructions.toml has no `{key}`")),
        };
        let (cpu, rustc, valgrind) = (text("cpu")?, text("rustc")?, text("valgrind")?);
        Ok(Self { cpu, rustc, valgrind, counts: table })
    }

    pub(super) fn of(now: &Counts) -> Self {
        let mut counts = toml::Table::new();
        for (parser, workload, count) in &now.rows {
            let section = counts.entry(parser).or_insert_with(|| toml::Table::new().into());
            if let Some(section) = section.as_table_mut() {
                let count = toml::Value::Integer((*count).try_into().unwrap_or(i64::MAX));
                section.insert(workload.clone(), count);
            }
        }
        let (cpu, rustc, valgrind) = (now.cpu.clone(), now.rustc.clone(), now.valgrind.clone());
        Self { cpu, rustc, valgrind, counts }
    }

    pub(super) fn count(&self, parser: &str, workload: &str) -> Option<u64> {
        let count = self.counts.get(parser)?.get(workload)?.as_integer()?;
        u64::try_from(count).ok().filter(|count| *count > 0)
    }

    /// What the baseline was made with, where that is not what there is now.
    pub(super) fn differences<'a>(
        &'a self,
        now: &'a Counts,
    ) -> impl Iterator<Item = (&'static str, &'a str, &'a str)> {
        let all = [
            ("processor", self.cpu.as_str(), now.cpu.as_str()),
            ("rustc", &self.rustc, &now.rustc),
            ("valgrind", &self.valgrind, &now.valgrind),
        ];
        all.into_iter().filter(|(_, was, is)| was != is)
    }

    pub(super) fn write(&self) -> Result<PathBuf> {
        let mut text = String::from(
            "# Instructions of one pass over each workload, by parser, buffers warm.\n\
             # Written by `cargo xtask instructions --update`, compared by `cargo xtask instructions`.\n",
        );
        for (key, value) in
            [("cpu", &self.cpu), ("rustc", &self.rustc), ("valgrind", &self.valgrind)]
        {
            let _ = writeln!(text, "{key} = {}", toml::Value::from(value.as_str()));
        }
        let _ = write!(text, "\n{}", self.counts);
        let path = path();
        std::fs::write(&path, text)
            .with_context(|| format!("{} could not be written", path.display()))?;
        Ok(path)
    }
}
