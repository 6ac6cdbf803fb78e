//! The release that a server says it is, held against the profile that it is judged as. Who lies here
//! is judged by what it does all the same; but most often it is the profile that is wrong.

use crate::target::Target;
use crate::wire::{Pool, Request};
use profiles::{Family, Profile};

/// What is to be said of the release that the target claims to be, where that is another.
pub(crate) async fn doubt(
    target: &Target,
    pool: &Pool,
    authorization: Option<&str>,
    hide: impl Fn(&str) -> String,
) -> Option<String> {
    let mut ping = Request::new("GET", "/ping");
    if let Some(value) = authorization {
        ping = ping.header("Authorization", value);
    }
    let answer = pool.send(&ping).await.ok()?;
    // Hidden before it is cut: half a secret would not be found.
    contradiction(target.profile, &hide(answer.header("x-influxdb-version")?))
}

fn contradiction(profile: &Profile, said: &str) -> Option<String> {
    let number = number(said)?;
    let family = match profile.family {
        Family::V1 => "1",
        Family::V2 => "2",
        Family::V3 => "3",
        // A service; what it is made of has numbers of its own.
        Family::Iox(_) => return None,
    };
    // An edition that is no release says nothing of numbers.
    let edition = self::number(profile.edition).unwrap_or(family);
    if is_of(number, family) && is_of(number, edition) {
        return None;
    }
    let said: String = said.chars().take(40).collect();
    Some(format!(
        "the server says that it is version {said} (X-Influxdb-Version), and is judged as {}: the \
         profile may be wrong (--profile), or the server is not what it says",
        profile.name()
    ))
}

/// The number of a release: `2.7.1` of `v2.7.1-rc0`; none where it does not begin with two numbers.
pub(crate) fn number(version: &str) -> Option<&str> {
    let number = version.trim().trim_start_matches(['v', 'V']);
    let end = number.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(number.len());
    let number = number[..end].trim_end_matches('.');
    (number.contains('.') && number.starts_with(|c: char| c.is_ascii_digit())).then_some(number)
}

/// Whether a release is this one or one of its patches, part by part.
pub(crate) fn is_of(number: &str, release: &str) -> bool {
    number.strip_prefix(release).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_release_has_a_number() {
        assert_eq!(number("v2.7.11"), Some("2.7.11"));
        assert_eq!(number("1.6.7~rc0"), Some("1.6.7"));
        assert_eq!(number("3.0.1-0.1.0"), Some("3.0.1"));
        assert_eq!(number("docs"), None);
        assert_eq!(number("Cloud"), None);
        assert!(is_of("2.7.1", "2.7") && is_of("2.7", "2"));
        assert!(!is_of("2.71", "2.7"));
    }

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
