//! Floats spelled in every way the grammars can be asked to read, and whose grammar has it.

use proptest::prelude::*;

/// A float that Rust can read, and Go: all that is made here.
#[derive(Clone, Debug)]
pub(crate) struct Spelling {
    pub(crate) token: String,
    /// Whether the IOx grammar has it: where there are digits on both sides of a point.
    pub(crate) iox: bool,
}

/// A few digits, often; a few hundred, now and then. Long runs of zeros and nines lie at the edges
/// of what a shortcut can do.
fn digits(fewest: usize) -> impl Strategy<Value = String> {
    let run = (0..10_u8, 1..60_usize).prop_map(|(digit, n)| digit.to_string().repeat(n));
    let tail = proptest::collection::vec(run, 1..4).prop_map(|runs| runs.concat());
    let any = |count| {
        proptest::collection::vec(0..10_u8, count)
            .prop_map(|digits| digits.iter().map(|digit| char::from(b'0' + digit)).collect())
    };
    prop_oneof![
        8 => any(fewest..6),
        4 => any(15..22),
        1 => any(390..410),
        2 => tail,
    ]
}

/// Exponents around zero, around the ends of a float's range, and absurd ones.
fn exponents() -> impl Strategy<Value = String> {
    let number = prop_oneof![0..30_u32, 280..345_u32, any::<u32>()].prop_map(|n| n.to_string());
    let zeros = prop_oneof![9 => Just(""), 1 => Just("000000")];
    let letter = prop_oneof![Just("e"), Just("E")];
    let sign = prop_oneof![Just(""), Just("-"), Just("+")];
    (letter, sign, zeros, number)
        .prop_map(|(letter, sign, zeros, n)| format!("{letter}{sign}{zeros}{n}"))
}

pub(crate) fn spellings() -> impl Strategy<Value = Spelling> {
    let minus = prop_oneof![2 => Just(""), 1 => Just("-")];
    let fraction = proptest::option::weighted(0.7, digits(0));
    let exponent = proptest::option::weighted(0.6, exponents());
    (minus, digits(0), fraction, exponent)
        .prop_filter("no digits", |(_, whole, fraction, _)| {
            !(whole.is_empty() && fraction.as_deref().unwrap_or_default().is_empty())
        })
        .prop_map(|(minus, whole, fraction, exponent)| {
            let point = if fraction.is_some() { "." } else { "" };
            let iox = !whole.is_empty() && fraction.as_deref() != Some("");
            let fraction = fraction.unwrap_or_default();
            let exponent = exponent.unwrap_or_default();
            Spelling { token: format!("{minus}{whole}{point}{fraction}{exponent}"), iox }
        })
}
