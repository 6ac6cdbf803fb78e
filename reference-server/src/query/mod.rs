//! Reading back: each language turns a query and a view of the store into rows.

pub mod flux;
pub mod influxql;
#[cfg(feature = "sql")]
pub mod sql;
pub mod v3_request;

/// Does what may take long without holding up the requests that wait for this thread.
pub(crate) fn aside<T>(work: impl FnOnce() -> T) -> T {
    use tokio::runtime::{Handle, RuntimeFlavor};
    let flavor = Handle::try_current().map(|handle| handle.runtime_flavor());
    if flavor.is_ok_and(|flavor| flavor == RuntimeFlavor::MultiThread) {
        tokio::task::block_in_place(work)
    } else {
        work()
    }
}
