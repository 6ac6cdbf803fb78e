//! `/api/v3/configure`: databases and the admin token.

use super::{Admin, Lacks, NotMade, Ready, Wanted, credential};
use crate::case::Role;
use crate::read_back::encode;
use crate::space::{Made, Space};
use crate::target::{Target, Unusable};
use crate::wire::{Pool, Request, Response};
use profiles::Capability;
use serde_json::{Value as Json, json};

const DATABASE: &str = "/api/v3/configure/database";

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
    let mut body = json!({"db": wanted.database});
    if let Some(retention) = wanted.retention {
        body["retention_period"] = format!("{}s", retention.as_secs()).into();
    }
    let request = Request::new("POST", DATABASE)
        .header("Content-Type", "application/json")
        .body(body.to_string());
    space.made.push(Made::Database(wanted.database.to_owned()));
    match admin.send(request).await {
        Ok(answer) if answer.status == 200 => {}
        answer => return Err(NotMade::Refused(admin.refused("POST database", answer))),
    }
    for role in wanted.roles {
        match role {
            Role::Owner | Role::None => {}
            Role::Wrong => {
                let wrong = Some("Bearer apiv3_lineproof-wrong".to_owned());
                space.roles.insert(*role, credential(wrong, "{wrong}"));
            }
            other => return Err(NotMade::NoSuchRole(*other)),
        }
    }
    Ok(())
}

pub(super) async fn give_back(admin: &Admin<'_>, made: &Made) -> Result<(), String> {
    let Made::Database(name) = made else { return Ok(()) };
    let target = format!("{DATABASE}?db={}&hard_delete_at=now", encode(name));
    match admin.send(Request::new("DELETE", target)).await {
        Ok(answer) if matches!(answer.status, 200 | 204 | 404) => Ok(()),
        answer => Err(admin.refused("DELETE database", answer)),
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
