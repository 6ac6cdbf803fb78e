//! Chance that a seed decides: SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number
//! generators", OOPSLA 2014).

/// A stream of numbers.
pub(super) struct Chance(u64);

impl Chance {
    /// The stream of this seed and this place: each writer of each round has its own.
    pub(super) fn new(seed: u64, place: &[u64]) -> Self {
        let mut chance = Self(seed);
        for part in place {
            chance.0 = chance.next().wrapping_add(*part);
        }
        chance
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// Below `end`, which is not 0.
    pub(super) fn below(&mut self, end: u64) -> u64 {
        self.next() % end.max(1)
    }

    /// From `first` to `last`.
    pub(super) fn from(&mut self, first: u64, last: u64) -> u64 {
        first + self.below(last - first + 1)
    }

    /// Once in so many times.
    pub(super) fn one_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }
}

#[cfg(test)]
mod tests {
    use super::Chance;

    /// The reference implementation's first numbers of seed 1234567 (Java's SplittableRandom has the
    /// same).
    #[test]
    fn it_is_split_mix() {
        let mut chance = Chance::new(1_234_567, &[]);
        let numbers = [chance.next(), chance.next(), chance.next()];
        let expected =
            [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
        assert_eq!(numbers, expected);
    }

    #[test]
    fn places_are_apart() {
        let first = |place: &[u64]| Chance::new(1, place).below(u64::MAX);
        assert_ne!(first(&[0, 1]), first(&[1, 0]));
        assert_eq!(first(&[0, 1]), first(&[0, 1]));
        let mut chance = Chance::new(7, &[]);
        assert!((0..100).map(|_| chance.from(3, 5)).all(|n| (3..=5).contains(&n)));
    }
}
