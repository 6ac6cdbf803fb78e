//! One connection: opened, written to and read from at the same time, so that an answer that
//! comes before the body is through is not lost.

use super::read::{Progress, Reader, may_follow};
use super::{Request, Response, WireError, tls};
use std::io::ErrorKind;
use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::TcpStream;

/// Where a target is: scheme, host, port and path prefix of its URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// `https`.
    pub tls: bool,
    /// Host name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// What stands before every path, without a slash at its end.
    pub prefix: String,
}

/// The URL is none that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{url}\" is not a URL of a server: {why} (an example: http://127.0.0.1:8086)")]
pub struct BaseError {
    url: String,
    why: &'static str,
}

impl Base {
    /// From `http://host:port/prefix`.
    ///
    /// # Errors
    /// No URL, or one with parts that make no sense here.
    pub fn parse(url: &str) -> Result<Self, BaseError> {
        // Whatever else is wrong: what stands before an `@` may be a password, and is never shown.
        if let Some((_, rest)) = url.rsplit_once('@') {
            return Err(BaseError {
                url: format!("…@{rest}"),
                why: "credentials go into --token or --user and --password",
            });
        }
        let fail = |why| BaseError { url: url.to_owned(), why };
        let (tls, rest) = match (url.strip_prefix("http://"), url.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(fail("it starts with neither http:// nor https://")),
        };
        if rest.contains(['?', '#']) {
            return Err(fail("it has a query or a fragment"));
        }
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let default = if tls { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !port.ends_with(']') => {
                (host, port.parse().map_err(|_| fail("its port is not a number"))?)
            }
            _ => (authority, default),
        };
        if host.is_empty() {
            return Err(fail("it has no host"));
        }
        let path = path.trim_end_matches('/');
        let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self { tls, host: host.to_owned(), port, prefix })
    }

    /// `host:port`, as the `Host` header has it.
    pub fn authority(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }

    /// The URL again.
    pub fn url(&self) -> String {
        let scheme = if self.tls { "https" } else { "http" };
        format!("{scheme}://{}{}", self.authority(), self.prefix)
    }
}

/// Anything that bytes go through.
pub(super) trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Stream for T {}

/// A connection to a target, with TLS where its URL says so.
pub(super) async fn open(base: &Base, timeout: Duration) -> Result<Box<dyn Stream>, WireError> {
    let host = base.host.trim_start_matches('[').trim_end_matches(']').to_owned();
    let connect = TcpStream::connect((host.clone(), base.port));
    let tcp = match tokio::time::timeout(timeout, connect).await {
        Err(_) => return Err(WireError::Unconnected(timeout)),
        Ok(Err(error)) => return Err(connect_error(base, &error)),
        Ok(Ok(tcp)) => tcp,
    };
    tcp.set_nodelay(true).ok();
    Ok(if base.tls { Box::new(tls::handshake(host, tcp, timeout).await?) } else { Box::new(tcp) })
}

/// An open connection.
pub(super) struct Connection {
    stream: Box<dyn Stream>,
    /// Another request may follow on it.
    pub(super) reusable: bool,
    /// The exchange that it was used for last, as its pool counts them.
    pub(super) exchange: usize,
    /// How many bytes the last answer declared, where it did.
    pub(super) declared: Option<usize>,
}

/// What has come since the last answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Since {
    /// Nothing.
    Nothing,
    /// The end, or bytes that may follow any answer.
    End,
    /// Bytes that the last answer did not declare: this is how many it did.
    Excess(usize),
}

impl Connection {
    pub(super) async fn open(base: &Base, timeout: Duration) -> Result<Self, WireError> {
        let stream = open(base, timeout).await?;
        Ok(Self { stream, reusable: true, exchange: 0, declared: None })
    }

    /// What has come since the last answer: bytes would pass for the next one.
    pub(super) async fn since(&mut self) -> Since {
        // Lets the runtime see what has come.
        tokio::task::yield_now().await;
        let mut bytes = [0; 16];
        let mut into = ReadBuf::new(&mut bytes);
        let is_pending = std::future::poll_fn(|context| {
            let read = Pin::new(&mut self.stream).poll_read(context, &mut into);
            Poll::Ready(read.is_pending())
        })
        .await;
        match self.declared {
            _ if is_pending => Since::Nothing,
            Some(declared) if !may_follow(into.filled()) => Since::Excess(declared),
            _ => Since::End,
        }
    }

    /// Sends bytes, and no more: the connection is of no use afterwards.
    pub(super) async fn put(&mut self, bytes: &[u8], timeout: Duration) -> Result<(), WireError> {
        self.reusable = false;
        let write = async {
            self.stream.write_all(bytes).await?;
            self.stream.flush().await
        };
        let written = tokio::time::timeout(timeout, write).await;
        written.map_err(|_| WireError::Timeout(timeout))?.map_err(|error| match error.kind() {
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => WireError::Reset,
            _ => WireError::Connect(error.to_string()),
        })
    }

    /// Sends the request and reads the answer.
    pub(super) async fn exchange(
        &mut self,
        base: &Base,
        request: &Request,
        timeout: Duration,
    ) -> Result<Response, WireError> {
        self.reusable = false;
        self.declared = None;
        let (head, body) = encode(base, request);
        let (mut from, mut to) = tokio::io::split(&mut self.stream);
        let mut reader = Reader::new(request.method == "HEAD");
        let answer = {
            let write = async {
                to.write_all(&head).await?;
                to.write_all(body).await?;
                to.flush().await
            };
            let read = read_answer(&mut from, &mut reader);
            tokio::pin!(write, read);
            let both = async {
                let mut written = false;
                loop {
                    tokio::select! {
                        biased;
                        answer = &mut read => break answer.map(|response| (response, written)),
                        // A failed write is not the end: the answer may have come before.
                        _ = &mut write, if !written => written = true,
                    }
                }
            };
            tokio::time::timeout(timeout, both).await
        };
        let (response, written) = answer.map_err(|_| reader.late(timeout))??;
        self.reusable = written && reader.delimited && !reader.closing;
        self.declared = reader.declared();
        Ok(response)
    }
}

async fn read_answer(
    from: &mut (impl AsyncRead + Unpin),
    reader: &mut Reader,
) -> Result<Response, WireError> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = match from.read(&mut buffer).await {
            Ok(0) => return reader.end(),
            Ok(count) => count,
            Err(error) => return Err(reader.broken(error.kind() == ErrorKind::ConnectionReset)),
        };
        if let Progress::Whole(response) = reader.feed(&buffer[..count])? {
            return Ok(response);
        }
    }
}

/// A body up to this size goes out together with the head.
const JOINED: usize = 64 << 10;

/// The bytes on the wire, in two parts, so that a large body is not copied. `Host` and the length
/// are added where the request has none.
pub(super) fn encode<'r>(base: &Base, request: &'r Request) -> (Vec<u8>, &'r [u8]) {
    let mut head = format!("{} {}{} HTTP/1.1\r\n", request.method, base.prefix, request.target);
    if request.get("host").is_none() {
        head += &format!("Host: {}\r\n", base.authority());
    }
    for (name, value) in &request.headers {
        head += &format!("{name}: {value}\r\n");
    }
    let bodiless = matches!(request.method.as_str(), "GET" | "HEAD" | "OPTIONS" | "DELETE");
    let mut bytes;
    if request.chunked {
        if request.get("transfer-encoding").is_none() {
            head += "Transfer-Encoding: chunked\r\n";
        }
        head += "\r\n";
        bytes = head.into_bytes();
        // The first chunk is small, so that a chunk ends within a line.
        let (first, rest) = request.body.split_at(request.body.len().min(5));
        for chunk in [first].into_iter().chain(rest.chunks(64 * 1024)).filter(|c| !c.is_empty()) {
            bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
            bytes.extend_from_slice(chunk);
            bytes.extend_from_slice(b"\r\n");
        }
        bytes.extend_from_slice(b"0\r\n\r\n");
    } else {
        if request.get("content-length").is_none() && !(bodiless && request.body.is_empty()) {
            head += &format!("Content-Length: {}\r\n", request.body.len());
        }
        head += "\r\n";
        bytes = head.into_bytes();
        if request.body.len() > JOINED {
            return (bytes, &request.body);
        }
        bytes.extend_from_slice(&request.body);
    }
    (bytes, &[])
}

fn connect_error(base: &Base, error: &std::io::Error) -> WireError {
    match error.kind() {
        ErrorKind::ConnectionRefused => WireError::Refused(base.authority()),
        ErrorKind::ConnectionReset => WireError::Reset,
        _ if error.to_string().contains("lookup") => WireError::Resolve(base.host.clone()),
        _ => WireError::Connect(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_have_a_prefix_and_a_default_port() {
        let base = Base::parse("https://metrics.example/influx/").unwrap();
        assert_eq!((base.port, base.prefix.as_str()), (443, "/influx"));
        assert_eq!(Base::parse("http://[::1]:8086").unwrap().authority(), "[::1]:8086");
        assert_eq!(Base::parse("http://[::1]").unwrap().port, 80);
    }

    #[test]
    fn urls_without_sense_are_refused_and_secrets_are_not_repeated() {
        assert!(Base::parse("localhost:8086").is_err());
        assert!(Base::parse("http://").is_err());
        for url in [
            "http://me:secret@host",
            "http://me:s@secret@h:1",
            "me:secret@h:1",
            "http://me:secret@h/?x",
            "http://me:secret/x@h:1",
        ] {
            let error = Base::parse(url).unwrap_err().to_string();
            assert!(!error.contains("secret") && !error.contains("me:"), "{error}");
        }
    }

    #[test]
    fn a_request_goes_out_as_it_is() {
        let base = Base::parse("http://h:1/p").unwrap();
        let request = Request::new("POST", "/write?db=x").header("x-ODD", "1").body("abcdefg");
        let plain = String::from_utf8(encode(&base, &request).0).unwrap();
        assert_eq!(
            plain,
            "POST /p/write?db=x HTTP/1.1\r\nHost: h:1\r\nx-ODD: 1\r\nContent-Length: 7\r\n\r\nabcdefg"
        );
        let chunked =
            String::from_utf8(encode(&base, &Request { chunked: true, ..request }).0).unwrap();
        assert!(chunked.ends_with("\r\n\r\n5\r\nabcde\r\n2\r\nfg\r\n0\r\n\r\n"), "{chunked}");
    }
}
