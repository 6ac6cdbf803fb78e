//! The names that many series have, each once in a manifest and by its number in the series: most tags
//! of a million series are of a few hundred values.

use crate::store::kept::Bytes;
use crate::store::value::Name;

/// For how many names there is a place, which is also how many have a number at most.
const PLACES: usize = 1 << 15;

/// Which names have a number, found by where they are in memory: nothing of the name itself is looked
/// at, so of a million series that is not in the processor's caches nothing comes there.
#[derive(Debug, Default)]
pub(super) struct Numbered(Vec<Place>);

#[derive(Clone, Debug, Default)]
enum Place {
    #[default]
    Free,
    /// One that came once, by its address; it may be gone, and another one be there.
    Once(usize),
    /// One that came again; it stays where it is.
    Number(Name, u32),
}

impl Numbered {
    /// The number of a name, its place among `names`, to which it is added if it is new there; none
    /// where it came for the first time, or may have.
    pub(super) fn number(&mut self, name: &Name, names: &mut Vec<Bytes>) -> Option<u32> {
        let Self(places) = self;
        places.resize(PLACES, Place::Free);
        let address = name.as_ptr().addr();
        // The bits of an address that differ are mixed into the first ones of the product.
        let mixed = (address as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 49;
        let place = &mut places[mixed as usize % PLACES];
        match place {
            Place::Number(known, number) => (known.as_ptr() == name.as_ptr()).then_some(*number),
            Place::Once(once) if *once == address => {
                let number = u32::try_from(names.len()).ok()?;
                names.push(Bytes::from(name));
                *place = Place::Number(Name::clone(name), number);
                Some(number)
            }
            Place::Free | Place::Once(_) => {
                *place = Place::Once(address);
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_comes_again_has_a_number_whatever_came_between() {
        let (mut numbered, mut names) = (Numbered::default(), Vec::new());
        let mut number = |name: &Name| numbered.number(name, &mut names);
        let often: Vec<Name> =
            (0..500_u32).map(|n| Name::from(n.to_be_bytes().as_slice())).collect();
        let rare: Vec<Name> = (0..50_000_u32).map(|_| Name::from(&b"rare"[..])).collect();
        let mut by_number = 0;
        for rare in rare.chunks(10) {
            by_number += often.iter().filter(|name| number(name).is_some()).count();
            assert!(rare.iter().filter(|name| number(name).is_some()).count() < 2);
        }
        assert!(by_number > 5000 * 480, "{by_number} of {}", 5000 * 500);
        let seventh = number(&often[7]).or_else(|| number(&often[7])).unwrap();
        assert!(names.len() <= PLACES);
        assert_eq!(Name::from(&names[seventh as usize]), often[7]);
    }
}
