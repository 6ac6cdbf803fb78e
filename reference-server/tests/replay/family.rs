//! Making a server and a database ready, and reading back, in each API family.

use crate::answer::{Answer, ReadBack, Stored};
use crate::client::{Client, query};
use crate::placeholders::Values;
use base64::Engine as _;

mod v2;
pub(crate) use v2::V2;

/// What a family's probes need done.
pub(crate) trait Family {
    /// Makes a database, with what the recording gives on it.
    fn create(&mut self, client: &mut Client, db: &str) -> Result<Values, String>;
    /// Takes away all that a probe may have made.
    fn forget(&mut self, client: &mut Client, db: &str) -> Result<(), String>;
    /// What is stored.
    fn read(&mut self, client: &mut Client, db: &str) -> Stored {
        influxql(client, db)
    }
}

/// The family of this recording, its server made ready.
pub(crate) fn of(recording: &str, client: &mut Client) -> Result<Box<dyn Family>, String> {
    let auth = recording.ends_with("-auth");
    if recording.starts_with("v1-") {
        Ok(Box::new(V1::new(client, auth)?))
    } else if recording.starts_with("v2-") {
        Ok(Box::new(V2::new(client, auth, recording.contains("-2.1-"))?))
    } else {
        Ok(Box::new(V3::new(client, auth)?))
    }
}

/// Version 1: InfluxQL makes everything.
pub(crate) struct V1 {
    auth: bool,
}

impl V1 {
    fn new(client: &mut Client, auth: bool) -> Result<Self, String> {
        if auth {
            // The first user may be made without credentials.
            Self::run(client, "CREATE USER admin WITH PASSWORD 'admin' WITH ALL PRIVILEGES")?;
            let pair = base64::engine::general_purpose::STANDARD.encode("admin:admin");
            client.authorization = Some(format!("Basic {pair}"));
            Self::run(client, "CREATE USER rw WITH PASSWORD 'rw'")?;
            Self::run(client, "CREATE USER ro WITH PASSWORD 'ro'")?;
        }
        Ok(Self { auth })
    }

    fn run(client: &mut Client, influxql: &str) -> Result<(), String> {
        client.call("POST", &format!("/query?{}", query(&[("q", influxql)])), None)?;
        Ok(())
    }
}

impl Family for V1 {
    fn create(&mut self, client: &mut Client, db: &str) -> Result<Values, String> {
        Self::run(client, &format!("CREATE DATABASE \"{db}\""))?;
        if self.auth {
            Self::run(client, &format!("GRANT WRITE ON \"{db}\" TO rw"))?;
            Self::run(client, &format!("GRANT READ ON \"{db}\" TO ro"))?;
        }
        Ok(Values::new(db))
    }

    fn forget(&mut self, client: &mut Client, db: &str) -> Result<(), String> {
        Self::run(client, &format!("DROP DATABASE \"{db}\""))
    }
}

/// Version 3: its configuration API.
pub(crate) struct V3 {
    token: String,
}

impl V3 {
    fn new(client: &mut Client, auth: bool) -> Result<Self, String> {
        let mut token = String::new();
        if auth {
            let made = client.call("POST", "/api/v3/configure/token/admin", None)?;
            token = made["token"].as_str().ok_or("the server gave no admin token")?.to_owned();
            client.authorization = Some(format!("Bearer {token}"));
        }
        Ok(Self { token })
    }
}

impl Family for V3 {
    fn create(&mut self, client: &mut Client, db: &str) -> Result<Values, String> {
        let body = serde_json::json!({ "db": db });
        client.call("POST", "/api/v3/configure/database", Some(&body))?;
        let mut values = Values::new(db);
        values.set("token", &self.token);
        Ok(values)
    }

    fn forget(&mut self, client: &mut Client, _db: &str) -> Result<(), String> {
        let list = client.call("GET", "/api/v3/configure/database?format=json", None)?;
        for database in list.as_array().ok_or("the list of databases is no list")? {
            let name = database["iox::database"].as_str().unwrap_or_default();
            if name != "_internal" {
                let named = query(&[("db", name), ("hard_delete_at", "now")]);
                client.call("DELETE", &format!("/api/v3/configure/database?{named}"), None)?;
            }
        }
        Ok(())
    }
}

/// What InfluxQL shows of a database.
fn influxql(client: &mut Client, db: &str) -> Stored {
    let queries = [
        ("select", "SELECT * FROM /.*/"),
        ("fields", "SHOW FIELD KEYS"),
        ("tags", "SHOW TAG KEYS"),
    ];
    let read = |(name, q): (&str, &str)| {
        let target = format!("/query?{}", query(&[("db", db), ("q", q), ("epoch", "ns")]));
        let Answer { status, body, .. } = client.ask("GET", &target, &[], b"");
        (name.to_owned(), ReadBack { status, body })
    };
    queries.into_iter().map(read).collect()
}
