//! The scan without vector instructions: what the others are held against.

use super::{BLOCK, Classify};

/// Which bytes are structural.
pub(super) const STRUCTURAL: [bool; 256] = {
    let mut table = [false; 256];
    let bytes = b", =\"\\\n\t\0";
    let mut at = 0;
    while at < bytes.len() {
        table[bytes[at] as usize] = true;
        at += 1;
    }
    table
};

/// One lookup for each byte.
pub(super) struct Scalar;

impl Classify for Scalar {
    #[inline(always)]
    unsafe fn structural(block: &[u8; BLOCK]) -> u64 {
        let bit = |(at, byte): (usize, &u8)| u64::from(STRUCTURAL[usize::from(*byte)]) << at;
        block.iter().enumerate().map(bit).fold(0, |mask, bit| mask | bit)
    }
}
