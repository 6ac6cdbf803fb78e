//! Ids that the server makes up: unique, random to look at, without meaning.

use std::hash::{BuildHasher, RandomState};
use std::sync::atomic::{AtomicU64, Ordering};

/// 64 bits that nobody can tell beforehand and that, by all odds, no earlier call gave.
pub(crate) fn unique_bits() -> u64 {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    // The operating system seeds the standard library's hasher once for each thread; every further
    // state of the thread has the next key.
    RandomState::new().hash_one(COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// An id in the form of a UUID, for `Request-Id`.
pub(crate) fn request_id() -> String {
    let (a, b) = (unique_bits(), unique_bits());
    let parts = (a >> 32, (a >> 16) & 0xffff, a & 0xfff, (b >> 48) & 0x3fff, b & 0xffff_ffff_ffff);
    format!(
        "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
        parts.0,
        parts.1,
        parts.2,
        parts.3 | 0x8000,
        parts.4
    )
}
