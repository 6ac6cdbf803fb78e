//! A server that takes no more: 503, and when to try again (pages 000, 001, 003 and 004).

use crate::HOUR;
use crate::wire::send;
use reference_server::Server;

#[tokio::test]
async fn a_server_that_takes_no_more_says_when_it_will() {
    for (profile, to) in [
        ("v3-core", "POST /api/v3/write_lp?db=e"),
        ("v3-core", "POST /api/v2/write?bucket=e"),
        ("v3-core", "POST /write?db=e"),
        ("v3-enterprise", "POST /api/v3/write_lp?db=e"),
        ("oss-v2", "POST /api/v2/write?org=acme&bucket=e"),
        ("oss-v2@docs-2.1", "POST /api/v2/write?org=acme&bucket=e"),
        ("oss-v2@docs-2.1", "POST /write?db=e"),
    ] {
        let builder = Server::builder(profiles::find(profile).unwrap());
        let builder = builder.token("owner").organisation("acme").database("e", Some(HOUR));
        let server = builder.set("write-capacity", "20B/1h").unwrap().start().await.unwrap();
        assert_eq!(send(&server, to, Some("owner"), "m f=1").await.status, 204, "{profile} {to}");
        let answer = send(&server, to, Some("owner"), "m f=1,g=\"0123456789\"").await;
        assert_eq!(answer.status, 503, "{profile} {to}");
        let seconds = answer.header("Retry-After").and_then(|text| text.parse::<u64>().ok());
        assert!(seconds.is_some_and(|seconds| (1..=3600).contains(&seconds)), "{}", answer.head);
    }
}
