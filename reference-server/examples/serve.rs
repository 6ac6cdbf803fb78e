//! Starts a reference server inside a program, as a Rust test would, and keeps it until Ctrl-C.
//!
//! `cargo run -p lineproof-reference-server --example serve -- oss-v1@1.6 127.0.0.1:8086 off`

use reference_server::Server;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let profile = profiles::find(&arguments.next().unwrap_or_else(|| "oss-v1@1.6".to_owned()))?;
    let mut builder = Server::builder(profile).fresh();
    if let Some(address) = arguments.next() {
        builder = builder.bind(address.parse()?);
    }
    if let Some(auth) = arguments.next() {
        builder = builder.auth(auth == "on");
    }
    let server = builder.start().await?;
    println!("{} listens on {}", server.profile().name(), server.url());
    tokio::signal::ctrl_c().await?;
    Ok(())
}
