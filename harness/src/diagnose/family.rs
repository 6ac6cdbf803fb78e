//! A server that cannot be made ready may be of another family than the profile says: a few
//! questions without credentials tell. No verdict rests on this, only the advice does.

use crate::target::Target;
use crate::wire::{Pool, Request, Response};
use profiles::{Family, Management};
use serde_json::Value as Json;
use std::time::Duration;

/// Nobody waits longer for advice.
const PATIENCE: Duration = Duration::from_secs(3);

/// What the target looks like instead, as the beginning of a sentence; none where nothing tells, or
/// where it looks as the profile says. `nowhere` is its status for a path that is not there.
pub(super) async fn other(target: &Target, pool: &Pool, nowhere: u16) -> Option<String> {
    let seen = tokio::time::timeout(PATIENCE, probe(pool, nowhere)).await.ok()??;
    let own = target.profile.family;
    if seen.families.contains(&own) {
        return None;
    }
    let names: Vec<_> = profiles::ALL
        .iter()
        .filter(|profile| seen.families.contains(&profile.family))
        .map(|profile| profile.name())
        .collect();
    Some(format!(
        "{} does not look like {}: {}; check --profile (such servers are {})",
        target.base.url(),
        target.profile.name(),
        seen.why,
        names.join(", ")
    ))
}

struct Seen {
    families: &'static [Family],
    why: &'static str,
}

async fn probe(pool: &Pool, nowhere: u16) -> Option<Seen> {
    let get = async |path: &str| pool.send(&Request::new("GET", path)).await.ok();
    if matches!(nowhere, 401 | 403) {
        // Credentials before the path: so do the servers with /api/v3 when authentication is on.
        let why = "it asks for credentials even where it has no path, as servers with /api/v3 do";
        return Some(Seen { families: &[Family::V3], why });
    }
    let databases = get("/api/v3/configure/database?format=json").await?;
    let is_list = databases.status == 200 && json(&databases).is_array();
    if matches!(databases.status, 401 | 403) || is_list {
        let why = "it has /api/v3/configure/database";
        return Some(Seen { families: &[Family::V3], why });
    }
    let setup = get("/api/v2/setup").await?;
    if setup.status == 200 && json(&setup)["allowed"].is_boolean() {
        let families = &[Family::V2, Family::Iox(Management::Buckets)];
        return Some(Seen { families, why: "it has /api/v2/setup" });
    }
    // Without a statement: a refusal in JSON, with `error`.
    let query = get("/query").await?;
    if matches!(query.status, 400 | 401) && json(&query)["error"].is_string() {
        let why = "it has /query, and neither /api/v2/setup nor /api/v3/configure";
        return Some(Seen { families: &[Family::V1], why });
    }
    None
}

fn json(response: &Response) -> Json {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    type Answers = &'static [(&'static str, u16, &'static str)];

    /// What is said of a server that answers so: the first of these whose path fits.
    async fn told(profile: &str, answers: Answers) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut head = [0; 2048];
                let read = stream.read(&mut head).await.unwrap();
                let head = String::from_utf8_lossy(&head[..read]).into_owned();
                let asked = head.split(' ').nth(1).unwrap_or_default();
                let fits = |path: &str| asked.starts_with(path);
                let (_, status, body) = answers.iter().find(|(path, ..)| fits(path)).unwrap();
                let length = body.len();
                let text = format!(
                    "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}"
                );
                stream.write_all(text.as_bytes()).await.unwrap();
            }
        });
        let target = Target::new(&url, profiles::find(profile).unwrap()).unwrap();
        let pool = Pool::new(target.base.clone(), target.timeout);
        let answer = crate::diagnose::nonsense(&pool).await.unwrap();
        assert_eq!(answer.told, None);
        other(&target, &pool, answer.status).await.unwrap_or_default()
    }

    #[tokio::test]
    async fn a_server_of_another_family_is_told() {
        // As each family answers who has no credentials, where authentication is on.
        const V3: Answers = &[("/", 401, "")];
        const V2: Answers =
            &[("/api/v2/setup", 200, "{\"allowed\": false}"), ("/", 404, "no assets")];
        const V1: Answers = &[
            ("/query", 401, "{\"error\":\"unable to parse authentication credentials\"}"),
            ("/", 404, "404 page not found\n"),
        ];
        let said = told("oss-v1@1.6", V3).await;
        assert!(said.contains("does not look like oss-v1@1.6: it asks for"), "{said}");
        assert!(said.contains("such servers are v3-core@"), "{said}");
        assert!(told("v3-core@3.6", V2).await.contains("it has /api/v2/setup"));
        assert!(told("oss-v2@2.7", V1).await.contains("such servers are oss-v1@1.6, oss-v1@1.12)"));
        for (profile, answers) in [("v3-core@3.6", V3), ("oss-v2@2.7", V2), ("oss-v1@1.6", V1)] {
            assert_eq!(told(profile, answers).await, "", "{profile}");
        }
    }
}
