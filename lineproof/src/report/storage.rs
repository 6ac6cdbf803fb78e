//! Reports in object storage, and at other URLs: the only place that knows whether this build can
//! read them.

use crate::exit::Failure;
use harness::merge::Report;

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

    /// The report at this URL, or those under it.
    pub(super) async fn all(url: &str) -> Result<Vec<Report>, Failure> {
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
                    "{url}: known are s3://, http:// and https://"
                )));
            }
        };
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
