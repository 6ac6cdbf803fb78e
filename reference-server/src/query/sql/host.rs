//! What SQL needs of the server that hosts it.

use crate::store::Name;
use crate::store::view::{Asked, Measurement};

/// There is no database of this name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchDatabase;

/// The stored tables, as a query sees them.
///
/// A query runs on a thread of its own and asks for a table when its plan is made, so only the
/// tables that it names are ever built. An implementation is a handle to the store.
pub trait Host: Send + Sync + 'static {
    /// The names of a database's tables, sorted bytewise.
    ///
    /// # Errors
    /// [`NoSuchDatabase`], which decides the answer before anything else of the query is looked at.
    fn table_names(&self, database: &str) -> Result<Vec<Name>, NoSuchDatabase>;

    /// One table with what is asked for of its series, or more; nothing if it is gone.
    fn table(&self, database: &str, name: &str, asked: &Asked<'_>) -> Option<Measurement>;
}
