//! What an organisation may send, and how much a server takes, within a window of time.
//!
//! Windows are fixed: one begins with the first request that it counts, and whoever goes over in it
//! is refused until it ends (the limits page of Cloud: rates are counted in fixed windows of five
//! minutes, each further request is an error until the window resets). A product without
//! organisations has one tenant, the empty name.

use super::WriteFault;
use crate::lock::lock;
use crate::store::Name;
use crate::store::kept::Bytes;
use crate::store::waiting::Counted;
use line_protocol::Line;
use profiles::answer::Fault;
use profiles::settings::Rate;
use profiles::{Setting, Settings};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Mutex;

const SECOND: i64 = 1_000_000_000;

/// The limits of a server; `None` is none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Limits {
    /// Bytes of line protocol, decompressed, that an organisation may write.
    pub write_rate: Option<Rate>,
    /// Bytes of line protocol, decompressed, that the server takes from all together.
    pub write_capacity: Option<Rate>,
    /// Bytes of answers that an organisation may be given to its queries.
    pub read_rate: Option<Rate>,
    /// Deletes that an organisation may ask for.
    pub delete_rate: Option<Rate>,
    /// Series that an organisation may have.
    pub cardinality: Option<u64>,
}

/// The limits of a server, and what was used of them.
#[derive(Debug, Default)]
pub struct Quotas {
    limits: Limits,
    used: Mutex<Used>,
}

#[derive(Debug, Default)]
struct Used {
    capacity: Option<Window>,
    tenants: HashMap<String, Tenant>,
}

/// What one organisation used.
#[derive(Debug, Default)]
struct Tenant {
    writes: Option<Window>,
    reads: Option<Window>,
    deletes: Option<Window>,
    /// The series that it wrote: bucket and series key.
    series: HashSet<(String, Box<[u8]>)>,
}

/// One window of a rate.
#[derive(Clone, Copy, Debug)]
struct Window {
    start: i64,
    used: u64,
    /// Whether a request was refused in it: then it is over.
    over: bool,
}

impl Quotas {
    /// The limits that are set, and nothing used of them yet.
    pub fn of(settings: &Settings) -> Self {
        Self::new(Limits {
            write_rate: settings.rate(Setting::WriteRate),
            write_capacity: settings.rate(Setting::WriteCapacity),
            read_rate: settings.rate(Setting::ReadRate),
            delete_rate: settings.rate(Setting::DeleteRate),
            cardinality: settings.number(Setting::Cardinality),
        })
    }

    /// Nothing used yet.
    pub fn new(limits: Limits) -> Self {
        Self { limits, used: Mutex::default() }
    }

    /// Counts a write of so many bytes.
    ///
    /// # Errors
    /// [`Fault::RateExceeded`] over the organisation's rate, [`Fault::Unavailable`] over what the
    /// server takes; a refused write is not counted.
    pub fn take_write(&self, tenant: &str, bytes: u64, now: i64) -> Result<(), WriteFault> {
        let Limits { write_rate, write_capacity, .. } = self.limits;
        if write_rate.is_none() && write_capacity.is_none() {
            return Ok(());
        }
        let mut used = lock(&self.used);
        let used = &mut *used;
        let of_tenant = used.tenants.entry(tenant.to_owned()).or_default();
        room(write_rate, &mut of_tenant.writes, bytes, now)
            .map_err(|seconds| rate_exceeded(tenant, seconds))?;
        room(write_capacity, &mut used.capacity, bytes, now).map_err(|seconds| {
            WriteFault::with(Fault::Unavailable, "retry_after", seconds.to_string())
        })?;
        spend(&mut of_tenant.writes, bytes);
        spend(&mut used.capacity, bytes);
        Ok(())
    }

    /// Asks whether a query may be answered. How much the answer is, nobody knows before: the one
    /// that goes over the limit is still given, and those after it are refused.
    ///
    /// # Errors
    /// [`Fault::RateExceeded`].
    pub fn may_read(&self, tenant: &str, now: i64) -> Result<(), WriteFault> {
        if self.limits.read_rate.is_none() {
            return Ok(());
        }
        let mut used = lock(&self.used);
        let of_tenant = used.tenants.entry(tenant.to_owned()).or_default();
        room(self.limits.read_rate, &mut of_tenant.reads, 0, now)
            .map_err(|seconds| rate_exceeded(tenant, seconds))
    }

    /// Counts the answer to a query that [`Quotas::may_read`] allowed.
    pub fn count_read(&self, tenant: &str, bytes: u64) {
        if let Some(of_tenant) = lock(&self.used).tenants.get_mut(tenant) {
            spend(&mut of_tenant.reads, bytes);
        }
    }

    /// Counts a delete.
    ///
    /// # Errors
    /// [`Fault::RateExceeded`].
    pub fn take_delete(&self, tenant: &str, now: i64) -> Result<(), WriteFault> {
        if self.limits.delete_rate.is_none() {
            return Ok(());
        }
        let mut used = lock(&self.used);
        let of_tenant = used.tenants.entry(tenant.to_owned()).or_default();
        room(self.limits.delete_rate, &mut of_tenant.deletes, 1, now)
            .map_err(|seconds| rate_exceeded(tenant, seconds))?;
        spend(&mut of_tenant.deletes, 1);
        Ok(())
    }

    /// Counts the series of a batch. Points of series that are there already always have room
    /// (the billing page of Cloud: only writes with new series are refused); a batch with a series
    /// too many is refused as a whole, which is our choice.
    ///
    /// # Errors
    /// [`Fault::CardinalityExceeded`].
    pub fn take_series(
        &self,
        tenant: &str,
        bucket: &str,
        lines: &[Line<'_>],
    ) -> Result<(), WriteFault> {
        let Some(limit) = self.limits.cardinality else { return Ok(()) };
        let mut used = lock(&self.used);
        let known = &mut used.tenants.entry(tenant.to_owned()).or_default().series;
        let key = |line: &Line<'_>| (bucket.to_owned(), Box::from(&*line.series_key));
        let new: HashSet<_> = lines.iter().map(key).filter(|key| !known.contains(key)).collect();
        if !new.is_empty() && (known.len() + new.len()) as u64 > limit {
            return Err(WriteFault::with(Fault::CardinalityExceeded, "organisation", tenant));
        }
        known.extend(new);
        Ok(())
    }

    /// Forgets the series of the buckets that are no more.
    pub fn forget_buckets(&self, is_there: impl Fn(&str) -> bool) {
        for tenant in lock(&self.used).tenants.values_mut() {
            tenant.series.retain(|(of, _)| is_there(of));
        }
    }

    /// The series that were counted: what is used of a rate is gone when a server ends, these are not.
    pub(crate) fn counted(&self) -> Vec<Counted> {
        let used = lock(&self.used);
        let mut all: BTreeMap<(&String, &String), Vec<Bytes>> = BTreeMap::new();
        for (tenant, of_tenant) in &used.tenants {
            for (bucket, key) in &of_tenant.series {
                let key = Bytes::from(&Name::from(&**key));
                all.entry((tenant, bucket)).or_default().push(key);
            }
        }
        let counted = all.into_iter().map(|((tenant, bucket), keys)| Counted {
            tenant: tenant.clone(),
            bucket: bucket.clone(),
            keys,
        });
        counted.collect()
    }

    /// Counts what was counted before.
    pub(crate) fn count_again(&self, counted: Vec<Counted>) {
        let mut used = lock(&self.used);
        for Counted { tenant, bucket, keys } in counted {
            let keys = keys.into_iter().map(|key| {
                let key = Name::from(key);
                (bucket.clone(), Box::from(&*key))
            });
            used.tenants.entry(tenant).or_default().series.extend(keys);
        }
    }
}

fn rate_exceeded(tenant: &str, seconds: u64) -> WriteFault {
    WriteFault::with(Fault::RateExceeded, "organisation", tenant)
        .and("retry_after", seconds.to_string())
}

/// Whether so much still fits; `Err` is the number of whole seconds until the window ends.
fn room(rate: Option<Rate>, at: &mut Option<Window>, amount: u64, now: i64) -> Result<(), u64> {
    let Some(rate) = rate else { return Ok(()) };
    let length = i64::try_from(rate.window.as_nanos()).unwrap_or(i64::MAX);
    let current = at.filter(|window| now.saturating_sub(window.start) < length);
    let window = at.insert(current.unwrap_or(Window { start: now, used: 0, over: false }));
    window.over |= window.used.saturating_add(amount) > rate.amount;
    if !window.over {
        return Ok(());
    }
    let left = window.start.saturating_add(length).saturating_sub(now).max(1);
    Err(u64::try_from(left).unwrap_or(1).div_ceil(SECOND.unsigned_abs()))
}

fn spend(at: &mut Option<Window>, amount: u64) {
    if let Some(window) = at {
        window.used = window.used.saturating_add(amount);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const MILLISECOND: i64 = 1_000_000;
    const TWO_SECONDS: Option<Rate> = Some(Rate { amount: 10, window: Duration::from_secs(2) });

    fn hole(outcome: Result<(), WriteFault>) -> Option<(Fault, String)> {
        let fault = outcome.err()?;
        let seconds = fault.holes.iter().find(|(name, _)| *name == "retry_after");
        let seconds = seconds.map(|(_, text)| String::from_utf8_lossy(text).into_owned());
        Some((fault.fault, seconds.unwrap_or_default()))
    }

    #[test]
    fn a_window_is_full_until_it_ends() {
        let quotas = Quotas::new(Limits { write_rate: TWO_SECONDS, ..Limits::default() });
        let write = |bytes, ms: i64| hole(quotas.take_write("o", bytes, ms * MILLISECOND));
        let over = |seconds: &str| Some((Fault::RateExceeded, seconds.to_owned()));
        assert_eq!(write(10, 5_000), None);
        assert_eq!(write(1, 5_001), over("2"), "1.999 s are left");
        assert_eq!(write(1, 6_000), over("1"));
        assert_eq!(write(1, 6_999), over("1"));
        assert_eq!(write(4, 7_000), None, "the next window");
        assert_eq!(write(7, 8_000), over("1"));
        assert_eq!(write(1, 8_100), over("1"), "who was over stays over");
        assert_eq!(hole(quotas.take_write("other", 10, 8_100 * MILLISECOND)), None);
    }

    #[test]
    fn a_write_that_the_server_cannot_take_is_not_the_organisations() {
        let limits =
            Limits { write_rate: TWO_SECONDS, write_capacity: TWO_SECONDS, ..Limits::default() };
        let quotas = Quotas::new(limits);
        assert_eq!(hole(quotas.take_write("a", 6, 0)), None);
        let full = Some((Fault::Unavailable, "2".to_owned()));
        assert_eq!(hole(quotas.take_write("b", 6, 1)), full);
        assert_eq!(hole(quotas.take_write("b", 10, 2 * SECOND)), None);
    }

    #[test]
    fn deletes_are_counted_by_themselves() {
        let rate = Some(Rate { amount: 2, window: Duration::from_secs(300) });
        let quotas = Quotas::new(Limits { delete_rate: rate, ..Limits::default() });
        assert_eq!(hole(quotas.take_delete("o", 0)), None);
        assert_eq!(hole(quotas.take_delete("o", 0)), None);
        let over = Some((Fault::RateExceeded, "299".to_owned()));
        assert_eq!(hole(quotas.take_delete("o", SECOND)), over);
        assert_eq!(hole(quotas.take_write("o", 1 << 40, SECOND)), None);
    }

    #[test]
    fn the_answer_that_goes_over_is_the_last() {
        let quotas = Quotas::new(Limits { read_rate: TWO_SECONDS, ..Limits::default() });
        let may = |ms: i64| hole(quotas.may_read("o", ms * MILLISECOND));
        assert_eq!(may(0), None);
        quotas.count_read("o", 10);
        assert_eq!(may(1), None, "the limit itself is allowed");
        quotas.count_read("o", 1);
        assert_eq!(may(500), Some((Fault::RateExceeded, "2".to_owned())));
        assert_eq!(hole(quotas.may_read("other", SECOND)), None);
        assert_eq!(may(2_000), None);
    }

    #[test]
    fn known_series_always_have_room() {
        let quotas = Quotas::new(Limits { cardinality: Some(2), ..Limits::default() });
        let write = |bucket, text: &str| {
            let options = line_protocol::Options::default();
            let parsed =
                line_protocol::parse(text.as_bytes(), &line_protocol::Dialect::GO_V2, &options);
            let lines: Vec<_> = parsed.flatten().collect();
            quotas.take_series("o", bucket, &lines).map_err(|fault| fault.fault)
        };
        let over = Err(Fault::CardinalityExceeded);
        assert_eq!(write("b", "m,t=1 f=1\nm,t=1 g=1\nm,t=2 f=1"), Ok(()));
        assert_eq!(write("b", "m,t=3 f=1"), over);
        assert_eq!(write("c", "m,t=1 f=1"), over, "another bucket, another series");
        assert_eq!(write("b", "m,t=2 f=2"), Ok(()));
        let again = Quotas::new(Limits { cardinality: Some(2), ..Limits::default() });
        again.count_again(quotas.counted());
        assert_eq!(again.counted()[0].keys.len(), 2);
        quotas.forget_buckets(|bucket| bucket != "b");
        assert_eq!(write("c", "m,t=1 f=1"), Ok(()));
    }
}
