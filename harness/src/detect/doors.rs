//! Whether a family's API answers at a server, without changing anything there for good: a fresh
//! server stays as it is.

use crate::driver;
use crate::run::{Interrupt, Stop};
use crate::session::Session;
use crate::session::opening::{Stopped, open_until};
use crate::target::Target;
use crate::wire::{Pool, Request, Response};
use profiles::{Capability, Family, Management};
use std::time::Duration;

/// What a family's API is like at a server.
pub(super) enum Door {
    /// It takes a line.
    Open(Box<Session>),
    /// It wants other credentials.
    Refuses(String),
    /// It waits to be set up, and whoever asks must not do that.
    Fresh(String),
    /// It is not there.
    Absent(String),
    /// The user has interrupted it; what may be left behind.
    Interrupted(Option<String>),
}

/// Tries the family of this target's profile.
pub(super) async fn try_door(target: &Target, interrupt: &Interrupt) -> Door {
    let pool = Pool::new(target.base.clone(), target.timeout);
    let url = target.base.url();
    if is_fresh(target, &pool).await {
        return Door::Fresh(format!(
            "{url} waits to be set up, which this command leaves to its owner: set it up, and give \
             its credentials"
        ));
    }
    if let Some(status) = refusal(target, &pool).await {
        return Door::Refuses(wants(&url, status, target.credentials.is_empty()));
    }
    // What is stored is not read: answers tell enough, and some servers show a write late.
    let mut blind = target.clone();
    blind.lacks.push(Capability::ReadBack);
    blind.visible_within = Some(Duration::ZERO);
    let mut stop = Stop::of(interrupt.clone());
    match open_until(&blind, false, stop.asked()).await {
        Ok(Ok(session)) => Door::Open(Box::new(session)),
        Ok(Err(error)) => Door::Absent(error.0),
        Err(Stopped { left_behind, .. }) => Door::Interrupted(left_behind),
    }
}

fn wants(url: &str, status: u16, none_given: bool) -> String {
    if none_given {
        return format!(
            "{url} wants credentials (status {status}): give --token, or --user and --password"
        );
    }
    format!("{url} refuses the credentials (status {status}): check --token, --user and --password")
}

/// A request that everybody with full rights may send, and that changes nothing.
fn question(family: Family) -> Request {
    Request::new(
        "GET",
        match family {
            Family::V1 => "/query?q=SHOW%20DATABASES",
            Family::V2 | Family::Iox(Management::Buckets) => "/api/v2/orgs",
            Family::V3 => "/api/v3/configure/database?format=json",
            // Without an account it is no path of a product that has them; the driver asks for one.
            Family::Iox(Management::Cluster | Management::Account) => "/api/v0/databases",
        },
    )
}

/// Whether making this family's API ready would set the server up.
async fn is_fresh(target: &Target, pool: &Pool) -> bool {
    match target.profile.family {
        // With authentication on and no user yet, anybody may make the first.
        Family::V1 => match pool.send(&question(Family::V1)).await {
            Ok(answer) => driver::v1::has_no_user(pool, &answer).await,
            Err(_) => false,
        },
        Family::V2 | Family::Iox(Management::Buckets) => {
            let answer = pool.send(&Request::new("GET", "/api/v2/setup")).await;
            answer.is_ok_and(|answer| json(&answer)["allowed"] == true)
        }
        Family::V3 | Family::Iox(_) => false,
    }
}

/// The status by which the server refuses us as whom we come; none where it lets us in, and none
/// where it has no such route.
async fn refusal(target: &Target, pool: &Pool) -> Option<u16> {
    let family = target.profile.family;
    let mut request = question(family);
    if let Some(value) = driver::authorization(target) {
        request.headers.push(("Authorization".to_owned(), value));
    }
    let answer = pool.send(&request).await.ok()?;
    matches!(answer.status, 401 | 403).then_some(answer.status)
}

fn json(response: &Response) -> serde_json::Value {
    serde_json::from_slice(&response.body).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    /// A server with these two answers: to who comes without credentials, and to who has some.
    async fn is_fresh_with(anonymous: (u16, &'static str), somebody: (u16, &'static str)) -> bool {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                tokio::spawn(async move {
                    let mut buffer = [0; 4096];
                    while let Ok(count @ 1..) = stream.read(&mut buffer).await {
                        let text = String::from_utf8_lossy(&buffer[..count]).into_owned();
                        let is_somebody = text.contains("Authorization:");
                        let (status, body) = if is_somebody { somebody } else { anonymous };
                        let length = body.len();
                        let answer = format!(
                            "HTTP/1.1 {status} X\r\nContent-Length: {length}\r\n\r\n{body}"
                        );
                        stream.write_all(answer.as_bytes()).await.unwrap();
                    }
                });
            }
        });
        let target = Target::new(&url, profiles::find("oss-v1@1.6").unwrap()).unwrap();
        is_fresh(&target, &Pool::new(target.base.clone(), target.timeout)).await
    }

    /// In whatever words a server says it.
    #[tokio::test]
    async fn who_has_no_user_asks_nobody_who_they_are() {
        const NO: (u16, &str) = (403, "{\"error\":\"nobody is here yet\"}");
        const WHO: (u16, &str) = (401, "{\"error\":\"who are you?\"}");
        const PAGE: (u16, &str) = (403, "<html>create admin user</html>");
        assert!(is_fresh_with(NO, NO).await);
        assert!(!is_fresh_with(NO, WHO).await, "it knows users");
        assert!(!is_fresh_with(WHO, WHO).await);
        assert!(!is_fresh_with(PAGE, PAGE).await, "a gateway");
        assert!(!is_fresh_with((200, "{\"results\":[]}"), NO).await);
    }
}
