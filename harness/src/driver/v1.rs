//! `/write` and `/query`: databases, users and grants are made by InfluxQL.

use super::{Admin, Lacks, NotMade, Ready, Wanted, credential};
use crate::case::Role;
use crate::read_back::encode;
use crate::space::{Credential, Made, Space};
use crate::target::{Credentials, Target, Unusable};
use crate::wire::{Pool, Request, Response};
use base64::Engine;
use profiles::Capability;
use serde_json::Value as Json;

/// The password of the users that a case needs: they have rights on its database only.
const PASSWORD: &str = "lineproof-case-password";

pub(super) async fn prepare(target: &Target, pool: &Pool) -> Result<Ready, Unusable> {
    let authorization = authorization(&target.credentials);
    let mut ready = Ready {
        token: target
            .credentials
            .password
            .clone()
            .or_else(|| target.credentials.token.clone())
            .unwrap_or_default(),
        authorization: authorization.clone(),
        org: None,
        org_id: None,
        lacks: Lacks::new(),
        held: 0,
        notes: Vec::new(),
    };
    let admin = Admin { target, pool, authorization };
    let anonymous = admin.anonymous(statement("SHOW DATABASES")).await;
    let anonymous = anonymous.map_err(|error| crate::diagnose::wire(&target.base, &error))?;
    let anonymous = crate::diagnose::api(&target.base, "/query", anonymous)?;
    // An answer that is no refusal: credentials are not asked for.
    if target.credentials.is_empty() {
        if matches!(anonymous.status, 401 | 403) {
            return Err(Unusable(format!(
                "{} wants credentials (status {}): give --user and --password, or set LINEPROOF_USER and LINEPROOF_PASSWORD",
                target.base.url(),
                anonymous.status
            )));
        }
        let why = "the server asks for no credentials";
        ready.lacks.insert(Capability::Auth, why.to_owned());
        ready.lacks.insert(Capability::Permissions, why.to_owned());
    } else {
        first_admin(&admin, &anonymous, &mut ready).await;
        let own = admin.send(statement("SHOW DATABASES")).await;
        if let Ok(Response { status: status @ (401 | 403), .. }) = own {
            return Err(Unusable(format!(
                "{} refuses the credentials (status {status}): check --user and --password",
                target.base.url()
            )));
        }
        if (200..300).contains(&anonymous.status) {
            ready.notes.push(super::NOT_ASKED_FOR.to_owned());
        }
    }
    if !speaks_influxql(&admin).await {
        let why = "the server answers a statement that cannot be as if it were one: no InfluxQL";
        for lacking in [Capability::Influxql, Capability::CreateDatabase, Capability::Retention] {
            ready.lacks.insert(lacking, why.to_owned());
        }
    }
    Ok(ready)
}

/// Whether a server with authentication on has no user yet, who was answered this without credentials.
/// It refuses everybody alike then (403), and asks nobody who they are (401): nobody could tell. In
/// words of JSON: a gateway has its own pages.
/// (influxdb 1.6.7, services/httpd/handler.go, `authenticate`: credentials are only looked at where
/// `AdminUserExists`; query_authorizer.go, `AuthorizeQuery`: an error where `UserCount` is 0.)
pub(crate) async fn has_no_user(pool: &Pool, anonymous: &Response) -> bool {
    let refuses = |answer: &Response| {
        let json: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        answer.status == 403 && json["error"].is_string()
    };
    if !refuses(anonymous) {
        return false;
    }
    let mut request = statement("SHOW DATABASES");
    let nobody = basic("lineproof", "nobody").authorization;
    request.headers.extend(nobody.map(|value| ("Authorization".to_owned(), value)));
    pool.send(&request).await.is_ok_and(|answer| refuses(&answer))
}

/// A fresh server with authentication on has no user yet, and lets anybody make the first.
async fn first_admin(admin: &Admin<'_>, anonymous: &Response, ready: &mut Ready) {
    let credentials = &admin.target.credentials;
    if let (Some(user), Some(password)) = (&credentials.user, &credentials.password)
        && has_no_user(admin.pool, anonymous).await
    {
        let text = format!(
            "CREATE USER {} WITH PASSWORD '{}' WITH ALL PRIVILEGES",
            quoted(user),
            password.replace('\\', "\\\\").replace('\'', "\\'")
        );
        if admin.anonymous(with_password(&text)).await.is_ok_and(|r| r.status == 200) {
            ready.notes.push(
                "the server had no user yet: the one given was made its first admin".to_owned(),
            );
        }
    }
}

/// An InfluxQL server refuses nonsense. The probe passes, and InfluxQL is absent, only where there
/// is an orderly answer that no InfluxQL server gives.
async fn speaks_influxql(admin: &Admin<'_>) -> bool {
    match admin.send(statement("LINEPROOF IS NO STATEMENT")).await {
        Ok(answer) if matches!(answer.status, 404 | 405 | 501) => false,
        Ok(answer) if answer.status == 200 => {
            let json: Option<Json> = serde_json::from_slice(&answer.body).ok();
            json.is_none_or(|json| {
                json["results"][0]["error"].is_string() || json["error"].is_string()
            })
        }
        _ => true,
    }
}

pub(super) async fn create(
    admin: &Admin<'_>,
    wanted: &Wanted<'_>,
    space: &mut Space,
) -> Result<(), NotMade> {
    let database = wanted.database.to_owned();
    let with = wanted
        .retention
        .map_or_else(String::new, |duration| format!(" WITH DURATION {}s", duration.as_secs()));
    space.made.push(Made::Database(database.clone()));
    execute(admin, &format!("CREATE DATABASE {}{with}", quoted(&database))).await?;
    for role in wanted.roles {
        let credential = match role {
            Role::Owner | Role::None => continue,
            Role::Wrong => basic("lineproof-nobody", "lineproof-wrong"),
            Role::Inactive => return Err(NotMade::NoSuchRole(*role)),
            Role::ReadOnly => user(admin, space, "ro", &database, "READ").await?,
            Role::WriteOnly => user(admin, space, "wo", &database, "WRITE").await?,
            Role::ReadWrite => user(admin, space, "rw", &database, "ALL").await?,
            Role::Other => {
                let other = format!("{database}_other");
                space.made.push(Made::Database(other.clone()));
                execute(admin, &format!("CREATE DATABASE {}", quoted(&other))).await?;
                user(admin, space, "other", &other, "ALL").await?
            }
        };
        space.roles.insert(*role, credential);
    }
    Ok(())
}

async fn user(
    admin: &Admin<'_>,
    space: &mut Space,
    kind: &'static str,
    database: &str,
    right: &str,
) -> Result<Credential, NotMade> {
    let name = format!("{}_{kind}", space.database);
    space.made.push(Made::User(name.clone()));
    let create = format!("CREATE USER {} WITH PASSWORD '{PASSWORD}'", quoted(&name));
    succeed(admin, with_password(&create), "CREATE USER").await?;
    execute(admin, &format!("GRANT {right} ON {} TO {}", quoted(database), quoted(&name))).await?;
    let mut credential = basic(&name, PASSWORD);
    credential.secrets.push((PASSWORD.to_owned(), "{password}"));
    Ok(credential)
}

pub(super) async fn give_back(admin: &Admin<'_>, made: &Made) -> Result<(), String> {
    let text = match made {
        Made::Database(name) => format!("DROP DATABASE {}", quoted(name)),
        Made::User(name) => format!("DROP USER {}", quoted(name)),
        Made::Bucket(_) | Made::Authorization(_) | Made::Token(_) => return Ok(()),
    };
    match execute(admin, &text).await {
        Err(NotMade::Refused(why)) if !why.contains("not found") => Err(why),
        _ => Ok(()),
    }
}

pub(super) async fn databases(admin: &Admin<'_>) -> Result<Vec<String>, String> {
    names(admin, "SHOW DATABASES").await
}

pub(super) async fn users(admin: &Admin<'_>) -> Result<Vec<String>, String> {
    names(admin, "SHOW USERS").await
}

/// The first column of a statement's only series.
async fn names(admin: &Admin<'_>, text: &str) -> Result<Vec<String>, String> {
    let answer = admin.send(statement(text)).await;
    let Some(json) = answer.as_ref().ok().and_then(succeeded) else {
        return Err(admin.refused(text, answer));
    };
    let rows = json["results"][0]["series"][0]["values"].as_array().cloned().unwrap_or_default();
    Ok(rows.iter().filter_map(|row| row[0].as_str().map(str::to_owned)).collect())
}

/// A statement that must succeed.
async fn execute(admin: &Admin<'_>, text: &str) -> Result<(), NotMade> {
    let verb: Vec<_> = text.split(' ').take(2).collect();
    succeed(admin, statement(text), &verb.join(" ")).await
}

async fn succeed(admin: &Admin<'_>, statement: Request, verb: &str) -> Result<(), NotMade> {
    let answer = admin.send(statement).await;
    if answer.as_ref().is_ok_and(|response| succeeded(response).is_some()) {
        return Ok(());
    }
    Err(NotMade::Refused(admin.refused(verb, answer)))
}

/// What a statement gave, if it succeeded.
fn succeeded(response: &Response) -> Option<Json> {
    let json: Json = serde_json::from_slice(&response.body).ok()?;
    let good = response.status == 200
        && json["results"].is_array()
        && json["results"][0]["error"].is_null();
    good.then_some(json)
}

fn statement(text: &str) -> Request {
    Request::new("POST", format!("/query?q={}", encode(text)))
}

/// A statement that no access log may show: URLs are logged, forms are not.
fn with_password(text: &str) -> Request {
    Request::new("POST", "/query")
        .header("Content-Type", "application/x-www-form-urlencoded")
        .body(format!("q={}", encode(text)))
}

pub(super) fn authorization(credentials: &Credentials) -> Option<String> {
    match (&credentials.user, &credentials.token) {
        (Some(user), _) => {
            basic(user, credentials.password.as_deref().unwrap_or_default()).authorization
        }
        (None, Some(token)) => Some(format!("Token {token}")),
        (None, None) => None,
    }
}

fn basic(user: &str, password: &str) -> Credential {
    let pair = base64::engine::general_purpose::STANDARD.encode(format!("{user}:{password}"));
    credential(Some(format!("Basic {pair}")), "{credentials}")
}

/// An InfluxQL identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_are_in_no_url() {
        let request = with_password("CREATE USER \"a\" WITH PASSWORD 'b&c'");
        assert_eq!(request.target, "/query");
        assert_eq!(request.body, b"q=CREATE%20USER%20%22a%22%20WITH%20PASSWORD%20%27b%26c%27");
    }
}
