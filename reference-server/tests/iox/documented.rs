//! What page 002 promises.

use crate::client::{OWNER, Running};
use rstest::rstest;

const SERVERLESS: &str = "cloud-serverless@docs";
const DEDICATED: &str = "cloud-dedicated@docs";
const CLUSTERED: &str = "clustered@docs";

/// The page's example: line 2 has no measurement, the timestamp of line 4 is no 64 bits.
pub(crate) const FOUR: &str = "m f=1 1\n,t=a f=2 2\nm f=3 3\nm f=4 123461000000000000000000000000";

const LISTED: &str = "errors encountered on line(s):\n\
    error parsing line 2 (1-based): Invalid measurement was provided\n\
    error parsing line 4 (1-based): Unable to parse timestamp value \
    '123461000000000000000000000000'";

#[rstest]
fn the_example_of_the_page(#[values(SERVERLESS, DEDICATED, CLUSTERED)] profile: &str) {
    let server = Running::start(profile, &[]);
    let (status, body) = server.refused(FOUR);
    assert_eq!((status, &body["code"], &body["line"]), (400, &"invalid".into(), &2.into()));
    let message = body["message"].as_str().unwrap();
    assert!(message.starts_with("failed to parse line protocol:"), "{message}");
    assert!(message.contains("partial write") && message.ends_with(LISTED), "{message}");
    assert_eq!(server.times("m"), [1, 3]);
    let all_bad = server.refused("m f=\nm");
    assert!(all_bad.1["message"].as_str().unwrap().contains("no data written"), "{all_bad:?}");
    let good = server.write("m f=1 4\n# c\n");
    assert_eq!((good.status, good.body.as_str()), (204, ""));
    assert_eq!(server.write("").status, 204);
}

#[rstest]
fn partial_writes_can_be_off(#[values(DEDICATED, CLUSTERED)] profile: &str) {
    let server = Running::start(profile, &[("partial-writes", "off")]);
    let (status, body) = server.refused(FOUR);
    assert_eq!((status, &body["line"]), (400, &2.into()));
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("no data written") && message.ends_with(LISTED), "{message}");
    assert_eq!(server.times("m"), [0; 0]);
    // Not even a column is left: another type is welcome.
    assert_eq!(server.write("m f=true 1").status, 204);
}

#[test]
fn serverless_knows_no_other_way() {
    let profile = profiles::find(SERVERLESS).unwrap();
    let refused = reference_server::Server::builder(profile).set("partial-writes", "off").err();
    assert_eq!(refused.as_deref(), Some("the product has no setting \"partial-writes\""));
}

#[test]
fn no_more_than_a_hundred_lines_are_told_of() {
    let server = Running::start(DEDICATED, &[]);
    let lines: String = (1..=150).map(|n| format!("m f= {n}\n")).collect();
    let (status, body) = server.refused(&format!("{lines}m f=1 1"));
    let message = body["message"].as_str().unwrap();
    assert_eq!((status, message.lines().count()), (400, 101));
    assert!(message.contains("line 100 (") && !message.contains("line 101 ("));
    assert_eq!(server.times("m"), [1], "the line behind them is stored");
}

const DAY: i64 = 86_400_000_000_000;

#[rstest]
fn a_type_is_one_partitions(#[values(SERVERLESS, DEDICATED)] profile: &str) {
    let server = Running::start(profile, &[]);
    assert_eq!(server.write(&format!("m f=1.5 {}", DAY - 1)).status, 204);
    assert_eq!(server.write(&format!("m f=1i {DAY}")).status, 204, "the next day");
    let (status, body) = server.refused(&format!("m f=1i 0\nm f=2i {}", DAY + 1));
    assert_eq!((status, &body["line"]), (400, &1.into()));
    assert_eq!(server.times("m"), [DAY - 1, DAY, DAY + 1]);
}

#[test]
fn partitions_are_cut_as_the_template_says() {
    let server = Running::start(DEDICATED, &[("partition-template", "%Y-%m")]);
    assert_eq!(server.write("m f=1.5 0").status, 204);
    assert_eq!(server.write(&format!("m f=1i {}", 30 * DAY)).status, 400, "the same month");
    assert_eq!(server.write(&format!("m f=1i {}", 31 * DAY)).status, 204);
    // A database may have a template of its own.
    let path = "/api/v0/accounts/a/clusters/c/databases";
    let body = r#"{"name":"yearly","partitionTemplate":[{"type":"time","value":"%Y"}]}"#;
    assert_eq!(server.own("POST", path, body).status, 200);
    let write = |lines: &str| server.own("POST", "/write?db=yearly", lines).status;
    assert_eq!((write("m f=1.5 0"), write(&format!("m f=1i {}", 364 * DAY))), (204, 400));
    assert_eq!(write(&format!("m f=1i {}", 365 * DAY)), 204);
}

#[test]
fn a_tag_and_a_field_have_two_keys() {
    let server = Running::start(DEDICATED, &[]);
    let (status, body) = server.refused("m,a=x a=1 1\nm,b=x f=1 2\nm b=1 3\nm f=1 4");
    assert_eq!((status, &body["line"]), (400, &1.into()));
    let message = body["message"].as_str().unwrap();
    assert!(message.contains("line 1 (") && message.contains("line 3 ("), "{message}");
    assert_eq!(server.times("m"), [2, 4]);
    // In any partition.
    assert_eq!(server.write(&format!("m b=1 {}", 40 * DAY)).status, 400);
}

#[rstest]
fn outside_of_the_retention_period(
    #[values(SERVERLESS, DEDICATED, CLUSTERED)] profile: &str,
    #[values("on", "off")] partial: &str,
) {
    let settings = [("partial-writes", partial)];
    let settings = if profile == SERVERLESS { &[][..] } else { &settings[..] };
    let server = Running::start(profile, settings);
    let write = |lines: &str| {
        let answer = server.own("POST", "/api/v2/write?bucket=hour&org=lineproof", lines);
        (answer.status, answer.json()["message"].is_string())
    };
    assert_eq!(write("m f=1 1"), (422, true));
    assert_eq!(
        write("m f=1 1\nm f=1"),
        if settings.is_empty() || partial == "on" { (400, true) } else { (422, true) }
    );
    assert_eq!(write("m f=1").0, 204);
}

#[rstest]
fn credentials(#[values(SERVERLESS, DEDICATED, CLUSTERED)] profile: &str) {
    let server = Running::start(profile, &[]);
    let target = "/api/v2/write?bucket=db&org=lineproof";
    for header in ["", "Authorization: Bearer zzz\r\n", "Authorization: nonsense\r\n"] {
        let answer = server.send("POST", target, header, b"m f=1");
        assert_eq!((answer.status, answer.body.as_str()), (401, ""), "{header}");
    }
    let header = format!("Authorization: Token {OWNER}\r\n");
    assert_eq!(server.send("POST", target, &header, b"m f=1").status, 204);
}

#[test]
fn a_missing_resource_is_named() {
    let server = Running::start(DEDICATED, &[]);
    for target in ["/api/v2/write?bucket=no-such", "/write?db=no-such"] {
        let answer = server.own("POST", target, "m f=1");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, 404);
        assert!(message.contains("database") && message.contains("no-such"), "{message}");
    }
    let server = Running::start(SERVERLESS, &[]);
    for (target, resource) in [
        ("/api/v2/write?bucket=no-such&org=lineproof", "bucket"),
        ("/api/v2/write?bucket=db&org=no-such", "organization"),
        ("/write?db=no-such", "bucket"),
    ] {
        let answer = server.own("POST", target, "m f=1");
        let message = answer.json()["message"].as_str().unwrap().to_owned();
        assert_eq!(answer.status, 404);
        assert!(message.contains(resource) && message.contains("no-such"), "{message}");
    }
}

#[test]
fn sizes_and_quotas() {
    let large = [("request-limit", "100"), ("inflated-limit", "200")];
    let server = Running::start(SERVERLESS, &large);
    let (status, body) = server.refused(&format!("m f=\"{}\"", "x".repeat(100)));
    assert_eq!(status, 413);
    assert_eq!(body["message"], "cannot read data: points in batch is too large");
    assert_eq!(server.write(&format!("m f=\"{}\" 1", "x".repeat(92))).status, 204);

    for (setting, status) in [("write-rate", 429), ("write-capacity", 503)] {
        let server = Running::start(SERVERLESS, &[(setting, "20/5m")]);
        assert_eq!(server.write("m f=1 1").status, 204);
        let answer = server.write("m f=1,g=2,h=3 2");
        assert_eq!((answer.status, answer.body.as_str()), (status, ""));
        let seconds: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        assert!((1..=300).contains(&seconds), "{seconds}");
        assert_eq!(server.times("m"), [1]);
    }
}

#[test]
fn a_float_that_cannot_be_told_is_not_stored() {
    let server = Running::start(DEDICATED, &[]);
    let (status, body) = server.refused("m f=1 1\nm f=1e400 2");
    assert_eq!((status, &body["line"]), (400, &2.into()));
    assert_eq!(server.times("m"), [1]);
}

#[test]
fn tables_and_columns() {
    let server = Running::start(DEDICATED, &[("tables", "2"), ("columns", "3")]);
    let (status, body) = server.refused("a f=1 1\nb,t=x f=1 1\nc f=1 1\nb,u=x f=1 2\na g=1 3");
    assert_eq!((status, &body["line"]), (400, &3.into()));
    let message = body["message"].as_str().unwrap();
    assert_eq!(message.lines().skip(1).count(), 2, "{message}");
    assert!(message.contains("line 3 (") && message.contains("line 4 ("), "{message}");
    assert_eq!((server.times("a"), server.times("b")), (vec![1, 3], vec![1]));
}

#[rstest]
fn a_database_that_is_dropped_before_the_body_is_there_stays_dropped(
    #[values(DEDICATED, CLUSTERED)] profile: &str,
) {
    let server = Running::start(profile, &[]);
    let drop_it = || {
        let base = match server.own("DELETE", "/api/v0/databases/hour", "").status {
            204 => return,
            _ => "/api/v0/accounts/a/clusters/c/databases/hour",
        };
        assert_eq!(server.own("DELETE", base, "").status, 204);
    };
    let answer = server.own_in_parts("/api/v2/write?bucket=hour", ("m f=1", " 1"), drop_it);
    assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    assert_eq!(server.own("POST", "/api/v2/write?bucket=hour", "m f=1 1").status, 404);
}

#[test]
fn each_organisation_has_its_own_rate() {
    let server = Running::start(SERVERLESS, &[("write-rate", "10B/1h")]);
    let org = server.own("POST", "/api/v2/orgs", "{\"name\":\"second\"}").json()["id"].clone();
    let bucket = serde_json::json!({"orgID": org, "name": "db", "retentionRules": []});
    assert_eq!(server.own("POST", "/api/v2/buckets", &bucket.to_string()).status, 201);
    assert_eq!(server.write("m f=1 1").status, 204);
    assert_eq!(server.write("m f=1 1").status, 429);
    let to = "/api/v2/write?bucket=db&org=second";
    let second = server.own("POST", to, "m f=1 1");
    assert_eq!(second.status, 204, "{second:?}");
    assert_eq!(server.own("POST", to, "m f=1 1").status, 429);
}

#[test]
fn a_template_that_formats_no_time_makes_no_database() {
    let server = Running::start(CLUSTERED, &[]);
    let make = |format: &str| {
        let body = serde_json::json!({
            "name": "t", "partitionTemplate": [{"type": "time", "value": format}],
        });
        server.own("POST", "/api/v0/databases", &body.to_string()).status
    };
    assert_eq!((make("%Q"), make("%"), make("%Y-%m")), (400, 400, 200));
}
