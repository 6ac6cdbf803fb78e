//! Flight and HTTP over TLS, with a certificate that each run makes for itself.

use crate::client::{OWNER, builder, get, sql, with_token};
use hyper_util::rt::TokioIo;
use reference_server::Server;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tonic::transport::{Endpoint, Uri};

/// A certificate for this machine that nobody but itself vouches for, and its key, both in PEM.
static IDENTITY: LazyLock<(String, String)> = LazyLock::new(|| {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    (made.cert.pem(), made.signing_key.serialize_pem())
});

fn certificate() -> &'static [u8] {
    IDENTITY.0.as_bytes()
}

fn key() -> &'static [u8] {
    IDENTITY.1.as_bytes()
}

async fn start(profile: &str) -> Server {
    let server = builder(profile).tls(certificate(), key()).unwrap().start().await.unwrap();
    assert!(server.url().starts_with("https://127.0.0.1:"));
    server
}

/// A connection that trusts the certificate and offers these protocols.
async fn connect(
    address: std::net::SocketAddr,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate()).unwrap()).unwrap();
    let provider = Arc::new(ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.as_bytes().to_vec()).collect();
    let stream = TcpStream::connect(address).await?;
    let name = ServerName::try_from("127.0.0.1").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

#[tokio::test]
async fn flight_over_tls() {
    let server = start("v3-core@3.6").await;
    let address = server.address();
    let dial = tower::service_fn(move |_: Uri| async move {
        let stream = connect(address, &["h2"]).await?;
        assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
        Ok::<_, std::io::Error>(TokioIo::new(stream))
    });
    // The scheme is that of the connector's, which speaks TLS by itself.
    let endpoint = Endpoint::new(format!("http://{address}")).unwrap();
    let channel = endpoint.connect_with_connector(dial).await.unwrap();
    let mut client = with_token(channel.clone(), Some(OWNER));
    assert_eq!(get(&mut client, sql("SELECT 1")).await.unwrap()[0].num_rows(), 1);
    let mut stranger = with_token(channel, None);
    let status = get(&mut stranger, sql("SELECT 1")).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::Unauthenticated);
}

#[tokio::test]
async fn http_1_over_tls() {
    for (profile, protocols, agreed) in [
        ("v3-core@3.6", &["http/1.1"][..], Some("http/1.1")),
        ("v3-core@3.6", &[][..], None),
        // A product without Flight offers no HTTP/2.
        ("oss-v2@2.7", &["h2", "http/1.1"][..], Some("http/1.1")),
    ] {
        let server = start(profile).await;
        let mut stream = connect(server.address(), protocols).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), agreed.map(str::as_bytes));
        let request = format!(
            "GET /health HTTP/1.1\r\nHost: x\r\nAuthorization: Token {OWNER}\r\nConnection: close\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // The server says goodbye without TLS's own.
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{profile}");
    }
}

#[tokio::test]
async fn what_is_no_certificate_is_refused() {
    for (certificate, key) in [(&b"x"[..], key()), (certificate(), &b"x"[..]), (key(), key())] {
        assert!(builder("v3-core@3.6").tls(certificate, key).is_err());
    }
}

/// A server that goes down waits for nobody who has not even begun to speak.
#[tokio::test]
async fn who_says_nothing_does_not_keep_a_server_up() {
    let server = start("v3-core@3.6").await;
    let mut silent = TcpStream::connect(server.address()).await.unwrap();
    // One that is served shows that the server has taken the connection before it.
    connect(server.address(), &["h2"]).await.unwrap();
    drop(server);
    let closed = tokio::time::timeout(Duration::from_secs(3), silent.read(&mut [0])).await;
    assert_eq!(closed.expect("the connection is closed at once").unwrap_or(0), 0);
}
