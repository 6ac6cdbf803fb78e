//! What editions answer that no recording reaches: read in their source, or promised by their pages.

mod compressed;
mod many_series;
mod messagepack;
mod slow_writes;
mod unavailable;
mod v1_query;
mod v2_docs;
mod v3_core;
mod v3_docs;
mod windows;
mod wire;

use reference_server::Server;

/// One hour, in nanoseconds.
const HOUR: i64 = 3_600_000_000_000;

/// A server of this profile, with a database `d` that keeps an hour and a database `e` that keeps
/// all.
async fn start(profile: &str) -> Server {
    let profile = profiles::find(profile).unwrap();
    let server = Server::builder(profile).token("owner").organisation("acme");
    // What these tests ask for takes long where others build and the code is not optimised.
    let server = server.query_timeout(std::time::Duration::from_secs(3_600));
    server.database("d", Some(HOUR)).database("e", None).start().await.unwrap()
}
