//! Bodies that are too big to be kept: the recordings tell their size only.

use crate::recording::Request;

const LINE: &[u8] = b"cpu,host=a v=1 1700000000000000000";
/// A good line, then a comment of `x` up to 26,000,000 bytes; to pack it here takes seconds.
const PACKED: &[u8] = include_bytes!("../recordings/line-and-comment-of-26MB.gz");
/// The longest string that OSS v2 stores.
const LONGEST_STRING: usize = 1 << 20;

/// The body of this request, before placeholders are filled in.
pub(crate) fn body(request: &Request) -> Result<Vec<u8>, String> {
    match (&request.body, request.body_size) {
        (Some(body), _) => body.bytes(),
        (None, Some(size)) => Ok(described(request, size)),
        (None, None) => Err("the recorded request has neither body nor size".into()),
    }
}

fn described(request: &Request, size: usize) -> Vec<u8> {
    if request.headers.get("Content-Encoding").is_some_and(|v| v == "gzip") {
        return PACKED.to_vec();
    }
    if size.checked_sub(LONGEST_STRING) == Some(26) {
        let mut line = br#"m s=""#.to_vec();
        line.resize(line.len() + LONGEST_STRING, b'x');
        line.extend_from_slice(br#"" 1700000000000000000"#);
        return line;
    }
    line_and_comment(size)
}

/// A good line, then a comment of `x` up to this size.
fn line_and_comment(size: usize) -> Vec<u8> {
    let mut body = LINE.to_vec();
    body.extend_from_slice(b"\n#");
    body.resize(size, b'x');
    body
}
