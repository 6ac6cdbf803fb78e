//! Bodies of `multipart/form-data` (RFC 7578), as far as `curl -F` and Go's servers agree on them.

/// One part: its name, and whether it is a file.
pub struct Part<'b> {
    /// Its name.
    pub name: String,
    /// Whether a file's name is given with it.
    pub is_file: bool,
    /// What it holds.
    pub value: &'b [u8],
}

/// The parts of a body; none where it is not whole, as Go's `FormValue` has it.
pub fn parts<'b>(content_type: &str, body: &'b [u8]) -> Vec<Part<'b>> {
    read(content_type, body).unwrap_or_default()
}

fn read<'b>(content_type: &str, body: &'b [u8]) -> Option<Vec<Part<'b>>> {
    let boundary = parameter(content_type, "boundary")?;
    let first = format!("--{boundary}");
    let next = format!("\r\n--{boundary}");
    let mut rest = match body.strip_prefix(first.as_bytes()) {
        Some(rest) => rest,
        None => &body[find(body, next.as_bytes())? + next.len()..],
    };
    let mut parts = Vec::new();
    while !rest.starts_with(b"--") {
        rest = rest.trim_ascii_start_of_line()?;
        let (head, value_at) = match rest.strip_prefix(b"\r\n") {
            Some(_) => (&rest[..0], 2),
            None => {
                let end = find(rest, b"\r\n\r\n")?;
                (&rest[..end], end + 4)
            }
        };
        let body = &rest[value_at..];
        let end = find(body, next.as_bytes())?;
        let head = std::str::from_utf8(head).ok()?;
        let disposition = head.split("\r\n").find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case("content-disposition").then_some(value)
        });
        if let Some(name) = disposition.and_then(|d| parameter(d, "name")) {
            let is_file = disposition.is_some_and(|d| parameter(d, "filename").is_some());
            parts.push(Part { name, is_file, value: &body[..end] });
        }
        rest = &body[end + next.len()..];
    }
    Some(parts)
}

trait Line {
    /// What follows the end of a line that holds nothing but blanks.
    fn trim_ascii_start_of_line(&self) -> Option<&Self>;
}

impl Line for [u8] {
    fn trim_ascii_start_of_line(&self) -> Option<&Self> {
        let blanks = self.iter().take_while(|b| matches!(b, b' ' | b'\t')).count();
        self[blanks..].strip_prefix(b"\r\n")
    }
}

fn find(text: &[u8], what: &[u8]) -> Option<usize> {
    text.windows(what.len()).position(|window| window == what)
}

/// A parameter of a header's value, in quotes or without.
fn parameter(value: &str, name: &str) -> Option<String> {
    let mut rest = value;
    loop {
        rest = rest.split_once(';')?.1.trim_start();
        let (key, text) = rest.split_once('=')?;
        let Some(quoted) = text.strip_prefix('"') else {
            let end = text.find(';').unwrap_or(text.len());
            if key.trim().eq_ignore_ascii_case(name) {
                return Some(text[..end].trim().to_owned());
            }
            rest = text;
            continue;
        };
        let (mut out, mut escaped, mut end) = (String::new(), false, quoted.len());
        for (at, c) in quoted.char_indices() {
            match c {
                '\\' if !escaped => escaped = true,
                '"' if !escaped => {
                    end = at;
                    break;
                }
                c => {
                    escaped = false;
                    out.push(c);
                }
            }
        }
        if key.trim().eq_ignore_ascii_case(name) {
            return Some(out);
        }
        rest = quoted.get(end..)?;
    }
}
