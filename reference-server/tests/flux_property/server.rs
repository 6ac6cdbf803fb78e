//! An embedded server that holds one data set, and questions to it over a socket.

use crate::client::{Answer, Client};
use crate::data::{BASE, DataSet, SECOND};
use crate::model::csv::rfc3339;
use crate::query::{BUCKET, Query};
use reference_server::Server;
use reference_server::clock::Clock;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use tokio::runtime::{Builder, Runtime};

/// A clock that goes on only when told.
struct Still(AtomicI64);

impl Clock for Still {
    fn now(&self) -> i64 {
        self.0.load(Ordering::SeqCst)
    }
}

/// Starts servers.
pub(crate) struct Servers {
    profile: &'static profiles::Profile,
    runtime: Runtime,
}

/// A server with its data.
pub(crate) struct Loaded {
    client: Client,
    _server: Server,
}

impl Servers {
    pub(crate) fn new(profile: &str) -> Result<Self, String> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.map_err(|e| format!("cannot start a runtime: {e}"))?;
        Ok(Self { profile: profiles::find(profile).map_err(|e| e.to_string())?, runtime })
    }

    /// A new server that holds these data.
    pub(crate) fn load(&self, data: &DataSet) -> Result<Loaded, String> {
        let clock = Arc::new(Still(AtomicI64::new(BASE + 1000 * SECOND)));
        let builder = Server::builder(self.profile).token("t").organisation("o");
        let builder = builder.database(BUCKET, None).clock(Arc::clone(&clock) as _);
        let server = self.runtime.block_on(builder.start()).map_err(|e| e.to_string())?;
        let mut client = Client::new(server.address().to_string());
        let bucket = BUCKET.replace(' ', "%20");
        let target = format!("/api/v2/write?org=o&bucket={bucket}&precision=ns");
        let headers = "Authorization: Token t\r\nContent-Type: text/plain\r\n";
        let text = data.text();
        let answer = client.send("POST", &target, headers, text.as_bytes());
        let answer = answer.map_err(|e| format!("{e}: {target}"))?;
        if answer.status != 204 {
            return Err(format!("{text}\nwas not written: {answer:?}"));
        }
        // Where what is acknowledged is done later, it is done by now.
        clock.0.fetch_add(60 * SECOND, Ordering::SeqCst);
        Ok(Loaded { client, _server: server })
    }
}

impl Loaded {
    pub(crate) fn ask(&mut self, query: &Query) -> Result<Answer, String> {
        let script = query.text();
        let dialect = &query.dialect;
        let plain = dialect.annotations.is_empty() && dialect.header && query.dress.option_now;
        let (kind, body) = if plain {
            ("application/vnd.flux", script)
        } else {
            let mut body = json!({
                "query": script,
                "type": "flux",
                "dialect": {"annotations": dialect.annotations, "header": dialect.header},
            });
            if !query.dress.option_now {
                body["now"] = rfc3339(query.now).into();
            }
            ("application/json", body.to_string())
        };
        let headers = format!("Authorization: Token t\r\nContent-Type: {kind}\r\n");
        let answer = self.client.send("POST", "/api/v2/query?org=o", &headers, body.as_bytes());
        answer.map_err(|e| format!("{e}: {body}"))
    }
}
