//! What Flight needs of the family that the server speaks for.

use crate::query::influxql::exec::Failure;
use crate::query::influxql::question::Question;
use crate::query::influxql::result::Outcome;
use crate::query::sql;
use futures::future::BoxFuture;
use profiles::flight::Flight;
use std::sync::Arc;

/// Why a caller may not read a database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// There is no token.
    NoToken,
    /// The token is none of the server's.
    WrongToken,
    /// The token may not read this database.
    Forbidden,
}

/// A family's service. A token is as the request has it, without its scheme.
pub trait Host: Send + Sync + 'static {
    /// What the release says over Flight.
    fn flight(&self) -> &'static Flight;

    /// The tables that this token may read, if the database is one of them. Whether the database
    /// exists is not looked at here.
    ///
    /// # Errors
    /// Why the database may not be read.
    fn tables(
        self: Arc<Self>,
        token: Option<&[u8]>,
        database: &str,
    ) -> Result<Arc<dyn sql::Host>, Denied>;

    /// Answers an InfluxQL statement of a caller whom [`Host::tables`] let in, or says why there is no
    /// answer. The statement ends soon after this is dropped.
    fn influxql(
        self: Arc<Self>,
        token: Option<Vec<u8>>,
        question: Question,
    ) -> BoxFuture<'static, Result<Outcome, Failure>>;

    /// What is wrong with what is stored, where somebody found that: no answer is all of it then.
    fn damage(&self) -> Option<String> {
        None
    }
}

/// Finds the token in an `authorization`: a scheme in this very case, one space, and all that follows
/// (influxdata/influxdb3_core f1bc156:authz/src/lib.rs, extract_token).
pub(super) fn token(header: Option<&[u8]>) -> Option<Vec<u8>> {
    header.and_then(crate::family::iox::token_of_header)
}
