//! Finds the structural bytes of line protocol, 64 at a time.
//!
//! Structural are the eight bytes that can end or change a token in some grammar: `,` space `=` `"`
//! `\` line feed, tab and NUL. Here they are only found; what they mean is decided elsewhere, and
//! depends on the dialect. This is the one module with `unsafe`: each implementation is a classifier
//! of one block, all share one loop, and all are tested against the scalar one.

mod index;
#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
mod neon;
mod scalar;
#[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
mod x86;

pub(crate) use index::Index;

/// The implementations of the structural scan, slowest first.
///
/// The fastest that the processor can run is chosen when a [`Parser`](crate::Parser) is made. All
/// find the same bytes; another one is of use only for tests and measurements. Which variants there
/// are depends on the target, so code that names one needs its `cfg`; [`available`](Self::available)
/// needs none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Scan {
    /// A table lookup for each byte, on every processor.
    Scalar,
    /// 16 bytes at a time, on every x86-64 that has registers for it, which only kernels do without.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    Sse2,
    /// 32 bytes at a time, where the processor has AVX2, BMI1 and POPCNT.
    #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
    Avx2,
    /// 16 bytes at a time, on every 64-bit ARM that has registers for it.
    #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
    Neon,
}

impl Scan {
    /// Those that this processor can run, slowest first.
    ///
    /// Without the feature `std` only what the compiler was told about the processor counts.
    pub fn available() -> &'static [Self] {
        #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
        {
            let all = &[Self::Scalar, Self::Sse2, Self::Avx2];
            if x86::has_avx2() { all } else { &all[..2] }
        }
        #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
        {
            &[Self::Scalar, Self::Neon]
        }
        #[cfg(not(any(
            all(target_arch = "x86_64", target_feature = "sse2"),
            all(target_arch = "aarch64", target_feature = "neon")
        )))]
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

/// For a scan by lookup of both halves of a byte: it is structural where the two answers share a
/// bit. The bits: 1 for the upper half 0 (NUL, tab, line feed), 2 for 2 (space, quote, comma), 4 for
/// 3 (equal sign), 8 for 5 (backslash).
#[cfg(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "aarch64", target_feature = "neon")
))]
const LOWER: [u8; 16] = [1 | 2, 0, 2, 0, 0, 0, 0, 0, 0, 1, 1, 0, 2 | 8, 4, 0, 0];
#[cfg(any(
    all(target_arch = "x86_64", target_feature = "sse2"),
    all(target_arch = "aarch64", target_feature = "neon")
))]
const UPPER: [u8; 16] = [1, 0, 2, 4, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// Says which bytes of a block are structural.
trait Classify {
    /// Bit `i` is set where byte `i` is structural.
    ///
    /// # Safety
    /// The processor has the features that the implementation names.
    unsafe fn structural(block: &[u8; BLOCK]) -> u64;
}

#[cfg(test)]
mod tests;
