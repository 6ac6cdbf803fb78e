//! `/api/v2/setup` and `/api/v2/me`.

use super::{Request, json, render};
use crate::family::v2::catalog::{Action, Catalog, Permission, Setup};
use crate::family::v2::reply::{ApiError, Code, Reply};
use crate::go_json::Place;
use serde_json::json as value;

pub(super) fn handle(catalog: &mut Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    if request.method == "GET" {
        return Ok(Reply::tabs(200, value!({"allowed": catalog.setup_allowed()})));
    }
    // A body that cannot be read is no more than 500.
    let setup = decode(request.body).map_err(|error| ApiError::new(Code::Internal, error))?;
    let done = catalog.set_up(&setup, request.now)?;
    let document = value!({
        "user": render::user(catalog.user(done.user)?),
        "bucket": render::bucket(catalog.bucket(done.bucket)?),
        "org": render::org(catalog.org(done.org)?),
        "auth": render::setup_token(catalog.token(done.token)?),
    });
    Ok(Reply::tabs(201, document))
}

fn decode(body: &[u8]) -> Result<Setup, String> {
    const NAMES: &[&str] = &[
        "username",
        "password",
        "org",
        "bucket",
        "retentionPeriodSeconds",
        "retentionPeriodHrs",
        "token",
    ];
    let mut setup = Setup::default();
    let (mut seconds, mut nanoseconds) = (0_i64, 0_i64);
    let mut json = json::body(body)?;
    for (index, node) in json.fields(json.root(), Place::whole("influxdb.OnboardingRequest"), NAMES)
    {
        let place = |go_type| Place::field("OnboardingRequest", NAMES[index], go_type);
        match index {
            0 => json::set(&mut setup.username, json.string(node, place("string"))),
            1 => json::set(&mut setup.password, json.string(node, place("string"))),
            2 => json::set(&mut setup.org, json.string(node, place("string"))),
            3 => json::set(&mut setup.bucket, json.string(node, place("string"))),
            4 => json::set(&mut seconds, json.integer(node, place("int64"))),
            5 => json::set(&mut nanoseconds, json.integer(node, place("time.Duration"))),
            _ => setup.token = json.string(node, place("string")).or(setup.token),
        }
    }
    json.finish()?;
    // The second field counts nanoseconds, whatever its name says.
    setup.retention = if seconds > 0 { seconds.wrapping_mul(1_000_000_000) } else { nanoseconds };
    Ok(setup)
}

pub(super) fn me(catalog: &Catalog, request: &Request<'_>) -> Result<Reply, ApiError> {
    let id = request.caller()?.user_id;
    request.check(&Permission::new(Action::Read, "users", Some(id), None))?;
    Ok(Reply::tabs(200, render::user(catalog.user(id)?)))
}
