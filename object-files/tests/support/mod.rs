//! A store in memory that fails, hangs, forgets its manners, or is cut off, when it is told to.

#![allow(dead_code, clippy::unwrap_used)]

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use object_files::{ObjectFiles, Times};
use object_store::memory::InMemory;
use object_store::path::Path as ObjectPath;
use object_store::{
    CopyOptions, Error, GetOptions, GetResult, ListResult, MultipartUpload, ObjectMeta,
    ObjectStore, ObjectStoreExt, PutMode, PutMultipartOptions, PutOptions, PutPayload, PutResult,
    Result,
};
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use write_ahead_log::{Log, OpenError, Options, Recovery};

/// Entries with their sequences.
pub(crate) type Entries = Vec<(u64, Vec<u8>)>;

/// What goes wrong with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is not done.
    Refused,
    /// It is done, and the answer is lost.
    AnswerLost,
    /// Nobody answers.
    Silence,
}

/// A fault at one request of a holder of files, or from it on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Plan {
    pub(crate) request: usize,
    pub(crate) fault: Fault,
    pub(crate) forever: bool,
}

/// One way to a store; others may have their own.
#[derive(Debug)]
pub(crate) struct Way {
    pub(crate) store: Arc<InMemory>,
    plan: Mutex<Option<Plan>>,
    requests: AtomicUsize,
    pub(crate) ignores_conditions: AtomicBool,
}

impl std::fmt::Display for Way {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a way to a store in memory")
    }
}

fn broken() -> Error {
    Error::Generic { store: "memory", source: "on order".into() }
}

impl Way {
    pub(crate) fn to(store: &Arc<InMemory>) -> Arc<Self> {
        Arc::new(Self {
            store: Arc::clone(store),
            plan: Mutex::default(),
            requests: AtomicUsize::new(0),
            ignores_conditions: AtomicBool::new(false),
        })
    }

    /// From now on, and counted from now on, requests go wrong as planned.
    pub(crate) fn plan(&self, plan: Plan) {
        self.requests.store(0, Ordering::SeqCst);
        *self.plan.lock().unwrap() = Some(plan);
    }

    pub(crate) fn mend(&self) {
        *self.plan.lock().unwrap() = None;
    }

    /// Nothing comes through any more, as if the machine were gone.
    pub(crate) fn cut(&self) {
        self.plan(Plan { request: 0, fault: Fault::Refused, forever: true });
    }

    /// How many requests there were since the plan was made.
    pub(crate) fn requests(&self) -> usize {
        self.requests.load(Ordering::SeqCst)
    }

    /// Does a request, or lets it go wrong.
    async fn request<T>(&self, request: impl Future<Output = Result<T>>) -> Result<T> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let plan = *self.plan.lock().unwrap();
        let is_hit =
            |plan: &Plan| number == plan.request || (plan.forever && number > plan.request);
        match plan.filter(is_hit).map(|plan| plan.fault) {
            None => request.await,
            Some(Fault::Refused) => Err(broken()),
            Some(Fault::AnswerLost) => {
                drop(request.await);
                Err(broken())
            }
            Some(Fault::Silence) => std::future::pending().await,
        }
    }
}

#[async_trait::async_trait]
impl ObjectStore for Way {
    async fn put_opts(
        &self,
        location: &ObjectPath,
        payload: PutPayload,
        mut options: PutOptions,
    ) -> Result<PutResult> {
        if self.ignores_conditions.load(Ordering::SeqCst) {
            options.mode = PutMode::Overwrite;
        }
        self.request(self.store.put_opts(location, payload, options)).await
    }

    async fn put_multipart_opts(
        &self,
        location: &ObjectPath,
        options: PutMultipartOptions,
    ) -> Result<Box<dyn MultipartUpload>> {
        self.request(self.store.put_multipart_opts(location, options)).await
    }

    async fn get_opts(&self, location: &ObjectPath, options: GetOptions) -> Result<GetResult> {
        self.request(self.store.get_opts(location, options)).await
    }

    fn delete_stream(
        &self,
        locations: BoxStream<'static, Result<ObjectPath>>,
    ) -> BoxStream<'static, Result<ObjectPath>> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let plan = *self.plan.lock().unwrap();
        match plan.filter(|p| number == p.request || (p.forever && number > p.request)) {
            None => self.store.delete_stream(locations),
            Some(Plan { fault: Fault::Silence, .. }) => futures::stream::pending().boxed(),
            Some(_) => futures::stream::once(async { Err(broken()) }).boxed(),
        }
    }

    fn list(&self, prefix: Option<&ObjectPath>) -> BoxStream<'static, Result<ObjectMeta>> {
        let number = self.requests.fetch_add(1, Ordering::SeqCst);
        let plan = *self.plan.lock().unwrap();
        match plan.filter(|p| number == p.request || (p.forever && number > p.request)) {
            None => self.store.list(prefix),
            Some(Plan { fault: Fault::Silence, .. }) => futures::stream::pending().boxed(),
            Some(_) => futures::stream::once(async { Err(broken()) }).boxed(),
        }
    }

    async fn list_with_delimiter(&self, prefix: Option<&ObjectPath>) -> Result<ListResult> {
        self.store.list_with_delimiter(prefix).await
    }

    async fn copy_opts(
        &self,
        from: &ObjectPath,
        to: &ObjectPath,
        options: CopyOptions,
    ) -> Result<()> {
        self.store.copy_opts(from, to, options).await
    }
}

/// Times in which a test ends, and in which a machine that is busy can still renew a lease.
pub(crate) const SHORT: Times =
    Times { lease: Duration::from_secs(2), limit: Duration::from_secs(10) };

/// The folder of the tests.
pub(crate) fn folder() -> &'static Path {
    Path::new("s3://bucket/data")
}

/// Files that are reached on this way.
pub(crate) fn files_in(way: &Arc<Way>, times: Times) -> Arc<ObjectFiles> {
    let store = Arc::clone(way) as Arc<dyn ObjectStore>;
    Arc::new(ObjectFiles::new(store, ObjectPath::from("data"), folder(), times).unwrap())
}

/// Opens the log there.
pub(crate) fn open(
    files: &Arc<ObjectFiles>,
    options: Options,
) -> std::result::Result<(Log, Recovery, Entries), OpenError> {
    let mut found = Entries::new();
    let files = Arc::clone(files);
    let (log, recovery) = Log::open_with(files, folder(), options, |sequence, payload| {
        found.push((sequence, payload.to_vec()));
        Ok::<(), Infallible>(())
    })?;
    Ok((log, recovery, found))
}

/// Does this where there is nothing else.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(work)
}

/// All objects of a store.
pub(crate) fn objects(store: &InMemory) -> BTreeMap<String, Vec<u8>> {
    block_on(async {
        let all: Vec<ObjectMeta> = store.list(None).try_collect().await.unwrap();
        let mut objects = BTreeMap::new();
        for object in all {
            let bytes = store.get(&object.location).await.unwrap().bytes().await.unwrap();
            objects.insert(object.location.to_string(), bytes.to_vec());
        }
        objects
    })
}

/// Puts an object, whatever is there.
pub(crate) fn put(store: &InMemory, name: &str, bytes: &[u8]) {
    block_on(store.put(&ObjectPath::from(name), bytes.to_vec().into())).unwrap();
}

pub(crate) fn remove(store: &InMemory, name: &str) {
    block_on(store.delete(&ObjectPath::from(name))).unwrap();
}
