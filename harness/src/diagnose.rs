//! From "no answer" to one sentence that says what to do.

pub(crate) mod family;

use crate::target::Unusable;
use crate::wire::{Base, Response, UNANSWERED, WireError};

/// Why there is no answer, for somebody who can do something about it.
pub(crate) fn wire(base: &Base, error: &WireError) -> Unusable {
    let url = base.url();
    let other = if base.tls {
        url.replacen("https://", "http://", 1)
    } else {
        url.replacen("http://", "https://", 1)
    };
    Unusable(match error {
        WireError::Resolve(host) => {
            format!("{host} has no address: check the host in --target {url}")
        }
        WireError::Refused(_) => {
            format!("nothing listens on {url}: start the server, or check host and port")
        }
        WireError::Connect(why) => {
            format!("{url} cannot be reached: {why}; check host, port and firewall")
        }
        WireError::Tls(why) if speaks_http(why) => {
            format!("{url} does not speak TLS: try --target {other}")
        }
        WireError::Tls(why) => format!(
            "the TLS handshake with {url} failed ({why}): check the certificate, or name its authority in SSL_CERT_FILE"
        ),
        WireError::Timeout(after) => format!(
            "{url} took the connection and did not answer within {} s: is the server well? --timeout gives it longer",
            after.as_secs_f32()
        ),
        WireError::NotHttp(bytes) if is_tls(bytes) => {
            format!("{url} speaks TLS: try --target {other}")
        }
        WireError::Closed | WireError::Reset if !base.tls => format!(
            "{url} ends the connection without an answer ({error}): is it this server's HTTP port, and does it want https?"
        ),
        WireError::Closed | WireError::Reset | WireError::Truncated => {
            format!(
                "{url} ends the connection without a whole answer ({error}): is it this server's HTTP port?"
            )
        }
        WireError::NotHttp(bytes) => format!(
            "{url} does not speak HTTP (it says {:?}): check the port",
            String::from_utf8_lossy(bytes)
        ),
    })
}

/// A TLS record: an alert or a handshake, version 3.x.
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15 | 0x16, 0x03, ..])
}

/// What rustls says when the first bytes are no TLS record; others wait for more of them.
fn speaks_http(why: &str) -> bool {
    why.contains("InvalidContentType")
        || why.contains(UNANSWERED)
        || why.contains("corrupt message")
}

/// The answer, unless it is a page for people.
pub(crate) fn api(base: &Base, path: &str, response: Response) -> Result<Response, Unusable> {
    if is_html(&response) {
        return Err(Unusable(format!(
            "{}{path} answers with a page for people (HTML, status {}): is this the API's address, \
             and does it need a path prefix?",
            base.url(),
            response.status
        )));
    }
    Ok(response)
}

/// Whether this is a page for people, and not an API.
fn is_html(response: &Response) -> bool {
    let head = response.body.iter().copied().take(200).collect::<Vec<_>>().to_ascii_lowercase();
    let head = String::from_utf8_lossy(&head).trim_start().to_owned();
    response.header("content-type").is_some_and(|v| v.contains("text/html"))
        || head.starts_with("<!doctype html")
        || head.starts_with("<html")
}
