//! Names that many series have, each once in memory as far as that is easily known: of a million series
//! nearly all tags are of a few hundred values. So a series takes half as much, and who looks at the
//! tags of all finds most of them in the processor's cache.

use super::value::Name;
use hashbrown::DefaultHashBuilder;
use std::cell::RefCell;
use std::hash::BuildHasher;

/// For how many names there is a place; one that comes to a place whose name was not asked for since
/// the last one came takes it.
const PLACES: usize = 4096;

/// Longer ones are many series' rarely, and what is kept has a bound: some hundred KiB a thread.
const LONGEST: usize = 64;

thread_local! {
    static KNOWN: RefCell<Known> = RefCell::default();
}

/// The names that came last.
#[derive(Default)]
struct Known {
    hasher: DefaultHashBuilder,
    /// Each with whether it was asked for since another one came to its place.
    places: Vec<Option<(Name, bool)>>,
}

/// A name of these bytes: one that is there already, or a new one.
pub(super) fn shared(text: &[u8]) -> Name {
    if text.len() > LONGEST {
        return Name::from(text);
    }
    KNOWN.with_borrow_mut(|known| known.share(text))
}

impl Known {
    fn share(&mut self, text: &[u8]) -> Name {
        self.places.resize(PLACES, None);
        let hash = self.hasher.hash_one(text);
        // The remainder is smaller than the number of places.
        let place = &mut self.places[(hash % PLACES as u64) as usize];
        match place {
            Some((known, is_asked_for)) if **known == *text => {
                *is_asked_for = true;
                Name::clone(known)
            }
            // One that many have is not to go for one that comes once.
            Some((_, is_asked_for)) if *is_asked_for => {
                *is_asked_for = false;
                Name::from(text)
            }
            _ => Name::clone(&place.insert((Name::from(text), false)).0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn names_that_come_again_and_again_are_shared_whatever_comes_between() {
        let mut copies = 0;
        let mut last = shared(b"europe");
        for n in 0..100_000 {
            assert_eq!(*shared(format!("host_{n}").as_bytes()), *format!("host_{n}").as_bytes());
            let again = shared(b"europe");
            assert_eq!(*again, *b"europe");
            copies += u32::from(!Arc::ptr_eq(&last, &again));
            last = again;
        }
        assert!(copies < 3, "{copies} of 100000");
        assert_eq!(*shared(&[7; 100]), [7; 100]);
        assert_eq!(KNOWN.with_borrow(|known| known.places.len()), PLACES);
    }
}
