//! What must hold for every profile, whatever its product.

use profiles::answer::{self, Fault};
use profiles::storage::Storage;
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
            Check::DatabaseFound => {}
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
            faults.extend([Fault::PartialStorage, Fault::StorageConflict, Fault::StorageFailed]);
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
            Fault::PartialLimit,
            Fault::ParameterNotBoolean,
        ]),
        (Storage::Tables(_), _) => faults.extend([Fault::EmptyWrite, Fault::DatabaseLimit]),
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
    // Of several editions, none is meant more than the others.
    for profile in ALL {
        let editions = ALL.iter().filter(|other| other.product == profile.product).count();
        assert_eq!(find(profile.product).is_ok(), editions == 1, "{}", profile.product);
    }
    let message = find("oss-v9").map(|found| found.edition).unwrap_err().to_string();
    assert!(message.contains("oss-v9") && message.contains("v3-core@3.6"), "{message}");
}

#[test]
fn capabilities_are_read_back_from_their_words() {
    for capability in Capability::ALL {
        assert_eq!(capability.word().parse(), Ok(*capability));
    }
    assert!("telepathy".parse::<Capability>().unwrap_err().contains("read-back"));
}
