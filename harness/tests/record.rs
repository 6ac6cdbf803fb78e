//! Recording as an edition that no profile knows, and holding servers against it.

#[path = "self/fake.rs"]
#[allow(dead_code, reason = "its other faults are for other tests")]
mod fake;

use fake::{Fake, Fault};
use harness::case::Case;
use harness::event::Event;
use harness::known::Known;
use harness::record::{Place, Provenance, Recorded, record_into};
use harness::run::{Plan, run, uninterrupted};
use harness::snapshot::{Basis, Snapshots, wrong_name};
use harness::target::Target;
use harness::verdict::Ending;
use std::path::Path;
use std::time::Duration;

const STEPS: &str = "[[step]]\nwrite='''\ncpu,host=a v=1i 1700000000000000001\ncpu,host=b v=2i 1700000000000000002\n'''\n[[step]]\nread_back=true\n";

fn case() -> Case {
    let head = "id='batch/x'\nsummary='s'\nlevel='must'\nclauses=[]\nneeds=['write','read-back']\n";
    harness::load::parse("cases/batch/x.toml", &format!("{head}{STEPS}")).unwrap()
}

fn target(url: &str) -> Target {
    let mut target = Target::new(url, profiles::find("oss-v1@1.6").unwrap()).unwrap();
    target.timeout = Duration::from_secs(5);
    target
}

async fn recorded(fake: &Fake, dir: &Path, dry_run: bool) -> Vec<Recorded> {
    let provenance = Provenance { basis: Basis::Recorded, from: "fake 9.9".to_owned() };
    let place = Place { dir, edition: Some("9.9"), dry_run };
    let (_sender, interrupt) = uninterrupted();
    let mut all = Vec::new();
    let target = target(&fake.url);
    let on_case = |_: &Case, one: &Recorded| all.push(one.clone());
    let ended = record_into(&target, &[case()], &provenance, place, interrupt, on_case).await;
    assert!(!ended.unwrap().interrupted);
    assert_eq!(fake.databases(), [""; 0]);
    all
}

async fn held(fake: &Fake, snapshots: Snapshots) -> (Ending, String) {
    let plan = Plan {
        cases: vec![case()].into(),
        snapshots,
        strict: 1,
        jobs: 1,
        fail_fast: false,
        shuffle: None,
        known: Known::default(),
        stale: Vec::new(),
        part: harness::run::Part::default(),
        deadline: None,
    };
    let (_sender, interrupt) = uninterrupted();
    let mut said = String::new();
    let target = target(&fake.url);
    let ending = run(&target, plan, interrupt, |event| match event {
        Event::Started(started) => said += &started.notes.join("\n"),
        Event::Case(result) => said += &format!("{:?}", result.findings),
        _ => {}
    });
    (ending.await, said)
}

#[tokio::test]
async fn a_server_is_held_against_what_another_was_recorded_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let dir = folder.path();
    let fake = Fake::start(Fault::None).await;
    assert_eq!(recorded(&fake, dir, true).await, [Recorded::New]);
    assert_eq!(std::fs::read_dir(dir).unwrap().count(), 0, "a dry run writes nothing");
    assert_eq!(recorded(&fake, dir, false).await, [Recorded::New]);
    assert_eq!(recorded(&fake, dir, false).await, [Recorded::Same]);
    let provenance = std::fs::read_to_string(dir.join("oss-v1/9.9/recorded.toml")).unwrap();
    assert!(provenance.contains("from = \"fake 9.9\""), "{provenance}");
    assert!(provenance.contains("like = \"oss-v1@1.6\""), "{provenance}");

    let snapshots = || Snapshots::new(Some(dir.to_owned()));
    let profile = profiles::find("oss-v1@1.6").unwrap();
    let own = || snapshots().of_edition(profile, "9.9").unwrap();
    let (ending, said) = held(&fake, own()).await;
    assert_eq!(ending, Ending::Conformant, "{said}");
    assert!(said.contains("held against the edition oss-v1@9.9, recorded from fake 9.9"), "{said}");
    let other = Fake::start(Fault::IntegersAsFloats).await;
    let (ending, said) = held(&other, own()).await;
    assert_eq!(ending, Ending::NotConformant, "{said}");
    assert!(said.contains("kind: Stored"), "{said}");
    let unknown = snapshots().of_edition(profile, "9.8").unwrap_err();
    assert!(unknown.contains("no snapshots of oss-v1@9.8; its editions there: 9.9"), "{unknown}");
}

#[tokio::test]
async fn an_edition_is_of_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let fake = Fake::start(Fault::None).await;
    recorded(&fake, folder.path(), false).await;
    let file = folder.path().join("oss-v1/9.9/recorded.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("status 404", "status 204");
    std::fs::write(&file, text).unwrap();
    let provenance = Provenance { basis: Basis::Recorded, from: "x".to_owned() };
    let place = Place { dir: folder.path(), edition: Some("9.9"), dry_run: false };
    let (_sender, interrupt) = uninterrupted();
    let target = target(&fake.url);
    let ended = record_into(&target, &[case()], &provenance, place, interrupt, |_, _| {}).await;
    let why = ended.unwrap_err().0;
    assert!(why.contains("was recorded from another server"), "{why}");
    assert_eq!(fake.databases(), [""; 0]);
}

#[test]
fn names_of_editions_are_plain() {
    for good in ["2.8", "3.11-nightly", "a_b+c"] {
        assert_eq!(wrong_name(good), None, "{good}");
    }
    for bad in ["", ".", "..", "../x", "a/b", "docs", "docs-2.1", "a b", &"x".repeat(65)] {
        assert!(wrong_name(bad).is_some(), "{bad}");
    }
}
