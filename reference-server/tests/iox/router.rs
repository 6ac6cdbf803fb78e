//! What the source of the router of September 2023 says, byte for byte.

use crate::client::{OWNER, Running};
use crate::documented::FOUR;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write as _;

const DEDICATED: &str = "cloud-dedicated@router-2023";
const SERVERLESS: &str = "cloud-serverless@router-2023";

fn said(server: &Running, target: &str, lines: &str) -> (u16, String) {
    let answer = server.own("POST", target, lines);
    (answer.status, answer.body)
}

/// iox:influxdb_iox/tests/end_to_end_cases/router.rs, test_writes_are_atomic and test_partial_writes.
#[test]
fn the_text_is_the_same_whether_writes_are_partial_or_not() {
    let expected = "{\"code\":\"invalid\",\"message\":\"failed to parse line protocol: errors \
        encountered on line(s):\\nerror parsing line 2 (1-based): Invalid measurement was provided\\n\
        error parsing line 4 (1-based): Unable to parse timestamp value \
        '123461000000000000000000000000'\",\"line\":2}";
    for (settings, stored) in [(&[][..], vec![]), (&[("partial-writes", "on")][..], vec![1, 3])] {
        let server = Running::start(DEDICATED, settings);
        assert_eq!(said(&server, "/write?db=db", FOUR), (400, expected.to_owned()));
        assert_eq!(server.times("m"), stored);
    }
}

#[test]
fn reading_ends_with_the_hundredth_bad_line() {
    let server = Running::start(DEDICATED, &[("partial-writes", "on")]);
    let bad: String = (1..=100).map(|n| format!("m f= {n}\n")).collect();
    assert_eq!(server.write(&format!("m f=1 1\n{bad}m f=1 2")).status, 400);
    assert_eq!(server.times("m"), [1]);
}

/// iox:router/src/server/http.rs, the fixture of all error strings.
#[test]
fn errors_of_requests() {
    let server = Running::start(DEDICATED, &[]);
    let invalid = |message: &str| format!("{{\"code\":\"invalid\",\"message\":\"{message}\"}}");
    let long = "x".repeat(65);
    for (target, message) in [
        ("/write", "no db destination provided"),
        ("/write?x=y", "failed to deserialize db/rp/precision in request: missing field `db`"),
        ("/write?db=", "namespace name  length must be between 1 and 64 characters"),
        (
            &format!("/write?db={long}"),
            &format!("namespace name {long} length must be between 1 and 64 characters"),
        ),
        (
            "/write?db=a%20b",
            "namespace name 'a b' contains invalid character, character number 1 is not whitelisted",
        ),
        (
            "/write?db=db&precision=u",
            "failed to deserialize db/rp/precision in request: unknown variant `u`, expected one of `s`, `ms`, `us`, `ns`",
        ),
        ("/api/v2/write", "no org/bucket destination provided"),
        ("/api/v2/write?org=x", "missing bucket value"),
        ("/api/v2/write?bucket=", "missing bucket value"),
        (
            "/api/v2/write?bucket=db&precision=h",
            "failed to deserialize org/bucket/precision in request: unknown variant `h`, expected one of `s`, `ms`, `us`, `ns`",
        ),
    ] {
        assert_eq!(said(&server, target, "m f=1"), (400, invalid(message)), "{target}");
    }
    let deletes = "{\"code\":\"internal error\",\"message\":\"deletes are not supported\"}";
    assert_eq!(said(&server, "/api/v2/delete", ""), (500, deletes.to_owned()));
    let missing = "{\"code\":\"not found\",\"message\":\"not found\"}";
    for (method, target) in [("GET", "/write"), ("POST", "/write/"), ("POST", "/api/v2/query")] {
        let answer = server.own(method, target, "");
        assert_eq!((answer.status, answer.body.as_str()), (404, missing), "{method} {target}");
    }
}

#[test]
fn the_first_thing_wrong_is_told() {
    let server = Running::start(DEDICATED, &[("request-limit", "1000")]);
    let send = |target: &str, headers: &str, body: &[u8]| {
        let answer = server.send("POST", target, headers, body);
        (answer.status, answer.json()["message"].as_str().unwrap_or_default().to_owned())
    };
    let own = format!("Authorization: Token {OWNER}\r\n");
    let large = vec![b'x'; 2000];
    let precision = send("/write?db=db&precision=x", "", &large);
    assert_eq!(precision.0, 400);
    assert!(precision.1.contains("unknown variant"));
    assert_eq!(send("/write?db=db", "", &large), (401, "no token".to_owned()));
    assert_eq!(
        send("/write?db=db", "Authorization: token x\r\n", b""),
        (401, "no token".to_owned())
    );
    let wrong = "Authorization: Bearer x\r\nContent-Encoding: deflate\r\n";
    assert_eq!(send("/write?db=db", wrong, &large), (403, "invalid token".to_owned()));
    assert_eq!(
        send("/write?db=db", &format!("{own}Content-Encoding: deflate\r\n"), &large),
        (415, "unacceptable content-encoding: deflate".to_owned())
    );
    assert_eq!(
        send("/write?db=db", &own, &large),
        (413, "max request size (1000 bytes) exceeded".to_owned())
    );
    assert_eq!(
        send("/write?db=db", &format!("{own}Content-Encoding: gzip\r\n"), b"m f=1,g=2,h=3"),
        (400, "error decoding gzip stream: invalid gzip header".to_owned())
    );
    assert_eq!(
        send("/write?db=db", &own, b"m f=\"\xff\""),
        (
            400,
            "body content is not valid utf8: invalid utf-8 sequence of 1 bytes from index 5"
                .to_owned()
        )
    );
    // A bad line comes before a database that is not there, and so does an empty body.
    assert!(send("/write?db=nowhere", &own, b"m f=").1.starts_with("failed to parse"));
    assert_eq!(send("/write?db=nowhere", &own, b"\n# c\n").0, 204);
    let databases = server.own("GET", "/api/v0/accounts/a/clusters/c/databases", "");
    assert!(!databases.body.contains("nowhere"));
    // One that is not there is made, with the policy behind a slash.
    assert_eq!(send("/write?db=made&rp=MINE", &own, b"m f=1").0, 204);
    let databases = server.own("GET", "/api/v0/accounts/a/clusters/c/databases", "");
    assert!(databases.body.contains("\"made/mine\""), "{databases:?}");
}

#[test]
fn the_first_member_of_a_gzip_body_is_all_that_is_read() {
    let server = Running::start(DEDICATED, &[]);
    let member = |text: &str| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
        encoder.write_all(text.as_bytes()).unwrap();
        encoder.finish().unwrap()
    };
    let body = [member("m f=1 1\n"), member("m f=1 2\n")].concat();
    let headers = format!("Authorization: Token {OWNER}\r\nContent-Encoding: gzip\r\n");
    assert_eq!(server.send("POST", "/write?db=db", &headers, &body).status, 204);
    assert_eq!(server.times("m"), [1]);
}

#[test]
fn what_storage_refuses_is_refused_as_a_whole() {
    let server = Running::start(DEDICATED, &[("tables", "2"), ("columns", "3")]);
    let invalid = |message: &str| {
        (400, format!("{{\"code\":\"invalid\",\"message\":\"dml handler error: {message}\"}}"))
    };
    let write = |lines: &str| said(&server, "/write?db=db", lines);
    assert_eq!(write("m f=1 1").0, 204);
    assert_eq!(
        write("m g=1 2\nm f=1i 3"),
        invalid("schema conflict: table m, column f is type f64 but write has type i64")
    );
    // In any partition: the next year too.
    assert_eq!(write("m f=true 40000000000000000").0, 400);
    assert_eq!(
        write("m f=1,g=1,h=1 2"),
        invalid(
            "service limit reached: couldn't create columns in table `m`; table contains 2 \
                 existing columns, applying this write would result in 4 columns, limit is 3"
        )
    );
    assert_eq!(
        write("n f=1 2\no f=1 2"),
        invalid(
            "service limit reached: couldn't create new table; namespace contains 1 existing \
                 tables, applying this write would result in 3 tables, limit is 2"
        )
    );
    assert_eq!((server.times("m"), server.times("n")), (vec![1], vec![]));
    let (status, body) = said(&server, "/write?db=hour", "m f=1\nm f=1 1000");
    assert_eq!(status, 403);
    let begins = "{\"code\":\"forbidden\",\"message\":\"dml handler error: data in table m is outside \
        of the retention period: minimum acceptable timestamp is 2";
    assert!(body.starts_with(begins), "{body}");
    let ends = "+00:00, but observed timestamp 1970-01-01T00:00:00.000001+00:00 is older.\"}";
    assert!(body.ends_with(ends), "{body}");
}

/// iox:mutable_batch_lp/src/lib.rs, the tests of issue 4326, and test_column_named_time.
#[test]
fn lines_that_do_not_fit_themselves_or_the_batch() {
    let server = Running::start(DEDICATED, &[]);
    for (line, reason) in [
        ("m,a=x,a=x f=1", "the tag 'a' is specified more than once with conflicting values"),
        ("m f=1,f=2i", "the field 'f' is specified more than once with conflicting types"),
        (
            "m,a=x a=1",
            "Unable to insert iox::column_type::field::float type into column a with type \
             iox::column_type::tag",
        ),
        (
            "m,time=x f=1",
            "Unable to insert iox::column_type::timestamp type into column time with type \
             iox::column_type::tag",
        ),
        (
            "m f=1u\nm f=\"x\"",
            "Unable to insert iox::column_type::field::string type into column f with type \
             iox::column_type::field::uinteger",
        ),
    ] {
        let number = line.lines().count();
        let (status, body) = server.refused(line);
        let expected = format!(
            "failed to parse line protocol: errors encountered on line(s):\nerror writing line \
             {number} (1-based): {reason}"
        );
        assert_eq!((status, body["message"].as_str()), (400, Some(&*expected)), "{line}");
    }
    assert_eq!(server.own("POST", "/write?db=db&precision=s", "m f=1,f=2 5").status, 204);
    assert_eq!(server.times("m"), [5_000_000_000]);
    let answer = server.own("POST", "/write?db=db&precision=s", "m f=1 9223372036854775807");
    assert!(
        answer
            .body
            .contains("line(s):\\ntimestamp overflows i64 on line 1 (1-based)\",\"line\":1}"),
        "{answer:?}"
    );
}

/// iox:router/src/server/http/write/multi_tenant.rs.
#[test]
fn many_tenants_have_no_v1() {
    let server = Running::start(SERVERLESS, &[]);
    assert_eq!(said(&server, "/write?db=db", "m f=1").0, 404);
    assert_eq!(server.write("m f=1 1").status, 204);
    let missing = "{\"code\":\"invalid\",\"message\":\"missing org/bucket value\"}";
    assert_eq!(said(&server, "/api/v2/write?bucket=db", "m f=1"), (400, missing.to_owned()));
    let (status, body) = said(&server, "/api/v2/write?bucket=d.b&org=o", "m f=1");
    assert_eq!(status, 400);
    assert!(body.contains("invalid namespace name: namespace name 'o_d.b' contains"), "{body}");
}

#[test]
fn a_database_of_two_parameters_is_read_by_the_same_two() {
    let server = Running::start(DEDICATED, &[]);
    assert_eq!(said(&server, "/write?db=x&rp=Y", "m f=1 1").0, 204);
    let read = |parameters: &str| {
        let target = format!("/query?{parameters}&epoch=ns&q=SELECT%20*%20FROM%20m");
        let answer = server.own("GET", &target, "");
        answer.json()["results"][0]["series"][0]["values"].to_string()
    };
    assert_eq!(read("db=x&rp=y"), "[[1,1]]");
    assert_eq!(read("db=x/y&rp=autogen"), "[[1,1]]");
    assert_eq!(read("db=x"), "null");
}
