//! Random batches: which writes, to which endpoint, in which form. The same seed and index give the
//! same batch on every machine, whatever ran before it.

use super::batch::{Batch, Sent};
use super::line::{Ground, Line, line, sound};
use crate::case::Endpoint;
use crate::space::unit;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::{SBoxedStrategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Makes the batches of one run.
pub(crate) struct Generator {
    seed: u64,
    batches: SBoxedStrategy<Batch>,
}

impl Generator {
    /// For a target that has these write endpoints besides its family's own.
    pub(crate) fn new(seed: u64, endpoints: Vec<Endpoint>) -> Self {
        Self { seed, batches: batch(endpoints).sboxed() }
    }

    /// The batch of this index; none where the strategy gives none, which none of them does.
    pub(crate) fn batch(&self, index: u64) -> Option<Batch> {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&self.seed.to_le_bytes());
        bytes[8..16].copy_from_slice(&index.to_le_bytes());
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let config = Config { failure_persistence: None, ..Config::default() };
        let mut runner = TestRunner::new_with_rng(config, rng);
        self.batches.new_tree(&mut runner).ok().map(|tree| tree.current())
    }
}

/// A write before its lines are written out.
#[derive(Clone, Debug)]
struct Draft {
    endpoint: Option<Endpoint>,
    precision: Option<&'static str>,
    gzip: bool,
    chunked: bool,
    ends: bool,
    /// The type of the field that changes; none where it changes from line to line.
    kind: Option<u8>,
    lines: Vec<Line>,
}

fn batch(endpoints: Vec<Endpoint>) -> impl Strategy<Value = Batch> + Send + Sync {
    let ground = prop_oneof![
        6 => Just(Ground::Near),
        2 => Just(Ground::Changing(None)),
        1 => Just(Ground::Wide),
    ];
    let count = prop_oneof![6 => Just(1_usize), 2 => Just(2), 1 => 3..5_usize];
    let writes = count.prop_flat_map(move |count| vec(draft(endpoints.clone()), count));
    (ground, writes).prop_map(|(ground, drafts)| Batch {
        writes: drafts.into_iter().map(|draft| written(draft, ground)).collect(),
    })
}

/// What all writes of a batch about types share: where the same number is another time, it lies in
/// another shard.
fn plain_form(draft: Draft) -> Draft {
    Draft { endpoint: None, precision: None, ..draft }
}

fn draft(endpoints: Vec<Endpoint>) -> impl Strategy<Value = Draft> + Send + Sync {
    let mut choices = vec![None; 2];
    choices.extend(endpoints.into_iter().map(Some));
    let precision = prop_oneof![
        4 => Just(None),
        4 => select(&["ns", "us", "ms", "s"][..]).prop_map(Some),
    ];
    // A batch of sound lines says most about what a server loses; one sound line alone must be
    // taken by every server.
    let lines = prop_oneof![
        2 => sound().prop_map(|one| vec![Line::Sound(one)]),
        2 => vec(sound().prop_map(Line::Sound), 2..12),
        6 => vec(line(), 1..8),
        1 => vec(line(), 8..40),
    ];
    let form = (proptest::bool::weighted(0.2), proptest::bool::weighted(0.1), any::<bool>());
    let kind = proptest::option::weighted(0.9, 0..4_u8);
    (select(choices), precision, form, kind, lines).prop_map(
        |(endpoint, precision, (gzip, chunked, ends), kind, lines)| Draft {
            endpoint,
            precision,
            gzip,
            chunked,
            ends,
            kind,
            lines,
        },
    )
}

fn written(draft: Draft, ground: Ground) -> Sent {
    let draft = if ground.is_changing() { plain_form(draft) } else { draft };
    // Mostly it is the writes that differ: what one write gives two types is answered in many ways.
    let ground = match ground {
        Ground::Changing(_) => Ground::Changing(draft.kind),
        other => other,
    };
    let unit = unit(draft.precision);
    let mut lines = Vec::new();
    let mut last = None;
    for line in &draft.lines {
        let bytes = line.bytes(ground, unit);
        if line.may_swallow(&bytes) {
            last.get_or_insert(bytes);
        } else {
            lines.push(bytes);
        }
    }
    lines.extend(last);
    Sent {
        endpoint: draft.endpoint,
        precision: draft.precision,
        gzip: draft.gzip,
        chunked: draft.chunked,
        lines,
        ends: draft.ends,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Sureness, items, sureness};

    fn batches(seed: u64) -> Vec<Batch> {
        let generator = Generator::new(seed, vec![Endpoint::V1, Endpoint::V2]);
        (0..300).map(|index| generator.batch(index).unwrap()).collect()
    }

    #[test]
    fn a_seed_gives_its_batches_and_no_others() {
        let first = batches(1);
        assert_eq!(first, batches(1));
        assert_ne!(first, batches(2));
        // By itself, too: what came before an index does not matter.
        let generator = Generator::new(1, vec![Endpoint::V1, Endpoint::V2]);
        assert_eq!(generator.batch(217).unwrap(), first[217]);
    }

    /// Whatever a change of the strategies does: there is enough of everything.
    #[test]
    fn batches_hold_lines_of_every_kind() {
        let batches = batches(7);
        let writes: Vec<_> = batches.iter().flat_map(|batch| &batch.writes).collect();
        let mut counts = [0; 3];
        for sent in &writes {
            for item in items(&sent.body()) {
                counts[match sureness(&item.text, &item.meaning) {
                    Sureness::Plain => 0,
                    Sureness::Malformed => 1,
                    Sureness::Odd => 2,
                }] += 1;
            }
        }
        assert!(counts.iter().all(|count| *count > 50), "{counts:?}");
        assert!(writes.iter().any(|sent| sent.gzip && sent.chunked));
        assert!(writes.iter().any(|sent| sent.endpoint == Some(Endpoint::V2)));
        assert!(writes.iter().any(|sent| sent.precision == Some("s")));
        assert!(writes.len() > batches.len() + 50, "sequences of writes");
        assert!(writes.iter().any(|sent| std::str::from_utf8(&sent.body()).is_err()));
    }
}
