//! Where a server's data is: a folder of this machine, or object storage, where this build can.

use crate::exit::Failure;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use write_ahead_log::{Files, RealFiles};

/// The file system, and the folder on it, that a path or a URL names.
///
/// # Errors
/// It is a URL of which this build knows nothing, or the environment does not say how to reach it.
pub(crate) fn place(data: &Path) -> Result<(Arc<dyn Files>, PathBuf), Failure> {
    match data.to_str().filter(|data| data.contains("://")) {
        None => Ok((Arc::new(RealFiles), data.to_owned())),
        Some(url) => bucket(url),
    }
}

#[cfg(feature = "object-store")]
fn bucket(url: &str) -> Result<(Arc<dyn Files>, PathBuf), Failure> {
    let (files, folder) = object_files::s3(url).map_err(Failure::usage)?;
    Ok((Arc::new(files), folder))
}

#[cfg(not(feature = "object-store"))]
fn bucket(url: &str) -> Result<(Arc<dyn Files>, PathBuf), Failure> {
    Err(Failure::usage(format!(
        "{url}: this build keeps data in folders only (it has no feature `object-store`)"
    )))
}
