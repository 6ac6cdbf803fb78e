//! What differs between the API families before and after a case: how a target is made ready, how
//! databases and lesser credentials are made and given back.

mod iox;
pub(crate) mod v1;
mod v2;
mod v3;

use crate::case::{Role, SchemaType};
use crate::redact::Secrets;
use crate::space::{Credential, Made, Space};
use crate::target::{Target, Unusable};
use crate::wire::{Pool, Request, Response, WireError};
use profiles::{Capability, Family, Management};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// What a target was found to lack, and why.
pub(crate) type Lacks = BTreeMap<Capability, String>;

/// Said where credentials were given to a server that answers without.
const NOT_ASKED_FOR: &str = "the server answers without credentials, too (it told its databases): where it \
     is to be so, leave out those that were given (--token, --user and --password, or their variables), and \
     cases about them are skipped";

/// What is made for one case.
pub(crate) struct Wanted<'c> {
    pub(crate) database: &'c str,
    pub(crate) retention: Option<Duration>,
    pub(crate) schema: Option<SchemaType>,
    pub(crate) roles: &'c BTreeSet<Role>,
}

/// Why a case could not begin.
#[derive(Clone, Debug)]
pub(crate) enum NotMade {
    /// The target said no, or said nothing.
    Refused(String),
    /// The family has no such role.
    NoSuchRole(Role),
}

/// Our own way to a target: the requests that no case asked for.
pub(crate) struct Admin<'t> {
    pub(crate) target: &'t Target,
    pub(crate) pool: &'t Pool,
    pub(crate) authorization: Option<String>,
}

impl Admin<'_> {
    pub(crate) async fn send(&self, mut request: Request) -> Result<Response, WireError> {
        if let Some(value) = &self.authorization
            && request.get("authorization").is_none()
        {
            request.headers.push(("Authorization".to_owned(), value.clone()));
        }
        // On a kept connection that ends without an answer a request is sent again: what makes
        // something anew each time must not be.
        if request.method == "POST" {
            self.pool.send_fresh(&request).await
        } else {
            self.pool.send(&request).await
        }
    }

    /// What is said in a report of an answer that is not as it must be.
    fn refused(&self, what: &str, answer: Result<Response, WireError>) -> String {
        let own = self.authorization.as_deref().and_then(|value| value.split_whitespace().last());
        let secrets = self.target.credentials.secrets().chain(own.map(|own| (own, "{token}")));
        let secrets = Secrets::new(secrets);
        match answer {
            Ok(response) => {
                // Hidden before it is cut: half a secret would not be found.
                let text: String = secrets.hide(response.text().trim()).chars().take(200).collect();
                format!("{what}: status {} {text}", response.status)
            }
            Err(error) => format!("{what}: {}", secrets.hide(&error.to_string())),
        }
    }

    pub(crate) async fn anonymous(&self, request: Request) -> Result<Response, WireError> {
        self.pool.send(&request).await
    }
}

/// A target that has been made ready.
pub(crate) struct Ready {
    /// The `Authorization` header of our own requests.
    pub(crate) authorization: Option<String>,
    /// What `{token}` stands for.
    pub(crate) token: String,
    pub(crate) org: Option<String>,
    pub(crate) org_id: Option<String>,
    /// What it lacks.
    pub(crate) lacks: Lacks,
    /// How many databases it held already, where they count towards its limits.
    pub(crate) held: usize,
    /// What was done on the way, for the report.
    pub(crate) notes: Vec<String>,
}

/// Looks at the target, sets it up where it is fresh, and finds out what it lacks.
pub(crate) async fn prepare(target: &Target, pool: &Pool) -> Result<Ready, Unusable> {
    match target.profile.family {
        Family::V1 => v1::prepare(target, pool).await,
        Family::V2 | Family::Iox(Management::Buckets) => v2::prepare(target, pool).await,
        Family::V3 => v3::prepare(target, pool).await,
        Family::Iox(_) => iox::prepare(target, pool).await,
    }
}

/// The `Authorization` header by which this target's family knows us, before anything is asked.
pub(crate) fn authorization(target: &Target) -> Option<String> {
    let credentials = &target.credentials;
    let token = credentials.token.as_ref();
    match target.profile.family {
        Family::V1 => v1::authorization(credentials),
        Family::V2 | Family::Iox(Management::Buckets) => token.map(|t| format!("Token {t}")),
        Family::V3 => {
            token.or(credentials.password.as_ref()).map(|token| format!("Bearer {token}"))
        }
        Family::Iox(_) => token.map(|token| format!("Bearer {token}")),
    }
}

/// Every such header that the credentials can make, whatever the family.
pub(crate) fn authorizations(target: &Target) -> Vec<String> {
    let token = target.credentials.token.as_ref();
    let mut all: Vec<_> = token.map(|t| format!("Bearer {t}")).into_iter().collect();
    all.extend(v1::authorization(&target.credentials));
    all
}

/// Makes a case's database and credentials. On failure nothing is left behind.
pub(crate) async fn create(
    admin: &Admin<'_>,
    ready: &Ready,
    wanted: &Wanted<'_>,
) -> Result<Space, NotMade> {
    let mut space = Space {
        database: wanted.database.to_owned(),
        org: ready.org.clone(),
        org_id: ready.org_id.clone(),
        token: ready.token.clone(),
        now: crate::clock::now(),
        ..Space::default()
    };
    space.roles.insert(Role::Owner, credential(ready.authorization.clone(), "{token}"));
    let made = match admin.target.profile.family {
        Family::V1 => v1::create(admin, wanted, &mut space).await,
        Family::V2 | Family::Iox(Management::Buckets) => {
            v2::create(admin, wanted, &mut space).await
        }
        Family::V3 => v3::create(admin, wanted, &mut space).await,
        Family::Iox(_) => iox::create(admin, wanted, &mut space).await,
    };
    match made {
        Ok(()) => Ok(space),
        Err(error) => {
            give_back(admin, &space).await.ok();
            Err(match error {
                NotMade::Refused(why) => NotMade::Refused(space.secrets().hide(&why)),
                NotMade::NoSuchRole(_) => error,
            })
        }
    }
}

/// Gives back what was made for a case.
pub(crate) async fn give_back(admin: &Admin<'_>, space: &Space) -> Result<(), String> {
    let mut failed = Vec::new();
    for made in space.made.iter().rev() {
        if let Err(why) = give_back_one(admin, made).await {
            failed.push(why);
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("; ")) }
}

async fn give_back_one(admin: &Admin<'_>, made: &Made) -> Result<(), String> {
    match (admin.target.profile.family, made) {
        (Family::V1, _) => v1::give_back(admin, made).await,
        (Family::V2 | Family::Iox(Management::Buckets), _) => v2::give_back(admin, made).await,
        (Family::V3, _) => v3::give_back(admin, made).await,
        (Family::Iox(_), _) => iox::give_back(admin, made).await,
    }
}

/// Names of databases on the target, or why it does not tell them: no list is not an empty one.
pub(crate) async fn databases(admin: &Admin<'_>, ready: &Ready) -> Result<Vec<String>, String> {
    match admin.target.profile.family {
        Family::V1 => v1::databases(admin).await,
        Family::V2 | Family::Iox(Management::Buckets) => {
            let buckets = v2::buckets(admin, ready).await?;
            Ok(buckets.into_iter().map(|(name, _)| name).collect())
        }
        Family::V3 => v3::databases(admin).await,
        Family::Iox(_) => iox::databases(admin).await,
    }
}

/// Drops what this run has left behind anywhere: everything whose name begins like its databases.
pub(crate) async fn sweep(admin: &Admin<'_>, ready: &Ready, begins: &str) -> Result<(), String> {
    let mut space = Space::default();
    match admin.target.profile.family {
        Family::V2 | Family::Iox(Management::Buckets) => {
            let buckets = v2::buckets(admin, ready).await?;
            let ours = buckets.into_iter().filter(|(name, _)| name.contains(begins));
            space.made.extend(ours.map(|(_, id)| Made::Bucket(id)));
        }
        family => {
            let names = databases(admin, ready).await?;
            space
                .made
                .extend(names.into_iter().filter(|n| n.starts_with(begins)).map(Made::Database));
            if family == Family::V1 {
                // Where no users can be listed none were made.
                let users = v1::users(admin).await.unwrap_or_default();
                space
                    .made
                    .extend(users.into_iter().filter(|n| n.starts_with(begins)).map(Made::User));
            }
        }
    }
    give_back(admin, &space).await
}

/// A credential whose secret is the last word of its header.
pub(crate) fn credential(authorization: Option<String>, placeholder: &'static str) -> Credential {
    let secret = authorization.as_deref().and_then(|value| value.split_whitespace().last());
    let secrets = secret.map(|secret| (secret.to_owned(), placeholder)).into_iter().collect();
    Credential { authorization, secrets }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What looks at a target, sends one body to it or runs on it comes as the same.
    #[test]
    fn each_family_is_asked_as_the_same_somebody() {
        let own = |profile: &str, token: Option<&str>, password: Option<&str>| {
            let mut target = Target::new("http://h:1", profiles::find(profile).unwrap()).unwrap();
            target.credentials.token = token.map(str::to_owned);
            target.credentials.user = password.map(|_| "u".to_owned());
            target.credentials.password = password.map(str::to_owned);
            authorization(&target)
        };
        for (profile, of_token, of_password) in [
            ("oss-v1@1.6", Some("Token t"), Some("Basic dTpw")),
            ("oss-v2@2.7", Some("Token t"), None),
            ("v3-core@3.6", Some("Bearer t"), Some("Bearer p")),
            ("cloud-serverless", Some("Token t"), None),
            ("cloud-dedicated", Some("Bearer t"), None),
            ("clustered", Some("Bearer t"), None),
        ] {
            assert_eq!(own(profile, Some("t"), None).as_deref(), of_token, "{profile}");
            assert_eq!(own(profile, None, Some("p")).as_deref(), of_password, "{profile}");
        }
    }
}
