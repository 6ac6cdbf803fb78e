//! Servers that keep what they store in a folder: what they answered with success is there when they
//! are started on it again, and nothing else is.

mod backlog;
#[path = "../common/client.rs"]
mod client;
mod first_rows;
mod full_disk;
mod hosted;
mod queued;
mod snapshots;

use client::Client;
use reference_server::{Builder, Server};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;

/// The owner's token, and in v1 the password.
const TOKEN: &str = "a-token-of-the-tests";

/// The first folder entry, a server on it, and how it is asked.
struct Running {
    client: Client,
    family: &'static str,
    server: Server,
}

async fn start(profile: &'static str, folder: &Path) -> Running {
    try_start(profile, folder, &[]).await.unwrap()
}

async fn try_start(
    profile: &'static str,
    folder: &Path,
    settings: &[(&str, &str)],
) -> std::io::Result<Running> {
    let mut builder = builder(profile).data(folder);
    for (name, value) in settings {
        builder = builder.set(name, value).unwrap();
    }
    run(profile, builder).await
}

fn builder(profile: &'static str) -> Builder {
    let builder = Server::builder(profiles::find(profile).unwrap());
    builder.auth(true).token(TOKEN).database("db", None)
}

async fn run(profile: &'static str, builder: Builder) -> std::io::Result<Running> {
    let server = builder.start().await?;
    let client = Client::new(server.address().to_string());
    let family = profile.split('@').next().unwrap_or_default();
    Ok(Running { client, family, server })
}

impl Running {
    /// Stops the server; the folder is free again.
    async fn stop(self) {
        drop(self.client);
        self.server.stop().await;
    }

    /// Status and body.
    fn ask(&mut self, method: &str, target: &str, more: &str, body: &str) -> (u16, String) {
        let authorization = match self.family {
            "oss-v1" => "Authorization: Basic YWRtaW46YS10b2tlbi1vZi10aGUtdGVzdHM=\r\n".to_owned(),
            "oss-v2" | "cloud" => format!("Authorization: Token {TOKEN}\r\n"),
            _ => format!("Authorization: Bearer {TOKEN}\r\n"),
        };
        let headers = authorization + more;
        let answer = self.client.send(method, target, &headers, body.as_bytes()).unwrap();
        (answer.status, answer.body)
    }

    fn write(&mut self, database: &str, lines: &str) -> u16 {
        self.write_and_see(database, lines).0
    }

    /// The same with what is answered.
    fn write_and_see(&mut self, database: &str, lines: &str) -> (u16, String) {
        let target = match self.family {
            "oss-v2" | "cloud" | "cloud-serverless" => {
                format!("/api/v2/write?org=lineproof&bucket={database}")
            }
            "v3-core" => format!("/api/v3/write_lp?db={database}"),
            _ => format!("/write?db={database}"),
        };
        self.ask("POST", &target, "", lines)
    }

    fn query(&mut self, database: &str, query: &str) -> String {
        let query = query.replace(' ', "%20").replace('*', "%2A").replace('"', "%22");
        let (status, body) =
            self.ask("GET", &format!("/query?db={database}&epoch=ns&q={query}"), "", "");
        assert!(status < 500, "{body}");
        body
    }

    fn change(&mut self, statement: &str) -> String {
        let statement = statement.replace(' ', "%20").replace('"', "%22").replace('\'', "%27");
        let (status, body) = self.ask("POST", &format!("/query?db=db&q={statement}"), "", "");
        assert_eq!(status, 200, "{body}");
        body
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_written_is_there_again() {
    for profile in [
        "oss-v1@1.6",
        "oss-v1@1.12",
        "oss-v2@2.7",
        "oss-v2@2.9",
        "v3-core@3.8.0",
        "clustered@docs",
        "clustered@router-2023",
        "cloud-dedicated@docs",
        "cloud-serverless@docs",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let before = {
            let mut server = start(profile, folder.path()).await;
            assert_eq!(server.write("db", "m,t=a f=1.5,i=2i,s=\"x\",b=t 1000"), 204, "{profile}");
            assert_eq!(server.write("db", "m,t=a f=2.5 2000\nm,t=b f=3 1000"), 204);
            // Without a time: what it was then is what it is now.
            assert_eq!(server.write("db", "now f=1"), 204);
            // The good line is stored, where the product stores it; the type of the other is known.
            let refused = server.write("db", "m,t=a f=\"text\" 3000\nm,t=a f=7 4000");
            assert!(refused >= 400, "{profile}: {refused}");
            let all =
                server.query("db", "SELECT * FROM m") + &server.query("db", "SELECT * FROM now");
            server.stop().await;
            all
        };
        assert!(before.contains("2000"), "{profile}: {before}");
        for _ in 0..2 {
            let mut server = start(profile, folder.path()).await;
            let after =
                server.query("db", "SELECT * FROM m") + &server.query("db", "SELECT * FROM now");
            assert_eq!(after, before, "{profile}");
            assert!(server.write("db", "m,t=a f=\"text\" 5000") >= 400, "{profile}");
            server.stop().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_policies_and_users_of_v1_are_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let shown = ["SHOW DATABASES", "SHOW RETENTION POLICIES ON db", "SHOW USERS"];
    let before: Vec<String> = {
        let mut server = start("oss-v1@1.6", folder.path()).await;
        for statement in [
            "CREATE DATABASE one",
            "CREATE DATABASE two",
            "CREATE RETENTION POLICY short ON db DURATION 2h REPLICATION 1 DEFAULT",
            "CREATE USER reader WITH PASSWORD 'secret'",
            "GRANT READ ON db TO reader",
            "DROP DATABASE one",
        ] {
            server.change(statement);
        }
        assert_eq!(server.write("two", "m f=1 1000"), 204);
        server.change("DROP DATABASE two");
        server.change("CREATE DATABASE two");
        let all = shown.map(|statement| server.query("db", statement)).to_vec();
        server.stop().await;
        all
    };
    let mut server = start("oss-v1@1.6", folder.path()).await;
    assert_eq!(shown.map(|statement| server.query("db", statement)).to_vec(), before);
    // What bore the name before is gone for good.
    assert!(!server.query("two", "SELECT * FROM m").contains("1000"));
    // The user can read, with the password, which is nowhere in the folder.
    let reads = "GET /query?db=db&u=reader&p=secret&q=SHOW%20MEASUREMENTS";
    let target = reads.trim_start_matches("GET ");
    assert_eq!(server.client.send("GET", target, "", b"").unwrap().status, 200);
    let log = std::fs::read(folder.path().join("log/00000000000000000001.wal")).unwrap();
    for secret in ["secret", TOKEN] {
        assert!(!log.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_deleted_stays_deleted() {
    let folder = tempfile::tempdir().unwrap();
    {
        let mut server = start("oss-v1@1.6", folder.path()).await;
        assert_eq!(
            server.write("db", "m,t=a f=1 1000\nm,t=b f=2 1000\nn f=3 1000\no f=4 1000"),
            204
        );
        server.change("DELETE FROM m WHERE t = 'a'");
        server.change("DROP MEASUREMENT n");
        server.change("DROP SERIES FROM o");
        server.stop().await;
    }
    let mut server = start("oss-v1@1.6", folder.path()).await;
    let left = ["m", "n", "o"].map(|name| server.query("db", &format!("SELECT * FROM {name}")));
    assert!(left[0].contains("[1000,2,\"b\"]") && !left[0].contains("\"a\""), "{}", left[0]);
    assert!(!left[1].contains("1000") && !left[2].contains("1000"), "{left:?}");

    let folder = tempfile::tempdir().unwrap();
    {
        let mut server = start("oss-v2@2.7", folder.path()).await;
        assert_eq!(server.write("db", "m,t=a f=1 1000\nm,t=b f=2 1000"), 204);
        let body = "{\"start\":\"1970-01-01T00:00:00Z\",\"stop\":\"2030-01-01T00:00:00Z\",\
                    \"predicate\":\"t=\\\"a\\\"\"}";
        let deleted = server.ask("POST", "/api/v2/delete?org=lineproof&bucket=db", "", body);
        assert_eq!(deleted.0, 204, "{}", deleted.1);
        server.stop().await;
    }
    let mut server = start("oss-v2@2.7", folder.path()).await;
    let left = server.query("db", "SELECT * FROM m");
    assert!(left.contains("\"b\"") && !left.contains("\"a\""), "{left}");
}

#[tokio::test(flavor = "multi_thread")]
async fn buckets_and_tokens_of_v2_are_there_again() {
    let folder = tempfile::tempdir().unwrap();
    let (bucket, token) = {
        let mut server = start("oss-v2@2.7", folder.path()).await;
        let (_, orgs) = server.ask("GET", "/api/v2/orgs", "", "");
        let orgs: serde_json::Value = serde_json::from_str(&orgs).unwrap();
        let org = orgs["orgs"][0]["id"].as_str().unwrap().to_owned();
        let new = format!("{{\"orgID\":\"{org}\",\"name\":\"second\",\"retentionRules\":[]}}");
        let (status, made) = server.ask("POST", "/api/v2/buckets", "", &new);
        assert_eq!(status, 201, "{made}");
        assert_eq!(server.write("second", "m f=1 1000"), 204);
        let bucket: serde_json::Value = serde_json::from_str(&made).unwrap();
        let id = bucket["id"].as_str().unwrap().to_owned();
        let new = format!(
            "{{\"orgID\":\"{org}\",\"permissions\":[{{\"action\":\"write\",\"resource\":\
             {{\"type\":\"buckets\",\"id\":\"{id}\",\"orgID\":\"{org}\"}}}}]}}"
        );
        let (status, made) = server.ask("POST", "/api/v2/authorizations", "", &new);
        assert_eq!(status, 201, "{made}");
        let token: serde_json::Value = serde_json::from_str(&made).unwrap();
        server.stop().await;
        (id, token["token"].as_str().unwrap().to_owned())
    };
    let mut server = start("oss-v2@2.7", folder.path()).await;
    let (status, _) = server.ask("GET", &format!("/api/v2/buckets/{bucket}"), "", "");
    assert_eq!(status, 200);
    let headers = format!("Authorization: Token {token}\r\n");
    let target = "/api/v2/write?org=lineproof&bucket=second";
    let answer = server.client.send("POST", target, &headers, b"m f=2 2000").unwrap();
    assert_eq!(answer.status, 204, "{}", answer.body);
    let dropped = server.ask("DELETE", &format!("/api/v2/buckets/{bucket}"), "", "");
    assert_eq!(dropped.0, 204, "{}", dropped.1);
    server.stop().await;
    let mut server = start("oss-v2@2.7", folder.path()).await;
    let (status, _) = server.ask("GET", &format!("/api/v2/buckets/{bucket}"), "", "");
    assert_eq!(status, 404);
}

/// A write that found its bucket before the bucket was changed is done again as it was done: under the
/// rules that held when it was stored.
#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_is_changed_under_a_slow_write_is_no_riddle_later() {
    let folder = tempfile::tempdir().unwrap();
    let (old, status) = {
        let mut server = start("oss-v2@2.7", folder.path()).await;
        let (_, listed) = server.ask("GET", "/api/v2/buckets?name=db", "", "");
        let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
        let id = listed["buckets"][0]["id"].as_str().unwrap().to_owned();
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
        let old = now.as_nanos() - 2 * 86_400 * 1_000_000_000;
        let line = format!("m f=1 {old}\n");
        let mut slow = TcpStream::connect(server.server.address()).unwrap();
        let head = format!(
            "POST /api/v2/write?org=lineproof&bucket=db HTTP/1.1\r\nHost: x\r\n\
             Authorization: Token {TOKEN}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
            line.len()
        );
        slow.write_all(head.as_bytes()).unwrap();
        slow.write_all(&line.as_bytes()[..4]).unwrap();
        // Until the bucket was found there is nothing to see: a while is given, and the other order
        // is right as well.
        std::thread::sleep(std::time::Duration::from_millis(100));
        let rules = "{\"retentionRules\":[{\"type\":\"expire\",\"everySeconds\":3600,\
                     \"shardGroupDurationSeconds\":3600}]}";
        let changed = server.ask("PATCH", &format!("/api/v2/buckets/{id}"), "", rules);
        assert_eq!(changed.0, 200, "{}", changed.1);
        slow.write_all(&line.as_bytes()[4..]).unwrap();
        let mut answer = String::new();
        slow.read_to_string(&mut answer).unwrap();
        let status = answer.split(' ').nth(1).unwrap().to_owned();
        // A change of the bucket holds for what comes after it.
        assert_eq!(server.write("db", &format!("m f=2 {old}")), 422);
        server.stop().await;
        (old, status)
    };
    let mut server = start("oss-v2@2.7", folder.path()).await;
    let stored = server.query("db", "SELECT * FROM m").contains(&old.to_string());
    assert!(!stored || status == "204", "{status}");
}

#[tokio::test(flavor = "multi_thread")]
async fn credentials_are_not_forgotten_and_a_token_is_not_made_up_again() {
    let folder = tempfile::tempdir().unwrap();
    start("oss-v1@1.6", folder.path()).await.stop().await;
    let again = |auth: Option<bool>| {
        let builder = Server::builder(profiles::find("oss-v1@1.6").unwrap()).data(folder.path());
        match auth {
            Some(auth) => builder.auth(auth),
            None => builder,
        }
    };
    let why = again(None).start().await.map(|_| ()).unwrap_err().to_string();
    assert!(why.contains("say --token or --auth on again"), "{why}");
    let server = again(Some(true)).start().await.unwrap();
    assert_eq!(server.token(), None, "the folder knows no token but its own");
    server.stop().await;
    again(Some(false)).start().await.unwrap().stop().await;
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn nobody_else_reads_a_folder() {
    use std::os::unix::fs::PermissionsExt;
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("data");
    start("oss-v2@2.7", &folder).await.stop().await;
    let mut all = vec![folder];
    while let Some(path) = all.pop() {
        let mode = path.metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{} {mode:o}", path.display());
        if path.is_dir() {
            all.extend(path.read_dir().unwrap().map(|entry| entry.unwrap().path()));
        }
    }
}

/// A start that fails leaves no folder that belongs to nobody.
#[tokio::test(flavor = "multi_thread")]
async fn a_port_that_is_taken_makes_no_folder() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("data");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let builder = Server::builder(profiles::find("v3-core@3.6").unwrap());
    let builder = builder.bind(taken.local_addr().unwrap()).data(&folder);
    assert!(builder.start().await.is_err());
    assert!(!folder.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn databases_of_v3_are_there_again() {
    let folder = tempfile::tempdir().unwrap();
    {
        let mut server = start("v3-core@3.8.0", folder.path()).await;
        // A write makes one; another is made and dropped.
        assert_eq!(server.write("made", "m f=1 1000"), 204);
        assert_eq!(server.write("gone", "m f=1 1000"), 204);
        assert_eq!(server.ask("DELETE", "/api/v3/configure/database?db=gone", "", "").0, 200);
        server.stop().await;
    }
    let mut server = start("v3-core@3.8.0", folder.path()).await;
    let (_, listed) = server.ask("GET", "/api/v3/configure/database?format=json", "", "");
    assert!(listed.contains("\"made\"") && !listed.contains("\"gone\""), "{listed}");
}

/// What a start on this folder says.
async fn refused(profile: &'static str, folder: &Path, settings: &[(&str, &str)]) -> String {
    match try_start(profile, folder, settings).await {
        Ok(_) => panic!("{profile} was started"),
        Err(why) => why.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_is_served_as_what_it_was_made_by_and_by_one_server() {
    let folder = tempfile::tempdir().unwrap();
    let running = start("oss-v1@1.6", folder.path()).await;
    let why = refused("oss-v1@1.6", folder.path(), &[]).await;
    assert!(why.contains("in use"), "{why}");
    running.stop().await;
    let why = refused("oss-v1@1.12", folder.path(), &[]).await;
    assert!(why.contains("a folder of oss-v1@1.6, not of oss-v1@1.12"), "{why}");

    let folder = tempfile::tempdir().unwrap();
    let running = try_start("v3-core@3.6", folder.path(), &[("columns", "10")]).await.unwrap();
    running.stop().await;
    let why = refused("v3-core@3.6", folder.path(), &[]).await;
    assert!(why.contains("other settings: columns=10, not none"), "{why}");
}
