//! Faults of what is held against what is stored: types, schemas, limits, retention, names.

use super::mutant;
use crate::mutant::Change::{Lines, Outcome, Profile, StoredAt};
use crate::mutant::Home::{Iox, Queue, Router, V1, V2, V3};
use crate::mutant::help::{good, keep_good, knob, partitions, shards, tables};
use crate::mutant::{Item, Mutant};
use line_protocol::{Dialect, FieldValue};
use profiles::Setting;
use profiles::answer::Fault;
use profiles::storage::{
    BeyondRetention, ConflictInBatch, OldPoints, Overflow, Refusal, RefusedLine, Scope, Storage,
    TooLarge, TypesOf,
};
use std::borrow::Cow;

const DAY: i64 = 86_400_000_000_000;

/// A type, to hold two against each other.
fn kind(value: &FieldValue<'_>) -> u8 {
    match value {
        FieldValue::Float(_) => 0,
        FieldValue::Integer(_) => 1,
        FieldValue::Unsigned(_) => 2,
        FieldValue::Boolean(_) => 3,
        FieldValue::String(_) => 4,
    }
}

/// Calls with each value of a batch that has another type than its field had before in the batch, and
/// with that earlier value; whether the field stays.
fn conflicts<'i>(
    lines: &mut Vec<Item<'i>>,
    mut judge: impl FnMut(&mut FieldValue<'i>, &FieldValue<'i>) -> bool,
) {
    /// Measurement, field, and its first value.
    type First<'i> = (Cow<'i, [u8]>, Cow<'i, [u8]>, FieldValue<'i>);
    let mut known: Vec<First<'i>> = Vec::new();
    for line in lines.iter_mut().flatten() {
        let measurement = line.measurement.clone();
        line.fields.retain_mut(|(key, value)| {
            let earlier = known.iter().find(|(m, k, _)| *m == measurement && k == key);
            match earlier {
                Some((_, _, first)) if kind(first) != kind(value) => judge(value, first),
                Some(_) => true,
                None => {
                    known.push((measurement.clone(), key.clone(), value.clone()));
                    true
                }
            }
        });
    }
    keep_good(lines, |line| !line.fields.is_empty());
}

fn has_conflict(lines: &[Item<'_>]) -> bool {
    let mut copy: Vec<Item<'_>> = lines.iter().flatten().cloned().map(Ok).collect();
    let mut any = false;
    conflicts(&mut copy, |_, _| {
        any = true;
        true
    });
    any
}

/// A value as another type.
fn converted<'i>(value: &FieldValue<'i>, like: &FieldValue<'i>) -> FieldValue<'i> {
    let number = match value {
        FieldValue::Float(v) => *v,
        FieldValue::Integer(v) => *v as f64,
        FieldValue::Unsigned(v) => *v as f64,
        FieldValue::Boolean(v) => f64::from(u8::from(*v)),
        FieldValue::String(text) => text.len() as f64,
    };
    match like {
        FieldValue::Float(_) => FieldValue::Float(number),
        FieldValue::Integer(_) => FieldValue::Integer(number as i64),
        FieldValue::Unsigned(_) => FieldValue::Unsigned(number as u64),
        FieldValue::Boolean(_) => FieldValue::Boolean(number != 0.0),
        FieldValue::String(_) => FieldValue::String(Cow::Owned(number.to_string().into_bytes())),
    }
}

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "validate.batch-conflict-accepted",
        V2,
        "In a batch another type is dropped without a word.",
        &[Lines(|_, lines| conflicts(lines, |_, _| false))],
    ),
    mutant(
        "validate.stored-conflict-accepted",
        V2,
        "What conflicts is dropped without a word.",
        &[Outcome(|outcome| {
            let is = |fault: Fault| matches!(fault, Fault::PartialStorage | Fault::StorageConflict);
            outcome.or_else(|fault| if is(fault.fault) { Ok(()) } else { Err(fault) })
        })],
    ),
    mutant(
        "validate.converts-types",
        V2,
        "In a batch a value is converted to its field's type.",
        &[Lines(|_, lines| {
            conflicts(lines, |value, first| {
                *value = converted(value, first);
                true
            });
        })],
    ),
    mutant(
        "validate.converts-types-v3",
        V3,
        "In a batch a value is converted to its field's type.",
        &[Lines(|_, lines| {
            conflicts(lines, |value, first| {
                *value = converted(value, first);
                true
            });
        })],
    ),
    mutant(
        "store.mixes-types",
        V2,
        "A value of another type is stored under another name.",
        &[Lines(|_, lines| {
            let mut moved = Vec::new();
            let mut copy: Vec<Item<'_>> = lines.iter().flatten().cloned().map(Ok).collect();
            conflicts(&mut copy, |value, _| {
                moved.push(value.clone());
                false
            });
            if let (false, Some(line)) = (moved.is_empty(), copy.iter_mut().flatten().next_back()) {
                line.fields
                    .extend(moved.into_iter().map(|value| (Cow::Borrowed(&b"v_2"[..]), value)));
                lines.retain(Result::is_err);
                lines.extend(copy);
            }
        })],
    ),
    mutant(
        "validate.conflict-drops-batch",
        V2,
        "A conflict costs the lines that have none.",
        &[Lines(|_, lines| {
            if has_conflict(lines) {
                let last = lines.iter().rposition(Result::is_ok).unwrap_or_default();
                if last > 1 {
                    lines.truncate(last);
                }
            }
        })],
    ),
    mutant(
        "validate.conflict-fails-batch-v1",
        V1,
        "A conflict in a batch fails all of it.",
        &[Profile(|profile| {
            shards(profile, |rules| rules.conflict_in_batch = ConflictInBatch::Fails);
        })],
    ),
    mutant(
        "validate.first-type-always-wins-v1",
        V1,
        "A conflict never fails a new shard.",
        &[Profile(|profile| {
            shards(profile, |rules| rules.conflict_in_batch = ConflictInBatch::FirstTypeWins);
        })],
    ),
    mutant(
        "validate.conflict-scope-too-wide",
        V2,
        "Types belong to the whole bucket.",
        &[Profile(|profile| shards(profile, |rules| rules.types = TypesOf::TheBucket))],
    ),
    mutant(
        "partition.template-ignored",
        Router,
        "Types belong to the table, not to its partition.",
        &[Profile(|profile| partitions(profile, |rules| rules.one_type_per = Scope::Table))],
    ),
    mutant(
        "validate.conflict-scope-too-narrow",
        Iox,
        "Types belong to something smaller than they should.",
        &[Profile(|profile| {
            partitions(profile, |rules| {
                rules.one_type_per = if rules.one_type_per == Scope::Table {
                    Scope::Partition
                } else {
                    Scope::Table
                };
            });
        })],
    ),
    mutant(
        "validate.types-by-measurement",
        Queue,
        "Types belong to a measurement, not to a series.",
        &[
            Lines(|_, lines| conflicts(lines, |_, _| false)),
            Profile(|profile| {
                shards(profile, |r| r.conflict_in_batch = ConflictInBatch::FirstTypeWins);
            }),
        ],
    ),
    mutant(
        "validate.refuses-lines-not-batches",
        Router,
        "A line that storage refuses costs no other.",
        &[Profile(|profile| partitions(profile, |rules| rules.refuses = Refusal::Line))],
    ),
    mutant(
        "validate.refuses-batches-not-lines",
        Iox,
        "A line that storage refuses costs all others.",
        &[Profile(|profile| partitions(profile, |rules| rules.refuses = Refusal::Batch))],
    ),
    mutant(
        "validate.infinity-refused",
        Router,
        "A float that is too large is treated the other way.",
        &[Profile(|profile| {
            partitions(profile, |rules| {
                rules.too_large = if rules.too_large == TooLarge::BadLine {
                    TooLarge::Infinity
                } else {
                    TooLarge::BadLine
                };
            });
        })],
    ),
    mutant(
        "validate.overflow-refused",
        V3,
        "A float that is too large is treated the other way.",
        &[Profile(|profile| {
            tables(profile, |rules| {
                rules.overflow = if rules.overflow == Overflow::Infinity {
                    Overflow::Refused
                } else {
                    Overflow::Infinity
                };
            });
        })],
    ),
    mutant(
        "validate.case-folded",
        V2,
        "Names are kept in small letters.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                line.measurement.to_mut().make_ascii_lowercase();
                line.fields.iter_mut().for_each(|(key, _)| key.to_mut().make_ascii_lowercase());
            });
        })],
    ),
    mutant(
        "validate.column-limit-missing",
        V3,
        "A table may have any number of columns.",
        &[Profile(|profile| knob(profile, Setting::Columns, |_| 1 << 30))],
    ),
    mutant(
        "validate.column-limit-off-by-one",
        V3,
        "A table may have one column less.",
        &[Profile(|profile| knob(profile, Setting::Columns, |limit| limit - 1))],
    ),
    mutant(
        "validate.column-limit-counts-wrong",
        V3,
        "Whether the time is a column is counted otherwise.",
        &[Profile(|profile| tables(profile, |rules| rules.counts_time = !rules.counts_time))],
    ),
    mutant(
        "validate.key-length",
        V2,
        "A key of more than 255 bytes is refused.",
        &[Profile(|profile| {
            if let Dialect::Go(dialect) = &mut profile.facts.dialect {
                dialect.max_key_bytes = 255;
            }
        })],
    ),
    mutant(
        "validate.key-length-missing",
        V2,
        "A key may have any length.",
        &[Profile(|profile| {
            if let Dialect::Go(dialect) = &mut profile.facts.dialect {
                dialect.max_key_bytes = usize::MAX;
            }
        })],
    ),
    mutant(
        "validate.string-length-missing",
        V2,
        "A string may have any length.",
        &[Profile(|profile| {
            shards(profile, |rules| rules.longest_string = None);
        })],
    ),
    mutant(
        "validate.string-length-v3",
        V3,
        "The longest string is half as long.",
        &[Profile(|profile| {
            if let Dialect::Iox(dialect) = &mut profile.facts.dialect {
                dialect.max_string_bytes /= 2;
            }
        })],
    ),
    mutant(
        "validate.rejected-line-changes-schema",
        V3,
        "What a refused line leaves in the schema is otherwise.",
        &[Profile(|profile| {
            tables(profile, |rules| {
                rules.refused_line = if rules.refused_line == RefusedLine::LeavesColumns {
                    RefusedLine::LeavesNothing
                } else {
                    RefusedLine::LeavesColumns
                };
            });
        })],
    ),
    mutant(
        "validate.reserved-names",
        V2,
        "Reserved tag keys may be used.",
        &[Profile(|profile| {
            if let Dialect::Go(dialect) = &mut profile.facts.dialect {
                dialect.reserved_tag_keys = !dialect.reserved_tag_keys;
            }
        })],
    ),
    mutant(
        "validate.reserved-names-v1",
        V1,
        "Tag keys are refused that may be used.",
        &[Profile(|profile| {
            if let Dialect::Go(dialect) = &mut profile.facts.dialect {
                dialect.reserved_tag_keys = !dialect.reserved_tag_keys;
            }
        })],
    ),
    mutant(
        "validate.reserved-names-v3",
        V3,
        "No column is reserved.",
        &[Profile(|profile| {
            tables(profile, |rules| rules.reserved = &[]);
        })],
    ),
    mutant(
        "validate.reserved-names-too-wide",
        V3,
        "More columns are reserved than should be.",
        &[Profile(|profile| {
            tables(profile, |rules| {
                rules.reserved = &["time", "_time", "_field", "_measurement", "name", "database"];
            });
        })],
    ),
    mutant(
        "validate.control-characters-refused",
        V3,
        "Control characters in keys are treated otherwise.",
        &[Profile(|profile| {
            tables(profile, |r| r.refuses_control_characters = !r.refuses_control_characters);
        })],
    ),
    mutant(
        "validate.tag-field-same-key",
        V3,
        "A field named like a tag is left out without a word.",
        &[Lines(|_, lines| {
            let tags: Vec<_> = lines
                .iter()
                .flatten()
                .flat_map(|line| {
                    line.tags.iter().map(|(key, _)| (line.measurement.clone(), key.clone()))
                })
                .collect();
            good(lines, |line| {
                let measurement = line.measurement.clone();
                line.fields
                    .retain(|(key, _)| !tags.iter().any(|(m, t)| *m == measurement && t == key));
            });
            keep_good(lines, |line| !line.fields.is_empty());
        })],
    ),
    mutant(
        "validate.retention-not-enforced",
        V2,
        "Points of any age are stored.",
        &[StoredAt(|now| now.saturating_sub(100 * 366 * DAY))],
    ),
    mutant(
        "validate.retention-not-enforced-v1",
        V1,
        "Points of any age are stored.",
        &[StoredAt(|now| now.saturating_sub(100 * 366 * DAY))],
    ),
    mutant(
        "validate.retention-not-enforced-iox",
        Iox,
        "Points of any age are stored.",
        &[StoredAt(|now| now.saturating_sub(100 * 366 * DAY))],
    ),
    mutant(
        "validate.retention-checked-v3",
        V3,
        "Whether old points are refused is otherwise.",
        &[Profile(|profile| {
            tables(profile, |rules| {
                rules.old_points = if rules.old_points == OldPoints::Stored {
                    OldPoints::Refused
                } else {
                    OldPoints::Stored
                };
            });
        })],
    ),
    mutant(
        "validate.retention-too-strict",
        V2,
        "The retention period is an hour for a day.",
        &[StoredAt(|now| now.saturating_add(DAY / 24 * 23))],
    ),
    mutant(
        "validate.retention-silent",
        V1,
        "What is too old is dropped without a word.",
        &[Lines(|_, lines| {
            let now = jiff::Timestamp::now().as_nanosecond();
            let oldest = i64::try_from(now).unwrap_or_default() - 30 * DAY;
            let is_new =
                |line: &line_protocol::Line<'_>| line.timestamp.is_some_and(|t| t > oldest);
            if lines.iter().flatten().any(is_new) {
                keep_good(lines, is_new);
            }
        })],
    ),
    mutant(
        "validate.retention-drops-batch",
        V1,
        "A line that is too old costs the others.",
        &[Lines(|_, lines| {
            let now = jiff::Timestamp::now().as_nanosecond();
            let oldest = i64::try_from(now).unwrap_or_default() - 30 * DAY;
            let is_old =
                |line: &line_protocol::Line<'_>| line.timestamp.is_some_and(|t| t < oldest);
            if lines.iter().flatten().any(is_old) {
                keep_good(lines, is_old);
            }
        })],
    ),
    mutant(
        "validate.retention-drops-future",
        V2,
        "What is far ahead is dropped.",
        &[Lines(|_, lines| {
            let now = jiff::Timestamp::now().as_nanosecond();
            let newest = i64::try_from(now).unwrap_or_default().saturating_add(366 * DAY);
            keep_good(lines, |line| line.timestamp.is_none_or(|time| time < newest));
        })],
    ),
    mutant(
        "validate.retention-worded-short",
        V2,
        "A drop by retention is told without its numbers.",
        &[Profile(|profile| {
            shards(profile, |rules| rules.beyond_retention = BeyondRetention::Short);
        })],
    ),
    mutant(
        "validate.escaped-equals-readable",
        V2,
        "A measurement with an escaped `=` is read otherwise.",
        &[Profile(|profile| {
            shards(profile, |r| r.escaped_equals_unreadable = !r.escaped_equals_unreadable);
        })],
    ),
    mutant(
        "validate.new-shard-takes-any-name",
        V1,
        "A new shard takes names that are not UTF-8.",
        &[Profile(|profile| shards(profile, |rules| rules.new_shard_needs_utf8 = false))],
    ),
    mutant(
        "limits.not-enforced",
        Iox,
        "A table too many is a success.",
        &[
            Profile(|profile| {
                if let Storage::Partitions(rules) = &mut profile.facts.storage {
                    rules.tables = usize::MAX;
                }
            }),
            Outcome(|outcome| {
                let limits = [
                    Fault::TableLimit,
                    Fault::ColumnLimit,
                    Fault::LinesRejected,
                    Fault::DatabaseLimit,
                ];
                outcome.or_else(
                    |fault| if limits.contains(&fault.fault) { Ok(()) } else { Err(fault) },
                )
            }),
        ],
    ),
    mutant(
        "limits.too-large-accepted",
        Iox,
        "A body that is too large is told to be stored.",
        &[Outcome(|outcome| {
            outcome.or_else(|f| if f.fault == Fault::TooLarge { Ok(()) } else { Err(f) })
        })],
    ),
    mutant(
        "limits.tables-not-counted",
        V3,
        "A table too many is told to be stored.",
        &[Outcome(|outcome| {
            let limits = [Fault::AllLimit, Fault::PartialLimit, Fault::DatabaseLimit];
            outcome.or_else(|fault| if limits.contains(&fault.fault) { Ok(()) } else { Err(fault) })
        })],
    ),
    mutant(
        "limits.gives-up-early",
        Router,
        "After ten bad lines the rest is not looked at.",
        &[Profile(|profile| partitions(profile, |rules| rules.gives_up_after = Some(10)))],
    ),
];
