//! Finds the structural bytes of line protocol, 64 at a time.
//!
//! Structural are the eight bytes that can end or change a token in some grammar: `,` space `=` `"`
//! `\` line feed, tab and NUL. Here they are only found; what they mean is decided elsewhere, and
//! depends on the dialect. This is the one module with `unsafe`: each implementation is a classifier
//! of one block, all share one loop, and all are tested against the scalar one.

mod index;
#[cfg(target_arch = "aarch64")]
mod neon;
mod scalar;
#[cfg(test)]
mod tests;
#[cfg(target_arch = "x86_64")]
mod x86;

pub(crate) use index::Index;

/// The implementations of the structural scan, slowest first.
///
/// The fastest that the processor can run is chosen when a [`Parser`](crate::Parser) is made. All
/// find the same bytes; another one is of use only for tests and measurements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Scan {
    /// A table lookup for each byte, on every processor.
    Scalar,
    /// 16 bytes at a time, on every x86-64.
    #[cfg(target_arch = "x86_64")]
    Sse2,
    /// 32 bytes at a time, where the processor has AVX2, BMI1 and POPCNT.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// 16 bytes at a time, on every 64-bit ARM.
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Scan {
    /// Those that this processor can run, slowest first.
    ///
    /// Without the feature `std` only what the compiler was told about the processor counts.
    pub fn available() -> &'static [Self] {
        #[cfg(target_arch = "x86_64")]
        {
            let all = &[Self::Scalar, Self::Sse2, Self::Avx2];
            if x86::has_avx2() { all } else { &all[..2] }
        }
        #[cfg(target_arch = "aarch64")]
        {
            &[Self::Scalar, Self::Neon]
        }
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        {
            &[Self::Scalar]
        }
    }

    /// The fastest that this processor can run.
    pub fn fastest() -> Self {
        Self::available().last().copied().unwrap_or(Self::Scalar)
    }

    /// This one if the processor can run it, else the fastest that it can.
    pub(crate) fn or_fastest(self) -> Self {
        if Self::available().contains(&self) { self } else { Self::fastest() }
    }
}

/// Bytes in one block: as many as a mask has bits.
const BLOCK: usize = 64;

/// Says which bytes of a block are structural.
trait Classify {
    /// Bit `i` is set where byte `i` is structural.
    ///
    /// # Safety
    /// The processor has the features that the implementation names.
    unsafe fn structural(block: &[u8; BLOCK]) -> u64;
}
