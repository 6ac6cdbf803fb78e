//! The positions of the structural bytes of a stretch of input.
//!
//! A stretch is short enough to stay in the processor's first cache between being scanned and being
//! walked. Whoever walks it decides where the next one begins.

use super::{BLOCK, Classify, Scan, scalar};
use alloc::vec::Vec;

/// Positions, relative to where the stretch begins, ascending.
#[derive(Clone, Debug, Default)]
pub(crate) struct Index {
    positions: Vec<u32>,
}

impl Index {
    /// How long a stretch usually is: 16 KiB, so that text and positions fit a first-level cache of
    /// 32 KiB as long as fewer than one byte in four is structural.
    pub(crate) const STRETCH: usize = 16 * 1024;
    /// How long it may become for a line that is longer.
    pub(crate) const LONGEST_STRETCH: usize = 512 * Self::STRETCH;

    pub(crate) fn positions(&self) -> &[u32] {
        &self.positions
    }

    /// Appends a position of the caller's own, such as the end of the input.
    pub(crate) fn push(&mut self, position: u32) {
        self.positions.push(position);
    }

    /// Replaces the positions by those of `stretch`. What is longer than
    /// [`LONGEST_STRETCH`](Self::LONGEST_STRETCH) is cut.
    pub(crate) fn fill(&mut self, scan: Scan, stretch: &[u8]) {
        let stretch = &stretch[..stretch.len().min(Self::LONGEST_STRETCH)];
        match scan {
            // SAFETY: the scalar classifier needs no features.
            Scan::Scalar => unsafe { self.fill_with::<scalar::Scalar>(stretch) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: every x86-64 has SSE2.
            Scan::Sse2 => unsafe { self.fill_with::<super::x86::Sse2>(stretch) },
            #[cfg(target_arch = "x86_64")]
            // SAFETY: a `Scan` that the processor cannot run is replaced when a parser is made.
            Scan::Avx2 => unsafe { super::x86::fill_avx2(self, stretch) },
            #[cfg(target_arch = "aarch64")]
            // SAFETY: every 64-bit ARM has NEON.
            Scan::Neon => unsafe { self.fill_with::<super::neon::Neon>(stretch) },
        }
    }

    /// # Safety
    /// The processor has the features of `C`, and `stretch` is at most `LONGEST_STRETCH` long.
    #[inline(always)]
    pub(super) unsafe fn fill_with<C: Classify>(&mut self, stretch: &[u8]) {
        self.positions.clear();
        // Every byte may be structural, and a block writes up to three positions too many.
        self.positions.reserve(stretch.len() + BLOCK);
        let (blocks, rest) = stretch.as_chunks::<BLOCK>();
        let mut last = [0; BLOCK];
        last[..rest.len()].copy_from_slice(rest);
        let start = self.positions.as_mut_ptr();
        let mut to = start;
        let mut base = 0;
        for block in blocks {
            // SAFETY: the caller vouches for the features. At most one position is kept for each
            // byte so far, so there is room for this block's and the three beyond.
            to = unsafe { write_positions(C::structural(block), base, to) };
            base += BLOCK as u32;
        }
        // The padding is NUL, which is structural, but not there.
        let there = (1_u64 << rest.len()) - 1;
        // SAFETY: as above.
        let written = unsafe {
            to = write_positions(C::structural(&last) & there, base, to);
            to.offset_from_unsigned(start)
        };
        // SAFETY: `written` positions were written from the start, and fit what was reserved.
        unsafe { self.positions.set_len(written) };
    }
}

/// Writes the positions of the bits of `mask`, four at a time so that there is a branch for every
/// fourth only, and returns where the next ones go.
///
/// # Safety
/// `to` has room for as many positions as there are bits, rounded up to four.
#[inline(always)]
unsafe fn write_positions(mut mask: u64, base: u32, to: *mut u32) -> *mut u32 {
    let count = mask.count_ones() as usize;
    let mut at = to;
    while mask != 0 {
        for offset in 0..4 {
            // SAFETY: within the four that this round may write.
            unsafe { at.add(offset).write(base + mask.trailing_zeros()) };
            mask &= mask.wrapping_sub(1);
        }
        // SAFETY: the round's four are within the room.
        at = unsafe { at.add(4) };
    }
    // SAFETY: `count` is at most what was written.
    unsafe { to.add(count) }
}
