//! TLS before HTTP: one certificate, for every client.

use std::io;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// A server's certificate, with those that vouch for it, and its key.
#[derive(Debug)]
pub(crate) struct Identity {
    certificates: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// From PEM.
    pub(crate) fn of(certificates: &[u8], key: &[u8]) -> Result<Self, String> {
        let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(certificates).collect();
        let certificates = read.map_err(|error| format!("no certificate in PEM: {error}"))?;
        if certificates.is_empty() {
            return Err("no certificate in PEM".to_owned());
        }
        let key = PrivateKeyDer::from_pem_slice(key);
        let key = key.map_err(|error| format!("no private key in PEM: {error}"))?;
        Ok(Self { certificates, key })
    }

    /// What makes connections of this identity. HTTP/2 is offered only where it is spoken
    /// (3.6:influxdb3_server/src/lib.rs:417).
    pub(crate) fn acceptor(self, http2: bool) -> io::Result<TlsAcceptor> {
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(self.certificates, self.key);
        let mut config = config.map_err(io::Error::other)?;
        let protocols: &[&[u8]] = if http2 { &[b"h2", b"http/1.1"] } else { &[b"http/1.1"] };
        config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
