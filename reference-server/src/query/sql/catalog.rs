//! The catalog that a query is planned against: the stored tables, the system tables and the
//! information schema. It builds rows only when a plan scans a table.

use super::host::Host;
use super::prune;
use super::system::{InformationSchema, SystemSchema};
use super::table::{self, Batches, Order, Wanted};
use crate::store::view::{Measurement, Unreadable};
use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{CatalogProvider, SchemaProvider, Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
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
            let measurement = Arc::new(measurement);
            Arc::new(Stored { measurement, schema, product: self.product }) as _
        }))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.table_names().iter().any(|known| known == name)
    }
}

/// A stored table.
#[derive(Debug)]
pub(super) struct Stored {
    measurement: Arc<Measurement>,
    schema: SchemaRef,
    product: &'static Sql,
}

impl Stored {
    /// The time of the last row that is left when the rows that the filters want are put in the order of
    /// their times and so many are taken. None where there are not so many, or they are not to be had, or
    /// the reading does not do all that the filters say.
    pub(super) fn bound(&self, filters: &[Expr], order: Order, rows: usize) -> Option<i64> {
        let are_done = filters.iter().all(|filter| prune::is_all_said(filter, &self.schema));
        if !are_done || self.measurement.unreadable.is_some() {
            return None;
        }
        prune::wanted(filters, &self.schema).bound(&self.measurement, order, rows)
    }
}

impl PartitionStream for Scan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let batches =
            Batches::new(Arc::clone(&self.measurement), Arc::clone(&schema), self.wanted.clone())
                .for_at_most(self.limit.unwrap_or(usize::MAX));
        let batches = batches.map(|batch| batch.map_err(DataFusionError::from));
        Box::pin(RecordBatchStreamAdapter::new(schema, futures::stream::iter(batches)))
    }
}

/// One reading of a stored table.
#[derive(Debug)]
struct Scan {
    measurement: Arc<Measurement>,
    schema: SchemaRef,
    wanted: Wanted,
    /// How many rows are asked for.
    limit: Option<usize>,
}

#[async_trait]
impl TableProvider for Stored {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    /// Every filter may make the reading shorter; some are done by it alone.
    fn supports_filters_pushdown(
        &self,
        filters: &[&Expr],
    ) -> Result<Vec<TableProviderFilterPushDown>> {
        let done = |filter: &&Expr| {
            if prune::is_all_said(filter, &self.schema) {
                TableProviderFilterPushDown::Exact
            } else {
                TableProviderFilterPushDown::Inexact
            }
        };
        Ok(filters.iter().map(done).collect())
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let refusals = &self.product.refusals;
        match self.measurement.unreadable {
            Some(Unreadable::NoTimeColumn) => Err(said(refusals.no_time_column)),
            Some(Unreadable::UnevenColumns) => Err(said(refusals.uneven_columns)),
            None => {
                let schema = match projection {
                    Some(columns) => Arc::new(self.schema.project(columns)?),
                    None => Arc::clone(&self.schema),
                };
                let measurement = Arc::clone(&self.measurement);
                let wanted = prune::wanted(filters, &self.schema);
                let scan = Scan { measurement, schema: Arc::clone(&schema), wanted, limit };
                let scan = StreamingTableExec::try_new(
                    schema,
                    vec![Arc::new(scan)],
                    None,
                    None,
                    false,
                    limit,
                )?;
                Ok(Arc::new(scan))
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
