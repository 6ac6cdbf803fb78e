//! Numbers that series have in the log, so that a row there names its series by one.
//!
//! They hold for a stretch of the log, which begins with the server and with each snapshot: what is
//! forgotten up to there takes no number with it that is still needed.

/// The number of a series, and the stretch in which it is that.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Number {
    stretch: u64,
    number: u32,
}

/// How a row of a batch names its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) number: u32,
    /// Whether no entry of this stretch had it yet.
    pub(crate) is_new: bool,
}

/// Gives the numbers, and says which the rows got that were stored last.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// The first entry of this stretch; 0 where nothing is numbered.
    stretch: u64,
    next: u32,
    rows: Vec<Numbered>,
}

impl Numbers {
    /// Where nothing is logged nothing is numbered.
    pub(crate) const fn none() -> Self {
        Self { stretch: 0, next: 0, rows: Vec::new() }
    }

    /// The entry of this sequence is about to be made.
    pub(crate) fn begin(&mut self, sequence: u64) {
        // Numbers have 32 bits, and a batch far fewer rows than half of them.
        if self.stretch == 0 || self.next > u32::MAX / 2 {
            (self.stretch, self.next) = (sequence, 0);
        }
        self.rows.clear();
    }

    /// Ends the stretch: from the next entry on all numbers are new.
    pub(crate) fn end_stretch(&mut self) {
        self.stretch = 0;
    }

    /// A row of this series is stored.
    #[inline]
    pub(crate) fn note(&mut self, of: &mut Number) {
        if self.stretch == 0 {
            return;
        }
        let is_new = of.stretch != self.stretch;
        if is_new {
            *of = Number { stretch: self.stretch, number: self.next };
            self.next += 1;
        }
        self.rows.push(Numbered { number: of.number, is_new });
    }

    /// The first entry of the stretch.
    pub(crate) const fn stretch(&self) -> u64 {
        self.stretch
    }

    /// Those of the rows that were stored since [`begin`](Self::begin).
    pub(crate) fn rows(&self) -> &[Numbered] {
        &self.rows
    }
}
