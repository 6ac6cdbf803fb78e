//! A server that was set up, for the tests of this module.

use super::api::{self, Request};
use super::catalog::{Action, Catalog, NewBucket, NewToken, Permission, Setup};
use super::id::Id;
use crate::go_text::Query;
use profiles::v2_api::OSS_V2_2_7;
use std::sync::Arc;

/// The operator token's secret.
pub(super) const OPERATOR: &str = "op-token";

/// 2026-11-21T03:34:31.5Z.
pub(super) const NOW: i64 = 1_795_232_071_500_000_000;

pub(super) struct Fixture {
    pub(super) catalog: Catalog,
    pub(super) org: Id,
    pub(super) user: Id,
}

pub(super) fn empty() -> Catalog {
    Catalog::new(&OSS_V2_2_7, 1)
}

/// User admin, organisation acme, bucket first, token op-token.
pub(super) fn ready() -> Fixture {
    let mut catalog = empty();
    let setup = Setup {
        username: "admin".to_owned(),
        password: "password".to_owned(),
        org: "acme".to_owned(),
        bucket: "first".to_owned(),
        retention: 0,
        token: Some(OPERATOR.to_owned()),
    };
    let done = catalog.set_up(&setup, NOW).unwrap();
    Fixture { catalog, org: done.org, user: done.user }
}

impl Fixture {
    pub(super) fn bucket(&mut self, name: &str) -> Id {
        let new = NewBucket { name: name.to_owned(), ..NewBucket::default_of(self.org) };
        self.catalog.create_bucket(new, NOW).unwrap()
    }

    pub(super) fn token(&mut self, bucket: Id, actions: &[Action]) -> Id {
        let right = |a: &Action| Permission::new(*a, "buckets", Some(bucket), Some(self.org));
        let new = NewToken {
            token: None,
            active: true,
            description: String::new(),
            org_id: self.org,
            user_id: self.user,
            permissions: actions.iter().map(right).collect(),
        };
        self.catalog.create_token(new, NOW).unwrap()
    }

    /// Status and body of a request by the token with this secret.
    pub(super) fn call_as(
        &mut self,
        secret: &str,
        method: &str,
        target: &str,
        body: &str,
    ) -> (u16, String) {
        let token = self.catalog.token_by_secret(secret.as_bytes()).map(Arc::clone);
        call(&mut self.catalog, token.as_ref(), method, target, body)
    }

    /// Status and body of a request by the operator.
    pub(super) fn call(&mut self, method: &str, target: &str, body: &str) -> (u16, String) {
        self.call_as(OPERATOR, method, target, body)
    }
}

/// Status and body of a request.
pub(super) fn call(
    catalog: &mut Catalog,
    token: Option<&Arc<super::catalog::Token>>,
    method: &str,
    target: &str,
    body: &str,
) -> (u16, String) {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let query = Query::parse(query);
    let request = Request { method, path, query: &query, body: body.as_bytes(), token, now: NOW };
    let escapes = catalog.release().control_escapes;
    let (status, bytes) = match api::handle(catalog, &request) {
        Ok(reply) => (reply.status, reply.document.bytes(escapes)),
        Err(error) => (error.code.status(), error.bytes(escapes)),
    };
    (status, String::from_utf8(bytes).unwrap())
}
