//! The system tables and the information schema.
//!
//! Not here: the engine's settings and lists of functions, which are this server's and not the
//! product's; to read them is refused.

use super::catalog::Database;
use super::engine_words;
use super::table;
use crate::store::FieldType;
use async_trait::async_trait;
use datafusion::arrow::array::{ArrayRef, AsArray, RecordBatch, StringArray, StringViewArray};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::information_schema::InformationSchemaProvider;
use datafusion::catalog::{
    CatalogProvider, CatalogProviderList, MemTable, MemoryCatalogProviderList, SchemaProvider,
    Session, TableProvider,
};
use datafusion::error::{DataFusionError, Result};
use datafusion::logical_expr::{Expr, TableType};
use datafusion::physical_plan::{ExecutionPlan, collect};
use profiles::sql::{SystemContent, SystemTable, SystemType};
use std::collections::HashMap;
use std::sync::Arc;

/// The schema of the system tables.
#[derive(Debug)]
pub(super) struct SystemSchema(pub(super) Database);

#[async_trait]
impl SchemaProvider for SystemSchema {
    fn table_names(&self) -> Vec<String> {
        self.0.product.system_tables.iter().map(|table| table.name.to_owned()).collect()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let tables = self.0.product.system_tables;
        let Some(table) = tables.iter().find(|table| table.name == name) else { return Ok(None) };
        let schema = system_schema(table);
        Ok(Some(match table.content {
            SystemContent::Empty => {
                Arc::new(MemTable::try_new(schema, vec![Vec::new()])?) as Arc<dyn TableProvider>
            }
            SystemContent::Columns => {
                let columns = list_columns(&self.0);
                let batch = RecordBatch::try_new(Arc::clone(&schema), columns)?;
                Arc::new(MemTable::try_new(schema, vec![vec![batch]])?)
            }
            SystemContent::NotKept => {
                let name = format!("{}.{}", self.0.product.system_schema, table.name);
                Arc::new(NotKept { name, schema })
            }
        }))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.0.product.system_tables.iter().any(|table| table.name == name)
    }
}

fn system_schema(table: &SystemTable) -> SchemaRef {
    let fields: Vec<Field> = table
        .columns
        .iter()
        .map(|column| Field::new(column.name, system_type(column.of), column.nullable))
        .collect();
    Arc::new(Schema::new(fields))
}

fn system_type(of: SystemType) -> DataType {
    let list = |item| DataType::List(Arc::new(Field::new("item", item, true)));
    match of {
        SystemType::Utf8 => DataType::Utf8,
        SystemType::Utf8View => DataType::Utf8View,
        SystemType::Boolean => DataType::Boolean,
        SystemType::Int64 => DataType::Int64,
        SystemType::UInt64 => DataType::UInt64,
        SystemType::Timestamp => DataType::Timestamp(TimeUnit::Nanosecond, None),
        SystemType::Duration => DataType::Duration(TimeUnit::Nanosecond),
        SystemType::UInt16List => list(DataType::UInt16),
        SystemType::Utf8ViewList => list(DataType::Utf8View),
    }
}

/// A row for each column of each stored table: table, column, and its type in InfluxDB's words.
fn list_columns(database: &Database) -> Vec<ArrayRef> {
    let mut rows: Vec<[String; 3]> = Vec::new();
    for measurement in database.tables() {
        for field in table::schema(&measurement).fields() {
            let word = match field.data_type() {
                DataType::Timestamp(_, _) => "time",
                DataType::Dictionary(_, _) => "tag",
                DataType::UInt64 => "uinteger",
                DataType::Int64 => FieldType::Integer.word(),
                DataType::Float64 => FieldType::Float.word(),
                DataType::Boolean => FieldType::Boolean.word(),
                _ => FieldType::String.word(),
            };
            let name = table::text(&measurement.name).into_owned();
            rows.push([name, field.name().clone(), word.to_owned()]);
        }
    }
    let column = |i: usize| {
        Arc::new(StringViewArray::from_iter_values(rows.iter().map(|row| &row[i]))) as ArrayRef
    };
    vec![column(0), column(1), column(2)]
}

/// The information schema: the engine's own, in the words of the product's release.
#[derive(Debug)]
pub(super) struct InformationSchema {
    database: Database,
    engine: InformationSchemaProvider,
}

impl InformationSchema {
    pub(super) fn of(database: &Database) -> Self {
        let catalogs = MemoryCatalogProviderList::new();
        catalogs.register_catalog(
            database.product.catalog.to_owned(),
            Arc::new(database.clone()) as Arc<dyn CatalogProvider>,
        );
        let engine = InformationSchemaProvider::new(Arc::new(catalogs));
        Self { database: database.clone(), engine }
    }
}

#[async_trait]
impl SchemaProvider for InformationSchema {
    fn table_names(&self) -> Vec<String> {
        self.engine.table_names()
    }

    async fn table(&self, name: &str) -> Result<Option<Arc<dyn TableProvider>>> {
        let Some(table) = self.engine.table(name).await? else { return Ok(None) };
        let name = name.to_ascii_lowercase();
        Ok(Some(match name.as_str() {
            "columns" => Arc::new(Columns { database: self.database.clone(), engine: table }),
            "df_settings" | "routines" | "parameters" => {
                let schema = table.schema();
                Arc::new(NotKept { name: format!("information_schema.{name}"), schema })
            }
            _ => table,
        }))
    }

    fn table_exist(&self, name: &str) -> bool {
        self.engine.table_exist(name)
    }
}

/// `information_schema.columns`, with the types named as the product's release names them.
#[derive(Debug)]
struct Columns {
    database: Database,
    engine: Arc<dyn TableProvider>,
}

impl Columns {
    /// The engine's name of each type that occurs, and the release's.
    fn type_names(&self) -> HashMap<String, String> {
        let product = self.database.product;
        let system = product.system_tables.iter().map(system_schema);
        let stored = self.database.tables().map(|measurement| table::schema(&measurement));
        let names = |field: &Arc<Field>| {
            let of = field.data_type();
            (of.to_string(), engine_words::type_name(product.dialect, of))
        };
        system
            .chain(stored)
            .flat_map(|s| s.fields().iter().map(names).collect::<Vec<_>>())
            .collect()
    }

    fn rename(&self, batch: &RecordBatch) -> Result<RecordBatch> {
        let index = batch.schema().index_of("data_type")?;
        let names = self.type_names();
        let renamed = batch
            .column(index)
            .as_string::<i32>()
            .iter()
            .map(|name| name.map(|name| names.get(name).map_or(name, String::as_str)));
        let mut columns = batch.columns().to_vec();
        columns[index] = Arc::new(StringArray::from_iter(renamed));
        Ok(RecordBatch::try_new(batch.schema(), columns)?)
    }
}

#[async_trait]
impl TableProvider for Columns {
    fn schema(&self) -> SchemaRef {
        self.engine.schema()
    }

    fn table_type(&self) -> TableType {
        TableType::View
    }

    async fn scan(
        &self,
        session: &dyn Session,
        projection: Option<&Vec<usize>>,
        filters: &[Expr],
        limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let plan = self.engine.scan(session, None, &[], None).await?;
        let batches = collect(plan, session.task_ctx()).await?;
        let renamed = batches.iter().map(|batch| self.rename(batch)).collect::<Result<Vec<_>>>()?;
        let table = MemTable::try_new(self.schema(), vec![renamed])?;
        table.scan(session, projection, filters, limit).await
    }
}

/// A table whose columns are known and whose rows are not kept here.
#[derive(Debug)]
struct NotKept {
    name: String,
    schema: SchemaRef,
}

#[async_trait]
impl TableProvider for NotKept {
    fn schema(&self) -> SchemaRef {
        Arc::clone(&self.schema)
    }

    fn table_type(&self) -> TableType {
        TableType::Base
    }

    async fn scan(
        &self,
        _session: &dyn Session,
        _projection: Option<&Vec<usize>>,
        _filters: &[Expr],
        _limit: Option<usize>,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        Err(DataFusionError::NotImplemented(format!("reading {} in this server", self.name)))
    }
}
