//! Reading back: SQL, and InfluxQL in its two forms.

use super::{Routed, Service};
use crate::http::{Request, Response};

#[cfg(feature = "sql")]
mod sql_host {
    use crate::family::v3::catalog::Catalog;
    use crate::lock::lock;
    use crate::query::sql::host::{Host, NoSuchDatabase};
    use crate::store::Name;
    use crate::store::view::Measurement;
    use std::sync::{Arc, Mutex};

    /// What SQL sees of the catalog.
    pub(super) struct SqlHost(pub(super) Arc<Mutex<Catalog>>);

    impl Host for SqlHost {
        fn table_names(&self, database: &str) -> Result<Vec<Name>, NoSuchDatabase> {
            let catalog = lock(&self.0);
            let database = catalog.database(database).ok_or(NoSuchDatabase)?;
            let mut names = database.tables.names();
            names.sort();
            Ok(names)
        }

        fn table(&self, database: &str, name: &str) -> Option<Measurement> {
            lock(&self.0).database(database)?.tables.table(name.as_bytes())
        }
    }
}

impl Service {
    #[cfg(feature = "sql")]
    pub(super) async fn query_sql(&self, request: &Request, body: Option<Vec<u8>>) -> Routed {
        use crate::query::sql;
        use std::sync::Arc;
        let Some(product) = self.profile.facts.sql else { return super::not_found() };
        let host: Arc<dyn sql::Host> = Arc::new(sql_host::SqlHost(Arc::clone(&self.catalog)));
        let body = body.unwrap_or_default();
        let asked = match request.method.as_str() {
            "GET" => sql::Request::Get(request.raw_query.as_deref()),
            _ => sql::Request::Post(&body),
        };
        let accept = request.header("accept").map(str::as_bytes);
        let answer = sql::answer(&host, product, asked, accept, sql::run::Limits::DEFAULT).await;
        let mut response = Response::new(answer.status).with_body(answer.body);
        if let Some(content_type) = answer.content_type {
            response = response.with("Content-Type", content_type);
        }
        if answer.status == 200 { Routed::Ok(response) } else { Routed::Err(response) }
    }

    #[cfg(not(feature = "sql"))]
    #[expect(clippy::unused_async, reason = "the same signature as with SQL")]
    pub(super) async fn query_sql(&self, _: &Request, _: Option<Vec<u8>>) -> Routed {
        Routed::Err(Response::new(501).with_body("this server was built without SQL"))
    }
}
