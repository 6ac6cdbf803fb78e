//! The catalog that a query is planned against: the stored tables, the system tables and the
//! information schema. It builds rows only when a plan scans a table.

use super::host::Host;
use super::prune;
use super::system::{InformationSchema, SystemSchema};
use super::table::{self, Batches, Order, Wanted};
use crate::lock::lock;
use crate::query::allowance::{Allowance, Limits};
use crate::store::Name;
use crate::store::view::{Asked, Fields, Meant, Measurement, Unreadable, Which};
use async_trait::async_trait;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::{CatalogProvider, SchemaProvider, Session, TableProvider};
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::logical_expr::{Expr, TableProviderFilterPushDown, TableType};
use datafusion::physical_plan::ExecutionPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::{PartitionStream, StreamingTableExec};
use futures::TryStreamExt;
use profiles::sql::Sql;
use std::fmt;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::time::Instant;

const INFORMATION_SCHEMA: &str = "information_schema";

/// One database of the host's.
#[derive(Clone)]
pub(super) struct Database {
    pub(super) host: Arc<dyn Host>,
    pub(super) name: Arc<str>,
    pub(super) product: &'static Sql,
    pub(super) patience: Patience,
}

/// How long a query may look for the series of a table, and how many it may find.
#[derive(Clone)]
pub(super) struct Patience {
    pub(super) since: Instant,
    pub(super) limits: Limits,
    /// Turns true when nobody waits for it.
    pub(super) left: Arc<AtomicBool>,
}

impl Patience {
    fn allowance(&self) -> Allowance {
        Allowance::since(self.since, self.limits).until(Arc::clone(&self.left))
    }
}

impl Database {
    /// The stored tables without their series, by name; none if the database is gone by now.
    pub(super) fn tables(&self) -> impl Iterator<Item = Measurement> {
        self.table_names().into_iter().filter_map(|name| self.described(&name))
    }

    /// A table without its series.
    fn described(&self, name: &str) -> Option<Measurement> {
        // No series is looked at for it.
        self.host.table(&self.name, name, &Asked::description(&Allowance::unlimited()))
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
        Ok(self.described(name).map(|described| {
            let schema = table::schema(&described);
            let series = Series {
                database: self.clone(),
                table: name.to_owned(),
                tag_keys: described.tag_keys,
                found: Mutex::default(),
            };
            let unreadable = described.unreadable;
            Arc::new(Stored { series: Arc::new(series), schema, unreadable }) as _
        }))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.table_names().iter().any(|known| known == name)
    }
}

/// A stored table.
#[derive(Debug)]
pub(super) struct Stored {
    series: Arc<Series>,
    schema: SchemaRef,
    unreadable: Option<Unreadable>,
}

/// The series of a table, which are looked for once it is known which are wanted.
#[derive(Debug)]
struct Series {
    database: Database,
    table: String,
    tag_keys: Vec<Name>,
    /// Those that were found last, and which tags they have: a plan is made with them and then carried out.
    found: Mutex<Option<Found>>,
}

type Found = (Vec<(Name, Name)>, Arc<Measurement>);

impl Series {
    /// The table with those series that have the tags.
    ///
    /// # Errors
    /// They are too many, or it takes too long to find them.
    fn with(&self, tags: &[(Name, Name)]) -> Result<Arc<Measurement>> {
        let mut found = lock(&self.found);
        if let Some((known, measurement)) = &*found
            && known == tags
        {
            return Ok(Arc::clone(measurement));
        }
        let allowance = self.database.patience.allowance();
        let chooser = |_: &Name, _: Fields<'_>| -> Meant<'_> {
            Box::new(|of_series| table::has_tags(of_series, tags))
        };
        let series = if tags.is_empty() { Which::All } else { Which::Some(&chooser) };
        let asked = Asked { series, ..Asked::everything(&allowance) };
        let measurement = self.database.host.table(&self.database.name, &self.table, &asked);
        allowance.check().map_err(|why| {
            let text = why.to_string();
            let own = text.trim_start_matches("Resources exhausted: ").to_owned();
            DataFusionError::ResourcesExhausted(own)
        })?;
        // It may be gone since the plan was made.
        let gone = || Measurement { tag_keys: self.tag_keys.clone(), ..Measurement::default() };
        let measurement = Arc::new(measurement.unwrap_or_else(gone));
        *found = Some((tags.to_vec(), Arc::clone(&measurement)));
        Ok(measurement)
    }
}

impl Stored {
    /// The time of the last row that is left when the rows that the filters want are put in the order of
    /// their times and so many are taken. None where there are not so many, or they are not to be had, or
    /// the reading does not do all that the filters say.
    pub(super) fn bound(&self, filters: &[Expr], order: Order, rows: usize) -> Option<i64> {
        let are_done = filters.iter().all(|filter| prune::is_all_said(filter, &self.schema));
        if !are_done || self.unreadable.is_some() {
            return None;
        }
        let wanted = prune::wanted(filters, &self.schema);
        // Who reads the rows says why they are not to be had.
        wanted.bound(&*self.series.with(&wanted.tags).ok()?, order, rows)
    }
}

impl PartitionStream for Scan {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }

    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let schema = Arc::clone(&self.schema);
        let batches = self.series.with(&self.wanted.tags).map(|measurement| {
            Batches::new(measurement, Arc::clone(&schema), self.wanted.clone())
                .for_at_most(self.limit.unwrap_or(usize::MAX))
                .map(|batch| batch.map_err(DataFusionError::from))
        });
        let batches = futures::stream::iter([batches]).map_ok(futures::stream::iter).try_flatten();
        Box::pin(RecordBatchStreamAdapter::new(schema, batches))
    }
}

/// One reading of a stored table.
#[derive(Debug)]
struct Scan {
    series: Arc<Series>,
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
        let refusals = &self.series.database.product.refusals;
        match self.unreadable {
            Some(Unreadable::NoTimeColumn) => Err(said(refusals.no_time_column)),
            Some(Unreadable::UnevenColumns) => Err(said(refusals.uneven_columns)),
            None => {
                let schema = match projection {
                    Some(columns) => Arc::new(self.schema.project(columns)?),
                    None => Arc::clone(&self.schema),
                };
                let series = Arc::clone(&self.series);
                let wanted = prune::wanted(filters, &self.schema);
                let scan = Scan { series, schema: Arc::clone(&schema), wanted, limit };
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
