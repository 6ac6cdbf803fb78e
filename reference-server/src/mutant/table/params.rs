//! Faults of the query string: what is written where, in which unit.

use super::mutant;
use crate::mutant::Change::{Admitted, Body, Lines, Outcome, Profile, Request, Text};
use crate::mutant::Home::{Iox, V1, V2, V3};
use crate::mutant::Mutant;
use crate::mutant::help::{endpoints, good, parameter, query, rewrite, v2, writes};
use crate::stage::WriteFault;
use crate::store::tables::TimeUnit;
use line_protocol::Precision;
use profiles::answer::Fault;
use profiles::v2_api::OrganisationParameter;
use profiles::write::{AbsentPrecision, Check, UnknownPrecision};

/// Overlooks some faults.
fn overlook(outcome: Result<(), WriteFault>, faults: &[Fault]) -> Result<(), WriteFault> {
    outcome.or_else(|fault| if faults.contains(&fault.fault) { Ok(()) } else { Err(fault) })
}

/// Whether a text is an id of the v2 family.
fn is_id(text: &str) -> bool {
    text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// The faults.
pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "params.database-not-required",
        V2,
        "Where no database is named, all is well.",
        &[Outcome(|outcome| {
            overlook(outcome, &[Fault::DatabaseMissing, Fault::NoDatabaseParameter])
        })],
    ),
    mutant(
        "store.default-database",
        V3,
        "A write without a database goes to one of its own.",
        &[Request(|request, _| {
            if writes(request)
                && request.query.get("db").is_none()
                && request.query.get("bucket").is_none()
            {
                let raw = request.raw_query.get_or_insert_default();
                raw.push_str("&db=somewhere&bucket=somewhere");
                query(request, str::to_owned);
            }
        })],
    ),
    mutant(
        "params.unknown-database-accepted",
        V2,
        "A write to nowhere is a success.",
        &[Outcome(|outcome| overlook(outcome, &[Fault::DatabaseUnknown, Fault::MappingUnknown]))],
    ),
    mutant(
        "params.unknown-policy-accepted",
        V1,
        "A write to no retention policy is a success.",
        &[Outcome(|outcome| overlook(outcome, &[Fault::PolicyUnknown]))],
    ),
    mutant(
        "params.bad-precision-accepted",
        V2,
        "An unknown unit means nanoseconds.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.precision.unknown = UnknownPrecision::Nanoseconds);
        })],
    ),
    mutant(
        "params.bad-precision-refused",
        V1,
        "An unknown unit is refused.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.precision.unknown = UnknownPrecision::Refused);
        })],
    ),
    mutant(
        "params.precision-ignored",
        V2,
        "Every timestamp is in nanoseconds.",
        &[Admitted(|admitted| admitted.unit = TimeUnit::Given(Precision::Nanosecond))],
    ),
    mutant(
        "params.precision-always-guessed",
        V3,
        "The unit is guessed although it is given.",
        &[Admitted(|admitted| admitted.unit = TimeUnit::Guessed)],
    ),
    mutant(
        "params.precision-wrong-unit",
        V2,
        "Milliseconds and microseconds are mistaken.",
        &[Profile(|profile| {
            endpoints(profile, |e| {
                let other = |unit| match unit {
                    Precision::Microsecond => Precision::Millisecond,
                    Precision::Millisecond => Precision::Microsecond,
                    other => other,
                };
                let units: Vec<_> =
                    e.precision.units.iter().map(|(w, u)| (*w, other(*u))).collect();
                e.precision.units = units.leak();
            });
        })],
    ),
    mutant(
        "params.precision-seconds-wrong",
        V1,
        "Seconds are read as minutes.",
        &[Profile(|profile| {
            endpoints(profile, |e| {
                let unit = |unit| if unit == Precision::Second { Precision::Minute } else { unit };
                let units: Vec<_> = e.precision.units.iter().map(|(w, u)| (*w, unit(*u))).collect();
                e.precision.units = units.leak();
            });
        })],
    ),
    mutant(
        "params.precision-case-folded",
        V2,
        "Units are read in any case.",
        &[Request(|request, _| {
            parameter(request, "precision", |value| Some(value.to_lowercase()));
        })],
    ),
    mutant(
        "params.precision-empty",
        V2,
        "A unit without a value is an unknown one.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.precision.absent = AbsentPrecision::NanosecondsEmptyRefused);
        })],
    ),
    mutant(
        "params.precision-guessed",
        V2,
        "Small timestamps are taken for seconds.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                line.timestamp = line.timestamp.map(|time| match time {
                    1_000_000_000..5_000_000_000 => time * 1_000_000_000,
                    time => time,
                });
            });
        })],
    ),
    mutant(
        "params.precision-guess-off-by-one",
        V3,
        "The bounds of the guess are wrong by one.",
        &[Lines(|_, lines| {
            good(lines, |line| {
                line.timestamp = line.timestamp.map(|time| match time {
                    4_999_999_999 | 4_999_999_999_999 | 4_999_999_999_999_999 => time + 1,
                    time => time,
                });
            });
        })],
    ),
    mutant(
        "params.precision-not-guessed",
        V3,
        "Without a unit a time is in nanoseconds.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.precision.absent = AbsentPrecision::Nanoseconds);
        })],
    ),
    mutant(
        "params.boolean-too-lenient",
        V3,
        "1, yes and TRUE are true.",
        &[Request(|request, _| {
            for name in ["accept_partial", "no_sync"] {
                let word = |value: &str| match value.to_lowercase().as_str() {
                    "1" | "yes" | "true" | "" => "true".to_owned(),
                    _ => value.to_owned(),
                };
                parameter(request, name, |value| Some(word(value)));
            }
        })],
    ),
    mutant(
        "params.accept-partial-ignored",
        V3,
        "accept_partial=false stores the good lines.",
        &[Admitted(|admitted| admitted.accept_partial = true)],
    ),
    mutant(
        "params.accept-partial-inverted",
        V3,
        "A batch with a bad line is refused as a whole.",
        &[Admitted(|admitted| admitted.accept_partial = false)],
    ),
    mutant(
        "params.accept-partial-on-other-endpoint",
        V3,
        "accept_partial counts everywhere.",
        &[Request(|request, _| {
            if request.path != "/api/v3/write_lp" && request.query.get("accept_partial").is_some() {
                "/api/v3/write_lp".clone_into(&mut request.path);
                query(request, |raw| raw.replace("bucket=", "db="));
            }
        })],
    ),
    mutant(
        "params.no-sync-loses-data",
        V3,
        "What no_sync acknowledges is not stored.",
        &[Text(
            |seen, text| {
                if seen.query.contains("no_sync=true") { b"lost v=1".to_vec() } else { text }
            },
        )],
    ),
    mutant(
        "params.unknown-refused",
        V2,
        "A parameter that nobody knows is an error.",
        &[crate::mutant::Change::Answer(|seen, response| {
            let known = ["bucket", "org", "orgID", "precision", "db", "rp", "u", "p"];
            let unknown = |pair: &str| !known.contains(&pair.split('=').next().unwrap_or_default());
            if seen.is_write() && response.status == 204 && seen.query.split('&').any(unknown) {
                response.status = 400;
            }
        })],
    ),
    mutant(
        "params.name-rules",
        V3,
        "A database may have any name.",
        &[Profile(|profile| {
            endpoints(profile, |e| {
                let rule =
                    |check: &Check| matches!(check, Check::NamespaceName | Check::DatabaseName);
                let checks: Vec<_> =
                    e.checks.iter().copied().filter(|check| !rule(check)).collect();
                e.checks = checks.leak();
            });
        })],
    ),
    mutant(
        "params.names-mixed",
        V2,
        "db names a bucket, and bucket a database.",
        &[Request(|request, _| {
            if !writes(request) {
                return;
            }
            let get = |name| request.query.get(name).map(str::to_owned);
            match (get("db"), get("bucket")) {
                (Some(_), None) if request.path != "/write" => {
                    query(request, |raw| raw.replace("db=", "bucket="));
                }
                (None, Some(_)) if request.path == "/write" => {
                    query(request, |raw| raw.replace("bucket=", "db="));
                }
                _ => {}
            }
        })],
    ),
    mutant(
        "params.id-not-resolved",
        V2,
        "An id is never looked up.",
        &[Request(|request, _| {
            for name in ["bucket", "org", "orgID"] {
                let other =
                    |value: &str| if is_id(value) { "no-such-thing" } else { value }.to_owned();
                if writes(request) {
                    parameter(request, name, |value| Some(other(value)));
                }
            }
        })],
    ),
    mutant(
        "params.id-not-checked",
        V2,
        "An id that is none is overlooked.",
        &[Outcome(|outcome| overlook(outcome, &[Fault::IdLength, Fault::IdInvalid]))],
    ),
    mutant(
        "params.wrong-organisation-accepted",
        V2,
        "An unknown organisation is overlooked.",
        &[Outcome(|outcome| {
            overlook(outcome, &[Fault::OrganisationUnknown, Fault::OrganisationIdUnknown])
        })],
    ),
    mutant(
        "params.organisation-not-looked-up",
        V2,
        "The token's own organisation always counts.",
        &[Profile(|profile| {
            v2(profile, |api| api.organisation = OrganisationParameter::Ignored);
            endpoints(profile, |e| {
                let other = |check: &Check| *check != Check::Organisation;
                e.checks = e.checks.iter().copied().filter(other).collect::<Vec<_>>().leak();
            });
        })],
    ),
    mutant(
        "params.organisation-not-required",
        V2,
        "A write without an organisation is a success.",
        &[Outcome(|outcome| overlook(outcome, &[Fault::OrganisationMissing]))],
    ),
    mutant(
        "params.last-value-wins",
        V2,
        "Of a parameter given twice the last value counts.",
        &[Request(|request, _| {
            if writes(request) {
                query(request, |raw| raw.split('&').rev().collect::<Vec<_>>().join("&"));
            }
        })],
    ),
    mutant(
        "params.percent-decoding",
        V3,
        "What is percent-encoded is not decoded.",
        &[Request(|request, _| {
            if writes(request) {
                query(request, |raw| raw.replace('%', "%25"));
            }
        })],
    ),
    mutant(
        "params.plus-is-a-plus",
        V1,
        "A plus sign in the query string is no space.",
        &[Request(|request, _| {
            if writes(request) {
                query(request, |raw| raw.replace('+', "%2B"));
            }
        })],
    ),
    mutant(
        "params.semicolon-separates",
        V2,
        "A semicolon separates parameters.",
        &[Request(|request, _| query(request, |raw| raw.replace(';', "&")))],
    ),
    mutant(
        "params.order-of-checks",
        V2,
        "The checks are made from the last to the first.",
        &[Profile(|profile| {
            endpoints(profile, |e| {
                e.checks = e.checks.iter().rev().copied().collect::<Vec<_>>().leak();
            });
        })],
    ),
    mutant(
        "params.retention-policy-ignored",
        V1,
        "The retention policy does not count.",
        &[Request(|request, _| {
            if writes(request) {
                parameter(request, "rp", |_| None);
            }
        })],
    ),
    mutant(
        "params.retention-policy-refused",
        V1,
        "No retention policy can be named.",
        &[Request(|request, _| {
            if writes(request) {
                parameter(request, "rp", |_| Some("none".to_owned()));
            }
        })],
    ),
    mutant(
        "params.retention-policy-ignored-v3",
        V3,
        "The retention policy does not count.",
        &[Request(|request, _| {
            if writes(request) {
                parameter(request, "rp", |_| None);
            }
        })],
    ),
    mutant(
        "params.consistency-ignored",
        V1,
        "Any consistency level is taken.",
        &[Profile(|profile| {
            endpoints(profile, |e| e.consistency = &[]);
        })],
    ),
    mutant(
        "params.case-folded",
        V2,
        "The name of a bucket is read in any case.",
        &[Request(|request, _| {
            if writes(request) {
                parameter(request, "bucket", |value| Some(value.to_uppercase()));
            }
        })],
    ),
    mutant(
        "params.read-from-query-only-when-first",
        Iox,
        "Only the first parameter is read.",
        &[Request(|request, _| {
            if writes(request) {
                query(request, |raw| raw.split('&').next().unwrap_or_default().to_owned());
            }
        })],
    ),
    mutant(
        "params.time-not-checked",
        V2,
        "A delete's start that is no time is 1970.",
        &[Body(|seen, body| {
            if !seen.is_delete() {
                return body;
            }
            let body =
                rewrite(body, r#""start" *: *"[a-z ]*""#, r#""start":"1970-01-01T00:00:00Z""#);
            if String::from_utf8_lossy(&body).contains("start") {
                body
            } else {
                rewrite(body, r"^ *\{", r#"{"start":"1970-01-01T00:00:00Z","#)
            }
        })],
    ),
    mutant(
        "params.predicate-too-lenient",
        V2,
        "A predicate that is none selects everything.",
        &[Body(|seen, body| {
            let text = String::from_utf8_lossy(&body).into_owned();
            let odd = [" OR ", " or ", "~", ">", "'", ")\"", "garbage"];
            if seen.is_delete() && odd.iter().any(|odd| text.contains(odd)) && !text.contains('(') {
                rewrite(body, r#""predicate" *: *"([^"\\]|\\.)*""#, r#""predicate":"""#)
            } else {
                body
            }
        })],
    ),
];
