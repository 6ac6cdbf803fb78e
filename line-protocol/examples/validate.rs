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
use std::io::{self, BufWriter, Read, Write};
use std::process::ExitCode;

const USAGE: &str = "usage: validate [v1|v2|v3.6|v3 [FILE]]
Without a dialect it is v2, without a file standard input.
Exit codes: 0 every line is good; 1 a line is refused; 2 wrong usage, or the file cannot be read.";

const DIALECTS: [(&str, Dialect); 4] = [
    ("v1", Dialect::GO_V1_12),
    ("v2", Dialect::GO_V2),
    ("v3.6", Dialect::IOX_3_6),
    ("v3", Dialect::IOX_3_9),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let name = arguments.next().unwrap_or_else(|| "v2".to_owned());
    if matches!(name.as_str(), "-h" | "--help") {
        let written = writeln!(io::stdout(), "{USAGE}");
        return ExitCode::from(if written.is_ok() { 0 } else { 2 });
    }
    let Some((_, dialect)) = DIALECTS.iter().find(|(known, _)| *known == name) else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    let file = arguments.next();
    let body = read(file.as_deref());
    let file = file.as_deref().unwrap_or("<stdin>");
    let body = match body {
        Ok(body) => body,
        Err(error) => {
            eprintln!("cannot read {file}: {error}");
            return ExitCode::from(2);
        }
    };
    let (bad, written) = validate(file, &body, dialect, BufWriter::new(io::stdout().lock()));
    match written {
        // A reader that has gone away is no failure; the exit code still counts.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            eprintln!("cannot write: {error}");
            ExitCode::from(2)
        }
        _ => ExitCode::from(u8::from(bad > 0)),
    }
}

/// Prints each error and a summary; returns how many lines are bad, whether that could be printed
/// or not.
fn validate(
    file: &str,
    body: &[u8],
    dialect: &Dialect,
    mut out: impl Write,
) -> (u64, io::Result<()>) {
    let (mut good, mut bad) = (0, 0);
    let mut written = Ok(());
    for item in parse(body, dialect, &Options::default()) {
        match item {
            Ok(_) => good += 1,
            Err(error) => {
                bad += 1;
                written =
                    written.and_then(|()| out.write_all(explain(file, body, &error).as_bytes()));
            }
        }
    }
    let summary = format!("{file}: {good} good, {bad} bad lines\n");
    let written = written.and_then(|()| out.write_all(summary.as_bytes()));
    (bad, written.and_then(|()| out.flush()))
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
