//! A run in parts: which cases belong to shard 2 of 4, the same on every machine, so that all
//! shards together take each case once and none takes much longer than the others.

mod weight;

use crate::case::Case;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::fmt;
pub use weight::Durations;

/// More shards than this are a slip of the keyboard.
const MOST: usize = 10_000;

/// How many cases a machine is taken to run at once. A constant: the division must not depend on the
/// machine that makes it.
const LANES: usize = 8;

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

/// The shard of each case, from 1: the longest case first, each to whoever has the least to do so far
/// (Graham's LPT rule: at worst a third longer than the best division). A shard runs several cases at
/// once, so it takes part with several lanes: a case that does nothing but wait for seconds fills one
/// of them and leaves the others. Only numbers and ids decide, never the order of the cases.
fn divide(ids: &[&str], weights: &[u64], of: usize) -> Vec<usize> {
    let mut order: Vec<_> = (0..ids.len()).collect();
    order.sort_by(|a, b| weights[*b].cmp(&weights[*a]).then_with(|| ids[*a].cmp(ids[*b])));
    // By load and number; lane 0 is the first of shard 1, lane 1 the first of shard 2.
    let mut lanes: BTreeSet<(u128, usize)> = (0..of * LANES).map(|lane| (0, lane)).collect();
    let mut shards = vec![0; ids.len()];
    for case in order {
        let Some((load, lane)) = lanes.pop_first() else { break };
        lanes.insert((load + u128::from(weights[case]), lane));
        shards[case] = lane % of + 1;
    }
    shards
}

#[cfg(test)]
mod tests;
