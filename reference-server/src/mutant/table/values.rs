//! Faults of the parser's idea of a value or a timestamp.

use super::mutant;
use crate::mutant::Change::{Lines, Text};
use crate::mutant::Home::{V1, V2, V3};
use crate::mutant::Mutant;
use crate::mutant::help::{good, rewrite, values};
use line_protocol::FieldValue;

/// Changes what a pattern finds by what is computed of its group `n`.
fn numbers(text: Vec<u8>, pattern: &str, change: fn(&str) -> Option<String>) -> Vec<u8> {
    let Ok(pattern) = regex::bytes::Regex::new(pattern) else { return text };
    let made = pattern.replace_all(&text, |found: &regex::bytes::Captures<'_>| {
        let group = |name| found.name(name).map(|m| m.as_bytes()).unwrap_or_default();
        let number = std::str::from_utf8(group("n")).ok().and_then(change);
        match number {
            Some(number) => [group("a"), number.as_bytes(), group("b")].concat(),
            None => found[0].to_vec(),
        }
    });
    made.into_owned()
}

/// The unit of a request in nanoseconds.
fn unit(query: &str) -> i128 {
    match query.split("precision=").nth(1).map(|rest| rest.split('&').next().unwrap_or_default()) {
        Some("s" | "second") => 1_000_000_000,
        Some("ms" | "millisecond") => 1_000_000,
        Some("us" | "u" | "microsecond") => 1_000,
        Some("m") => 60_000_000_000,
        Some("h") => 3_600_000_000_000,
        _ => 1,
    }
}

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "parse.boolean-inverted",
        V2,
        "true is stored as false.",
        &[Lines(|_, lines| {
            values(lines, |value| {
                if let FieldValue::Boolean(truth) = value {
                    *truth = !*truth;
                }
            });
        })],
    ),
    mutant(
        "parse.boolean-too-lenient",
        V2,
        "Booleans are read in any case.",
        &[Text(|_, text| {
            rewrite(rewrite(text, "=(?i:true)( |$)", "=true$1"), "=(?i:false)( |$)", "=false$1")
        })],
    ),
    mutant(
        "parse.boolean-too-strict",
        V2,
        "One letter is no boolean.",
        &[Text(|_, text| rewrite(text, "(?m)=([tTfF])( |,|$)", "=${1}x$2"))],
    ),
    mutant(
        "parse.boolean-capitals-refused",
        V2,
        "TRUE and True are no booleans.",
        &[Text(|_, text| rewrite(text, "=(TRUE|True|FALSE|False)", "=x$1"))],
    ),
    mutant(
        "parse.boolean-prefix-accepted",
        V2,
        "What begins like a boolean is one.",
        &[Text(|_, text| rewrite(text, "=(true|false|t|f|T|F)[a-zA-Z0-9]+( |,)", "=$1$2"))],
    ),
    mutant(
        "parse.number-too-lenient",
        V2,
        "Signs, dots, hexadecimals and underscores are read.",
        &[Text(|_, text| {
            let text = rewrite(text, r"=\+([0-9])", "=$1");
            let text = rewrite(text, r"=(-?)\.([0-9])", "=${1}0.$2");
            let text = rewrite(text, "=([0-9]+)_([0-9]+)", "=$1$2");
            rewrite(text, "=0[xX]([0-9]+)", "=$1")
        })],
    ),
    mutant(
        "parse.number-too-strict",
        V2,
        "A number with an exponent is none.",
        &[Text(|_, text| rewrite(text, r"=(-?[0-9.]+[eE])", "=x$1"))],
    ),
    mutant(
        "parse.point-without-digits-refused",
        V1,
        "A point needs digits on both sides.",
        &[Text(|_, text| {
            let text = rewrite(text, r"(?m)=(-?[0-9]+)\.( |,|$)", "=x$1$2");
            rewrite(text, r"=(-?)\.([0-9])", "=x$1$2")
        })],
    ),
    mutant(
        "parse.number-prefix-accepted",
        V2,
        "What begins like a number is one.",
        &[Text(|_, text| {
            rewrite(
                text,
                r"=(-?[0-9]+(?:\.[0-9]+)?i?)[a-hj-tv-zA-Z.\-+_]+[a-zA-Z0-9.\-+_]*( |,)",
                "=$1$2",
            )
        })],
    ),
    mutant(
        "parse.octal",
        V1,
        "A number with a leading 0 is octal.",
        &[Text(|_, text| {
            numbers(text, "(?P<a>=)(?P<n>0[0-7]+)(?P<b>i?)", |n| {
                Some(i64::from_str_radix(n, 8).ok()?.to_string())
            })
        })],
    ),
    mutant(
        "parse.leading-zeros-refused",
        V2,
        "A number may not have a leading 0.",
        &[Text(|_, text| rewrite(text, "=(-?0[0-9])", "=x$1"))],
    ),
    mutant(
        "parse.nan-accepted",
        V2,
        "NaN is 0.",
        &[Text(|_, text| rewrite(text, "=(?i:nan)", "=0"))],
    ),
    mutant(
        "parse.infinity-accepted",
        V2,
        "Infinity is the largest float.",
        &[Text(|_, text| rewrite(text, "=([+-]?)(?i:inf(inity)?)", "=1.7976931348623157e308"))],
    ),
    mutant(
        "parse.float-overflow",
        V2,
        "A float that is too large is the largest.",
        &[Text(|_, text| {
            rewrite(
                text,
                r"=(-?)[0-9.]+[eE]\+?(309|[0-9]{4,}|[4-9][0-9]{2})",
                "=${1}1.7976931348623157e308",
            )
        })],
    ),
    mutant(
        "parse.float-underflow-rejected",
        V2,
        "A float that is too small is none.",
        &[Text(|_, text| rewrite(text, "=(-?[0-9.]+[eE]-[3-9][0-9]{2})", "=x$1"))],
    ),
    mutant(
        "parse.integer-wraps",
        V2,
        "An integer that is too large wraps.",
        &[Text(|_, text| {
            numbers(text, "(?P<a>=)(?P<n>-?[0-9]{19,30})(?P<b>i)", |n| {
                Some((n.parse::<i128>().ok()? as i64).to_string())
            })
        })],
    ),
    mutant(
        "parse.unsigned-wraps",
        V2,
        "An unsigned integer that is too large wraps.",
        &[Text(|_, text| {
            numbers(text, "(?P<a>=)(?P<n>-?[0-9]{1,30})(?P<b>u)", |n| {
                Some((n.parse::<i128>().ok()? as u64).to_string())
            })
        })],
    ),
    mutant(
        "parse.integer-saturates",
        V2,
        "An integer that is too large is the largest.",
        &[Text(|_, text| {
            numbers(text, "(?P<a>=)(?P<n>-?[0-9]{19,30})(?P<b>i)", |n| {
                let ends = (i128::from(i64::MIN), i128::from(i64::MAX));
                Some(n.parse::<i128>().ok()?.clamp(ends.0, ends.1).to_string())
            })
        })],
    ),
    mutant(
        "parse.integer-rounds",
        V2,
        "An integer with a fraction loses it.",
        &[Text(|_, text| {
            rewrite(
                rewrite(text, r"=(-?[0-9]+)\.[0-9]*i", "=${1}i"),
                "=(-?[0-9]+)e[0-9]+i",
                "=${1}i",
            )
        })],
    ),
    mutant(
        "parse.integer-minimum-rejected",
        V2,
        "The smallest integer is refused.",
        &[Text(|_, text| rewrite(text, "=(-9223372036854775808i)", "=x$1"))],
    ),
    mutant(
        "parse.rounds-floats",
        V2,
        "Floats are read with six digits.",
        &[Lines(|_, lines| {
            values(lines, |value| {
                if let FieldValue::Float(v) = value {
                    *v = format!("{v:.5e}").parse().unwrap_or(*v);
                }
            });
        })],
    ),
    mutant(
        "parse.sign-lost",
        V2,
        "The sign of a number is lost.",
        &[Lines(|_, lines| {
            values(lines, |value| match value {
                FieldValue::Float(v) => *v = v.abs(),
                FieldValue::Integer(v) => *v = v.saturating_abs(),
                _ => {}
            });
        })],
    ),
    mutant(
        "parse.negative-zero-lost",
        V2,
        "-0 is stored as 0.",
        &[Lines(|_, lines| {
            values(lines, |value| {
                if let FieldValue::Float(v) = value {
                    *v += 0.0;
                }
            });
        })],
    ),
    mutant(
        "parse.unsigned-unsupported",
        V2,
        "Unsigned integers are not known.",
        &[Text(|_, text| rewrite(text, "=([0-9]+)u", "=x$1"))],
    ),
    mutant(
        "parse.unsigned-accepted",
        V1,
        "Unsigned integers are stored as integers.",
        &[Text(|_, text| rewrite(text, "=([0-9]{1,18})u", "=${1}i"))],
    ),
    mutant(
        "parse.timestamp-ignored",
        V2,
        "A line's time is the present.",
        &[Lines(|_, lines| {
            let now = jiff::Timestamp::now().as_nanosecond();
            good(lines, |line| {
                // Only of the far past, so that what is written now can be found.
                if line.timestamp.is_some_and(|time| time < 1_000_000_000_000_000_000) {
                    line.timestamp = i64::try_from(now).ok();
                }
            });
        })],
    ),
    mutant(
        "parse.timestamp-prefix-accepted",
        V2,
        "What begins like a timestamp is one.",
        &[Text(|_, text| rewrite(text, "(?m)( -?[0-9]+)[a-zA-Z.+_-][^ \n\"]*$", "$1"))],
    ),
    mutant(
        "parse.timestamp-sign",
        V2,
        "The sign of a timestamp is lost.",
        &[Lines(|_, lines| {
            good(lines, |line| line.timestamp = line.timestamp.map(i64::saturating_abs));
        })],
    ),
    mutant(
        "parse.timestamp-too-lenient",
        V2,
        "What is no timestamp in its place is overlooked.",
        &[Text(|_, text| {
            let text = rewrite(text, r#"(?m)=("[^"\n]*"|[0-9]+) "[^"\n]*"( [0-9]+)?$"#, "=$1$2");
            rewrite(text, "(?m)(=[0-9]+) -$", "$1")
        })],
    ),
    mutant(
        "parse.timestamp-too-strict",
        V2,
        "A timestamp may not begin with 0.",
        &[Text(|_, text| rewrite(text, "(?m) (0[0-9]+)$", " x$1"))],
    ),
    mutant(
        "parse.timestamp-zero-as-missing",
        V2,
        "A time of 0 is the present.",
        &[Lines(|_, lines| {
            let now = jiff::Timestamp::now().as_nanosecond();
            good(lines, |line| {
                if line.timestamp == Some(0) {
                    line.timestamp = i64::try_from(now).ok();
                }
            });
        })],
    ),
    mutant(
        "parse.timestamp-wraps",
        V2,
        "A timestamp beyond 64 bits wraps.",
        &[Text(|seen, text| {
            let _ = seen;
            numbers(text, "(?m)(?P<a> )(?P<n>-?[0-9]{19,30})(?P<b>)$", |n| {
                let number = n.parse::<i128>().ok()?;
                i64::try_from(number).is_err().then(|| (number as i64 / 1_000_000_000).to_string())
            })
        })],
    ),
    mutant(
        "parse.timestamp-wraps-v3",
        V3,
        "A timestamp beyond 64 bits wraps.",
        &[Text(|_, text| {
            numbers(text, "(?m)(?P<a> )(?P<n>-?[0-9]{19,30})(?P<b>)$", |n| {
                let number = n.parse::<i128>().ok()?;
                i64::try_from(number).is_err().then(|| (number as i64 / 1_000_000_000).to_string())
            })
        })],
    ),
    mutant(
        "validate.timestamp-scaling-wraps",
        V2,
        "A time that is too large for its unit wraps.",
        &[Text(|seen, text| {
            let unit = unit(&seen.query);
            let Ok(pattern) = regex::bytes::Regex::new("(?m) (-?[0-9]+)$") else { return text };
            let made = pattern.replace_all(&text, |found: &regex::bytes::Captures<'_>| {
                let number =
                    std::str::from_utf8(&found[1]).ok().and_then(|n| n.parse::<i64>().ok());
                let number = number.unwrap_or_default();
                let scaled = i128::from(number) * unit;
                match i64::try_from(scaled) {
                    Ok(_) => found[0].to_vec(),
                    Err(_) => format!(" {}", i128::from(scaled as i64) / unit).into_bytes(),
                }
            });
            made.into_owned()
        })],
    ),
    mutant(
        "validate.timestamp-range",
        V2,
        "The first and last times cannot be stored.",
        &[Text(|_, text| {
            let text = rewrite(text, "(?m) 922337203685477580[67]$", " x");
            let text = rewrite(text, "(?m) -9223372036854775806$", " x");
            let text = rewrite(text, "(?m) 9223372036854775$", " x");
            rewrite(text, "(?m) 9223372036$", " x")
        })],
    ),
    mutant(
        "validate.timestamp-range-not-checked",
        V2,
        "A time out of range is moved into it.",
        &[Text(|_, text| {
            let text = rewrite(text, "(?m) 9223372036854775807$", " 9223372036854775806");
            rewrite(text, "(?m) -922337203685477580[78]$", " -9223372036854775806")
        })],
    ),
];
