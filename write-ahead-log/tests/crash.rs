//! Every call of the disk fails once, in every way; what was acknowledged is there all the same.

#![allow(clippy::unwrap_used)]

mod support;

use support::{Disk, Entries, Fault, Keeps, Plan};
use write_ahead_log::{Log, Options, Recovery, Refused, State};

/// What the log must know, written down beside it.
#[derive(Default)]
struct Ledger {
    /// What was appended, in order; the first has sequence 1.
    appended: Vec<Vec<u8>>,
    /// All up to this entry were acknowledged.
    acknowledged: u64,
    /// Those before this one may be forgotten.
    forgotten: u64,
}

impl Ledger {
    /// Holds what a log has against what it must have; from then on it is the truth.
    fn check(&mut self, entries: &Entries, recovery: &Recovery) {
        let first = recovery.first_sequence;
        assert!(first <= self.forgotten.max(1), "the log begins with {first}");
        for (n, (sequence, payload)) in entries.iter().enumerate() {
            assert_eq!(*sequence, first + n as u64);
            let appended = self.appended.get(*sequence as usize - 1);
            assert_eq!(Some(payload), appended, "entry {sequence}");
        }
        let last = first + entries.len() as u64 - 1;
        assert_eq!(recovery.next_sequence, last + 1);
        assert!(last >= self.acknowledged, "{} was acknowledged", self.acknowledged);
        self.appended.truncate(last as usize);
        // It was handed out, so it must stay.
        self.acknowledged = last;
    }

    /// Some time with a log, until the disk fails.
    fn live(&mut self, disk: &Disk, log: &Log, life: &str, rounds: u64) {
        for round in 0..rounds {
            let mut last = self.appended.len() as u64;
            // Until all are appended nothing is synced, so that several are written at once.
            disk.shut_gate();
            for n in 0..=round % 3 {
                let length = (round * 131 + n * 277) as usize % 700;
                let payload = format!("{life} {round} {n} ").into_bytes();
                let filling = vec![b'x'; length];
                match log.append(&[&payload, &filling]) {
                    Ok(sequence) => {
                        self.appended.push([payload, filling].concat());
                        assert_eq!(sequence, self.appended.len() as u64);
                        last = sequence;
                    }
                    Err(refused) => {
                        assert!(matches!(refused, Refused::ReadOnly { .. }), "{refused}");
                        assert!(matches!(log.state(), State::ReadOnly { .. }));
                        return disk.open_gate();
                    }
                }
            }
            disk.open_gate();
            if log.wait(last).is_ok() {
                self.acknowledged = self.acknowledged.max(last);
            } else {
                assert!(matches!(log.append(&[b"late"]), Err(Refused::ReadOnly { .. })));
                assert!(log.wait(self.acknowledged).is_ok(), "it was on disk before");
            }
            if round % 3 == 2 {
                let before = if round == 5 { last + 1 } else { last.saturating_sub(2) };
                let before = before.min(self.acknowledged + 1);
                self.forgotten = self.forgotten.max(before);
                // Segments that cannot be removed now are removed later.
                let _ = log.forget_before(before);
            }
        }
    }
}

fn options(seed: u64) -> Options {
    let segment_bytes = if seed.is_multiple_of(3) { 4000 } else { 1500 };
    Options { segment_bytes, ..Options::default() }
}

/// One run in which one thing goes wrong; false if it was over before.
fn run(plan: Plan, keeps: Keeps, powers: bool, seed: u64) -> bool {
    let disk = Disk::new(seed);
    let mut ledger = Ledger::default();
    if seed.is_multiple_of(2) {
        let (log, recovery, entries) = disk.open_log(options(seed)).unwrap();
        ledger.check(&entries, &recovery);
        ledger.live(&disk, &log, "first", 2);
    }
    disk.plan(plan);
    if let Ok((log, recovery, entries)) = disk.open_log(options(seed)) {
        ledger.check(&entries, &recovery);
        ledger.live(&disk, &log, "second", 7);
    }
    let fired = disk.mend();
    if plan.fault == Fault::Power || powers {
        disk.lose_power(keeps);
    }
    // What is found must stay, if nothing more is written too, or a little into the same file.
    for (life, rounds) in [("third", seed / 2), ("fourth", 7), ("fifth", 0)] {
        let (log, recovery, entries) = disk.open_log(options(seed)).unwrap();
        ledger.check(&entries, &recovery);
        ledger.live(&disk, &log, life, rounds);
        assert_eq!(log.state(), State::Writable);
        drop(log);
        disk.lose_power(keeps);
    }
    fired
}

fn all_runs(fault: Fault, forevers: &[bool], seeds: u64) {
    let powers = [(Keeps::Front, false), (Keeps::Front, true), (Keeps::Sectors, true)];
    for (&forever, (keeps, powers), seed) in forevers
        .iter()
        .flat_map(|forever| powers.map(|powers| (forever, powers)))
        .flat_map(|(forever, powers)| (0..seeds).map(move |seed| (forever, powers, seed)))
        .filter(|(_, (_, powers), _)| *powers || fault != Fault::Power)
    {
        for call in 1.. {
            let plan = Plan { call, fault, forever };
            let told = format!("{plan:?}, {keeps:?}, power lost: {powers}, seed {seed}");
            match std::panic::catch_unwind(|| run(plan, keeps, powers, seed)) {
                Ok(true) => {}
                Ok(false) => {
                    assert!(call > 40, "only {call} calls: {told}");
                    break;
                }
                Err(_) => panic!("{told}"),
            }
        }
    }
}

#[test]
fn no_space_left() {
    all_runs(Fault::Full, &[false, true], 4);
}

#[test]
fn an_input_output_error() {
    all_runs(Fault::Io, &[false, true], 4);
}

#[test]
fn a_short_write() {
    all_runs(Fault::Short, &[false, true], 4);
}

#[test]
fn a_sync_that_fails() {
    all_runs(Fault::Sync, &[false, true], 4);
}

#[test]
fn the_power_goes() {
    all_runs(Fault::Power, &[true], 16);
}
