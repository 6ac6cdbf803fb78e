//! The order of cases: a seed gives the same order everywhere.

/// The indices of `count` cases, in order or shuffled by this seed.
pub(super) fn order(count: usize, seed: Option<u64>) -> Vec<usize> {
    let mut order: Vec<_> = (0..count).collect();
    if let Some(mut state) = seed {
        for at in (1..count).rev() {
            let other = next(&mut state) % (at as u64 + 1);
            order.swap(at, usize::try_from(other).unwrap_or(0));
        }
    }
    order
}

/// SplitMix64.
fn next(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn a_seed_gives_one_order_of_all() {
        assert_eq!(order(3, None), [0, 1, 2]);
        let shuffled = order(50, Some(7));
        assert_ne!(shuffled, order(50, None));
        assert_eq!(shuffled, order(50, Some(7)));
        let mut sorted = shuffled;
        sorted.sort_unstable();
        assert_eq!(sorted, order(50, None));
    }
}
