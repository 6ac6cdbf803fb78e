//! One connection: requests in, responses out, until either side has enough.

use super::message::{ByteStream, Framing, Progress, STALLED, Wire, number};
use super::room::Room;
use super::{Body, BrokenOff, Client, Handler, More, QueryString, Request, Response};
use crate::mutant;
use std::io;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::sync::{Mutex, watch};

/// The largest head of a request, and the most headers in it; Go's server allows 1 MiB.
const LARGEST_HEAD: usize = 1 << 20;
const MOST_HEADERS: usize = 256;

/// How much of a body that no handler wanted is read so that the connection can be used again.
const DRAINED: u64 = 256 << 10;

/// How much of a body is sent in one piece with its head.
const WITH_HEAD: usize = 64 << 10;

/// How long a client may think between two requests, or in the middle of a head.
pub(super) const IDLE: Duration = Duration::from_secs(120);

/// Serves a connection until the client leaves, an answer ends it, or `stop` turns true.
///
/// # Errors
/// Those of the connection; a client that goes away is none.
pub async fn serve_connection<S, H>(
    stream: S,
    handler: &H,
    stop: watch::Receiver<bool>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Handler,
{
    serve_from(Vec::with_capacity(8 << 10), stream, handler, stop).await
}

/// [`serve_connection`] where these bytes were read already.
///
/// # Errors
/// As there.
pub async fn serve_from<S, H>(
    buffered: Vec<u8>,
    stream: S,
    handler: &H,
    mut stop: watch::Receiver<bool>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Handler,
{
    let mut wire = Mutex::new(Wire { buffered, stream });
    loop {
        let Wire { buffered, stream } = wire.get_mut();
        let head = tokio::select! {
            head = tokio::time::timeout(IDLE, read_head(stream, buffered)) => head,
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
                return write_response(stream, &response, "GET", Length::Known, true).await;
            }
        };
        let (keep_alive, knows_chunks) = (head.keep_alive, head.knows_chunks);
        let no_body = head.framing == Framing::Length(0);
        let mut progress = if no_body { Progress::Finished } else { Progress::Untouched };
        let mut room = Room::new();
        let mut request = Request {
            method: head.method,
            path: head.path,
            query: QueryString::parse(head.raw_query.as_deref().unwrap_or_default()),
            raw_query: head.raw_query,
            headers: head.headers,
            client: Client::of_connection(),
        };
        let body = Body {
            framing: head.framing,
            wire: &wire,
            expects_continue: head.expects_continue && !no_body,
            progress: &mut progress,
            room: &mut room,
        };
        mutant::request(&mut request);
        let (method, client) = (request.method.clone(), request.client.clone());
        let mut response = tokio::select! {
            biased;
            response = handler.handle(request, body) => response,
            never = client.look(&wire) => match never {},
        };
        drop(room);
        mutant::answer(&mut response);
        let mut close = response.close || response.breaks_off || !keep_alive || client.has_left();
        if progress != Progress::Finished {
            // What was not read would be taken for the next request. Of a body that was begun it is
            // not known how much that is.
            let untouched = progress == Progress::Untouched && !head.expects_continue;
            close |= match head.framing {
                Framing::Length(length) if untouched && length <= DRAINED => {
                    let body = Body {
                        framing: head.framing,
                        wire: &wire,
                        expects_continue: false,
                        progress: &mut progress,
                        room: &mut Room::new(),
                    };
                    body.read_beginning(0, DRAINED).await.is_err()
                }
                _ => true,
            };
        }
        let wire = wire.get_mut();
        if !knows_chunks {
            gather(wire, &mut response).await;
            close |= response.breaks_off;
        }
        let length = if response.more.is_some() { Length::Chunks } else { Length::Known };
        write_response(&mut wire.stream, &response, &method, length, close).await?;
        if let Some(more) = response.more.filter(|_| method != "HEAD") {
            close |= send_rest(wire, more).await? == Sent::InPart;
        }
        if close {
            return linger(&mut wire.stream).await;
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
    /// Whether the client can read a body in chunks.
    knows_chunks: bool,
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
    // Two of them, or one of each, is how requests are smuggled.
    let framing = match (all("transfer-encoding").as_slice(), all("content-length").as_slice()) {
        ([], []) => Framing::Length(0),
        ([], [length]) => number(length, 10).map(Framing::Length).ok_or(HeadError::Refused(400))?,
        ([encoding], []) if encoding == "chunked" => Framing::Chunked,
        _ => return Err(HeadError::Refused(400)),
    };
    let expects_continue = all("expect").iter().any(|value| value == "100-continue");
    let knows_chunks = http_1_1;
    Ok(Head {
        method,
        path,
        raw_query,
        headers,
        framing,
        keep_alive,
        knows_chunks,
        expects_continue,
    })
}

/// How a client knows where an answer's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Length {
    /// It is said before.
    Known,
    /// An empty chunk says so.
    Chunks,
}

/// How much of a body is gathered for a client that knows no chunks.
const GATHERED: usize = 256 << 20;

/// Makes all of a body before its head leaves: to a client that knows no chunks an end that is not announced
/// is the end of the connection, whether that was all or not. One that is too long breaks off.
async fn gather<S: ByteStream>(wire: &mut Wire<S>, response: &mut Response) {
    let Some(mut more) = response.more.take() else { return };
    loop {
        let piece = tokio::select! {
            biased;
            piece = more.next() => piece,
            () = wire.has_left() => Err(BrokenOff),
        };
        match piece {
            Ok(Some(piece)) if response.body.len() + piece.len() <= GATHERED => {
                response.body.extend_from_slice(&piece);
            }
            Ok(None) => return,
            Ok(Some(_)) | Err(BrokenOff) => {
                response.breaks_off = true;
                return;
            }
        }
    }
}

/// Writes a response, or the head and the first bytes of one that has more.
async fn write_response<S: AsyncWrite + Unpin>(
    stream: &mut S,
    response: &Response,
    method: &str,
    length: Length,
    close: bool,
) -> io::Result<()> {
    let reason = reason(response.status);
    let mut head = Vec::with_capacity(256 + response.body.len().min(WITH_HEAD));
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
    match length {
        _ if response.status == 204 => {}
        Length::Known => {
            // A body that is announced one byte longer than it is can only end with the connection.
            let length = response.body.len() + usize::from(response.breaks_off);
            head.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
        }
        Length::Chunks => head.extend_from_slice(b"Transfer-Encoding: chunked\r\n"),
    }
    if close {
        head.extend_from_slice(b"Connection: close\r\n");
    }
    head.extend_from_slice(b"\r\n");
    let body: &[u8] = if method == "HEAD" || response.status == 204 { &[] } else { &response.body };
    // A large one is not copied; a small one leaves with its head.
    if length == Length::Chunks {
        stream.write_all(&head).await?;
        return write_chunk(stream, body).await;
    }
    let (with_head, after) = body.split_at(body.len().min(WITH_HEAD));
    head.extend_from_slice(with_head);
    stream.write_all(&head).await?;
    write_while_taken(stream, after).await?;
    stream.flush().await
}

/// Whether a body was sent to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sent {
    Whole,
    InPart,
}

/// Sends the rest of a body as it is made, for as long as somebody takes it. One that breaks off has no
/// end on the wire either, so that nobody takes it for all.
async fn send_rest<S: ByteStream>(wire: &mut Wire<S>, mut more: More) -> io::Result<Sent> {
    loop {
        let piece = tokio::select! {
            biased;
            piece = more.next() => piece,
            // A client that goes on with other requests waits for the rest first.
            () = wire.has_left() => return Ok(Sent::InPart),
        };
        let piece = match piece {
            Ok(Some(piece)) => piece,
            Ok(None) => break,
            Err(BrokenOff) => return Ok(Sent::InPart),
        };
        write_chunk(&mut wire.stream, &piece).await?;
    }
    wire.stream.write_all(b"0\r\n\r\n").await?;
    wire.stream.flush().await?;
    Ok(Sent::Whole)
}

/// Writes a piece of a body whose length is not known.
async fn write_chunk<S: AsyncWrite + Unpin>(stream: &mut S, piece: &[u8]) -> io::Result<()> {
    if piece.is_empty() {
        // An empty chunk would be the end.
        return Ok(());
    }
    stream.write_all(format!("{:x}\r\n", piece.len()).as_bytes()).await?;
    write_while_taken(stream, piece).await?;
    stream.write_all(b"\r\n").await?;
    stream.flush().await
}

/// Writes bytes for as long as some of them are taken now and then.
async fn write_while_taken<S: AsyncWrite + Unpin>(
    stream: &mut S,
    mut bytes: &[u8],
) -> io::Result<()> {
    while !bytes.is_empty() {
        match tokio::time::timeout(STALLED, stream.write(bytes)).await?? {
            0 => return Err(io::ErrorKind::WriteZero.into()),
            taken => bytes = &bytes[taken..],
        }
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    struct Reader;

    impl Handler for Reader {
        async fn handle(&self, _: Request, body: Body<'_>) -> Response {
            match body.read_keeping(4, 64).await {
                Ok(Some(body)) => Response::new(200).with_body(body),
                Ok(None) => Response::new(200).with_body("too long"),
                Err(error) => Response::new(400).with_body(error.to_string()),
            }
        }
    }

    /// What the server sends to a client that sends this and then no more.
    fn served(sent: &str) -> io::Result<String> {
        served_by(&Reader, sent)
    }

    fn served_by<H: Handler>(handler: &H, sent: &str) -> io::Result<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let (mut client, server) = tokio::io::duplex(1 << 16);
            let (_stop, stopped) = watch::channel(false);
            client.write_all(sent.as_bytes()).await?;
            client.shutdown().await?;
            serve_connection(server, handler, stopped).await?;
            let mut answer = String::new();
            client.read_to_string(&mut answer).await?;
            Ok(answer)
        })
    }

    #[test]
    fn lengths_are_digits_and_said_once() -> io::Result<()> {
        for framing in [
            "Content-Length: +5\r\n\r\nhello",
            "Content-Length: \r\n\r\nhello",
            "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
            "Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
        ] {
            let answer = served(&format!("POST / HTTP/1.1\r\n{framing}"))?;
            assert!(answer.starts_with("HTTP/1.1 400 "), "{framing:?} got {answer}");
        }
        Ok(())
    }

    #[test]
    fn a_body_past_what_is_kept_is_read_to_its_end() -> io::Result<()> {
        let chunked = "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                       3\r\nabc\r\nA;x=y\r\n0123456789\r\n0\r\n\r\n";
        let plain = "POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n012345678";
        let short = "POST / HTTP/1.1\r\nContent-Length: 4\r\n\r\nfour";
        let answer = served(&[chunked, plain, short].concat())?;
        assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 3, "{answer}");
        assert_eq!(answer.matches("too long").count(), 2, "{answer}");
        assert!(answer.ends_with("four"), "{answer}");
        Ok(())
    }

    /// Chunks that come one by one, in one piece or in two.
    #[tokio::test]
    async fn a_long_body_of_small_chunks_is_read_as_it_was_sent() {
        struct Counter;
        impl Handler for Counter {
            async fn handle(&self, _: Request, body: Body<'_>) -> Response {
                match body.read(4 << 20).await {
                    Ok(body) => {
                        let sum: u64 = body.iter().map(|byte| u64::from(*byte)).sum();
                        Response::new(200).with_body(format!("{} {sum}", body.len()))
                    }
                    Err(error) => Response::new(error.status()).with_body(error.to_string()),
                }
            }
        }
        for split in [0, 1, 7] {
            let (mut client, server) = tokio::io::duplex(8 << 10);
            let (_stop, stopped) = watch::channel(false);
            let served = tokio::spawn(async { serve_connection(server, &Counter, stopped).await });
            let head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n";
            client.write_all(head).await.unwrap();
            for n in 0..300 {
                let chunk = ["1000\r\n".as_bytes(), &[1; 4096], b"\r\n"].concat();
                let first = if split > 0 && n % split == 0 { 3000 } else { chunk.len() };
                client.write_all(&chunk[..first]).await.unwrap();
                tokio::task::yield_now().await;
                client.write_all(&chunk[first..]).await.unwrap();
                tokio::task::yield_now().await;
            }
            client.write_all(b"0\r\n\r\n").await.unwrap();
            client.shutdown().await.unwrap();
            let mut answer = String::new();
            client.read_to_string(&mut answer).await.unwrap();
            let bytes = 300 * 4096;
            assert!(answer.ends_with(&format!("{bytes} {bytes}")), "{split}: {answer}");
            served.await.unwrap().unwrap();
        }
    }

    #[test]
    fn a_body_that_broke_ends_the_connection() -> io::Result<()> {
        let answer = served("POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n0123")?;
        assert!(answer.contains("Connection: close"), "{answer}");
        Ok(())
    }

    /// Answers with a body that is still being made: two pieces, and an end unless the path says no.
    struct Maker;

    impl Handler for Maker {
        async fn handle(&self, request: Request, _: Body<'_>) -> Response {
            let (making, more) = More::begin();
            let is_whole = request.path != "/broken";
            let more = more.unless(move || request.path == "/damaged");
            tokio::spawn(async move {
                for piece in ["second ", "", "third"] {
                    making.put(piece.into()).await;
                }
                if is_whole {
                    making.end().await;
                }
            });
            Response { more: Some(more), ..Response::new(200) }.with_body("first ")
        }
    }

    #[test]
    fn a_body_that_is_being_made_is_sent_in_chunks_and_ends_only_where_it_is_whole()
    -> io::Result<()> {
        let chunks = "\r\n\r\n6\r\nfirst \r\n7\r\nsecond \r\n5\r\nthird\r\n";
        let whole = served_by(&Maker, "GET /a HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n")?;
        assert_eq!(whole.matches(&format!("{chunks}0\r\n\r\n")).count(), 2, "{whole}");
        assert_eq!(whole.matches("Transfer-Encoding: chunked\r\n").count(), 2, "{whole}");
        assert!(!whole.contains("Content-Length") && !whole.contains("Connection"), "{whole}");
        // Nothing is answered behind a body without an end.
        let two = "GET /broken HTTP/1.1\r\n\r\nGET /b HTTP/1.1\r\n\r\n";
        let broken = served_by(&Maker, two)?;
        assert!(broken.ends_with(chunks), "{broken}");
        let damaged = served_by(&Maker, "GET /damaged HTTP/1.1\r\n\r\n")?;
        assert!(damaged.ends_with("\r\n\r\n6\r\nfirst \r\n"), "{damaged}");
        let old = served_by(&Maker, "GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")?;
        assert!(old.ends_with("\r\n\r\nfirst second third"), "{old}");
        assert!(old.contains("Content-Length: 18\r\n") && !old.contains("chunked"), "{old}");
        // Who knows no chunks sees by the length that it is not all.
        let old = served_by(&Maker, "GET /broken HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")?;
        assert!(old.ends_with("\r\n\r\nfirst second third"), "{old}");
        assert!(old.contains("Content-Length: 19\r\nConnection: close\r\n"), "{old}");
        let head = served_by(&Maker, "HEAD /a HTTP/1.1\r\n\r\n")?;
        assert!(head.ends_with("\r\n\r\n"), "{head}");
        Ok(())
    }

    #[test]
    fn who_leaves_in_the_middle_of_a_body_is_sent_no_more() -> io::Result<()> {
        struct Endless(std::sync::Mutex<Option<super::super::Making>>);
        impl Handler for Endless {
            async fn handle(&self, _: Request, _: Body<'_>) -> Response {
                let (making, more) = More::begin();
                *crate::lock::lock(&self.0) = Some(making);
                Response { more: Some(more), ..Response::new(200) }.with_body("first")
            }
        }
        // Nothing more is made, and nothing ends it: the connection sees that the client has left.
        let endless = Endless(std::sync::Mutex::default());
        let answer = served_by(&endless, "GET / HTTP/1.1\r\n\r\n")?;
        assert!(answer.ends_with("5\r\nfirst\r\n"), "{answer}");
        let making = crate::lock::lock(&endless.0).take();
        assert!(making.is_some_and(|making| !making.put_while(b"second".to_vec(), &|| false)));
        Ok(())
    }
}
