//! Reports that belong together, and all the ways in which they do not.

use super::{Merged, Report, merge};
use crate::event::{Event, Finished, Started};
use crate::verdict::Ending;
use serde_json::{Value as Json, json};

/// A shard with these results, `id verdict`.
fn shard(index: usize, of: usize, results: &[&str]) -> Vec<Json> {
    let case = |text: &&str| {
        let (id, verdict) = text.split_once(' ').unwrap();
        json!({
            "event": "case", "profile": "p@1", "id": id, "level": "must", "summary": "",
            "clauses": [], "verdict": verdict, "findings": [], "ledgers": [], "curl": [],
            "notes": [], "unread": false, "milliseconds": 5
        })
    };
    let mut events = vec![json!({
        "event": "started", "lineproof": "0.1.0", "profile": "p@1", "target": "http://a",
        "cases": results.len(), "strict": 1, "lacks": [], "read_back": "influxql", "notes": [],
        "shard": {"index": index, "of": of}, "selection": {"cases": 4, "digest": "d"}
    })];
    events.extend(results.iter().map(case));
    events.push(json!({
        "event": "finished", "profile": "p@1", "ending": "conformant", "reason": null,
        "left_behind": null, "stale": [], "milliseconds": 10 * index
    }));
    events
}

fn three() -> [Vec<Json>; 3] {
    [
        shard(1, 3, &["a/x pass", "b/x warn"]),
        shard(2, 3, &["a/y pass"]),
        shard(3, 3, &["a/z xfail"]),
    ]
}

fn report(n: usize, events: &[Json]) -> Report {
    let events = events.iter().map(|event| serde_json::from_value(event.clone()).unwrap());
    Report { name: format!("{n}.ndjson"), events: events.collect() }
}

fn merged(shards: &[Vec<Json>]) -> Result<Merged, Vec<String>> {
    merge(shards.iter().enumerate().map(|(n, events)| report(n + 1, events)).collect())
}

fn started(merged: &Merged) -> &Started {
    let Event::Started(started) = &merged.events[0] else { panic!("{:?}", merged.events[0]) };
    started
}

fn finished(merged: &Merged) -> &Finished {
    let Some(Event::Finished(finished)) = merged.events.last() else { panic!("no end") };
    finished
}

fn ids(merged: &Merged) -> Vec<&str> {
    let mut ids = Vec::new();
    for event in &merged.events {
        if let Event::Case(result) = event {
            ids.push(result.id.as_str());
        }
    }
    ids
}

#[test]
fn all_shards_are_the_whole_run_in_any_order() {
    for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
        let all = three();
        let joined = merged(&order.map(|at| all[at].clone())).unwrap();
        assert_eq!(joined.ending, Ending::Conformant);
        assert_eq!(ids(&joined), ["a/x", "a/y", "a/z", "b/x"]);
        assert_eq!((started(&joined).cases, started(&joined).shard), (4, None));
        assert_eq!(started(&joined).notes, ["joined from 3 shards"]);
        assert_eq!((finished(&joined).reason.clone(), finished(&joined).milliseconds), (None, 30));
        // What was joined is a whole run, and joins to itself.
        let again = merge(vec![Report { name: "x".to_owned(), events: joined.events.clone() }]);
        assert_eq!(again.unwrap().ending, Ending::Conformant);
    }
}

/// What a shard ended with is not believed: the verdicts are.
#[test]
fn the_verdict_is_computed_over_everything() {
    let mut all = three();
    all[1] = shard(2, 3, &["a/y fail"]);
    assert_eq!(merged(&all).unwrap().ending, Ending::NotConformant);
    all[1] = shard(2, 3, &["a/y unsupported"]);
    all[1][2]["ending"] = json!("usage");
    assert_eq!(merged(&all).unwrap().ending, Ending::Conformant, "the others did run");
    all[1] = shard(2, 3, &["a/y unknown"]);
    assert_eq!(merged(&all).unwrap().ending, Ending::NoVerdict);
    let mut all = three();
    all[2][2]["stale"] = json!(["gone/*"]);
    all[2][2]["ending"] = json!("not-conformant");
    let joined = merged(&all).unwrap();
    assert_eq!((joined.ending, finished(&joined).stale.len()), (Ending::NotConformant, 1));
}

#[test]
fn a_missing_shard_is_no_complete_run() {
    let [one, two, three] = three();
    let joined = merged(&[three, one.clone()]).unwrap();
    assert_eq!(joined.ending.code(), 130);
    let reason = finished(&joined).reason.as_deref();
    assert_eq!(reason, Some("the report is partial: of 3 shards 1 is missing: 2"));
    assert_eq!(ids(&joined), ["a/x", "a/z", "b/x"], "what is there is shown");
    assert_eq!(started(&joined).cases, 4);
    // Not even where what is there has failed, and also one that is alone.
    let joined = merged(&[shard(2, 3, &["a/y fail"])]).unwrap();
    assert_eq!(joined.ending, Ending::Interrupted);
    assert!(finished(&joined).reason.as_deref().unwrap().ends_with("2 are missing: 1, 3"));
    // A partial report stays partial when it is joined again, and the missing shard is too late.
    let again = Report { name: "x".to_owned(), events: joined.events };
    assert_eq!(merge(vec![again.clone()]).unwrap().ending, Ending::Interrupted);
    assert!(merge(vec![again, report(1, &one), report(2, &two)]).is_err());
}

#[test]
fn a_shard_that_broke_off_breaks_the_whole() {
    let mut all = three();
    all[0].remove(2);
    all[0][2]["ending"] = json!("interrupted");
    all[0][2]["reason"] = json!("interrupted: the report is partial");
    all[0][2]["left_behind"] = json!("lp_abcd_0001");
    let joined = merged(&all).unwrap();
    assert_eq!(joined.ending, Ending::Interrupted);
    let reason = finished(&joined).reason.as_deref();
    assert_eq!(reason, Some("shard 1 of 3: interrupted: the report is partial"));
    assert_eq!(finished(&joined).left_behind.as_deref(), Some("shard 1 of 3: lp_abcd_0001"));
    // Its target was not there.
    let mut all = three();
    all[2].remove(1);
    all[2][1]["ending"] = json!("unusable");
    all[2][1]["reason"] = json!("nothing listens");
    let joined = merged(&all).unwrap();
    assert_eq!(joined.ending, Ending::Unusable);
    assert_eq!(finished(&joined).reason.as_deref(), Some("shard 3 of 3: nothing listens"));
}

#[test]
fn what_does_not_belong_together_is_refused() {
    type Spoil = fn(&mut [Vec<Json>; 3]);
    let spoilt: [(Spoil, &str); 15] = [
        (|all| all[2] = all[1].clone(), "2.ndjson and 3.ndjson are both shard 2 of 3 of p@1"),
        (|all| all[1][0]["lineproof"] = json!("0.2.0"), "made by lineproof 0.1.0 and 0.2.0"),
        (|all| all[1][0]["strict"] = json!(2), "--strict 1 and 2"),
        (|all| all[1][0]["run"] = json!("812"), "--run-id none and \"812\""),
        (|all| all[1][0]["selection"]["digest"] = json!("e"), "other cases are selected"),
        (|all| all[1][0]["shard"] = json!({"index": 2, "of": 4}), "shard 1 of 3 and shard 2 of 4"),
        (|all| all[1][0]["shard"] = Json::Null, "2.ndjson holds all of it"),
        (|all| all[1][1]["id"] = json!("a/x"), "a/x is in 1.ndjson and in 2.ndjson: the shards"),
        (|all| all[0] = shard(1, 3, &["a/x pass"]), "together have 3 cases of 4"),
        (|all| drop(all[1].pop()), "2.ndjson: p@1: the run has no end"),
        (|all| drop(all[1].remove(0)), "2.ndjson: p@1: the run has no beginning"),
        (|all| drop(all[1].remove(1)), "2.ndjson: p@1: it has 0 results of 1 cases"),
        (|all| all[0][2]["id"] = json!("a/x"), "1.ndjson: p@1: a/x has two results"),
        (|all| all[1][0]["selection"] = Json::Null, "2.ndjson: p@1: it does not say of which"),
        (
            |all| {
                let again = all[1].clone();
                all[1].extend(again);
            },
            "2.ndjson: p@1: there are several runs in it",
        ),
    ];
    for (spoil, says) in spoilt {
        let mut all = three();
        spoil(&mut all);
        let why = merged(&all).unwrap_err().join("\n");
        assert!(why.contains(says), "{says}: {why}");
    }
    assert!(merge(Vec::new()).is_err());
}

/// Each profile is a run of its own, and each must be whole.
#[test]
fn runs_of_several_profiles_stay_apart() {
    let other = |mut events: Vec<Json>| {
        for event in &mut events {
            event["profile"] = json!("q@1");
        }
        events
    };
    let all = three();
    let joined = merged(&[all.concat(), other(all.concat())].map(|mut events| {
        events.retain(|event| event["event"] == "case");
        let mut whole = vec![all[0][0].clone()];
        whole[0]["cases"] = json!(4);
        whole[0]["shard"] = Json::Null;
        whole[0]["profile"] = events[0]["profile"].clone();
        let mut end = all[0][3].clone();
        end["profile"] = events[0]["profile"].clone();
        whole.extend(events);
        whole.push(end);
        whole
    }));
    let joined = joined.unwrap();
    assert_eq!((joined.ending, ids(&joined).len()), (Ending::Conformant, 8));
    // Shards of different profiles do not make a run.
    let joined = merged(&[all[0].clone(), other(all[1].clone()), all[2].clone()]).unwrap();
    assert_eq!(joined.ending, Ending::Interrupted);
    assert_eq!(finished(&joined).profile, "q@1");
}

#[test]
fn what_differs_between_the_targets_is_noted() {
    let mut all = three();
    all[1][0]["target"] = json!("http://b");
    all[1][0]["read_back"] = json!("sql");
    all[1][0]["lacks"] = json!([["auth", "declared"]]);
    let joined = merged(&all).unwrap();
    let started = started(&joined);
    assert_eq!(started.target, "http://a, http://b");
    assert_eq!(
        started.notes,
        [
            "joined from 3 shards",
            "shard 2 of 3: read back with sql, unlike the others",
            "shard 1 of 3: has auth, which another shard's target lacks",
            "shard 3 of 3: has auth, which another shard's target lacks",
        ]
    );
}
