//! Amounts with a unit, as people write them.

/// Bytes: `512MiB`, `64k`, `1.5GB` is none; a number alone is one of bytes.
pub(super) fn bytes(text: &str) -> Result<u64, String> {
    const HOW: &str = "a whole number of bytes, or one with k, M, G (times 1024; KiB, MiB, GiB are the same) or \
                       kB, MB, GB (times 1000)";
    let (number, unit) = split(text);
    let unit: u64 = match unit.to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "k" | "ki" | "kib" => 1 << 10,
        "m" | "mi" | "mib" => 1 << 20,
        "g" | "gi" | "gib" => 1 << 30,
        "t" | "ti" | "tib" => 1 << 40,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "tb" => 1_000_000_000_000,
        _ => return Err(format!("it is {HOW}")),
    };
    let number: u64 = number.parse().map_err(|_| format!("it is {HOW}"))?;
    match number.checked_mul(unit) {
        None => Err("it is more than there can be".to_owned()),
        Some(0) => Err("0 would leave no room for anything; name at least 1".to_owned()),
        Some(bytes) => Ok(bytes),
    }
}

/// The same where memory is meant.
pub(super) fn memory(text: &str) -> Result<usize, String> {
    let bytes = bytes(text)?;
    usize::try_from(bytes).map_err(|_| "it is more than this machine can have".to_owned())
}

/// Seconds, above 0: `30`, `0.5`, `30s`, `500ms`, `2m`, `1h`.
pub(super) fn seconds(text: &str) -> Result<f64, String> {
    const HOW: &str = "it is a number of seconds above 0, or one with ms, s, m or h";
    let (number, unit) = split(text);
    let unit = match unit {
        "" | "s" => 1.0,
        "ms" => 0.001,
        "m" => 60.0,
        "h" => 3600.0,
        _ => return Err(HOW.to_owned()),
    };
    let number: f64 = number.parse().map_err(|_| HOW.to_owned())?;
    let seconds = number * unit;
    if seconds > 0.0 && seconds.is_finite() { Ok(seconds) } else { Err(HOW.to_owned()) }
}

/// The number and its unit.
fn split(text: &str) -> (&str, &str) {
    let text = text.trim();
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    (text[..end].trim_end(), &text[end..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_have_units() {
        for (text, wanted) in [
            ("536870912", 536_870_912),
            ("512MiB", 536_870_912),
            ("512m", 536_870_912),
            ("64k", 65_536),
            ("64 KiB", 65_536),
            ("1G", 1_073_741_824),
            ("2kB", 2_000),
            ("3GB", 3_000_000_000),
            ("7B", 7),
        ] {
            assert_eq!(bytes(text), Ok(wanted), "{text}");
        }
        for bad in ["", "k", "1.5G", "-1", "5 apples", "1e6", "99999999T"] {
            assert!(bytes(bad).is_err(), "{bad}");
        }
        assert!(bytes("0").unwrap_err().contains("0 would"));
        assert!(bytes("0MiB").is_err() && memory("0").is_err());
    }

    #[test]
    fn seconds_have_units() {
        for (text, wanted) in [
            ("30", 30.0),
            ("0.5", 0.5),
            ("30s", 30.0),
            ("500ms", 0.5),
            ("2m", 120.0),
            ("1h", 3600.0),
        ] {
            assert!((seconds(text).unwrap() - wanted).abs() < 1e-9, "{text}");
        }
        for bad in ["", "0", "0s", "-1s", "nan", "inf", "5 days", "s"] {
            assert!(seconds(bad).is_err(), "{bad}");
        }
    }
}
