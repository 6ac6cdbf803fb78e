//! Every case on the server of every profile, each answer held against its snapshot to the byte.
//!
//! What differs lies beside its snapshot as `.snap.new`: `cargo xtask review` shows one after the
//! other, with insta. Accepting one makes it a claim of the reference server, `inferred`, whatever
//! it rested on before; what a product was seen to do is written by `lineproof record` alone.

use harness::case::Case;
use harness::compare::{Finding, compare};
use harness::load::load;
use harness::record::{Observed, observe};
use harness::snapshot::{Basis, Snapshot, Snapshots, audit};
use harness::target::{Credentials, Target};
use harness::transcript::{Outcome, Transcript};
use insta::Settings;
use profiles::{Family, Profile, Setting};
use reference_server::Server;
use rstest::rstest;
use serde_json::json;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// What an accepted answer rests on.
const FROM: &str = "reference server, not seen from the product";

/// How many cases run at once: the databases that the smallest server holds.
const JOBS: usize = 4;

/// One profile after the other: together they would only wait for each other, with all their
/// memory.
static TURN: Mutex<()> = Mutex::new(());

/// Few threads: each of them keeps memory that it has had in use.
static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap());

#[rstest]
#[case::oss_v1_1_6("oss-v1@1.6")]
#[case::oss_v1_1_12("oss-v1@1.12")]
#[case::oss_v2_2_1("oss-v2@2.1")]
#[case::oss_v2_2_7("oss-v2@2.7")]
#[case::oss_v2_2_9("oss-v2@2.9")]
#[case::v3_core_3_6("v3-core@3.6")]
#[case::v3_core_3_8_0("v3-core@3.8.0")]
#[case::oss_v2_docs_2_1("oss-v2@docs-2.1")]
#[case::oss_v2_docs("oss-v2@docs")]
#[case::v3_core_3_8("v3-core@3.8")]
#[case::v3_core_3_10("v3-core@3.10")]
#[case::v3_core_docs("v3-core@docs")]
#[case::v3_enterprise_docs("v3-enterprise@docs")]
#[case::cloud_docs("cloud@docs")]
#[case::cloud_serverless_docs("cloud-serverless@docs")]
#[case::cloud_serverless_router_2023("cloud-serverless@router-2023")]
#[case::cloud_dedicated_docs("cloud-dedicated@docs")]
#[case::cloud_dedicated_router_2023("cloud-dedicated@router-2023")]
#[case::clustered_docs("clustered@docs")]
#[case::clustered_router_2023("clustered@router-2023")]
fn every_answer_is_as_its_snapshot(#[case] profile: &str) {
    let profile = profiles::find(profile).unwrap();
    let cases = cases();
    let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
    let snapshots = Snapshots::new(Some(root().join("snapshots")));
    let find = |case: &Case| snapshots.find(profile, case).unwrap_or_else(|why| panic!("{why}"));
    // Of an edition that nobody has seen running, what nothing is known of is not guessed.
    let seen = |case: &Case| find(case).is_some_and(|s| s.basis == Basis::Recorded);
    let was_seen = cases.iter().any(seen);
    // Those that need a server set up for them run in the suite.
    let here = |case: &Case| case.setup.is_none() && (was_seen || find(case).is_some());
    let cases: Vec<_> = cases.into_iter().filter(here).collect();
    let observed = observed(profile, &cases);
    let mut wrong = Vec::new();
    for (case, observed) in cases.iter().zip(&observed) {
        let expected = find(case);
        let is_new = expected.is_none();
        match observed {
            Observed::Unsupported(_) if is_new || !is_own(profile, case) => {}
            Observed::Transcript(got)
                if !is_new && !is_own_transcript(profile, case, &expected) =>
            {
                let expected = expected.expect("it is not new");
                // What is inherited as a guess is held as a run holds it.
                let most = if expected.basis == Basis::Inferred { 1 } else { 3 };
                let mut findings = compare(&expected.transcript, got);
                findings.retain(|finding| finding.kind.from_strictness() <= most);
                wrong.extend(findings.into_iter().map(|finding| {
                    let Finding { step, expected, got, .. } = finding;
                    format!("{}: step {step}: {expected}, but {got}", case.id)
                }));
            }
            Observed::Unsupported(why) => wrong.push(format!("{}: a snapshot, but {why}", case.id)),
            Observed::Refused(why) => wrong.push(format!("{}: {why}", case.id)),
            Observed::Transcript(got) if !holds(profile, case, expected, got.clone()) => {
                wrong.push(format!("{}: {}", case.id, if is_new { "new" } else { "differs" }));
            }
            Observed::Transcript(_) => {}
        }
    }
    assert!(
        wrong.is_empty(),
        "{}: {} of {} cases, for `cargo xtask review` where there is an answer:\n{}",
        profile.name(),
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn every_profile_is_among_them() {
    for profile in profiles::ALL {
        let listed = format!("(\"{}\")]\n", profile.name());
        assert!(include_str!("snapshots.rs").contains(&listed), "no case of {}", profile.name());
    }
}

#[test]
fn every_snapshot_has_its_case() {
    let snapshots = Snapshots::new(Some(root().join("snapshots")));
    let wrong = audit(&cases(), profiles::ALL, &snapshots);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether the edition has a file of its own for this, and a transcript in it: one that insta can
/// hold an answer against.
fn is_own_transcript(profile: &Profile, case: &Case, expected: &Option<Snapshot>) -> bool {
    is_own(profile, case) && !promises(expected.as_ref())
}

/// Whether the edition has a file of its own for this; another one's may be of what it cannot do.
fn is_own(profile: &Profile, case: &Case) -> bool {
    root().join("snapshots").join(Snapshots::path(profile, case)).exists()
}

/// Whether this is no transcript, but what a page or a source promises of one.
fn promises(expected: Option<&Snapshot>) -> bool {
    let steps = expected.iter().flat_map(|expected| &expected.transcript.steps);
    let promised = |outcome: &Outcome| matches!(outcome, Outcome::Promised(_) | Outcome::Unsaid);
    steps.map(|record| &record.outcome).any(promised)
}

fn root() -> PathBuf {
    // At run time: a target folder that two clones share may hold the other one's test.
    let here = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    let package = Path::new(&here);
    package.parent().unwrap_or(package).to_owned()
}

fn cases() -> Vec<Case> {
    load(Some(&root().join("cases"))).unwrap_or_else(|errors| {
        panic!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    })
}

/// What the cases give on a server of this profile that asks for credentials.
fn observed(profile: &'static Profile, cases: &[Case]) -> Vec<Observed> {
    RUNTIME.block_on(async {
        let mut builder = Server::builder(profile).auth(true);
        if profile.settings.iter().any(|knob| knob.setting == Setting::QueueDelay) {
            builder = builder.set(Setting::QueueDelay.word(), "20ms").unwrap();
        }
        let server = builder.start().await.unwrap();
        let token = server.token().map(str::to_owned);
        let mut target = Target::new(&server.url(), profile).unwrap();
        if !profile.read_back.visible_within.is_zero() {
            target.visible_within = Some(Duration::from_millis(60));
        }
        target.credentials = match profile.family {
            Family::V1 => Credentials {
                token: None,
                user: Some(reference_server::provision::OWNER.to_owned()),
                password: token,
            },
            Family::V2 | Family::V3 | Family::Iox(_) => {
                Credentials { token, ..Credentials::default() }
            }
        };
        observe(&target, cases, JOBS).await.unwrap()
    })
}

/// Holds an answer against its snapshot; what insta has to say of it goes to standard output.
fn holds(profile: &Profile, case: &Case, expected: Option<Snapshot>, mut got: Transcript) -> bool {
    // What nobody has asked the product for, the server has nothing to be held against.
    let known = expected.iter().flat_map(|expected| &expected.transcript.steps);
    for (known, got) in known.zip(&mut got.steps) {
        if known.outcome == Outcome::NotAsked {
            got.outcome = Outcome::NotAsked;
        }
    }
    // A snapshot that holds may be written again too (`INSTA_UPDATE=force`): it keeps its ground.
    let head = expected.filter(|expected| expected.transcript == got).unwrap_or_else(|| Snapshot {
        description: case.summary.clone(),
        basis: Basis::Inferred,
        seen: false,
        from: FROM.to_owned(),
        case: case.digest(),
        transcript: Transcript::default(),
    });
    let file = root().join("snapshots").join(Snapshots::path(profile, case));
    let mut settings = Settings::clone_current();
    settings.set_snapshot_path(file.parent().unwrap());
    settings.set_prepend_module_to_snapshot(false);
    settings.set_description(head.description);
    settings.set_info(&json!({ "basis": head.basis.word(), "from": head.from, "case": head.case }));
    settings.set_omit_expression(true);
    settings.set_input_file(root().join(&case.file));
    let name = file.file_stem().unwrap().to_string_lossy();
    let assert = || settings.bind(|| insta::assert_snapshot!(name.as_ref(), got.to_string()));
    catch_unwind(AssertUnwindSafe(assert)).is_ok()
}
