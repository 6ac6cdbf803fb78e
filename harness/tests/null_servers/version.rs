//! Servers that claim to be another product. They are judged by what they do; that the profile may
//! be the wrong one is said.

use crate::judge;
use crate::server::{Answer, Kind, Nature, Request};
use harness::verdict::Ending;
use rstest::rstest;

fn claims(version: &'static str, request: &Request, mut answer: Answer) -> Answer {
    if request.path == "/ping" {
        answer.headers.retain(|(name, _)| *name != "X-Influxdb-Version");
        answer.headers.push(("X-Influxdb-Version", version.to_owned()));
    }
    answer
}

#[rstest]
#[case::v1(Kind::V1, "v2.7.12", "oss-v1@1.6")]
#[case::v2(Kind::V2, "1.8.10", "oss-v2@2.7")]
#[case::v3(Kind::V3, "v2.7.12", "v3-core@3.6")]
#[tokio::test]
async fn another_version_is_told(#[case] kind: Kind, #[case] said: &str, #[case] profile: &str) {
    let lies: fn(&Request, Answer) -> Answer = match kind {
        Kind::V2 => |request, answer| claims("1.8.10", request, answer),
        _ => |request, answer| claims("v2.7.12", request, answer),
    };
    let judged = judge(kind, Nature::Says(lies)).await;
    assert_eq!(judged.ending, Ending::Conformant, "{judged:#?}");
    let [note] = judged.notes.as_slice() else { panic!("one note: {:?}", judged.notes) };
    for word in [said, profile, "the profile may be wrong"] {
        assert!(note.contains(word), "no \"{word}\" in: {note}");
    }
}

/// Where nothing works, the wrong profile is the likely reason, and named beside what failed.
#[tokio::test]
async fn a_wrong_profile_is_named_beside_what_failed() {
    let another = |request: &Request, answer| match request.path.as_str() {
        "/ping" => claims("v2.7.12", request, answer),
        _ => Answer::new(404, "{\"code\":\"not found\",\"message\":\"path not found\"}"),
    };
    let judged = judge(Kind::V1, Nature::Says(another)).await;
    judged.is_unusable(&["version v2.7.12", "judged as oss-v1@1.6", "--profile"]);
}
