//! What the harness asks for itself before and after each case: databases, tokens, and a canary
//! that can be read. None of it goes into a snapshot.

use super::fill::Names;
use super::key::{self, Asked, History};
use super::recordings::{Answer, READS};
use profiles::Family;
use serde_json::{Value as Json, json};

/// The owner's token.
pub(super) const TOKEN: &str = "apiv3_playback-owner-token";
const ORG: &str = "playback-organisation";
const ORG_ID: &str = "0a0b0c0d0e0f0001";

/// Where one case lives.
pub(super) struct Space {
    pub(super) names: Names,
    pub(super) history: History,
    /// The canary that was written, if that is what it is for.
    canary: Option<String>,
    /// Nothing was asked in it yet but how it is mapped.
    fresh: bool,
}

/// What was made for the harness.
pub(super) struct Provisioned {
    family: Family,
    /// Cases come one after another: the last one made is the one that is asked.
    space: Option<Space>,
    made: usize,
}

impl Provisioned {
    pub(super) fn new(family: Family) -> Self {
        Self { family, space: None, made: 0 }
    }

    /// The case that is under way.
    pub(super) fn space(&mut self) -> Option<&mut Space> {
        self.space.as_mut().filter(|space| space.canary.is_none())
    }

    /// Requests that only the harness makes.
    pub(super) fn before(&mut self, asked: &Asked) -> Option<Answer> {
        if self.family == Family::V1
            && let Some(answer) = self.statement(asked)
        {
            return Some(answer);
        }
        let body: Json = serde_json::from_slice(&asked.body).unwrap_or_default();
        let text = |key: &str| body[key].as_str().unwrap_or_default();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("POST", "/api/v2/buckets") if is_own(text("name")) => {
                let retention = body["retentionRules"][0]["everySeconds"].as_u64();
                let id = self.open(text("name"), retention);
                return Some(answer(201, &json!({"id": id})));
            }
            ("POST", "/api/v3/configure/database") if is_own(text("db")) => {
                let retention = text("retention_period").trim_end_matches('s').parse().ok();
                self.open(text("db"), retention);
                return Some(answer(200, &Json::Null));
            }
            _ => {}
        }
        let Some(space) = &mut self.space else { return Some(first(asked)) };
        if let Some(canary) = &mut space.canary {
            return Some(canary_answer(asked, canary));
        }
        let fresh = std::mem::take(&mut space.fresh);
        let own = space.names.get("{db}").to_owned();
        match (asked.method.as_str(), asked.path.as_str()) {
            ("GET", "/api/v2/dbrps") if fresh => {
                Some(answer(200, &json!({"content": [{"database": own}]})))
            }
            ("POST", "/api/v2/buckets") if text("name") == format!("other_{own}") => {
                space.fresh = true;
                Some(answer(201, &json!({"id": self.id("{other_id}")})))
            }
            ("POST", "/api/v2/authorizations") if text("description") == own => {
                Some(self.grant(&body))
            }
            ("PATCH", path) if path.starts_with("/api/v2/authorizations/0a0b0c0d0e0f") => {
                // The last one granted is switched off.
                let token = space.names.get("{rw}").to_owned();
                space.names.set("{rw}", "none-was-granted");
                space.names.set("{off}", token);
                Some(answer(200, &Json::Null))
            }
            _ => None,
        }
    }

    /// Requests of the harness that a case could make as well, and no recording knows of.
    pub(super) fn after(asked: &Asked) -> Option<Answer> {
        match (asked.method.as_str(), asked.path.as_str()) {
            ("DELETE", path) if path.starts_with("/api/v2/buckets/0a0b0c0d0e0f") => {
                Some(answer(204, &Json::Null))
            }
            ("DELETE", path) if path.starts_with("/api/v2/authorizations/0a0b0c0d0e0f") => {
                Some(answer(204, &Json::Null))
            }
            ("GET", "/api/v2/buckets") if asked.query.contains("limit=100&offset=0") => {
                Some(answer(200, &json!({"buckets": []})))
            }
            ("GET", "/api/v3/configure/database") if asked.query == "format=json" => {
                Some(answer(200, &json!([])))
            }
            ("POST", "/query")
                if key::parameter(&asked.query, "q")
                    .is_some_and(|q| matches!(q.as_str(), "SHOW DATABASES" | "SHOW USERS")) =>
            {
                Some(answer(200, &json!({"results": [{"statement_id": 0}]})))
            }
            ("DELETE", "/api/v3/configure/database") if asked.query.contains("db=lp_") => {
                Some(answer(200, &Json::Null))
            }
            _ => None,
        }
    }

    /// The statements by which the harness makes databases and users, and looks around.
    fn statement(&mut self, asked: &Asked) -> Option<Answer> {
        if asked.path != "/query" || asked.method != "POST" {
            return None;
        }
        let in_form = String::from_utf8_lossy(&asked.body).into_owned();
        let text = key::parameter(&asked.query, "q").or_else(|| key::parameter(&in_form, "q"))?;
        let anonymous = !asked.headers.iter().any(|(name, _)| name == "authorization");
        let mut words = text.splitn(3, ' ');
        let (verb, kind) = (words.next()?, words.next().unwrap_or_default());
        let quoted = text.split('"').nth(1).unwrap_or_default();
        let done = || Some(answer(200, &json!({"results": [{"statement_id": 0}]})));
        match (verb, kind) {
            ("LINEPROOF", _) => Some(answer(400, &json!({"error": "error parsing query"}))),
            ("SHOW", "DATABASES") if anonymous => {
                let error = "unable to parse authentication credentials";
                Some(answer(401, &json!({ "error": error })))
            }
            ("SHOW", "DATABASES") if self.space().is_none() => done(),
            ("CREATE", "DATABASE") if is_own(quoted) => {
                let duration = text.split_once(" WITH DURATION ");
                let seconds = duration.and_then(|(_, seconds)| seconds.strip_suffix('s'));
                self.open(quoted, seconds.and_then(|seconds| seconds.parse().ok()));
                done()
            }
            ("CREATE" | "DROP", "DATABASE") if is_own(quoted.trim_end_matches("_other")) => done(),
            ("CREATE" | "DROP", "USER") if quoted.starts_with("lp_") => done(),
            ("GRANT", _) if text.contains(" TO \"lp_") => done(),
            _ => None,
        }
    }

    /// Begins a case, and gives the id of its bucket.
    fn open(&mut self, name: &str, retention: Option<u64>) -> String {
        let mut names = Names::default();
        names.set("{db}", name);
        names.set("{token}", TOKEN);
        if self.family == Family::V2 {
            names.set("{org}", ORG);
            names.set("{ORG}", ORG.to_ascii_uppercase());
            names.set("{org_id}", ORG_ID);
        }
        let history = retention.map_or_else(History::default, History::retention);
        let canary = name.ends_with("canary").then(String::new);
        self.space = Some(Space { names, history, canary, fresh: true });
        self.id("{bucket_id}")
    }

    /// A new id, under this name.
    fn id(&mut self, placeholder: &'static str) -> String {
        self.made += 1;
        let id = format!("0a0b0c0d0e0f{:04x}", self.made + 1);
        if let Some(space) = &mut self.space {
            space.names.set(placeholder, id.clone());
        }
        id
    }

    /// A token, with the name that the recordings have for its rights.
    fn grant(&mut self, wanted: &Json) -> Answer {
        self.made += 1;
        let id = format!("0a0b0c0d0e0f{:04x}", self.made + 1);
        let token = format!("playback-granted-{id}");
        let Some(space) = &mut self.space else { return answer(500, &Json::Null) };
        let rights = wanted["permissions"].as_array().map_or(&[][..], Vec::as_slice);
        let actions: Vec<_> = rights.iter().filter_map(|right| right["action"].as_str()).collect();
        let is_own = rights[0]["resource"]["id"] == space.names.get("{bucket_id}");
        let name = match actions.as_slice() {
            _ if !is_own => "{other}",
            ["read"] => "{ro}",
            ["write"] => "{wo}",
            _ => "{rw}",
        };
        space.names.set(name, token.clone());
        answer(201, &json!({"id": id, "token": token}))
    }
}

/// Whether the harness gives such names: `lp_`, four digits of its run, a number.
fn is_own(name: &str) -> bool {
    let rest = name.strip_prefix("lp_").and_then(|rest| rest.split_once('_'));
    rest.is_some_and(|(run, number)| {
        run.len() == 4 && (number == "canary" || number.parse::<u32>().is_ok())
    })
}

/// Before the first database: what is there, and may we?
fn first(asked: &Asked) -> Answer {
    match asked.path.as_str() {
        "/api/v2/setup" => answer(200, &json!({"allowed": false})),
        "/api/v2/orgs" => answer(200, &json!({"orgs": [{"id": ORG_ID, "name": ORG}]})),
        "/api/v3/configure/database" => answer(200, &json!([])),
        _ => answer(404, &Json::Null),
    }
}

/// The canary's own database: takes a line, and shows it.
fn canary_answer(asked: &Asked, canary: &mut String) -> Answer {
    if asked.method == "POST" && asked.path.contains("/write") {
        *canary = String::from_utf8_lossy(&asked.body).into_owned();
        return answer(204, &Json::Null);
    }
    if asked.path != "/query" {
        let content = json!({"content": [{"database": "canary"}], "buckets": []});
        return answer(if asked.method == "DELETE" { 204 } else { 200 }, &content);
    }
    let run = canary.split(['=', ' ']).nth(1).unwrap_or_default();
    let time: i64 = canary.rsplit(' ').next().and_then(|t| t.parse().ok()).unwrap_or_default();
    let (columns, values) = match READS.iter().find(|(_, q)| asked.query.contains(q)) {
        Some(("select", _)) => {
            (json!(["time", "run", "text", "value"]), json!([[time, run, "a b", 1]]))
        }
        Some(("fields", _)) => {
            (json!(["fieldKey", "fieldType"]), json!([["text", "string"], ["value", "integer"]]))
        }
        Some(_) => (json!(["tagKey"]), json!([["run"]])),
        None => return answer(400, &json!({"error": "no statement"})),
    };
    let series = json!([{"name": "canary", "columns": columns, "values": values}]);
    answer(200, &json!({"results": [{"statement_id": 0, "series": series}]}))
}

fn answer(status: u16, body: &Json) -> Answer {
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    Answer { status, headers, body }
}
