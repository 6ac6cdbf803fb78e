//! Reports in object storage, and at other URLs: the only place that knows whether this build can
//! read and write them.

use crate::exit::Failure;
use harness::merge::Report;
use percent_encoding::percent_decode_str;
use std::path::PathBuf;

/// The path that a `file://` URL names; none where it is another URL, or a path.
///
/// # Errors
/// It is such a URL, and names no path of this machine.
pub(crate) fn local(url: &str) -> Result<Option<PathBuf>, Failure> {
    let Some(path) = url.strip_prefix("file://") else { return Ok(None) };
    match percent_decode_str(path).decode_utf8() {
        Ok(path) if path.starts_with('/') => Ok(Some(PathBuf::from(path.into_owned()))),
        _ => Err(Failure::usage(format!("{url}: after file:// comes a path that begins with /"))),
    }
}

/// Whether a report can be written to this URL, as far as that is known before it is.
#[cfg(feature = "object-store")]
pub(crate) fn check(url: &str) -> Result<(), Failure> {
    with::target(url).map(drop)
}

#[cfg(not(feature = "object-store"))]
pub(crate) fn check(url: &str) -> Result<(), Failure> {
    Err(Failure::usage(format!(
        "{url}: this build writes files only (it has no feature `object-store`)"
    )))
}

/// Writes a report to this URL.
#[cfg(feature = "object-store")]
pub(crate) fn put(url: &str, text: &str) -> Result<(), Failure> {
    crate::run::runtime()?.block_on(with::put(url, text))
}

#[cfg(not(feature = "object-store"))]
pub(crate) fn put(url: &str, _: &str) -> Result<(), Failure> {
    check(url)
}

#[cfg(feature = "object-store")]
pub(super) fn all(url: &str) -> Result<Vec<Report>, Failure> {
    crate::run::runtime()?.block_on(with::all(url))
}

#[cfg(not(feature = "object-store"))]
pub(super) fn all(url: &str) -> Result<Vec<Report>, Failure> {
    Err(Failure::usage(format!(
        "{url}: this build reads files and folders only (it has no feature `object-store`)"
    )))
}

#[cfg(feature = "object-store")]
mod with {
    use crate::exit::Failure;
    use crate::report::source::{ENDING, LARGEST};
    use futures::TryStreamExt;
    use harness::merge::Report;
    use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
    use object_store::http::HttpBuilder;
    use object_store::path::Path;
    use object_store::{ClientConfigKey, ClientOptions, ObjectStore, ObjectStoreExt, RetryConfig};
    use std::time::Duration;

    /// The library would try for three minutes.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Where a URL is: how to speak to it, its scheme, its bucket or host, and the path in it.
    type At<'u> = (Box<dyn ObjectStore>, &'u str, &'u str, Path);

    fn at(url: &str) -> Result<At<'_>, Failure> {
        let fail = |error: object_store::Error| Failure::usage(format!("{url}: {}", told(&error)));
        let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
        let (place, path) = rest.split_once('/').unwrap_or((rest, ""));
        if place.is_empty() || place.contains('@') {
            return Err(Failure::usage(format!(
                "{scheme}://…: a bucket or host, and no credentials in it: those come from the environment"
            )));
        }
        let path = Path::from_url_path(path).map_err(|error| fail(error.into()))?;
        let store: Box<dyn ObjectStore> = match scheme {
            "s3" => {
                let patience = AmazonS3ConfigKey::Client(ClientConfigKey::ConnectTimeout);
                let builder = AmazonS3Builder::from_env().with_bucket_name(place);
                let builder = builder.with_config(patience, "5 seconds").with_retry(retries());
                Box::new(builder.build().map_err(fail)?)
            }
            "http" | "https" => {
                let options = ClientOptions::new()
                    .with_allow_http(true)
                    .with_connect_timeout(Duration::from_secs(5));
                let builder = HttpBuilder::new().with_url(format!("{scheme}://{place}"));
                let builder = builder.with_client_options(options).with_retry(retries());
                Box::new(builder.build().map_err(fail)?)
            }
            _ => {
                return Err(Failure::usage(format!(
                    "{url}: known are s3://, file://, http:// and https://"
                )));
            }
        };
        Ok((store, scheme, place, path))
    }

    /// The same of an object that is to be written.
    pub(super) fn target(url: &str) -> Result<(Box<dyn ObjectStore>, Path), Failure> {
        match at(url)? {
            (store, "s3", _, path) if !path.as_ref().is_empty() && !url.ends_with('/') => {
                Ok((store, path))
            }
            _ => Err(Failure::usage(format!(
                "{url}: a report is written to a file, or to an object: s3://bucket/folder/name"
            ))),
        }
    }

    pub(super) async fn put(url: &str, text: &str) -> Result<(), Failure> {
        let (store, path) = target(url)?;
        let put = store.put(&path, text.to_owned().into()).await;
        put.map(drop).map_err(|error| Failure::usage(format!("{url}: {}", told(&error))))
    }

    /// The report at this URL, or those under it.
    pub(super) async fn all(url: &str) -> Result<Vec<Report>, Failure> {
        let fail = |error: object_store::Error| Failure::usage(format!("{url}: {}", told(&error)));
        let (store, scheme, place, path) = at(url)?;
        let mut found = Vec::new();
        if scheme != "s3" || path.as_ref().ends_with(ENDING) {
            found.push(path);
        } else {
            let prefix = (!path.as_ref().is_empty()).then_some(&path);
            let mut objects = store.list(prefix);
            while let Some(object) = objects.try_next().await.map_err(fail)? {
                if object.location.as_ref().ends_with(ENDING) {
                    found.push(object.location);
                }
            }
            found.sort();
            if found.is_empty() {
                return Err(Failure::usage(format!("{url}: there is no *{ENDING} under it")));
            }
        }
        let mut reports = Vec::new();
        for path in found {
            let name = format!("{scheme}://{place}/{path}");
            let events = one(store.as_ref(), &path).await;
            let events = events.map_err(|why| Failure::usage(format!("{name}: {why}")))?;
            reports.push(Report { name, events });
        }
        Ok(reports)
    }

    async fn one(
        store: &dyn ObjectStore,
        path: &Path,
    ) -> Result<Vec<harness::event::Event>, String> {
        let too_large = || format!("larger than {LARGEST} bytes: this is no report");
        let object = store.get(path).await.map_err(|error| told(&error))?;
        let mut parts = object.into_stream();
        let mut text = Vec::new();
        while let Some(part) = parts.try_next().await.map_err(|error| told(&error))? {
            if text.len() + part.len() > usize::try_from(LARGEST).unwrap_or(usize::MAX) {
                return Err(too_large());
            }
            text.extend_from_slice(&part);
        }
        harness::saved::whole(text.as_slice())
    }

    fn retries() -> RetryConfig {
        RetryConfig { max_retries: 3, retry_timeout: PATIENCE, ..RetryConfig::default() }
    }

    /// The error and what it comes from, in a line.
    fn told(error: &object_store::Error) -> String {
        let mut text = error.to_string();
        let mut source = std::error::Error::source(error);
        while let Some(inner) = source {
            let inner_text = inner.to_string();
            if !text.contains(&inner_text) {
                text += &format!(": {inner_text}");
            }
            source = inner.source();
        }
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}
