//! An answer, put together from what has come so far.

use super::{Response, WireError};

/// How far an answer has come.
pub(super) enum Progress {
    /// More must come.
    Partial,
    /// It is whole.
    Whole(Response),
}

/// Where the body ends.
enum Framing {
    None,
    Length(usize),
    Chunked,
    UntilClose,
}

struct Head {
    status: u16,
    headers: Vec<(String, String)>,
    framing: Framing,
    body_at: usize,
}

/// Takes bytes until an answer is whole.
pub(super) struct Reader {
    bytes: Vec<u8>,
    head: Option<Head>,
    to_head_request: bool,
    /// The answer said itself where it ends, so the connection is still in step.
    pub(super) delimited: bool,
}

impl Reader {
    pub(super) fn new(to_head_request: bool) -> Self {
        Self { bytes: Vec::new(), head: None, to_head_request, delimited: false }
    }

    /// More bytes have come.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<Progress, WireError> {
        self.bytes.extend_from_slice(bytes);
        while self.head.is_none() {
            match parse_head(&self.bytes, self.to_head_request)? {
                None => return Ok(Progress::Partial),
                // 100 Continue and its kind: the answer is still to come.
                Some(head) if (100..200).contains(&head.status) && head.status != 101 => {
                    self.bytes.drain(..head.body_at);
                }
                Some(head) => self.head = Some(head),
            }
        }
        let Some(head) = &self.head else { return Ok(Progress::Partial) };
        let rest = &self.bytes[head.body_at..];
        let body = match head.framing {
            Framing::None => Some(Vec::new()),
            Framing::Length(length) => rest.get(..length).map(<[u8]>::to_vec),
            Framing::Chunked => unchunk(rest)?,
            Framing::UntilClose => None,
        };
        Ok(body.map_or(Progress::Partial, |body| {
            self.delimited = true;
            Progress::Whole(Response { status: head.status, headers: head.headers.clone(), body })
        }))
    }

    /// The connection has ended.
    pub(super) fn end(&mut self) -> Result<Response, WireError> {
        match self.head.take() {
            Some(Head { framing: Framing::UntilClose, status, headers, body_at }) => {
                Ok(Response { status, headers, body: self.bytes.split_off(body_at) })
            }
            Some(_) => Err(WireError::Truncated),
            None if self.bytes.is_empty() => Err(WireError::Closed),
            None => Err(self.broken(false)),
        }
    }

    /// The connection has broken.
    pub(super) fn broken(&self, reset: bool) -> WireError {
        if self.bytes.is_empty() {
            return if reset { WireError::Reset } else { WireError::Closed };
        }
        if self.bytes.starts_with(b"HTTP/") { WireError::Truncated } else { not_http(&self.bytes) }
    }
}

fn not_http(bytes: &[u8]) -> WireError {
    WireError::NotHttp(bytes[..bytes.len().min(40)].to_vec())
}

fn parse_head(bytes: &[u8], to_head_request: bool) -> Result<Option<Head>, WireError> {
    let mut headers = [httparse::EMPTY_HEADER; 128];
    let mut parsed = httparse::Response::new(&mut headers);
    let body_at = match parsed.parse(bytes) {
        Ok(httparse::Status::Partial) => return Ok(None),
        Ok(httparse::Status::Complete(at)) => at,
        Err(_) => return Err(not_http(bytes)),
    };
    let status = parsed.code.unwrap_or(0);
    let headers: Vec<_> = parsed
        .headers
        .iter()
        .map(|h| (h.name.to_ascii_lowercase(), String::from_utf8_lossy(h.value).into_owned()))
        .collect();
    let value = |name: &str| headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.trim());
    let framing = if to_head_request || status == 204 || status == 304 || status < 200 {
        Framing::None
    } else if value("transfer-encoding").is_some_and(|v| v.eq_ignore_ascii_case("chunked")) {
        Framing::Chunked
    } else if let Some(length) = value("content-length").and_then(|v| v.parse().ok()) {
        Framing::Length(length)
    } else {
        Framing::UntilClose
    };
    Ok(Some(Head { status, headers, framing, body_at }))
}

/// The body, once the last chunk is there.
fn unchunk(mut bytes: &[u8]) -> Result<Option<Vec<u8>>, WireError> {
    let mut body = Vec::new();
    loop {
        match httparse::parse_chunk_size(bytes) {
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_) => return Err(WireError::Truncated),
            Ok(httparse::Status::Complete((at, 0))) => {
                // Trailers, if any, end with an empty line.
                let rest = &bytes[at..];
                let whole = rest.starts_with(b"\r\n") || rest.windows(4).any(|w| w == b"\r\n\r\n");
                return Ok(whole.then_some(body));
            }
            Ok(httparse::Status::Complete((at, size))) => {
                let Ok(size) = usize::try_from(size) else { return Err(WireError::Truncated) };
                let Some(chunk) = bytes.get(at..at + size) else { return Ok(None) };
                body.extend_from_slice(chunk);
                let Some(rest) = bytes.get(at + size + 2..) else { return Ok(None) };
                bytes = rest;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole(bytes: &[u8]) -> Response {
        let mut reader = Reader::new(false);
        // One byte at a time: every split must work.
        for byte in bytes {
            if let Progress::Whole(response) = reader.feed(&[*byte]).unwrap() {
                return response;
            }
        }
        reader.end().unwrap()
    }

    #[test]
    fn every_framing_is_read() {
        let length = whole(b"HTTP/1.1 400 Bad\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi");
        assert_eq!((length.status, length.header("x-a"), length.text().as_str()), (400, Some("b"), "hi"));
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n").text(), "hi!");
        assert_eq!(whole(b"HTTP/1.0 200 OK\r\n\r\nto the end").text(), "to the end");
        assert_eq!(whole(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").status, 204);
    }

    #[test]
    fn what_is_not_an_answer_is_told_apart() {
        let mut tls = Reader::new(false);
        assert!(matches!(tls.feed(b"\x15\x03\x01\x00\x02\x02\x46"), Err(WireError::NotHttp(_))));
        assert_eq!(Reader::new(false).end(), Err(WireError::Closed));
        let mut cut = Reader::new(false);
        assert!(cut.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi").is_ok());
        assert_eq!(cut.end(), Err(WireError::Truncated));
    }
}
