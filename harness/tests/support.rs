//! Support packages of what happens on a server that loses a line: the files say so, and nothing
//! stays behind.

#[path = "self/fake.rs"]
#[allow(dead_code, reason = "its other faults are for other tests")]
mod fake;

use fake::{Fake, Fault};
use harness::run::uninterrupted;
use harness::snapshot::Snapshots;
use harness::support::send::{NotSent, Own, of_body, of_case};
use harness::support::{Incident, Scrub, files};
use harness::target::{Credentials, Target};
use harness::verdict::Verdict;

const BODY: &str = "cpu,host=a v=1i 1700000000000000001\ncpu,host=b v=2i 1700000000000000002\n";

fn target(url: &str) -> Target {
    let mut target = Target::new(url, profiles::find("oss-v1@1.6").unwrap()).unwrap();
    target.timeout = std::time::Duration::from_secs(5);
    target
}

fn file(incident: &Incident, name: &str) -> String {
    let files = files(incident, &Scrub::default(), "now");
    files.into_iter().find(|(own, _)| *own == name).unwrap().1
}

fn own() -> Own {
    Own { name: "problem.lp".to_owned(), body: BODY.into(), precision: Some("ns".to_owned()) }
}

#[tokio::test]
async fn a_lost_line_stands_among_the_failing_ones() {
    let fake = Fake::start(Fault::LosesSecondLine).await;
    let text = format!(
        "id='batch/x'\nsummary='s'\nlevel='must'\nclauses=[]\nneeds=['write','read-back']\n[[step]]\nwrite='''\n{BODY}'''\n"
    );
    let case = harness::load::parse("cases/batch/x.toml", &text).unwrap();
    let mut target = target(&fake.url);
    target.credentials = Credentials {
        token: None,
        user: Some("admin".to_owned()),
        password: Some("hunter22".to_owned()),
    };
    let (_sender, interrupt) = uninterrupted();
    let sent = of_case(&target, &case, &Snapshots::default(), 1, interrupt).await;
    let incident = sent.unwrap();
    assert_eq!(incident.verdict, Some(Verdict::Fail));
    let sample = file(&incident, "sample-data.lp");
    let (good, bad) = sample.split_once("# Failing writes:").unwrap();
    assert!(good.contains("\ncpu,host=a v=1i 1700000000000000001\n"), "{sample}");
    assert!(bad.contains("\ncpu,host=b v=2i 1700000000000000002\n# Error: line 2: "), "{sample}");
    let steps = file(&incident, "reproduction-steps.md");
    assert!(steps.contains("CREATE DATABASE lineproof_repro"), "{steps}");
    assert!(steps.contains("Verdict: **fail**") && steps.contains("LOST"), "{steps}");
    assert!(file(&incident, "client-logs.txt").contains("Authorization: Basic {hidden}"));
    // Nothing is known of the secret but what the incident itself hides.
    for (name, text) in files(&incident, &Scrub::default(), "now") {
        assert!(!text.contains("hunter22") && !text.contains("aHVudGVyMjI="), "{name}: {text}");
    }
    assert_eq!(fake.databases(), [""; 0], "what was made is given back");
}

#[tokio::test]
async fn a_body_gets_a_database_of_its_own_and_is_read_back() {
    let fake = Fake::start(Fault::LosesSecondLine).await;
    let (_sender, interrupt) = uninterrupted();
    let incident = of_body(&target(&fake.url), &own(), interrupt).await.unwrap();
    assert!(file(&incident, "sample-data.lp").contains("LOST"));
    let steps = file(&incident, "reproduction-steps.md");
    let command = format!("'{}/write?db=lineproof_repro&precision=n'", fake.url);
    assert!(steps.contains(&command) && steps.contains("--data-binary '@problem.lp'"), "{steps}");
    assert_eq!(fake.databases(), [""; 0]);
}

#[tokio::test]
async fn into_a_database_that_is_there_goes_the_body_alone() {
    let fake = Fake::start(Fault::None).await;
    let (_sender, interrupt) = uninterrupted();
    let mut target = target(&fake.url);
    target.database = Some("theirs".to_owned());
    let incident = of_body(&target, &own(), interrupt).await.unwrap();
    assert_eq!(incident.exchanges.len(), 1);
    assert_eq!(fake.writes(), 1, "no canary");
    assert!(file(&incident, "write-error-response.txt").contains("\nHTTP Status: 204\n"));
}

#[tokio::test]
async fn where_nobody_listens_there_is_nothing_to_pack() {
    let (_sender, interrupt) = uninterrupted();
    let sent = of_body(&target("http://127.0.0.1:1"), &own(), interrupt).await;
    assert!(matches!(&sent, Err(NotSent::Unusable(why)) if why.contains("nothing listens")));
}
