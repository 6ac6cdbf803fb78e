//! Version 2: set-up, buckets and authorizations; Flux reads back beside InfluxQL.

use super::{Family, influxql};
use crate::answer::{Answer, ReadBack, Stored};
use crate::client::{Client, query};
use crate::placeholders::Values;
use serde_json::{Value, json};

const ORG: &str = "acme";
const TOKEN: &str = "op-token";
/// The bucket of the set-up.
const FIRST: &str = "first";

/// Version 2.
pub(crate) struct V2 {
    auth: bool,
    /// Each bucket was mapped by hand: `/write` and `/query` do not reach it otherwise.
    mapped: bool,
    org: String,
    /// The authorizations of the set-up.
    kept: Vec<String>,
}

impl V2 {
    /// Sets a fresh server up.
    pub(crate) fn new(client: &mut Client, auth: bool, mapped: bool) -> Result<Self, String> {
        if client.call("GET", "/api/v2/setup", None)?["allowed"] == true {
            let setup = json!({
                "username": "admin", "password": "password",
                "org": ORG, "bucket": FIRST, "token": TOKEN,
            });
            client.call("POST", "/api/v2/setup", Some(&setup))?;
        }
        client.authorization = Some(format!("Token {TOKEN}"));
        let orgs = client.call("GET", &format!("/api/v2/orgs?org={ORG}"), None)?;
        let org = text(&orgs["orgs"][0]["id"], "the organisation's id")?;
        let kept = authorizations(client)?;
        Ok(Self { auth, mapped, org, kept })
    }

    fn bucket(&self, client: &mut Client, name: &str) -> Result<String, String> {
        let bucket = json!({ "orgID": self.org, "name": name, "retentionRules": [] });
        let made = client.call("POST", "/api/v2/buckets", Some(&bucket))?;
        text(&made["id"], "the bucket's id")
    }

    fn grant(
        &self,
        client: &mut Client,
        bucket: &str,
        actions: &[&str],
    ) -> Result<(String, String), String> {
        let resource = json!({ "type": "buckets", "id": bucket, "orgID": self.org });
        let permissions: Vec<_> =
            actions.iter().map(|a| json!({ "action": a, "resource": resource })).collect();
        let wanted = json!({ "orgID": self.org, "permissions": permissions });
        let made = client.call("POST", "/api/v2/authorizations", Some(&wanted))?;
        Ok((text(&made["id"], "the authorization's id")?, text(&made["token"], "its token")?))
    }

    fn tokens(
        &self,
        client: &mut Client,
        db: &str,
        bucket: &str,
        values: &mut Values,
    ) -> Result<(), String> {
        let other = self.bucket(client, &format!("other_{db}"))?;
        let all = ["read", "write"];
        let on = |client: &mut Client, bucket, actions| self.grant(client, bucket, actions);
        values.set("ro", &on(client, bucket, &["read"])?.1);
        values.set("wo", &on(client, bucket, &["write"])?.1);
        values.set("rw", &on(client, bucket, &all)?.1);
        values.set("other", &on(client, &other, &all)?.1);
        let (id, token) = on(client, bucket, &all)?;
        values.set("off", &token);
        let inactive = json!({ "status": "inactive" });
        client.call("PATCH", &format!("/api/v2/authorizations/{id}"), Some(&inactive))?;
        Ok(())
    }
}

impl Family for V2 {
    fn create(&mut self, client: &mut Client, db: &str) -> Result<Values, String> {
        let bucket = self.bucket(client, db)?;
        if self.mapped {
            let mapping = json!({
                "orgID": self.org, "bucketID": bucket, "database": db,
                "retention_policy": "autogen", "default": true,
            });
            client.call("POST", "/api/v2/dbrps", Some(&mapping))?;
        }
        let mut values = Values::new(db);
        values.set("org", ORG);
        values.set("ORG", &ORG.to_uppercase());
        values.set("org_id", &self.org);
        values.set("bucket_id", &bucket);
        values.set("token", TOKEN);
        if self.auth {
            self.tokens(client, db, &bucket, &mut values)?;
        }
        Ok(values)
    }

    fn forget(&mut self, client: &mut Client, _db: &str) -> Result<(), String> {
        let list = client.call("GET", "/api/v2/buckets?limit=100", None)?;
        for bucket in list["buckets"].as_array().into_iter().flatten() {
            if bucket["type"] != "system" && bucket["name"] != FIRST {
                let id = text(&bucket["id"], "a bucket's id")?;
                client.call("DELETE", &format!("/api/v2/buckets/{id}"), None)?;
            }
        }
        if self.auth {
            for id in authorizations(client)? {
                if !self.kept.contains(&id) {
                    client.call("DELETE", &format!("/api/v2/authorizations/{id}"), None)?;
                }
            }
        }
        Ok(())
    }

    fn read(&mut self, client: &mut Client, db: &str) -> Stored {
        let flux = format!(
            "from(bucket:\"{db}\") \
             |> range(start: 1677-09-21T00:12:43.145224194Z, stop: 2262-04-11T23:47:16.854775806Z) \
             |> drop(columns: [\"_start\",\"_stop\"]) |> sort(columns: [\"_time\"])"
        );
        let headers = [("Content-Type", "application/vnd.flux"), ("Accept", "application/csv")];
        let target = format!("/api/v2/query?{}", query(&[("org", ORG)]));
        let Answer { status, body, .. } = client.ask("POST", &target, &headers, flux.as_bytes());
        let mut stored = influxql(client, db);
        stored.insert("flux".to_owned(), ReadBack { status, body });
        stored
    }
}

fn authorizations(client: &mut Client) -> Result<Vec<String>, String> {
    let list = client.call("GET", "/api/v2/authorizations?limit=100", None)?;
    let list = list["authorizations"].as_array().into_iter().flatten();
    list.map(|a| text(&a["id"], "an authorization's id")).collect()
}

fn text(value: &Value, what: &str) -> Result<String, String> {
    value.as_str().map(str::to_owned).ok_or_else(|| format!("the server did not tell {what}"))
}
