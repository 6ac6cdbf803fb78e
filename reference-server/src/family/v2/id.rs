//! Identifiers: 64 bits, written as 16 hexadecimal digits, never zero.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The id of an organisation, a user, a bucket, a mapping or a token.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(u64);

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// It has not 16 bytes.
    #[error("id must have a length of 16 bytes")]
    Length,
    /// It is not hexadecimal, or zero.
    #[error("invalid ID")]
    Invalid,
}

impl Id {
    /// The id of this number; none for zero.
    pub const fn new(number: u64) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// Reads 16 hexadecimal digits.
    ///
    /// # Errors
    /// [`IdError`].
    pub fn parse(text: &[u8]) -> Result<Self, IdError> {
        if text.len() != 16 {
            return Err(IdError::Length);
        }
        // Go's ParseUint, unlike Rust's, takes no sign.
        if !text.iter().all(u8::is_ascii_hexdigit) {
            return Err(IdError::Invalid);
        }
        let digits = str::from_utf8(text).map_err(|_| IdError::Invalid)?;
        let number = u64::from_str_radix(digits, 16).map_err(|_| IdError::Invalid)?;
        Self::new(number).ok_or(IdError::Invalid)
    }
}

/// As its digits.
impl Serialize for Id {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

impl FromStr for Id {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        Self::parse(text.as_bytes())
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// Makes ids and tokens: the same ones in the same order for the same seed.
#[derive(Clone, Debug)]
pub struct Generator {
    state: u64,
    count: u64,
}

impl Generator {
    /// A generator whose output the seed decides.
    pub const fn new(seed: u64) -> Self {
        Self { state: seed, count: 0 }
    }

    /// One that goes on with the ids in order, and is seeded anew: from its state all later secrets
    /// could be told, so that is written nowhere.
    pub const fn again(count: u64, seed: u64) -> Self {
        Self { state: seed, count }
    }

    /// How many ids in order were made.
    pub const fn count(&self) -> u64 {
        self.count
    }

    /// An id in no order, as organisations and buckets have them.
    pub fn random(&mut self) -> Id {
        loop {
            if let Some(id) = distinct(self.next()) {
                return id;
            }
        }
    }

    /// An id greater than all before it, as users, mappings and tokens have them.
    pub fn ordered(&mut self) -> Id {
        loop {
            self.count += 1;
            // The product counts time and machine in the same places.
            if let Some(id) = distinct(0x0e00_0000_0000_0000 | (self.count << 24) | 0x5000) {
                return id;
            }
        }
    }

    /// A token of 64 random bytes in URL-safe base64.
    pub fn token(&mut self) -> String {
        use base64::Engine as _;
        let bytes: Vec<u8> = (0..8).flat_map(|_| self.next().to_be_bytes()).collect();
        base64::engine::general_purpose::URL_SAFE.encode(bytes)
    }

    /// SplitMix64.
    const fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.state ^ (self.state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

/// An id that looks like one: with a letter among its digits and not mostly zeros, so that it is
/// never taken for a number.
fn distinct(number: u64) -> Option<Id> {
    let id = Id::new(number)?;
    let letters = id.to_string().bytes().any(|b| b.is_ascii_alphabetic());
    (letters && number >> 48 != 0).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_read_as_recorded() {
        // Recorded from 2.7: `orgID=zz`, `orgID=0000000000000000`, `org=00000000000000ff`.
        assert_eq!(Id::parse(b"zz"), Err(IdError::Length));
        assert_eq!(Id::parse(b"0000000000000000"), Err(IdError::Invalid));
        assert_eq!(Id::parse(b"00000000000000FF").unwrap().to_string(), "00000000000000ff");
        assert_eq!(Id::parse(b"+0000000000000ff"), Err(IdError::Invalid));
        assert_eq!(Id::parse("ééééßßßß".as_bytes()), Err(IdError::Invalid));
    }

    #[test]
    fn a_seed_decides_the_ids() {
        let (mut a, mut b) = (Generator::new(7), Generator::new(7));
        assert_eq!(a.random(), b.random());
        assert!(a.ordered() < a.ordered());
        let token = a.token();
        assert_eq!((token.len(), token.ends_with("==")), (88, true));
    }
}
