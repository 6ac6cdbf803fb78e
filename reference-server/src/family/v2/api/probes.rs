//! The answers that need no token and know no records: links, health, readiness, ping, the pages
//! that are not there.

use crate::family::v2::reply::{Document, Layout, Reply};
use crate::go_text::{duration, quote, rfc3339_nano};
use profiles::V2Api;
use serde_json::json;

/// `/api/v2`, any method.
pub fn links() -> Reply {
    let links = json!({
        "authorizations": "/api/v2/authorizations",
        "backup": "/api/v2/backup",
        "buckets": "/api/v2/buckets",
        "checks": "/api/v2/checks",
        "dashboards": "/api/v2/dashboards",
        "delete": "/api/v2/delete",
        "external": {"statusFeed": "https://www.influxdata.com/feed/json"},
        "flags": "/api/v2/flags",
        "labels": "/api/v2/labels",
        "me": "/api/v2/me",
        "notificationEndpoints": "/api/v2/notificationEndpoints",
        "notificationRules": "/api/v2/notificationRules",
        "orgs": "/api/v2/orgs",
        "plugins": "/api/v2/telegraf/plugins",
        "query": {
            "analyze": "/api/v2/query/analyze",
            "ast": "/api/v2/query/ast",
            "self": "/api/v2/query",
            "suggestions": "/api/v2/query/suggestions",
        },
        "restore": "/api/v2/restore",
        "scrapers": "/api/v2/scrapers",
        "setup": "/api/v2/setup",
        "signin": "/api/v2/signin",
        "signout": "/api/v2/signout",
        "sources": "/api/v2/sources",
        "swagger": "/api/v2/swagger.json",
        "system": {"debug": "/debug/pprof", "health": "/health", "metrics": "/metrics"},
        "tasks": "/api/v2/tasks",
        "telegrafs": "/api/v2/telegrafs",
        "users": "/api/v2/users",
        "variables": "/api/v2/variables",
        "write": "/api/v2/write",
    });
    Reply::new(200, Document::Json(links, Layout::CompactLine))
}

/// `/health`, any method.
pub fn health(release: &V2Api) -> Reply {
    // The product prints this line, so that it has blanks where its encoder has none.
    let body = format!(
        "{{\"name\":\"influxdb\", \"message\":\"ready for queries and writes\", \
         \"status\":\"pass\", \"checks\":[], \"version\": {}, \"commit\": {}}}\n",
        quote(release.version.as_bytes()),
        quote(release.commit.as_bytes()),
    );
    Reply::new(200, Document::RawJson(body))
}

/// `/ready`, any method; times are nanoseconds since 1970.
pub fn ready(started: i64, now: i64) -> Reply {
    let status = json!({
        "status": "ready",
        "started": rfc3339_nano(started),
        "up": duration(now.saturating_sub(started)),
    });
    Reply::new(200, Document::Json(status, Layout::FourSpaces))
}

/// `/ping`.
pub fn ping(method: &str) -> Reply {
    let mut reply = match method {
        "GET" | "HEAD" => return Reply::no_content(),
        "OPTIONS" => Reply::new(200, Document::Empty),
        _ => Reply::new(405, Document::Text("Method Not Allowed\n")),
    };
    reply.allow = Some("GET, HEAD, OPTIONS");
    reply
}

/// A path that is not the API's: the server has no pages.
pub const fn no_assets() -> Reply {
    Reply::new(404, Document::Text("no assets included in binary\n"))
}
