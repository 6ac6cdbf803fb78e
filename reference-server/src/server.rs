//! A running server: listening, answering, stopping.

use crate::clock::{Clock, SystemClock};
use crate::data;
use crate::family::{iox, v1, v2, v3};
use crate::http::{Body, Handler, More, Request, Response, serve_connection, stopped};
use crate::journal::{Journal, NotKept, Origin};
use crate::mutant;
use crate::provision::{self, NewDatabase, Provision};
use crate::query::allowance::Limits as QueryLimits;
use crate::query::running::Queries;
use crate::snapshots::{self, Frozen};
use crate::store::snapshot::Moved;
#[cfg(feature = "flight")]
use crate::{flight, http, query::sql::run::Limits, tls};
use profiles::{Family, Profile, Settings};
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use write_ahead_log::{Files, RealFiles};

/// A server that answers like one product; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    profile: &'static Profile,
    address: SocketAddr,
    token: Option<String>,
    tls: bool,
    stop: watch::Sender<bool>,
    /// Ends when the last connection has.
    accepting: Option<JoinHandle<()>>,
    /// Where data is kept.
    snapshots: Option<snapshots::Running>,
    queries: Arc<AtomicUsize>,
}

/// What a server is to be.
pub struct Builder {
    profile: &'static Profile,
    address: SocketAddr,
    auth: Option<bool>,
    clock: Arc<dyn Clock>,
    fresh: bool,
    settings: Settings,
    /// Those of them that are not the product's own.
    set: BTreeMap<String, String>,
    provision: Provision,
    /// Whether the owner's token was chosen, not made up.
    token_is_chosen: bool,
    data: Option<(Arc<dyn Files>, PathBuf)>,
    log_bytes: u64,
    queries: QueryLimits,
    mutant: mutant::Chosen,
    #[cfg(feature = "flight")]
    identity: Option<tls::Identity>,
}

impl Server {
    /// Begins to describe a server that answers like this profile.
    pub fn builder(profile: &'static Profile) -> Builder {
        Builder {
            profile,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            auth: None,
            clock: Arc::new(SystemClock),
            fresh: false,
            settings: Settings::of(profile),
            set: BTreeMap::new(),
            provision: Provision {
                // A token that cannot be guessed, in the form of the v3 products' tokens.
                token: format!("apiv3_{}", crate::ids::request_id()),
                ..Provision::default()
            },
            token_is_chosen: false,
            data: None,
            log_bytes: snapshots::LOG_BYTES,
            queries: QueryLimits::DEFAULT,
            mutant: mutant::Chosen::default(),
            #[cfg(feature = "flight")]
            identity: None,
        }
    }

    /// The profile that it answers like.
    pub fn profile(&self) -> &'static Profile {
        self.profile
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// `http://127.0.0.1:PORT`, or `https`.
    pub fn url(&self) -> String {
        format!("{}://{}", if self.tls { "https" } else { "http" }, self.address)
    }

    /// The owner's token, where credentials are asked for and the server is not fresh; in the v1
    /// family it is the password of [`OWNER`](crate::provision::OWNER).
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
    }

    /// How many queries in InfluxQL and Flux are running, those included that wait for their turn or
    /// end because their client left.
    pub fn queries_running(&self) -> usize {
        self.queries.load(Ordering::Relaxed)
    }
}

impl Server {
    /// Stops: takes no more connections, answers what is asked already, and leaves the folder of its
    /// data to others.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        if let Some(accepting) = self.accepting.take() {
            let _ = accepting.await;
        }
        if let Some(snapshots) = self.snapshots.take() {
            let _ = tokio::task::spawn_blocking(|| snapshots.end()).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
    }
}

impl Builder {
    /// Where to listen; by default any free port of the loopback interface.
    #[must_use]
    pub fn bind(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    /// Whether credentials are asked for; by default as the product does.
    #[must_use]
    pub fn auth(mut self, auth: bool) -> Self {
        self.auth = Some(auth);
        self
    }

    /// The owner's token (v1: the password of the user `admin`); by default a random one.
    #[must_use]
    pub fn token(mut self, token: impl Into<String>) -> Self {
        self.provision.token = token.into();
        self.token_is_chosen = true;
        self
    }

    /// The name of the organisation (v2); by default `lineproof`.
    #[must_use]
    pub fn organisation(mut self, name: impl Into<String>) -> Self {
        self.provision.organisation = Some(name.into());
        self
    }

    /// One more database or bucket that is there from the start; its retention in nanoseconds.
    #[must_use]
    pub fn database(mut self, name: impl Into<String>, retention: Option<i64>) -> Self {
        self.provision.databases.push(NewDatabase { name: name.into(), retention });
        self
    }

    /// Nothing is there from the start, neither owner nor token: what a client finds that sets the
    /// product up itself.
    #[must_use]
    pub fn fresh(mut self) -> Self {
        self.fresh = true;
        self
    }

    /// Sets one of the profile's settings: `set("write-rate", "2kB/2s")`.
    ///
    /// # Errors
    /// The product has no such setting, or the value is none for it.
    pub fn set(mut self, setting: &str, value: &str) -> Result<Self, String> {
        self.settings.set(setting, value)?;
        self.set.insert(setting.to_owned(), value.to_owned());
        Ok(self)
    }

    /// Speaks TLS with this certificate and key, both in PEM.
    ///
    /// # Errors
    /// There are none in them.
    #[cfg(feature = "flight")]
    pub fn tls(mut self, certificates: &[u8], key: &[u8]) -> Result<Self, String> {
        self.identity = Some(tls::Identity::of(certificates, key)?);
        Ok(self)
    }

    /// Keeps what is written in this folder, which is made if it is not there: what was acknowledged
    /// is on disk, and a server that is started on the folder again has it. What is to be there from
    /// the start (token, organisation, databases) is made in a new folder only.
    #[must_use]
    pub fn data(mut self, folder: impl Into<PathBuf>) -> Self {
        self.data = Some((Arc::new(RealFiles), folder.into()));
        self
    }

    /// As [`data`](Self::data), in a folder on another file system.
    #[must_use]
    pub fn data_on(mut self, files: Arc<dyn Files>, folder: impl Into<PathBuf>) -> Self {
        self.data = Some((files, folder.into()));
        self
    }

    /// How many bytes of lines [`data`](Self::data) takes, or how many its log has, before they are put
    /// into Parquet files and leave memory; 512 MiB where nothing is said.
    #[must_use]
    pub const fn log_bytes(mut self, bytes: u64) -> Self {
        self.log_bytes = bytes;
        self
    }

    /// How many bytes of memory a query in InfluxQL or Flux may keep, about, before it is refused;
    /// 1 GiB where nothing is said.
    #[must_use]
    pub const fn query_memory(mut self, bytes: usize) -> Self {
        self.queries.memory = bytes;
        self
    }

    /// How long a query in InfluxQL or Flux may take before it is refused, its wait for others
    /// included; 60 seconds where nothing is said.
    #[must_use]
    pub const fn query_timeout(mut self, time: Duration) -> Self {
        self.queries.time = time;
        self
    }

    /// Answers with this fault. Before any other setting: the fault may be of the settings.
    #[cfg(feature = "mutants")]
    #[must_use]
    pub fn mutant(mut self, mutant: &'static mutant::Mutant) -> Self {
        self.profile = mutant.profile(self.profile);
        self.settings = Settings::of(self.profile);
        self.mutant = mutant::Chosen::new(mutant);
        self
    }

    /// Another source of time.
    #[must_use]
    pub fn clock(mut self, clock: Arc<dyn Clock>) -> Self {
        self.clock = clock;
        self
    }

    /// Starts listening; the server answers once this returns.
    ///
    /// # Errors
    /// The address cannot be bound, or what is to be there from the start is not allowed.
    pub async fn start(self) -> io::Result<Server> {
        let auth = self.auth.unwrap_or(self.profile.facts.http.auth_by_default);
        let service = Service::new(self.profile, &self.settings, auth, Arc::clone(&self.clock));
        let service = service.ok_or_else(|| {
            io::Error::other(format!("{} mixes families; this is a bug", self.profile.name()))
        })?;
        let token = (!self.fresh).then(|| self.provision.token.clone());
        let basic = self.profile.family == Family::V1;
        let mutant = self.mutant.for_server(&self.provision.token, basic);
        let provisioned = token.is_some();
        let now = self.clock.now();
        let make = move |service: &Service| {
            if !provisioned {
                return Ok(());
            }
            let made = match service {
                Service::V1(service) => self.provision.v1(service),
                Service::V2(service) => self.provision.v2(service, &*self.clock),
                Service::V3(service) => self.provision.v3(service),
                Service::Iox(service) => self.provision.iox(service, &*self.clock),
            };
            made.map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))
        };
        service.queries().limit(self.queries);
        let queries = service.queries().running();
        let service = Arc::new(service);
        // Before anything is made in a folder: a start that fails here leaves none behind.
        let listener = TcpListener::bind(self.address).await?;
        let address = listener.local_addr()?;
        #[cfg(feature = "flight")]
        let doors = {
            let flight = service.flight(self.profile);
            let acceptor = self.identity.map(|identity| identity.acceptor(flight.is_some()));
            Doors { flight, tls: acceptor.transpose()? }
        };
        #[cfg(not(feature = "flight"))]
        let doors = Doors {};
        let mut token = token.filter(|_| auth);
        let chosen = token.clone().filter(|_| self.token_is_chosen);
        let mut snapshots = None;
        match self.data {
            Some((files, folder)) => {
                let origin = Origin {
                    profile: self.profile.name(),
                    settings: self.set,
                    asks_credentials: auth,
                };
                let name = folder.display().to_string();
                let opening = data::Opening {
                    files,
                    folder,
                    origin,
                    open_to_all: self.auth == Some(false),
                    log_bytes: self.log_bytes,
                    storage: &self.profile.facts.storage,
                };
                let on = Arc::clone(&service);
                let opened = move || data::open(opening, &on, make);
                let opened =
                    tokio::task::spawn_blocking(opened).await.map_err(io::Error::other)??;
                // A token that was just made up is none of a folder that was there.
                if !opened.was_new && !self.token_is_chosen {
                    token = None;
                }
                if let Some(chosen) = chosen
                    && !opened.was_new
                    && !provision::knows(&service, &chosen, now)
                {
                    tracing::warn!("{name}: {}", provision::OTHER_TOKEN);
                }
                snapshots = Some(opened.snapshots);
            }
            None => make(&service)?,
        }
        let tls = doors.speak_tls();
        let (stop, stop_seen) = watch::channel(false);
        let accepting = accept(listener, service, Arc::new(doors), mutant, stop_seen);
        let accepting = Some(tokio::spawn(accepting));
        let profile = self.profile;
        Ok(Server { profile, address, token, tls, stop, accepting, snapshots, queries })
    }
}

/// The service of one family.
pub(crate) enum Service {
    V1(Arc<v1::Service>),
    V2(Arc<v2::Service>),
    V3(Arc<v3::Service>),
    Iox(Arc<iox::Service>),
}

impl Service {
    /// One of the profile's family; none where the profile mixes families.
    pub(crate) fn new(
        profile: &'static Profile,
        settings: &Settings,
        auth: bool,
        clock: Arc<dyn Clock>,
    ) -> Option<Self> {
        match profile.family {
            Family::V1 => {
                v1::Service::new(profile, settings, auth, clock).map(Arc::new).map(Self::V1)
            }
            Family::V2 => v2::Service::new(profile, settings, clock).map(Arc::new).map(Self::V2),
            Family::V3 => {
                v3::Service::new(profile, settings, auth, clock).map(Arc::new).map(Self::V3)
            }
            Family::Iox(_) => {
                iox::Service::new(profile, settings, auth, clock).map(Arc::new).map(Self::Iox)
            }
        }
    }
}

#[cfg(feature = "flight")]
impl Service {
    /// Flight over this service, where the product has it.
    fn flight(&self, profile: &'static Profile) -> Option<flight::Service> {
        let flight = profile.facts.flight?;
        let host: Arc<dyn flight::Host> = match self {
            Self::V3(service) => {
                Arc::new(v3::flight::FlightHost { service: Arc::clone(service), flight })
            }
            Self::Iox(service) => {
                Arc::new(iox::flight::FlightHost { service: Arc::clone(service), flight })
            }
            Self::V1(_) | Self::V2(_) => return None,
        };
        Some(flight::service(host, Limits::of(self.queries().limits())))
    }
}

impl Service {
    async fn answer(&self, request: Request, body: Body<'_>) -> Response {
        match self {
            Self::V1(service) => service.handle(request, body).await,
            Self::V2(service) => service.handle(request, body).await,
            Self::V3(service) => service.handle(request, body).await,
            Self::Iox(service) => service.handle(request, body).await,
        }
    }

    /// All that is there now; nobody changes it meanwhile.
    pub(crate) fn freeze(&self) -> Frozen {
        match self {
            Self::V1(service) => service.freeze(),
            Self::V2(service) => service.freeze(),
            Self::V3(service) => service.freeze(),
            Self::Iox(service) => service.freeze(),
        }
    }

    /// How many series it has; where there are shards, each is counted in every one that has it.
    pub(crate) fn series(&self) -> usize {
        match self {
            Self::V1(service) => service.series(),
            Self::V2(service) => service.series(),
            Self::V3(service) => service.series(),
            Self::Iox(service) => service.series(),
        }
    }

    /// Becomes what was frozen.
    ///
    /// # Errors
    /// It is not of this family, or contradicts itself.
    pub(crate) fn thaw(&self, frozen: Frozen) -> Result<(), String> {
        match self {
            Self::V1(service) => service.thaw(frozen),
            Self::V2(service) => service.thaw(frozen),
            Self::V3(service) => service.thaw(frozen),
            Self::Iox(service) => service.thaw(frozen),
        }
    }

    /// Lets go of the memory of what is in files by now.
    pub(crate) fn move_out(&self, moved: &Moved) {
        match self {
            Self::V1(service) => service.move_out(moved),
            Self::V2(service) => service.move_out(moved),
            Self::V3(service) => service.move_out(moved),
            Self::Iox(service) => service.move_out(moved),
        }
    }

    /// The queries that it runs.
    pub(crate) fn queries(&self) -> &Queries {
        match self {
            Self::V1(service) => service.queries(),
            Self::V2(service) => service.queries(),
            Self::V3(service) => service.queries(),
            Self::Iox(service) => service.queries(),
        }
    }

    /// The log of what is changed.
    pub(crate) fn journal(&self) -> &Journal {
        match self {
            Self::V1(service) => service.journal(),
            Self::V2(service) => service.journal(),
            Self::V3(service) => service.journal(),
            Self::Iox(service) => service.journal(),
        }
    }

    /// Does an entry of the log again.
    ///
    /// # Errors
    /// It cannot be read, or has another outcome than the first time.
    pub(crate) fn redo(&self, payload: &[u8]) -> Result<(), String> {
        match self {
            Self::V1(service) => service.redo(payload),
            Self::V2(service) => service.redo(payload),
            Self::V3(service) => service.redo(payload),
            Self::Iox(service) => service.redo(payload),
        }
    }

    /// Keeps what the server was given to begin with.
    pub(crate) fn record_beginning(&self) {
        match self {
            Self::V1(service) => service.record_beginning(),
            Self::V2(service) => service.record_beginning(),
            Self::V3(service) => service.record_beginning(),
            Self::Iox(service) => service.record_beginning(),
        }
    }

    /// The answer to a request whose changes are not known to be on disk.
    fn not_kept(&self, path: &str, why: &NotKept) -> Response {
        match self {
            Self::V1(service) => service.not_kept(path, why),
            Self::V2(service) => service.not_kept(path, why),
            Self::V3(service) => service.not_kept(path, why),
            Self::Iox(service) => service.not_kept(path, why),
        }
    }

    /// Whether a request is answered only when what it changed is on disk; v3 lets its callers say
    /// otherwise (3.8.0:influxdb3_server/src/http.rs, `no_sync`).
    fn is_patient(&self, request: &Request) -> bool {
        let raw = request.raw_query.as_deref().unwrap_or_default();
        !(matches!(self, Self::V3(_))
            && request.path == "/api/v3/write_lp"
            && raw.split('&').any(|pair| pair == "no_sync=true"))
    }
}

impl Handler for Service {
    async fn handle(&self, request: Request, body: Body<'_>) -> Response {
        let journal = self.journal();
        if !journal.is_open() {
            return self.answer(request, body).await;
        }
        let (path, patient) = (request.path.clone(), self.is_patient(&request));
        match journal.kept(patient, self.answer(request, body)).await {
            Ok(response) => {
                let unless_damaged = |more: More| match journal.reads() {
                    Some(reads) => more.unless(move || reads.damage().is_some()),
                    None => more,
                };
                Response { more: response.more.map(unless_damaged), ..response }
            }
            Err(why) => self.not_kept(&path, &why),
        }
    }
}

/// What stands between a connection and the service.
struct Doors {
    #[cfg(feature = "flight")]
    flight: Option<flight::Service>,
    #[cfg(feature = "flight")]
    tls: Option<tokio_rustls::TlsAcceptor>,
}

impl Doors {
    #[cfg(feature = "flight")]
    const fn speak_tls(&self) -> bool {
        self.tls.is_some()
    }

    #[cfg(not(feature = "flight"))]
    const fn speak_tls(&self) -> bool {
        false
    }
}

/// Takes connections until the server is dropped, then lets each finish its request.
async fn accept(
    listener: TcpListener,
    service: Arc<Service>,
    doors: Arc<Doors>,
    mutant: mutant::Chosen,
    mut stop: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    let stop_of_connections = stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let (service, doors) = (Arc::clone(&service), Arc::clone(&doors));
                    let served = connection(stream, service, doors, stop_of_connections.clone());
                    connections.spawn(mutant.within(served));
                }
                // Out of file descriptors, mostly: others may free some.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(
    stream: TcpStream,
    service: Arc<Service>,
    doors: Arc<Doors>,
    stop: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    #[cfg(feature = "flight")]
    let served = match &doors.tls {
        None => serve(stream, service, &doors, stop).await,
        Some(acceptor) => {
            let mut stop = stop;
            let begun = tokio::select! {
                begun = tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)) => begun,
                () = stopped(&mut stop) => return,
            };
            match begun {
                Ok(Ok(stream)) => serve(stream, service, &doors, stop).await,
                Ok(Err(error)) => Err(error),
                Err(elapsed) => Err(elapsed.into()),
            }
        }
    };
    #[cfg(not(feature = "flight"))]
    let served = serve(stream, service, &doors, stop).await;
    if let Err(error) = served {
        tracing::debug!(%error, "connection broke");
    }
}

/// How long the beginning of TLS may take.
#[cfg(feature = "flight")]
const HANDSHAKE: Duration = Duration::from_secs(10);

/// HTTP/1.1, and beside it HTTP/2 where the product has Flight.
async fn serve<S>(
    stream: S,
    service: Arc<Service>,
    doors: &Doors,
    stop: watch::Receiver<bool>,
) -> io::Result<()>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    #[cfg(feature = "flight")]
    if let Some(flight) = &doors.flight {
        let (mut stream, mut stop) = (stream, stop);
        let mut first = Vec::with_capacity(8 << 10);
        return match http::first_bytes(&mut stream, &mut first, &mut stop).await? {
            http::Speaks::Nothing => Ok(()),
            http::Speaks::Http1 => http::serve_from(first, stream, &*service, stop).await,
            http::Speaks::Http2 => {
                let served = http::serve_http2(stream, first, service, flight.clone(), stop).await;
                served.map_err(io::Error::other)
            }
        };
    }
    #[cfg(not(feature = "flight"))]
    let Doors {} = doors;
    serve_connection(stream, &*service, stop).await
}
