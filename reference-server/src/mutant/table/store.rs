//! Faults of the store: what was accepted is not what is kept.

use super::mutant;
use crate::mutant::Change::{Admitted, Lines, Outcome, Profile};
use crate::mutant::Home::{Iox, V1, V2, V3};
use crate::mutant::help::{good, keep_good, shards, strings, tables, v2, values};
use crate::mutant::{Item, Mutant};
use line_protocol::FieldValue;
use profiles::answer::Fault;
use profiles::storage::{ConflictInBatch, TimeBesideFields};
use profiles::v2_api::Acknowledgement;
use profiles::write::BadLines;
use profiles::{Knob, Setting};
use std::borrow::Cow;

/// How many good lines there are.
fn count(lines: &[Item<'_>]) -> usize {
    lines.iter().filter(|line| line.is_ok()).count()
}

/// A copy of the last good line of several, changed.
fn copy<'i>(lines: &mut Vec<Item<'i>>, change: impl Fn(&mut line_protocol::Line<'i>)) {
    let last = lines.iter().rev().flatten().next().cloned();
    if let Some(mut line) = last.filter(|_| count(lines) > 1) {
        change(&mut line);
        lines.push(Ok(line));
    }
}

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "store.loses-last-line",
        V2,
        "The last of several good lines is not stored.",
        &[Lines(|_, lines| {
            if let Some(last) = lines.iter().rposition(Result::is_ok).filter(|last| *last > 0) {
                let _ = lines.remove(last);
            }
        })],
    ),
    mutant(
        "store.loses-first-line",
        V2,
        "The first of several good lines is not stored.",
        &[Lines(|_, lines| {
            if count(lines) > 1 && lines.first().is_some_and(Result::is_ok) {
                let _ = lines.remove(0);
            }
        })],
    ),
    mutant(
        "store.loses-one-in-a-hundred",
        V2,
        "Of a large batch one line in a hundred is lost.",
        &[Lines(|_, lines| {
            let mut number = 0;
            keep_good(lines, |_| {
                number += 1;
                number % 100 != 0
            });
        })],
    ),
    mutant(
        "store.loses-tags",
        V2,
        "The last of several tags is not stored.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                if line.tags.len() > 1 {
                    line.tags.pop();
                }
            });
        })],
    ),
    mutant(
        "store.loses-first-tag",
        V3,
        "The first of several tags is not stored.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                if line.tags.len() > 1 {
                    line.tags.remove(0);
                }
            });
        })],
    ),
    mutant(
        "store.loses-fields",
        V2,
        "The last of several fields is not stored.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                if line.fields.len() > 2 {
                    line.fields.pop();
                }
            });
        })],
    ),
    mutant(
        "store.splits-point",
        V2,
        "The fields of a line are stored at two times.",
        &[Lines(|_, lines| {
            let mut split = Vec::new();
            good(lines, |line| {
                if line.fields.len() > 2 {
                    let mut other = line.clone();
                    line.fields.pop();
                    other.fields = other.fields.split_off(line.fields.len());
                    other.timestamp = other.timestamp.map(|time| time.saturating_add(1));
                    split.push(Ok(other));
                }
            });
            lines.extend(split);
        })],
    ),
    mutant(
        "store.mixes-measurements",
        V2,
        "All lines of a batch go to the first measurement.",
        &[Lines(|_, lines| {
            let first = lines.iter().flatten().next().map(|line| line.measurement.clone());
            if let Some(first) = first {
                good(lines, |line| line.measurement.clone_from(&first));
            }
        })],
    ),
    mutant(
        "store.duplicates-point",
        V2,
        "The last line of a batch is stored twice.",
        &[Lines(|_, lines| {
            copy(lines, |line| line.timestamp = line.timestamp.map(|t| t.saturating_add(1)));
        })],
    ),
    mutant(
        "store.phantom-line",
        V2,
        "A line is stored that nobody sent.",
        &[Lines(|_, lines| {
            copy(lines, |line| line.measurement = Cow::Borrowed(b"phantom"));
        })],
    ),
    mutant(
        "store.first-write-wins",
        V2,
        "Of two points of one time the first stays.",
        &[Lines(|_, lines| lines.reverse())],
    ),
    mutant(
        "store.merge-loses-fields",
        V2,
        "A second point of one time replaces all fields.",
        &[Lines(|_, lines| {
            let keys: Vec<_> = lines
                .iter()
                .map(|line| line.as_ref().ok().map(|l| (l.series_key.clone(), l.timestamp)))
                .collect();
            let mut index = 0;
            lines.retain(|_| {
                index += 1;
                keys[index - 1].is_none() || !keys[index..].contains(&keys[index - 1])
            });
        })],
    ),
    mutant(
        "store.stores-rejected-line",
        V2,
        "Something of a bad line is stored.",
        &[
            Lines(|_, lines| {
                let bad = lines.iter().filter(|line| line.is_err()).count();
                let sample = lines.iter().flatten().next().cloned();
                if let (Some(mut line), 1..) = (sample, bad) {
                    line.timestamp = line.timestamp.map(|time| time.saturating_add(7));
                    lines.push(Ok(line));
                }
            }),
            Profile(|profile| {
                crate::mutant::help::endpoints(profile, |e| {
                    if e.bad_lines == BadLines::RejectBatch {
                        e.bad_lines = BadLines::StoreGood;
                    }
                });
            }),
            Outcome(as_rejected),
        ],
    ),
    mutant(
        "store.stores-despite-all-or-nothing",
        V2,
        "The good lines of a refused batch are stored.",
        &[
            Profile(|profile| {
                crate::mutant::help::endpoints(profile, |e| e.bad_lines = BadLines::StoreGood);
            }),
            Outcome(as_rejected),
        ],
    ),
    mutant(
        "store.stores-despite-accept-partial-false",
        V3,
        "accept_partial=false stores and denies it.",
        &[Admitted(|admitted| admitted.accept_partial = true), Outcome(as_rejected)],
    ),
    mutant(
        "store.stores-good-lines-of-a-refused-batch",
        Iox,
        "What a refused batch has of good lines is stored.",
        &[Admitted(|admitted| admitted.accept_partial = true), Outcome(as_rejected)],
    ),
    mutant(
        "partial.setting-ignored",
        Iox,
        "Writes are partial whatever is set.",
        &[Admitted(|admitted| admitted.accept_partial = true)],
    ),
    mutant(
        "store.loses-good-lines",
        V1,
        "The good lines beside a bad one are not stored.",
        &[Lines(|_, lines| {
            if lines.iter().any(Result::is_err) && count(lines) > 1 {
                let mut first = true;
                keep_good(lines, |_| std::mem::take(&mut first));
            }
        })],
    ),
    mutant(
        "store.loses-good-lines-v3",
        V3,
        "The good lines behind a bad one are not stored.",
        &[Lines(|_, lines| {
            let bad = lines.iter().position(Result::is_err).unwrap_or(usize::MAX);
            let mut index = 0;
            lines.retain(|line| {
                index += 1;
                line.is_err() || index <= bad
            });
        })],
    ),
    mutant(
        "store.partial-line",
        V2,
        "Of a line with a conflict the other fields are stored.",
        &[Profile(|profile| {
            shards(profile, |rules| rules.conflict_in_batch = ConflictInBatch::LosesFields);
        })],
    ),
    mutant(
        "store.time-rounded",
        V2,
        "Times are stored in milliseconds.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                line.timestamp = line.timestamp.map(|t| t - t.rem_euclid(1_000_000));
            });
        })],
    ),
    mutant(
        "store.time-off-by-one",
        V2,
        "Times are stored a nanosecond late.",
        &[Lines(|_, lines| {
            good(lines, |line| line.timestamp = line.timestamp.map(|t| t.saturating_add(1)));
        })],
    ),
    mutant(
        "store.time-rounded-v3",
        V3,
        "Times are stored in microseconds.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                let is_long = |t: &i64| t.unsigned_abs() > 1_000_000_000_000_000_000;
                if line.timestamp.as_ref().is_some_and(is_long) {
                    line.timestamp = line.timestamp.map(|t| t - t.rem_euclid(1_000));
                }
            });
        })],
    ),
    mutant(
        "store.time-not-cut-to-precision",
        V2,
        "The present is not cut to the unit.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                if !line.has_timestamp {
                    line.timestamp = line.timestamp.map(|time| time.saturating_add(123));
                }
            });
        })],
    ),
    mutant(
        "store.time-per-line",
        V2,
        "Lines without a time get one each.",
        &[Lines(|_, lines| {
            let mut index = 0;
            good(lines, |line| {
                if !line.has_timestamp {
                    line.timestamp = line.timestamp.map(|time| time.saturating_add(index));
                }
                index += 1;
            });
        })],
    ),
    mutant(
        "store.missing-time-as-zero",
        V2,
        "A line without a time is of 1970.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                if !line.has_timestamp {
                    line.timestamp = Some(0);
                }
            });
        })],
    ),
    mutant(
        "store.out-of-order-lost",
        V2,
        "A line older than the one before it is lost.",
        &[Lines(|_, lines| {
            let mut newest = i64::MIN;
            keep_good(lines, |line| {
                let time = line.timestamp.unwrap_or(i64::MAX);
                let keep = time >= newest;
                newest = newest.max(time);
                keep
            });
        })],
    ),
    mutant(
        "store.series-collide",
        V2,
        "Of a tag's value only the first letter counts.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                for (_, value) in &mut line.tags {
                    value.to_mut().truncate(1);
                }
            });
        })],
    ),
    mutant(
        "store.tag-as-field",
        V2,
        "The last of several tags is stored as a field.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                if line.tags.len() > 1
                    && let Some((key, value)) = line.tags.pop()
                {
                    line.fields.push((key, FieldValue::String(value)));
                }
            });
        })],
    ),
    mutant(
        "store.tag-as-number",
        V2,
        "A tag that looks like a number loses its zeros.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                for (_, value) in &mut line.tags {
                    let number = std::str::from_utf8(value)
                        .ok()
                        .and_then(|v| v.trim_end_matches('i').parse::<f64>().ok());
                    if let Some(number) = number {
                        *value = Cow::Owned(number.to_string().into_bytes());
                    }
                }
            });
        })],
    ),
    mutant(
        "store.string-as-number",
        V2,
        "A string that looks like a number is one.",
        &[Lines(|_, lines| {
            values(lines, |value| {
                if let FieldValue::String(text) = value
                    && let Some(number) = std::str::from_utf8(text)
                        .ok()
                        .and_then(|t| t.trim_end_matches('i').parse().ok())
                {
                    *value = FieldValue::Float(number);
                }
            });
        })],
    ),
    mutant(
        "store.integer-as-float",
        V2,
        "Small integers are stored as floats.",
        &[Lines(|_, lines| {
            values(lines, |value| {
                if let FieldValue::Integer(v @ (2..=100_000)) = value {
                    *value = FieldValue::Float(*v as f64);
                }
            });
        })],
    ),
    mutant(
        "store.float-as-integer",
        V2,
        "Whole floats are stored as integers.",
        &[Lines(|_, lines| {
            values(lines, |value| {
                if let FieldValue::Float(v) = value
                    && v.fract() == 0.0
                    && v.abs() < 1e9
                {
                    *value = FieldValue::Integer(*v as i64);
                }
            });
        })],
    ),
    mutant(
        "store.unsigned-as-integer",
        V2,
        "Unsigned integers are stored as integers.",
        &[Lines(|_, lines| {
            values(lines, |value| {
                if let FieldValue::Unsigned(v) = value {
                    *value = FieldValue::Integer(*v as i64);
                }
            });
        })],
    ),
    mutant(
        "store.integer-precision-lost",
        V2,
        "Integers go through a double.",
        &[Lines(|_, lines| {
            values(lines, |value| {
                if let FieldValue::Integer(v) = value {
                    *v = *v as f64 as i64;
                }
            });
        })],
    ),
    mutant(
        "store.float-precision-lost",
        V2,
        "Floats are stored in 32 bits.",
        &[Lines(|_, lines| {
            values(lines, |value| {
                if let FieldValue::Float(v) = value
                    && f64::from(*v as f32).is_finite()
                {
                    *v = f64::from(*v as f32);
                }
            });
        })],
    ),
    mutant(
        "store.zero-as-null",
        V2,
        "A field that is 0 or false is not stored.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                line.fields.retain(|(_, value)| {
                    !matches!(
                        value,
                        FieldValue::Integer(0)
                            | FieldValue::Unsigned(0)
                            | FieldValue::Boolean(false)
                    ) && !matches!(value, FieldValue::Float(v) if *v == 0.0)
                });
            });
            keep_good(lines, |line| !line.fields.is_empty());
        })],
    ),
    mutant(
        "store.empty-string-as-null",
        V2,
        "An empty string is not stored.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                line.fields
                    .retain(|(_, v)| !matches!(v, FieldValue::String(text) if text.is_empty()));
            });
            keep_good(lines, |line| !line.fields.is_empty());
        })],
    ),
    mutant(
        "store.fills-from-line-before",
        V2,
        "A missing field has the value of the line before.",
        &[Lines(|_, lines| {
            let mut before: Vec<(Cow<'_, [u8]>, FieldValue<'_>)> = Vec::new();
            for line in lines.iter_mut().flatten() {
                for (key, value) in &before {
                    if !line.fields.iter().any(|(known, _)| known == key) {
                        line.fields.push((key.clone(), value.clone()));
                    }
                }
                before.clone_from(&line.fields);
            }
        })],
    ),
    mutant(
        "store.null-as-zero",
        V2,
        "A missing field is 0.",
        &[Lines(|_, lines| {
            let keys: Vec<_> = lines.iter().flatten().flat_map(|l| l.fields.clone()).collect();
            for line in lines.iter_mut().flatten() {
                for (key, value) in &keys {
                    if let FieldValue::Float(_) = value
                        && !line.fields.iter().any(|(known, _)| known == key)
                    {
                        line.fields.push((key.clone(), FieldValue::Float(0.0)));
                    }
                }
            }
        })],
    ),
    mutant(
        "store.mutates-names",
        V2,
        "Blanks in names become underscores.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                let change = |name: &mut Cow<'_, [u8]>| {
                    for byte in name.to_mut() {
                        if matches!(byte, b' ' | 0x80..) {
                            *byte = b'_';
                        }
                    }
                };
                change(&mut line.measurement);
                line.tags.iter_mut().for_each(|(key, _)| change(key));
                line.fields.iter_mut().for_each(|(key, _)| change(key));
            });
        })],
    ),
    mutant(
        "store.mutates-values",
        V2,
        "Control characters in strings become blanks.",
        &[Lines(|_, lines| {
            strings(lines, |text| {
                for byte in text {
                    if *byte < b' ' || *byte >= 0x7f {
                        *byte = b' ';
                    }
                }
            });
        })],
    ),
    mutant(
        "store.cuts-at-nul",
        V2,
        "A string ends at its first NUL.",
        &[Lines(|_, lines| {
            strings(lines, |text| {
                text.truncate(text.iter().position(|&b| b == 0).unwrap_or(text.len()));
            });
        })],
    ),
    mutant(
        "store.cuts-at-quote",
        V2,
        "A string ends at its first quote.",
        &[Lines(|_, lines| {
            strings(lines, |text| {
                text.truncate(text.iter().position(|&b| b == b'"').unwrap_or(text.len()));
            });
        })],
    ),
    mutant(
        "store.cuts-long-text",
        V2,
        "Names and strings are cut at 255 bytes.",
        &[Lines(|_, lines| {
            strings(lines, |text| text.truncate(255));
            good(lines, |line| {
                line.measurement.to_mut().truncate(255);
                for (key, value) in &mut line.tags {
                    key.to_mut().truncate(255);
                    value.to_mut().truncate(255);
                }
            });
        })],
    ),
    mutant(
        "store.field-overwrites-time",
        V2,
        "A field named time is the time.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                let given =
                    line.fields.iter().find(|(key, _)| **key == *b"time").map(|(_, v)| v.clone());
                match given {
                    Some(FieldValue::Integer(v)) => line.timestamp = Some(v),
                    Some(FieldValue::Float(v)) => line.timestamp = Some(v as i64),
                    Some(_) => line.timestamp = Some(1),
                    None => {}
                }
            });
        })],
    ),
    mutant(
        "store.time-field-told",
        V2,
        "That a field named time is left out is told.",
        &[Profile(|profile| {
            shards(profile, |rules| rules.time_beside_fields = TimeBesideFields::StrippedAndTold);
        })],
    ),
    mutant(
        "store.acknowledges-before-visible",
        V2,
        "A write is acknowledged before it is stored.",
        &[Profile(|profile| {
            v2(profile, |api| api.acknowledgement = Acknowledgement::Queued);
            let delay = Knob { setting: Setting::QueueDelay, value: "150ms", source: "a fault" };
            profile.settings = vec![delay].leak();
        })],
    ),
    mutant(
        "store.repeated-tags-refused",
        V3,
        "A line with a tag given twice is refused.",
        &[Profile(|profile| {
            tables(profile, |r| r.repeated_tags = profiles::storage::RepeatedTags::Refused);
        })],
    ),
];

/// A partial write is denied: nothing was stored.
fn as_rejected(
    outcome: Result<(), crate::stage::WriteFault>,
) -> Result<(), crate::stage::WriteFault> {
    outcome.map_err(|mut fault| {
        if fault.fault == Fault::PartialLines {
            fault.fault = Fault::LinesRejected;
        }
        fault
    })
}
