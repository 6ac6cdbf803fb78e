//! From "no answer" to one sentence that says what to do. Where there are answers, and none of use, a
//! few questions follow: what does the target do with nonsense, is it of another `family`, of another
//! `release`?

mod family;
pub(crate) mod release;

use crate::target::{Target, Unusable};
use crate::wire::{Base, Pool, Request, Response, UNANSWERED, WireError};

/// Why there is no answer, for somebody who can do something about it.
pub(crate) fn wire(base: &Base, error: &WireError) -> Unusable {
    let url = base.url();
    let other = if base.tls {
        url.replacen("https://", "http://", 1)
    } else {
        url.replacen("http://", "https://", 1)
    };
    Unusable(match error {
        WireError::Resolve(host) => {
            format!("{host} has no address: check the host in --target {url}")
        }
        WireError::Refused(_) => {
            format!("nothing listens on {url}: start the server, or check host and port")
        }
        WireError::Unconnected(after) => format!(
            "{url} does not take a connection within {} s: check host, port and firewall; --timeout \
             gives it longer",
            after.as_secs_f32()
        ),
        WireError::Connect(why) => {
            format!("{url} cannot be reached: {why}; check host, port and firewall")
        }
        WireError::Tls(why) if speaks_http(why) => {
            format!("{url} does not speak TLS: try --target {other}")
        }
        WireError::Tls(why) => format!(
            "the TLS handshake with {url} failed ({why}): check the certificate, or name its authority in SSL_CERT_FILE"
        ),
        WireError::Timeout(after) => format!(
            "{url} took the connection and did not answer within {} s: is the server well? --timeout gives it longer",
            after.as_secs_f32()
        ),
        WireError::Unfinished(after, fragment) => format!(
            "{url} began to answer and was not done within {} s ({fragment}): is the server well, and \
             is its Content-Length right? --timeout gives it longer",
            after.as_secs_f32()
        ),
        WireError::NotHttp(bytes) if is_tls(bytes) => {
            format!("{url} speaks TLS: try --target {other}")
        }
        WireError::Closed | WireError::Reset if !base.tls => format!(
            "{url} ends the connection without an answer ({error}): is it this server's HTTP port, and does it want https?"
        ),
        WireError::Closed | WireError::Reset => {
            format!(
                "{url} ends the connection without an answer ({error}): is it this server's HTTP port?"
            )
        }
        WireError::Truncated(_) | WireError::Overlong(_) | WireError::Framing(_) => format!(
            "{url} gives no answer that can be read to its end ({error}): is a proxy in front of it, \
             or is the length that it declares wrong?"
        ),
        WireError::NotHttp(bytes) => format!(
            "{url} does not speak HTTP (it says {:?}): check the port",
            String::from_utf8_lossy(bytes)
        ),
    })
}

/// A TLS record: an alert or a handshake, version 3.x.
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x15 | 0x16, 0x03, ..])
}

/// What rustls says when the first bytes are no TLS record; others wait for more of them.
fn speaks_http(why: &str) -> bool {
    why.contains("InvalidContentType")
        || why.contains(UNANSWERED)
        || why.contains("corrupt message")
}

/// The answer, unless it is a page for people.
pub(crate) fn api(base: &Base, path: &str, response: Response) -> Result<Response, Unusable> {
    let url = base.url();
    if is_page(&response) {
        return Err(Unusable(format!(
            "{url}{path} answers with a page for people (HTML, status {}), perhaps to log in: is this \
             the API's address and port, is a proxy in front of it, does it need a path prefix?",
            response.status
        )));
    }
    if let (300..=399, Some(location)) = (response.status, response.header("location")) {
        return Err(Unusable(format!(
            "{url}{path} sends elsewhere (status {}, Location: {location}): name the API's own \
             address in --target; where that is a page to log in, a proxy is in front of it",
            response.status
        )));
    }
    Ok(response)
}

/// Why a target that does answer cannot be judged, with what it may be instead.
pub(crate) async fn explained(target: &Target, pool: &Pool, error: Unusable) -> Unusable {
    // Nothing was said that one could look into.
    if !pool.has_answered() {
        return error;
    }
    if let Some(answer) = nonsense(pool).await {
        if let Some(told) = answer.told {
            let url = target.base.url();
            return Unusable(format!("{url} {} (found out when: {error})", told.words));
        }
        // What it looks like instead comes first: any other advice rests on the wrong profile.
        if let Some(other) = family::other(target, pool, answer.status).await {
            return Unusable(format!("{other}; as {}: {error}", target.profile.name()));
        }
    }
    match release::doubt(target, pool, None, str::to_owned).await {
        Some(doubt) => Unusable(format!("{error}; {doubt}")),
        None => error,
    }
}

/// A path that no server has, and what no server can read.
const NOWHERE: &str = "/lineproof-asks-for-what-is-not-there";
const NONSENSE: &str = "lineproof: is this read?";

/// How a target answers nonsense.
pub(crate) struct Nonsense {
    /// The status.
    status: u16,
    /// What that tells; none where it is orderly.
    pub(crate) told: Option<Told>,
}

/// What the answers to nonsense tell.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Told {
    /// It cannot be a database, whatever else it says.
    pub(crate) is_none: bool,
    /// What it does.
    pub(crate) words: String,
}

/// What a target does with nonsense: something that answers alike whatever it is asked is no database.
/// None where it does not answer.
pub(crate) async fn nonsense(pool: &Pool) -> Option<Nonsense> {
    let request = Request::new("POST", NOWHERE).body(NONSENSE);
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(pool.send_fresh(&request).await.ok()?);
    }
    let status = answers.first()?.status;
    Some(Nonsense { status, told: told(&answers) })
}

/// What these answers to one and the same nonsense tell.
fn told(answers: &[Response]) -> Option<Told> {
    let none = |words| Some(Told { is_none: true, words });
    let first = answers.first()?;
    let statuses: Vec<_> = answers.iter().map(|answer| answer.status).collect();
    if statuses.iter().any(|status| *status != first.status) {
        let statuses: Vec<_> = statuses.iter().map(u16::to_string).collect();
        return none(format!(
            "answers one and the same request with the status {}: what it says means nothing; are \
             several servers behind this address?",
            statuses.join(", then ")
        ));
    }
    if first.text().trim_end() == NONSENSE {
        return none("sends back what it is sent: an echo, and no database".to_owned());
    }
    match first.status {
        // What is not there, or not for us, or not so: an orderly answer to nonsense.
        401 | 403..=405 | 501 => None,
        status @ 200..=299 => none(format!(
            "answers {status} to anything, also to a path that is not there: a stub, and no database; \
             whatever it takes, nothing shows that it is stored"
        )),
        status => Some(Told {
            is_none: false,
            words: format!(
                "answers {status} to anything, also to a path that is not there: what is behind this \
                 address?"
            ),
        }),
    }
}

/// Whether this is a page for people, and not an API.
pub(crate) fn is_page(response: &Response) -> bool {
    let head = response.body.iter().copied().take(200).collect::<Vec<_>>().to_ascii_lowercase();
    let head = String::from_utf8_lossy(&head).trim_start().to_owned();
    response.header("content-type").is_some_and(|v| v.contains("text/html"))
        || head.starts_with("<!doctype html")
        || head.starts_with("<html")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told_of(answers: &[(u16, &str)]) -> Option<Told> {
        let answer = |(status, body): &(u16, &str)| Response {
            status: *status,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        told(&answers.iter().map(answer).collect::<Vec<_>>())
    }

    #[test]
    fn nonsense_tells_what_a_target_is() {
        for orderly in [404, 405, 401, 403, 501] {
            assert_eq!(told_of(&[(orderly, "not found"); 2]), None);
        }
        let says = |answers: &[(u16, &str)], is_none: bool, words: &str| {
            let told = told_of(answers).unwrap();
            assert!(told.words.contains(words), "{told:?}");
            assert_eq!(told.is_none, is_none, "{told:?}");
        };
        says(&[(204, ""); 2], true, "answers 204 to anything");
        says(&[(400, ""); 2], false, "answers 400 to anything");
        says(&[(200, NONSENSE); 2], true, "an echo");
        says(&[(204, ""), (404, "")], true, "the status 204, then 404");
        assert_eq!(told_of(&[]), None);
    }

    #[test]
    fn a_page_is_told_from_an_api() {
        let page = |kind: &str, body: &str| {
            is_page(&Response {
                status: 200,
                headers: vec![("content-type".to_owned(), kind.to_owned())],
                body: body.as_bytes().to_vec(),
            })
        };
        assert!(page("text/html; charset=utf-8", ""));
        assert!(page("text/plain", " \n<!DOCTYPE HTML><title>Log in</title>"));
        assert!(page("application/json", "<html><body>"));
        assert!(!page("application/json", "{\"a\":\"<html>\"}"));
    }
}
