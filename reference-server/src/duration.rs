//! Durations as people write them on a command line and v3 takes them: `1d`, `90m`, `1h30m`.

/// Reads a duration, in nanoseconds.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(text: &str) -> Result<i64, String> {
    const UNITS: &[(&str, i64)] = &[
        ("ns", 1),
        ("us", 1_000),
        ("ms", 1_000_000),
        ("s", 1_000_000_000),
        ("m", 60_000_000_000),
        ("h", 3_600_000_000_000),
        ("d", 86_400_000_000_000),
        ("w", 604_800_000_000_000),
        ("y", 31_536_000_000_000_000),
    ];
    let wrong = || format!("\"{text}\" is not a duration; write for example 1h, 30m, 7d or 1h30m");
    let mut total: i64 = 0;
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
        let unit = UNITS.iter().find(|(name, _)| *name == &rest[..letters]).ok_or_else(wrong)?;
        rest = &rest[letters..];
        total = number
            .checked_mul(unit.1)
            .and_then(|nanoseconds| total.checked_add(nanoseconds))
            .ok_or_else(wrong)?;
    }
    if total == 0 { Err(wrong()) } else { Ok(total) }
}
