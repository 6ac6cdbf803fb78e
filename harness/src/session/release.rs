//! The release that a server says it is, held against the profile that it is judged as. Who lies here
//! is judged by what it does all the same; but most often it is the profile that is wrong.

use crate::target::{Target, Unusable};
use crate::wire::{Pool, Request};
use profiles::{Family, Profile};

/// What is to be said of the release that the target claims to be, where that is another.
pub(super) async fn doubt(
    target: &Target,
    pool: &Pool,
    authorization: Option<&str>,
) -> Option<String> {
    let mut ping = Request::new("GET", "/ping");
    if let Some(value) = authorization {
        ping = ping.header("Authorization", value);
    }
    let answer = pool.send(&ping).await.ok()?;
    contradiction(target.profile, answer.header("x-influxdb-version")?)
}

/// The same beside a reason for which nothing could be judged: it may be the whole reason.
pub(super) async fn with_doubt(target: &Target, pool: &Pool, error: Unusable) -> Unusable {
    match doubt(target, pool, None).await {
        Some(doubt) => Unusable(format!("{error}; {doubt}")),
        None => error,
    }
}

fn contradiction(profile: &Profile, said: &str) -> Option<String> {
    let numbers = numbers(said)?;
    let family = match profile.family {
        Family::V1 => 1,
        Family::V2 => 2,
        Family::V3 => 3,
        // A service; what it is made of has numbers of its own.
        Family::Iox(_) => return None,
    };
    // An edition that is no release says nothing of numbers.
    let edition = self::numbers(profile.edition).unwrap_or_else(|| vec![family]);
    if numbers.first() == Some(&family) && numbers.starts_with(&edition) {
        return None;
    }
    let said: String = said.chars().take(40).collect();
    Some(format!(
        "the server says that it is version {said} (X-Influxdb-Version), and is judged as {}: the \
         profile may be wrong (--profile), or the server is not what it says",
        profile.name()
    ))
}

/// `v2.7.12` is 2, 7, 12, and `1.6.7~rc0` is 1, 6, 7; none where it does not begin with two numbers.
fn numbers(version: &str) -> Option<Vec<u32>> {
    let version = version.trim();
    let parts = version.strip_prefix('v').unwrap_or(version).split('.');
    let numbers: Vec<u32> = parts
        .map_while(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            part[..digits].parse().ok()
        })
        .collect();
    (numbers.len() >= 2).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_agrees_with_its_own_profile_alone() {
        let doubt = |profile, said| contradiction(profiles::find(profile).unwrap(), said);
        for (profile, said) in [
            ("oss-v1@1.6", "1.6.7~rc0"),
            ("oss-v1@1.12", "v1.12.4"),
            ("oss-v2@2.7", "v2.7.12"),
            ("oss-v2", "v2.9.1"),
            ("v3-core@3.6", "3.6.0"),
            // Nothing that has numbers is said, or the profile has none.
            ("v3-core@3.6", "docs"),
            ("oss-v1@1.6", "unknown"),
            ("clustered@router-2023", "1.8.10"),
        ] {
            assert_eq!(doubt(profile, said), None, "{profile} {said}");
        }
        for (profile, said) in [
            ("oss-v1@1.6", "v2.7.12"),
            ("oss-v1@1.6", "1.60.1"),
            ("oss-v1@1.6", "1.8.10"),
            ("oss-v2", "3.6.0"),
            ("v3-core@3.6", "3.8.0"),
        ] {
            let told = doubt(profile, said).unwrap();
            assert!(told.contains(said) && told.contains(profile), "{told}");
        }
    }
}
