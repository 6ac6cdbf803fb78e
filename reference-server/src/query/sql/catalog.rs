//! The catalog that a query is planned against: the stored tables, the system tables and the
//! information schema. It builds rows only when a plan scans a table.

use super::host::Host;
use super::system::{InformationSchema, SystemSchema};
use super::table;
use crate::store::view::{Measurement, Unreadable};
use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{CatalogProvider, SchemaProvider, Session, TableProvider};
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::ExecutionPlan;
use profiles::sql::Sql;
use std::fmt;
use std::sync::Arc;

const INFORMATION_SCHEMA: &str = "information_schema";

/// One database of the host's.
#[derive(Clone)]
pub(super) struct Database {
    pub(super) host: Arc<dyn Host>,
    pub(super) name: Arc<str>,
    pub(super) product: &'static Sql,
}

impl Database {
    /// The stored tables, by name; none if the database is gone by now.
    pub(super) fn measurements(&self) -> impl Iterator<Item = Measurement> {
        self.table_names().into_iter().filter_map(|name| self.host.table(&self.name, &name))
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").field("name", &self.name).finish_non_exhaustive()
    }
}

impl CatalogProvider for Database {
    /// Without the information schema, which the products do not list either.
    fn schema_names(&self) -> Vec<String> {
        vec![self.product.schema.to_owned(), self.product.system_schema.to_owned()]
    }

    fn schema(&self, name: &str) -> Option<Arc<dyn SchemaProvider>> {
        if name == self.product.schema {
            Some(Arc::new(self.clone()))
        } else if name == self.product.system_schema {
            Some(Arc::new(SystemSchema(self.clone())))
        } else if name == INFORMATION_SCHEMA {
            Some(Arc::new(InformationSchema::of(self)))
        } else {
            None
        }
    }
}

#[async_trait]
impl SchemaProvider for Database {
    fn table_names(&self) -> Vec<String> {
        let names = self.host.table_names(&self.name).unwrap_or_default();
        names.iter().map(|name| table::text(name).into_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        Ok(self.host.table(&self.name, name).map(|measurement| {
            let schema = table::schema(&measurement);
            Arc::new(Stored { measurement, schema, product: self.product }) as _
        }))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.table_names().iter().any(|known| known == name)
    }
}

/// A stored table.
#[derive(Debug)]
struct Stored {
    measurement: Measurement,
    schema: SchemaRef,
    product: &'static Sql,
}

#[async_trait]
impl TableProvider for Stored {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let refusals = &self.product.refusals;
        match self.measurement.unreadable {
            Some(Unreadable::NoTimeColumn) => Err(said(refusals.no_time_column)),
            Some(Unreadable::UnevenColumns) => Err(said(refusals.uneven_columns)),
            None => {
                let batch = table::batch(&self.measurement, projection)?;
                let schema = batch.schema();
                Ok(MemorySourceConfig::try_new_exec(&[vec![batch]], schema, None)?)
            }
        }
    }
}

/// The product's whole sentence as an error; it carries its own prefix.
#[derive(Debug)]
pub(super) struct Said(pub(super) &'static str);

impl fmt::Display for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Said {}

fn said(sentence: &'static str) -> DataFusionError {
    DataFusionError::External(Box::new(Said(sentence)))
}
