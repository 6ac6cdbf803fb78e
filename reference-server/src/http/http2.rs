//! A connection of HTTP/2: gRPC goes to the service for it, anything else to the handler that
//! HTTP/1.1 has too (3.6:influxdb3_server/src/unified_service/service.rs).
//!
//! Here a library speaks the protocol: over HTTP/2 no product was seen to break it.

use super::message::{Framing, Progress, STALLED, Wire};
use super::preface::Rewound;
use super::room::Room;
use super::{Body, BodyError, BrokenOff, Client, Handler, QueryString, Request, Response, stopped};
use bytes::Bytes;
use futures::stream::{self, StreamExt};
use http_body_util::{BodyExt, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::{Mutex, watch};
use tokio::time::timeout;
use tonic::codegen::Service;

/// The answers of both.
type Answer = hyper::Response<tonic::body::Body>;

/// The largest body that is read before the handler says what it thinks of it, which is before
/// anybody has looked at credentials.
const LARGEST_BODY: usize = 64 << 20;

/// How many requests a connection may have open, and so how many such bodies.
const STREAMS: u32 = 8;

/// How much of a body that waits for room lies there: less than what a connection may have of all of its
/// streams, so that the others go on.
const WINDOW: u32 = 128 << 10;

/// How often a client is asked whether it is there, and how long it may take to say so.
const PING: Duration = Duration::from_secs(30);
const PONG: Duration = Duration::from_secs(20);

/// How long answers may go on once the server is to stop.
const LAST_WORDS: Duration = Duration::from_secs(5);

/// Serves a connection until the client leaves or `stop` turns true.
///
/// # Errors
/// Those of the connection.
pub async fn serve_http2<S, H, G>(
    stream: S,
    first: Vec<u8>,
    handler: Arc<H>,
    grpc: G,
    mut stop: watch::Receiver<bool>,
) -> Result<(), hyper::Error>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    H: Handler,
    G: Service<hyper::Request<Incoming>, Response = Answer, Error = Infallible>,
    G: Clone + Send + Sync + 'static,
    G::Future: Send,
{
    let service = service_fn(move |request: hyper::Request<Incoming>| {
        let (handler, mut grpc) = (Arc::clone(&handler), grpc.clone());
        async move {
            if is_grpc(&request) {
                return grpc.call(request).await;
            }
            Ok(rest(&*handler, request).await)
        }
    });
    let connection = http2::Builder::new(TokioExecutor::new())
        .timer(TokioTimer::new())
        .keep_alive_interval(PING)
        .keep_alive_timeout(PONG)
        .max_concurrent_streams(STREAMS)
        .initial_stream_window_size(WINDOW)
        .serve_connection(TokioIo::new(Rewound::new(first, stream)), service);
    let mut connection = pin!(connection);
    tokio::select! {
        ended = connection.as_mut() => return ended,
        () = stopped(&mut stop) => connection.as_mut().graceful_shutdown(),
    }
    timeout(LAST_WORDS, connection).await.unwrap_or(Ok(()))
}

/// 3.6:influxdb3_server/src/lib.rs:353-362.
fn is_grpc(request: &hyper::Request<Incoming>) -> bool {
    let content_type = request.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    content_type.is_some_and(|text| text.starts_with(b"application/grpc"))
}

/// Answers a request that is not gRPC.
async fn rest<H: Handler>(handler: &H, request: hyper::Request<Incoming>) -> Answer {
    let (parts, body) = request.into_parts();
    let mut room = Room::new();
    let body = match read(body, &mut room).await {
        Ok(body) => body,
        Err(error) => {
            let (status, text) = match error {
                BodyError::TooLarge(_) => {
                    (413, "the body is too large for this server over HTTP/2".to_owned())
                }
                BodyError::Broken(_) => (400, error.to_string()),
                BodyError::NoRoom => (503, error.to_string()),
            };
            return answer(Response::new(status).with_body(text), "");
        }
    };
    let length = body.len() as u64;
    // A client that leaves ends its stream, and with it this future.
    let wire = Mutex::new(Wire { buffered: body, stream: tokio::io::empty() });
    let method = parts.method.as_str().to_owned();
    let raw_query = parts.uri.query().map(str::to_owned);
    let headers = parts.headers.iter();
    let mut headers: Vec<(String, Vec<u8>)> =
        headers.map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect();
    if let Some(authority) = parts.uri.authority() {
        headers.push(("host".to_owned(), authority.to_string().into_bytes()));
    }
    let request = Request {
        method: method.clone(),
        path: parts.uri.path().to_owned(),
        query: QueryString::parse(raw_query.as_deref().unwrap_or_default()),
        raw_query,
        headers,
        client: Client::default(),
    };
    let body = Body {
        framing: Framing::Length(length),
        wire: &wire,
        expects_continue: false,
        progress: &mut Progress::Untouched,
        room: &mut room,
    };
    answer(handler.handle(request, body).await, &method)
}

/// Reads a body, frame by frame.
async fn read<B>(body: B, room: &mut Room) -> Result<Vec<u8>, BodyError>
where
    B: hyper::body::Body<Data = Bytes>,
{
    let mut body = pin!(body);
    let mut bytes = Vec::new();
    let too_large = BodyError::TooLarge(LARGEST_BODY as u64);
    if body.size_hint().lower() > LARGEST_BODY as u64 {
        return Err(too_large);
    }
    let broken = || BodyError::Broken("the body broke off");
    while let Some(frame) = timeout(STALLED, body.frame()).await.map_err(|_| broken())? {
        let Ok(data) = frame.map_err(|_| broken())?.into_data() else { continue };
        if bytes.len() + data.len() > LARGEST_BODY {
            return Err(too_large);
        }
        room.hold(bytes.len() + data.len(), body.size_hint().lower()).await?;
        bytes.extend_from_slice(&data);
    }
    Ok(bytes)
}

/// A response as HTTP/2 can carry it: headers that it has no room for are left out.
fn answer(response: Response, method: &str) -> Answer {
    let is_head = method == "HEAD";
    let body = Bytes::from(if is_head { Vec::new() } else { response.body });
    let frame = |bytes: Bytes| Ok::<_, io::Error>(Frame::data(bytes));
    let broken_off = || Err(io::Error::from(io::ErrorKind::UnexpectedEof));
    let body = if response.breaks_off {
        let frames = [frame(body), broken_off()];
        tonic::body::Body::new(StreamBody::new(stream::iter(frames)))
    } else if let Some(more) = response.more.filter(|_| !is_head) {
        // After a break nothing more is asked for.
        let rest = stream::unfold(Some(more), move |more| async move {
            let mut more = more?;
            match more.next().await {
                Ok(piece) => Some((frame(Bytes::from(piece?)), Some(more))),
                Err(BrokenOff) => Some((broken_off(), None)),
            }
        });
        let all = stream::iter([frame(body)]).chain(rest);
        tonic::body::Body::new(StreamBody::new(all))
    } else {
        tonic::body::Body::new(Full::new(body))
    };
    let mut answer = Answer::new(body);
    if let Ok(status) = hyper::StatusCode::from_u16(response.status) {
        *answer.status_mut() = status;
    }
    for (name, value) in &response.headers {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value)) {
            answer.headers_mut().append(name, value);
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHORT: Duration = Duration::from_millis(20);

    /// A body in frames of so many bytes, of which nobody says how many there are.
    fn frames(
        sizes: Vec<usize>,
    ) -> StreamBody<impl stream::Stream<Item = io::Result<Frame<Bytes>>>> {
        let frame = |size| Ok(Frame::data(Bytes::from(vec![b'x'; size])));
        StreamBody::new(stream::iter(sizes.into_iter().map(frame)))
    }

    #[tokio::test]
    async fn a_body_takes_room_frame_by_frame_and_has_to_get_it() {
        let room = Room::of(8, SHORT);
        let mut one = room();
        let body = read(frames(vec![1000; 400]), &mut one).await.unwrap();
        assert_eq!(body, [b'x'; 400_000]);
        assert!((400_000..=600_000).contains(&one.bytes()), "{}", one.bytes());
        let mut other = room();
        assert!(read(frames(vec![1000; 60]), &mut other).await.is_ok(), "small ones do not wait");
        let refused = read(frames(vec![1000; 400]), &mut other).await;
        assert!(matches!(refused, Err(BodyError::NoRoom)), "{refused:?}");
        drop(one);
        assert!(read(frames(vec![1000; 400]), &mut other).await.is_ok());
    }

    #[tokio::test]
    async fn a_body_that_is_too_large_or_breaks_off_is_told_apart() {
        let mut room = Room::new();
        let announced = Full::new(Bytes::from(vec![0; LARGEST_BODY + 1]));
        assert!(matches!(read(announced, &mut room).await, Err(BodyError::TooLarge(_))));
        assert_eq!(room.bytes(), Room::new().bytes(), "none of it was read");
        let unannounced = frames(vec![LARGEST_BODY / 4; 5]);
        assert!(matches!(read(unannounced, &mut room).await, Err(BodyError::TooLarge(_))));
        let broken = [Ok(Frame::data(Bytes::from("m f=1"))), Err(io::Error::other("gone"))];
        let broken = StreamBody::new(stream::iter(broken));
        assert!(matches!(read(broken, &mut room).await, Err(BodyError::Broken(_))));
    }
}
