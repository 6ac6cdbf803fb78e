//! One connection: requests in, responses out, until either side has enough.

use super::message::Framing;
use super::{Body, Handler, QueryString, Request, Response};
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::watch;

/// The largest head of a request, and the most headers in it; Go's server allows 1 MiB.
const LARGEST_HEAD: usize = 1 << 20;
const MOST_HEADERS: usize = 256;

/// How much of a body that no handler wanted is read so that the connection can be used again.
const DRAINED: u64 = 256 << 10;

/// How long a client may think between two requests, or in the middle of a head.
const IDLE: Duration = Duration::from_secs(120);

/// Serves a connection until the client leaves, an answer ends it, or `stop` turns true.
///
/// # Errors
/// Those of the connection; a client that goes away is none.
pub async fn serve_connection<S, H>(
    mut stream: S,
    handler: &H,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
    H: Handler,
{
    let mut buffered = Vec::with_capacity(8 << 10);
    loop {
        let head = tokio::select! {
            head = tokio::time::timeout(IDLE, read_head(&mut stream, &mut buffered)) => head,
            () = stopped(&mut stop) => return Ok(()),
        };
        let head = match head {
            Err(_elapsed) => return Ok(()),
            Ok(Ok(Some(head))) => head,
            Ok(Ok(None)) => return Ok(()),
            Ok(Err(HeadError::Io(error))) => return Err(error),
            Ok(Err(HeadError::Refused(status))) => {
                let text =
                    if status == 431 { "Request Header Fields Too Large" } else { "Bad Request" };
                let response = Response { close: true, ..Response::new(status) }
                    .with("Content-Type", "text/plain; charset=utf-8")
                    .with_body(format!("{status} {text}"));
                return write_response(&mut stream, &response, "GET", true).await;
            }
        };
        let method = head.method.clone();
        let keep_alive = head.keep_alive;
        let no_body = head.framing == Framing::Length(0);
        let mut finished = no_body;
        let request = Request {
            method: head.method,
            path: head.path,
            query: QueryString::parse(head.raw_query.as_deref().unwrap_or_default()),
            raw_query: head.raw_query,
            headers: head.headers,
        };
        let body = Body {
            framing: head.framing,
            connection: &mut stream,
            buffered: &mut buffered,
            expects_continue: head.expects_continue && !no_body,
            finished: &mut finished,
        };
        let response = handler.handle(request, body).await;
        let mut close = response.close || response.breaks_off || !keep_alive;
        if !finished {
            // What was not read would be taken for the next request.
            close |= match head.framing {
                Framing::Length(length) if !head.expects_continue && length <= DRAINED => {
                    let body = Body {
                        framing: head.framing,
                        connection: &mut stream,
                        buffered: &mut buffered,
                        expects_continue: false,
                        finished: &mut finished,
                    };
                    body.read(DRAINED).await.is_err()
                }
                _ => true,
            };
        }
        write_response(&mut stream, &response, &method, close).await?;
        if close {
            return linger(&mut stream).await;
        }
    }
}

/// Returns once the server is to stop.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stop| *stop).await;
}

/// Closes so that a client that is still sending can read the answer before it sees a reset.
async fn linger<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S) -> io::Result<()> {
    stream.shutdown().await?;
    let mut scratch = vec![0; 16 << 10];
    let drain = async {
        let mut left = DRAINED;
        while left > 0 {
            match stream.read(&mut scratch).await {
                Ok(0) | Err(_) => break,
                Ok(read) => left = left.saturating_sub(read as u64),
            }
        }
    };
    let _ = tokio::time::timeout(Duration::from_millis(500), drain).await;
    Ok(())
}

struct Head {
    method: String,
    path: String,
    raw_query: Option<String>,
    headers: Vec<(String, Vec<u8>)>,
    framing: Framing,
    keep_alive: bool,
    expects_continue: bool,
}

enum HeadError {
    Io(io::Error),
    Refused(u16),
}

/// Reads the head of the next request; `None` where the client left instead.
async fn read_head<S: AsyncRead + Unpin>(
    stream: &mut S,
    buffered: &mut Vec<u8>,
) -> Result<Option<Head>, HeadError> {
    // A head that comes in small pieces is looked at again only where it may have ended.
    let mut seen = 0;
    loop {
        let from = seen.min(buffered.len()).saturating_sub(3);
        if memchr::memmem::find(&buffered[from..], b"\n\r\n").is_some()
            || memchr::memmem::find(&buffered[from..], b"\n\n").is_some()
        {
            return parse_head(buffered).map(Some);
        }
        seen = buffered.len();
        if buffered.len() > LARGEST_HEAD {
            return Err(HeadError::Refused(431));
        }
        match stream.read_buf(buffered).await {
            Ok(0) => return Ok(None),
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => return Ok(None),
            Err(error) => return Err(HeadError::Io(error)),
        }
    }
}

fn parse_head(buffered: &mut Vec<u8>) -> Result<Head, HeadError> {
    let mut slots = [httparse::EMPTY_HEADER; MOST_HEADERS];
    let mut parsed = httparse::Request::new(&mut slots);
    let length = match parsed.parse(buffered) {
        Ok(httparse::Status::Complete(length)) => length,
        Err(httparse::Error::TooManyHeaders) => return Err(HeadError::Refused(431)),
        Ok(httparse::Status::Partial) | Err(_) => return Err(HeadError::Refused(400)),
    };
    let headers: Vec<(String, Vec<u8>)> = parsed
        .headers
        .iter()
        .map(|header| (header.name.to_ascii_lowercase(), header.value.to_vec()))
        .collect();
    let target = parsed.path.unwrap_or("/");
    let (path, raw_query) = match target.split_once('?') {
        Some((path, query)) => (path.to_owned(), Some(query.to_owned())),
        None => (target.to_owned(), None),
    };
    let method = parsed.method.unwrap_or_default().to_owned();
    let http_1_1 = parsed.version == Some(1);
    buffered.drain(..length);

    let all = |name: &str| {
        let values = headers.iter().filter(|(n, _)| n == name);
        let text = values.map(|(_, v)| String::from_utf8_lossy(v).trim().to_ascii_lowercase());
        text.collect::<Vec<_>>()
    };
    let connection = all("connection").join(",");
    let keep_alive =
        if http_1_1 { !connection.contains("close") } else { connection.contains("keep-alive") };
    let framing = if let Some(encoding) = all("transfer-encoding").first() {
        // Both at once is how requests are smuggled.
        if encoding != "chunked" || !all("content-length").is_empty() {
            return Err(HeadError::Refused(400));
        }
        Framing::Chunked
    } else {
        match all("content-length").as_slice() {
            [] => Framing::Length(0),
            [length] => length.parse().map(Framing::Length).or(Err(HeadError::Refused(400)))?,
            _ => return Err(HeadError::Refused(400)),
        }
    };
    let expects_continue = all("expect").iter().any(|value| value == "100-continue");
    Ok(Head { method, path, raw_query, headers, framing, keep_alive, expects_continue })
}

async fn write_response<S: AsyncWrite + Unpin>(
    stream: &mut S,
    response: &Response,
    method: &str,
    close: bool,
) -> io::Result<()> {
    let reason = reason(response.status);
    let mut head = Vec::with_capacity(256 + response.body.len());
    head.extend_from_slice(format!("HTTP/1.1 {} {reason}\r\n", response.status).as_bytes());
    for (name, value) in &response.headers {
        head.extend_from_slice(name.as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value);
        head.extend_from_slice(b"\r\n");
    }
    let now = jiff::Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT");
    head.extend_from_slice(format!("Date: {now}\r\n").as_bytes());
    // 1xx and 204 have no body by definition.
    if response.status != 204 {
        // A body that is announced one byte longer than it is can only end with the connection.
        let length = response.body.len() + usize::from(response.breaks_off);
        head.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    if close {
        head.extend_from_slice(b"Connection: close\r\n");
    }
    head.extend_from_slice(b"\r\n");
    if method != "HEAD" && response.status != 204 {
        head.extend_from_slice(&response.body);
    }
    stream.write_all(&head).await?;
    stream.flush().await
}

/// The reason phrase of a status that a product answers with.
fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        201 => "Created",
        204 => "No Content",
        308 => "Permanent Redirect",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        409 => "Conflict",
        413 => "Request Entity Too Large",
        415 => "Unsupported Media Type",
        422 => "Unprocessable Entity",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        503 => "Service Unavailable",
        _ => "",
    }
}
