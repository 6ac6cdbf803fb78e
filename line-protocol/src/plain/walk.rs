//! The walk from structural byte to structural byte.
//!
//! None means that the next step is not plain, or that the stretch is at its end; the caller tells
//! the two apart by asking whether all positions are used up.

use super::{Index, Name, Plain, Tape};

/// A scanned stretch of the input, and how far it was walked.
#[derive(Debug)]
pub(crate) struct Walk<'a> {
    /// The input from the beginning of the stretch on, to its very end.
    bytes: &'a [u8],
    /// The positions not yet passed.
    rest: &'a [u32],
    scanned: usize,
}

/// A name, where it ends, and the byte that ends it.
type Ended = (Name, usize, u8);

impl<'a> Walk<'a> {
    /// Goes on in a stretch after `passed` of its positions.
    #[inline(always)]
    pub(crate) fn resume(bytes: &'a [u8], index: &'a Index, passed: usize) -> Self {
        let positions = index.positions();
        Self { bytes, rest: positions.get(passed..).unwrap_or_default(), scanned: positions.len() }
    }

    #[inline(always)]
    pub(crate) fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// How many positions were passed.
    #[inline(always)]
    pub(crate) fn passed(&self) -> usize {
        self.scanned - self.rest.len()
    }

    /// Whether no position is left, so that what follows was not scanned.
    #[inline(always)]
    pub(crate) fn is_at_end(&self) -> bool {
        self.rest.is_empty()
    }

    /// Passes the positions before `start`.
    #[inline(always)]
    pub(crate) fn skip_to(&mut self, start: usize) {
        while let [at, rest @ ..] = self.rest
            && (*at as usize) < start
        {
            self.rest = rest;
        }
    }

    /// The byte at a position. The end of the input counts as a line feed.
    #[inline(always)]
    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or(b'\n')
    }

    /// The next structural byte and where it stands.
    #[inline(always)]
    pub(crate) fn next(&mut self) -> Option<(usize, u8)> {
        let (at, rest) = self.rest.split_first()?;
        self.rest = rest;
        let at = *at as usize;
        Some((at, self.byte(at)))
    }

    /// A name from `start` on. A backslash in it may stand before any of `escapable`.
    #[inline(always)]
    pub(super) fn name(
        &mut self,
        start: usize,
        escapable: &'static [u8],
        tape: &mut Tape,
    ) -> Option<Ended> {
        let (end, stop) = self.next()?;
        if stop == b'\\' {
            return self.escaped_name(start, end, escapable, tape);
        }
        (end > start).then(|| (Name::plain(start..end), end, stop))
    }

    /// A name that an equal sign ends, and where that stands.
    #[inline(always)]
    pub(super) fn key(
        &mut self,
        start: usize,
        escapable: &'static [u8],
        tape: &mut Tape,
    ) -> Option<(Name, usize)> {
        let (name, end, stop) = self.name(start, escapable, tape)?;
        (stop == b'=').then_some((name, end))
    }

    /// A name whose first backslash stands at `backslash`.
    ///
    /// A backslash before a byte that is not structural is a byte like any other, in every dialect.
    /// That Go's splitter ignores a backslash two bytes before the end of the body makes no
    /// difference: a name is followed by more than that.
    #[cold]
    #[inline(never)]
    fn escaped_name(
        &mut self,
        start: usize,
        backslash: usize,
        escapable: &[u8],
        tape: &mut Tape,
    ) -> Option<Ended> {
        let (mut at, mut byte) = (backslash, b'\\');
        while byte == b'\\' {
            let after = at + 1;
            (at, byte) = self.next()?;
            if at == after {
                if !matches!(byte, b',' | b' ' | b'=') {
                    return None;
                }
                (at, byte) = self.next()?;
            }
        }
        Some((tape.name(self.bytes, start..at, escapable), at, byte))
    }

    /// A string whose opening quote stands at `start`, without its quotes, and where it ends.
    #[inline(always)]
    pub(super) fn string(&mut self, start: usize, tape: &mut Tape) -> Option<(Name, usize)> {
        // The opening quote itself.
        self.next()?;
        let mut escaped = false;
        loop {
            let (at, byte) = self.next()?;
            match byte {
                b'"' => {
                    let inside = start + 1..at;
                    let text = if escaped {
                        tape.name(self.bytes, inside, b"\"\\")
                    } else {
                        Name::plain(inside)
                    };
                    return Some((text, at + 1));
                }
                b'\\' => {
                    escaped = true;
                    // It takes the next byte with it, which matters if that is structural.
                    if self.rest.first().is_some_and(|next| *next as usize == at + 1) {
                        self.next()?;
                    }
                }
                _ => {}
            }
        }
    }

    /// A comment up to the end of its line. With a quote or a backslash in it, where it ends is the
    /// grammar's matter.
    pub(super) fn comment(&mut self) -> Plain {
        loop {
            match self.next() {
                None => return Plain::Unscanned,
                Some((_, b'"' | b'\\')) => return Plain::Other,
                Some((at, b'\n')) => return Plain::Nothing(at),
                Some(_) => {}
            }
        }
    }

    /// An empty line.
    pub(super) fn blank(&mut self, start: usize) -> Plain {
        self.next();
        Plain::Nothing(start)
    }
}
