//! `/api/v3/configure`: databases, the admin token, and tokens with fewer rights.

use super::{Admin, Lacks, NotMade, Ready, Wanted, credential};
use crate::case::Role;
use crate::read_back::encode;
use crate::space::{Credential, Made, Space};
use crate::target::{Target, Unusable};
use crate::wire::{Pool, Request, Response};
use profiles::Capability;
use serde_json::{Value as Json, json};

const DATABASE: &str = "/api/v3/configure/database";
/// Where products that have them make tokens with rights on some databases.
const RESOURCE_TOKEN: &str = "/api/v3/enterprise/configure/token";
/// Where tokens are deleted.
const TOKEN: &str = "/api/v3/configure/token";

pub(super) async fn prepare(target: &Target, pool: &Pool) -> Result<Ready, Unusable> {
    let mut notes = Vec::new();
    let mut lacks = Lacks::new();
    let mut token =
        target.credentials.token.clone().or_else(|| target.credentials.password.clone());
    let anonymous = Admin { target, pool, authorization: None };
    let seen = anonymous.send(list()).await;
    let seen = seen.map_err(|error| crate::diagnose::wire(&target.base, &error))?;
    let seen = crate::diagnose::api(&target.base, "/api/v3/configure/database", seen)?;
    if token.is_none() && matches!(seen.status, 401 | 403) {
        // A fresh server gives its first admin token to whoever asks.
        let asked = anonymous.send(Request::new("POST", "/api/v3/configure/token/admin")).await;
        let given = asked.ok().filter(|answer| answer.status == 201);
        token = given.and_then(|answer| json_of(&answer)["token"].as_str().map(str::to_owned));
        match token {
            Some(_) => {
                notes
                    .push("the server was fresh: its admin token was made for this run".to_owned());
            }
            None => {
                return Err(Unusable(format!(
                    "{} wants a token (status {}): give --token, or set LINEPROOF_TOKEN",
                    target.base.url(),
                    seen.status
                )));
            }
        }
    }
    if token.is_none() {
        let why = "the server asks for no credentials";
        lacks.insert(Capability::Auth, why.to_owned());
        lacks.insert(Capability::Permissions, why.to_owned());
    }
    let authorization = token.as_ref().map(|token| format!("Bearer {token}"));
    let admin = Admin { target, pool, authorization: authorization.clone() };
    let own = admin.send(list()).await;
    let own = own.map_err(|error| crate::diagnose::wire(&target.base, &error))?;
    if matches!(own.status, 401 | 403) {
        return Err(Unusable(format!(
            "{} refuses the token (status {}): check --token or LINEPROOF_TOKEN",
            target.base.url(),
            own.status
        )));
    }
    if token.is_some() && (200..300).contains(&seen.status) {
        notes.push(super::NOT_ASKED_FOR.to_owned());
    }
    if matches!(own.status, 404 | 405 | 501) {
        let why = format!("no {DATABASE} (status {})", own.status);
        lacks.insert(Capability::CreateDatabase, why.clone());
        lacks.insert(Capability::Retention, why);
    }
    let others = names(&own).into_iter().filter(|name| !name.starts_with('_')).count();
    if others > 0 {
        let why =
            format!("the server already holds {others} databases, which count towards its limits");
        lacks.insert(Capability::Limits, why);
    }
    Ok(Ready {
        authorization,
        token: token.unwrap_or_default(),
        org: None,
        org_id: None,
        lacks,
        held: others,
        notes,
    })
}

pub(super) async fn create(
    admin: &Admin<'_>,
    wanted: &Wanted<'_>,
    space: &mut Space,
) -> Result<(), NotMade> {
    let seconds = wanted.retention.map(|retention| retention.as_secs());
    database(admin, space, wanted.database, seconds).await?;
    for role in wanted.roles {
        let credential = match role {
            Role::Owner | Role::None => continue,
            Role::Wrong => credential(Some("Bearer apiv3_lineproof-wrong".to_owned()), "{wrong}"),
            Role::ReadOnly => {
                grant(admin, space, wanted.database, &["read"], "{read-only}").await?
            }
            Role::WriteOnly => {
                grant(admin, space, wanted.database, &["write"], "{write-only}").await?
            }
            Role::ReadWrite => {
                grant(admin, space, wanted.database, &["read", "write"], "{read-write}").await?
            }
            Role::Other => {
                // It begins like the case's, so that it is swept with it.
                let other = format!("{}_other", wanted.database);
                database(admin, space, &other, None).await?;
                grant(admin, space, &other, &["read", "write"], "{other}").await?
            }
            Role::Inactive => return Err(NotMade::NoSuchRole(*role)),
        };
        space.roles.insert(*role, credential);
    }
    Ok(())
}

async fn database(
    admin: &Admin<'_>,
    space: &mut Space,
    name: &str,
    retention: Option<u64>,
) -> Result<(), NotMade> {
    let mut body = json!({"db": name});
    if let Some(seconds) = retention {
        body["retention_period"] = format!("{seconds}s").into();
    }
    space.made.push(Made::Database(name.to_owned()));
    match admin.send(post(DATABASE, &body)).await {
        Ok(answer) if answer.status == 200 => Ok(()),
        answer => Err(NotMade::Refused(admin.refused("POST database", answer))),
    }
}

/// A token that may do this to one database; named after it, and after what it may do.
async fn grant(
    admin: &Admin<'_>,
    space: &mut Space,
    database: &str,
    actions: &[&str],
    placeholder: &'static str,
) -> Result<Credential, NotMade> {
    let name = format!("{database}-{}", actions.join("-"));
    let body = json!({
        "token_name": name,
        "permissions": [{
            "resource_type": "db", "resource_identifier": [database], "actions": actions,
        }],
    });
    let answer = admin.send(post(RESOURCE_TOKEN, &body)).await;
    let made = answer.as_ref().ok().filter(|answer| matches!(answer.status, 200 | 201));
    let Some(token) = made.and_then(|made| json_of(made)["token"].as_str().map(str::to_owned))
    else {
        return Err(NotMade::Refused(admin.refused("POST token", answer)));
    };
    space.made.push(Made::Token(name));
    Ok(credential(Some(format!("Bearer {token}")), placeholder))
}

fn post(path: &str, body: &Json) -> Request {
    Request::new("POST", path).header("Content-Type", "application/json").body(body.to_string())
}

pub(super) async fn give_back(admin: &Admin<'_>, made: &Made) -> Result<(), String> {
    let target = match made {
        Made::Database(name) => format!("{DATABASE}?db={}&hard_delete_at=now", encode(name)),
        Made::Token(name) => format!("{TOKEN}?token_name={}", encode(name)),
        Made::Bucket(_) | Made::Authorization(_) | Made::User(_) => return Ok(()),
    };
    match admin.send(Request::new("DELETE", target)).await {
        Ok(answer) if matches!(answer.status, 200 | 204 | 404) => Ok(()),
        answer => Err(admin.refused("DELETE", answer)),
    }
}

pub(super) async fn databases(admin: &Admin<'_>) -> Result<Vec<String>, String> {
    match admin.send(list()).await {
        Ok(answer) if answer.status == 200 && json_of(&answer).is_array() => Ok(names(&answer)),
        answer => Err(admin.refused("GET database", answer)),
    }
}

fn list() -> Request {
    Request::new("GET", format!("{DATABASE}?format=json"))
}

fn names(answer: &Response) -> Vec<String> {
    let json = json_of(answer);
    let rows = json.as_array().cloned().unwrap_or_default();
    let name = |row: &Json| {
        row["iox::database"].as_str().or_else(|| row["db"].as_str()).map(str::to_owned)
    };
    rows.iter().filter_map(name).collect()
}

fn json_of(response: &Response) -> Json {
    serde_json::from_slice(&response.body).unwrap_or_default()
}
