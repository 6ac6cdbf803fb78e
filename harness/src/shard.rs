//! A run in parts: which cases belong to shard 2 of 4, the same on every machine, so that all
//! shards together take each case once and none takes much longer than the others.

mod weight;

use crate::case::Case;
use serde::{Deserialize, Serialize};
use std::fmt;
pub use weight::Durations;

/// More shards than this are a slip of the keyboard.
const MOST: usize = 10_000;

/// One part of several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Shard {
    /// Which one, from 1.
    pub index: usize,
    /// Of how many.
    pub of: usize,
}

impl Shard {
    /// From `2/4`, where the first shard has the number `first`: schedulers count from 0 or from 1.
    ///
    /// # Errors
    /// What is wrong with it, for whoever typed it.
    pub fn parse(text: &str, first: usize) -> Result<Self, String> {
        let numbers = text.split_once('/').and_then(|(index, of)| {
            Some((index.trim().parse::<usize>().ok()?, of.trim().parse::<usize>().ok()?))
        });
        let Some((index, of)) = numbers else {
            return Err(format!("\"{text}\" is not of the form i/n, such as 2/4"));
        };
        if of == 0 || of > MOST {
            return Err(format!("\"{text}\": there are 1 to {MOST} shards"));
        }
        let last = first + of - 1;
        if index < first || index > last {
            let hint = if index == 0 && first == 1 {
                "; give --shard-from 0 if yours count from 0"
            } else if first == 0 && index == of {
                "; leave --shard-from away if yours count from 1"
            } else {
                ""
            };
            return Err(format!("\"{text}\": the shards are {first}/{of} to {last}/{of}{hint}"));
        }
        Ok(Self { index: index - first + 1, of })
    }

    /// The cases of this shard, in their own order.
    ///
    /// # Errors
    /// There are fewer cases than shards: one would have nothing to do, and look like a success.
    pub fn choose<'c>(
        self,
        cases: &[&'c Case],
        durations: &Durations,
    ) -> Result<Vec<&'c Case>, String> {
        if cases.len() < self.of {
            return Err(format!(
                "{} shards for {} selected cases: some would have nothing to do; take at most {}",
                self.of,
                cases.len(),
                cases.len()
            ));
        }
        let ids: Vec<_> = cases.iter().map(|case| case.id.as_str()).collect();
        let shards = divide(&ids, &durations.weights(cases), self.of);
        let own = cases.iter().zip(shards).filter(|(_, shard)| *shard == self.index);
        Ok(own.map(|(case, _)| *case).collect())
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "shard {} of {}", self.index, self.of)
    }
}

/// The shard of each case, from 1: the longest case first, each to the shard that has the least to
/// do so far (Graham's LPT rule: at worst a third longer than the best division). Only numbers and
/// ids decide, never the order in which the cases are given.
fn divide(ids: &[&str], weights: &[u64], of: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..ids.len()).collect();
    order.sort_by(|a, b| weights[*b].cmp(&weights[*a]).then_with(|| ids[*a].cmp(ids[*b])));
    let mut loads = vec![(0_u128, 0_usize); of];
    let mut shards = vec![0; ids.len()];
    for case in order {
        let least = (0..of).min_by_key(|shard| (loads[*shard], *shard)).unwrap_or(0);
        loads[least].0 += u128::from(weights[case]);
        loads[least].1 += 1;
        shards[case] = least + 1;
    }
    shards
}

#[cfg(test)]
mod tests;
