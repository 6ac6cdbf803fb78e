//! TLS with the roots that this machine trusts (`SSL_CERT_FILE` adds a private authority).

use super::WireError;
use std::sync::{Arc, OnceLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_rustls::{TlsConnector, rustls};

/// What is said of a server that does not react to a handshake.
pub(crate) const UNANSWERED: &str = "no answer to the handshake";

pub(super) async fn handshake(
    host: String,
    tcp: TcpStream,
    timeout: Duration,
) -> Result<TlsStream<TcpStream>, WireError> {
    let name = ServerName::try_from(host).map_err(|error| WireError::Tls(error.to_string()))?;
    let connect = TlsConnector::from(config()?).connect(name, tcp);
    match tokio::time::timeout(timeout, connect).await {
        Err(_) => {
            let seconds = timeout.as_secs_f32();
            Err(WireError::Tls(format!("{UNANSWERED} within {seconds} s")))
        }
        Ok(done) => done.map_err(|error| WireError::Tls(error.to_string())),
    }
}

fn config() -> Result<Arc<ClientConfig>, WireError> {
    static CONFIG: OnceLock<Result<Arc<ClientConfig>, String>> = OnceLock::new();
    CONFIG.get_or_init(build).clone().map_err(WireError::Tls)
}

fn build() -> Result<Arc<ClientConfig>, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
