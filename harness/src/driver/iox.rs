//! `/api/v0`: databases and tokens of a cluster. Where a target has no such API at its URL, as behind
//! a cluster whose accounts are managed elsewhere, everything happens in one existing database.

use super::{Admin, Lacks, NotMade, Ready, Wanted, credential};
use crate::case::Role;
use crate::read_back::encode;
use crate::space::{Credential, Made, Space};
use crate::target::{Target, Unusable};
use crate::wire::{Pool, Request, Response};
use profiles::{Capability, Family, Management};
use serde_json::{Value as Json, json};

/// The account and the cluster where `--org` names none; the embedded server takes any.
const ANY: &str = "00000000-0000-4000-8000-000000000000";

/// The path of a resource: `--org ACCOUNT/CLUSTER` names both where the product has them.
fn path(target: &Target, resource: &str) -> String {
    let named = target.org.as_deref().and_then(|org| org.split_once('/'));
    match target.profile.family {
        Family::Iox(Management::Account) => {
            let (account, cluster) = named.unwrap_or((ANY, ANY));
            let (account, cluster) = (encode(account), encode(cluster));
            format!("/api/v0/accounts/{account}/clusters/{cluster}/{resource}")
        }
        _ => format!("/api/v0/{resource}"),
    }
}

pub(super) async fn prepare(target: &Target, pool: &Pool) -> Result<Ready, Unusable> {
    let mut lacks = Lacks::new();
    let token = target.credentials.token.clone();
    let authorization = super::authorization(target);
    let admin = Admin { target, pool, authorization: authorization.clone() };
    let databases = path(target, "databases");
    let seen = admin.send(Request::new("GET", databases.as_str())).await;
    let seen = seen.map_err(|error| crate::diagnose::wire(&target.base, &error))?;
    let managed = seen.status == 200 && json_of(&seen).is_array();
    if token.is_none() {
        if !managed && target.database.is_none() {
            return Err(Unusable(format!(
                "{} wants a token (status {}): give --token, or set LINEPROOF_TOKEN",
                target.base.url(),
                seen.status
            )));
        }
        let why = "no token was given";
        lacks.insert(Capability::Auth, why.to_owned());
        lacks.insert(Capability::Permissions, why.to_owned());
    }
    if !managed {
        if target.database.is_none() {
            return Err(Unusable(format!(
                "{} makes no databases (GET {databases}: status {}): name one with --database, or \
                 give the token of a manager, and with --org ACCOUNT/CLUSTER where they are needed",
                target.base.url(),
                seen.status
            )));
        }
        let why = format!("no {databases} (status {})", seen.status);
        for lacking in [Capability::CreateDatabase, Capability::Retention, Capability::Permissions]
        {
            lacks.entry(lacking).or_insert_with(|| why.clone());
        }
    }
    Ok(Ready {
        authorization,
        token: token.unwrap_or_default(),
        org: None,
        org_id: None,
        lacks,
        held: 0,
        notes: Vec::new(),
    })
}

pub(super) async fn create(
    admin: &Admin<'_>,
    wanted: &Wanted<'_>,
    space: &mut Space,
) -> Result<(), NotMade> {
    let retention = wanted.retention.map_or(0, |period| period.as_nanos());
    let retention = i64::try_from(retention).unwrap_or(i64::MAX);
    database(admin, space, wanted.database, retention).await?;
    let own = wanted.database;
    for role in wanted.roles {
        let credential = match role {
            Role::Owner | Role::None => continue,
            Role::Wrong => credential(Some("Bearer apiv1_lineproof-wrong".to_owned()), "{wrong}"),
            Role::ReadOnly => grant(admin, space, own, &["read"], "{read-only}").await?,
            Role::WriteOnly => grant(admin, space, own, &["write"], "{write-only}").await?,
            Role::ReadWrite => grant(admin, space, own, &["read", "write"], "{read-write}").await?,
            Role::Other => {
                let other = format!("{own}_other");
                database(admin, space, &other, 0).await?;
                grant(admin, space, &other, &["read", "write"], "{other}").await?
            }
            // A token of a cluster is there or it is not.
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
    retention: i64,
) -> Result<(), NotMade> {
    let body = json!({"name": name, "retentionPeriod": retention});
    space.made.push(Made::Database(name.to_owned()));
    match admin.send(post(&path(admin.target, "databases"), &body)).await {
        Ok(answer) if matches!(answer.status, 200 | 201) => Ok(()),
        answer => Err(NotMade::Refused(admin.refused("POST databases", answer))),
    }
}

async fn grant(
    admin: &Admin<'_>,
    space: &mut Space,
    database: &str,
    actions: &[&str],
    placeholder: &'static str,
) -> Result<Credential, NotMade> {
    let permissions: Vec<_> =
        actions.iter().map(|action| json!({"action": action, "resource": database})).collect();
    let body = json!({"description": space.database, "permissions": permissions});
    let answer = admin.send(post(&path(admin.target, "tokens"), &body)).await;
    if let Ok(response) = &answer
        && let Some(secret) = json_of(response)["accessToken"].as_str()
    {
        if let Some(id) = json_of(response)["id"].as_str() {
            space.made.push(Made::Token(id.to_owned()));
        }
        return Ok(credential(Some(format!("Bearer {secret}")), placeholder));
    }
    Err(NotMade::Refused(admin.refused("POST tokens", answer)))
}

pub(super) async fn give_back(admin: &Admin<'_>, made: &Made) -> Result<(), String> {
    let resource = match made {
        Made::Database(name) => format!("databases/{}", encode(name)),
        Made::Token(id) => format!("tokens/{}", encode(id)),
        Made::Bucket(_) | Made::Authorization(_) | Made::User(_) => return Ok(()),
    };
    match admin.send(Request::new("DELETE", path(admin.target, &resource))).await {
        Ok(answer) if matches!(answer.status, 200 | 204 | 404) => Ok(()),
        answer => Err(admin.refused("DELETE", answer)),
    }
}

pub(super) async fn databases(admin: &Admin<'_>) -> Result<Vec<String>, String> {
    let answer = admin.send(Request::new("GET", path(admin.target, "databases"))).await;
    match &answer {
        Ok(response) if response.status == 200 && json_of(response).is_array() => {
            let rows = json_of(response);
            let name = |row: &Json| row["name"].as_str().map(str::to_owned);
            Ok(rows.as_array().into_iter().flatten().filter_map(name).collect())
        }
        _ => Err(admin.refused("GET databases", answer)),
    }
}

fn post(path: &str, body: &Json) -> Request {
    Request::new("POST", path).header("Content-Type", "application/json").body(body.to_string())
}

fn json_of(response: &Response) -> Json {
    serde_json::from_slice(&response.body).unwrap_or_default()
}
