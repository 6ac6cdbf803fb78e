//! The story of a write. Each stage consumes what the one before it made; which checks are made in
//! which order, and what a fault is answered with, is the endpoint's data.

use crate::http::Request;
use crate::mutant;
use crate::stage::admit::{Admitted, Target, Tenancy};
use crate::stage::decode::Incoming;
use crate::stage::quota::Quotas;
use crate::stage::{WriteFault, admit, decode, parse};
use crate::store::tables::TimeUnit;
use line_protocol::{Dialect, Precision};
use profiles::answer::Fault;
use profiles::write::WriteEndpoint;
use std::time::Duration;

/// What a family of products stores into.
pub trait Store: Tenancy {
    /// How much may be written.
    fn quotas(&self) -> &Quotas;

    /// How long a write waits before it is stored.
    fn delay(&self) -> Duration {
        Duration::ZERO
    }

    /// Waits until there is room in memory for what a write brings.
    ///
    /// # Errors
    /// Too much is in memory, and that will not change soon.
    fn room(&self) -> impl Future<Output = Result<(), WriteFault>> + Send;

    /// Stores parsed lines into a bucket.
    ///
    /// # Errors
    /// What was not stored.
    fn store_lines(
        &self,
        target: &Target,
        batch: &parse::ParsedBatch<'_>,
        now: i64,
    ) -> Result<(), WriteFault>;

    /// Parses and stores a body into the tables of a database, which is made if it is not there.
    ///
    /// # Errors
    /// What was not stored.
    fn store_text(&self, admitted: &Admitted, text: &[u8], now: i64) -> Result<(), WriteFault>;
}

/// Takes a write from its request to what is stored.
///
/// # Errors
/// What the first stage that objects has to say; what it stored before that stays, where the
/// product keeps it.
pub async fn write<S: Store>(
    endpoint: &WriteEndpoint,
    dialect: &Dialect,
    family: &S,
    caller: &S::Caller,
    request: &Request,
    incoming: Incoming<'_>,
    now: i64,
) -> Result<(), WriteFault> {
    let stored = stages(endpoint, dialect, family, caller, request, incoming, now).await;
    mutant::outcome(stored)
}

async fn stages<S: Store>(
    endpoint: &WriteEndpoint,
    dialect: &Dialect,
    family: &S,
    caller: &S::Caller,
    request: &Request,
    mut incoming: Incoming<'_>,
    now: i64,
) -> Result<(), WriteFault> {
    let mut admitted = admit::admit(endpoint, family, caller, request, &mut incoming).await?;
    mutant::admitted(&mut admitted);
    // Before there is a body in memory that nobody can take.
    family.room().await?;
    let body = incoming.into_bytes(endpoint.size).await?;
    let text = mutant::text(decode::decode(endpoint, &admitted.announced, body)?);
    let (bytes, counted_at) = mutant::charged(text.len() as u64, now);
    let taken = family.quotas().take_write(admitted.target.tenant(), bytes, counted_at);
    mutant::over_quota(taken)?;
    let delay = family.delay();
    if !delay.is_zero() {
        tokio::time::sleep(delay).await;
    }
    match &admitted.target {
        Target::Bucket(_) => {
            let precision = match admitted.unit {
                TimeUnit::Given(precision) => precision,
                TimeUnit::Guessed => Precision::Nanosecond,
            };
            let batch = parse::parse(&text, dialect, precision, now, endpoint.bad_lines)?;
            check_consistency(endpoint, &admitted)?;
            family.store_lines(&admitted.target, &batch, mutant::stored_at(now))
        }
        Target::Database(_) => family.store_text(&admitted, &text, mutant::stored_at(now)),
    }
}

/// `consistency` is read after the lines, so a bad line is answered before a bad level.
fn check_consistency(endpoint: &WriteEndpoint, admitted: &Admitted) -> Result<(), WriteFault> {
    let level = admitted.consistency.to_lowercase();
    let ignored = endpoint.consistency.is_empty() || level.is_empty();
    if ignored || endpoint.consistency.contains(&level.as_str()) {
        return Ok(());
    }
    Err(Fault::ConsistencyUnknown.into())
}
