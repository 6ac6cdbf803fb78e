//! Files that are written from front to end and then never again.

use crate::bridge::Bridge;
use crate::objects::{Objects, io_error};
use crate::{Shared, lock};
use object_store::path::Path as ObjectPath;
use object_store::{MultipartUpload, ObjectStoreExt, PutPayload};
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::time::timeout;
use write_ahead_log::File;

/// How many bytes are sent at once; stores take no less but in the last piece.
const PIECE: usize = 8 << 20;

/// A file that is an object when it is synced.
pub(crate) struct WholeFile {
    shared: Arc<Shared>,
    bridge: Arc<Bridge>,
    at: ObjectPath,
    length: u64,
    /// What was not sent yet.
    rest: Vec<u8>,
    /// What the pieces become, once there was one.
    upload: Option<Box<dyn MultipartUpload>>,
    is_done: bool,
}

impl WholeFile {
    pub(crate) fn new(shared: Arc<Shared>, bridge: Arc<Bridge>, at: ObjectPath) -> Self {
        Self { shared, bridge, at, length: 0, rest: Vec::new(), upload: None, is_done: false }
    }

    /// Sends what there is as a piece.
    fn send(&mut self) -> io::Result<()> {
        self.shared.ensure_held()?;
        let upload = self.upload.take();
        let (shared, at) = (Arc::clone(&self.shared), self.at.clone());
        let piece = PutPayload::from(std::mem::take(&mut self.rest));
        let upload = self.bridge.wait(async move {
            let objects = &shared.objects;
            let mut upload = match upload {
                Some(upload) => upload,
                None => begin(objects, &at).await?,
            };
            let limit = objects.limit(piece.content_length() as u64);
            timeout(limit, upload.put_part(piece))
                .await
                .map_err(io::Error::other)?
                .map_err(io_error)?;
            Ok(upload)
        })?;
        self.upload = Some(upload);
        Ok(())
    }
}

/// Begins an object that is sent in pieces. It would take the place of another one, so that must not
/// be there.
async fn begin(objects: &Objects, at: &ObjectPath) -> io::Result<Box<dyn MultipartUpload>> {
    match objects.length(at).await {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(error),
        Ok(_) => {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, format!("{at} is there")));
        }
    }
    let begun = timeout(objects.limit(0), objects.store.put_multipart(at)).await;
    begun.map_err(io::Error::other)?.map_err(io_error)
}

impl File for WholeFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        if offset != self.length || self.is_done {
            return Err(io::ErrorKind::Unsupported.into());
        }
        self.rest.extend_from_slice(bytes);
        self.length += bytes.len() as u64;
        if self.rest.len() >= PIECE {
            self.send()?;
        }
        Ok(bytes.len())
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        if bytes == self.length { Ok(()) } else { Err(io::ErrorKind::Unsupported.into()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.is_done {
            return Ok(());
        }
        if self.upload.is_some() && !self.rest.is_empty() {
            self.send()?;
        }
        self.shared.ensure_held()?;
        let (shared, at) = (Arc::clone(&self.shared), self.at.clone());
        let (upload, rest) = (self.upload.take(), std::mem::take(&mut self.rest));
        self.bridge.wait(async move {
            match upload {
                Some(mut upload) => {
                    let limit = shared.objects.limit(0);
                    let done = timeout(limit, upload.complete()).await;
                    done.map_err(io::Error::other)?.map(drop).map_err(io_error)
                }
                None => shared.objects.create(&at, rest).await.map(drop),
            }
        })?;
        self.is_done = true;
        self.shared.ensure_held()
    }
}

impl Drop for WholeFile {
    fn drop(&mut self) {
        if let Some(mut upload) = self.upload.take() {
            // Else its pieces are kept, and paid for.
            self.bridge.spawn(async move {
                if let Err(error) = upload.abort().await {
                    tracing::warn!(error = %io_error(error), "pieces of an object are left behind");
                }
            });
        }
    }
}

/// A file that is not whole yet: bytes in memory.
pub(crate) struct UnfinishedFile {
    shared: Arc<Shared>,
    path: PathBuf,
    bytes: Vec<u8>,
}

impl UnfinishedFile {
    pub(crate) fn new(shared: Arc<Shared>, path: PathBuf) -> Self {
        lock(&shared.unfinished).insert(path.clone(), Vec::new());
        Self { shared, path, bytes: Vec::new() }
    }
}

impl File for UnfinishedFile {
    fn write_at(&mut self, offset: u64, bytes: &[u8]) -> io::Result<usize> {
        let start = usize::try_from(offset).map_err(io::Error::other)?;
        let end = start + bytes.len();
        self.bytes.resize(self.bytes.len().max(end), 0);
        self.bytes[start..end].copy_from_slice(bytes);
        Ok(bytes.len())
    }

    fn set_len(&mut self, bytes: u64) -> io::Result<()> {
        self.bytes.resize(usize::try_from(bytes).map_err(io::Error::other)?, 0);
        Ok(())
    }

    fn sync(&mut self) -> io::Result<()> {
        lock(&self.shared.unfinished).insert(self.path.clone(), self.bytes.clone());
        Ok(())
    }
}
