//! What must hold for every profile, whatever its product.

use profiles::answer::{self, Fault};
use profiles::storage::{Refusal, Storage};
use profiles::write::{
    Address, BadLines, Check, SizeLimit, UnknownEncoding, UnknownPrecision, WriteEndpoint,
};
use profiles::{ALL, Capability, find};

/// The faults that an endpoint's own rules can lead to.
fn reachable(endpoint: &WriteEndpoint, storage: &Storage) -> Vec<Fault> {
    let mut faults = vec![
        Fault::GzipEmpty,
        Fault::GzipHeader,
        Fault::GzipTruncated,
        Fault::GzipChecksum,
        Fault::GzipCorrupt,
        Fault::BodyBroken,
        Fault::LinesRejected,
    ];
    for check in endpoint.checks {
        match check {
            Check::Precision if endpoint.precision.unknown == UnknownPrecision::Refused => {
                faults.push(Fault::PrecisionUnknown);
            }
            Check::Precision => {}
            Check::Parameters => faults.extend([
                Fault::QueryMissing,
                Fault::DatabaseMissing,
                Fault::ParameterRepeated,
                Fault::PrecisionUnknown,
            ]),
            Check::DatabaseNamed if endpoint.address == Address::BucketAsDatabaseAndPolicy => {
                faults.extend([Fault::DatabaseMissing, Fault::BucketWithoutDatabase]);
            }
            Check::DatabaseNamed if endpoint.path == "/api/v2/write" => {
                faults.push(Fault::DatabaseMissing);
            }
            Check::DatabaseNamed => faults.push(Fault::NoDatabaseParameter),
            Check::NamespaceName | Check::DatabaseName => faults.push(Fault::DatabaseName),
            Check::GzipHeader => faults.push(Fault::GzipShortHeader),
            Check::Organisation => faults.extend([
                Fault::OrganisationMissing,
                Fault::OrganisationUnknown,
                Fault::OrganisationIdUnknown,
                Fault::IdLength,
                Fault::IdInvalid,
            ]),
            Check::DatabaseFound => faults.push(Fault::DatabaseUnknown),
            Check::Permission => faults.push(Fault::Forbidden),
        }
    }
    if endpoint.encoding.unknown == UnknownEncoding::Refused {
        faults.push(Fault::EncodingUnknown);
    }
    if endpoint.encoding.utf8 {
        faults.push(Fault::NotUtf8);
    }
    if endpoint.size != SizeLimit::None {
        faults.push(Fault::TooLarge);
    }
    if !endpoint.consistency.is_empty() {
        faults.push(Fault::ConsistencyUnknown);
    }
    // Who takes a line and answers at once may fail to keep it.
    if endpoint.bad_lines != BadLines::Logged {
        faults.push(Fault::StorageFailed);
    }
    match (storage, endpoint.bad_lines) {
        (Storage::Shards(_), BadLines::Logged) => {
            faults.extend([
                Fault::PointsRejected,
                Fault::PartialPoints,
                Fault::RateExceeded,
                Fault::Unavailable,
                Fault::CardinalityExceeded,
            ]);
        }
        (Storage::Shards(rules), bad_lines) => {
            faults.extend([Fault::PartialStorage, Fault::StorageConflict]);
            if bad_lines == BadLines::StoreGood {
                faults.push(Fault::PartialLines);
            }
            if rules.panics_at_tags.is_some() {
                faults.push(Fault::Panic);
            }
        }
        (Storage::Tables(_), BadLines::Tables { accept_partial: true }) => faults.extend([
            Fault::EmptyWrite,
            Fault::DatabaseLimit,
            Fault::PartialLines,
            Fault::AllLines,
            Fault::PartialLimit,
            Fault::AllLimit,
            Fault::ParameterNotBoolean,
        ]),
        (Storage::Tables(_), _) => faults.extend([Fault::EmptyWrite, Fault::DatabaseLimit]),
        (Storage::Partitions(rules), _) => {
            faults.extend([Fault::PartialLines, Fault::OutsideRetention, Fault::DatabaseLimit]);
            if rules.refuses == Refusal::Batch {
                faults.extend([Fault::SchemaConflict, Fault::TableLimit, Fault::ColumnLimit]);
            }
        }
    }
    faults
}

#[test]
fn every_reachable_fault_has_an_answer() {
    for profile in ALL {
        for endpoint in profile.facts.write {
            for fault in reachable(endpoint, &profile.facts.storage) {
                assert!(
                    answer::find(endpoint.answers, fault).is_some(),
                    "{} {}: no answer for {fault:?}",
                    profile.name(),
                    endpoint.path
                );
            }
        }
    }
}

#[test]
fn every_answer_stands_once() {
    for profile in ALL {
        for endpoint in profile.facts.write {
            let mut seen = Vec::new();
            for answer in endpoint.answers.iter().copied().flatten() {
                assert!(!seen.contains(&answer.fault), "{} {:?}", endpoint.path, answer.fault);
                seen.push(answer.fault);
            }
        }
    }
}

#[test]
fn a_profile_is_found_by_its_name_and_by_its_product() {
    for profile in ALL {
        assert_eq!(find(&profile.name()).map(|found| found.edition), Ok(profile.edition));
    }
    for profile in ALL {
        let of_product = || ALL.iter().filter(|other| other.product == profile.product);
        let promised = of_product().find(|other| other.edition == "docs");
        let only = if of_product().count() == 1 { Some(profile) } else { None };
        let meant = promised.or(only).map(|meant| meant.edition);
        assert_eq!(find(profile.product).ok().map(|p| p.edition), meant, "{}", profile.product);
    }
}

#[test]
fn who_names_no_profile_is_told_what_there_is() {
    let message = |name| find(name).map(|found| found.edition).unwrap_err().to_string();
    let unknown = message("oss-v9");
    assert!(unknown.contains("\"oss-v9\"") && unknown.contains("v3-core@3.6"), "{unknown}");
    assert_eq!(
        message("oss-v1"),
        "oss-v1 has the editions 1.6 and 1.12: say which, as oss-v1@1.12"
    );
    let edition = message("v3-core@9");
    assert!(edition.starts_with("v3-core has no edition \"9\", but 3.6, 3.8.0, "), "{edition}");
    assert_eq!(message("v3-enterprise@9"), "v3-enterprise has no edition but docs");
}

#[test]
fn capabilities_are_read_back_from_their_words() {
    for capability in Capability::ALL {
        assert_eq!(capability.word().parse(), Ok(*capability));
    }
    assert!("telepathy".parse::<Capability>().unwrap_err().contains("read-back"));
}
