//! `/api/v2/query`: Flux over the buckets of an organisation that the token may read.

use super::catalog::{self, Catalog, Token};
use super::service::LARGEST_REQUEST;
use super::{ApiError, Code, Id, Service, auth};
use crate::go_text::Query;
use crate::http::{Body, Request, Response};
use crate::lock::lock;
use crate::query::allowance::Allowance;
use crate::query::flux::{Bucket, BucketReference, Host, OrganizationReference};
use crate::query::flux::{ErrorCode, FluxError, http as flux};
use crate::store::shards;
use crate::store::view::{Asked, Measurement, Names};
use std::sync::Arc;

impl Service {
    pub(super) async fn flux(
        self: &Arc<Self>,
        request: &Request,
        body: Body<'_>,
        token: &Arc<Token>,
    ) -> Response {
        let Some(rules) = self.profile.facts.flux else {
            return self.error(&ApiError::not_found("path not found"));
        };
        let body = match body.read(LARGEST_REQUEST).await {
            Ok(body) => body,
            Err(error) => return self.error(&ApiError::unreadable(&error)),
        };
        let parameters = Query::parse(request.raw_query.as_deref().unwrap_or_default());
        let organisation = self.organisation_of(&lock(&self.catalog), token, &parameters).ok();
        let (service, token) = (Arc::clone(self), Arc::clone(token));
        let (head, client) = (request.clone(), &request.client);
        let work = move |allowance: &Allowance| {
            let host = FluxHost { service: &service, token: &token, organisation };
            let asked = flux::Request {
                content_type: head.header("content-type").unwrap_or_default(),
                prefer: head.header("prefer").unwrap_or_default(),
                parameters: head.query.pairs(),
                body: &body,
            };
            flux::answer(&host, rules, &asked, allowance)
        };
        match self.queries.run(client, work).await {
            Ok(answer) => {
                let response = Response::new(answer.status).with_body(answer.body);
                match answer.content_type {
                    Some(content_type) => response.with("Content-Type", content_type),
                    None => response,
                }
            }
            Err(error) => self.error(&api_error(error)),
        }
    }
}

fn api_error(error: FluxError) -> ApiError {
    let code = match error.code {
        ErrorCode::Invalid => Code::Invalid,
        ErrorCode::NotFound => Code::NotFound,
        ErrorCode::Internal => Code::Internal,
    };
    ApiError::new(code, error.message)
}

struct FluxHost<'s> {
    service: &'s Service,
    token: &'s Token,
    organisation: Option<Id>,
}

impl FluxHost<'_> {
    /// The record of a bucket that the token may read.
    fn readable(&self, bucket: &catalog::Bucket) -> Option<Bucket> {
        auth::may_read(self.token, bucket).then(|| Bucket {
            id: bucket.id.to_string(),
            name: bucket.name.clone(),
            organization_id: bucket.org_id.to_string(),
            retention_nanoseconds: bucket.retention,
        })
    }

    fn record(&self, catalog: &Catalog, reference: BucketReference<'_>) -> Option<Bucket> {
        let bucket = match reference {
            BucketReference::Id(id) => catalog.bucket(id.parse().ok()?).ok()?,
            BucketReference::Name(name) => {
                catalog.bucket_by_name(self.organisation?, name.as_bytes()).ok()?
            }
        };
        self.readable(bucket)
    }
}

impl Host for FluxHost<'_> {
    fn find_organization(&self, reference: OrganizationReference<'_>) -> Result<(), String> {
        let pairs: Vec<(&str, &str)> = match reference {
            OrganizationReference::Missing => Vec::new(),
            OrganizationReference::NameOrId(org) => vec![("org", org)],
            OrganizationReference::Id(id) => vec![("orgID", id)],
        };
        let catalog = lock(&self.service.catalog);
        match self.service.organisation_of(&catalog, self.token, &pairs.into_iter().collect()) {
            Ok(_) => Ok(()),
            Err(error) => {
                let error = ApiError::from(error);
                Err(String::from_utf8_lossy(&error.message).into_owned())
            }
        }
    }

    fn find_bucket(&self, bucket: BucketReference<'_>) -> Option<Bucket> {
        self.record(&lock(&self.service.catalog), bucket)
    }

    fn buckets(&self) -> Vec<Bucket> {
        let Some(organisation) = self.organisation else { return Vec::new() };
        let catalog = lock(&self.service.catalog);
        let buckets = catalog.buckets_of(organisation);
        buckets.into_iter().filter_map(|bucket| self.readable(bucket)).collect()
    }

    fn measurements(
        &self,
        bucket: &Bucket,
        names: Names<'_>,
        asked: &Asked<'_>,
    ) -> Vec<Measurement> {
        match bucket.id.parse() {
            Ok(id) => shards::view_of(&self.service.points(id), names, asked),
            Err(_) => Vec::new(),
        }
    }

    fn now(&self) -> i64 {
        self.service.clock.now()
    }
}
