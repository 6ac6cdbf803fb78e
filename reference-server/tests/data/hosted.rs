//! Products of the IOx family that keep their data: databases and buckets with what they allow, tokens,
//! the types of columns in their partitions; from the log, and from files.

use crate::snapshots::{next, wait_until};
use crate::{Running, TOKEN, builder, run};
use reference_server::clock::Clock;
use serde_json::{Value as Json, json};
use std::path::Path;
use std::sync::Arc;

/// Products with databases, and where they are managed.
const CLUSTERS: [(&str, &str); 2] = [
    ("clustered@docs", "/api/v0"),
    ("cloud-dedicated@router-2023", "/api/v0/accounts/a/clusters/c"),
];

const HOUR: i64 = 3_600_000_000_000;

/// A clock that stands still.
struct At(i64);

impl Clock for At {
    fn now(&self) -> i64 {
        self.0
    }
}

/// How a server finds again what it had.
#[derive(Clone, Copy, Debug)]
enum From {
    Log,
    Files,
}

const BOTH: [From; 2] = [From::Log, From::Files];

async fn start(profile: &'static str, folder: &Path) -> Running {
    let builder = builder(profile).database("hour", Some(HOUR)).data(folder);
    run(profile, builder).await.unwrap()
}

/// Stops a server and starts it again.
async fn again(profile: &'static str, server: Running, folder: &Path, from: From) -> Running {
    server.stop().await;
    if matches!(from, From::Files) {
        let before = next(folder);
        let builder = builder(profile).data(folder).log_bytes(1);
        let server = run(profile, builder).await.unwrap();
        wait_until("a snapshot", || next(folder) > before);
        server.stop().await;
        let report = write_ahead_log::verify(folder).unwrap();
        assert_eq!(report.next_sequence, next(folder), "something is not in files");
    }
    start(profile, folder).await
}

impl Running {
    /// As whoever has this token.
    fn as_token(&mut self, token: &str, method: &str, target: &str, body: &str) -> u16 {
        let headers = format!("Authorization: Bearer {token}\r\n");
        self.client.send(method, target, &headers, body.as_bytes()).unwrap().status
    }

    fn json(&mut self, method: &str, target: &str, body: &Json) -> (u16, Json) {
        let (status, body) = self.ask(method, target, "", &body.to_string());
        (status, serde_json::from_str(&body).unwrap_or_default())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_and_tokens_of_a_cluster_are_there_again() {
    for ((profile, prefix), from) in CLUSTERS.into_iter().flat_map(|c| BOTH.map(|from| (c, from))) {
        let folder = tempfile::tempdir().unwrap();
        let mut server = start(profile, folder.path()).await;
        let (databases, tokens) = (format!("{prefix}/databases"), format!("{prefix}/tokens"));
        for (name, retention, columns) in [("small", HOUR, 3), ("gone", 0, 9), ("twice", 0, 9)] {
            let new = json!({
                "name": name,
                "maxTables": 7,
                "maxColumnsPerTable": columns,
                "retentionPeriod": retention,
                "partitionTemplate": [{"type": "time", "value": "%Y"}],
            });
            assert_eq!(server.json("POST", &databases, &new).0, 200, "{profile}");
            assert_eq!(server.write(name, "old f=1"), 204, "{profile}");
        }
        let mut token = |right: &str| {
            let new = json!({
                "description": "of the tests",
                "permissions": [{"action": right, "resource": "small"}],
            });
            let (status, made) = server.json("POST", &tokens, &new);
            assert_eq!(status, 200, "{made}");
            ["id", "accessToken"].map(|key| made[key].as_str().unwrap().to_owned())
        };
        let ([_, writer], [id, taken]) = (token("write"), token("write"));
        assert_eq!(server.ask("DELETE", &format!("{tokens}/{id}"), "", "").0, 204);
        for name in ["gone", "twice"] {
            assert_eq!(server.ask("DELETE", &format!("{databases}/{name}"), "", "").0, 204);
        }
        assert_eq!(server.json("POST", &databases, &json!({"name": "twice"})).0, 200);
        let listed = |server: &mut Running| {
            [&databases, &tokens].map(|listed| server.ask("GET", listed, "", "").1)
        };
        let before = listed(&mut server);
        assert!(before[0].contains("\"small\"") && !before[0].contains("\"gone\""), "{before:?}");

        let mut server = again(profile, server, folder.path(), from).await;
        assert_eq!(listed(&mut server), before, "{profile} {from:?}");
        let (missing, wrong) = if profile.ends_with("docs") { (404, 401) } else { (204, 403) };
        let write = "/write?db=small";
        assert_eq!(server.as_token(&writer, "POST", write, "m f=1"), 204, "{profile} {from:?}");
        assert_eq!(server.as_token(&taken, "POST", write, "m f=1"), wrong, "{profile} {from:?}");
        assert_eq!(server.as_token(&writer, "POST", "/write?db=db", "m f=1"), wrong);
        // What a database allows: three columns, an hour.
        assert!(server.write("small", "m,a=1,b=2 f=1") >= 400, "{profile} {from:?}");
        assert!(server.write("small", "m f=1 1000") >= 400, "{profile} {from:?}");
        // What bore the name before is gone for good.
        assert!(!server.query("twice", "SELECT * FROM old").contains("values"), "{profile}");
        assert!(server.query("small", "SELECT * FROM old").contains("values"), "{profile}");
        assert_eq!(server.write("gone", "m f=1"), missing, "{profile} {from:?}");
        server.stop().await;
        assert_eq!(found(folder.path(), &[TOKEN, &writer, &taken]), [""; 0], "{profile} {from:?}");
    }
}

/// Which of these secrets stand in the files of a folder.
fn found<'s>(folder: &Path, secrets: &[&'s str]) -> Vec<&'s str> {
    let mut all = vec![folder.to_owned()];
    let mut found = Vec::new();
    while let Some(path) = all.pop() {
        if path.is_dir() {
            all.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
            continue;
        }
        let bytes = std::fs::read(path).unwrap();
        let stands =
            |secret: &&&str| bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
        found.extend(secrets.iter().filter(stands).copied());
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_a_write_made_is_there_again() {
    for from in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let profile = "clustered@router-2023";
        let mut server = start(profile, folder.path()).await;
        assert_eq!(server.write("made", "m f=1 1000"), 204);
        // A batch that is refused makes none.
        assert_eq!(server.write("refused", "m f="), 400);
        let before = server.ask("GET", "/api/v0/databases", "", "").1;
        assert!(before.contains("\"made\"") && !before.contains("\"refused\""), "{before}");
        let mut server = again(profile, server, folder.path(), from).await;
        assert_eq!(server.ask("GET", "/api/v0/databases", "", "").1, before, "{from:?}");
        assert!(server.query("made", "SELECT * FROM m").contains("1000"), "{from:?}");
        server.stop().await;
    }
}

/// A field has a type for each day.
#[tokio::test(flavor = "multi_thread")]
async fn the_types_of_partitions_are_there_again() {
    for from in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let profile = "clustered@docs";
        let mut server = start(profile, folder.path()).await;
        let day = |day: i64| day * 24 * HOUR;
        assert_eq!(server.write("db", "m,t=a f=1.5 5"), 204);
        assert_eq!(server.write("db", &format!("m,t=a f=\"x\",g=1i {}", day(1))), 204);
        assert_eq!(server.write("db", &format!("m,t=a f=2 6\nm,t=a f=3 {}", day(1))), 400);
        let all = server.query("db", "SELECT * FROM m");
        let mut server = again(profile, server, folder.path(), from).await;
        assert_eq!(server.query("db", "SELECT * FROM m"), all, "{from:?}");
        for (line, status) in [
            ("m,t=a f=\"x\" 7".to_owned(), 400),
            (format!("m,t=a f=1 {}", day(1) + 1), 400),
            ("m,t=a f=7 7".to_owned(), 204),
            (format!("m,t=a f=\"y\" {}", day(1) + 1), 204),
            (format!("m f=t,t=1i {}", day(2)), 400),
            (format!("m f=t {}", day(2)), 204),
        ] {
            assert_eq!(server.write("db", &line), status, "{from:?}: {line}");
        }
        server.stop().await;
    }
}

/// A line is of the last hour when it is taken; whether it is when the server starts does not matter.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_young_enough_is_stored_whenever_the_server_starts() {
    for profile in ["clustered@docs", "cloud-serverless@router-2023"] {
        let folder = tempfile::tempdir().unwrap();
        let at = async |hours: i64| {
            let builder = builder(profile).database("hour", Some(HOUR));
            let builder = builder.data(folder.path()).clock(Arc::new(At(hours * HOUR)));
            run(profile, builder).await.unwrap()
        };
        let mut server = at(100).await;
        let line = |minutes: i64| format!("m v={minutes}i {}", 100 * HOUR - minutes * HOUR / 60);
        assert_eq!(server.write("hour", &line(50)), 204, "{profile}");
        assert!(server.write("hour", &line(70)) >= 400, "{profile}");
        assert_eq!(server.write("hour", "now v=1i"), 204, "{profile}");
        server.stop().await;
        let server = at(200).await;
        server.stop().await;
        let mut server = at(100).await;
        assert!(server.write("hour", &line(70)) >= 400, "{profile}");
        let stored =
            ["m", "now"].map(|name| server.query("hour", &format!("SELECT * FROM {name}")));
        assert!(stored[0].contains(",50]") && !stored[0].contains(",70]"), "{stored:?}");
        assert!(stored[1].contains(&format!("[{},1]", 100 * HOUR)), "{stored:?}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_mappings_and_tokens_of_serverless_are_there_again() {
    for from in BOTH {
        let folder = tempfile::tempdir().unwrap();
        let profile = "cloud-serverless@docs";
        let mut server = start(profile, folder.path()).await;
        let orgs = server.json("GET", "/api/v2/orgs", &Json::Null).1;
        let org = orgs["orgs"][0]["id"].clone();
        let mut bucket = |name: &str| {
            let new = json!({"orgID": org, "name": name, "retentionRules": []});
            let (status, made) = server.json("POST", "/api/v2/buckets", &new);
            assert_eq!(status, 201, "{made}");
            assert_eq!(server.write(name, "m f=1 1000"), 204);
            made["id"].as_str().unwrap().to_owned()
        };
        let (more, gone) = (bucket("more"), bucket("gone"));
        let mapping = json!({
            "orgID": org, "bucketID": more, "database": "mapped", "retention_policy": "x",
            "default": true,
        });
        assert_eq!(server.json("POST", "/api/v2/dbrps", &mapping).0, 201);
        let right = json!({"type": "buckets", "id": more, "orgID": org});
        let new = json!({"orgID": org, "permissions": [{"action": "write", "resource": right}]});
        let (status, made) = server.json("POST", "/api/v2/authorizations", &new);
        assert_eq!(status, 201, "{made}");
        let token = made["token"].as_str().unwrap();
        assert_eq!(server.ask("DELETE", &format!("/api/v2/buckets/{gone}"), "", "").0, 204);

        let mut server = again(profile, server, folder.path(), from).await;
        let target = "/api/v2/write?org=lineproof&bucket=more";
        assert_eq!(server.as_token(token, "POST", target, "m f=2 2000"), 204, "{from:?}");
        assert_eq!(server.as_token(token, "POST", "/write?db=db", "m f=2 2000"), 401, "{from:?}");
        let all = server.query("mapped", "SELECT * FROM m");
        assert!(all.contains("[1000,1]") && all.contains("[2000,2]"), "{from:?}: {all}");
        assert_eq!(server.write("gone", "m f=1 1000"), 404, "{from:?}");
        let answer = server.ask("GET", &format!("/api/v2/buckets/{gone}"), "", "");
        assert_eq!(answer.0, 404, "{from:?}");
        server.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_of_a_cluster_is_for_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let server = start("clustered@docs", folder.path()).await;
    let second = run("clustered@docs", builder("clustered@docs").data(folder.path())).await;
    let why = second.err().unwrap().to_string();
    assert!(why.contains("in use"), "{why}");
    server.stop().await;
    let other = "cloud-dedicated@docs";
    let why = run(other, builder(other).data(folder.path())).await.err().unwrap().to_string();
    assert!(why.contains("a folder of clustered@docs, not of cloud-dedicated@docs"), "{why}");
}
