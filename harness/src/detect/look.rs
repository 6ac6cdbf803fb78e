//! What a server says of itself, before anything is asked of it that tells more.

use crate::diagnose::release::{is_of, number as number_of};
use crate::driver;
use crate::redact::Secrets;
use crate::target::{Target, Unusable};
use crate::wire::{Base, Pool, Request, Response};
use profiles::Profile;
use serde::Serialize;
use serde_json::Value as Json;

/// Where a server may say what it is.
const PLACES: [&str; 2] = ["/ping", "/health"];

/// What of a strange answer is shown.
const SHOWN: usize = 80;

/// What a server claims to be.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Claim {
    /// The release.
    pub version: Option<String>,
    /// The kind of build.
    pub build: Option<String>,
    /// Each claim with its place, as it was said.
    pub said: Vec<String>,
}

/// The first look.
pub(super) struct Looked {
    pub(super) claim: Claim,
    /// How each place answered, in a few words.
    answers: Vec<String>,
}

/// Asks the places where servers say what they are.
pub(super) async fn look(target: &Target) -> Result<Looked, Unusable> {
    let pool = Pool::new(target.base.clone(), target.timeout);
    let headers = driver::authorizations(target);
    // Who lets nobody in without credentials may send them back.
    let own = headers.iter().filter_map(|value| value.split_whitespace().last());
    let own = own.map(|secret| (secret, "{token}"));
    let secrets = Secrets::new(own.chain(target.credentials.secrets()));
    let mut looked = Looked { claim: Claim::default(), answers: Vec::new() };
    for place in PLACES {
        let answer = pool.send(&Request::new("GET", place)).await;
        let mut answer = answer.map_err(|error| crate::diagnose::wire(&target.base, &error))?;
        for value in &headers {
            if !matches!(answer.status, 401 | 403) {
                break;
            }
            let request = Request::new("GET", place).header("Authorization", value);
            answer = pool.send(&request).await.unwrap_or(answer);
        }
        looked.claim.read(place, &answer, &secrets);
        looked.answers.push(in_short(place, &answer, &secrets));
    }
    Ok(looked)
}

impl Claim {
    fn read(&mut self, place: &str, answer: &Response, secrets: &Secrets) {
        let json: Json = serde_json::from_slice(&answer.body).unwrap_or_default();
        // Hidden before it is cut: half a secret would not be found.
        let shortened = |text: &str| secrets.hide(text).chars().take(SHOWN).collect::<String>();
        for (name, in_body) in
            [("x-influxdb-version", "version"), ("x-influxdb-build", ""), ("", "name")]
        {
            let header = answer.header(name).map(|v| (format!("{name}: {v}"), v.to_owned()));
            let member = json[in_body].as_str();
            let member = member.map(|v| (format!("\"{in_body}\": \"{v}\""), v.to_owned()));
            for (shown, value) in [header, member].into_iter().flatten() {
                let shown = shortened(&shown);
                if !self.said.iter().any(|said| said.starts_with(&shown)) {
                    self.said.push(format!("{shown} (GET {place})"));
                }
                let slot = match (name, in_body) {
                    (_, "version") => &mut self.version,
                    ("x-influxdb-build", _) => &mut self.build,
                    _ => continue,
                };
                slot.get_or_insert_with(|| shortened(&value));
            }
        }
    }
}

impl Looked {
    /// What stands where none of the products answers.
    pub(super) fn looks_like(&self, base: &Base) -> String {
        format!(
            "nothing at {} answers as InfluxDB does ({}): check host, port and path prefix",
            base.url(),
            self.answers.join("; ")
        )
    }
}

fn in_short(place: &str, answer: &Response, secrets: &Secrets) -> String {
    let mut text = format!("GET {place}: status {}", answer.status);
    for name in ["server", "content-type"] {
        if let Some(value) = answer.header(name) {
            let value = secrets.hide(value);
            text += &format!(", {name}: {}", value.chars().take(SHOWN).collect::<String>());
        }
    }
    let body = secrets.hide(&answer.text());
    let body: String = body.split_whitespace().collect::<Vec<_>>().join(" ");
    if body.is_empty() {
        return text;
    }
    let dots = if body.chars().count() > SHOWN { "…" } else { "" };
    format!("{text}, {:?}{dots}", body.chars().take(SHOWN).collect::<String>())
}

/// Where the release that is claimed is not what the server acts like. Editions are named after
/// releases: that is all that is known of version strings.
pub(super) fn warnings(
    claim: &Claim,
    best: &[&'static Profile],
    profiles: &[&'static Profile],
) -> Vec<String> {
    let Some(version) = claim.version.as_deref() else { return Vec::new() };
    let Some(number) = number_of(version) else { return Vec::new() };
    let major = number.split('.').next().unwrap_or(number);
    let claimed: Vec<_> = profiles.iter().filter(|p| is_of(p.edition, major)).collect();
    let Some(first) = best.first().filter(|_| !claimed.is_empty()) else { return Vec::new() };
    let names: Vec<_> = best.iter().map(|profile| profile.name()).collect();
    // An edition that is named after no release may be any of its family.
    let may_be = |profile: &&'static Profile| {
        claimed.iter().any(|claimed| {
            claimed.product == profile.product
                || (claimed.family == profile.family && number_of(profile.edition).is_none())
        })
    };
    let mut products: Vec<_> = claimed.iter().map(|profile| profile.product).collect();
    products.dedup();
    if !best.iter().any(may_be) {
        return vec![format!(
            "it claims to be release {version}, which is of {}, and acts like {}",
            products.join(" or "),
            names.join(" or ")
        )];
    }
    let exact = claimed
        .iter()
        .filter(|claimed| claimed.product == first.product && is_of(number, claimed.edition));
    // The most exact name: 3.8.0 before 3.8.
    match exact.max_by_key(|claimed| claimed.edition.len()) {
        Some(exact)
            if number_of(first.edition).is_some()
                && !best.iter().any(|profile| is_of(number, profile.edition)) =>
        {
            vec![format!(
                "it claims to be release {version}, which is {}, and acts like {}",
                exact.name(),
                names.join(" or ")
            )]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_held_against_the_names_of_the_editions() {
        let warned = |version: &str, best: &str| {
            let claim = Claim { version: Some(version.to_owned()), ..Claim::default() };
            warnings(&claim, &[profiles::find(best).unwrap()], profiles::ALL)
        };
        assert_eq!(warned("2.7.1", "oss-v2@2.7"), [""; 0]);
        assert_eq!(warned("v2.4.0", "oss-v2@2.7"), [""; 0]);
        assert_eq!(warned("1.6.7", "oss-v1@1.6"), [""; 0]);
        assert_eq!(warned("unknown", "oss-v1@1.6"), [""; 0]);
        assert_eq!(warned("3.9.0", "v3-enterprise@docs"), [""; 0]);
        let other = warned("2.7", "oss-v1@1.6").remove(0);
        assert!(other.contains("2.7, which is of oss-v2, and acts like oss-v1@1.6"), "{other}");
        let newer = warned("v2.9.0", "oss-v2@2.7").remove(0);
        assert!(newer.contains("which is oss-v2@2.9, and acts like oss-v2@2.7"), "{newer}");
    }

    /// A gateway that asks for credentials and sends back what it was given.
    #[tokio::test]
    async fn what_comes_back_of_the_credentials_is_not_shown() {
        use tokio::io::{AsyncReadExt, AsyncWriteExt};
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                        let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                        let own = text.lines().find_map(|l| l.strip_prefix("Authorization: "));
                        let answer = match own {
                            None => "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n".to_owned(),
                            // Some of it stands where a text is cut.
                            Some(own) => format!(
                                "HTTP/1.1 200 OK\r\nServer: {own}\r\nX-Influxdb-Version: {own}\r\n\
                                 X-Influxdb-Build: {0:.<60} {own}\r\nContent-Length: {1}\r\n\r\n{0:.<60} {own}",
                                "",
                                61 + own.len()
                            ),
                        };
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        let secret =
            "s3cret-and-so-long-that-it-does-not-fit-into-what-is-shown-of-a-text-0123456789";
        for is_user in [false, true] {
            let mut target = Target::new(&url, profiles::ALL[0]).unwrap();
            if is_user {
                target.credentials.user = Some("me".to_owned());
                target.credentials.password = Some(secret.to_owned());
            } else {
                target.credentials.token = Some(secret.to_owned());
            }
            let looked = look(&target).await.unwrap();
            let said = format!("{:?} {}", looked.claim, looked.looks_like(&target.base));
            // The pair of Basic credentials begins so.
            for part in ["s3cret", "bWU6czNj"] {
                assert!(!said.contains(part), "{said}");
            }
            assert!(said.contains("{token}"), "{said}");
        }
    }
}
