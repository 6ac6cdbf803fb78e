//! HTTP/1.1 as bytes: one request out, one answer in.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// How long a server may stay silent.
const PATIENCE: Duration = Duration::from_secs(60);

/// A connection, kept open between answers while the server lets it be.
pub(crate) struct Connection {
    stream: BufReader<TcpStream>,
    authority: String,
}

/// How a body goes out.
#[derive(Clone, Copy)]
pub(crate) enum Sending<'a> {
    /// None; a length of 0 is told where the method commonly has a body.
    Nothing,
    /// With its length.
    Whole(&'a [u8]),
    /// Without a length, in two chunks.
    Chunks(&'a [u8]),
}

/// An answer with all its headers, in the order they came.
pub(crate) struct RawAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// The server closes, or has closed, the connection.
    pub(crate) last: bool,
}

impl RawAnswer {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }
}

impl Connection {
    /// Connects to `host:port`.
    pub(crate) fn open(authority: &str) -> io::Result<Self> {
        let stream = TcpStream::connect(authority)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        Ok(Self { stream: BufReader::new(stream), authority: authority.to_owned() })
    }

    /// Sends a request and reads its answer.
    pub(crate) fn exchange(
        &mut self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: Sending<'_>,
    ) -> io::Result<RawAnswer> {
        let mut out = self.head(method, target, headers, body);
        let bytes = match body {
            Sending::Nothing => &[],
            Sending::Whole(bytes) => bytes,
            Sending::Chunks(bytes) => {
                let (start, rest) = bytes.split_at(bytes.len().min(5));
                for chunk in [start, rest].into_iter().filter(|c| !c.is_empty()) {
                    write!(out, "{:x}\r\n", chunk.len())?;
                    out.extend_from_slice(chunk);
                    out.extend_from_slice(b"\r\n");
                }
                out.extend_from_slice(b"0\r\n\r\n");
                &[]
            }
        };
        let stream = self.stream.get_mut();
        if bytes.len() < 64 * 1024 {
            out.extend_from_slice(bytes);
            stream.write_all(&out)?;
        } else {
            stream.write_all(&out)?;
            stream.write_all(bytes)?;
        }
        loop {
            let answer = self.answer(method)?;
            if answer.status != 100 {
                return Ok(answer);
            }
        }
    }

    fn head(
        &self,
        method: &str,
        target: &str,
        headers: &[(String, String)],
        body: Sending<'_>,
    ) -> Vec<u8> {
        let mut head = format!("{method} {target} HTTP/1.1\r\nHost: {}\r\n", self.authority);
        if !headers.iter().any(|(n, _)| n.eq_ignore_ascii_case("accept-encoding")) {
            head.push_str("Accept-Encoding: identity\r\n");
        }
        match body {
            Sending::Whole(bytes) => {
                head.push_str(&format!("Content-Length: {}\r\n", bytes.len()));
            }
            Sending::Chunks(_) => head.push_str("Transfer-Encoding: chunked\r\n"),
            Sending::Nothing if ["POST", "PUT", "PATCH"].contains(&method) => {
                head.push_str("Content-Length: 0\r\n");
            }
            Sending::Nothing => {}
        }
        let mut head = head.into_bytes();
        for (name, value) in headers {
            head.extend_from_slice(name.as_bytes());
            head.extend_from_slice(b": ");
            head.extend_from_slice(&latin1(value));
            head.extend_from_slice(b"\r\n");
        }
        head.extend_from_slice(b"\r\n");
        head
    }

    fn answer(&mut self, method: &str) -> io::Result<RawAnswer> {
        let first = self.line()?;
        let status = first
            .split(' ')
            .nth(1)
            .and_then(|s| s.parse().ok())
            .ok_or_else(|| broken(&format!("this is no status line: {first:?}")))?;
        let mut headers = Vec::new();
        loop {
            let line = self.line()?;
            if line.is_empty() {
                break;
            }
            let (name, value) =
                line.split_once(':').ok_or_else(|| broken(&format!("no header: {line:?}")))?;
            headers.push((name.to_owned(), value.trim_start_matches([' ', '\t']).to_owned()));
        }
        let mut answer = RawAnswer { status, headers, body: Vec::new(), last: false };
        answer.last = answer.header("connection").is_some_and(|v| v.eq_ignore_ascii_case("close"))
            || first.starts_with("HTTP/1.0");
        if method == "HEAD" || status == 204 || status == 304 || status < 200 {
            return Ok(answer);
        }
        if answer.header("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) {
            answer.body = self.chunks()?;
        } else if let Some(length) = answer.header("content-length") {
            let length = length.parse().map_err(|_| broken("the length is no number"))?;
            answer.body = vec![0; length];
            self.stream.read_exact(&mut answer.body)?;
        } else {
            self.stream.read_to_end(&mut answer.body)?;
            answer.last = true;
        }
        Ok(answer)
    }

    fn chunks(&mut self) -> io::Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let line = self.line()?;
            let size = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(size, 16)
                .map_err(|_| broken(&format!("no size of a chunk: {line:?}")))?;
            if size == 0 {
                while !self.line()?.is_empty() {}
                return Ok(body);
            }
            let start = body.len();
            body.resize(start + size, 0);
            self.stream.read_exact(&mut body[start..])?;
            self.line()?;
        }
    }

    /// A line without its end; its bytes one character each, so that none is lost.
    fn line(&mut self) -> io::Result<String> {
        let mut line = Vec::new();
        if self.stream.read_until(b'\n', &mut line)? == 0 {
            return Err(broken("closed without an answer"));
        }
        let line = line.strip_suffix(b"\n").unwrap_or(&line);
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        Ok(line.iter().copied().map(char::from).collect())
    }
}

/// A header's value as bytes: one byte a character where that is possible.
fn latin1(value: &str) -> Vec<u8> {
    let bytes: Result<Vec<u8>, _> = value.chars().map(u8::try_from).collect();
    bytes.unwrap_or_else(|_| value.as_bytes().to_vec())
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
