//! The decimal number in the very middle of two neighbouring floats, with all its digits.
//!
//! It is calculated digit by digit from the bits, so that the test does not ask a float parser what
//! a float parser should say.

use proptest::prelude::*;

/// The bits of positive floats that have a finite neighbour above: of any size, subnormal, whole.
pub(crate) fn bits() -> impl Strategy<Value = u64> {
    let largest = f64::MAX.to_bits();
    let whole = (0..1_u64 << 53).prop_map(|value| (value as f64).to_bits());
    prop_oneof![0..largest, 0..1_u64 << 54, 1.0_f64.to_bits()..1e22_f64.to_bits(), whole]
}

/// `0.digits` with the point somewhere: the digits, and how many of them are before the point.
pub(crate) struct Decimal {
    digits: Vec<u8>,
    fraction: usize,
}

/// The middle between the float of these bits and the next: `(2 * mantissa + 1) * 2^exponent`, where
/// the exponent is one less than that of the floats.
pub(crate) fn digits(bits: u64) -> Decimal {
    let (exponent, fraction) = (bits >> 52, bits & ((1 << 52) - 1));
    let (mantissa, exponent) = if exponent == 0 {
        (fraction, -1074)
    } else {
        (fraction | 1 << 52, exponent as i64 - 1075)
    };
    let (mut number, exponent) = (2 * mantissa + 1, exponent - 1);
    let mut digits = Vec::new();
    while number > 0 {
        digits.push((number % 10) as u8);
        number /= 10;
    }
    // A half is a fifth with the point moved: 2^-n is 5^n with n digits behind the point.
    let factor = if exponent < 0 { 5 } else { 2 };
    for _ in 0..exponent.unsigned_abs() {
        let mut carry = 0;
        for digit in &mut digits {
            let product = *digit * factor + carry;
            (*digit, carry) = (product % 10, product / 10);
        }
        if carry > 0 {
            digits.push(carry);
        }
    }
    digits.reverse();
    Decimal { digits, fraction: usize::try_from(-exponent).unwrap_or(0) }
}

impl Decimal {
    fn written(&self, digits: &[u8]) -> String {
        let text: String = digits.iter().map(|digit| char::from(b'0' + digit)).collect();
        let text = format!("{text:0>width$}", width = self.fraction + 1);
        match text.split_at(text.len() - self.fraction) {
            (whole, "") => whole.to_owned(),
            (whole, fraction) => format!("{whole}.{fraction}"),
        }
    }

    /// A very little more.
    pub(crate) fn above(&self, zeros: &str) -> String {
        let point = if self.fraction == 0 { "." } else { "" };
        format!("{self}{point}{zeros}1")
    }

    /// A very little less: one less in the last place, and nines behind it.
    pub(crate) fn below(&self) -> String {
        let mut digits = self.digits.clone();
        for digit in digits.iter_mut().rev() {
            if *digit > 0 {
                *digit -= 1;
                break;
            }
            *digit = 9;
        }
        let point = if self.fraction == 0 { "." } else { "" };
        format!("{}{point}99999", self.written(&digits))
    }
}

impl std::fmt::Display for Decimal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.written(&self.digits))
    }
}
