//! What editions answer that no recording reaches: read in their source, or promised by their pages.

mod v3_core;
mod wire;

use reference_server::Server;

/// A server of this profile.
async fn start(profile: &str) -> Server {
    let profile = profiles::find(profile).unwrap();
    Server::builder(profile).token("owner").start().await.unwrap()
}
