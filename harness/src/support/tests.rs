//! What gets through and what does not; the files of an incident that somebody made up.

use super::*;
use crate::claim::Claim;
use crate::target::Credentials;

fn scrub() -> Scrub {
    let credentials = Credentials {
        token: Some("tok=en, 1\"x".to_owned()),
        user: Some("admin".to_owned()),
        password: Some("hunter22".to_owned()),
    };
    Scrub::new(&credentials, &["from-the-environment".to_owned()])
}

#[test]
fn a_known_secret_is_found_in_each_form() {
    for text in [
        "tok=en, 1\"x",
        r#"cpu,t=tok\=en\,\ 1"x f=1"#,
        r#"cpu f="tok=en, 1\"x""#,
        "q=tok%3Den%2C%201%22x",
        "dG9rPWVuLCAxIng=",
        // admin:hunter22
        "Basic YWRtaW46aHVudGVyMjI=",
        "x from-the-environment y",
        // `cpu f="hunter22"`, as it is and compressed.
        "echo Y3B1IGY9Imh1bnRlcjIyIg== | base64 -d | curl",
        "echo H4sIAAAAAAACA0suKFVIs1XKKM0rSS0yMlICAClSz48QAAAA | base64 -d | curl",
    ] {
        let hidden = scrub().text(text);
        for part in ["en, 1", "en%2C", "dG9r", "hunter", "aHVud", "environment", "Y3B1", "H4sI"] {
            assert!(!hidden.contains(part), "{text} became {hidden}");
        }
        assert!(hidden.contains('{'), "{hidden}");
    }
}

#[test]
fn a_secret_is_told_by_its_place() {
    for (text, left) in [
        ("url=http://bob:pa55@host/x", "url=http://{hidden}@host/x"),
        ("Authorization: Bearer abc", "Authorization: Bearer {hidden}"),
        (r#"{"Authorization":"Token abc=="}"#, r#"{"Authorization":"Token {hidden}"}"#),
        ("/write?u=me&p=pa55&db=d", "/write?u=me&p={hidden}&db=d"),
        ("/x?access_token=abc", "/x?access_token={hidden}"),
        (r#"{\"accessToken\": \"abc\"}"#, r#"{\"accessToken\": \"{hidden}\"}"#),
        ("CREATE USER a WITH PASSWORD 'x y'", "CREATE USER a WITH PASSWORD '{hidden}'"),
        ("q=SET+PASSWORD+FOR+a+=+%27xy%27", "q=SET+PASSWORD+FOR+a+=+%27{hidden}%27"),
        (r#"m,host=a api_key="a b\"c" 1"#, r#"m,host=a api_key="{hidden}" 1"#),
        ("m,token=abcdefgh f=1 1", "m,token={hidden} f=1 1"),
        ("see apiv3_abcdefghij here", "see {hidden} here"),
    ] {
        assert_eq!(Scrub::default().text(text), left);
        assert_eq!(Scrub::default().text(left), left, "what is hidden stays as it is");
    }
}

#[test]
fn what_is_no_secret_stays() {
    for text in [
        r#"curl -sS -i 'http://h/write?db=d' -H 'Authorization: Bearer '"$LINEPROOF_TOKEN""#,
        "curl http://h -u \"$LINEPROOF_USER:$LINEPROOF_PASSWORD\"",
        "-H \"Authorization: Bearer $LINEPROOF_TOKEN\"",
        "cpu,host=a,tokens=5 value=1.5,token=3i 1700000000000000000",
        "echo Y3B1IGY9MQ== | base64 -d | curl",
        r#"{"error":"unable to parse authentication credentials"}"#,
    ] {
        assert_eq!(Scrub::default().text(text), text);
    }
}

fn line(number: usize, text: &str, claim: Claim) -> Line {
    Line { number, text: text.to_owned(), claim, fate: None }
}

fn refused() -> Exchange {
    let mut lines = vec![line(1, "m f=1 1", Claim::Accepted), line(2, "bad", Claim::Rejected)];
    lines.extend((3..40).map(|n| line(n, &"x".repeat(9_000), Claim::Rejected)));
    Exchange {
        step: 1,
        action: "write".to_owned(),
        is_write: true,
        request: "POST /write?db=d".to_owned(),
        lines,
        answer: Ok(Answered { status: 400, headers: Vec::new(), body: "no\nwell".to_owned() }),
        took: Some(std::time::Duration::from_micros(1_500)),
        ..Exchange::default()
    }
}

#[test]
fn the_files_are_those_of_the_page() {
    let incident = Incident { exchanges: vec![refused()], ..Incident::default() };
    let files = files(&incident, &Scrub::default(), "2026-01-01T00:00:00Z");
    // "Files to include".
    let names: Vec<_> = files.iter().map(|(name, _)| *name).collect();
    assert_eq!(
        names,
        [
            "write-error-response.txt",
            "client-logs.txt",
            "sample-data.lp",
            "reproduction-steps.md",
            "environment-details.md",
            "write-patterns.md",
        ]
    );
    let text = |name: &str| files.iter().find(|(n, _)| *n == name).unwrap().1.as_str();
    // What the page's curl writes: the body, then `\nHTTP Status: …\nResponse Time: …s\n`.
    let response = text("write-error-response.txt");
    assert!(
        response.contains("no\nwell\nHTTP Status: 400\nResponse Time: 0.001500s\n"),
        "{response}"
    );
    // "Include 10-20 lines", the good ones and the failing ones apart.
    let sample = text("sample-data.lp");
    assert!(sample.contains("# Successful writes:\nm f=1 1\n"), "{sample}");
    assert!(sample.contains("# Failing writes: (the first 10 of 38)\nbad\n"), "{sample}");
    assert!(sample.contains("# Error: HTTP 400: no␊well\n"), "{sample}");
    let shown = sample.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    assert_eq!(shown.count(), 11);
    assert!(sample.len() < 50_000, "long lines are cut");
    // The sections and the questions.
    for (name, words) in [
        ("reproduction-steps.md", &["Environment setup", "Data preparation", "Write commands"][..]),
        ("reproduction-steps.md", &["Expected vs actual results"]),
        ("environment-details.md", &["Client library version and language", "Connection settings"]),
        ("environment-details.md", &["Geographic location relative to cluster"]),
        ("environment-details.md", &["Kubernetes environment details", "Node specifications"]),
        ("write-patterns.md", &["Frequency", "Batch size", "Concurrency", "Data retention"]),
        ("write-patterns.md", &["Timing", "intermittent or consistent"]),
    ] {
        assert!(words.iter().all(|word| text(name).contains(word)), "{}", text(name));
    }
}

#[test]
fn no_file_is_endless() {
    let many = (0..300).map(|_| refused()).collect();
    let incident = Incident { exchanges: many, ..Incident::default() };
    for (name, text) in files(&incident, &Scrub::default(), "") {
        assert!(text.len() <= LONGEST + 100, "{name}: {}", text.len());
    }
}

#[test]
fn no_answer_looks_as_curl_says_it() {
    let nothing = Exchange { answer: Err("no answer within 1 s".to_owned()), ..refused() };
    let incident = Incident { exchanges: vec![nothing], ..Incident::default() };
    let response = &files(&incident, &Scrub::default(), "")[0].1;
    assert!(response.contains("no answer within 1 s\nHTTP Status: 000\n"), "{response}");
}

/// A secret that no session knew, across every place where a text is cut.
#[test]
fn half_a_secret_is_in_no_file() {
    const SECRET: &str = "from-the-environment";
    let across = |most: usize| format!("{}{SECRET} and more", "x".repeat(most - 10));
    let line = |number: usize, most: usize, claim: Claim| Line {
        number,
        text: across(most),
        claim,
        fate: None,
    };
    let exchange = |body: String| Exchange {
        step: 1,
        is_write: true,
        lines: vec![line(1, 4 * 1024, Claim::Accepted), line(2, 4 * 1024, Claim::Rejected)],
        measurements: [across(1_000)].into(),
        answer: Ok(Answered { status: 400, headers: Vec::new(), body }),
        ..Exchange::default()
    };
    let bodies = [2_000, 8 * 1024, 64 * 1024].map(|most| exchange(across(most)));
    let unanswered = Exchange { answer: Err(across(8 * 1024)), ..exchange(String::new()) };
    for exchange in bodies.into_iter().chain([unanswered]) {
        let incident = Incident { exchanges: vec![exchange], ..Incident::default() };
        for (name, text) in files(&incident, &scrub(), "now") {
            assert!(!text.contains("xfrom-"), "{name}");
            assert!(!text.contains(&SECRET[..8]), "{name}");
        }
    }
}
