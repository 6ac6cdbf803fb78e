//! Sockets: requests come in, the honest server answers them, and the nature of a server changes
//! what it keeps, what it says, or how its bytes go out.

use crate::honest::{State, answer};
use crate::points::Point;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;

/// Which API the server has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    V1,
    V2,
    V3,
}

impl Kind {
    /// What it is judged as.
    pub(crate) fn profile(self) -> &'static str {
        match self {
            Self::V1 => "oss-v1@1.6",
            Self::V2 => "oss-v2@2.7",
            Self::V3 => "v3-core@3.6",
        }
    }

    pub(crate) fn token(self) -> Option<String> {
        (self == Self::V2).then(|| "a-token".to_owned())
    }
}

/// A request.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) body: String,
    /// How many came before it.
    pub(crate) number: usize,
}

impl Request {
    /// A value of the query string.
    pub(crate) fn param(&self, name: &str) -> String {
        let mut pairs = self.query.split('&').filter_map(|pair| pair.split_once('='));
        let value = pairs.find(|(key, _)| *key == name).map_or("", |(_, value)| value);
        percent_encoding::percent_decode_str(value).decode_utf8().unwrap().into_owned()
    }

    pub(crate) fn is_write(&self) -> bool {
        self.path.ends_with("/write") || self.path.ends_with("/write_lp")
    }

    /// A write of a case: the canaries go through.
    pub(crate) fn is_of_case(&self) -> bool {
        self.is_write() && !self.body.contains("canary")
    }

    /// A write with a line that must be refused.
    pub(crate) fn is_bad(&self) -> bool {
        self.is_write() && self.body.contains("v=x")
    }
}

/// An answer.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn new(status: u16, body: impl Into<String>) -> Self {
        let json = ("Content-Type", "application/json".to_owned());
        Self { status, headers: vec![json], body: body.into() }
    }

    pub(crate) fn page() -> Self {
        let html = ("Content-Type", "text/html; charset=utf-8".to_owned());
        let body = "<!doctype html><title>Log in</title><form>Your password?</form>".to_owned();
        Self { status: 200, headers: vec![html], body }
    }
}

/// How the bytes of an answer go out.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Manner {
    /// As it should be.
    Plain,
    /// Never.
    Never,
    /// Not at all: the connection ends.
    HangsUp,
    /// After this time.
    After(Duration),
    /// Byte by byte, with a pause after each.
    Drip(Duration),
    /// The length that is declared is longer or shorter than the body by so many bytes.
    Length { off: isize, then_closes: bool },
    /// Seven bytes more come than are declared, in a write of their own.
    Trails,
    /// `Connection: close`, and it is.
    ClosesAndSaysSo,
    /// The connection ends after the answer, without a word.
    ClosesSilently,
    /// An answer of HTTP/1.0, after which a connection ends.
    OldVersion,
}

/// What one server changes.
#[derive(Clone, Copy)]
pub(crate) enum Nature {
    /// Nothing.
    Honest,
    /// What it says; what it does stays honest.
    Says(fn(&Request, Answer) -> Answer),
    /// What it keeps: it is given what is kept, the good points of a write and the refused ones.
    Keeps(fn(&mut Vec<Point>, Vec<Point>, Vec<Point>)),
    /// What it still has: once it has taken a body with this in it, all that came before is gone from
    /// its other databases. So it forgets when a test says, on a slow machine too.
    ForgetsAfter(&'static str),
    /// How it answers.
    Answers(fn(&Request) -> Manner),
    /// It ends when so many requests have come: nothing listens any more.
    Dies { after: usize },
}

/// A running server.
pub(crate) struct Server {
    pub(crate) url: String,
}

impl Server {
    pub(crate) async fn start(kind: Kind, nature: Nature) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state = Arc::new(Mutex::new(State::new(kind)));
        tokio::spawn(async move {
            // With the listener go its connections.
            let mut connections = tokio::task::JoinSet::new();
            let death = Arc::new(Notify::new());
            loop {
                let (stream, _) = tokio::select! {
                    accepted = listener.accept() => accepted.unwrap(),
                    () = death.notified() => return,
                };
                connections.spawn(serve(stream, nature, Arc::clone(&state), Arc::clone(&death)));
            }
        });
        Self { url }
    }
}

async fn serve(
    mut stream: TcpStream,
    nature: Nature,
    state: Arc<Mutex<State>>,
    death: Arc<Notify>,
) {
    let mut buffer = Vec::new();
    while let Some(mut request) = request(&mut stream, &mut buffer).await {
        let said = {
            let mut state = state.lock().unwrap();
            request.number = state.requests;
            state.requests += 1;
            let honest = answer(&mut state, &request, nature);
            if let Nature::Says(change) = nature { change(&request, honest) } else { honest }
        };
        if let Nature::Dies { after } = nature
            && request.number >= after
        {
            death.notify_one();
            return;
        }
        let manner = match nature {
            Nature::Answers(how) => how(&request),
            _ => Manner::Plain,
        };
        if send(&mut stream, &said, manner).await.is_none() {
            return;
        }
    }
}

/// Sends an answer; none where the connection is over.
async fn send(stream: &mut TcpStream, answer: &Answer, manner: Manner) -> Option<()> {
    let mut head = format!("HTTP/1.1 {} X\r\n", answer.status);
    if let Manner::OldVersion = manner {
        head = head.replace("1.1", "1.0");
    }
    for (name, value) in &answer.headers {
        head += &format!("{name}: {value}\r\n");
    }
    if answer.status != 204 {
        let off = if let Manner::Length { off, .. } = manner { off } else { 0 };
        head += &format!("Content-Length: {}\r\n", answer.body.len().saturating_add_signed(off));
    }
    if let Manner::ClosesAndSaysSo = manner {
        head += "Connection: close\r\n";
    }
    let bytes = format!("{head}\r\n{}", answer.body).into_bytes();
    match manner {
        Manner::Never => std::future::pending().await,
        Manner::HangsUp => return None,
        Manner::After(time) => tokio::time::sleep(time).await,
        Manner::Drip(pause) => {
            for byte in bytes {
                stream.write_all(&[byte]).await.ok()?;
                tokio::time::sleep(pause).await;
            }
            return Some(());
        }
        _ => {}
    }
    stream.write_all(&bytes).await.ok()?;
    if let Manner::Trails = manner {
        // A task of the client's may run in between.
        tokio::task::yield_now().await;
        stream.write_all(b"trailer").await.ok()?;
    }
    let closes = matches!(
        manner,
        Manner::ClosesAndSaysSo
            | Manner::ClosesSilently
            | Manner::OldVersion
            | Manner::Length { then_closes: true, .. }
    );
    (!closes).then_some(())
}

async fn request(stream: &mut TcpStream, buffer: &mut Vec<u8>) -> Option<Request> {
    loop {
        if let Some(end) = buffer.windows(4).position(|w| w == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&buffer[..end]).into_owned();
            let length = head.lines().find_map(|line| line.strip_prefix("Content-Length: "));
            let length: usize = length.map_or(0, |text| text.parse().unwrap());
            if buffer.len() >= end + 4 + length {
                let body = String::from_utf8_lossy(&buffer[end + 4..end + 4 + length]).into_owned();
                buffer.drain(..end + 4 + length);
                let mut words = head.split(' ').map(str::to_owned);
                let (method, target) = (words.next()?, words.next()?);
                let (path, query) = target.split_once('?').unwrap_or((&target, ""));
                let (path, query) = (path.to_owned(), query.to_owned());
                return Some(Request { method, path, query, body, number: 0 });
            }
        }
        let mut more = [0; 4096];
        match stream.read(&mut more).await {
            Ok(count) if count > 0 => buffer.extend_from_slice(&more[..count]),
            _ => return None,
        }
    }
}
