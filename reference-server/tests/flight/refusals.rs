//! What is refused over Flight, and how.

use crate::client::{OWNER, builder, client, get, refused, sql, start};
use arrow_flight::{Action, FlightDescriptor};
use bytes::Bytes;
use futures::TryStreamExt;
use serde_json::json;
use tonic::Code;

#[tokio::test]
async fn tokens_are_asked_for() {
    for (profile, wrong) in [
        ("v3-core@3.6", (Code::Unauthenticated, "Unauthenticated")),
        ("v3-core@3.10", (Code::Unauthenticated, "Unauthenticated")),
        ("cloud-dedicated@docs", (Code::PermissionDenied, "Permission denied")),
        ("cloud-serverless@docs", (Code::PermissionDenied, "Permission denied")),
    ] {
        let server = start(profile, "m f=1 1").await;
        for (token, (code, text)) in
            [(None, (Code::Unauthenticated, "Unauthenticated")), (Some("nonsense"), wrong)]
        {
            let mut client = client(&server, token).await;
            let status = get(&mut client, sql("SELECT 1")).await.unwrap_err();
            assert_eq!((status.code(), status.message()), (code, text), "{profile} {token:?}");
        }
        let mut client = client(&server, Some(OWNER)).await;
        assert!(get(&mut client, sql("SELECT f FROM m")).await.is_ok(), "{profile}");
    }
}

#[tokio::test]
async fn without_authentication_nobody_is_asked() {
    let server = builder("v3-core@3.6").auth(false).start().await.unwrap();
    for token in [None, Some("nonsense")] {
        let mut client = client(&server, token).await;
        assert!(get(&mut client, sql("SELECT 1")).await.is_ok(), "{token:?}");
    }
}

#[tokio::test]
async fn a_database_that_is_not_there() {
    for (profile, code, text) in [
        (
            "v3-core@3.6",
            Code::Internal,
            "Cannot retrieve database: External error: database not found: nowhere",
        ),
        ("cloud-dedicated@docs", Code::NotFound, "Database 'nowhere' not found"),
        ("cloud-serverless@docs", Code::NotFound, "Database 'nowhere' not found"),
    ] {
        let server = start(profile, "").await;
        for language in ["sql", "influxql"] {
            let ticket = json!({
                "database": "nowhere", "sql_query": "SELECT f FROM m", "query_type": language,
            });
            assert_eq!(refused(&server, ticket).await, (code, text.to_owned()), "{profile}");
        }
    }
}

#[tokio::test]
async fn a_bad_ticket_is_looked_at_before_the_token() {
    let server = start("v3-core@3.6", "").await;
    let mut stranger = client(&server, None).await;
    for ticket in ["{", "SELECT 1", r#"{"database":"db","sql_query":"q","query_type":"flux"}"#] {
        let status = get(&mut stranger, ticket).await.unwrap_err();
        assert_eq!(status.code(), Code::InvalidArgument);
        assert_eq!(status.message(), "Invalid ticket. Error: Invalid ticket");
    }
    let status = get(&mut stranger, "\u{a}\u{2}db\u{12}\u{1}q").await.unwrap_err();
    assert_eq!(status.code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_bad_query_is_told_in_the_words_of_the_release() {
    for (profile, before) in [
        ("v3-core@3.6", "Error while planning query: "),
        ("v3-core@3.10", "Error while logically planning query: "),
    ] {
        let server = start(profile, "m f=1 1").await;
        let text = "Error during planning: table 'public.iox.nowhere' not found";
        let expected = (Code::InvalidArgument, format!("{before}{text}"));
        assert_eq!(refused(&server, sql("SELECT * FROM nowhere")).await, expected);
    }
    // Long messages are cut where the release cuts them.
    let long = sql(&format!("SELECT {} FROM m", "x".repeat(3000)));
    let server = start("v3-core@3.6", "m f=1 1").await;
    assert!(refused(&server, &long).await.1.len() > 3000);
    let server = start("v3-core@3.8", "m f=1 1").await;
    assert_eq!(refused(&server, &long).await.1.len(), 2003);
}

#[tokio::test]
async fn other_methods_are_refused_by_name() {
    let server = start("v3-core@3.6", "").await;
    let mut client = client(&server, Some(OWNER)).await;
    let status = |error| crate::client::status(error);
    let nothing = || FlightDescriptor::new_cmd("x");
    let refusals = [
        status(client.get_flight_info(nothing()).await.unwrap_err()),
        status(client.get_schema(nothing()).await.unwrap_err()),
        status(client.do_action(Action::new("x", "")).await.err().unwrap()),
        status(client.list_actions().await.err().unwrap()),
        status(client.list_flights("").await.err().unwrap()),
    ];
    let texts: Vec<_> = refusals.iter().map(|status| (status.code(), status.message())).collect();
    assert_eq!(
        texts,
        [
            (
                Code::Unimplemented,
                "Flight SQL (GetFlightInfo) is outside the Flight of this server"
            ),
            (Code::Unimplemented, "Not yet implemented: get_schema"),
            (Code::Unimplemented, "Flight SQL (DoAction) is outside the Flight of this server"),
            (Code::Unimplemented, "Not yet implemented: list_actions"),
            (Code::Unimplemented, "Not yet implemented: list_flights"),
        ]
    );
    let puts = client.do_put(futures::stream::empty()).await;
    let put = match puts {
        Ok(puts) => puts.try_collect::<Vec<_>>().await.unwrap_err(),
        Err(error) => error,
    };
    assert_eq!(status(put).code(), Code::Unimplemented);
}

#[tokio::test]
async fn a_handshake_gives_back_what_it_gets() {
    let server = start("v3-core@3.6", "").await;
    let mut client = client(&server, Some("any")).await;
    assert_eq!(client.handshake("hello").await.unwrap(), Bytes::from("hello"));
}
