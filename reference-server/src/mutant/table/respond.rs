//! Faults on the way from what is wrong to what is said: numbers, counts, words, statuses.

use super::mutant;
use crate::mutant::Change::{Answer, Lines, Outcome, Profile};
use crate::mutant::Home::{Iox, Queue, Router, V1, V2, V3};
use crate::mutant::Mutant;
use crate::mutant::help::{answers, endpoints, header, json, replace, rewrite, texts, without};
use crate::stage::{Failed, WriteFault};
use profiles::answer::{Fault, Shape};
use profiles::storage::Quoting;
use serde_json::Value;

/// Changes what a hole is filled with.
fn hole(
    outcome: Result<(), WriteFault>,
    name: &str,
    change: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<(), WriteFault> {
    outcome.map_err(|mut fault| {
        for (known, content) in &mut fault.holes {
            if *known == name {
                *content = change(content);
            }
        }
        fault
    })
}

/// Overlooks what is a rejection of lines.
fn accepted(outcome: Result<(), WriteFault>) -> Result<(), WriteFault> {
    let is = |fault| {
        matches!(
            fault,
            Fault::LinesRejected
                | Fault::PartialLines
                | Fault::AllLines
                | Fault::PartialStorage
                | Fault::PartialPoints
                | Fault::PointsRejected
        )
    };
    outcome.or_else(|fault| if is(fault.fault) { Ok(()) } else { Err(fault) })
}

/// Another status for one fault.
fn status(profile: &mut profiles::Profile, fault: Fault, status: u16) {
    answers(profile, |answer| {
        if answer.fault == fault {
            answer.status = status;
        }
    });
}

/// Adds one to the number behind a word.
fn one_more(text: &[u8], word: &str) -> Vec<u8> {
    let Ok(pattern) = regex::bytes::Regex::new(&format!("{word}([0-9]+)")) else {
        return text.to_vec();
    };
    let more = |found: &regex::bytes::Captures<'_>| {
        let number = std::str::from_utf8(&found[1]).ok().and_then(|n| n.parse::<u64>().ok());
        format!("{word}{}", number.unwrap_or_default() + 1).into_bytes()
    };
    pattern.replace_all(text, more).into_owned()
}

/// Renames a member of a JSON object.
fn renamed(value: &mut Value, from: &str, to: &str) {
    if let Value::Object(members) = value {
        let renamed = std::mem::take(members).into_iter().map(|(name, value)| {
            let name = if name == from { to.to_owned() } else { name };
            (name, value)
        });
        *members = renamed.collect();
    }
}

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "respond.line-number-off-by-one",
        V3,
        "Lines are numbered from 0.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                fault.lines.iter_mut().for_each(|line| line.number = line.number.saturating_sub(1));
                fault
            })
        })],
    ),
    mutant(
        "respond.line-number-off-by-one-iox",
        Iox,
        "Lines are numbered from 2.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                fault.lines.iter_mut().for_each(|line| line.number += 1);
                fault
            })
        })],
    ),
    mutant(
        "respond.line-number-counts-newlines",
        V3,
        "Line feeds are counted, not lines.",
        &[Lines(|text, lines| {
            for error in lines.iter_mut().filter_map(|line| line.as_mut().err()) {
                let before = &text[..error.line.start.min(text.len())];
                error.line_number = 1 + before.iter().filter(|&&b| b == b'\n').count();
            }
        })],
    ),
    mutant(
        "respond.line-number-of-the-bad-ones",
        V3,
        "Only bad lines are counted.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                for (number, line) in (1..).zip(&mut fault.lines) {
                    line.number = number;
                }
                fault
            })
        })],
    ),
    mutant(
        "respond.stops-listing",
        V3,
        "Only the first bad line is told of.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                fault.lines.truncate(1);
                fault
            })
        })],
    ),
    mutant(
        "respond.stops-listing-iox",
        Iox,
        "Only the first bad line is told of.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                fault.lines.truncate(1);
                fault
            })
        })],
    ),
    mutant(
        "respond.lists-last-first",
        V3,
        "Bad lines are listed from the last to the first.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                fault.lines.reverse();
                fault
            })
        })],
    ),
    mutant(
        "respond.lists-too-many",
        Iox,
        "All bad lines are told of, however many.",
        &[Profile(|profile| {
            answers(profile, |answer| {
                if let Shape::CodeMessageLine(code, reports) = answer.shape {
                    let mut reports = *reports;
                    reports.most = usize::MAX;
                    answer.shape = Shape::CodeMessageLine(code, Box::leak(Box::new(reports)));
                }
            });
        })],
    ),
    mutant(
        "respond.lists-too-few",
        Iox,
        "Of a hundred bad lines the last is not told of.",
        &[Profile(|profile| {
            answers(profile, |answer| {
                if let Shape::CodeMessageLine(code, reports) = answer.shape {
                    let mut reports = *reports;
                    reports.most -= 1;
                    answer.shape = Shape::CodeMessageLine(code, Box::leak(Box::new(reports)));
                }
            });
        })],
    ),
    mutant(
        "respond.first-line-number-missing",
        Iox,
        "The answer does not number the first bad line.",
        &[Answer(|_, response| {
            json(response, |value| {
                if let Value::Object(members) = value {
                    members.shift_remove("line");
                }
            });
        })],
    ),
    mutant(
        "respond.hides-second-error",
        V2,
        "Of several reasons only the first is told.",
        &[Outcome(|outcome| {
            hole(outcome, "detail", |detail| {
                detail.split(|&b| b == b'\n').next().unwrap_or_default().to_vec()
            })
        })],
    ),
    mutant(
        "respond.one-reason-for-all",
        V3,
        "All bad lines have the reason of the first.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                let first = fault.lines.first().map(|line| line.message.clone());
                for line in &mut fault.lines {
                    line.message = first.clone().unwrap_or_default();
                }
                fault
            })
        })],
    ),
    mutant(
        "respond.reason-of-another-kind",
        Iox,
        "A line that cannot be read failed to be written.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                for line in &mut fault.lines {
                    if line.failed == Failed::Parsing {
                        line.failed = Failed::Writing;
                    }
                }
                fault
            })
        })],
    ),
    mutant(
        "respond.count-wrong",
        V2,
        "One point more is told to be dropped.",
        &[Outcome(|outcome| hole(outcome, "detail", |detail| one_more(detail, "dropped=")))],
    ),
    mutant(
        "respond.count-wrong-v1",
        V1,
        "One point more is told to be dropped.",
        &[Outcome(|outcome| hole(outcome, "detail", |detail| one_more(detail, "dropped=")))],
    ),
    mutant(
        "respond.points-counted-wrong",
        Queue,
        "One point more is told to be rejected.",
        &[Outcome(|outcome| hole(outcome, "rejected", |number| one_more(number, "")))],
    ),
    mutant(
        "respond.accepted-counted-wrong",
        Queue,
        "One point more is told to be accepted.",
        &[Outcome(|outcome| hole(outcome, "accepted", |number| one_more(number, "")))],
    ),
    mutant(
        "explicit-schema.counts-lines",
        Queue,
        "All points of a write are counted as one.",
        &[Outcome(|outcome| hole(outcome, "points", |_| b"1".to_vec()))],
    ),
    mutant(
        "respond.quotes-line-wrongly",
        V2,
        "The bad line is quoted in capitals.",
        &[Outcome(|outcome| {
            hole(outcome, "detail", |detail| {
                let mut detail = detail.to_vec();
                let quoted = detail.iter().position(|&b| b == b'\'').unwrap_or_default();
                let end = detail.iter().rposition(|&b| b == b'\'').unwrap_or_default();
                detail[quoted..end].make_ascii_uppercase();
                detail
            })
        })],
    ),
    mutant(
        "respond.original-line-missing",
        V3,
        "The bad line is not quoted.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                fault.lines.iter_mut().for_each(|line| line.original.clear());
                fault
            })
        })],
    ),
    mutant(
        "respond.original-line-of-another",
        V3,
        "The first bad line is quoted for all.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                let first = fault.lines.first().map(|line| line.original.clone());
                for line in &mut fault.lines {
                    line.original = first.clone().unwrap_or_default();
                }
                fault
            })
        })],
    ),
    mutant("respond.success-on-reject", V2, "A rejected write is a success.", &[Outcome(accepted)]),
    mutant(
        "respond.success-on-reject-v1",
        V1,
        "A rejected write is a success.",
        &[Outcome(accepted)],
    ),
    mutant(
        "respond.success-on-reject-v3",
        V3,
        "A rejected write is a success.",
        &[Outcome(accepted)],
    ),
    mutant(
        "respond.success-on-reject-iox",
        Iox,
        "A rejected write is a success.",
        &[Outcome(accepted)],
    ),
    mutant(
        "respond.success-on-reject-router",
        Router,
        "A rejected write is a success.",
        &[Outcome(accepted)],
    ),
    mutant(
        "respond.success-on-reject-queue",
        Queue,
        "A rejected write is a success.",
        &[Outcome(accepted)],
    ),
    mutant(
        "respond.partial-as-success",
        V3,
        "A partial write is a success.",
        &[Outcome(|outcome| {
            outcome.or_else(|f| if f.fault == Fault::PartialLines { Ok(()) } else { Err(f) })
        })],
    ),
    mutant(
        "respond.failure-on-success",
        V2,
        "An empty write is an error.",
        &[Answer(|seen, response| {
            if seen.is_write() && response.status == 204 && seen.length < 20 {
                response.status = 400;
            }
        })],
    ),
    mutant(
        "respond.success-with-200",
        V2,
        "A write is answered with 200.",
        &[Answer(|seen, response| {
            if seen.is_write() && response.status == 204 && seen.length > 100 {
                response.status = 200;
            }
        })],
    ),
    mutant(
        "respond.success-has-body",
        V1,
        "A write on /write is answered with a body.",
        &[Answer(|seen, response| {
            if seen.is_write() && response.status == 204 && seen.query.contains("precision") {
                response.status = 200;
                response.body = b"{}".to_vec();
            }
        })],
    ),
    mutant(
        "respond.same-words-for-partial-and-nothing",
        Iox,
        "A partial write is told like none.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                if fault.fault == Fault::PartialLines {
                    fault.fault = Fault::LinesRejected;
                }
                fault
            })
        })],
    ),
    mutant(
        "respond.partial-told-as-nothing-v3",
        V3,
        "A partial write is told like none.",
        &[Outcome(|outcome| {
            outcome.map_err(|mut fault| {
                if fault.fault == Fault::PartialLines {
                    fault.fault = Fault::LinesRejected;
                }
                fault
            })
        })],
    ),
    mutant(
        "respond.json-not-escaped",
        V2,
        "Quotes are not escaped in JSON.",
        &[Answer(|_, response| {
            response.body = replace(&response.body, b"\\\"", b"\"");
        })],
    ),
    mutant(
        "respond.html-escaped",
        V2,
        "Angle brackets and ampersands are not escaped.",
        &[Answer(|_, response| {
            let body = replace(&response.body, b"\\u003c", b"<");
            response.body = replace(&replace(&body, b"\\u003e", b">"), b"\\u0026", b"&");
        })],
    ),
    mutant(
        "respond.json-number-rounded",
        V2,
        "Numbers in answers have six digits.",
        &[Answer(|seen, response| {
            if seen.is_query() {
                let body = std::mem::take(&mut response.body);
                response.body = rewrite(body, r"([\[,]-?[0-9]\.[0-9]{5})[0-9]+", "$1");
            }
        })],
    ),
    mutant(
        "respond.keys-renamed",
        V2,
        "`message` is called `error`.",
        &[Answer(|seen, response| {
            if seen.is_write() {
                json(response, |value| renamed(value, "message", "error"));
            }
        })],
    ),
    mutant(
        "respond.keys-renamed-v1",
        V1,
        "`error` is called `message`.",
        &[Answer(|seen, response| {
            if seen.is_write() {
                json(response, |value| renamed(value, "error", "message"));
            }
        })],
    ),
    mutant(
        "respond.keys-renamed-v3",
        V3,
        "`error_message` is called `message`.",
        &[Answer(|seen, response| {
            if seen.is_write() {
                response.body = replace(&response.body, b"\"error_message\"", b"\"message\"");
            }
        })],
    ),
    mutant(
        "respond.keys-in-other-order",
        V2,
        "The message comes before the code.",
        &[Answer(|_, response| {
            json(response, |value| {
                if let Value::Object(members) = value
                    && let Some(code) = members.shift_remove("code")
                {
                    members.insert("code".to_owned(), code);
                }
            });
        })],
    ),
    mutant(
        "respond.message-empty",
        V2,
        "Errors have no message.",
        &[Answer(|seen, response| {
            if seen.is_write() {
                json(response, |value| {
                    if let Some(message) = value.get_mut("message") {
                        *message = "".into();
                    }
                });
            }
        })],
    ),
    mutant(
        "respond.message-cut",
        V2,
        "A message has at most 80 bytes.",
        &[Answer(|seen, response| {
            if seen.is_write() {
                json(response, |value| {
                    texts(value, &|text| {
                        let end =
                            (0..=80.min(text.len())).rev().find(|end| text.is_char_boundary(*end));
                        text.truncate(end.unwrap_or_default());
                    });
                });
            }
        })],
    ),
    mutant(
        "respond.code-wrong",
        V2,
        "The code of a bad write is `internal error`.",
        &[Profile(|profile| {
            answers(profile, |answer| {
                if let Shape::CodeMessage(code) = &mut answer.shape
                    && *code == "invalid"
                {
                    *code = "internal error";
                }
            });
        })],
    ),
    mutant(
        "respond.code-header-missing",
        V2,
        "No header has the error's code.",
        &[Answer(|_, response| without(response, "X-Platform-Error-Code"))],
    ),
    mutant(
        "respond.error-header-missing",
        V1,
        "No header has the error.",
        &[Answer(|_, response| without(response, "X-Influxdb-Error"))],
    ),
    mutant(
        "respond.error-header-cut",
        V1,
        "The header has only the beginning of the error.",
        &[Answer(|_, response| header(response, "X-Influxdb-Error", |value| value.truncate(20)))],
    ),
    mutant(
        "respond.final-newline-missing",
        V1,
        "An error does not end with a line feed.",
        &[Answer(|_, response| response.body.truncate(response.body.trim_ascii_end().len()))],
    ),
    mutant(
        "respond.resource-not-named",
        V2,
        "An error does not name what was missed.",
        &[Outcome(|outcome| hole(outcome, "name", |_| Vec::new()))],
    ),
    mutant(
        "respond.names-wrong-point",
        V2,
        "The oldest and the newest point are mistaken.",
        &[Outcome(|outcome| {
            hole(outcome, "detail", |detail| {
                let detail = replace(detail, b"oldest", b"\x01");
                replace(&replace(&detail, b"newest", b"oldest"), b"\x01", b"newest")
            })
        })],
    ),
    mutant(
        "respond.conflict-names-quoted",
        V1,
        "Quotes in names of a conflict are escaped.",
        &[Profile(|profile| {
            crate::mutant::help::shards(profile, |rules| rules.conflict_names = Quoting::Go);
        })],
    ),
    mutant(
        "respond.conflict-as-400",
        V2,
        "A conflict is answered with 400.",
        &[Profile(|profile| {
            status(profile, Fault::PartialStorage, 400);
        })],
    ),
    mutant(
        "respond.conflict-as-422-v1",
        V1,
        "A conflict is answered with 422.",
        &[Profile(|profile| {
            status(profile, Fault::PartialStorage, 422);
        })],
    ),
    mutant(
        "respond.bad-line-as-500",
        V2,
        "A bad line is the server's fault.",
        &[Profile(|profile| {
            status(profile, Fault::LinesRejected, 500);
        })],
    ),
    mutant(
        "respond.bad-line-as-422-v3",
        V3,
        "A bad line is answered with 422.",
        &[Profile(|profile| {
            status(profile, Fault::PartialLines, 422);
        })],
    ),
    mutant(
        "respond.all-lines-as-422-v3",
        V3,
        "Where all lines are bad, it is 422.",
        &[Profile(|profile| {
            status(profile, Fault::AllLines, 422);
        })],
    ),
    mutant(
        "respond.bad-line-as-422-iox",
        Iox,
        "A bad line is answered with 422.",
        &[Profile(|profile| {
            status(profile, Fault::LinesRejected, 422);
            status(profile, Fault::PartialLines, 422);
        })],
    ),
    mutant(
        "respond.not-found-as-400",
        V2,
        "An unknown bucket is answered with 400.",
        &[Profile(|profile| {
            status(profile, Fault::DatabaseUnknown, 400);
        })],
    ),
    mutant(
        "respond.not-found-as-404-v1",
        V1,
        "An unknown policy is answered with 404.",
        &[Profile(|profile| status(profile, Fault::PolicyUnknown, 404))],
    ),
    mutant(
        "respond.too-large-as-400",
        V1,
        "A body that is too large is answered with 400.",
        &[Profile(|profile| status(profile, Fault::TooLarge, 400))],
    ),
    mutant(
        "respond.empty-write-as-204-v3",
        V3,
        "An empty write is a success.",
        &[Outcome(|outcome| {
            outcome.or_else(|f| if f.fault == Fault::EmptyWrite { Ok(()) } else { Err(f) })
        })],
    ),
    mutant(
        "respond.bad-gzip-as-500-v1",
        V1,
        "A broken gzip body is the server's fault.",
        &[Profile(|profile| {
            for fault in [Fault::GzipHeader, Fault::GzipTruncated, Fault::GzipChecksum] {
                status(profile, fault, 500);
            }
        })],
    ),
    mutant(
        "respond.precision-as-500",
        V2,
        "An unknown unit is the server's fault.",
        &[Profile(|profile| {
            status(profile, Fault::PrecisionUnknown, 500);
        })],
    ),
    mutant(
        "respond.same-table-for-all-paths-v3",
        V3,
        "All paths answer in the words of the first.",
        &[Profile(|profile| {
            let first = profile.facts.write.first().map(|e| e.answers).unwrap_or_default();
            endpoints(profile, |e| e.answers = first);
        })],
    ),
    mutant(
        "respond.same-table-for-all-paths-iox",
        Router,
        "Errors are plain text.",
        &[Profile(|profile| {
            answers(profile, |answer| answer.shape = Shape::BareText);
        })],
    ),
];
