//! Just enough HTTP/1.1 to be asked by the harness.

use super::key::Asked;
use super::recordings::Answer;
use std::io::{self, BufRead, Read, Write};

/// Headers that carry the body, or name the server.
const CARRIERS: [&str; 4] = ["host", "content-length", "transfer-encoding", "connection"];

/// The next request of a connection; none where it has ended.
pub(super) fn read(from: &mut impl BufRead) -> io::Result<Option<Asked>> {
    let Some(first) = line(from)? else { return Ok(None) };
    let mut words = first.split(' ');
    let method = words.next().unwrap_or_default().to_owned();
    let target = words.next().unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut asked =
        Asked { method, path: path.to_owned(), query: query.to_owned(), ..Asked::default() };
    let mut length = 0;
    while let Some(header) = line(from)?.filter(|line| !line.is_empty()) {
        let (name, value) = header.split_once(':').unwrap_or((&header, ""));
        let (name, value) = (name.to_ascii_lowercase(), value.trim());
        match name.as_str() {
            "content-length" => length = value.parse().unwrap_or(0),
            "transfer-encoding" => asked.chunked = value.eq_ignore_ascii_case("chunked"),
            _ => {}
        }
        if !CARRIERS.contains(&name.as_str()) {
            asked.headers.push((name, value.to_owned()));
        }
    }
    if asked.chunked {
        asked.body = chunks(from)?;
    } else {
        asked.body = vec![0; length];
        from.read_exact(&mut asked.body)?;
    }
    Ok(Some(asked))
}

fn chunks(from: &mut impl BufRead) -> io::Result<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(size) = line(from)? {
        let size = u64::from_str_radix(size.trim(), 16).map_err(io::Error::other)?;
        if size == 0 {
            break;
        }
        from.take(size).read_to_end(&mut body)?;
        line(from)?;
    }
    line(from)?;
    Ok(body)
}

fn line(from: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = Vec::new();
    if from.read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let text = String::from_utf8_lossy(&line);
    Ok(Some(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// Sends an answer.
pub(super) fn write(to: &mut impl Write, method: &str, answer: &Answer) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {} Recorded\r\n", answer.status).into_bytes();
    for (name, value) in &answer.headers {
        head.extend_from_slice(format!("{name}: ").as_bytes());
        // The recordings have one character for each byte.
        head.extend(value.chars().map(|c| u8::try_from(c).unwrap_or(b'?')));
        head.extend_from_slice(b"\r\n");
    }
    let bodiless = matches!(answer.status, 204 | 304);
    if !bodiless {
        head.extend_from_slice(format!("content-length: {}\r\n", answer.body.len()).as_bytes());
    }
    head.extend_from_slice(b"\r\n");
    to.write_all(&head)?;
    if !bodiless && method != "HEAD" {
        to.write_all(&answer.body)?;
    }
    to.flush()
}
