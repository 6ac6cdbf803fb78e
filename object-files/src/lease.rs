//! The lock: an object that says who has it, written anew by its holder every few seconds.
//!
//! Nobody's clock is compared with another's. Who finds the object looks at it for a whole lease: if
//! it changes, it is held; if not, whoever wrote it has not believed in it for a while, and it is
//! taken over, unless it changes in that moment. The holder counts from before it asked for its last
//! renewal, and believes in that for a fifth less than others wait.

use crate::Times;
use crate::lock;
use crate::objects::{Objects, Version};
use object_store::path::Path as ObjectPath;
use object_store::{Error, PutMode};
use std::io;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A lock that is held.
pub(crate) struct Lease {
    objects: Objects,
    at: ObjectPath,
    holder: u64,
    times: Times,
    state: Mutex<State>,
}

struct State {
    /// How many times it was renewed.
    renewals: u64,
    version: Version,
    /// Nobody else has it before then.
    until: Instant,
    is_lost: bool,
}

/// What is in the object.
fn content(holder: u64, renewals: u64) -> Vec<u8> {
    format!("held by {holder:016x}, renewed {renewals} times\n").into_bytes()
}

fn in_use() -> io::Error {
    io::ErrorKind::WouldBlock.into()
}

impl Lease {
    /// Takes the lock at this place. If somebody has left one behind, that takes a while.
    ///
    /// # Errors
    /// It is held ([`io::ErrorKind::WouldBlock`]). There is none, and none is to be made
    /// ([`io::ErrorKind::NotFound`]). The store failed, or does not keep to conditions.
    pub(crate) async fn take(
        objects: &Objects,
        at: ObjectPath,
        create: bool,
        times: Times,
        holder: u64,
        told: &str,
    ) -> io::Result<Arc<Self>> {
        let (begun, version) = loop {
            let (left, version) = match objects.get(&at).await {
                Err(error) if error.kind() == io::ErrorKind::NotFound && create => {
                    let begun = Instant::now();
                    match objects.create(&at, content(holder, 0)).await {
                        // Another one was faster: is it alive?
                        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
                        made => break (begun, made?),
                    }
                }
                found => found?,
            };
            tracing::warn!(
                "{told} has a lock that was not given back: whether anybody has it is known in {:?} \
                 at the latest",
                times.lease
            );
            if !is_left_alone(objects, &at, &left, times.lease).await? {
                // It was given back meanwhile, or it is held.
                match objects.get(&at).await {
                    Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                    found => found.map(drop)?,
                }
                return Err(in_use());
            }
            let begun = Instant::now();
            match objects.replace(&at, content(holder, 0), version).await {
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Err(in_use()),
                replaced => break (begun, replaced?),
            }
        };
        let until = begun + times.believed();
        let state = State { renewals: 0, version, until, is_lost: false };
        let objects = objects.clone();
        let lease = Arc::new(Self { objects, at, holder, times, state: Mutex::new(state) });
        lease.ensure_conditions().await?;
        Ok(lease)
    }

    /// That the store refuses to put what must not be put: all rests on that.
    async fn ensure_conditions(&self) -> io::Result<()> {
        let none =
            Version { e_tag: Some("\"0123456789abcdef0123456789abcdef\"".into()), version: None };
        for (mode, header) in
            [(PutMode::Create, "If-None-Match"), (PutMode::Update(none), "If-Match")]
        {
            // If it is put after all, it says nothing that is not so.
            let bytes = content(self.holder, 0);
            let put = self.objects.put_once(&self.at, bytes, mode, self.times.limit).await;
            match put {
                Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => {}
                Err(error @ (Error::NotImplemented { .. } | Error::NotSupported { .. })) => {
                    return Err(crate::io_error(error));
                }
                Err(error) => return Err(crate::io_error(error)),
                Ok(_) => {
                    let what = format!(
                        "this object storage does not keep to `{header}` when it puts an object, so two \
                         servers could write over one another; it cannot be used for data"
                    );
                    return Err(io::Error::new(io::ErrorKind::Unsupported, what));
                }
            }
        }
        Ok(())
    }

    /// That nobody else can have it.
    pub(crate) fn ensure_held(&self) -> io::Result<()> {
        let state = lock(&self.state);
        if state.is_lost {
            let what =
                "another server has taken over, since this one did not renew its lock in time";
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, what));
        }
        if Instant::now() >= state.until {
            let what = format!("the lock could not be renewed for {:?}", self.times.believed());
            return Err(io::Error::new(io::ErrorKind::TimedOut, what));
        }
        Ok(())
    }

    /// Renews it until it is lost.
    pub(crate) async fn renew(self: Arc<Self>) {
        let mut pause = self.times.renewal();
        loop {
            tokio::time::sleep(pause).await;
            pause = match self.renew_once().await {
                Ok(()) => self.times.renewal(),
                // Sooner than usual.
                Err(None) => self.times.renewal() / 4,
                Err(Some(why)) => {
                    tracing::error!("{why}");
                    lock(&self.state).is_lost = true;
                    return;
                }
            };
        }
    }

    /// Renews it; an error with a text where it is lost, one without where it can be tried again.
    async fn renew_once(&self) -> Result<(), Option<String>> {
        let (version, renewals) = {
            let state = lock(&self.state);
            (state.version.clone(), state.renewals + 1)
        };
        let begun = Instant::now();
        let bytes = content(self.holder, renewals);
        let put =
            self.objects.put_once(&self.at, bytes, PutMode::Update(version), self.times.renewal());
        match put.await {
            Ok(version) => {
                let mut state = lock(&self.state);
                *state = State {
                    renewals,
                    version,
                    until: begun + self.times.believed(),
                    is_lost: false,
                };
                Ok(())
            }
            Err(
                Error::Precondition { .. } | Error::AlreadyExists { .. } | Error::NotFound { .. },
            ) => self.look().await,
            Err(error) => {
                tracing::warn!(error = %crate::io_error(error), "the lock could not be renewed yet");
                Err(None)
            }
        }
    }

    /// Looks whether what is there is a renewal of ours whose answer was lost.
    async fn look(&self) -> Result<(), Option<String>> {
        match self.objects.get(&self.at).await {
            Ok((bytes, version)) if bytes.starts_with(&self.name()) => {
                let mut state = lock(&self.state);
                state.version = version;
                state.renewals += 1;
                Err(None)
            }
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(None),
            _ => Err(Some(format!(
                "another server has taken the lock {}; nothing is written any more",
                self.at
            ))),
        }
    }

    /// How what we write begins.
    fn name(&self) -> Vec<u8> {
        format!("held by {:016x},", self.holder).into_bytes()
    }

    /// Lets others have it at once.
    pub(crate) async fn give_back(&self) -> io::Result<()> {
        if self.ensure_held().is_err() {
            return Ok(());
        }
        self.objects.remove(vec![self.at.clone()]).await
    }
}

impl Times {
    /// How long a holder believes in its lock.
    fn believed(&self) -> Duration {
        self.lease * 4 / 5
    }

    fn renewal(&self) -> Duration {
        self.lease / 5
    }
}

/// Whether the object stays as it is for a whole lease.
async fn is_left_alone(
    objects: &Objects,
    at: &ObjectPath,
    left: &[u8],
    lease: Duration,
) -> io::Result<bool> {
    let begun = Instant::now();
    while begun.elapsed() < lease {
        tokio::time::sleep(lease / 20).await;
        match objects.get(at).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            found if found.as_ref().is_ok_and(|(bytes, _)| bytes != left) => return Ok(false),
            found => drop(found?),
        }
    }
    Ok(true)
}
