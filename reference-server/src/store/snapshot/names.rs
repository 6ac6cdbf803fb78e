//! The names that many series have, each once in a manifest and by its number in the series: most tags
//! of a million series are of a few hundred values.

use crate::store::kept::Bytes;
use crate::store::value::Name;

/// For how many names there are places, which is also how many have a number at most.
const PLACES: usize = 1 << 15;
/// In how many places a name can be: two names that meet keep their numbers both.
const WAYS: usize = 2;

/// Which names have a number, found by where they are in memory: nothing of the name itself is looked
/// at, so of a million series that is not in the processor's caches nothing comes there.
#[derive(Debug, Default)]
pub(super) struct Numbered(Vec<[Place; WAYS]>);

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
        places.resize(PLACES / WAYS, Default::default());
        let address = name.as_ptr().addr();
        let ways = &mut places[place_of(address, PLACES / WAYS)];
        for way in &mut *ways {
            match way {
                Place::Number(known, number) if known.as_ptr() == name.as_ptr() => {
                    return Some(*number);
                }
                Place::Once(once) if *once == address => {
                    let number = u32::try_from(names.len()).ok()?;
                    names.push(Bytes::from(name));
                    *way = Place::Number(Name::clone(name), number);
                    return Some(number);
                }
                Place::Free | Place::Once(_) | Place::Number(..) => {}
            }
        }
        // The latest is the last of those that came once, so the one before it is there for a while.
        if let Some(oldest) = ways.iter().position(|way| !matches!(way, Place::Number(..))) {
            ways[oldest] = Place::Once(address);
            ways[oldest..].rotate_left(1);
        }
        None
    }
}

/// In which of so many places the name at an address is. All bits of the address are mixed: names that were
/// made one after another are some stride apart, and one product alone puts many of them in few places for
/// some strides (of 1104 bytes, say).
pub(super) fn place_of(address: usize, places: usize) -> usize {
    let mixed = (address as u64 ^ (address as u64 >> 29)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    (mixed >> 32) as usize % places
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashMap;

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

    #[test]
    fn two_names_that_meet_keep_their_numbers_both() {
        let (mut numbered, mut names) = (Numbered::default(), Vec::new());
        let mut by_place: HashMap<usize, Name> = HashMap::new();
        let (one, other) = (0_u32..)
            .find_map(|n| {
                let name = Name::from(n.to_be_bytes().as_slice());
                let place = place_of(name.as_ptr().addr(), PLACES / WAYS);
                let before = by_place.insert(place, name)?;
                Some((before, by_place.remove(&place)?))
            })
            .unwrap();
        let mut number = |name| numbered.number(name, &mut names);
        assert_eq!([number(&one), number(&other)], [None, None]);
        for _ in 0..2 {
            assert_eq!([number(&one), number(&other)], [Some(0), Some(1)]);
        }
        assert_eq!(names.iter().map(Name::from).collect::<Vec<_>>(), [one, other]);
    }

    #[test]
    fn names_that_are_any_stride_apart_are_not_in_few_places() {
        for stride in (16..8192).step_by(16) {
            let mut names = [0_usize; PLACES / WAYS];
            (0..500)
                .for_each(|n| names[place_of(0x7f12_3456_0000 + n * stride, PLACES / WAYS)] += 1);
            let without_a_place: usize = names.iter().map(|names| names.saturating_sub(WAYS)).sum();
            assert!(without_a_place < 10, "{without_a_place} of 500, {stride} bytes apart");
        }
    }
}
