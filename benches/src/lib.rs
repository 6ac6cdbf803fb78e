//! Workloads: bodies of line protocol that stand for a kind of load, always the same bytes.

use std::fmt::Write;

/// A body, and how many lines it has.
#[derive(Clone, Debug)]
pub struct Workload {
    /// What it stands for.
    pub name: &'static str,
    /// The lines.
    pub body: String,
    /// How many there are.
    pub lines: usize,
}

/// Servers as the TSBS benchmark makes them: 10 tags, 10 integer fields, about 344 bytes a line.
pub fn tsbs(lines: usize) -> Workload {
    let mut body = String::new();
    for i in 0..lines {
        let host = i % 100;
        let _ = write!(
            body,
            "cpu,hostname=host_{host},region=eu-central-1,datacenter=eu-central-1a,rack={},\
             os=Ubuntu15.10,arch=x86,team=SF,service={},service_version=1,\
             service_environment=production ",
            host % 40,
            host % 20
        );
        let fields = [
            "usage_user",
            "usage_system",
            "usage_idle",
            "usage_nice",
            "usage_iowait",
            "usage_irq",
            "usage_softirq",
            "usage_steal",
            "usage_guest",
            "usage_guest_nice",
        ];
        for (index, field) in fields.iter().enumerate() {
            let comma = if index == 0 { "" } else { "," };
            let _ = write!(body, "{comma}{field}={}i", (i * 7 + index * 13) % 100);
        }
        let _ = writeln!(body, " {}", 1_700_000_000_000_000_000_u64 + i as u64 * 1_000_000_000);
    }
    Workload { name: "tsbs", body, lines }
}

/// One tag, one float field.
pub fn small(lines: usize) -> Workload {
    let mut body = String::new();
    for i in 0..lines {
        let time = 1_700_000_000_000_000_000_u64 + i as u64;
        let _ = writeln!(body, "cpu,host=h{:03} value={}.5 {time}", i % 1000, i % 97);
    }
    Workload { name: "small", body, lines }
}

/// As [`small`], but every tenth line is malformed.
pub fn a_tenth_bad(lines: usize) -> Workload {
    let mut body = String::new();
    for (i, line) in small(lines).body.lines().enumerate() {
        let _ = if i % 10 == 9 {
            writeln!(body, "cpu,host=a value=")
        } else {
            writeln!(body, "{line}")
        };
    }
    Workload { name: "a tenth bad", body, lines }
}
