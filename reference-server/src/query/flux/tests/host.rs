//! A server in memory: one organization, one bucket.

use crate::query::flux::{Bucket, BucketReference, Host, OrganizationReference};
use crate::store::view::{Asked, Measurement, Names};

/// The server.
#[derive(Debug, Default)]
pub(super) struct Memory {
    pub(super) measurements: Vec<Measurement>,
    pub(super) now: i64,
}

impl Host for Memory {
    fn find_organization(&self, organization: OrganizationReference<'_>) -> Result<(), String> {
        match organization {
            OrganizationReference::NameOrId("o") | OrganizationReference::Id(_) => Ok(()),
            OrganizationReference::Missing => Err("Please provide either orgID or org".to_owned()),
            OrganizationReference::NameOrId(name) => {
                Err(format!("organization name \"{name}\" not found"))
            }
        }
    }

    fn find_bucket(&self, bucket: BucketReference<'_>) -> Option<Bucket> {
        let wanted = |found: &Bucket| match bucket {
            BucketReference::Name(name) => found.name == name,
            BucketReference::Id(id) => found.id == id,
        };
        self.buckets().into_iter().find(wanted)
    }

    fn buckets(&self) -> Vec<Bucket> {
        vec![Bucket {
            id: "0000000000000001".to_owned(),
            name: "abcde".to_owned(),
            organization_id: "00000000000000aa".to_owned(),
            retention_nanoseconds: 0,
        }]
    }

    fn measurements(&self, _: &Bucket, _: Names<'_>, _: &Asked<'_>) -> Vec<Measurement> {
        self.measurements.clone()
    }

    fn now(&self) -> i64 {
        self.now
    }
}
