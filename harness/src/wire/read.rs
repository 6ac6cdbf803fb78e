//! An answer, put together from what has come so far.

use super::{Response, WireError};

/// No head is longer.
const MOST: usize = 1024 * 1024;

/// No body is longer: what still goes on then is cut off.
const LARGEST: usize = 64 * 1024 * 1024;

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
    chunks: Chunks,
    to_head_request: bool,
    /// The answer said itself where it ends, and nothing came after it, so the connection is still
    /// in step.
    pub(super) delimited: bool,
}

impl Reader {
    pub(super) fn new(to_head_request: bool) -> Self {
        Self {
            bytes: Vec::new(),
            head: None,
            chunks: Chunks::default(),
            to_head_request,
            delimited: false,
        }
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
        // The body, and how many bytes it takes.
        let body = match head.framing {
            Framing::None => Some((Vec::new(), 0)),
            Framing::Length(length) => rest.get(..length).map(|body| (body.to_vec(), length)),
            Framing::Chunked => self.chunks.feed(rest)?,
            Framing::UntilClose => None,
        };
        if body.is_none() && rest.len() > LARGEST {
            return Err(WireError::Truncated);
        }
        Ok(body.map_or(Progress::Partial, |(body, length)| {
            self.delimited = rest.len() == length;
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

/// Status line and headers, whatever bytes their values hold: some servers echo what they were
/// sent, control characters and all.
fn parse_head(bytes: &[u8], to_head_request: bool) -> Result<Option<Head>, WireError> {
    let begins = &b"HTTP/1."[..bytes.len().min(7)];
    if !bytes.starts_with(begins) {
        return Err(not_http(bytes));
    }
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return if bytes.len() > MOST { Err(not_http(bytes)) } else { Ok(None) };
    };
    let body_at = end + 4;
    let text = String::from_utf8_lossy(&bytes[..end]);
    let mut lines = text.split("\r\n");
    let status = lines.next().and_then(|line| line.split(' ').nth(1)?.parse().ok());
    let status: u16 = status.ok_or_else(|| not_http(bytes))?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
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

/// A body in chunks, as far as it has come.
#[derive(Default)]
struct Chunks {
    body: Vec<u8>,
    /// How many bytes of the rest are done.
    done: usize,
}

impl Chunks {
    /// The body and the bytes that it takes, once the last chunk is there. `rest` is all that has
    /// come since the head.
    fn feed(&mut self, rest: &[u8]) -> Result<Option<(Vec<u8>, usize)>, WireError> {
        loop {
            let bytes = &rest[self.done..];
            let Some(end) = find(bytes, b"\r\n") else { return Ok(None) };
            let line = String::from_utf8_lossy(&bytes[..end]);
            let digits = line.split(';').next().unwrap_or_default().trim();
            let size = usize::from_str_radix(digits, 16).map_err(|_| WireError::Truncated)?;
            let data = &bytes[end + 2..];
            if size == 0 {
                // Trailers, if any, end with an empty line.
                let trailers = if data.starts_with(b"\r\n") { Some(2) } else { None };
                let trailers = trailers.or_else(|| find(data, b"\r\n\r\n").map(|at| at + 4));
                let whole = trailers.map(|length| self.done + end + 2 + length);
                return Ok(whole.map(|length| (std::mem::take(&mut self.body), length)));
            }
            if size > LARGEST {
                return Err(WireError::Truncated);
            }
            if data.len() < size + 2 {
                return Ok(None);
            }
            self.body.extend_from_slice(&data[..size]);
            self.done += end + 2 + size + 2;
        }
    }
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    bytes.windows(wanted.len()).position(|window| window == wanted)
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
        assert_eq!(
            (length.status, length.header("x-a"), length.text().as_str()),
            (400, Some("b"), "hi")
        );
        assert_eq!(whole(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n1\r\n!\r\n0\r\n\r\n").text(), "hi!");
        assert_eq!(whole(b"HTTP/1.0 200 OK\r\n\r\nto the end").text(), "to the end");
        assert_eq!(
            whole(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n").status,
            204
        );
    }

    #[test]
    fn what_comes_after_an_answer_puts_the_connection_out_of_step() {
        let in_step = |bytes: &[u8]| {
            let mut reader = Reader::new(false);
            assert!(matches!(reader.feed(bytes), Ok(Progress::Whole(_))));
            reader.delimited
        };
        for answer in [
            "HTTP/1.1 204 No Content\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nA: b\r\n\r\n",
        ] {
            assert!(in_step(answer.as_bytes()), "{answer}");
            assert!(!in_step(format!("{answer}HTTP/1.1 200 OK\r\n").as_bytes()), "{answer}");
        }
    }

    #[test]
    fn an_answer_without_end_is_cut_off() {
        let mut reader = Reader::new(false);
        let endless = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffff0\r\n";
        assert!(matches!(reader.feed(endless), Err(WireError::Truncated)));
        let mut reader = Reader::new(false);
        assert!(reader.feed(b"HTTP/1.0 200 OK\r\n\r\n").is_ok());
        let block = vec![b'x'; LARGEST];
        assert!(reader.feed(&block).is_ok());
        assert!(matches!(reader.feed(b"x"), Err(WireError::Truncated)));
    }

    #[test]
    fn what_is_not_an_answer_is_told_apart() {
        let mut tls = Reader::new(false);
        assert!(matches!(tls.feed(b"\x15\x03\x01\x00\x02\x02\x46"), Err(WireError::NotHttp(_))));
        assert_eq!(Reader::new(false).end(), Err(WireError::Closed));
        let odd = whole(b"HTTP/1.1 400 Bad\r\nX-Error: a\x1fb\xff\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(odd.header("x-error"), Some("a\u{1f}b\u{fffd}"));
        let mut cut = Reader::new(false);
        assert!(cut.feed(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi").is_ok());
        assert_eq!(cut.end(), Err(WireError::Truncated));
    }
}
