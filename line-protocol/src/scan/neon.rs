//! The scan with NEON, which is compiled where the target has it.

use super::{BLOCK, Classify, LOWER, UPPER};
use core::arch::aarch64::*;

/// Looks up both halves of each byte.
pub(super) struct Neon;

/// NEON has no instruction that gathers one bit of each byte, so each byte keeps its own bit and
/// neighbours are added until eight bytes are one.
const BITS: [u8; 16] = [1, 2, 4, 8, 16, 32, 64, 128, 1, 2, 4, 8, 16, 32, 64, 128];

impl Classify for Neon {
    #[inline(always)]
    unsafe fn structural(block: &[u8; BLOCK]) -> u64 {
        let (quarters, _) = block.as_chunks::<16>();
        // SAFETY: each load reads 16 bytes of an array of 16, and this is only compiled with NEON.
        unsafe {
            let lower = vld1q_u8(LOWER.as_ptr());
            let upper = vld1q_u8(UPPER.as_ptr());
            let bits = vld1q_u8(BITS.as_ptr());
            let own_bits = |quarter: &[u8; 16]| {
                let v = vld1q_u8(quarter.as_ptr());
                let low = vqtbl1q_u8(lower, vandq_u8(v, vdupq_n_u8(0x0F)));
                let high = vqtbl1q_u8(upper, vshrq_n_u8(v, 4));
                vandq_u8(vtstq_u8(low, high), bits)
            };
            let first = vpaddq_u8(own_bits(&quarters[0]), own_bits(&quarters[1]));
            let second = vpaddq_u8(own_bits(&quarters[2]), own_bits(&quarters[3]));
            let both = vpaddq_u8(first, second);
            vgetq_lane_u64(vreinterpretq_u64_u8(vpaddq_u8(both, both)), 0)
        }
    }
}
