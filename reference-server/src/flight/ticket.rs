//! A ticket: what a client of the v3 products asks, as JSON
//! (influxdata/influxdb3_core f1bc156:service_grpc_flight/src/request.rs).

use crate::query::sql::Params;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The language of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Language {
    Sql,
    Influxql,
}

/// A query, and what it is asked of.
#[derive(Debug)]
pub(super) struct Ticket {
    pub(super) database: String,
    pub(super) query: String,
    pub(super) language: Language,
    pub(super) params: Map<String, Value>,
}

/// Why a ticket is not answered.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BadTicket {
    /// It is none. The products do not say why.
    Invalid,
    /// It is one in the other encoding that the products know, which their own clients do not use.
    Protobuf,
}

#[derive(Deserialize)]
struct Fields {
    #[serde(alias = "namespace_name", alias = "bucket", alias = "bucket-name")]
    database: String,
    sql_query: String,
    query_type: Option<String>,
    #[serde(default)]
    params: Map<String, Value>,
    /// It shows system tables on a cluster; here it changes nothing.
    #[serde(default, rename = "is_debug")]
    _is_debug: bool,
}

impl Ticket {
    /// Reads a ticket.
    pub(super) fn read(bytes: &[u8]) -> Result<Self, BadTicket> {
        let fields: Fields = serde_json::from_slice(bytes).map_err(|_| match bytes {
            // The tag of a first field that is text: the type of an `Any`, or a database.
            [] | [0x0a, ..] if !bytes.trim_ascii_start().starts_with(b"{") => BadTicket::Protobuf,
            _ => BadTicket::Invalid,
        })?;
        let language = match fields.query_type.as_deref() {
            None | Some("sql") => Language::Sql,
            Some("influxql") => Language::Influxql,
            Some(_) => return Err(BadTicket::Invalid),
        };
        let Fields { database, sql_query: query, params, .. } = fields;
        let ticket = Self { database, query, language, params };
        // A list or an object is no value, in either language.
        ticket.sql_params().ok_or(BadTicket::Invalid)?;
        Ok(ticket)
    }

    /// The values for the placeholders of a SQL query.
    pub(super) fn sql_params(&self) -> Option<Params> {
        serde_json::from_value(Value::Object(self.params.clone())).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{BadTicket, Language, Ticket};

    #[test]
    fn what_the_clients_send_is_read() {
        for (text, language) in [
            (r#"{"database":"d","sql_query":"q","query_type":"sql","params":{}}"#, Language::Sql),
            (r#"{"query_type":"influxql","sql_query":"q","bucket-name":"d"}"#, Language::Influxql),
            (r#"{"namespace_name": "d", "sql_query": "q"}"#, Language::Sql),
            ("\n{\"bucket\":\"d\",\"sql_query\":\"q\",\"is_debug\":true,\"x\":1}", Language::Sql),
        ] {
            let ticket = Ticket::read(text.as_bytes()).unwrap();
            assert_eq!((&*ticket.database, &*ticket.query), ("d", "q"), "{text}");
            assert_eq!(ticket.language, language, "{text}");
        }
    }

    #[test]
    fn what_is_no_ticket_is_refused() {
        for text in [
            "{",
            "SELECT 1",
            r#"{"database":"d"}"#,
            r#"{"database":"d","bucket":"d","sql_query":"q"}"#,
            r#"{"database":"d","sql_query":"q","query_type":"flux"}"#,
            r#"{"database":"d","sql_query":"q","params":[1]}"#,
            r#"{"database":"d","sql_query":"q","params":{"x":[1]}}"#,
            "\n{\"database\":\"d\"}",
        ] {
            assert_eq!(Ticket::read(text.as_bytes()).unwrap_err(), BadTicket::Invalid, "{text}");
        }
        assert_eq!(Ticket::read(b"\x0a\x01d\x12\x01q").unwrap_err(), BadTicket::Protobuf);
        assert_eq!(Ticket::read(b"").unwrap_err(), BadTicket::Protobuf);
    }
}
