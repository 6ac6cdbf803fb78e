//! What a load costs: the processor time of this process, and of the server where it runs on the same
//! machine and its process is named.

use std::time::Duration;

/// What it cost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Cost {
    /// This process's processor time; none where the system does not tell.
    pub(super) own: Option<Duration>,
    /// The server's; none where no process was named, or it is gone.
    pub(super) server: Option<Duration>,
    /// The most memory that the server has had resident since it began, in bytes.
    pub(super) server_peak: Option<u64>,
}

/// What it has cost so far.
#[derive(Debug)]
pub(super) struct Costs {
    pid: Option<u32>,
    before: Option<Cost>,
    peak: Option<u64>,
}

impl Costs {
    pub(super) fn new(pid: Option<u32>) -> Self {
        Self { pid, before: None, peak: None }
    }

    pub(super) fn has_begun(&self) -> bool {
        self.before.is_some()
    }

    fn now(&self) -> Cost {
        let server = self.pid.and_then(of_process);
        Cost { own: own(), server, server_peak: self.pid.and_then(peak) }
    }

    /// From here on it counts.
    pub(super) fn begin(&mut self) {
        self.before = Some(self.now());
        self.look();
    }

    /// Looks at what the server holds, now and then: once it is gone nobody can tell.
    pub(super) fn look(&mut self) {
        self.peak = self.pid.and_then(peak).or(self.peak);
    }

    /// What it cost since it counts.
    pub(super) fn end(mut self) -> Cost {
        self.look();
        let now = self.now();
        let Some(before) = self.before else { return Cost::default() };
        let since = |now: Option<Duration>, before: Option<Duration>| now?.checked_sub(before?);
        Cost {
            own: since(now.own, before.own),
            server: since(now.server, before.server),
            server_peak: self.peak,
        }
    }
}

#[cfg(unix)]
fn own() -> Option<Duration> {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Some(Duration::new(u64::try_from(time.tv_sec).ok()?, u32::try_from(time.tv_nsec).ok()?))
}

#[cfg(not(unix))]
fn own() -> Option<Duration> {
    None
}

/// Whether the costs of another process can be known here.
pub const fn knows_processes() -> bool {
    cfg!(target_os = "linux")
}

/// Whether there is such a process.
pub fn is_process(pid: u32) -> bool {
    of_process(pid).is_some()
}

#[cfg(target_os = "linux")]
fn of_process(pid: u32) -> Option<Duration> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let ticks = ticks(&stat)?;
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    Some(Duration::from_millis(ticks.saturating_mul(1000) / per_second))
}

#[cfg(not(target_os = "linux"))]
fn of_process(_: u32) -> Option<Duration> {
    None
}

/// User and system time of `/proc/PID/stat` (proc(5), fields 14 and 15). The name of the program, field
/// 2, may hold anything, and ends at the last parenthesis.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn ticks(stat: &str) -> Option<u64> {
    let mut after = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut next = || after.next()?.parse::<u64>().ok();
    Some(next()? + next()?)
}

#[cfg(target_os = "linux")]
fn peak(pid: u32) -> Option<u64> {
    resident(&std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?)
}

#[cfg(not(target_os = "linux"))]
fn peak(_: u32) -> Option<u64> {
    None
}

/// `VmHWM` of `/proc/PID/status`, in bytes.
#[cfg_attr(not(target_os = "linux"), allow(dead_code))]
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_read_whatever_its_name() {
        let stat = "7 (a) 1 2 (x) R 1 7 7 0 -1 4194304 100 0 0 0 250 17 0 0 20 0 8 0 1000 1 1";
        assert_eq!(ticks(stat), Some(267));
        assert_eq!(resident("VmPeak:\t  900 kB\nVmHWM:\t    12 kB\n"), Some(12_288));
        assert_eq!(resident("Name: x\n"), None);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn this_process_costs_something() {
        let mut costs = Costs::new(Some(std::process::id()));
        costs.begin();
        let deadline = std::time::Instant::now() + Duration::from_secs(20);
        let mut sum = 0_u64;
        while of_process(std::process::id()) == costs.before.and_then(|before| before.server) {
            sum = (0..100_000).fold(sum, |sum, n| sum.wrapping_mul(31).wrapping_add(n));
            assert!(std::time::Instant::now() < deadline, "{sum}");
        }
        let cost = costs.end();
        assert!(cost.own.unwrap() > Duration::ZERO && cost.server.unwrap() > Duration::ZERO);
        assert!(cost.server_peak.unwrap() > 1 << 20);
        assert!(!is_process(u32::MAX));
    }
}
