//! An answer, put together from what has come so far.

use super::{Fragment, Response, WireError};
use std::time::Duration;

/// How a head ends.
const END: &[u8] = b"\r\n\r\n";

/// No head is longer.
const MOST: usize = 1024 * 1024;

/// No body is longer: what still goes on then is cut off.
const LARGEST: usize = 64 * 1024 * 1024;

/// More memory than this no reader keeps from one answer to the next.
const KEPT: usize = 64 * 1024;

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
    /// The connection may be used again, as far as the head says.
    keeps: bool,
    framing: Framing,
    body_at: usize,
}

/// Takes bytes until an answer is whole.
pub(super) struct Reader {
    bytes: Vec<u8>,
    head: Option<Head>,
    chunks: Chunks,
    to_head_request: bool,
    /// Nobody wants the headers: each would cost two allocations, which under load is most of a reading.
    is_brief: bool,
    /// The answer said itself where it ends, and nothing came after it, so the connection is still
    /// in step.
    pub(super) delimited: bool,
    /// The head announces that the connection ends.
    pub(super) closing: bool,
}

impl Reader {
    pub(super) fn new(to_head_request: bool) -> Self {
        Self {
            bytes: Vec::new(),
            head: None,
            chunks: Chunks::default(),
            to_head_request,
            is_brief: false,
            delimited: false,
            closing: false,
        }
    }

    /// For answers to POST whose headers nobody wants: they are judged, and not given back.
    pub(super) fn brief() -> Self {
        Self { is_brief: true, ..Self::new(false) }
    }

    /// For the next answer, as if it were new, in the same memory.
    pub(super) fn again(&mut self) {
        let mut bytes = std::mem::take(&mut self.bytes);
        bytes.clear();
        // What a long answer took is not kept.
        bytes.shrink_to(KEPT);
        let (to_head_request, is_brief) = (self.to_head_request, self.is_brief);
        *self = Self { bytes, is_brief, ..Self::new(to_head_request) };
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
                Some(head) => {
                    self.closing = !head.keeps;
                    self.head = Some(head);
                }
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
            return Err(WireError::Framing("it is longer than 64 MiB"));
        }
        if let Framing::Length(length) = head.framing
            && rest.get(length..).is_some_and(|more| !may_follow(more))
        {
            return Err(WireError::Overlong(length));
        }
        let Some((body, length)) = body else { return Ok(Progress::Partial) };
        let response = Response { status: head.status, headers: self.headers(head), body };
        self.delimited = rest.len() == length;
        Ok(Progress::Whole(response))
    }

    /// The headers of the answer, where anybody wants them.
    fn headers(&self, head: &Head) -> Vec<(String, String)> {
        if self.is_brief {
            return Vec::new();
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        lines_of(&self.bytes[..head.body_at - END.len()])
            .skip(1)
            .filter_map(header_of)
            .map(|(name, value)| (text(name).to_ascii_lowercase(), text(value).trim().to_owned()))
            .collect()
    }

    /// How many bytes the answer declares, where it does.
    pub(super) fn declared(&self) -> Option<usize> {
        match self.head.as_ref()?.framing {
            Framing::Length(length) => Some(length),
            Framing::None | Framing::Chunked | Framing::UntilClose => None,
        }
    }

    /// The connection has ended.
    pub(super) fn end(&mut self) -> Result<Response, WireError> {
        match self.head.take() {
            Some(head) if matches!(head.framing, Framing::UntilClose) => {
                let headers = self.headers(&head);
                Ok(Response {
                    status: head.status,
                    headers,
                    body: self.bytes.split_off(head.body_at),
                })
            }
            head => {
                self.head = head;
                Err(self.broken(false))
            }
        }
    }

    /// What there is of the answer.
    fn fragment(&self) -> Fragment {
        let Some(head) = &self.head else { return Fragment::Head(self.bytes.len()) };
        let rest = self.bytes.len() - head.body_at;
        match head.framing {
            Framing::Length(length) => Fragment::Body { received: rest, declared: Some(length) },
            // A chunk that has not wholly come has no length yet that one could count.
            _ => Fragment::Body { received: rest, declared: None },
        }
    }

    /// It has taken too long.
    pub(super) fn late(&self, after: Duration) -> WireError {
        if self.bytes.is_empty() {
            WireError::Timeout(after)
        } else {
            WireError::Unfinished(after, self.fragment())
        }
    }

    /// The connection has broken.
    pub(super) fn broken(&self, reset: bool) -> WireError {
        if self.bytes.is_empty() {
            return if reset { WireError::Reset } else { WireError::Closed };
        }
        if self.bytes.starts_with(b"HTTP/") {
            WireError::Truncated(self.fragment())
        } else {
            not_http(&self.bytes)
        }
    }
}

/// What may come after the end of an answer: another one, and empty lines, which recipients are told
/// to bear (RFC 9112, section 2.2). Anything else shows that the length was wrong.
pub(super) fn may_follow(more: &[u8]) -> bool {
    more.iter().all(|byte| matches!(byte, b'\r' | b'\n'))
        || more.starts_with(&b"HTTP/1."[..more.len().min(7)])
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
    let Some(end) = find(bytes, END) else {
        return if bytes.len() > MOST { Err(not_http(bytes)) } else { Ok(None) };
    };
    let body_at = end + END.len();
    let mut lines = lines_of(&bytes[..end]);
    let number =
        |line: &[u8]| std::str::from_utf8(line.split(|b| *b == b' ').nth(1)?).ok()?.parse().ok();
    let status: u16 = lines.next().and_then(number).ok_or_else(|| not_http(bytes))?;
    let (mut coding, mut length) = (None, None);
    let (mut closes, mut keeps) = (false, false);
    for (name, value) in lines.filter_map(header_of) {
        if name.eq_ignore_ascii_case(b"transfer-encoding") {
            coding = coding.or(Some(value));
        } else if name.eq_ignore_ascii_case(b"content-length") {
            length = length.or(Some(value));
        } else if name.eq_ignore_ascii_case(b"connection") {
            for option in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                closes |= option.eq_ignore_ascii_case(b"close");
                keeps |= option.eq_ignore_ascii_case(b"keep-alive");
            }
        }
    }
    let framing = if to_head_request || status == 204 || status == 304 || status < 200 {
        Framing::None
    } else if coding.is_some_and(|coding| coding.eq_ignore_ascii_case(b"chunked")) {
        Framing::Chunked
    } else if let Some(length) = length {
        let length = std::str::from_utf8(length).ok().and_then(|text| text.parse().ok());
        // RFC 9112, section 6.3: no recipient can go on from there.
        Framing::Length(length.ok_or(WireError::Framing("its Content-Length is no number"))?)
    } else {
        Framing::UntilClose
    };
    // Whether the connection stays after this answer: RFC 9112, section 9.3.
    let keeps = if bytes.starts_with(b"HTTP/1.0") { keeps } else { !closes };
    Ok(Some(Head { status, keeps, framing, body_at }))
}

/// The lines of a head without its end. Bytes and no text: a search for a text costs more than all else
/// that is done with an answer.
fn lines_of(head: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = Some(head);
    std::iter::from_fn(move || {
        let left = rest?;
        match find(left, b"\r\n") {
            Some(at) => {
                rest = Some(&left[at + 2..]);
                Some(&left[..at])
            }
            None => rest.take(),
        }
    })
}

/// Name and value of a header.
fn header_of(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = memchr::memchr(b':', line)?;
    Some((&line[..colon], line[colon + 1..].trim_ascii()))
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
            let size = usize::from_str_radix(digits, 16)
                .map_err(|_| WireError::Framing("the size of a chunk is no number"))?;
            let data = &bytes[end + 2..];
            if size == 0 {
                // Trailers, if any, end with an empty line.
                let trailers = if data.starts_with(b"\r\n") { Some(2) } else { None };
                let trailers = trailers.or_else(|| find(data, b"\r\n\r\n").map(|at| at + 4));
                let whole = trailers.map(|length| self.done + end + 2 + length);
                return Ok(whole.map(|length| (std::mem::take(&mut self.body), length)));
            }
            if size > LARGEST {
                return Err(WireError::Framing("a chunk is longer than 64 MiB"));
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
    let begins = memchr::memchr_iter(*wanted.first()?, bytes);
    begins.into_iter().find(|at| bytes[*at..].starts_with(wanted))
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
    fn a_brief_reading_judges_the_same_and_gives_no_headers() {
        let mut brief = Reader::brief();
        for (answer, delimited, closing) in [
            ("HTTP/1.1 503 Later\r\nX-A: b\r\nContent-Length: 2\r\n\r\nhi", true, false),
            ("HTTP/1.1 200 OK\r\nCONNECTION: Close\r\nContent-Length: 2\r\n\r\nhi", true, true),
            ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi\r\n", false, false),
            (
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n",
                true,
                false,
            ),
        ] {
            let Ok(Progress::Whole(response)) = brief.feed(answer.as_bytes()) else {
                panic!("{answer}")
            };
            assert_eq!((response.text().as_str(), response.headers.len()), ("hi", 0), "{answer}");
            assert_eq!((brief.delimited, brief.closing), (delimited, closing), "{answer}");
            brief.again();
        }
        assert_eq!(brief.end(), Err(WireError::Closed));
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
        assert!(matches!(reader.feed(endless), Err(WireError::Framing(_))));
        let mut reader = Reader::new(false);
        assert!(reader.feed(b"HTTP/1.0 200 OK\r\n\r\n").is_ok());
        let block = vec![b'x'; LARGEST];
        assert!(reader.feed(&block).is_ok());
        assert!(matches!(reader.feed(b"x"), Err(WireError::Framing(_))));
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
        let so_far = Fragment::Body { received: 2, declared: Some(9) };
        assert_eq!(cut.end(), Err(WireError::Truncated(so_far)));
        assert!(so_far.to_string().starts_with("2 of the 9 bytes"), "{so_far}");
    }

    #[test]
    fn an_answer_that_takes_too_long_says_how_far_it_came() {
        let after = Duration::from_millis(500);
        let late = |bytes: &[u8]| {
            let mut reader = Reader::new(false);
            assert!(reader.feed(bytes).is_ok());
            reader.late(after).to_string()
        };
        assert_eq!(late(b""), "no answer within 0.5 s");
        assert_eq!(
            late(b"HTTP/1.1 2"),
            "no whole answer within 0.5 s: 10 bytes of its head had come"
        );
        assert!(
            late(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi").contains("2 of the 9 bytes")
        );
        let chunked = late(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
        assert!(chunked.contains("and not their end"), "{chunked}");
    }

    #[test]
    fn a_length_that_is_wrong_is_no_answer() {
        let fed = |more: &str| {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi{more}");
            Reader::new(false).feed(answer.as_bytes()).map(|_| ())
        };
        assert_eq!(fed("gh"), Err(WireError::Overlong(2)));
        for may_follow in ["", "\r\n", "H", "HTTP/1.1 408 Request Timeout\r\n"] {
            assert_eq!(fed(may_follow), Ok(()), "{may_follow:?}");
        }
        let none = Reader::new(false).feed(b"HTTP/1.1 200 OK\r\nContent-Length: 2x\r\n\r\nhi");
        assert!(matches!(none, Err(WireError::Framing(why)) if why.contains("Content-Length")));
    }

    #[test]
    fn a_connection_stays_as_long_as_the_answer_says() {
        let closing = |head: &str| {
            let mut reader = Reader::new(false);
            let answer = format!("HTTP/{head}\r\nContent-Length: 0\r\n\r\n");
            assert!(matches!(reader.feed(answer.as_bytes()), Ok(Progress::Whole(_))));
            reader.closing
        };
        assert!(!closing("1.1 200 OK"));
        assert!(closing("1.1 200 OK\r\nConnection: Close"));
        assert!(closing("1.1 200 OK\r\nConnection: x, close"));
        assert!(closing("1.0 200 OK"));
        assert!(!closing("1.0 200 OK\r\nConnection: keep-alive"));
    }
}
