//! `benches/instructions.toml`: the counts that a change is held against, and what they are of.

use super::counts::{Counts, Tools};
use crate::cargo;
use anyhow::{Context, Result};
use std::fmt::Write;
use std::path::PathBuf;

/// What the file says.
pub(super) struct Baseline {
    pub(super) tools: Tools,
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
        let tools = Tools { cpu: text("cpu")?, rustc: text("rustc")?, valgrind: text("valgrind")? };
        Ok(Self { tools, counts: table })
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
        Self { tools: now.tools.clone(), counts }
    }

    pub(super) fn count(&self, parser: &str, workload: &str) -> Option<u64> {
        let count = self.counts.get(parser)?.get(workload)?.as_integer()?;
        u64::try_from(count).ok().filter(|count| *count > 0)
    }

    /// Which parser on which workload it has and what was counted has not.
    pub(super) fn not_in(&self, now: &Counts) -> Vec<String> {
        let rows = self.counts.iter().flat_map(|(parser, section)| {
            let workloads = section.as_table().into_iter().flat_map(toml::Table::keys);
            workloads.map(move |workload| (parser, workload))
        });
        let counted = |parser: &str, workload: &str| {
            now.rows.iter().any(|row| row.0 == parser && row.1 == workload)
        };
        rows.filter(|(parser, workload)| !counted(parser, workload))
            .map(|(parser, workload)| format!("{parser} on {workload}"))
            .collect()
    }

    /// What the baseline was made with, where that is not what there is now.
    pub(super) fn differences<'a>(
        &'a self,
        now: &'a Tools,
    ) -> impl Iterator<Item = (&'static str, &'a str, &'a str)> {
        let Tools { cpu, rustc, valgrind } = &self.tools;
        let all = [
            ("processor", cpu.as_str(), now.cpu.as_str()),
            ("rustc", rustc, &now.rustc),
            ("valgrind", valgrind, &now.valgrind),
        ];
        all.into_iter().filter(|(_, was, is)| was != is)
    }

    pub(super) fn write(&self) -> Result<PathBuf> {
        let mut text = String::from(
            "# Instructions of one pass over each workload, by parser, buffers warm.\n\
             # Written by `cargo xtask instructions --update`, compared by `cargo xtask instructions`.\n",
        );
        let Tools { cpu, rustc, valgrind } = &self.tools;
        for (key, value) in [("cpu", cpu), ("rustc", rustc), ("valgrind", valgrind)] {
            let _ = writeln!(text, "{key} = {}", toml::Value::from(value.as_str()));
        }
        let _ = write!(text, "\n{}", self.counts);
        let path = path();
        std::fs::write(&path, text)
            .with_context(|| format!("{} could not be written", path.display()))?;
        Ok(path)
    }
}
