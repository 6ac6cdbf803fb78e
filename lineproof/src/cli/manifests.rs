//! The manifests under `docs/` are of the form that their readers ask for, and every command line of
//! `lineproof` in them can be typed.

use super::{Cli, Command, Format, report::ReportCommand};
use clap::Parser;
use harness::shard::Shard;
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// The documents of a file.
fn documents(file: &str) -> Vec<Json> {
    let path = format!("{}/../docs/{file}", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap();
    text.split("\n---\n").map(|document| serde_yaml_ng::from_str(document).unwrap()).collect()
}

/// The lines of a script that call `lineproof`.
fn calls(script: &str) -> Vec<String> {
    let script = script.replace("\\\n", " ");
    let lines = script.lines().map(str::trim).filter(|line| line.starts_with("lineproof "));
    lines.map(str::to_owned).collect()
}

/// As the shell would, where nothing is quoted.
fn parsed(line: &str) -> Cli {
    assert!(!line.contains(['\'', '"', '$', '|', '>']), "{line}");
    Cli::try_parse_from(line.split_whitespace()).unwrap_or_else(|error| panic!("{line}\n{error}"))
}

/// Which shard a command line asks for, and when it ends by itself.
fn shard_of(cli: &Cli) -> Option<(Shard, f64)> {
    let Command::Run(args) = &cli.command else { return None };
    assert!(args.target.target.is_some() && args.output.output.is_some());
    assert_eq!(args.target.profiles.len(), 1);
    assert!(args.part.run_id.is_some(), "old shards would be joined to new ones");
    for profile in &args.target.profiles {
        profiles::find(profile).unwrap();
    }
    let part = &args.part;
    let shard = Shard::parse(part.shard.as_deref()?, usize::from(part.shard_from)).unwrap();
    Some((shard, part.deadline?))
}

/// These are all shards of one division.
fn assert_whole(shards: &[Shard]) {
    let numbers: BTreeSet<_> = shards.iter().map(|shard| shard.index).collect();
    assert_eq!(numbers, (1..=shards[0].of).collect());
    assert_eq!(numbers.len(), shards.len());
    assert!(shards.iter().all(|shard| shard.of == shards[0].of));
}

fn is_merge(cli: &Cli) -> bool {
    let Command::Report(args) = &cli.command else { return false };
    let ReportCommand::Merge(args) = &args.command else { return false };
    args.output.is_some()
}

fn is_annotations(cli: &Cli) -> bool {
    let Command::Report(args) = &cli.command else { return false };
    let ReportCommand::Render(args) = &args.command else { return false };
    args.output.format == Format::Github && args.output.output.is_none()
}

fn text<'j>(json: &'j Json, pointer: &str) -> &'j str {
    json.pointer(pointer).and_then(Json::as_str).unwrap_or_else(|| panic!("no {pointer}: {json}"))
}

/// <https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-syntax>
#[test]
fn the_workflow_of_github_runs_all_shards_and_joins_them() {
    let documents = documents("ci/github-matrix.yml");
    let [workflow] = documents.as_slice() else { panic!("one document") };
    assert!(workflow["on"].is_array() && workflow["permissions"].is_object());
    let jobs = workflow["jobs"].as_object().unwrap();
    let mut scripts: Vec<(&str, String)> = Vec::new();
    for (name, job) in jobs {
        text(job, "/runs-on");
        for step in job["steps"].as_array().unwrap() {
            assert!(step["run"].is_string() != step["uses"].is_string(), "{step}");
            scripts.extend(step["run"].as_str().map(|run| (name.as_str(), run.to_owned())));
        }
        for needed in job["needs"]
            .as_array()
            .into_iter()
            .flatten()
            .chain(job["needs"].is_string().then_some(&job["needs"]))
        {
            assert!(jobs.contains_key(needed.as_str().unwrap()), "{needed}");
        }
    }
    let matrix = jobs["shard"].pointer("/strategy/matrix/shard").and_then(Json::as_array).unwrap();
    assert_eq!(jobs["shard"].pointer("/strategy/fail-fast"), Some(&Json::Bool(false)));
    let minutes = jobs["shard"]["steps"].as_array().unwrap().iter();
    let minutes = minutes.filter_map(|step| step["timeout-minutes"].as_f64()).next().unwrap();
    let mut shards = Vec::new();
    for durations in ["", "--durations durations.ndjson"] {
        shards.clear();
        for number in matrix {
            for line in
                scripts.iter().filter(|(job, _)| *job == "shard").flat_map(|(_, s)| calls(s))
            {
                let line = line
                    .replace("${{ matrix.shard }}", &number.to_string())
                    .replace("${{ needs.prepare.outputs.durations }}", durations)
                    .replace("${{ github.run_id }}", "9123");
                let (shard, deadline) = shard_of(&parsed(&line)).unwrap();
                assert!(deadline < minutes * 60.0);
                shards.push(shard);
            }
        }
    }
    assert_whole(&shards);
    let of_verdict = scripts.iter().filter(|(job, _)| *job == "verdict");
    let merges: Vec<_> =
        of_verdict.flat_map(|(_, script)| calls(script)).map(|l| parsed(&l)).collect();
    assert_eq!(merges.iter().filter(|cli| is_merge(cli)).count(), 1);
    assert_eq!(text(&jobs["verdict"], "/if"), "${{ !cancelled() }}");
    // What was found is shown, also after a merge that has ended with it.
    let steps = jobs["verdict"]["steps"].as_array().unwrap().iter();
    let shows = |step: &&Json| {
        let lines = step["run"].as_str().map(calls).unwrap_or_default();
        lines.iter().any(|line| is_annotations(&parsed(line)))
    };
    let shown: Vec<_> = steps.filter(shows).collect();
    let [step] = shown.as_slice() else { panic!("annotations once") };
    assert_eq!(text(step, "/if"), "${{ !cancelled() && hashFiles('report.ndjson') != '' }}");
}

/// What is uploaded and kept is what this run's join has written, and only where it has: the report of
/// an earlier run, which is unpacked beside it for its durations, must not pass for this one's. What is
/// kept is found again only under the path under which it was kept
/// (<https://github.com/actions/cache#cache-version>).
#[test]
fn the_workflow_of_github_keeps_no_old_report_for_a_new_one() {
    let documents = documents("ci/github-matrix.yml");
    let steps = |job: &str| documents[0]["jobs"][job]["steps"].as_array().unwrap().clone();
    let using = |job: &str, action: &str| -> Vec<Json> {
        let is_it =
            |step: &Json| step["uses"].as_str().is_some_and(|uses| uses.starts_with(action));
        steps(job).into_iter().filter(is_it).collect()
    };
    let scripts: Vec<_> =
        steps("verdict").iter().filter_map(|step| step["run"].as_str().map(calls)).collect();
    let outputs: Vec<_> = scripts
        .concat()
        .iter()
        .filter_map(|line| match parsed(line).command {
            Command::Report(args) => match args.command {
                ReportCommand::Merge(args) => args.output,
                ReportCommand::Render(_) => None,
            },
            _ => None,
        })
        .collect();
    let [output] = outputs.as_slice() else { panic!("{outputs:?}") };
    let output = output.to_str().unwrap();
    for job in ["prepare", "shard"] {
        let packed = steps(job);
        let packed = packed.iter().filter_map(|step| step["run"].as_str());
        for line in packed.flat_map(str::lines).filter(|line| line.contains("tar -c")) {
            assert!(!line.contains(output), "it is unpacked where the join writes: {line}");
        }
    }
    let kept = using("verdict", "actions/cache/save@");
    let uploaded = using("verdict", "actions/upload-artifact@");
    assert_eq!((kept.len(), uploaded.len()), (1, 1));
    for step in kept.iter().chain(&uploaded) {
        assert_eq!(text(step, "/with/path"), output);
        let only = format!("${{{{ !cancelled() && hashFiles('{output}') != '' }}}}");
        assert_eq!(text(step, "/if"), only);
    }
    for step in using("prepare", "actions/cache/restore@") {
        assert_eq!(text(&step, "/with/path"), output);
    }
}

/// <https://docs.gitlab.com/ci/yaml/>
#[test]
fn the_pipeline_of_gitlab_runs_all_shards_and_joins_them() {
    let documents = documents("ci/gitlab.yml");
    let [pipeline] = documents.as_slice() else { panic!("one document") };
    let stages = pipeline["stages"].as_array().unwrap();
    let lines = |job: &str| -> Vec<String> {
        assert!(stages.contains(&pipeline[job]["stage"]), "{job}");
        let script = pipeline[job]["script"].as_array().unwrap();
        script.iter().flat_map(|line| calls(line.as_str().unwrap())).collect()
    };
    let parallel = pipeline["shards"]["parallel"].as_u64().unwrap();
    let shards: Vec<_> = (1..=parallel)
        .flat_map(|index| lines("shards").into_iter().map(move |line| (index, line)))
        .map(|(index, line)| {
            let line = line
                .replace("$CI_NODE_INDEX", &index.to_string())
                .replace("$CI_NODE_TOTAL", &parallel.to_string())
                .replace("$CI_PIPELINE_ID", "77");
            shard_of(&parsed(&line)).unwrap().0
        })
        .collect();
    assert_whole(&shards);
    let merges = lines("verdict");
    assert_eq!(merges.iter().filter(|line| is_merge(&parsed(line))).count(), 1);
    assert_eq!(text(&pipeline["verdict"], "/when"), "always");
    assert_eq!(text(&pipeline["shards"], "/artifacts/when"), "always");
}

/// <https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/job-v1/>
#[test]
fn the_jobs_of_kubernetes_run_all_shards_and_join_them() {
    let documents = documents("kubernetes/indexed-job.yaml");
    let mut claims = BTreeSet::new();
    let mut shards = Vec::new();
    let mut merges = 0;
    for document in &documents {
        let name = text(document, "/metadata/name");
        if document["kind"] == "PersistentVolumeClaim" {
            assert_eq!(document["apiVersion"], "v1");
            assert_eq!(document["spec"]["accessModes"], serde_json::json!(["ReadWriteMany"]));
            claims.insert(name);
            continue;
        }
        assert_eq!(
            (&document["kind"], &document["apiVersion"]),
            (&"Job".into(), &"batch/v1".into())
        );
        let pod = document.pointer("/spec/template/spec").unwrap();
        // Jobs allow no other, and a failure policy asks for this one.
        assert_eq!(pod["restartPolicy"], "Never");
        let [container] = pod["containers"].as_array().unwrap().as_slice() else {
            panic!("{name}")
        };
        text(container, "/image");
        check_volumes(pod, container, &claims);
        let words =
            [&container["command"], &container["args"]].map(|part| part.as_array().unwrap());
        let line: Vec<_> = words.into_iter().flatten().map(|w| w.as_str().unwrap()).collect();
        let line = line.join(" ").replace("$(RUN_ID)", "run-1");
        if document["spec"]["completionMode"] == "Indexed" {
            let completions = document["spec"]["completions"].as_u64().unwrap();
            let limit = document["spec"]["activeDeadlineSeconds"].as_f64().unwrap();
            for index in 0..completions {
                let line = line.replace("$(JOB_COMPLETION_INDEX)", &index.to_string());
                let (shard, deadline) = shard_of(&parsed(&line)).unwrap();
                assert!(deadline < limit);
                shards.push(shard);
            }
        } else {
            assert!(is_merge(&parsed(&line)));
            let rule = document.pointer("/spec/podFailurePolicy/rules/0").unwrap();
            assert_eq!(text(rule, "/onExitCodes/containerName"), text(container, "/name"));
            merges += 1;
        }
    }
    assert_whole(&shards);
    assert_eq!(merges, 1);
}

/// What is mounted is there, and what a mount's path names is in the environment.
fn check_volumes(pod: &Json, container: &Json, claims: &BTreeSet<&str>) {
    let named = |list: &Json| -> BTreeSet<String> {
        list.as_array().unwrap().iter().map(|item| text(item, "/name").to_owned()).collect()
    };
    let (volumes, environment) = (named(&pod["volumes"]), named(&container["env"]));
    for mount in container["volumeMounts"].as_array().unwrap() {
        assert!(volumes.contains(text(mount, "/name")), "{mount}");
        let path = text(mount, "/subPathExpr");
        let variable = path.split_once("$(").and_then(|(_, rest)| rest.split_once(')')).unwrap().0;
        assert!(environment.contains(variable), "{mount}");
    }
    for volume in pod["volumes"].as_array().unwrap() {
        assert!(claims.contains(text(volume, "/persistentVolumeClaim/claimName")), "{volume}");
    }
}
