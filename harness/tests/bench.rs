//! The bench against small servers with one fault each: what they lose, refuse or keep waiting is in the
//! result, and nothing is where nothing is wrong.

#[path = "bench/server.rs"]
#[allow(dead_code, reason = "other tests look at bodies")]
mod server;

use harness::bench::result::Outcome;
use harness::bench::{self, Ended, News, Pace, Plan, Shape};
use harness::run::uninterrupted;
use harness::target::Target;
use server::{Nature, Server};
use std::time::{Duration, Instant};

fn plan() -> Plan {
    Plan {
        shape: Shape { batch: 10, series: 25, fields: 10, gzip: false, seed: 1 },
        connections: 2,
        pace: Pace::Closed,
        warmup: Duration::ZERO,
        duration: Duration::from_millis(700),
        sample: 200,
        sample_time: Duration::from_secs(30),
        keep: false,
        server_pid: None,
    }
}

fn target(server: &Server) -> Target {
    let mut target = Target::new(&server.url, profiles::find("oss-v1@1.6").unwrap()).unwrap();
    target.timeout = Duration::from_secs(20);
    target
}

async fn run(server: &Server, plan: &Plan) -> Outcome {
    let (_sender, interrupt) = uninterrupted();
    let outcome = bench::run(&target(server), plan, interrupt, |_| {}).await;
    let outcome = outcome.unwrap();
    if !plan.keep {
        assert_eq!((server.databases().len(), &outcome.left_behind), (0, &None));
    }
    outcome
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_honest_server_loses_nothing() {
    for gzip in [false, true] {
        let server = Server::start(Nature::Honest);
        let mut plan = plan();
        plan.shape.gzip = gzip;
        let outcome = run(&server, &plan).await;
        assert!(outcome.lines > 0 && outcome.errors.total == 0, "{outcome:#?}");
        assert_eq!(outcome.lines, outcome.requests * 10);
        assert_eq!(outcome.lines, server.writes() * 10);
        let ledger = &outcome.ledger;
        assert!(!ledger.is_broken() && ledger.not_read.is_none(), "{ledger:#?}");
        assert_eq!(ledger.counted, Some(outcome.lines));
        assert_eq!(ledger.acknowledged, ledger.by_connection.iter().sum::<u64>());
        assert!(ledger.by_connection.iter().all(|lines| *lines > 0), "{ledger:#?}");
        assert_eq!(ledger.sampled, 200.min(usize::try_from(outcome.lines).unwrap()));
        assert_eq!((ledger.chosen, &ledger.cut_short), (ledger.sampled, &None));
        assert_eq!(outcome.server_version.as_deref(), Some("1.6.7"));
        let seconds: u64 = outcome.by_second.iter().map(|second| second.lines).sum();
        assert_eq!(seconds, outcome.lines);
        assert_eq!(outcome.sent_bytes < outcome.bytes, gzip);
        assert!(outcome.bytes > outcome.lines * 300 && outcome.bytes < outcome.lines * 400);
        assert!(outcome.latency.p50_ms.unwrap() <= outcome.latency.max_ms.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn lines_that_are_lost_or_changed_are_told() {
    let server = Server::start(Nature::Loses(100));
    let mut plan = plan();
    plan.sample = 2000;
    let outcome = run(&server, &plan).await;
    let ledger = &outcome.ledger;
    assert!(ledger.is_broken() && ledger.missing > 0, "{ledger:#?}");
    assert_eq!(ledger.uncounted(), outcome.lines / 100);
    assert!(ledger.told[0].starts_with("MISSING cpu,arch="), "{:?}", ledger.told);
    let all = format!("MISSING {} of {} acknowledged lines", outcome.lines / 100, outcome.lines);
    assert!(ledger.told.iter().any(|told| told.starts_with(&all)), "{:?}", ledger.told);
    let server = Server::start(Nature::Changes(100));
    let outcome = run(&server, &plan).await;
    let ledger = &outcome.ledger;
    assert!(ledger.changed > 0 && ledger.missing == 0 && ledger.uncounted() == 0, "{ledger:#?}");
    assert!(ledger.told[0].starts_with("CHANGED cpu,arch="), "{:?}", ledger.told);
    assert!(ledger.told.len() <= 10);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn errors_are_counted_and_their_lines_are_unknown() {
    let server = Server::start(Nature::Fails(5));
    let outcome = run(&server, &plan()).await;
    let (status, answers) = outcome.errors.by_status.first_key_value().unwrap();
    assert_eq!((*status, answers.first.as_str()), (500, "{\"error\":\"no room\"}"));
    assert_eq!(answers.count, server.writes() / 5);
    assert_eq!(outcome.ledger.unknown, answers.count * 10);
    assert_eq!(outcome.lines, (outcome.requests - answers.count) * 10);
    assert!(!outcome.ledger.is_broken(), "{:#?}", outcome.ledger);

    let server = Server::start(Nature::HangsUp(5));
    let outcome = run(&server, &plan()).await;
    let silences: u64 = outcome.errors.without_answer.values().sum();
    assert!(silences > 0 && silences == server.writes() / 5, "{outcome:#?}");
    assert!(outcome.reconnects > 0 && outcome.reconnects <= silences, "{outcome:#?}");
    assert_eq!(outcome.ledger.unknown, silences * 10);
    assert!(!outcome.ledger.is_broken(), "{:#?}", outcome.ledger);

    let server = Server::start(Nature::Babbles);
    let outcome = run(&server, &plan()).await;
    assert_eq!(
        outcome.errors.without_answer.keys().collect::<Vec<_>>(),
        ["the answer is not HTTP"]
    );
    assert_eq!((outcome.lines, outcome.latency.p50_ms), (0, None));
    // All of them were kept: that is no news of lines that nobody acknowledged.
    assert!(!outcome.ledger.is_broken(), "{:#?}", outcome.ledger);
}

/// A connection that ends between two requests is opened again, and nothing is an error.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_that_ends_is_opened_again() {
    let server = Server::start(Nature::Closes);
    let mut plan = plan();
    // The end comes well before the next request.
    plan.pace = Pace::Open { lines_per_second: 200.0 };
    let outcome = run(&server, &plan).await;
    assert!(outcome.requests > 3 && outcome.errors.total == 0, "{outcome:#?}");
    assert_eq!(outcome.reconnects, outcome.requests - 2);
}

/// What coordinated omission is: who sends only when answered hardly notices that nobody was.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_open_loop_shows_a_stall_that_a_closed_one_hides() {
    let stall = Nature::Stalls(40, Duration::from_millis(400));
    let mut plan = plan();
    plan.duration = Duration::from_millis(1500);
    plan.sample = 0;
    let closed = run(&Server::start(stall), &plan).await;
    plan.pace = Pace::Open { lines_per_second: 2000.0 };
    let open = run(&Server::start(stall), &plan).await;
    let [closed_90, open_90] = [&closed, &open].map(|outcome| outcome.latency.p90_ms.unwrap());
    assert!(closed.latency.max_ms.unwrap() >= 399.0, "{:?}", closed.latency);
    assert!(closed_90 < 100.0, "{:?}", closed.latency);
    assert!(open_90 > 100.0, "{:?}", open.latency);
    assert_eq!((closed.latency.from, open.latency.from), ("sending", "intended start"));
    assert!(closed.ledger.skipped && closed.ledger.counted.is_none());
    // 200 requests a second were to begin; what the stall kept back was made up for.
    let due = open.requests + open.not_sent_in_time.unwrap();
    assert!((299..=301).contains(&due), "{due}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slow_server_gets_no_more_than_it_takes() {
    let server = Server::start(Nature::Slow(Duration::from_millis(50)));
    let mut plan = plan();
    plan.pace = Pace::Open { lines_per_second: 1000.0 };
    let outcome = run(&server, &plan).await;
    // 100 a second for 0.7 s, of which two connections manage 20 a second each.
    let not_sent = outcome.not_sent_in_time.unwrap();
    assert_eq!(outcome.requests + not_sent, 70);
    assert!((30..=60).contains(&not_sent), "{outcome:#?}");
    assert!(outcome.latency.max_ms.unwrap() > 200.0, "{:?}", outcome.latency);
    assert!(!outcome.ledger.is_broken());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_sent_before_it_counts_does_not() {
    let server = Server::start(Nature::Honest);
    let plan = Plan { warmup: Duration::from_millis(500), ..plan() };
    let outcome = run(&server, &plan).await;
    assert!(outcome.requests < server.writes());
    assert_eq!(outcome.ledger.acknowledged, server.writes() * 10);
    assert_eq!(outcome.ledger.counted, Some(server.writes() * 10));
    assert!(outcome.by_second[0].warmup);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_cannot_be_read_back_is_no_loss() {
    let server = Server::start(Nature::GoesBlind(1));
    let outcome = run(&server, &plan()).await;
    assert!(!outcome.ledger.is_broken(), "{:#?}", outcome.ledger);
    let why = outcome.ledger.not_read.unwrap();
    assert!(why.contains("500") && why.contains("out of sight"), "{why}");
}

/// Each statement costs such a server some milliseconds, however much it asks for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn few_questions_look_at_the_whole_sample() {
    let server = Server::start(Nature::Ponders(Duration::from_millis(5)));
    let sample_time = Duration::from_secs(300);
    let plan = Plan { sample: 1000, sample_time, ..plan() };
    let outcome = run(&server, &plan).await;
    let ledger = &outcome.ledger;
    assert!(outcome.lines > 1000 && !ledger.is_broken(), "{ledger:#?}");
    assert_eq!((ledger.chosen, ledger.sampled, &ledger.cut_short), (1000, 1000, &None));
    assert!(server.statements() <= 250, "{}", server.statements());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_there_is_no_time_to_look_for_is_said_and_progress_is_heard() {
    let server = Server::start(Nature::Ponders(Duration::from_millis(300)));
    let plan = Plan { sample: 1000, sample_time: Duration::from_millis(1500), ..plan() };
    let (_sender, interrupt) = uninterrupted();
    let mut heard = Vec::new();
    let mut is_counted = false;
    let target = target(&server);
    let outcome = bench::run(&target, &plan, interrupt, |news| match news {
        News::Second(_) => {}
        News::Reading { looked, of, within } => heard.push((looked, of, within)),
        News::Counting { .. } => is_counted = true,
    });
    let outcome = outcome.await.unwrap();
    let ledger = &outcome.ledger;
    assert!(!ledger.is_broken() && ledger.not_read.is_none(), "{ledger:#?}");
    assert_eq!((ledger.chosen, ledger.counted), (1000, Some(outcome.lines)));
    // Five questions at most, each of twice as many lines as the one before.
    assert!((2..=62).contains(&ledger.sampled), "{ledger:#?}");
    let why = ledger.cut_short.as_ref().unwrap();
    assert!(why.contains("1.5 s at most") && why.contains("--sample-time"), "{why}");
    assert!(ledger.reading_seconds >= 1.5 && ledger.reading_seconds < 20.0, "{ledger:#?}");
    assert_eq!(heard[0], (0, 1000, Duration::from_millis(1500)));
    assert_eq!(heard.last().unwrap().0, ledger.sampled);
    assert!(heard.len() > 2 && heard.is_sorted() && is_counted, "{heard:?}");
}

/// Some servers give the front of a long answer only.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_cut_off_is_no_loss() {
    let server = Server::start(Nature::CutsOff(1));
    let outcome = run(&server, &plan()).await;
    let ledger = &outcome.ledger;
    assert!(!ledger.is_broken() && ledger.not_read.is_none(), "{ledger:#?}");
    assert_eq!(ledger.sampled, 200);
    // The questions for several lines, and one for each line that they missed.
    assert!(server.statements() > 100, "{}", server.statements());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_written_stays_where_it_is_to() {
    let server = Server::start(Nature::Honest);
    let outcome = run(&server, &Plan { keep: true, ..plan() }).await;
    let [database] = &server.databases()[..] else { panic!("{:?}", server.databases()) };
    let left = outcome.left_behind.unwrap();
    assert!(left.contains(database.as_str()) && left.contains("--keep"), "{left}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_interrupts_has_what_is_known() {
    let server = Server::start(Nature::Honest);
    let (sender, interrupt) = uninterrupted();
    let plan = Plan { duration: Duration::from_secs(600), ..plan() };
    let began = Instant::now();
    let mut told = 0;
    let target = target(&server);
    let outcome = bench::run(&target, &plan, interrupt, |_| {
        told += 1;
        sender.send(true).unwrap();
    });
    let outcome = outcome.await.unwrap();
    assert!(began.elapsed() < Duration::from_secs(60));
    assert!(outcome.partial && outcome.lines > 0, "{outcome:#?}");
    assert_eq!(outcome.ledger.not_read.as_deref(), Some("interrupted"));
    assert!(server.databases().is_empty());
    assert!(told >= 1);
}

#[tokio::test]
async fn a_target_that_is_none_is_unusable() {
    let target = Target::new("http://127.0.0.1:1", profiles::find("oss-v1@1.6").unwrap()).unwrap();
    let (_sender, interrupt) = uninterrupted();
    let ended = bench::run(&target, &plan(), interrupt, |_| {}).await.unwrap_err();
    assert!(matches!(ended, Ended::Unusable(_)), "{ended:?}");
}
