//! The scan with SSE2, which is compiled where the target has it, and with AVX2, which is looked for
//! at run time.

use super::{BLOCK, Classify, Index, LOWER, UPPER};
use core::arch::x86_64::*;

/// Compares with each structural byte; SSE2 has no table lookup.
pub(super) struct Sse2;

impl Classify for Sse2 {
    #[inline(always)]
    unsafe fn structural(block: &[u8; BLOCK]) -> u64 {
        let mut mask = 0;
        for (at, part) in block.as_chunks::<16>().0.iter().enumerate() {
            // SAFETY: `part` is 16 bytes, the load needs no alignment, and this is only compiled with SSE2.
            let bits = unsafe {
                let v = _mm_loadu_si128(part.as_ptr().cast());
                let is = |byte: u8| _mm_cmpeq_epi8(v, _mm_set1_epi8(byte as i8));
                // Space and quote differ in one bit.
                let without = _mm_and_si128(v, _mm_set1_epi8(!0x02));
                let space_or_quote = _mm_cmpeq_epi8(without, _mm_set1_epi8(0x20));
                let names = _mm_or_si128(_mm_or_si128(is(b','), is(b'=')), space_or_quote);
                let blanks = _mm_or_si128(_mm_or_si128(is(b'\n'), is(b'\t')), is(0));
                _mm_movemask_epi8(_mm_or_si128(_mm_or_si128(names, blanks), is(b'\\')))
            };
            mask |= u64::from(bits as u32 & 0xFFFF) << (16 * at);
        }
        mask
    }
}

/// Looks up both halves of each byte. One from 0x80 on gives 0 in the lookup of its lower half.
pub(super) struct Avx2;

impl Classify for Avx2 {
    #[inline(always)]
    unsafe fn structural(block: &[u8; BLOCK]) -> u64 {
        let (halves, _) = block.as_chunks::<32>();
        // SAFETY: each load reads as many bytes as the array has and needs no alignment; the caller
        // vouches for AVX2.
        unsafe {
            let lower = _mm256_broadcastsi128_si256(_mm_loadu_si128(LOWER.as_ptr().cast()));
            let upper = _mm256_broadcastsi128_si256(_mm_loadu_si128(UPPER.as_ptr().cast()));
            let plain = |half: &[u8; 32]| {
                let v = _mm256_loadu_si256(half.as_ptr().cast());
                let high = _mm256_and_si256(_mm256_srli_epi16(v, 4), _mm256_set1_epi8(0x0F));
                let both = _mm256_and_si256(
                    _mm256_shuffle_epi8(lower, v),
                    _mm256_shuffle_epi8(upper, high),
                );
                let none = _mm256_cmpeq_epi8(both, _mm256_setzero_si256());
                u64::from(_mm256_movemask_epi8(none) as u32)
            };
            !(plain(&halves[0]) | (plain(&halves[1]) << 32))
        }
    }
}

/// The shared loop, compiled for AVX2.
///
/// # Safety
/// The processor has AVX2, BMI1 and POPCNT.
#[target_feature(enable = "avx2,bmi1,popcnt")]
pub(super) unsafe fn fill_avx2(index: &mut Index, stretch: &[u8]) {
    // SAFETY: as the caller promised.
    unsafe { index.fill_with::<Avx2>(stretch) }
}

#[cfg(feature = "std")]
pub(super) fn has_avx2() -> bool {
    use std::arch::is_x86_feature_detected as has;
    // Miri runs no vector code that is chosen at run time.
    !cfg!(miri) && has!("avx2") && has!("bmi1") && has!("popcnt")
}

#[cfg(not(feature = "std"))]
pub(super) fn has_avx2() -> bool {
    cfg!(all(target_feature = "avx2", target_feature = "bmi1", target_feature = "popcnt"))
}
