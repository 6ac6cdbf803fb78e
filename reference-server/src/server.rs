//! A running server: listening, answering, stopping.

use crate::clock::{Clock, SystemClock};
use crate::family::{iox, v1, v2, v3};
use crate::http::{Body, Handler, Request, Response, serve_connection, stopped};
use crate::provision::{NewDatabase, Provision};
use profiles::{Family, Profile, Settings};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// A server that answers like one product; it stops when this is dropped.
#[derive(Debug)]
pub struct Server {
    profile: &'static Profile,
    address: SocketAddr,
    token: Option<String>,
    stop: watch::Sender<bool>,
}

/// What a server is to be.
pub struct Builder {
    profile: &'static Profile,
    address: SocketAddr,
    auth: Option<bool>,
    clock: Arc<dyn Clock>,
    fresh: bool,
    settings: Settings,
    provision: Provision,
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
            provision: Provision {
                // A token that cannot be guessed, in the form of the v3 products' tokens.
                token: format!("apiv3_{}", crate::ids::request_id()),
                ..Provision::default()
            },
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

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The owner's token, where credentials are asked for and the server is not fresh; in the v1
    /// family it is the password of [`OWNER`](crate::provision::OWNER).
    pub fn token(&self) -> Option<&str> {
        self.token.as_deref()
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
        Ok(self)
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
        if token.is_some() {
            let provisioned = match &service {
                Service::V1(service) => self.provision.v1(service),
                Service::V2(service) => self.provision.v2(service, &*self.clock),
                Service::V3(service) => self.provision.v3(service),
                Service::Iox(service) => self.provision.iox(service, &*self.clock),
            };
            provisioned.map_err(|why| io::Error::new(io::ErrorKind::InvalidInput, why))?;
        }
        let listener = TcpListener::bind(self.address).await?;
        let address = listener.local_addr()?;
        let (stop, stop_seen) = watch::channel(false);
        tokio::spawn(accept(listener, Arc::new(service), stop_seen));
        Ok(Server { profile: self.profile, address, token: token.filter(|_| auth), stop })
    }
}

/// The service of one family.
enum Service {
    V1(v1::Service),
    V2(Box<v2::Service>),
    V3(v3::Service),
    Iox(iox::Service),
}

impl Service {
    fn new(
        profile: &'static Profile,
        settings: &Settings,
        auth: bool,
        clock: Arc<dyn Clock>,
    ) -> Option<Self> {
        match profile.family {
            Family::V1 => v1::Service::new(profile, settings, auth, clock).map(Self::V1),
            Family::V2 => v2::Service::new(profile, settings, clock).map(Box::new).map(Self::V2),
            Family::V3 => v3::Service::new(profile, settings, auth, clock).map(Self::V3),
            Family::Iox(_) => iox::Service::new(profile, settings, auth, clock).map(Self::Iox),
        }
    }
}

impl Handler for Service {
    async fn handle(&self, request: Request, body: Body<'_>) -> Response {
        match self {
            Self::V1(service) => service.handle(request, body).await,
            Self::V2(service) => service.handle(request, body).await,
            Self::V3(service) => service.handle(request, body).await,
            Self::Iox(service) => service.handle(request, body).await,
        }
    }
}

/// Takes connections until the server is dropped, then lets each finish its request.
async fn accept(listener: TcpListener, service: Arc<Service>, mut stop: watch::Receiver<bool>) {
    let mut connections = JoinSet::new();
    let stop_of_connections = stop.clone();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, service.clone(), stop_of_connections.clone()));
                }
                // Out of file descriptors, mostly: others may free some.
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
                }
            },
            _ = connections.join_next(), if !connections.is_empty() => {}
            () = stopped(&mut stop) => break,
        }
    }
    drop(listener);
    while connections.join_next().await.is_some() {}
}

async fn connection(stream: TcpStream, service: Arc<Service>, stop: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    if let Err(error) = serve_connection(stream, &*service, stop).await {
        tracing::debug!(%error, "connection broke");
    }
}
