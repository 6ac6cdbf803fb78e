//! Numbers that series have in the log, so that a row there names its series by one.
//!
//! They hold for a stretch of the log, which begins with the server and with each snapshot: what is
//! forgotten up to there takes no number with it that is still needed. It ends after some mebibytes as
//! well, so that an entry that a disk has damaged takes no more with it.

/// The number of a series, and the stretch in which it is that.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Number {
    stretch: u64,
    number: u32,
}

impl Number {
    /// Reads it; what it gives means nothing.
    pub(super) const fn load(&self) -> u64 {
        self.stretch
    }
}

/// How a row of a batch names its series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Numbered {
    pub(crate) number: u32,
    /// Whether no entry of this stretch had it yet.
    pub(crate) is_new: bool,
}

/// How many bytes a stretch has at least, and how many times what the keys take that it names: so keys
/// are little of the log.
const LEAST_BYTES: usize = 4 << 20;
const TIMES_KEYS: usize = 8;

/// For how many rows of a batch there is room without asking.
const KEPT_ROWS: usize = 64 << 10;

/// Gives the numbers, and says which the rows got that were stored last.
#[derive(Debug, Default)]
pub(crate) struct Numbers {
    /// The first entry of this stretch; 0 where nothing is numbered.
    stretch: u64,
    next: u32,
    rows: Vec<Numbered>,
    /// What the entries of the stretch have, in bytes, and what of it is keys.
    bytes: usize,
    key_bytes: usize,
}

impl Numbers {
    /// Where nothing is logged nothing is numbered.
    pub(crate) const fn none() -> Self {
        Self { stretch: 0, next: 0, rows: Vec::new(), bytes: 0, key_bytes: 0 }
    }

    /// The entry of this sequence is about to be made.
    pub(crate) fn begin(&mut self, sequence: u64) {
        // Numbers have 32 bits, and a batch far fewer rows than half of them.
        let is_long = self.bytes > LEAST_BYTES.max(TIMES_KEYS * self.key_bytes);
        if self.stretch == 0 || is_long || self.next > u32::MAX / 2 {
            (self.stretch, self.next) = (sequence, 0);
            (self.bytes, self.key_bytes) = (0, 0);
        }
        self.rows.clear();
        // After one huge batch its room is not kept.
        self.rows.shrink_to(KEPT_ROWS);
    }

    /// An entry has so many bytes, and of these the keys so many.
    pub(crate) fn add(&mut self, bytes: usize, key_bytes: usize) {
        self.bytes += bytes;
        self.key_bytes += key_bytes;
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
