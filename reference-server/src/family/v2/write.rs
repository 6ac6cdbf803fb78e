//! How a write finds its bucket, who may write there, and where its points go.

use super::Service;
use super::auth;
use super::catalog::{LookupError, Token};
use super::id::{Id, IdError};
use crate::go_text::Query;
use crate::http::QueryString;
use crate::lock::lock;
use crate::stage::WriteFault;
use crate::stage::admit::{Admitted, BucketTarget, Target, Tenancy};
use crate::stage::parse::ParsedBatch;
use crate::stage::quota::Quotas;
use crate::write_path::Store;
use profiles::answer::Fault;
use profiles::v2_api::Acknowledgement;
use profiles::write::Address;
use std::sync::Arc;

/// The retention policy that messages name: a bucket has no other.
const POLICY: &str = "autogen";

impl Tenancy for Service {
    type Caller = Arc<Token>;

    fn organisation(&self, query: &QueryString) -> Result<(), WriteFault> {
        let parameters = parameters(query);
        let found = lock(&self.catalog).org_of(&parameters).map(|org| org.id);
        found.map(drop).map_err(|error| fault_of(error, query))
    }

    fn find(
        &self,
        token: &Arc<Token>,
        address: Address,
        query: &QueryString,
    ) -> Result<Target, WriteFault> {
        let get = |name| query.get(name).unwrap_or_default().as_bytes();
        let (id, organisation) = {
            let catalog = lock(&self.catalog);
            let found = if address == Address::Bucket {
                let org = self.organisation_of(&catalog, token, &parameters(query));
                let org = org.map_err(|error| fault_of(error, query))?;
                catalog.bucket_for_write(org, get("bucket")).map(|bucket| (bucket.id, org))
            } else {
                let bucket = catalog.bucket_for_compat_write(token, get("db"), get("rp"));
                bucket.map(|bucket| (bucket.id, token.org_id))
            };
            found.map_err(|error| fault_of(error, query))?
        };
        Ok(Target::Bucket(BucketTarget {
            bucket: Ok(self.points(id)),
            database: id.to_string(),
            policy: POLICY.to_owned(),
            named_policy: String::new(),
            organisation: organisation.to_string(),
        }))
    }

    fn permit(&self, token: &Arc<Token>, target: &Target) -> Result<(), WriteFault> {
        let Target::Bucket(target) = target else { return Ok(()) };
        let ids = (target.organisation.parse::<Id>(), target.database.parse::<Id>());
        match ids {
            (Ok(org), Ok(bucket)) if auth::check_write(token, org, bucket).is_ok() => Ok(()),
            _ if token.active => Err(Fault::Forbidden.into()),
            _ => Err(Fault::TokenInactive.into()),
        }
    }
}

impl Store for Service {
    fn room(&self) -> impl Future<Output = Result<(), WriteFault>> + Send {
        self.journal.room()
    }

    fn quotas(&self) -> &Quotas {
        &self.quotas
    }

    fn store_lines(
        &self,
        target: &Target,
        batch: &ParsedBatch<'_>,
        now: i64,
    ) -> Result<(), WriteFault> {
        let Target::Bucket(target) = target else { return Ok(()) };
        if self.api.acknowledgement == Acknowledgement::Queued {
            return self.accept_and_record(target, batch, now);
        }
        self.store_and_record(target, batch, now)
    }

    fn store_text(&self, _: &Admitted, _: &[u8], _: i64) -> Result<(), WriteFault> {
        Ok(())
    }
}

/// The parameters that name an organisation, as the catalog reads them.
pub(in crate::family) fn parameters(query: &QueryString) -> Query {
    query.pairs().iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

/// The fault of a name that leads nowhere.
pub(in crate::family) fn fault_of(error: LookupError, query: &QueryString) -> WriteFault {
    let name = |parameter| query.get(parameter).unwrap_or_default();
    match error {
        LookupError::NoOrg => Fault::OrganisationMissing.into(),
        LookupError::BadId(IdError::Length) => Fault::IdLength.into(),
        LookupError::BadId(IdError::Invalid) => Fault::IdInvalid.into(),
        LookupError::OrgNotFound(_) => {
            if let Some(id) = query.non_empty("orgID") {
                WriteFault::with(Fault::OrganisationIdUnknown, "name", id)
            } else if name("org").parse::<Id>().is_ok() {
                WriteFault::with(Fault::OrganisationIdUnknown, "name", name("org"))
            } else {
                WriteFault::with(Fault::OrganisationUnknown, "name", name("org"))
            }
        }
        LookupError::NoBucket => Fault::DatabaseMissing.into(),
        LookupError::BucketNotFound(_) => {
            WriteFault::with(Fault::DatabaseUnknown, "name", name("bucket"))
        }
        LookupError::NoMapping => WriteFault::with(Fault::MappingUnknown, "name", name("db")),
    }
}
