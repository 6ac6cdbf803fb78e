//! What is in a body, as sums: cheap enough to be kept while the clock runs, and enough to tell a
//! parser that skips, merges or misreads something. It does not tell two lines that changed places.

/// Counts and sums over a body. Whoever visits all of it, gets the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Good lines.
    pub lines: u64,
    /// Refused lines.
    pub bad: u64,
    /// Tags of good lines.
    pub tags: u64,
    /// Fields of good lines.
    pub fields: u64,
    /// Bytes of measurements, tag keys, tag values and field keys, as meant.
    pub name_bytes: u64,
    /// Integers and unsigned integers, summed up with wrapping.
    pub integers: u64,
    /// The bits of the floats, summed up with wrapping: no two of a kind cancel out.
    pub floats: u64,
    /// Booleans that are true.
    pub trues: u64,
    /// Bytes of strings, as meant.
    pub string_bytes: u64,
    /// Timestamps that were there, summed up with wrapping.
    pub times: u64,
}

impl Tally {
    /// A good line begins.
    #[inline]
    pub fn line(&mut self, measurement: &[u8]) {
        self.lines += 1;
        self.name_bytes += measurement.len() as u64;
    }

    /// One of its tags.
    #[inline]
    pub fn tag(&mut self, key: &[u8], value: &[u8]) {
        self.tags += 1;
        self.name_bytes += key.len() as u64 + value.len() as u64;
    }

    /// The key of one of its fields; the value follows.
    #[inline]
    pub fn field(&mut self, key: &[u8]) {
        self.fields += 1;
        self.name_bytes += key.len() as u64;
    }

    /// An integer.
    #[inline]
    pub fn integer(&mut self, value: i64) {
        self.integers = self.integers.wrapping_add(value as u64);
    }

    /// An unsigned integer.
    #[inline]
    pub fn unsigned(&mut self, value: u64) {
        self.integers = self.integers.wrapping_add(value);
    }

    /// A float.
    #[inline]
    pub fn float(&mut self, value: f64) {
        self.floats = self.floats.wrapping_add(value.to_bits());
    }

    /// A boolean.
    #[inline]
    pub fn boolean(&mut self, value: bool) {
        self.trues += u64::from(value);
    }

    /// A string.
    #[inline]
    pub fn string(&mut self, value: &[u8]) {
        self.string_bytes += value.len() as u64;
    }

    /// The line's time. None counts as 0, which is what the Go grammar is told to put there.
    #[inline]
    pub fn time(&mut self, time: Option<i64>) {
        self.times = self.times.wrapping_add(time.unwrap_or(0) as u64);
    }

    /// A refused line.
    #[inline]
    pub fn refused(&mut self) {
        self.bad += 1;
    }
}
