//! Objects: put where nothing may be lost by it, read, listed and removed, within a limit of time.

use futures::{StreamExt, TryStreamExt};
use object_store::path::Path as ObjectPath;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, PutResult, UpdateVersion,
};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use tokio::time::timeout;

/// Which version of an object it is.
pub(crate) type Version = UpdateVersion;

/// How long it waits before it tries again, at first.
const PAUSE: Duration = Duration::from_millis(100);

/// A request that is not answered for so long is told of.
const SLOW: Duration = Duration::from_secs(5);

/// The store.
#[derive(Clone)]
pub(crate) struct Objects {
    pub(crate) store: Arc<dyn ObjectStore>,
    limit: Duration,
    /// It was said that the store does not answer, and it has not answered since.
    is_told: Arc<AtomicBool>,
}

/// An object that was listed.
pub(crate) struct Found {
    pub(crate) at: ObjectPath,
    /// Since 1970, by the store's clock.
    changed: Duration,
}

impl Found {
    /// How long it has been as it is.
    pub(crate) fn age(&self) -> Duration {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        now.saturating_sub(self.changed)
    }
}

/// What the store said of an attempt to put an object.
enum Put {
    Done(Version),
    /// Something else is there, or is not there any more: why.
    Taken(Error),
    /// It may be there or not.
    Unknown(io::Error),
    Failed(io::Error),
}

impl Put {
    fn of(result: Result<object_store::Result<PutResult>, tokio::time::error::Elapsed>) -> Self {
        match result {
            Ok(Ok(PutResult { e_tag, version, .. })) => Self::Done(Version { e_tag, version }),
            Ok(Err(error @ (Error::AlreadyExists { .. } | Error::Precondition { .. }))) => {
                Self::Taken(error)
            }
            Ok(Err(error @ Error::Generic { .. })) => Self::Unknown(io_error(error)),
            Ok(Err(error)) => Self::Failed(io_error(error)),
            Err(_) => Self::Unknown(too_long()),
        }
    }
}

impl Objects {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, limit: Duration) -> Self {
        Self { store, limit, is_told: Arc::default() }
    }

    /// How long so many bytes may take.
    pub(crate) fn limit(&self, bytes: u64) -> Duration {
        self.limit + Duration::from_secs(bytes >> 20)
    }

    /// What a request says of this object, if it does so in time.
    async fn limited<T>(
        &self,
        at: &ObjectPath,
        bytes: u64,
        request: impl Future<Output = object_store::Result<T>>,
    ) -> io::Result<T> {
        let limit = self.limit(bytes);
        let answer = timeout(limit, self.noticed(at, bytes, limit, request)).await;
        answer.map_err(|_| too_long())?.map_err(io_error)
    }

    /// What comes of it; where that takes long, whoever waits hears for what, once.
    async fn noticed<T>(
        &self,
        at: &ObjectPath,
        bytes: u64,
        limit: Duration,
        request: impl Future<Output = T>,
    ) -> T {
        let mut request = std::pin::pin!(request);
        let slow = SLOW + Duration::from_secs(bytes >> 20);
        if let Ok(answer) = timeout(slow, &mut request).await {
            self.is_told.store(false, Ordering::Relaxed);
            return answer;
        }
        if !self.is_told.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                "object storage has not answered for {} s ({at}); it is waited for, {} s at most for each \
                 request (AWS_ENDPOINT_URL says where it is)",
                slow.as_secs(),
                limit.as_secs()
            );
        }
        request.await
    }

    /// Puts an object where there is none.
    ///
    /// # Errors
    /// There is one that is not the same ([`io::ErrorKind::AlreadyExists`]), or the store failed.
    pub(crate) async fn create(&self, at: &ObjectPath, bytes: Vec<u8>) -> io::Result<Version> {
        self.put(at, bytes, PutMode::Create).await
    }

    /// Puts an object in the place of one that is still the same as when it had this version.
    ///
    /// # Errors
    /// It is another one ([`io::ErrorKind::AlreadyExists`]), or the store failed.
    pub(crate) async fn replace(
        &self,
        at: &ObjectPath,
        bytes: Vec<u8>,
        version: Version,
    ) -> io::Result<Version> {
        self.put(at, bytes, PutMode::Update(version)).await
    }

    /// Puts an object. Where an answer is lost it is seen from what is there whether it was done: the
    /// content is none that anybody else would put there.
    async fn put(&self, at: &ObjectPath, bytes: Vec<u8>, mode: PutMode) -> io::Result<Version> {
        let payload = PutPayload::from(bytes);
        let limit = self.limit(payload.content_length() as u64);
        let (begun, mut pause) = (Instant::now(), PAUSE);
        loop {
            let options = PutOptions { mode: mode.clone(), ..PutOptions::default() };
            let rest = limit.saturating_sub(begun.elapsed());
            let put = self.store.put_opts(at, payload.clone(), options);
            let bytes = payload.content_length() as u64;
            let attempt = timeout(rest, self.noticed(at, bytes, limit, put)).await;
            let why = match Put::of(attempt) {
                Put::Done(version) => return Ok(version),
                Put::Failed(error) => return Err(error),
                Put::Unknown(error) => error,
                Put::Taken(error) => match self.get(at).await {
                    Ok((there, version)) if is_same(&payload, &there) => return Ok(version),
                    // Two who come at once may both be refused.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => match mode {
                        PutMode::Create => error,
                        _ => return Err(taken(at)),
                    },
                    Err(unread) => unread,
                    Ok(_) => {
                        drop(error);
                        return Err(taken(at));
                    }
                },
            };
            if begun.elapsed() + pause >= limit {
                return Err(why);
            }
            tokio::time::sleep(pause).await;
            pause = (2 * pause).min(Duration::from_secs(2));
        }
    }

    /// Puts an object once, whatever comes of it.
    pub(crate) async fn put_once(
        &self,
        at: &ObjectPath,
        bytes: Vec<u8>,
        mode: PutMode,
        limit: Duration,
    ) -> object_store::Result<Version> {
        let options = PutOptions { mode, ..PutOptions::default() };
        let put = timeout(limit, self.store.put_opts(at, bytes.into(), options)).await;
        let late = |_| Error::Generic { store: "object storage", source: Box::new(too_long()) };
        let PutResult { e_tag, version, .. } = put.map_err(late)??;
        Ok(Version { e_tag, version })
    }

    /// All of an object, and which version it is.
    pub(crate) async fn get(&self, at: &ObjectPath) -> io::Result<(Vec<u8>, Version)> {
        let found = self.limited(at, 0, self.store.get(at)).await?;
        let (e_tag, version) = (found.meta.e_tag.clone(), found.meta.version.clone());
        let bytes = self.limited(at, found.meta.size, found.bytes()).await?;
        Ok((bytes.to_vec(), Version { e_tag, version }))
    }

    pub(crate) async fn length(&self, at: &ObjectPath) -> io::Result<u64> {
        self.limited(at, 0, self.store.head(at)).await.map(|found| found.size)
    }

    /// So many bytes of an object.
    pub(crate) async fn read_at(
        &self,
        at: &ObjectPath,
        offset: u64,
        length: usize,
    ) -> io::Result<Vec<u8>> {
        let bytes = self.read_most(at, offset..offset.saturating_add(length as u64)).await?;
        if bytes.len() != length {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        Ok(bytes)
    }

    /// The bytes of an object in this range, as far as it has them.
    pub(crate) async fn read_most(
        &self,
        at: &ObjectPath,
        range: Range<u64>,
    ) -> io::Result<Vec<u8>> {
        let length = range.end - range.start;
        let bytes = self.limited(at, length, self.store.get_range(at, range)).await?;
        Ok(bytes.to_vec())
    }

    /// All objects below this one.
    pub(crate) async fn list(&self, folder: &ObjectPath) -> io::Result<Vec<Found>> {
        let mut listed = self.store.list(Some(folder));
        let mut found = Vec::new();
        while let Some(object) = self.limited(folder, 0, listed.try_next()).await? {
            let seconds = u64::try_from(object.last_modified.timestamp()).unwrap_or_default();
            found.push(Found { at: object.location, changed: Duration::from_secs(seconds) });
        }
        Ok(found)
    }

    /// Removes objects; one that is not there is no error.
    pub(crate) async fn remove(&self, objects: Vec<ObjectPath>) -> io::Result<()> {
        let first = objects.first().cloned().unwrap_or_default();
        let mut removed = self.store.delete_stream(futures::stream::iter(objects).map(Ok).boxed());
        loop {
            match self.limited(&first, 0, removed.try_next()).await {
                Ok(None) => return Ok(()),
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
}

fn is_same(payload: &PutPayload, bytes: &[u8]) -> bool {
    payload.content_length() == bytes.len() && payload.iter().flatten().eq(bytes)
}

fn taken(at: &ObjectPath) -> io::Error {
    let what = format!("another server has written {at}, so this one has lost its lock");
    io::Error::new(io::ErrorKind::AlreadyExists, what)
}

fn too_long() -> io::Error {
    io::Error::new(io::ErrorKind::TimedOut, "object storage did not answer in time")
}

/// An error of the store as one of a file system, in a line and without secrets.
pub(crate) fn io_error(error: Error) -> io::Error {
    let kind = match &error {
        Error::NotFound { .. } => io::ErrorKind::NotFound,
        Error::AlreadyExists { .. } | Error::Precondition { .. } => io::ErrorKind::AlreadyExists,
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            io::ErrorKind::PermissionDenied
        }
        Error::NotImplemented { .. } | Error::NotSupported { .. } => io::ErrorKind::Unsupported,
        _ => io::ErrorKind::Other,
    };
    let said = told(&error);
    io::Error::new(
        kind,
        match hint(&said) {
            Some(hint) => format!("{hint} (object storage: {said})"),
            None => format!("object storage: {said}"),
        },
    )
}

/// What can be done, where the store's words are known for it.
fn hint(said: &str) -> Option<&'static str> {
    let says = |words: &[&str]| words.iter().any(|word| said.contains(word));
    if says(&["URL scheme is not allowed"]) {
        Some(
            "the address of the store begins with http://, which is used with AWS_ALLOW_HTTP=true only",
        )
    } else if says(&["NoSuchBucket"]) {
        Some("there is no such bucket: make it, or name another one after s3://")
    } else if says(&["InvalidAccessKeyId", "SignatureDoesNotMatch"]) {
        Some(
            "the store does not know the keys: look at AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        )
    } else if says(&["AccessDenied", "403 Forbidden", "401 Unauthorized"]) {
        Some(
            "the store does not let these keys do it: they have to read, put, list and delete there",
        )
    } else if says(&[
        "Connection refused",
        "dns error",
        "failed to lookup",
        "error sending request",
    ]) {
        Some("the store cannot be reached: AWS_ENDPOINT_URL and AWS_REGION say where it is")
    } else {
        None
    }
}

/// The error and what it comes from, in a line.
pub(crate) fn told(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(inner) = source {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text += &format!(": {inner_text}");
        }
        source = inner.source();
    }
    // Stores repeat in their errors with what they were asked.
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        if let Some(secret) = std::env::var(name).ok().filter(|secret| !secret.is_empty()) {
            text = without(&text, &secret);
        }
    }
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A secret shorter than this is none that protects anything, and is part of many words.
const SHORT: usize = 4;

/// The text without a secret: a short one is hidden where it stands by itself, any other everywhere.
fn without(text: &str, secret: &str) -> String {
    if secret.chars().count() >= SHORT {
        return text.replace(secret, "…");
    }
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut new, mut from) = (String::new(), 0);
    for (at, found) in text.match_indices(secret) {
        let before = text[..at].chars().next_back().is_some_and(is_word);
        let after = text[at + found.len()..].chars().next().is_some_and(is_word);
        if !before && !after {
            new += &text[from..at];
            new.push('…');
            from = at + found.len();
        }
    }
    new + &text[from..]
}

/// A number that nobody else has.
pub(crate) fn chance() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_secret_spoils_no_words_and_a_real_one_is_never_shown() {
        let text = "signature of AKIA/+k3y and a at AKIA/+k3yb: a,b";
        assert_eq!(without(text, "a"), "signature of AKIA/+k3y and … at AKIA/+k3yb: …,b");
        assert_eq!(without(text, "AKIA/+k3y"), "signature of … and a at …b: a,b");
        assert_eq!(without("ab cab b", "ab"), "… cab b");
        assert_eq!(without("täa ä", "ä"), "täa …");
    }
}
