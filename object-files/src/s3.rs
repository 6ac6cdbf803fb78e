//! `s3://bucket/prefix`, with what the environment says of keys, region and address.

use crate::objects::told;
use crate::{ObjectFiles, Times};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::path::Path as ObjectPath;
use object_store::{ClientConfigKey, RetryConfig};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long the store itself tries a request again, before we look what became of it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Why a URL names no place for files.
#[derive(Debug, PartialEq, Eq)]
pub struct BadUrl(String);

impl std::fmt::Display for BadUrl {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadUrl {}

/// The files under `s3://bucket/prefix`, and the folder there that is meant. How to reach the store
/// comes from the environment (`AWS_…`); nothing is asked of it yet.
///
/// # Errors
/// It is no such URL, or the environment cannot be used.
pub fn s3(url: &str) -> Result<(ObjectFiles, PathBuf), BadUrl> {
    let rest = url.strip_prefix("s3://").ok_or_else(|| {
        BadUrl(format!("{url}: of URLs only s3://bucket/prefix is known; else name a folder"))
    })?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    if bucket.is_empty() || rest.contains('@') {
        return Err(BadUrl(
            "s3://…: a bucket, and no credentials in it: those come from the environment"
                .to_owned(),
        ));
    }
    let fail = |why: String| BadUrl(format!("{url}: {why}"));
    let prefix = ObjectPath::parse(prefix).map_err(|error| fail(told(&error)))?;
    let root = PathBuf::from(format!("s3://{bucket}/{prefix}").trim_end_matches('/'));
    let config = |key| AmazonS3ConfigKey::Client(key);
    let retries = RetryConfig { max_retries: 3, retry_timeout: PATIENCE, ..RetryConfig::default() };
    let store = AmazonS3Builder::from_env()
        .with_bucket_name(bucket)
        .with_config(config(ClientConfigKey::ConnectTimeout), "5 seconds")
        // How long a request takes depends on its bytes, and is bounded elsewhere.
        .with_config(config(ClientConfigKey::Timeout), "15 minutes")
        .with_retry(retries)
        .build()
        .map_err(|error| fail(told(&error)))?;
    let files = ObjectFiles::new(Arc::new(store), prefix, root.clone(), Times::default());
    Ok((files.map_err(|error| fail(error.to_string()))?, root))
}
