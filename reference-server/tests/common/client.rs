//! HTTP/1.1 on one connection: a request out, status and body in.

use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

/// Status and body of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A server, and the connection to it while it lasts.
pub(crate) struct Client {
    authority: String,
    stream: Option<BufReader<TcpStream>>,
}

impl Client {
    pub(crate) const fn new(authority: String) -> Self {
        Self { authority, stream: None }
    }

    /// Sends a request, once more if the connection was closed meanwhile.
    pub(crate) fn send(
        &mut self,
        method: &str,
        target: &str,
        headers: &str,
        body: &[u8],
    ) -> io::Result<Answer> {
        let head = format!(
            "{method} {target} HTTP/1.1\r\nHost: {}\r\nContent-Length: {}\r\n{headers}\r\n",
            self.authority,
            body.len()
        );
        let request = [head.as_bytes(), body].concat();
        let reused = self.stream.is_some();
        match self.exchange(&request) {
            Err(_) if reused => self.exchange(&request),
            answer => answer,
        }
    }

    fn exchange(&mut self, request: &[u8]) -> io::Result<Answer> {
        let mut stream = match self.stream.take() {
            Some(stream) => stream,
            None => {
                let stream = TcpStream::connect(&self.authority)?;
                stream.set_nodelay(true)?;
                stream.set_read_timeout(Some(Duration::from_secs(30)))?;
                BufReader::new(stream)
            }
        };
        stream.get_mut().write_all(request)?;
        let first = line(&mut stream)?;
        let status = first.split(' ').nth(1).and_then(|s| s.parse().ok());
        let status = status.ok_or_else(|| broken(&format!("no status line: {first:?}")))?;
        let (mut length, mut chunked, mut close) = (None, false, false);
        loop {
            let header = line(&mut stream)?.to_ascii_lowercase();
            let Some((name, value)) = header.split_once(':') else { break };
            match (name, value.trim()) {
                ("content-length", n) => length = n.parse().ok(),
                ("transfer-encoding", "chunked") => chunked = true,
                ("connection", "close") => close = true,
                _ => {}
            }
        }
        let mut body = Vec::new();
        if chunked {
            loop {
                let size = line(&mut stream)?;
                let size = usize::from_str_radix(size.trim(), 16)
                    .map_err(|_| broken(&format!("no size of a chunk: {size:?}")))?;
                let start = body.len();
                body.resize(start + size, 0);
                stream.read_exact(&mut body[start..])?;
                line(&mut stream)?;
                if size == 0 {
                    break;
                }
            }
        } else if status != 204 {
            body.resize(length.unwrap_or(0), 0);
            stream.read_exact(&mut body)?;
        }
        if !close {
            self.stream = Some(stream);
        }
        Ok(Answer { status, body: String::from_utf8_lossy(&body).into_owned() })
    }
}

fn line(stream: &mut BufReader<TcpStream>) -> io::Result<String> {
    let mut line = Vec::new();
    if stream.read_until(b'\n', &mut line)? == 0 {
        return Err(broken("closed without an answer"));
    }
    Ok(String::from_utf8_lossy(&line).trim_end().to_owned())
}

fn broken(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
