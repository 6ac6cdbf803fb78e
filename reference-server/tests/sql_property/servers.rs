//! A reference server with a data set in it, and what it says to a query.

use crate::client::Client;
use crate::data::{DataSet, body};
#[cfg(feature = "flight")]
use crate::flight;
use crate::query::{Format, Query};
use crate::replies::{self, Reply};
use reference_server::Server;
use serde_json::json;
use std::fmt::Write as _;
use tokio::runtime::{Builder, Runtime};

const TOKEN: &str = "apiv3_owner";
const DATABASE: &str = "db";

/// Where servers run.
pub(crate) struct Ground(Runtime);

/// A server; it stops when this is dropped.
pub(crate) struct Loaded<'a> {
    server: Server,
    client: Client,
    ground: &'a Ground,
}

impl Ground {
    pub(crate) fn new() -> Result<Self, String> {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        runtime.map(Self).map_err(|e| format!("cannot start a runtime: {e}"))
    }

    /// A new server of this edition, with this data in it.
    pub(crate) fn load(&self, edition: &str, data: &DataSet) -> Result<Loaded<'_>, String> {
        let profile = profiles::find(edition).map_err(|e| e.to_string())?;
        let builder = Server::builder(profile).token(TOKEN).auth(true).database(DATABASE, None);
        let server = self.0.block_on(builder.start()).map_err(|e| format!("no server: {e}"))?;
        let client = Client::new(server.address().to_string());
        let mut loaded = Loaded { server, client, ground: self };
        for batch in &data.0 {
            let target = format!("/api/v2/write?bucket={DATABASE}&org=lineproof&precision=ns");
            let answer = loaded.send("POST", &target, "", &body(batch))?;
            if answer.0 != 204 {
                return Err(format!("{}\nwas refused: {answer:?}", body(batch)));
            }
        }
        Ok(loaded)
    }
}

impl Loaded<'_> {
    fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &str,
        body: &str,
    ) -> Result<(u16, String), String> {
        let headers = format!("Authorization: Bearer {TOKEN}\r\n{headers}");
        let answer = self.client.send(method, target, &headers, body.as_bytes());
        let answer = answer.map_err(|e| format!("{e}: {method} {target} {body}"))?;
        Ok((answer.status, answer.body))
    }

    pub(crate) fn ask(&mut self, query: &Query) -> Result<Reply, String> {
        let params: serde_json::Map<_, _> = query
            .params()
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.param()))
            .collect();
        let format = match query.format {
            Format::Json => "json",
            Format::JsonLines => "jsonl",
            Format::Csv => "csv",
            Format::Flight => return self.flight(query, params),
        };
        let text = query.to_string();
        let (status, body) = if query.post {
            let request = json!({"db": DATABASE, "q": text, "format": format, "params": params});
            self.send("POST", "/api/v3/query_sql", "", &request.to_string())?
        } else {
            let mut target = format!("/api/v3/query_sql?db={DATABASE}&q={}", encoded(&text));
            if !params.is_empty() {
                let params = serde_json::Value::Object(params).to_string();
                let _ = write!(target, "&params={}", encoded(&params));
            }
            let accept = match query.format {
                Format::Csv => "Accept: text/csv\r\n",
                Format::Json => "",
                _ => {
                    target.push_str("&format=jsonl");
                    ""
                }
            };
            self.send("GET", &target, accept, "")?
        };
        if status != 200 {
            return Ok(Reply::Refused(format!("{status} {body}")));
        }
        replies::read(query.format, &body)
    }

    #[cfg(feature = "flight")]
    fn flight(
        &self,
        query: &Query,
        params: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Reply, String> {
        let ticket =
            json!({"database": DATABASE, "sql_query": query.to_string(), "params": params});
        self.ground.0.block_on(flight::ask(&self.server.url(), TOKEN, &ticket.to_string()))
    }

    #[cfg(not(feature = "flight"))]
    fn flight(
        &self,
        _: &Query,
        _: serde_json::Map<String, serde_json::Value>,
    ) -> Result<Reply, String> {
        let _ = (&self.server, self.ground);
        Err("this was built without Flight".to_owned())
    }
}

fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
