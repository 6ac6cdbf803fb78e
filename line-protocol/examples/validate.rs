//! Reads line protocol from a file or standard input and points at each error as a compiler does.
//!
//! ```text
//! cargo run -p line-protocol --example validate -- v3 body.lp
//! cargo run -p line-protocol --example validate < body.lp
//! ```
//!
//! It shows what an error holds: its reason, its bytes, the product's own words. `lineproof check`
//! is the same with more comfort.

use line_protocol::{Dialect, Options, ParseError, lossy, parse};
use std::io::{self, Read};
use std::process::ExitCode;

const DIALECTS: [(&str, Dialect); 4] = [
    ("v1", Dialect::GO_V1_12),
    ("v2", Dialect::GO_V2),
    ("v3.6", Dialect::IOX_3_6),
    ("v3", Dialect::IOX_3_9),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "v2".to_owned());
    let Some((_, dialect)) = DIALECTS.iter().find(|(known, _)| *known == name) else {
        eprintln!("usage: validate [v1|v2|v3.6|v3 [FILE]]");
        return ExitCode::from(2);
    };
    let file = arguments.next();
    let body = match read(file.as_deref()) {
        Ok(body) => body,
        Err(error) => {
            eprintln!("cannot read: {error}");
            return ExitCode::from(2);
        }
    };
    let file = file.as_deref().unwrap_or("<stdin>");
    let (mut good, mut bad) = (0, 0);
    for item in parse(&body, dialect, &Options::default()) {
        match item {
            Ok(_) => good += 1,
            Err(error) => {
                bad += 1;
                print!("{}", explain(file, &body, &error));
            }
        }
    }
    println!("{file}: {good} good, {bad} bad lines");
    ExitCode::from(u8::from(bad > 0))
}

fn read(file: Option<&str>) -> io::Result<Vec<u8>> {
    let Some(file) = file else {
        let mut body = Vec::new();
        return io::stdin().read_to_end(&mut body).map(|_| body);
    };
    std::fs::read(file)
}

/// The reason, the physical line with carets below the wrong part, and who would take the line.
///
/// `error.line_number` is not shown: it is the product's, which counts no blank lines and no
/// comments. Walking the body for each error is for short files; who has many keeps a count.
fn explain(file: &str, body: &[u8], error: &ParseError) -> String {
    let before = &body[..error.span.start];
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let end =
        body[start..].iter().position(|byte| *byte == b'\n').map_or(body.len(), |n| start + n);
    let number = before.iter().filter(|byte| **byte == b'\n').count() + 1;

    // `lossy` makes one character of each byte that is no UTF-8, so characters can be counted.
    let before = plain(&body[start..error.span.start]);
    let column = before.chars().count() + 1;
    let marked_end = error.span.end.min(end).max(error.span.start);
    let marked = plain(&body[error.span.start..marked_end]);
    let carets = "^".repeat(marked.chars().count().max(1));
    let margin = " ".repeat(number.to_string().len());

    let line = &body[error.line.clone()];
    let takes =
        |dialect: &Dialect| parse(line, dialect, &Options::default()).all(|item| item.is_ok());
    let takers: Vec<_> =
        DIALECTS.iter().filter(|(_, dialect)| takes(dialect)).map(|(name, _)| *name).collect();
    let takers = if takers.is_empty() { "no dialect".to_owned() } else { takers.join(", ") };
    format!(
        "error: {reason}\n\
         {margin}--> {file}:{number}:{column}\n\
         {number} | {text}\n\
         {margin} | {indent}{carets}\n\
         {margin} = answer: {answer}\n\
         {margin} = accepted by: {takers}\n\n",
        reason = error.reason(body),
        text = plain(&body[start..end]),
        indent = " ".repeat(column - 1),
        answer = plain(&error.message_bytes(body)),
    )
}

/// Without control characters, which would move the carets or worse.
fn plain(bytes: &[u8]) -> String {
    lossy(bytes).replace(char::is_control, "\u{fffd}")
}
