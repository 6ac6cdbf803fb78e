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
    ///
    /// In unit tests a few bytes, so that stretches end everywhere.
    pub(crate) const STRETCH: usize = if cfg!(test) { 24 } else { 16 * 1024 };
    /// How long it may become for a line that is longer.
    pub(crate) const LONGEST_STRETCH: usize =
        if cfg!(test) { 8 * Self::STRETCH } else { 512 * Self::STRETCH };
    /// For how many positions memory is kept: 1 MiB. What a longer line took is given back.
    const KEPT: usize = 256 * 1024;

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
        match scan.or_fastest() {
            // SAFETY: the scalar classifier needs no features.
            Scan::Scalar => unsafe { self.fill_with::<scalar::Scalar>(stretch) },
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            // SAFETY: only compiled where the target has SSE2.
            Scan::Sse2 => unsafe { self.fill_with::<super::x86::Sse2>(stretch) },
            #[cfg(all(target_arch = "x86_64", target_feature = "sse2"))]
            // SAFETY: `or_fastest` gives nothing that the processor cannot run.
            Scan::Avx2 => unsafe { super::x86::fill_avx2(self, stretch) },
            #[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
            // SAFETY: only compiled where the target has NEON.
            Scan::Neon => unsafe { self.fill_with::<super::neon::Neon>(stretch) },
        }
    }

    /// # Safety
    /// The processor has the features of `C`.
    #[inline(always)]
    pub(super) unsafe fn fill_with<C: Classify>(&mut self, stretch: &[u8]) {
        self.positions.clear();
        if self.positions.capacity() > Self::KEPT && stretch.len() < Self::KEPT {
            self.positions = Vec::new();
        }
        // Every byte may be structural, the end may be put behind, and positions are written by
        // fours, so up to three too many: a block more is more than enough.
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
