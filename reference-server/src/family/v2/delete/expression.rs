//! The second look at a predicate, as an InfluxQL expression: some releases take it too, refuse
//! what it cannot read, and refuse comparisons with `_field`. It reads only what the predicate
//! parser let through.

use super::scanner::{Kind, Scanner, Token};

/// Whether the expression says `_field = ...` before its end, which is where no operator follows.
pub(super) fn compares_field(text: &str) -> Result<bool, String> {
    let mut scanner = Scanner::new(text);
    let (mut depth, mut found) = (0_usize, false);
    // The identifier that is the whole left side of what follows.
    let mut left: Option<String>;
    let mut token = scanner.word();
    loop {
        // An operand.
        let mut minus = false;
        if token.kind == Kind::Sub {
            minus = true;
            token = scanner.word();
            let operand = matches!(
                token.kind,
                Kind::Number | Kind::Integer | Kind::Duration | Kind::LParen | Kind::Ident
            );
            if !operand {
                return Err(unexpected(&token, "identifier, number, duration, ("));
            }
        }
        match token.kind {
            Kind::LParen => {
                depth += 1;
                token = scanner.word();
                continue;
            }
            Kind::Ident => left = Some(token.lit.clone()).filter(|_| !minus),
            Kind::Integer => {
                integer(&token, minus)?;
                left = None;
            }
            Kind::Duration => {
                duration(&token.lit)?;
                left = None;
            }
            Kind::String | Kind::Number | Kind::True | Kind::False => left = None,
            _ => return Err(unexpected(&token, "identifier, string, number, bool")),
        }
        // An operator, or the end.
        loop {
            token = scanner.word();
            if token.kind == Kind::RParen && depth > 0 {
                depth -= 1;
                left = None;
            } else {
                break;
            }
        }
        match token.kind {
            Kind::Eq => found |= left.as_deref() == Some("_field"),
            Kind::And | Kind::Neq | Kind::Sub => {}
            _ if depth > 0 => return Err(unexpected(&token, ")")),
            _ => return Ok(found),
        }
        token = scanner.word();
    }
}

fn unexpected(token: &Token, expected: &str) -> String {
    let found = match token.literal() {
        "" => token.word(),
        literal => literal.to_owned(),
    };
    let (line, char) = (token.pos.line + 1, token.pos.char + 1);
    format!("found {found}, expected {expected} at line {line}, char {char}")
}

fn integer(token: &Token, minus: bool) -> Result<(), String> {
    if token.lit.parse::<i64>().is_ok() {
        return Ok(());
    }
    match token.lit.parse::<u64>() {
        Ok(value) if minus && value != 1 << 63 => {
            Err(format!("constant -{value} underflows int64"))
        }
        Ok(_) => Ok(()),
        Err(_) => {
            let (line, char) = (token.pos.line + 1, token.pos.char + 1);
            Err(format!("unable to parse integer at line {line}, char {char}"))
        }
    }
}

/// That a duration is numbers with units: `1h30m`.
fn duration(text: &str) -> Result<(), String> {
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let (digits, unit) = rest.split_at(end);
        let after = ["ns", "ms", "u", "µ", "m", "s", "h", "d", "w"]
            .iter()
            .find_map(|known| unit.strip_prefix(known))
            .filter(|_| digits.parse::<i64>().is_ok());
        rest = after.ok_or("invalid duration")?;
    }
    Ok(())
}
