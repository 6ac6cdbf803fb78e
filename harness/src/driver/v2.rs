//! Organisations, buckets, mappings and authorizations.

use super::{Admin, Lacks, NotMade, Ready, Wanted, credential};
use crate::case::Role;
use crate::read_back::encode;
use crate::space::{Credential, Made, Space};
use crate::target::{Target, Unusable};
use crate::wire::{Pool, Request, Response, WireError};
use profiles::Capability;
use serde_json::{Value as Json, json};

pub(super) async fn prepare(target: &Target, pool: &Pool) -> Result<Ready, Unusable> {
    let mut notes = Vec::new();
    let mut token = target.credentials.token.clone();
    let anonymous = Admin { target, pool, authorization: None };
    let mut org = target.org.clone();
    let setup = anonymous.send(Request::new("GET", "/api/v2/setup")).await;
    let setup = setup.map_err(|error| crate::diagnose::wire(&target.base, &error))?;
    let setup = crate::diagnose::api(&target.base, "/api/v2/setup", setup)?;
    if json_of(&setup)["allowed"] == true {
        let made = set_up(&anonymous, token.as_deref(), org.as_deref()).await?;
        notes.push(format!("the server was fresh: set up with the organisation \"{}\"", made.1));
        token = Some(made.0);
        org = Some(made.1);
    }
    let Some(token) = token else {
        return Err(Unusable(format!(
            "{} wants a token: give --token, or set LINEPROOF_TOKEN",
            target.base.url()
        )));
    };
    let authorization = Some(format!("Token {token}"));
    let admin = Admin { target, pool, authorization: authorization.clone() };
    let query = org.as_ref().map_or_else(String::new, |org| format!("?org={}", encode(org)));
    let answer = admin.send(Request::new("GET", format!("/api/v2/orgs{query}"))).await;
    let answer = answer.map_err(|error| crate::diagnose::wire(&target.base, &error))?;
    if matches!(answer.status, 401 | 403) {
        return Err(Unusable(format!(
            "{} refuses the token (status {}): check --token or LINEPROOF_TOKEN",
            target.base.url(),
            answer.status
        )));
    }
    let orgs = json_of(&answer)["orgs"].as_array().cloned().unwrap_or_default();
    let mut ready = Ready {
        authorization,
        token,
        org: org.clone(),
        org_id: None,
        lacks: Lacks::new(),
        held: 0,
        notes,
    };
    match orgs.as_slice() {
        [only] => {
            ready.org = only["name"].as_str().map(str::to_owned);
            ready.org_id = only["id"].as_str().map(str::to_owned);
        }
        [_, ..] => {
            let names: Vec<_> = orgs.iter().filter_map(|o| o["name"].as_str()).collect();
            return Err(Unusable(format!(
                "the token sees several organisations ({}): choose one with --org",
                names.join(", ")
            )));
        }
        [] if matches!(answer.status, 404 | 405 | 501) && target.database.is_some() => {
            let why = format!("no organisations to be seen (status {})", answer.status);
            ready.lacks.insert(Capability::CreateDatabase, why.clone());
            ready.lacks.insert(Capability::Permissions, why);
        }
        [] => {
            return Err(Unusable(format!(
                "{} shows no organisation{} (status {}): check --org, and that the token may see it; \
                 a server without organisations needs --database",
                target.base.url(),
                org.map_or_else(String::new, |o| format!(" \"{o}\"")),
                answer.status
            )));
        }
    }
    Ok(ready)
}

async fn set_up(
    admin: &Admin<'_>,
    token: Option<&str>,
    org: Option<&str>,
) -> Result<(String, String), Unusable> {
    let seed = format!("{:016x}", crate::digest::fnv64(&crate::clock::now().to_le_bytes()));
    let org = org.unwrap_or("lineproof");
    let mut body = json!({
        "username": "lineproof", "password": seed, "org": org, "bucket": "lineproof",
    });
    if let Some(token) = token {
        body["token"] = token.into();
    }
    let answer = admin.send(post("/api/v2/setup", &body)).await;
    if let Ok(response) = &answer
        && let Some(token) = json_of(response)["auth"]["token"].as_str()
    {
        return Ok((token.to_owned(), org.to_owned()));
    }
    Err(Unusable(format!(
        "the set-up of the fresh server failed: {}",
        admin.refused("setup", answer)
    )))
}

pub(super) async fn create(
    admin: &Admin<'_>,
    wanted: &Wanted<'_>,
    space: &mut Space,
) -> Result<(), NotMade> {
    let id = bucket(admin, space, wanted.database, wanted).await?;
    space.bucket_id = Some(id.clone());
    map(admin, space, &id).await;
    for role in wanted.roles {
        let credential = match role {
            Role::Owner | Role::None => continue,
            Role::Wrong => credential(Some("Token lineproof-wrong".to_owned()), "{wrong}"),
            Role::ReadOnly => grant(admin, space, &id, &["read"], "{read-only}").await?.0,
            Role::WriteOnly => grant(admin, space, &id, &["write"], "{write-only}").await?.0,
            Role::ReadWrite => {
                grant(admin, space, &id, &["read", "write"], "{read-write}").await?.0
            }
            Role::Other => {
                let other = format!("other_{}", wanted.database);
                let plain = Wanted { retention: None, schema: None, ..*wanted };
                let other = bucket(admin, space, &other, &plain).await?;
                grant(admin, space, &other, &["read", "write"], "{other}").await?.0
            }
            Role::Inactive => {
                let (credential, grant_id) =
                    grant(admin, space, &id, &["read", "write"], "{inactive}").await?;
                let path = format!("/api/v2/authorizations/{grant_id}");
                let off = Request {
                    method: "PATCH".to_owned(),
                    ..post(&path, &json!({"status": "inactive"}))
                };
                expect(admin, admin.send(off).await, 200, "PATCH authorization")?;
                credential
            }
        };
        space.roles.insert(*role, credential);
    }
    Ok(())
}

async fn bucket(
    admin: &Admin<'_>,
    space: &mut Space,
    name: &str,
    wanted: &Wanted<'_>,
) -> Result<String, NotMade> {
    let seconds = wanted.retention.map(|retention| retention.as_secs());
    let rules =
        seconds.map_or_else(|| json!([]), |s| json!([{"type": "expire", "everySeconds": s}]));
    let mut body = json!({"orgID": space.org_id, "name": name, "retentionRules": rules});
    if let Some(schema) = wanted.schema {
        body["schemaType"] = schema.word().into();
    }
    let made = expect(admin, admin.send(post("/api/v2/buckets", &body)).await, 201, "POST bucket")?;
    let id = made["id"].as_str().unwrap_or_default().to_owned();
    space.made.push(Made::Bucket(id.clone()));
    Ok(id)
}

/// Editions that map buckets to databases by themselves need no mapping, and show one already.
async fn map(admin: &Admin<'_>, space: &Space, bucket: &str) {
    let org_id = space.org_id.as_deref().unwrap_or_default();
    let path = format!("/api/v2/dbrps?orgID={org_id}&bucketID={bucket}");
    let seen = admin.send(Request::new("GET", path)).await;
    let mapped =
        seen.is_ok_and(|r| json_of(&r)["content"].as_array().is_some_and(|c| !c.is_empty()));
    if !mapped {
        let body = json!({
            "orgID": org_id, "bucketID": bucket, "database": space.database,
            "retention_policy": "autogen", "default": true,
        });
        // Where this fails the canary shows it: the database cannot be read by InfluxQL.
        admin.send(post("/api/v2/dbrps", &body)).await.ok();
    }
}

async fn grant(
    admin: &Admin<'_>,
    space: &mut Space,
    bucket: &str,
    actions: &[&str],
    placeholder: &'static str,
) -> Result<(Credential, String), NotMade> {
    let resource = json!({"type": "buckets", "id": bucket, "orgID": space.org_id});
    let permissions: Vec<_> =
        actions.iter().map(|action| json!({"action": action, "resource": resource})).collect();
    let body = json!({
        "orgID": space.org_id, "description": space.database, "permissions": permissions,
    });
    let made = expect(
        admin,
        admin.send(post("/api/v2/authorizations", &body)).await,
        201,
        "POST authorization",
    )?;
    let text = |key: &str| made[key].as_str().unwrap_or_default().to_owned();
    space.made.push(Made::Authorization(text("id")));
    Ok((credential(Some(format!("Token {}", text("token"))), placeholder), text("id")))
}

pub(super) async fn give_back(admin: &Admin<'_>, made: &Made) -> Result<(), String> {
    let path = match made {
        Made::Bucket(id) => format!("/api/v2/buckets/{id}"),
        Made::Authorization(id) => format!("/api/v2/authorizations/{id}"),
        Made::User(_) | Made::Database(_) | Made::Token(_) => return Ok(()),
    };
    match admin.send(Request::new("DELETE", path)).await {
        Ok(answer) if matches!(answer.status, 204 | 404) => Ok(()),
        answer => Err(admin.refused("DELETE", answer)),
    }
}

/// Names and ids of all buckets that are no system's own.
pub(super) async fn buckets(
    admin: &Admin<'_>,
    ready: &Ready,
) -> Result<Vec<(String, String)>, String> {
    let org = ready.org_id.as_deref().unwrap_or_default();
    let mut found = Vec::new();
    loop {
        let path = format!("/api/v2/buckets?orgID={org}&limit=100&offset={}", found.len());
        let answer = admin.send(Request::new("GET", path)).await;
        let listed = answer.as_ref().ok().filter(|response| response.status == 200);
        let Some(page) = listed.and_then(|r| json_of(r)["buckets"].as_array().cloned()) else {
            return Err(admin.refused("GET buckets", answer));
        };
        let text = |b: &Json, key: &str| b[key].as_str().unwrap_or_default().to_owned();
        found.extend(page.iter().map(|b| (text(b, "name"), text(b, "id"))));
        if page.len() < 100 {
            return Ok(found);
        }
    }
}

fn post(path: &str, body: &Json) -> Request {
    Request::new("POST", path).header("Content-Type", "application/json").body(body.to_string())
}

fn json_of(response: &Response) -> Json {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

fn expect(
    admin: &Admin<'_>,
    answer: Result<Response, WireError>,
    status: u16,
    what: &str,
) -> Result<Json, NotMade> {
    match &answer {
        Ok(response) if response.status == status => Ok(json_of(response)),
        _ => Err(NotMade::Refused(admin.refused(what, answer))),
    }
}
