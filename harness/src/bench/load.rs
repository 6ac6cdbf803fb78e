//! The load itself: connections that send one body after the other, each as soon as the one before is
//! answered, or at times that were set before.

use super::cost::{Cost, Costs};
use super::result::Second;
use super::tally::{Done, Failed, Failures, Part, Sample, Tally};
use super::workload::{Ring, Workload};
use super::{Pace, Plan};
use crate::redact::Secrets;
use crate::run::Stop;
use crate::session::opening::PATIENCE;
use crate::wire::{Lean, WireError};
use std::num::NonZero;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval_at, sleep, sleep_until, timeout};

/// How long a connection waits that could not send.
const PAUSE: Duration = Duration::from_millis(50);

/// What came of a load.
pub(super) struct Loaded {
    pub(super) tally: Tally,
    pub(super) failures: Failures,
    pub(super) seconds: Vec<Second>,
    /// From the first request that counts to the last answer.
    pub(super) elapsed: Duration,
    /// How often a connection had to be opened again.
    pub(super) reopened: u64,
    /// Requests of an open loop whose time had come, and which were not sent.
    pub(super) not_sent: u64,
    /// Lines of requests that were under way when nobody waited any more.
    pub(super) left: u64,
    /// What it cost from the first request that counts on.
    pub(super) cost: Cost,
    pub(super) interrupted: bool,
}

/// What all connections share.
struct Shared {
    workload: Arc<Workload>,
    /// What each thread counts.
    tallies: Vec<OfThread>,
    failures: Mutex<Failures>,
    /// The next body's number.
    next: AtomicU64,
    is_over: AtomicBool,
    /// Closed when nobody waits for answers any more.
    gives_up: Semaphore,
    opened: AtomicU64,
    began: Instant,
    /// From here on it counts.
    counts_from: Instant,
    end: Instant,
    starts: Option<Starts>,
    batch: u64,
    secrets: Secrets,
}

/// What one thread counts; on a cache line of its own, since it is written with each request.
#[repr(align(128))]
struct OfThread {
    tally: Mutex<Tally>,
    /// Requests that have begun and not ended.
    under_way: AtomicU64,
}

/// When the requests of an open loop begin.
struct Starts {
    /// As many as may begin by now and have not.
    due: Semaphore,
    /// The number of the next one that begins.
    next: AtomicU64,
    interval: Duration,
    began: Instant,
}

impl Starts {
    /// When this one should begin.
    fn at(&self, number: u64) -> Instant {
        let since = self.interval.as_secs_f64() * f64_of(number);
        self.began + Duration::try_from_secs_f64(since).unwrap_or(Duration::MAX / 4)
    }
}

#[allow(clippy::cast_precision_loss, reason = "nobody sends 2^53 requests")]
fn f64_of(number: u64) -> f64 {
    number as f64
}

/// Sends until the plan's time is over, or somebody stops it.
pub(super) async fn load(
    plan: &Plan,
    workload: Arc<Workload>,
    sample: Sample,
    (secrets, connect): (Secrets, impl Fn() -> Lean),
    stop: &mut Stop,
    mut on_second: impl FnMut(&Second),
) -> Loaded {
    let connections = plan.connections;
    let began = Instant::now();
    let counts_from = began + plan.warmup;
    let starts = match plan.pace {
        Pace::Closed => None,
        Pace::Open { lines_per_second } => Some(Starts {
            due: Semaphore::new(0),
            next: AtomicU64::new(0),
            interval: Duration::from_secs_f64(
                f64_of(plan.shape.batch as u64) / lines_per_second.max(1e-6),
            ),
            began,
        }),
    };
    let processors = std::thread::available_parallelism().map_or(1, NonZero::get);
    let of_thread = |number| OfThread {
        tally: Mutex::new(Tally::new(connections, sample.of_thread(number))),
        under_way: AtomicU64::new(0),
    };
    let shared = Arc::new(Shared {
        tallies: (0..processors.min(connections).max(1)).map(of_thread).collect(),
        failures: Mutex::new(Failures::default()),
        next: AtomicU64::new(0),
        is_over: AtomicBool::new(false),
        gives_up: Semaphore::new(0),
        opened: AtomicU64::new(0),
        began,
        counts_from,
        end: counts_from + plan.duration,
        starts,
        batch: plan.shape.batch as u64,
        workload,
        secrets,
    });
    let pacer = shared.starts.is_some().then(|| {
        let shared = Arc::clone(&shared);
        std::thread::spawn(move || pace(&shared))
    });
    let mut costs = Costs::new(plan.server_pid);
    let lanes: Vec<_> = (0..connections)
        .map(|number| (number, Ring::new(&shared.workload, number, connections), connect()))
        .collect();
    let mut threads = threads(&shared, lanes);
    let mut seconds = Vec::new();
    let mut interrupted = false;
    let second = Duration::from_secs(1);
    let mut ticks = interval_at((began + second).into(), second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut last = began;
    loop {
        tokio::select! {
            biased;
            _ = stop.asked() => {
                interrupted = true;
                shared.stop();
                break;
            }
            () = sleep_until(counts_from.into()), if !costs.has_begun() => costs.begin(),
            _ = ticks.tick() => {
                costs.look();
                tell(&shared, &mut last, &mut seconds, &mut on_second);
            }
            _ = &mut threads => break,
        }
    }
    if interrupted {
        // What is under way may still be answered.
        if timeout(PATIENCE, &mut threads).await.is_err() {
            shared.gives_up.close();
            threads.await.ok();
        }
    }
    let cost = costs.end();
    let ended = Instant::now();
    if ended.duration_since(last) > second / 10 {
        tell(&shared, &mut last, &mut seconds, &mut on_second);
    }
    shared.stop();
    if let Some(pacer) = pacer {
        // It ends by itself within a moment.
        tokio::task::spawn_blocking(move || pacer.join().ok()).await.ok();
    }
    let not_sent = shared.starts.as_ref().map_or(0, |starts| {
        let due = starts.due_until(ended.min(shared.end));
        due.saturating_sub(starts.next.load(Ordering::Relaxed))
    });
    let opened = shared.opened.load(Ordering::Relaxed);
    let under_way = |thread: &OfThread| thread.under_way.load(Ordering::Relaxed);
    let left = shared.tallies.iter().map(under_way).sum::<u64>() * shared.batch;
    let mut tally = Tally::new(connections, sample);
    for thread in &shared.tallies {
        let empty = Tally::new(0, Sample::new(0, 0, (None, 0)));
        tally.join(std::mem::replace(&mut *thread.tally(), empty));
    }
    Loaded {
        tally,
        failures: std::mem::take(&mut *shared.failures()),
        seconds,
        elapsed: ended.saturating_duration_since(counts_from),
        reopened: opened.saturating_sub(connections as u64),
        not_sent,
        left,
        cost,
        interrupted,
    }
}

/// Sends on all connections, and tells when they are done. Each processor has a thread with some of
/// them: nobody wakes another thread to hand it a request, which takes longer than sending one.
fn threads(shared: &Arc<Shared>, lanes: Vec<(usize, Ring, Lean)>) -> oneshot::Receiver<()> {
    let count = shared.tallies.len();
    let mut groups: Vec<Vec<_>> = (0..count).map(|_| Vec::new()).collect();
    for lane in lanes {
        groups[lane.0 % count].push(lane);
    }
    let all: Vec<_> = groups
        .into_iter()
        .enumerate()
        .map(|(thread, group)| {
            let shared = Arc::clone(shared);
            std::thread::spawn(move || on_this_thread(&shared, thread, group))
        })
        .collect();
    let (sender, receiver) = oneshot::channel();
    std::thread::spawn(move || {
        for thread in all {
            // Who panics has said why.
            thread.join().ok();
        }
        sender.send(()).ok();
    });
    receiver
}

/// Sends on these connections until they are done, or nobody waits any more.
fn on_this_thread(shared: &Arc<Shared>, thread: usize, lanes: Vec<(usize, Ring, Lean)>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    // Without one nothing is sent, which the result shows.
    let Ok(runtime) = runtime else { return };
    runtime.block_on(async {
        let mut tasks = JoinSet::new();
        for (number, ring, lean) in lanes {
            tasks.spawn(one(Arc::clone(shared), (thread, number), ring, lean));
        }
        let all = async { while tasks.join_next().await.is_some() {} };
        tokio::select! {
            () = all => {}
            _ = shared.gives_up.acquire() => {}
        }
    });
}

/// Ends a second.
fn tell(
    shared: &Shared,
    last: &mut Instant,
    seconds: &mut Vec<Second>,
    on_second: &mut impl FnMut(&Second),
) {
    let now = Instant::now();
    let mut part = Part::new();
    for thread in &shared.tallies {
        part.add(&thread.tally().tick());
    }
    let of = (last.duration_since(shared.began), now.duration_since(*last));
    let second = Second::new(of, *last < shared.counts_from, &part);
    *last = now;
    on_second(&second);
    seconds.push(second);
}

impl OfThread {
    fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Shared {
    fn failures(&self) -> MutexGuard<'_, Failures> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn stop(&self) {
        self.is_over.store(true, Ordering::Relaxed);
        if let Some(starts) = &self.starts {
            starts.due.close();
        }
    }

    /// Waits until the next request may begin; when it should have begun. None where none does any more.
    async fn start(&self) -> Option<Instant> {
        if self.is_over.load(Ordering::Relaxed) {
            return None;
        }
        let Some(starts) = &self.starts else {
            let now = Instant::now();
            return (now < self.end).then_some(now);
        };
        starts.due.acquire().await.ok()?.forget();
        if self.is_over.load(Ordering::Relaxed) || Instant::now() >= self.end {
            return None;
        }
        Some(starts.at(starts.next.fetch_add(1, Ordering::Relaxed)))
    }
}

impl Starts {
    /// How many should have begun by then.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "not negative")]
    fn due_until(&self, then: Instant) -> u64 {
        let since = then.saturating_duration_since(self.began).as_secs_f64();
        // One that should begin just then is not late.
        (since / self.interval.as_secs_f64()).ceil() as u64
    }
}

/// Lets requests begin when it is time. On a thread of its own: the runtime's clock knows milliseconds.
fn pace(shared: &Shared) {
    let Some(starts) = &shared.starts else { return };
    let mut released = 0;
    while !shared.is_over.load(Ordering::Relaxed) {
        let now = Instant::now();
        if now >= shared.end {
            break;
        }
        while starts.at(released) <= now {
            starts.due.add_permits(1);
            released += 1;
        }
        let next = starts.at(released).min(shared.end);
        // Not for long: somebody may stop it.
        let wait = next.saturating_duration_since(Instant::now());
        std::thread::sleep(wait.min(Duration::from_millis(20)));
    }
    starts.due.close();
}

/// One connection, from its first request to its last answer.
async fn one(
    shared: Arc<Shared>,
    (thread, number): (usize, usize),
    mut ring: Ring,
    mut lean: Lean,
) {
    let own = &shared.tallies[thread];
    loop {
        // Made before its time, so that making it is no part of the latency.
        let body = ring.body(shared.next.fetch_add(1, Ordering::Relaxed));
        let Some(start) = shared.start().await else { return };
        let sent = ring.sent(&body);
        own.under_way.fetch_add(1, Ordering::Relaxed);
        let before = lean.opened;
        let answer = lean.send(sent).await;
        let latency = start.elapsed();
        if lean.opened > before {
            shared.opened.fetch_add(lean.opened - before, Ordering::Relaxed);
        }
        let failed = match answer {
            Ok(response) if (200..300).contains(&response.status) => None,
            Ok(response) => {
                let text = shared.secrets.hide(response.text().trim());
                Some(Failed::Status(response.status, text))
            }
            Err(error) => Some(Failed::NoAnswer(shared.secrets.hide(&why(&error)))),
        };
        let is_silent = matches!(failed, Some(Failed::NoAnswer(_)));
        let done = Done {
            body: &body,
            lines: shared.batch,
            sent: sent.iter().map(|part| part.len() as u64).sum(),
            latency,
            counts: start >= shared.counts_from,
            is_ok: failed.is_none(),
        };
        own.tally().count(&shared.workload, number, &done);
        if let Some(failed) = failed {
            shared.failures().count(failed);
        }
        own.under_way.fetch_sub(1, Ordering::Relaxed);
        if is_silent {
            sleep(PAUSE).await;
        }
    }
}

/// Why there is no answer, without what is different each time.
fn why(error: &WireError) -> String {
    match error {
        WireError::Unfinished(after, _) => {
            format!("no whole answer within {} s", after.as_secs_f32())
        }
        WireError::Truncated(_) => "the answer broke off".to_owned(),
        WireError::NotHttp(_) => "the answer is not HTTP".to_owned(),
        other => other.to_string(),
    }
}
